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

/** axe has nothing to say, and nothing overflows sideways. */
export async function good(page: Page) {
  const result = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(result.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

/** To the provider, as this person, for a BAL. */
export async function identify(page: Page, portal: Server, who: string) {
  await page.goto(`${portal.url}/inscription`);
  await page.getByRole('link', { name: 'Pro Santé Connect' }).click();
  await portal.psc.choose(page, who);
}

/** From the page of identity to the end; `look` is called on every step. */
export async function open(page: Page, portal: Server, email: string, look: (step: string) => Promise<void>, activity?: RegExp) {
  await expect(page.getByRole('heading', { name: 'Votre identité' })).toBeVisible();
  await look('identity');
  if (activity) await page.getByRole('radio', { name: activity }).check();
  await page.getByRole('button', { name: 'Continuer' }).click();
  await look('contact');
  await page.getByLabel('Adresse e-mail habituelle').fill(email);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await look('code');
  await page.getByLabel('Code').fill(await portal.code(email, 0));
  await page.getByRole('button', { name: 'Continuer' }).click();
  await look('password');
  await page.getByLabel('Mot de passe', { exact: true }).fill(PASSPHRASE);
  await page.getByLabel('Encore une fois').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await look('terms');
  await page.getByLabel(/j’accepte les conditions|règles d’utilisation/).check();
  await page.getByLabel(/note sur la protection/).check();
  await page.getByRole('button', { name: 'Créer ma boîte' }).click();
  await expect(page.getByRole('heading', { name: 'Votre boîte est ouverte' })).toBeVisible();
  await look('ready');
}
