import { expect, test } from '../../support/server';

// Without JavaScript: everything public is read and written.
test('help, terms and contact by links and forms', async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('contentinfo').getByRole('link', { name: 'Aide', exact: true }).click();
  await page.getByText('Le code est refusé').click();
  await expect(page.getByText('que dans le navigateur')).toBeVisible();
  await page.getByRole('link', { name: 'Conditions d’utilisation' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Télécharger cette version' }).click()]);
  expect(download.suggestedFilename()).toBe('cgu-1.txt');
  await page.getByRole('contentinfo').getByRole('link', { name: 'Signaler un incident' }).click();
  await expect(page.getByLabel(/De quoi/)).toHaveValue('intrusion');
  await page.getByLabel('Votre nom').fill('Karim Benali');
  await page.getByLabel('Votre adresse électronique').fill('karim.benali@courriel.example');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByText('Ce champ est nécessaire.')).toBeVisible();
  await expect(page.getByLabel('Votre nom')).toHaveValue('Karim Benali');
  await page.getByLabel('Votre message').fill('Une connexion que je ne reconnais pas.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByText(/Référence\s:\s[0-9A-Z]+/)).toBeVisible();
});
