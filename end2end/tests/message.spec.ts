import { Mailbox, message } from '../support/mailbox';
import { expect, hydrated, MARTIN, test } from '../support/server';

const HTML = `<p>Bonjour,</p><p>Voici la suite.</p><img src="http://image.invalid/a.png" alt=""><img src="http://image.invalid/b.png" alt="">
<blockquote type="cite"><p>Le message d’avant, cité.</p></blockquote>`;

test('a message in detail: its header, its text, what it quotes, what was taken out of it', async ({ dr, server }) => {
  const fields = { Subject: 'Suite', 'Message-ID': '<detail.1@ailleurs.example>', Cc: 'Secrétariat <secretariat@ailleurs.example>' };
  const { url } = await (await Mailbox.of(server)).deliver(message({ ...fields, 'Content-Type': 'text/html; charset=utf-8' }, HTML));
  await dr.goto(url);
  await hydrated(dr);
  const pane = dr.getByTestId('reading-pane');
  await expect(pane).toContainText('2 contenus distants ont été retirés pour protéger votre vie privée.');
  const body = pane.locator('iframe.body-frame').contentFrame();
  await expect(body.getByText('Voici la suite.')).toBeVisible();
  await expect(body.getByText('Le message d’avant, cité.')).toBeHidden();
  await body.locator('summary').click();
  await expect(body.getByText('Le message d’avant, cité.')).toBeVisible();

  await pane.locator('summary', { hasText: 'Détails' }).click();
  const details = pane.locator('.headers');
  for (const value of ['Dr Paul Essai <paul.essai@ailleurs.example>', MARTIN, 'secretariat@ailleurs.example', 'detail.1@ailleurs.example']) {
    await expect(details).toContainText(value);
  }

  await pane.locator('summary', { hasText: 'Plus d’actions' }).click();
  await pane.getByRole('link', { name: 'Version texte' }).click();
  await expect(pane.locator('iframe.body-frame')).toHaveAttribute('src', /vue=texte/);
  await expect(body.locator('body')).toContainText('Voici la suite.');
  await expect(body.locator('img, p b')).toHaveCount(0);
});

test('a name that hides another address is pointed at', { tag: '@once' }, async ({ dr, server }) => {
  const fields = { From: '"annie.dupont@medecin.mssante.example" <pirate@ailleurs.example>', Subject: 'Urgent' };
  const { url } = await (await Mailbox.of(server)).deliver(message(fields, 'Bonjour'));
  await dr.goto(url);
  await expect(dr.getByRole('alert').filter({ hasText: 'Prudence' })).toContainText('pirate@ailleurs.example');
});

test('what was copied to the patient’s record is marked so, also after reloading, and the mark is taken back', { tag: '@once' }, async ({ dr, server }) => {
  const { url } = await (await Mailbox.of(server)).deliver(message({ Subject: 'Compte rendu à reporter' }, 'Bonjour'));
  await dr.goto(url);
  await hydrated(dr);
  const pane = dr.getByTestId('reading-pane');
  const badge = pane.locator('.message-head .badge', { hasText: 'Au dossier' });
  await pane.locator('summary', { hasText: 'Plus d’actions' }).click();
  await pane.getByRole('button', { name: 'Marquer comme versé au dossier' }).click();
  await expect(badge).toBeVisible();
  await expect(dr.getByTestId('toast').last()).toContainText('versé au dossier');
  await expect.poll(async () => (await dr.reload(), await hydrated(dr), badge.count())).toBe(1);
  await pane.locator('summary', { hasText: 'Plus d’actions' }).click();
  await pane.getByRole('button', { name: 'Retirer la marque' }).click();
  await expect(badge).toHaveCount(0);
});
