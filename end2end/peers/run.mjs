// Starts the simulated outside services beside a command, tells it where they are, and ends them with it.
//
//   node end2end/peers/run.mjs [--origin http://127.0.0.1:3000] -- COMMAND ARGUMENTS…
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authority } from './authority.mjs';
import { operators, settings } from './trust.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const options = process.argv.slice(2);
const command = options.splice(options.indexOf('--')).slice(1);
const value = (name, otherwise) => (options.includes(name) ? options[options.indexOf(name) + 1] : otherwise);
const origin = value('--origin', 'http://127.0.0.1:3000');
const psc = Number(value('--psc', '3030'));
// Mail between operators: Pli, another operator, Mon espace santé, and the pages of the two.
const first = Number(value('--smtp', '2525'));
const pages = Number(value('--pages', '3031'));
const ports = { pli: first, autre: first + 1, mes: first + 2, autrePage: pages, mesPage: pages + 1 };
const certificates = resolve(value('--certificates', join(here, '..', '..', 'target', 'demo-authority')));

await authority(certificates);
const peers = [spawn(process.execPath, [join(here, 'psc.mjs'), String(psc), origin], { stdio: ['ignore', 'inherit', 'ignore'] })];
peers.push(...operators(certificates, ports, ['ignore', 'inherit', 'inherit']));
const env = {
  PLI_PSC__DISCOVERY_URL: `http://127.0.0.1:${psc}/auth/realms/esante-wallet/.well-known/wallet-openid-configuration`,
  PLI_PSC__CLIENT_ID: 'pli',
  PLI_PSC__CLIENT_SECRET: 'simulated-secret',
  ...settings(certificates, ports),
  ...process.env,
};
const main = spawn(command[0], command.slice(1), { stdio: 'inherit', env });
const end = () => peers.forEach((peer) => peer.kill('SIGTERM'));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => main.kill(signal));
main.on('error', (error) => { end(); console.error(error.message); process.exit(1); });
main.on('exit', (code, signal) => { end(); process.exit(signal ? 1 : (code ?? 1)); });
