import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../support/server';
import { Mailbox, message } from '../support/mailbox';

const DURAND = 'dr.durand@autre.mssante.example';
const UNKNOWN = 'inconnu@autre.mssante.example';

async function write(page: Page, to: string[], subject: string, receipt = false) {
  await page.goto(page.url().replace(/\/m\w+.*/, '/ecrire'));
  await hydrated(page);
  const composer = page.getByTestId('composer');
  for (const address of to) {
    await composer.getByLabel('À', { exact: true }).fill(address);
    await composer.getByLabel('À', { exact: true }).press('Enter');
  }
  await expect(composer.locator('.chip[data-state=ok]')).toHaveCount(to.length);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,\n\nVoici mon avis.');
  if (receipt) await composer.getByLabel('Demander un accusé de lecture').check();
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByTestId('toast').first()).toBeVisible();
}

test('a message crosses to another operator, and each recipient has a state that shows by itself', { tag: '@once' }, async ({ dr, server }) => {
  const { autre } = await server.operators();
  const box = await Mailbox.of(server);
  await hydrated(dr);
  const subject = `Avis ${Date.now()}`;
  await write(dr, [DURAND, UNKNOWN], subject);
  await dr.goto(`${server.url}/courrier/${box.account}/${box.folders.sent}`);
  await dr.locator('[data-testid=row] a.row-link', { hasText: subject }).click();
  await server.advance(20);
  // The open message learns by itself what became of it.
  const delivery = dr.getByTestId('reading-pane').getByTestId('delivery');
  await expect(delivery.locator('li[data-state=handed-over]')).toContainText(/Remis à l.opérateur OPERATEUR AUTRE/, { timeout: 40_000 });
  await expect(delivery.locator('li[data-state=refused]')).toContainText(/Vérifiez-la dans l.annuaire/);
  await expect
    .poll(() => fetch(`${autre}/api/messages`).then((it) => it.json()).then((all) => all.filter((one: { subject: string }) => one.subject === subject).length))
    .toBe(1);
  await dr.goto(`${server.url}/courrier/${box.account}/${box.folders.inbox}`);
  await expect(dr.getByTestId('message-list')).toContainText(`Non remis : ${subject}`);
});

test('a receipt is asked for in the composer and answered by a click', { tag: '@once' }, async ({ dr, server, colleague }) => {
  const subject = `Accusé ${Date.now()}`;
  const other = await colleague('karim.benali@medecin.mssante.example');
  await hydrated(dr);
  await write(dr, ['karim.benali@medecin.mssante.example'], subject, true);
  await server.advance(20);
  await other.locator('[data-testid=row] a.row-link', { hasText: subject }).click({ timeout: 40_000 });
  const asked = other.getByTestId('reading-pane').getByTestId('receipt');
  await expect(asked).toContainText('accusé de lecture');
  await asked.getByRole('button', { name: /Envoyer l.accusé/ }).click();
  await expect(asked).toHaveCount(0);
  const box = await Mailbox.of(server);
  await dr.goto(`${server.url}/courrier/${box.account}/${box.folders.sent}`);
  await dr.locator('[data-testid=row] a.row-link', { hasText: subject }).click();
  await expect(dr.getByTestId('delivery').locator('summary')).toContainText('1 lecture confirmée', { timeout: 40_000 });
});

test('a receipt that is declined is not asked for again', { tag: '@once' }, async ({ dr, server }) => {
  const box = await Mailbox.of(server);
  const from = 'Dr Karim Benali <karim.benali@medecin.mssante.example>';
  const fields = { 'Return-Path': '<karim.benali@medecin.mssante.example>', From: from, 'Disposition-Notification-To': from, Subject: 'Question' };
  const { url } = await box.deliver(message(fields, 'Bonjour'));
  await dr.goto(url);
  await hydrated(dr);
  const asked = dr.getByTestId('reading-pane').getByTestId('receipt');
  await asked.getByRole('button', { name: 'Ne pas envoyer' }).click();
  await expect(asked).toHaveCount(0);
  await dr.reload();
  await expect(dr.getByTestId('reading-pane').getByRole('heading', { level: 1 })).toContainText('Question');
  await expect(asked).toHaveCount(0);
});
