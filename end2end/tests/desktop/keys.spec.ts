import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../../support/server';

const rows = '[data-testid=row]';
const row = (page: Page, at: number) => page.locator(rows).nth(at);
const focused = (page: Page, at: number) => expect(row(page, at).locator('.row-link')).toBeFocused();
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

test('keys go through the list, open, leave and act', async ({ dr }) => {
  await hydrated(dr);
  await press(dr, 'j', 'j');
  await focused(dr, 1);
  await press(dr, 'k');
  await focused(dr, 0);
  await press(dr, 'j', 'o');
  await expect(dr).toHaveURL(/\/t\w+$/);
  const opened = dr.url();
  await press(dr, 'j');
  await expect(dr).not.toHaveURL(opened);
  await press(dr, 'k');
  await expect(dr).toHaveURL(opened);
  await press(dr, 'u');
  await expect(dr).toHaveURL(/\/m\w+$/);
  await focused(dr, 1);

  await press(dr, 'x');
  await expect(row(dr, 1)).toHaveAttribute('data-selected', 'true');
  await press(dr, 'Escape');
  await expect(row(dr, 1)).not.toHaveAttribute('data-selected', 'true');
  const starred = await row(dr, 1).getAttribute('data-flagged');
  await press(dr, 's');
  await (starred ? expect(row(dr, 1)).not.toHaveAttribute('data-flagged', 'true') : expect(row(dr, 1)).toHaveAttribute('data-flagged', 'true'));

  for (const key of ['e', '#', '"']) {
    const id = await row(dr, 1).getAttribute('data-id');
    await press(dr, key);
    await expect(dr.locator(`${rows}[data-id="${id}"]`)).toHaveCount(0);
    await focused(dr, 1);
    await press(dr, 'z');
    await expect(dr.locator(`${rows}[data-id="${id}"]`)).toHaveCount(1);
    await press(dr, 'k', 'j');
    await dr.locator(`${rows}[data-id="${id}"] .row-link`).focus();
  }
});

test('keys write; while one types they are letters', async ({ dr }) => {
  await hydrated(dr);
  await press(dr, 'j');
  for (const [key, mode] of [['r', 'repondre'], ['a', 'tous'], ['f', 'transferer']]) {
    await press(dr, key);
    await expect(dr).toHaveURL(new RegExp(`mode=${mode}$`));
    await expect(dr.getByTestId('composer')).toBeVisible();
    await dr.goBack();
    await expect(dr).toHaveURL(/\/m\w+$/);
    await press(dr, 'k');
  }
  await press(dr, 'c');
  const composer = dr.getByTestId('composer');
  await expect(composer.getByLabel('À', { exact: true })).toBeFocused();
  const subject = `Clavier ${Date.now()}`;
  await dr.keyboard.type('karim.benali@medecin.mssante.example,');
  await expect(composer.locator('.chip[data-state=ok]')).toHaveCount(1);
  await composer.getByLabel('Objet').pressSequentially(subject);
  await composer.getByLabel('Message').pressSequentially('jkeu#/?x cz');
  await expect(composer.getByLabel('Message')).toHaveValue('jkeu#/?x cz');
  await press(dr, 'Control+Enter');
  await expect(dr.getByTestId('toast')).toContainText('Message envoyé');
  await press(dr, 'z');
  await expect(composer.getByLabel('Objet')).toHaveValue(subject);
  await expect(composer.getByLabel('À', { exact: true })).toBeFocused();
  await composer.getByLabel('À', { exact: true }).blur();
  await press(dr, 'u');
  await expect(composer).toBeHidden();

  await press(dr, '/');
  const field = dr.getByRole('searchbox').first();
  await expect(field).toBeFocused();
  await dr.keyboard.type('e#');
  await expect(field).toHaveValue('e#');
});

test('the list of keys, the palette, and the switch that turns keys off', async ({ dr, server }) => {
  await hydrated(dr);
  await press(dr, '?');
  const help = dr.getByRole('dialog', { name: 'Raccourcis clavier' });
  await expect(help).toContainText('Mettre à la corbeille');
  await press(dr, 'Escape');
  await expect(help).toBeHidden();

  await press(dr, 'Control+k');
  const palette = dr.getByRole('dialog', { name: 'Palette de commandes' });
  await expect(palette.getByRole('combobox')).toBeFocused();
  await dr.keyboard.type('arch');
  await expect(palette.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await dr.keyboard.type('iv');
  await press(dr, 'ArrowUp', 'Enter');
  await expect(palette).toBeHidden();
  await expect(dr).toHaveTitle(/Archives · Pli$/);
  // The second key counts for a moment only, which a busy machine may let pass.
  await expect(async () => {
    await press(dr, 'g', 'i');
    await expect(dr).toHaveTitle(/Réception · Pli$/, { timeout: 3_000 });
  }).toPass();

  const list = dr.url();
  await dr.goto(`${server.url}/compte/preferences`);
  await dr.getByLabel('Raccourcis clavier').selectOption({ label: 'Désactivés' });
  await dr.getByRole('button', { name: 'Enregistrer' }).click();
  await dr.goto(list);
  await hydrated(dr);
  await press(dr, 'j', 'c', '?');
  await expect(dr).toHaveURL(list);
  await expect(dr.getByRole('dialog')).toHaveCount(0);
  await expect(dr.locator(`${rows}[data-current=true]`)).toHaveCount(0);
  await dr.goto(`${server.url}/compte/preferences`);
  await dr.getByLabel('Raccourcis clavier').selectOption({ label: 'Activés' });
  await dr.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dr.getByText('Préférences enregistrées')).toBeVisible();
});
