import { end, Guest, sendLater } from '../support/delegation';
import { good } from '../support/opening';
import { expect, hydrated, test } from '../support/server';

const BENALI = 'karim.benali@medecin.mssante.example';

test('from an invitation to the first message on behalf', async ({ dr, colleague, browser, server }, info) => {
  test.slow();
  const marie = await Guest.invited(dr, server, browser, info.project.use, 'Marie Petit', 'send');
  await hydrated(marie.page);
  await expect(marie.page.getByText('Vous agissez pour').first()).toBeAttached();
  const benali = await colleague(BENALI);
  const subject = `Rendez-vous ${Date.now()}`;
  await marie.page.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = marie.page.getByTestId('composer');
  await expect(composer).toContainText('Envoyé au nom de');
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,\n\nVotre patient est attendu lundi.');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(benali.getByTestId('message-list')).toContainText(subject, { timeout: 40_000 });
  await benali.getByTestId('row').filter({ hasText: subject }).locator('a.row-link').click();
  await expect(benali.locator('.message-head .sender-name').last()).toContainText(/Marie Petit, pour .*Martin/i);

  await dr.goto(`${server.url}/compte/delegations`);
  const line = dr.getByRole('listitem').filter({ hasText: 'Marie Petit' }).first();
  await expect(line).toContainText('Envoyer en votre nom');
  await expect(line).toContainText('Dernière utilisation');
  await good(dr);
  await end(dr, server, 'Marie Petit');
  await marie.context.close();
});

test.describe('revocation while the other has a draft open', () => {
  test.use({ expected: /status of 404|status of 403/ });

  test('the text stays on the screen, the BAL is gone', { tag: '@once' }, async ({ dr, browser, server }, info) => {
    test.slow();
    const paul = await Guest.invited(dr, server, browser, info.project.use, 'Paul Durand', 'send');
    await hydrated(paul.page);
    const home = paul.page.url();
    const reader = await paul.context.newPage();
    await reader.goto(home);
    await hydrated(reader);
    await paul.page.getByRole('link', { name: 'Nouveau message' }).first().click();
    const composer = paul.page.getByTestId('composer');
    await composer.getByLabel('Objet').fill('En cours');
    await composer.getByLabel('Message').fill('Un texte commencé.');
    await expect(paul.page).toHaveURL(/\/ecrire\/e\w+/, { timeout: 6_000 });
    await end(dr, server, 'Paul Durand');
    // What is only read leaves the screen by itself.
    await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Page introuvable', { timeout: 6_000 });
    await composer.getByLabel('Message').pressSequentially(' Et continué.');
    await expect(composer.locator('.save-state')).toHaveAttribute('data-state', 'failed', { timeout: 10_000 });
    await expect(composer.getByLabel('Message')).toHaveValue('Un texte commencé. Et continué.');
    await paul.page.goto(home);
    await expect(paul.page.getByRole('heading', { level: 1 })).toHaveText('Page introuvable');
    await paul.context.close();
  });
});

test('sending on behalf crossed with undo and with a send for later', { tag: '@once' }, async ({ dr, colleague, browser, server }, info) => {
  test.slow();
  const anne = await Guest.invited(dr, server, browser, info.project.use, 'Anne Colin', 'send');
  await hydrated(anne.page);
  const benali = await colleague(BENALI);
  const [subject, later] = [`Croisé ${Date.now()}`, `Plus tard ${Date.now()}`];
  await anne.page.getByRole('link', { name: 'Nouveau message' }).first().click();
  const hers = anne.page.getByTestId('composer');
  await hers.getByLabel('À', { exact: true }).fill(BENALI);
  await hers.getByLabel('À', { exact: true }).press('Enter');
  await hers.getByLabel('Objet').fill(subject);
  await hers.getByLabel('Message').fill('Bonjour,');
  await hers.getByRole('button', { name: 'Envoyer' }).click();
  // She takes it back and leaves it; he finds it and sends it: it is from him alone.
  await anne.page.getByTestId('toast').getByRole('button', { name: 'Annuler' }).click();
  await expect(hers.getByLabel('Objet')).toHaveValue(subject);
  await expect(anne.page).toHaveURL(/\/ecrire\/e\w+/);
  const draft = anne.page.url();
  await anne.page.goBack();
  await expect(hers).toBeHidden();
  await dr.goto(draft);
  await hydrated(dr);
  const his = dr.getByTestId('composer');
  await expect(his.getByLabel('Objet')).toHaveValue(subject);
  await his.getByRole('button', { name: 'Envoyer' }).click();
  await expect(his).toBeHidden();
  await expect(benali.getByTestId('message-list')).toContainText(subject, { timeout: 40_000 });
  await benali.getByTestId('row').filter({ hasText: subject }).locator('a.row-link').click();
  await expect(benali.locator('.message-head .sender-name').last()).toContainText(/Martin/i);
  await expect(benali.locator('.message-head .sender-name').last()).not.toContainText('Anne');

  // What she left to be sent later does not leave when she is gone; he is told.
  await sendLater(anne.page, BENALI, later, 120);
  await end(dr, server, 'Anne Colin');
  await server.advance(130);
  await expect(async () => {
    // Rows that come while the pointer rests on the list are held back: the page is asked for again.
    await dr.goto(`${server.url}/courrier`);
    await expect(dr.getByTestId('message-list')).toContainText(`Non remis : ${later}`, { timeout: 2_000 });
  }).toPass({ timeout: 40_000 });
  await benali.goto(`${server.url}/courrier`);
  await expect(benali.getByTestId('message-list')).toContainText(subject);
  await expect(benali.getByTestId('message-list')).not.toContainText(later);
  await anne.context.close();
});

test('a draft is handed in, returned with a word, corrected and approved', { tag: '@once' }, async ({ dr, browser, server }, info) => {
  test.slow();
  const lea = await Guest.invited(dr, server, browser, info.project.use, 'Lea Simon', 'draft');
  await hydrated(lea.page);
  const subject = `À relire ${Date.now()}`;
  await lea.page.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = lea.page.getByTestId('composer');
  await expect(composer.getByRole('button', { name: 'Envoyer' })).toHaveCount(0);
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,');
  await composer.getByRole('button', { name: 'Faire approuver' }).click();
  await expect(lea.page.getByTestId('toast')).toContainText('Brouillon remis');

  await dr.goto(`${server.url}/compte/brouillons`);
  const waiting = dr.getByRole('listitem').filter({ hasText: subject });
  await expect(waiting).toContainText('Préparé par Lea Simon');
  await good(dr);
  await waiting.getByLabel('Un mot').fill('Ajoutez la date');
  await waiting.getByRole('button', { name: 'Retourner' }).click();
  await expect(dr.getByRole('listitem').filter({ hasText: subject })).toHaveCount(0);

  await lea.page.goto(`${server.url}/compte/brouillons`);
  const returned = lea.page.getByRole('listitem').filter({ hasText: subject });
  await expect(returned).toContainText('Ajoutez la date');
  await returned.getByRole('link', { name: 'Lire et corriger' }).click();
  await hydrated(lea.page);
  await composer.getByLabel('Message').fill('Bonjour, le 23.');
  await composer.getByRole('button', { name: 'Faire approuver' }).click();
  await expect(lea.page.getByTestId('toast')).toContainText('Brouillon remis');
  await dr.goto(`${server.url}/compte/brouillons`);
  await waiting.getByRole('button', { name: 'Approuver et envoyer' }).click();
  await expect(dr.getByRole('status')).toContainText('Brouillon approuvé');
  await end(dr, server, 'Lea Simon');
  await lea.context.close();
});

test('all my BALs on one page, and where one is', async ({ colleague, server }, info) => {
  const nathalie = await colleague('nathalie.dubois@pro.mssante.example');
  await nathalie.goto(`${server.url}/courrier/toutes`);
  await expect(nathalie.getByRole('heading', { level: 1 })).toHaveText('Toutes mes boîtes');
  const boxes = nathalie.getByRole('navigation', { name: 'Mes boîtes' }).getByRole('listitem');
  await expect(boxes).toHaveCount(2);
  await expect(boxes.nth(1)).toContainText('Boîte confiée');
  await good(nathalie);
  await boxes.nth(1).getByRole('link').click();
  await hydrated(nathalie);
  await expect(nathalie.getByText('Vous agissez pour').first()).toBeAttached();
  // A phone has no left pane: the list says it, and folders lead to the other BALs.
  const here = nathalie.locator('.list-bal');
  if (info.project.name !== 'phone') return expect(here).toBeHidden();
  await expect(here).toContainText(/Vous agissez pour .*Martin/i);
  await nathalie.getByRole('link', { name: 'Dossiers' }).last().click();
  await expect(nathalie.locator('.folders-page')).toContainText('Vos accès à cette boîte sont tracés');
  await good(nathalie);
  await nathalie.locator('.person-links').getByRole('link', { name: /Nathalie/ }).click();
  await expect(here).toContainText(/Nathalie/);
});
