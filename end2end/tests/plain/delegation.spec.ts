import { end, Guest } from '../../support/delegation';
import { expect, test } from '../../support/server';

const BENALI = 'karim.benali@medecin.mssante.example';

test('an invitation, a draft handed in and approved, an end: without a script', async ({ dr, browser, server }, info) => {
  test.slow();
  const zoe = await Guest.invited(dr, server, browser, info.project.use, 'Zoe Lambert', 'draft');
  const subject = `Sans script ${Date.now()}`;
  await zoe.page.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = zoe.page.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,');
  await composer.getByRole('button', { name: 'Faire approuver' }).click();
  await expect(zoe.page.getByText('Brouillon remis pour approbation')).toBeVisible();
  await dr.goto(`${server.url}/compte/brouillons`);
  const waiting = dr.getByRole('listitem').filter({ hasText: subject });
  await waiting.getByRole('button', { name: 'Approuver et envoyer' }).click();
  await expect(dr.getByRole('status')).toContainText('Brouillon approuvé');
  await end(dr, server, 'Zoe Lambert');
  await zoe.page.goto(`${server.url}/courrier`);
  await expect(zoe.page.getByRole('heading', { level: 1 })).toHaveText('Page introuvable');
  await zoe.context.close();
});
