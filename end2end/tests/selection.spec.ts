import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../support/server';

const rows = '[data-testid=row]';
const link = (page: Page, href: string) => page.locator(`${rows} a[href="${href}"]`);
const tick = (page: Page, at: number) => page.locator(rows).nth(at).getByRole('checkbox');
const undo = async (page: Page) => page.getByTestId('toast').last().getByRole('button', { name: 'Annuler' }).click();

test('several rows: ticked one by one, as a range, all; archived, moved, deleted and undone', async ({ dr }) => {
  await hydrated(dr);
  const bulk = dr.locator('form.bulk');
  const hrefs = await dr.locator(`${rows} a.row-link`).evaluateAll((all) => all.map((it) => it.getAttribute('href')!));

  await tick(dr, 1).click();
  await tick(dr, 3).click({ modifiers: ['Shift'] });
  await expect(dr.locator(`${rows}[data-selected=true]`)).toHaveCount(3);
  await expect(bulk).toContainText('3 conversations sélectionnées');
  await bulk.getByRole('checkbox', { name: 'Tout sélectionner' }).click();
  await expect(dr.locator(`${rows}[data-selected=true]`)).toHaveCount(50);
  await bulk.getByRole('checkbox', { name: 'Tout sélectionner' }).click();
  await expect(dr.locator(`${rows}[data-selected=true]`)).toHaveCount(0);

  const acts = [
    async () => bulk.getByRole('button', { name: 'Archiver' }).click(),
    async () => bulk.getByRole('button', { name: 'Supprimer' }).click(),
    async () => void (await bulk.getByLabel('Déplacer').selectOption({ label: 'Archives' })),
  ];
  for (const [at, act] of acts.entries()) {
    await tick(dr, 1).click();
    await tick(dr, 2).click();
    await act();
    const words = ['2 conversations archivées', '2 conversations mises à la corbeille', '2 conversations déplacées'][at];
    await expect(dr.getByTestId('toast').last()).toContainText(words);
    await expect(link(dr, hrefs[1])).toHaveCount(0);
    await expect(link(dr, hrefs[2])).toHaveCount(0);
    await undo(dr);
    await expect(link(dr, hrefs[1])).toHaveCount(1);
    await expect(link(dr, hrefs[2])).toHaveCount(1);
  }
});

test('several rows: marked and starred together', { tag: '@once' }, async ({ dr }) => {
  await hydrated(dr);
  const bulk = dr.locator('form.bulk');
  const ids = await dr.locator(rows).evaluateAll((all) => all.slice(4, 7).map((it) => it.getAttribute('data-id')!));
  const chosen = (state: string) => dr.locator(ids.map((id) => `${rows}[data-id="${id}"]${state}`).join(', '));
  for (const [words, state, count] of [
    ['Marquer comme lu', '[data-unread=true]', 0],
    ['Marquer comme non lu', '[data-unread=true]', 3],
    ['Suivre', '[data-flagged=true]', 3],
  ] as const) {
    await tick(dr, 4).click();
    await tick(dr, 6).click({ modifiers: ['Shift'] });
    // Confirmed, not only shown: the list that follows an act is the server's word.
    const confirmed = dr.waitForResponse((one) => !!one.request().postData()?.includes('"Email/query"'));
    await bulk.getByRole('button', { name: words, exact: true }).click();
    await confirmed;
    await expect(chosen(state)).toHaveCount(count);
    await expect(chosen('[data-selected=true]')).toHaveCount(0);
  }
  await dr.reload();
  await expect(chosen('[data-flagged=true]')).toHaveCount(3);
});
