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
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `at ${width}px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(before);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`public and sign-in pages, ${scheme}`, async ({ page, server }) => {
    for (const path of ['/', '/connexion', '/aide', '/nulle-part']) {
      await page.goto(server.url + path);
      await check(page, scheme);
      await fits(page);
    }
  });

  test(`mail pages in every state, ${scheme}`, async ({ page, server }) => {
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
}
