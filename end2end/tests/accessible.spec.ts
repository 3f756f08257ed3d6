import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, hydrated, signIn, test } from '../support/server';

async function check(page: Page, scheme: 'light' | 'dark') {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  const result = await new AxeBuilder({ page }).setLegacyMode().exclude('iframe').withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(result.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Nothing overflows sideways, at this width, at 360 px and at 1600 px. */
async function fits(page: Page) {
  const before = page.viewportSize()!;
  for (const width of [before.width, 360, 1600]) {
    await page.setViewportSize({ width, height: before.height });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `at ${width}px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(before);
}

// Light on the wide page, dark on a phone: a fault of a colour shows at any width.
const schemeOf = (project: string) => (project === 'phone' ? 'dark' : 'light');

test('public and sign-in pages', async ({ page, server }, info) => {
  const scheme = schemeOf(info.project.name);
  for (const path of ['/', '/connexion', '/aide', '/nulle-part']) {
    await page.goto(server.url + path);
    await check(page, scheme);
    await fits(page);
  }
});

test('mail pages in every state', async ({ page, server }, info) => {
  const scheme = schemeOf(info.project.name);
  test.slow();
  await signIn(page, server);
  await hydrated(page);
  const list = page.url();
  const account = list.replace(/\/m\w+.*/, '');
  await check(page, scheme);
  await fits(page);
  await page.locator('[data-testid=row] a.row-link').first().click();
  await expect(page.getByTestId('reading-pane').getByRole('heading', { level: 1 })).toBeVisible();
  await check(page, scheme);
  await fits(page);
  for (const path of ['/ecrire', '/dossiers']) {
    await page.goto(account + path);
    await hydrated(page);
    await check(page, scheme);
    await fits(page);
  }
  for (const path of ['/compte/sessions', '/compte/preferences']) {
    await page.goto(server.url + path);
    await check(page, scheme);
    await fits(page);
  }
});
