import AxeBuilder from '@axe-core/playwright';
import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { expect, Server, signIn, test } from '../support/server';
import { binary } from '../support/template';

const PAGES = [
  '/',
  '/aide',
  '/configurations',
  '/securite',
  '/mentions-legales',
  '/confidentialite',
  '/patients',
  '/cookies',
  '/accessibilite',
  '/etat',
  '/cgu',
  '/cgu/1',
  '/contact',
];

async function axe(page: Page) {
  const result = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  expect(result.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// French at one width and English at the other: four passes would find nothing that these two do not, and a colour is the
// same in both.
test('public pages open, accessible, light, without script', async ({ browser, server }, info) => {
  test.slow();
  const lang = info.project.name === 'desktop' ? 'fr' : 'en';
  const context = await browser.newContext({ ...info.project.use, locale: lang === 'fr' ? 'fr-FR' : 'en-GB' });
  const page = await context.newPage();
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url()));
  for (const path of PAGES) {
    const answer = await page.goto(server.url + path);
    expect(answer?.status(), path).toBe(200);
    await expect(page.locator('html')).toHaveAttribute('lang', lang);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    for (const scheme of lang === 'fr' ? (['light', 'dark'] as const) : (['dark'] as const)) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await axe(page);
    }
    expect(await overflow(page), path).toBeLessThanOrEqual(0);
  }
  expect(fetched.filter((url) => /\.(wasm|js)(\?|$)/.test(url))).toEqual([]);
  expect(fetched.filter((url) => !url.startsWith(server.url))).toEqual([]);
  // Every link of the foot leads somewhere.
  const links = await page.locator('footer a').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
  for (const link of new Set(links)) expect((await context.request.get(link)).status(), link).toBe(200);
  await context.close();
});

test('public pages fit 320 px', { tag: '@once' }, async ({ page, server }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  for (const path of PAGES) {
    await page.goto(server.url + path);
    expect(await overflow(page), path).toBeLessThanOrEqual(0);
  }
});

test('help answers, and prints its answers', async ({ page, server }) => {
  await page.goto(`${server.url}/aide`);
  const question = page.getByText('Je ne reçois pas le code');
  await expect(page.getByText('Regardez dans les indésirables')).toBeHidden();
  await question.click();
  await expect(page.getByText('Regardez dans les indésirables')).toBeVisible();
});

test('contact: errors keep what was typed, then a reference', async ({ page, server }) => {
  await page.goto(`${server.url}/contact?motif=identifiants`);
  await expect(page.getByText('Joignable à toute heure')).toBeVisible();
  await expect(page.getByLabel(/De quoi/)).toHaveValue('identifiants');
  await page.getByLabel('Votre nom').fill('Claire Martin');
  await page.getByLabel('Votre adresse électronique').fill('claire');
  await page.getByLabel('Votre message').fill('On m’a demandé mon code.\nPar téléphone.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByLabel('Votre adresse électronique')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Votre message')).toHaveValue('On m’a demandé mon code.\nPar téléphone.');
  await expect(page.getByLabel(/De quoi/)).toHaveValue('identifiants');
  await axe(page);
  await page.getByLabel('Votre adresse électronique').fill('claire.martin@courriel.example');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByText(/Référence\s:\s[0-9A-Z]+/)).toBeVisible();
  await axe(page);
  const listed = execFileSync(binary, ['support', 'list', '--data', server.data]).toString();
  expect(listed).toContain('credentials');
});

test('the page of cookies names those that are set', { tag: '@once' }, async ({ page, server }) => {
  await signIn(page, server);
  const set = (await page.context().cookies()).map((cookie) => cookie.name);
  await page.goto(`${server.url}/cookies`);
  const named = await page.locator('table[data-name=cookies] tbody th').allTextContents();
  expect(set.length).toBeGreaterThan(0);
  for (const name of set) expect(named).toContain(name);
});

test.describe('terms', () => {
  // The page that is still open asks for its events, and is told to accept first.
  test.use({ expected: /status of 403/ });

  test('new terms: told beforehand, asked for, accepted, never lost', { tag: '@once' }, async ({ page }, info) => {
    test.slow();
    const own = await Server.start(30 + (info.workerIndex % 20));
    try {
      await signIn(page, own);
      const list = page.url();
      const soon = new Date(Date.now() + 90_000).toLocaleString('sv-SE', { timeZone: 'Europe/Paris' }).slice(0, 16).replace(' ', 'T');
      const text = `${own.data}.cgu.txt`;
      execFileSync('bash', ['-c', `printf '# Conditions nouvelles\\n\\n## Article 1\\n\\nUn **texte** <i>neuf</i>.\\n' > ${text}`]);
      execFileSync(binary, ['cgu', 'publish', text, '--from', soon, '--data', own.data]);
      await expect.poll(async () => (await own.mails('claire.martin@courriel.example')).map((mail) => mail.subject), { timeout: 40_000 }).toContain('Nouvelles conditions d’utilisation de votre messagerie');
      await page.reload();
      await expect(page.getByTestId('message-list')).toBeVisible();
      await own.advance(180);
      await page.goto(list);
      await expect(page).toHaveURL(/\/cgu\/accepter\?retour=/);
      await expect(page.getByText('Un texte <i>neuf</i>.')).toBeVisible();
      await axe(page);
      await page.getByLabel(/J’ai lu les conditions/).check();
      await page.getByRole('button', { name: 'Accepter et continuer' }).click();
      await expect(page.getByText('Cochez cette case')).toHaveCount(1);
      await expect(page.getByLabel(/J’ai lu les conditions/)).toBeChecked();
      await axe(page);
      await page.getByLabel(/notice de confidentialité \(version/).check();
      await page.getByRole('button', { name: 'Accepter et continuer' }).click();
      await expect(page).toHaveURL(list);
      await expect(page.getByTestId('message-list')).toBeVisible();
      const out = `${own.data}.acceptances.csv`;
      execFileSync('rm', ['-f', out]);
      execFileSync(binary, ['cgu', 'acceptances', '--out', out, '--data', own.data]);
      expect(execFileSync('cat', [out]).toString()).toMatch(/Claire Martin.*"2",.*"page"/);
    } finally {
      own.stop();
    }
  });
});

test('the form of the terms asks to sign in first', { tag: '@once' }, async ({ page, server }) => {
  await page.goto(`${server.url}/cgu/accepter`);
  await expect(page).toHaveURL(/\/connexion/);
});
