import { expect, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root } from './template';

/** The simulated Pro Santé Connect: a process of its own. */
export class Provider {
  constructor(
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(port: number, origin: string): Promise<Provider> {
    const program = join(root, 'end2end', 'peers', 'psc.mjs');
    const child = spawn(process.execPath, [program, String(port), origin], { stdio: 'ignore' });
    const provider = new Provider(`http://127.0.0.1:${port}`, child);
    await expect.poll(() => fetch(`${provider.url}/control`).then((answer) => answer.ok, () => false), { timeout: 30_000 }).toBe(true);
    return provider;
  }

  /** What a server needs to trust it. */
  get environment() {
    return {
      PLI_PSC__DISCOVERY_URL: `${this.url}/auth/realms/esante-wallet/.well-known/wallet-openid-configuration`,
      PLI_PSC__CLIENT_ID: 'pli',
      PLI_PSC__CLIENT_SECRET: 'simulated-secret',
      PLI_PSC__TIMEOUT_SECONDS: '5',
    };
  }

  /** Provokes what goes wrong; `none` ends it. */
  async fault(fault: string) {
    await this.control({ fault });
  }

  /** New keys: what the earlier ones signed is believed no more. */
  async rotate() {
    await this.control({ rotate: true });
  }

  private async control(body: object) {
    const answer = await fetch(`${this.url}/control`, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.ok).toBe(true);
  }

  /** Chooses who one is, on the provider's page. */
  async choose(page: Page, name: string | RegExp) {
    await page.getByRole('button', { name }).click();
  }

  stop() {
    this.process.kill('SIGTERM');
  }
}
