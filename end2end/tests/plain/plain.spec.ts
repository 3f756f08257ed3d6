import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Mailbox, message, messageWith } from '../../support/mailbox';
import { expect, test } from '../../support/server';

const rows = '[data-testid=row]';

// Everything here runs with JavaScript switched off: links and forms only.
test('browsing folders and pages', async ({ dr }) => {
  await expect(dr.locator(rows)).toHaveCount(50);
  const first = await dr.locator(`${rows} a.row-link`).first().getAttribute('href');
  await dr.getByRole('link', { name: 'Plus anciens' }).click();
  await expect(dr.locator(rows).first()).toBeVisible();
  await expect(dr.locator(`${rows} a.row-link`).first()).not.toHaveAttribute('href', first!);
});

test('reading: the frame shows the body without scripts', async ({ dr }) => {
  await dr.locator(`${rows} a.row-link`).nth(1).click();
  const pane = dr.getByTestId('reading-pane');
  await expect(pane.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(pane.frameLocator('iframe.body-frame').last().locator('body')).not.toBeEmpty();
});

test('downloading', async ({ dr, server }) => {
  const file = randomBytes(20_000);
  const { url } = await (await Mailbox.of(server)).deliver(messageWith(file, 'Sans script'));
  await dr.goto(url);
  const link = dr.getByTestId('reading-pane').locator('.attachment a[href^="/telecharger/"]').first();
  const [download] = await Promise.all([dr.waitForEvent('download'), link.click()]);
  expect(readFileSync(await download.path()).equals(file)).toBe(true);
});

test('a conversation is printed from a page of its own, and the log says so', async ({ dr, server }) => {
  const box = await Mailbox.of(server);
  const { url } = await box.deliver(message({ Subject: 'À imprimer' }, 'Un texte pour le papier'));
  const printed = () => dr.getByRole('row').filter({ hasText: 'A imprimé un message' });
  const log = `${server.url}/compte/acces/${box.account}?genre=printed`;
  await dr.goto(log);
  const before = await printed().count();
  await dr.goto(url);
  await dr.getByTestId('reading-pane').getByRole('link', { name: 'Imprimer' }).click();
  await expect(dr.getByRole('heading', { level: 1 })).toHaveText('À imprimer');
  await expect(dr.getByText('Un texte pour le papier')).toBeVisible();
  await dr.emulateMedia({ media: 'print' });
  await expect(dr.getByText('Un texte pour le papier')).toBeVisible();
  for (const around of ['.public-head nav', '.public-foot', '.print-acts']) await expect(dr.locator(around)).toBeHidden();
  await dr.emulateMedia({ media: 'screen' });
  await dr.getByRole('link', { name: 'Revenir au courrier' }).click();
  await expect(dr).toHaveURL(url);
  await dr.goto(log);
  await expect(printed()).toHaveCount(before + 1);
});

test('marking and moving by forms', async ({ dr }) => {
  const link = dr.locator(`${rows} a.row-link`).nth(2);
  const href = await link.getAttribute('href');
  await link.click();
  await dr.getByTestId('reading-pane').getByRole('button', { name: 'Archiver' }).first().click();
  await expect(dr.locator(`${rows} a[href="${href}"]`)).toHaveCount(0);
  await expect(dr.getByTestId('toast').first()).toContainText('archiv');
});

test('a message is marked as copied to the record', async ({ dr, server }) => {
  const { url } = await (await Mailbox.of(server)).deliver(messageWith(randomBytes(10), 'À reporter'));
  await dr.goto(url);
  const head = dr.getByTestId('reading-pane').locator('.message-head');
  await head.locator('summary', { hasText: 'Plus d’actions' }).click();
  await head.getByRole('button', { name: 'Marquer comme versé au dossier' }).click();
  await expect(head.locator('.badge', { hasText: 'Au dossier' })).toBeVisible();
});

test('searching: the words are not in the address', async ({ dr }) => {
  await dr.getByRole('searchbox').first().fill('resultat');
  await dr.getByRole('searchbox').first().press('Enter');
  await expect(dr).toHaveURL(/\/recherche\/q\w+$/);
  await expect(dr.locator(`${rows} mark`).first()).toBeVisible();
});

test('a refused message is shown again with everything typed', async ({ dr }) => {
  await dr.goto(dr.url().replace(/\/m\w+.*/, '/ecrire'));
  const composer = dr.getByTestId('composer');
  await expect(composer.getByLabel('Copie', { exact: true })).toBeVisible();
  await expect(composer.getByLabel('Copie cachée')).toBeVisible();
  await composer.getByLabel('À', { exact: true }).fill('quelqu.un@messagerie.example');
  await composer.getByLabel('Objet').fill('Objet gardé');
  await composer.getByLabel('Message').fill('Texte gardé');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(composer.getByLabel('Objet')).toHaveValue('Objet gardé');
  await expect(composer.getByLabel('Message')).toHaveValue('Texte gardé');
  await expect(composer).toContainText('espace de confiance');
});

test('sending, once even when posted twice', async ({ dr, colleague }) => {
  const subject = `Sans script ${Date.now()}`;
  await dr.goto(dr.url().replace(/\/m\w+.*/, '/ecrire'));
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill('karim.benali@medecin.mssante.example');
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByTestId('toast').first()).toContainText(/part|envoy/);
  const other = await colleague('karim.benali@medecin.mssante.example');
  await expect(async () => {
    await other.reload();
    await expect(other.getByTestId('message-list')).toContainText(subject, { timeout: 1000 });
  }).toPass({ timeout: 25_000 });
});
