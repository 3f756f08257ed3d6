import { expect, hydrated, MARTIN, test } from '../support/server';

const BENALI = 'karim.benali@medecin.mssante.example';

test('write, undo, send again; it arrives live', async ({ dr, colleague }) => {
  await hydrated(dr);
  const other = await colleague(BENALI);
  await hydrated(other);
  const subject = `Avis ${Date.now()}`;
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await expect(composer.locator('.chip[data-state=ok]')).toHaveCount(1);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,\n\nPourriez-vous me donner votre avis ?');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await dr.getByTestId('toast').getByRole('button', { name: 'Annuler' }).click();
  await expect(composer.getByLabel('Objet')).toHaveValue(subject);
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(other.getByTestId('message-list')).toContainText(subject, { timeout: 40_000 });
});

test('an address outside the trust space is refused while composing and by the server', async ({ dr }) => {
  await hydrated(dr);
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill('quelqu.un@messagerie.example');
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await expect(composer.locator('.chip[data-state=outside]')).toHaveCount(1);
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(composer).toContainText('espace de confiance');
});

test('a draft is on the server within seconds and survives a reload', { tag: '@once' }, async ({ dr }) => {
  await hydrated(dr);
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('Objet').fill('Brouillon à garder');
  await composer.getByLabel('Message').fill('Un texte que rien ne doit perdre.');
  await expect(dr).toHaveURL(/\/ecrire\/e\w+/, { timeout: 6_000 });
  await dr.reload();
  await expect(composer.getByLabel('Objet')).toHaveValue('Brouillon à garder');
  await expect(composer.getByLabel('Message')).toHaveValue(/rien ne doit perdre/);
});

test('a reply carries the quote, the references and the right recipient', async ({ dr }) => {
  await hydrated(dr);
  await dr.locator('[data-testid=row] a.row-link').nth(1).click();
  await dr.getByTestId('reading-pane').getByRole('link', { name: 'Répondre', exact: true }).first().click();
  const composer = dr.getByTestId('composer');
  await expect(composer.locator('.chip')).toHaveCount(1);
  await expect(composer.locator('.chip')).not.toContainText(MARTIN);
  await expect(composer.getByLabel('Objet')).toHaveValue(/^RE/i);
  await expect(composer.getByLabel('Message')).toHaveValue(/^> /m);
});
