import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, Server, test as base } from './server';

/** A server whose clock nobody moves: the provider's tokens are of the machine's time. */
export const test = base.extend<object, { portal: Server }>({
  portal: [
    async ({}, use, info) => {
      const server = await Server.start(30 + (info.workerIndex % 20));
      await use(server);
      server.stop();
    },
    { scope: 'worker' },
  ],
});

export { expect };
export const PASSPHRASE = 'parapluie-gravier-oseille';

/** axe has nothing to say, and nothing overflows sideways, at this width and on a narrow phone. */
export async function good(page: Page) {
  const result = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(result.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  const before = page.viewportSize()!;
  for (const width of [before.width, 360]) {
    await page.setViewportSize({ width, height: before.height });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `at ${width}px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(before);
}

const WORDS = {
  fr: {
    identity: 'Votre identité', go: 'Continuer', email: 'Adresse e-mail habituelle', code: 'Code', password: 'Mot de passe',
    again: 'Encore une fois', terms: /j’accepte les conditions|règles d’utilisation/, notice: /note sur la protection/,
    create: 'Créer ma boîte', ready: 'Votre boîte est ouverte',
  },
  en: {
    identity: 'Your identity', go: 'Continue', email: 'Ordinary e-mail address', code: '6-digit code', password: 'Password',
    again: 'Once more', terms: /accept the terms of service|rules of the service/, notice: /data protection note/,
    create: 'Create my mailbox', ready: 'Your mailbox is open',
  },
};

/** To the provider, as this person, for a BAL. */
export async function identify(page: Page, portal: Server, who: string | RegExp) {
  await page.goto(`${portal.url}/inscription`);
  await page.getByRole('link', { name: 'Pro Santé Connect' }).click();
  await portal.psc.choose(page, who);
}

/** From the page of identity to the end; `look` is called on every step. */
export async function open(page: Page, portal: Server, email: string, look: (step: string) => Promise<void>, activity?: RegExp, lang: 'fr' | 'en' = 'fr') {
  const words = WORDS[lang];
  const go = () => page.getByRole('button', { name: words.go, exact: true }).click();
  await expect(page.getByRole('heading', { name: words.identity })).toBeVisible();
  await look('identity');
  if (activity) await page.getByRole('radio', { name: activity }).check();
  await go();
  await look('contact');
  await page.getByLabel(words.email).fill(email);
  await go();
  await look('code');
  await page.getByLabel(words.code).fill(await portal.code(email, 0));
  await go();
  await look('password');
  await page.getByLabel(words.password, { exact: true }).fill(PASSPHRASE);
  await page.getByLabel(words.again).fill(PASSPHRASE);
  await go();
  await look('terms');
  await page.getByLabel(words.terms).check();
  await page.getByLabel(words.notice).check();
  await page.getByRole('button', { name: words.create }).click();
  await expect(page.getByRole('heading', { name: words.ready })).toBeVisible();
  await look('ready');
}

/** Léa has a mailbox, opened now if no test before did. */
export async function known(page: Page, portal: Server) {
  await identify(page, portal, /Léa FONTAINE/);
  await page.waitForURL((url) => url.origin === portal.url && !url.pathname.startsWith('/connexion/psc'));
  const opening = await page.getByRole('heading', { name: 'Votre identité' }).isVisible();
  if (opening) await open(page, portal, `lea-${Date.now()}@courriel.example`, async () => {});
}
