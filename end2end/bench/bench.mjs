// `make bench`: the budgets, as numbers. Release build, a BAL of 20,000 messages that the generator makes, on SQLite and
// then on a PostgreSQL of the bench's own. Median of 5 in the browser; p95 on the API. The store's own figures (CPU to
// index a message, size of the index) come from `cargo bench -p store`.
import { chromium } from '@playwright/test';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api, measure } from './api.mjs';
import { letters } from './letters.mjs';
import { Postgres } from './postgres.mjs';
import { cpu, median, peak, pss } from './process.mjs';
import { relay, trustSpace } from './relay.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
const binary = process.env.PLI_BINARY ?? join(root, 'target', 'release', 'pli');
const COUNT = Number(process.env.PLI_BENCH_MESSAGES ?? 20_000);
const URL_ = 'http://127.0.0.1:3090';
const CATCHER = 'http://127.0.0.1:3091';
const MARTIN = 'claire.martin@medecin.mssante.example';
const COLLEAGUE = 'karim.benali@medecin.mssante.example';
const PASSWORD = 'marronnier-boussole-2026';

// What both engines gave: name -> { budget, sqlite, postgres }.
const figures = new Map();
let engine = 'sqlite';
const say = (what, figure, budget) => {
  const row = figures.get(what) ?? { budget };
  row[engine] = figure;
  figures.set(what, row);
  console.log(`${engine.padEnd(9)} ${what.padEnd(58)} ${String(figure).padStart(22)}   ${budget ? `budget ${budget}` : ''}`);
};
const ms = (value) => `${value.toFixed(1)} ms`;
const kB = (value) => `${(value / 1000).toFixed(1)} kB`;
const MiB = (value) => `${value.toFixed(0)} MiB`;

const folder = (path) => readdirSync(path, { withFileTypes: true })
  .reduce((sum, entry) => sum + (entry.isDirectory() ? folder(join(path, entry.name)) : statSync(join(path, entry.name)).size), 0);

/** Makes the BAL, unless an earlier run left it. */
function fill({ data, env }) {
  const mark = join(data, `bench-${COUNT}`);
  if (existsSync(mark)) return;
  rmSync(data, { recursive: true, force: true });
  execFileSync(binary, ['demo', '--data', data, '--bench', String(COUNT), '--make-only'], { stdio: 'inherit', cwd: root, env });
  writeFileSync(mark, '');
}

async function serve({ data, env }) {
  const args = ['demo', '--data', data, '--listen', '127.0.0.1:3090', '--catcher', '127.0.0.1:3091', '--catcher-smtp', '127.0.0.1:3092'];
  const child = spawn(binary, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env });
  for (let at = 0; at < 300; at++) {
    if (await fetch(`${URL_}/readyz`).then((answer) => answer.ok, () => false)) return child;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('the server did not become ready');
}

const stopped = (child) => new Promise((done) => {
  child.once('exit', done);
  child.kill('SIGTERM');
});

/** Messages a second of `pli import`, on letters of 50 kB on average that it has not seen. */
function importing({ data, env }) {
  const file = join(root, 'target', 'bench-import.mbox');
  const count = Math.min(2_000, COUNT);
  writeFileSync(file, letters(count, COLLEAGUE, MARTIN));
  const size = statSync(file).size;
  const start = performance.now();
  execFileSync(binary, ['import', '--account', COLLEAGUE, '--data', data, file], { stdio: ['ignore', 'ignore', 'inherit'], cwd: root, env });
  const seconds = (performance.now() - start) / 1000;
  say(`import: messages a second (${kB(size / count)} on average)`, (count / seconds).toFixed(0), 'at least 80');
  rmSync(file);
}

async function api(pid, { data, env }) {
  const token = execFileSync(binary, ['demo', 'token', MARTIN, '--data', data], { cwd: root, env }).toString().trim();
  const bench = await new Api(URL_, token).connect();
  const [first] = await bench.list();
  const pages = [first];
  while (pages.length < 12) pages.push((await bench.list(pages.at(-1).nextCursor))[0]);
  const ids = pages.flatMap((page) => page.ids);
  const threads = [];
  for (const page of pages) {
    const [got] = await bench.call(['Email/get', { ids: page.ids, properties: ['threadId'] }]);
    threads.push(...got.list.map((one) => one.threadId));
  }
  const list = await measure(pid, 100, () => bench.list());
  say('API: list of 50, p95', ms(list.p95), '8 ms');
  const next = await measure(pid, 40, (at) => bench.list(pages[at % 10].nextCursor));
  say('API: next page, p95 / CPU', `${ms(next.p95)} / ${ms(next.cpu)}`, '– / 8 ms');
  const open = await measure(pid, 200, (at) => bench.open(threads[at % threads.length]));
  say('API: open, p95 / CPU', `${ms(open.p95)} / ${ms(open.cpu)}`, '10 / 8 ms');
  const archive = await measure(pid, 100, (at) => bench.archive(ids[at + 200]));
  say('API: archive one, p95', ms(archive.p95), '20 ms');
  const drafts = [];
  for (let at = 0; at < 45; at++) drafts.push(await bench.draft(`Mesure ${at}`, COLLEAGUE));
  const send = await measure(pid, 40, (at) => bench.send(drafts[at], COLLEAGUE));
  say('API: send, p95', ms(send.p95), '100 ms');
  const words = ['patient traitement', 'scanner contr', 'martin resul', 'douleur consult', 'biologie bilan'];
  const search = await measure(pid, 100, (at) => bench.search(words[at % words.length]));
  say('API: search two words, 50 hits, exact count, p95 / CPU', `${ms(search.p95)} / ${ms(search.cpu)}`, '15 / 20 ms');
  return { bench, token };
}

async function code(known) {
  for (let at = 0; at < 200; at++) {
    const all = await fetch(`${CATCHER}/messages.json`).then((answer) => answer.json());
    if (all.length > known) return /\b(\d{6})\b/.exec(all[0].text)[1];
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('no code came');
}

/** Up to the code, which is typed and not yet posted. */
async function signIn(page) {
  const known = (await fetch(`${CATCHER}/messages.json`).then((answer) => answer.json())).length;
  await page.goto(`${URL_}/connexion`);
  await page.getByLabel(/^Adresse/).fill(MARTIN);
  await page.getByLabel('Mot de passe').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await page.getByLabel('Code').fill(await code(known));
}

async function network(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const seen = [];
  const urls = new Map();
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const response = urls.get(requestId);
    if (response && !response.fromDiskCache) seen.push({ url: response.url, bytes: encodedDataLength });
  });
  return seen;
}

async function browser(pid) {
  const chrome = await chromium.launch({
    executablePath: process.env.PLI_CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path)),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const times = { signIn: [], open: [], next: [], search: [] };
  const used = { signIn: [], open: [], next: [], search: [] };
  let state;
  for (let run = 0; run < 5; run++) {
    const context = await chrome.newContext({ locale: 'fr-FR', viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await signIn(page);
    const signed = page.waitForEvent('load');
    used.signIn.push(await spent(pid, page, async () => {
      await page.getByRole('button', { name: 'Se connecter' }).click();
      await signed;
      await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    }));
    // The navigation begins with the post; its first paint has the fifty rows that the server sent.
    times.signIn.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
    if (await page.locator('[data-testid=row]').count() !== 50) throw new Error('there are no fifty rows');
    state = await context.storageState();
    await page.waitForTimeout(300);
    // What is done, and when it is there.
    const acts = {
      next: [() => [...document.querySelectorAll('a')].find((one) => /Plus anciens/.test(one.textContent)).click(),
        () => document.querySelectorAll('[data-testid=row]').length === 50],
      // A row far from the first: not prefetched.
      open: [() => document.querySelectorAll('[data-testid=row] a.row-link')[25].click(),
        () => document.querySelector('iframe.body-frame')?.contentDocument?.readyState === 'complete'
          && document.querySelector('iframe.body-frame').contentDocument.body?.childElementCount > 0],
      search: [() => {
        const field = document.querySelector('input[type=search]');
        field.value = 'patient traitement';
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.form.requestSubmit();
      }, () => document.querySelector('[data-testid=row] mark') !== null],
    };
    for (const [name, [start, done]] of Object.entries(acts)) {
      let time;
      used[name].push(await spent(pid, page, async () => (time = await timed(page, start, done))));
      times[name].push(time);
    }
    await context.close();
  }
  say('browser: sign-in to 50 rows', ms(median(times.signIn)), '150 ms');
  say('browser: open a message', ms(median(times.open)), '50 ms');
  say('browser: next page', ms(median(times.next)), '50 ms');
  say('browser: search', ms(median(times.search)), '60 ms');
  const all = [used.signIn, used.open, used.next, used.search];
  say('server CPU: code to list, open, next page, search', all.map((one) => median(one).toFixed(0)).join(', '), '20, 8, 8, 20 ms');
  if (engine === 'sqlite') await bytes(chrome, state);
  await chrome.close();
}

/** Server CPU of an act and of what it sets off. */
async function spent(pid, page, what) {
  const before = cpu(pid);
  await what();
  await page.waitForTimeout(150);
  return cpu(pid) - before;
}

/**
 * Milliseconds in the page from `start` until the first row or frame is another one, `done` is true and that is painted.
 * Measured there, since the test driver's own looking takes longer than the act.
 */
const timed = (page, start, done) => page.evaluate(`(${inPage})(${start}, ${done})`);

const inPage = (start, isDone) => new Promise((resolve, reject) => {
  const shown = () => document.querySelector('[data-testid=row] a.row-link')?.getAttribute('href')
    + location.href + (document.querySelector('iframe.body-frame')?.src ?? '');
  const before = shown();
  const begin = performance.now();
  const look = () => {
    const time = performance.now() - begin;
    if (shown() !== before && isDone()) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin), 0));
    else if (time > 20_000) reject(new Error(`nothing after ${time} ms: ${isDone}`));
    else setTimeout(look, 1);
  };
  start();
  look();
});

async function bytes(chrome, storageState) {
  const context = await chrome.newContext({ locale: 'fr-FR', storageState });
  const page = await context.newPage();
  const seen = await network(page);
  const sum = (list) => list.reduce((total, one) => total + one.bytes, 0);
  const told = (list) => `${kB(sum(list))}, ${list.length}`;
  await page.goto(`${URL_}/courrier`, { waitUntil: 'commit' });
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  // What is fetched afterwards (the parts that an open message needs) is counted apart.
  const cold = seen.filter(({ url }) => !/split_|\/jmap/.test(url));
  say('cold: bytes and requests until the list can be read', told(cold.filter(({ url }) => /\/courrier|\.css/.test(url))), '40 kB, 3');
  say('cold: all bytes until hydrated', told(cold), '350 kB');
  await page.waitForTimeout(1500);
  say('cold: fetched after that, in the background', told(seen.filter((one) => !cold.includes(one))), '');
  seen.length = 0;
  await page.goto(page.url());
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.waitForTimeout(500);
  say('warm: the same screen again', told(seen.filter(({ url }) => !/\/jmap/.test(url))), '12 kB, 2');
  await context.close();
}

/** Puts a message of 25 MB into the inbox. */
async function large({ bench, token }) {
  const body = Buffer.alloc(18 * 1024 * 1024, 'Compte rendu de la consultation du jour. ');
  const raw = `From: ${COLLEAGUE}\r\nTo: ${MARTIN}\r\nSubject: volumineux\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoir la pièce.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${body.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--\r\n`;
  const headers = { authorization: `Bearer ${token}` };
  const blob = await fetch(`${URL_}/jmap/upload/${bench.account}`, { method: 'POST', headers, body: raw }).then((answer) => answer.json());
  const [imported] = await bench.call(['Email/import', { emails: { a: { blobId: blob.blobId, mailboxIds: { [bench.mailbox.inbox]: true } } } }]);
  return imported.created.a;
}

/** In a process that has not taken it in: uploads are counted apart. */
async function openLarge(pid, { bench, token }, { id, threadId }) {
  const headers = { authorization: `Bearer ${token}` };
  const before = pss(pid);
  const most = await peak(pid, async () => {
    await bench.open(threadId);
    const frame = await fetch(`${URL_}/corps/${bench.account}/${id}`, { headers: { ...headers, 'sec-fetch-dest': 'iframe' } });
    await frame.arrayBuffer();
  });
  say('memory: before / while opening a message of 25 MB', `${MiB(before)} / ${MiB(most)}`, '90 MiB');
}

async function run(where) {
  fill(where);
  if (engine === 'sqlite') say('the BAL on disk', `${(folder(where.data) / 1e6).toFixed(0)} MB`, '');
  let child = await serve(where);
  try {
    await new Promise((done) => setTimeout(done, 2000));
    say('memory idle', MiB(pss(child.pid)), '40 MiB');
    let kept;
    const most = await peak(child.pid, async () => { kept = await api(child.pid, where); });
    say('memory peak in the API scenario', MiB(most), '60 MiB');
    await browser(child.pid);
    const message = await large(kept);
    await stopped(child);
    child = await serve(where);
    await openLarge(child.pid, kept, message);
    await relay(say, { folder: SPACE, binary, env: where.env, pid: child.pid, bench: kept.bench, to: COLLEAGUE, round: engine });
    importing(where);
  } finally {
    child.kill('SIGTERM');
  }
}

const started = performance.now();
const target = join(root, 'target');
const SPACE = join(target, 'bench-space');
const settings = { ...process.env, ...(await trustSpace(SPACE)) };
await run({ data: join(target, 'bench'), env: settings });
engine = 'postgres';
const postgres = new Postgres(join(target, 'bench-postgres'));
try {
  await run({ data: join(target, 'bench-on-postgres'), env: { ...settings, PLI_SERVER__DATABASE: postgres.url } });
} finally {
  postgres.stop();
}
console.log(`\n${'figure'.padEnd(58)} ${'SQLite'.padStart(22)} ${'PostgreSQL'.padStart(22)}   budget`);
for (const [what, row] of figures) {
  console.log(`${what.padEnd(58)} ${String(row.sqlite ?? '').padStart(22)} ${String(row.postgres ?? '').padStart(22)}   ${row.budget ?? ''}`);
}
console.log(`${figures.size} figures in ${((performance.now() - started) / 1000).toFixed(0)} s`);
