// Mail between operators: what is accepted durably and handed over a second, memory with many open connections, the time
// that a list takes.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as secure } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { DOMAINS, PARTIES, authority, signedList } from '../peers/authority.mjs';
import { pss } from './process.mjs';

const US = Number(process.env.PLI_BENCH_PORT ?? 3093);
const THEM = US + 1;
const OCTETS = 20_000;
const COUNT = Number(process.env.PLI_BENCH_RELAYED ?? 2_000);
const SENT = Number(process.env.PLI_BENCH_SENT ?? 500);

/** Makes the trust space in `folder`; the settings with which the program takes part in it. */
export async function trustSpace(folder) {
  await authority(folder);
  const file = (name) => join(folder, name);
  return {
    PLI_RELAY__CERTIFICATE_FILE: file('pli.pem'),
    PLI_RELAY__KEY_FILE: file('pli.key'),
    PLI_RELAY__HOSTNAME: PARTIES.pli.host,
    PLI_RELAY__LISTEN: `127.0.0.1:${US}`,
    PLI_RELAY__ROUTES: `autre.mssante.example=127.0.0.1:${THEM}`,
    PLI_RELAY__CONNECTIONS_PER_ADDRESS: '1000',
    PLI_RELAY__CONNECTIONS_PER_PEER: '1000',
    PLI_TRUST__LIST: file('liste.xml'),
    PLI_TRUST__SIGNER: 'CN=alb.mssante.example',
    PLI_TRUST__ROOTS_FILE: file('racine.pem'),
    PLI_TRUST__INTERMEDIATES_FILE: file('organisations.pem'),
    PLI_TRUST__CRLS: `${file('racine.crl')},${file('organisations.crl')}`,
    PLI_RATES__MESSAGES_HOUR: '0',
    PLI_RATES__MESSAGES_DAY: '0',
    PLI_RATES__RECIPIENTS_HOUR: '0',
    PLI_RATES__RECIPIENTS_DAY: '0',
  };
}

/** A connection as the other operator makes it. */
class Caller {
  static async open(folder) {
    const caller = new Caller();
    await caller.on(connect(US, '127.0.0.1'));
    await caller.replies(1);
    await caller.say('EHLO mx.autre.mssante.example\r\n', 1);
    await caller.say('STARTTLS\r\n', 1);
    const plain = caller.socket;
    plain.removeAllListeners('data');
    const file = (name) => readFileSync(join(folder, name));
    const socket = secure({ socket: plain, key: file('autre.key'), cert: file('autre.pem'), ca: [file('racine.pem'), file('organisations.pem')], servername: PARTIES.pli.host });
    await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed));
    await caller.on(socket);
    await caller.say('EHLO mx.autre.mssante.example\r\n', 1);
    return caller;
  }

  async on(socket) {
    this.socket = socket;
    this.text = '';
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.text += data;
      this.wake?.();
    });
    socket.on('close', () => { this.gone = true; this.wake?.(); });
  }

  /** Waits for so many replies; gives the last. */
  async replies(count) {
    for (;;) {
      const ends = [...this.text.matchAll(/^\d{3} .*\r\n/gm)];
      if (ends.length >= count) {
        const last = ends[count - 1];
        this.text = this.text.slice(last.index + last[0].length);
        return last[0];
      }
      if (this.gone) throw new Error(`the connection ended: ${this.text}`);
      await new Promise((done) => (this.wake = done));
    }
  }

  say(text, count) {
    this.socket.write(text);
    return this.replies(count);
  }

  async message(to, text) {
    const go = await this.say(`MAIL FROM:<dr.durand@autre.mssante.example>\r\nRCPT TO:<${to}>\r\nDATA\r\n`, 3);
    if (!go.startsWith('354')) throw new Error(go);
    const end = await this.say(`${text}\r\n.\r\n`, 1);
    if (!end.startsWith('250')) throw new Error(end);
  }
}

const LINE = 'Compte rendu de la consultation du jour, bilan et traitement en cours.\r\n';
const letter = (id, to) => `From: dr.durand@autre.mssante.example\r\nTo: ${to}\r\nSubject: Mesure ${id}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <mesure-${id}-${process.pid}@autre.mssante.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${LINE.repeat(OCTETS / LINE.length)}`;

async function callers(folder, count) {
  const all = [];
  while (all.length < count) all.push(await Caller.open(folder));
  return all;
}

/** Until the program has read its list. */
async function listRead(folder, to) {
  for (let at = 0; ; at++) {
    const caller = await Caller.open(folder);
    try {
      return await caller.message(to, letter(`debut-${at}`, to));
    } catch (error) {
      if (at === 100) throw error;
      await new Promise((done) => setTimeout(done, 200));
    } finally {
      caller.socket.destroy();
    }
  }
}

async function accepted(say, folder, to, round) {
  await listRead(folder, to);
  const all = await callers(folder, 20);
  let next = 0;
  const start = performance.now();
  await Promise.all(all.map(async (caller) => {
    while (next < COUNT) await caller.message(to, letter(`${round}-${next++}`, to));
  }));
  const rate = COUNT / ((performance.now() - start) / 1000);
  all.forEach((caller) => caller.socket.destroy());
  say(`relay: messages of ${OCTETS / 1000} kB accepted durably a second (20 connections)`, rate.toFixed(0), 'at least 100');
}

/** The other operator; resolves with the times of arrival once `count` messages came. */
function operator(folder, count) {
  const file = (name) => readFileSync(join(folder, name));
  const times = [];
  let done;
  const all = new Promise((resolve) => (done = resolve));
  const server = new SMTPServer({
    name: PARTIES.autre.host, key: file('autre.key'), cert: file('autre.pem'), ca: [file('racine.pem'), file('organisations.pem')],
    requestCert: true, rejectUnauthorized: true, authOptional: true, disabledCommands: ['AUTH'],
    onData(stream, session, end) {
      stream.resume();
      stream.on('end', () => {
        times.push(performance.now());
        end(null, 'taken');
        if (times.length === count) done(times);
      });
    },
  });
  server.on('error', () => {});
  return new Promise((listening) => server.listen(THEM, '127.0.0.1', () => listening({ server, all })));
}

/** Everything falls due at one moment; what is measured is from there to the last arrival. */
async function handedOver(say, folder, bench) {
  const { server, all } = await operator(folder, SENT);
  const text = LINE.repeat(OCTETS / LINE.length).replace(/\r/g, '');
  const drafts = [];
  for (let at = 0; at < SENT; at++) drafts.push(await bench.draft(text, 'dr.durand@autre.mssante.example'));
  const due = Math.ceil(Date.now() / 1000) * 1000 + Math.max(10_000, SENT * 40);
  const parameters = { HOLDUNTIL: new Date(due).toISOString().replace(/\.\d+Z/, 'Z') };
  for (const emailId of drafts) {
    await bench.call(['EmailSubmission/set', { create: { s: { emailId, identityId: bench.identity.id,
      envelope: { mailFrom: { email: bench.identity.email, parameters }, rcptTo: [{ email: 'dr.durand@autre.mssante.example', parameters: null }] } } } }]);
  }
  if (Date.now() > due) throw new Error('submitting took longer than the delay');
  const times = await all;
  const rate = (SENT - 1) / ((times.at(-1) - times[0]) / 1000);
  server.close();
  say(`relay: messages of ${OCTETS / 1000} kB handed over a second to one operator`, rate.toFixed(0), 'at least 50');
}

async function connections(say, folder, pid) {
  const before = pss(pid);
  const all = await callers(folder, 500);
  const after = pss(pid);
  all.forEach((caller) => caller.socket.destroy());
  say('memory: before / with 500 connections of operators open', `${before.toFixed(0)} / ${after.toFixed(0)} MiB`, '+64 MiB');
}

/** A signed list of 9,000 entries, 7,000 domains, 377 certificates. */
function list(say, folder, binary, env) {
  const path = join(folder, 'grande.xml');
  for (let at = 0; at < 377; at++) PARTIES[`p${at}`] = { subject: `CN=mx${at}.mssante.example,OU=3479766842${String(at).padStart(5, '0')},O=OPERATEUR ${at},C=FR` };
  const pairs = Array.from({ length: 9_000 }, (_, at) => [`d${at % 7_000}.mssante.example`, `p${at % 377}`]);
  writeFileSync(path, signedList([...DOMAINS, ...pairs], readFileSync(join(folder, 'signataire.key'), 'utf8'), readFileSync(join(folder, 'signataire.pem'), 'utf8')));
  const check = (file) => {
    const start = performance.now();
    execFileSync(binary, ['trust', 'check', file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    return performance.now() - start;
  };
  const small = Math.min(...[1, 2, 3].map(() => check(join(folder, 'liste.xml'))));
  const large = Math.min(...[1, 2, 3].map(() => check(path)));
  say('trust: a list of 9,000 entries read and verified', `${(large - small).toFixed(0)} ms`, '1000 ms');
}

/** All of it, against a running program. */
export async function relay(say, { folder, binary, env, pid, bench, to, round }) {
  await connections(say, folder, pid);
  await accepted(say, folder, to, round);
  await handedOver(say, folder, bench);
  if (round === 'sqlite') list(say, folder, binary, env);
}
