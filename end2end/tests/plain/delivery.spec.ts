import { Mailbox, message } from '../../support/mailbox';
import { expect, test } from '../../support/server';

// Without JavaScript: the state is in the page as it comes, the receipt is a form.
test('the state of each recipient', async ({ dr, server }) => {
  await server.operators();
  const box = await Mailbox.of(server);
  await dr.goto(`${server.url}/courrier/${box.account}/ecrire`);
  const composer = dr.getByTestId('composer');
  const subject = `Sans script ${Date.now()}`;
  await composer.getByLabel('À', { exact: true }).fill('dr.durand@autre.mssante.example, plein@autre.mssante.example');
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await server.advance(20);
  await dr.goto(`${server.url}/courrier/${box.account}/${box.folders.sent}`);
  await dr.locator('[data-testid=row] a.row-link', { hasText: subject }).click();
  const delivery = dr.getByTestId('delivery');
  await expect
    .poll(async () => {
      await dr.reload();
      return delivery.locator('li[data-state=handed-over]').count();
    }, { timeout: 40_000 })
    .toBe(1);
  await expect(delivery.locator('li[data-state=refused]')).toContainText('pleine');
});

test('a receipt is answered by a form', async ({ dr, server }) => {
  const box = await Mailbox.of(server);
  const from = 'Dr Karim Benali <karim.benali@medecin.mssante.example>';
  const fields = { 'Return-Path': '<karim.benali@medecin.mssante.example>', From: from, 'Disposition-Notification-To': from, Subject: 'Question simple' };
  const { url } = await box.deliver(message(fields, 'Bonjour'));
  await dr.goto(url);
  await dr.getByTestId('receipt').getByRole('button', { name: /Envoyer l.accusé/ }).click();
  await expect(dr.getByTestId('toast').first()).toContainText('Accusé de lecture envoyé');
  await dr.goto(url);
  await expect(dr.getByTestId('receipt')).toHaveCount(0);
});
