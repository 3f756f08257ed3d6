import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');
export const binary = process.env.PLI_BINARY ?? join(root, 'target', 'debug', 'pli');
export const work = process.env.PLI_E2E_WORK ?? join(root, 'target', 'end2end');
export const template = join(work, 'template');

// One demonstration is made once; each worker starts from a copy of it.
export default function makeTemplate() {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run "make test"`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  execFileSync(process.execPath, [join(root, 'end2end', 'peers', 'authority.mjs'), join(work, 'authority')], { stdio: 'inherit' });
  execFileSync(binary, ['demo', '--data', template, '--messages', '700', '--make-only'], { stdio: 'inherit', cwd: root });
}
