import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, hydrated, test } from '../support/server';

const BENALI = 'karim.benali@medecin.mssante.example';

test('files: their progress, the limit where one is, taken out again, received as they were sent', { tag: '@once' }, async ({ dr, colleague }) => {
  test.slow();
  const other = await colleague(BENALI);
  await hydrated(other);
  await dr.goto(dr.url().replace(/\/m\w+$/, '/ecrire'));
  await hydrated(dr);
  const composer = dr.getByTestId('composer');
  const subject = `Pièces ${Date.now()}`;
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,');
  const input = composer.locator('input[type=file]');
  const files = composer.locator('.attachment');

  let open = () => {};
  const gate = new Promise<void>((done) => (open = done));
  await dr.route('**/jmap/upload/**', async (route) => {
    await gate;
    await route.continue();
  });
  const file = randomBytes(300_000);
  const unwanted = { name: 'brouillon.txt', mimeType: 'text/plain', buffer: Buffer.from('à retirer') };
  await input.setInputFiles([{ name: 'imagerie n°2.dcm', mimeType: 'application/dicom', buffer: file }, unwanted]);
  await expect(composer.getByRole('progressbar', { name: 'Envoi de imagerie n°2.dcm' })).toBeVisible();
  await composer.getByRole('button', { name: 'Retirer brouillon.txt' }).click();
  await expect(files).toHaveCount(1);
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(composer.getByRole('alert').first()).toContainText('Envoi de imagerie n°2.dcm');
  open();
  await expect(files).toHaveAttribute('data-state', 'done');
  await dr.unroute('**/jmap/upload/**');

  await input.setInputFiles({ name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(26 * 1024 * 1024) });
  await expect(composer.getByRole('alert').filter({ hasText: 'film.mp4 dépasse la taille permise' })).toBeVisible();
  await expect(files).toHaveCount(1);

  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(other.getByTestId('message-list')).toContainText(subject, { timeout: 30_000 });
  await other.getByTestId('message-list').getByRole('link', { name: new RegExp(subject) }).click();
  const link = other.getByTestId('reading-pane').locator('.attachment a');
  const [download] = await Promise.all([other.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toBe('imagerie n°2.dcm');
  expect(readFileSync(await download.path()).equals(file)).toBe(true);
});

test('a file announced and forgotten is asked about, and Cc and Bcc come when they are wanted', async ({ dr }) => {
  await dr.goto(dr.url().replace(/\/m\w+$/, '/ecrire'));
  await hydrated(dr);
  const composer = dr.getByTestId('composer');
  await expect(composer.getByLabel('Copie cachée')).toBeHidden();
  await composer.getByRole('button', { name: 'Copie', exact: true }).click();
  await expect(composer.getByLabel('Copie', { exact: true })).toBeFocused();
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('Objet').fill('Sans pièce');
  await composer.getByLabel('Message').fill('Vous trouverez ci-joint le compte rendu.');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  const question = dr.getByRole('dialog', { name: /pièce jointe/ });
  await expect(question.getByRole('button', { name: 'Envoyer quand même' })).toBeFocused();
  await dr.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(composer.getByLabel('Objet')).toHaveValue('Sans pièce');
  await composer.getByRole('button', { name: 'Jeter le brouillon' }).click();
  await dr.getByRole('dialog').getByRole('button', { name: 'Jeter le brouillon' }).click();
  await expect(dr.getByTestId('message-list')).toBeVisible();
});
