import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, openSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { environment, Operators, ports, type Ports } from './operators';
import { Provider } from './psc';
import { binary, root, template, work } from './template';

export { expect };
export const PASSWORD = 'marronnier-boussole-2026';
export const MARTIN = 'claire.martin@medecin.mssante.example';

/** A server of this worker's own: its address, its catcher, its clock. */
export class Server {
  constructor(
    readonly url: string,
    readonly catcher: string,
    readonly log: string,
    readonly data: string,
    /** The simulated Pro Santé Connect. */
    readonly psc: Provider,
    private readonly ports: Ports,
    private readonly clock: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(worker: number): Promise<Server> {
    const port = Number(process.env.PLI_E2E_PORT ?? 3300) + worker * 10;
    const data = join(work, `worker-${worker}`);
    rmSync(data, { recursive: true, force: true });
    cpSync(template, data, { recursive: true });
    cpSync(`${template}.key`, `${data}.key`);
    const clock = join(work, `clock-${worker}`);
    rmSync(clock, { force: true });
    const log = join(work, `server-${worker}.log`);
    const out = openSync(log, 'w');
    const args = ['demo', '--data', data, '--listen', `127.0.0.1:${port}`, '--catcher', `127.0.0.1:${port + 1}`];
    const url = `http://127.0.0.1:${port}`;
    const psc = await Provider.start(port + 3, url);
    const places = ports(port + 4);
    const child = spawn(binary, [...args, '--catcher-smtp', `127.0.0.1:${port + 2}`, '--clock-control', clock], {
      cwd: root,
      env: { ...psc.environment, ...environment(places), ...process.env },
      stdio: ['ignore', out, out],
    });
    const server = new Server(url, `http://127.0.0.1:${port + 1}`, log, data, psc, places, clock, child);
    await expect.poll(() => server.ready(), { timeout: 30_000 }).toBe(true);
    return server;
  }

  private async ready() {
    if (this.process.exitCode !== null) throw new Error(`the server ended, see ${this.log}`);
    return fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
  }

  private others?: Operators;

  /** The other operators, started when they are first wanted. */
  async operators(): Promise<Operators> {
    return (this.others ??= await Operators.start(this.ports));
  }

  stop() {
    this.others?.stop();
    this.psc.stop();
    this.process.kill('SIGTERM');
  }

  private ahead = 0;

  /** Milliseconds now, by the server's clock. */
  now() {
    return Date.now() + this.ahead;
  }

  /** Moves the server's clock forward. */
  async advance(seconds: number) {
    this.ahead += seconds * 1000;
    await new Promise<void>((done, failed) => {
      const socket = connect(this.clock, () => socket.write(`advance ${seconds}\n`));
      socket.on('data', () => socket.end()).on('close', () => done()).on('error', failed);
    });
  }

  /** The newest code sent to this ordinary address, after `known` earlier ones. */
  async code(to: string, known: number): Promise<string> {
    let code = '';
    await expect
      .poll(async () => {
        const mails = await this.mails(to);
        code = mails.length > known ? (/\b(\d{6})\b/.exec(mails[0].text)?.[1] ?? '') : '';
        return code;
      })
      .not.toBe('');
    return code;
  }

  async mails(to: string): Promise<{ to: string[]; subject: string; text: string }[]> {
    const all = await fetch(`${this.catcher}/messages.json`).then((answer) => answer.json());
    return all.filter((mail: { to: string[] }) => mail.to.includes(to));
  }
}

const ordinary = (login: string) => login.replace(/@.*/, '@courriel.example');

/** Signs in by the pages, as a person does; ends on the first list. */
export async function signIn(page: Page, server: Server, login = MARTIN) {
  await page.goto(`${server.url}/connexion`);
  await identify(page, server, login);
  await expect(page.getByTestId('message-list')).toBeVisible();
}

/** Fills the sign-in pages, from the first one on. */
export async function identify(page: Page, server: Server, login = MARTIN, password = PASSWORD) {
  const known = (await server.mails(ordinary(login))).length;
  await page.getByLabel(/^Adresse/).fill(login);
  await page.getByLabel('Mot de passe').fill(password);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await page.getByLabel('Code').fill(await server.code(ordinary(login), known));
  await page.getByRole('button', { name: 'Se connecter' }).click();
}

/** Waits until WebAssembly runs the page. */
export async function hydrated(page: Page) {
  await expect(page.locator('html[data-hydrated]')).toBeAttached({ timeout: 15_000 });
}

type Shared = { server: Server };
type Fixtures = { expected: RegExp; quiet: void; dr: Page; colleague: (login: string) => Promise<Page> };

export const test = base.extend<Fixtures, Shared>({
  server: [
    async ({}, use, info) => {
      const server = await Server.start(info.workerIndex % 20);
      await use(server);
      server.stop();
    },
    { scope: 'worker' },
  ],

  // What a test that provokes failures expects the browser to say of them.
  expected: [/^$/, { option: true }],

  // The run fails on any other console error or warning.
  quiet: [
    async ({ context, expected }, use) => {
      const said: string[] = [];
      listen(context, said, expected);
      await use();
      expect(said, 'console errors and warnings').toEqual([]);
    },
    { auto: true },
  ],

  /** A page signed in as Dr Martin. */
  dr: async ({ page, server }, use) => {
    await signIn(page, server);
    await use(page);
  },

  /** Another person's browser, signed in. */
  colleague: async ({ browser, server }, use, info) => {
    const contexts: BrowserContext[] = [];
    await use(async (login) => {
      const context = await browser.newContext(info.project.use);
      contexts.push(context);
      const page = await context.newPage();
      await signIn(page, server, login);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

// What Chromium says of the test itself: it looks into the sandboxed frame, and switches JavaScript off on pages that
// preload it. That no script of a message runs is what hostile.spec.ts asks.
const OURS = [/^Blocked script execution in '[^']*\/corps\//, /was preloaded using link preload but not used/];

function listen(context: BrowserContext, said: string[], expected: RegExp) {
  context.on('console', (message) => {
    if (expected.test(message.text())) return;
    if (OURS.some((one) => one.test(message.text()))) return;
    // A refused form and a page that is not there are answered as such.
    if (/status of 4(04|22)/.test(message.text()) && /\/(connexion|compte|contact|cgu|nulle-part|admin|courrier\/faire|courrier\/\w+\/patients)/.test(message.location().url)) return;
    // So is what the identity provider refuses, an opening that is, and a sign-in to a suspended account.
    if (/status of (403|422|503)/.test(message.text()) && /\/(connexion|inscription)/.test(message.location().url)) return;
    if (message.type() === 'error' || message.type() === 'warning') said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => said.push(`uncaught: ${error.error().message}`));
}
