import { expect } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root, work } from './template';

export const certificates = join(work, 'authority');
const peers = join(root, 'end2end', 'peers');

/** Where Pli, another operator and the patients' gateway listen, and the pages of the two. */
export type Ports = { pli: number; autre: number; mes: number; autrePage: number; mesPage: number };

/** From the first of five ports on. */
export function ports(first: number): Ports {
  return { pli: first, autre: first + 1, mes: first + 2, autrePage: first + 3, mesPage: first + 4 };
}

/** What a server needs to exchange mail with them. */
export function environment({ pli, autre, mes }: Ports): Record<string, string> {
  const said = execFileSync(process.execPath, [join(peers, 'trust.mjs'), certificates, `${pli}`, `${autre}`, `${mes}`]);
  return JSON.parse(said.toString());
}

/** Another operator and the gateway of Mon espace santé: processes of their own, each with a page. */
export class Operators {
  constructor(
    readonly autre: string,
    readonly patients: string,
    private readonly processes: ChildProcess[],
  ) {}

  static async start(ports: Ports): Promise<Operators> {
    const start = (party: 'autre' | 'mes', ...more: string[]) => {
      const places = ['--smtp', `${ports[party]}`, '--web', `${ports[`${party}Page`]}`, '--to', `127.0.0.1:${ports.pli}`];
      const program = [join(peers, 'operator.mjs'), '--dir', certificates, '--party', party, ...places, ...more];
      return spawn(process.execPath, program, { stdio: 'ignore' });
    };
    const page = (port: number) => `http://127.0.0.1:${port}`;
    const processes = [start('autre'), start('mes', '--patient')];
    const started = new Operators(page(ports.autrePage), page(ports.mesPage), processes);
    for (const url of [started.autre, started.patients]) {
      await expect.poll(() => fetch(url).then((answer) => answer.ok, () => false), { timeout: 30_000 }).toBe(true);
    }
    return started;
  }

  stop() {
    this.processes.forEach((process) => process.kill('SIGTERM'));
  }
}
