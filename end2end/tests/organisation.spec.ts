import { good } from '../support/opening';
import { Desk, INES, LEA, SHARED } from '../support/organisation';
import { expect, hydrated, identify, Server, test } from '../support/server';

const BENALI = 'karim.benali@medecin.mssante.example';
const STAFF = 'exploitation@courriel.example';

test('a member of a group writes as the service, under their own name', async ({ colleague, browser, server }, info) => {
  test.slow();
  const lea = await Desk.of(server, browser, info.project.use, LEA);
  await good(lea.page);
  const line = lea.page.getByRole('listitem').filter({ hasText: SHARED });
  await expect(line).toContainText('Envoyer');
  await line.getByRole('link', { name: 'Ouvrir' }).click();
  await hydrated(lea.page);
  await expect(lea.page.getByTestId('message-list')).toContainText('Conciliation médicamenteuse');
  const benali = await colleague(BENALI);
  const subject = `Sortie prévue ${Date.now()}`;
  await lea.page.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = lea.page.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill(BENALI);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour,\n\nSortie prévue lundi.');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(benali.getByTestId('message-list')).toContainText(subject, { timeout: 40_000 });
  await benali.getByTestId('row').filter({ hasText: subject }).locator('a.row-link').click();
  await expect(benali.locator('.message-head .sender-name').last()).toContainText(/Léa Girard, pour .*gériatrie/);
  await lea.context.close();
});

test.describe('departure while the member reads', () => {
  test.use({ expected: /status of 404|status of 403/ });

  test('the BAL leaves the screen by itself, the operator is told', { tag: '@once' }, async ({ browser, server }, info) => {
    test.slow();
    const ines = await Desk.of(server, browser, info.project.use, INES);
    const name = 'Paula Roche';
    const paula = await ines.invited(server, browser, info.project.use, name);
    await good(paula.page);
    await ines.give(server, name, 'sort');
    await good(ines.page);
    await paula.page.reload();
    const line = paula.page.getByRole('listitem').filter({ hasText: SHARED });
    await line.getByRole('link', { name: 'Ouvrir' }).click();
    await hydrated(paula.page);
    await expect(paula.page.getByTestId('message-list')).toContainText('Pansements à domicile');
    const letters = (await server.mails('support@pli.example')).length;
    await ines.letGo(server, name);
    await expect(paula.page.getByRole('heading', { level: 1 })).toHaveText('Page introuvable', { timeout: 6_000 });
    await paula.page.goto(`${server.url}/compte/structure`);
    await expect(paula.page.getByText('Vous n’êtes dans aucune structure')).toBeVisible();
    await expect.poll(async () => (await server.mails('support@pli.example')).length).toBeGreaterThan(letters);
    await paula.context.close();
    await ines.context.close();
  });
});

test('the operator opens a structure; numbers are checked', { tag: '@once' }, async ({ browser, server }, info) => {
  test.slow();
  const context = await browser.newContext(info.project.use);
  const page = await context.newPage();
  await page.goto(`${server.url}/connexion?retour=/admin/structures`);
  await identify(page, server, STAFF);
  await expect(page.getByTestId('structures')).toContainText('Centre hospitalier de Bellerive');
  await good(page);
  await page.getByText('Créer une structure').first().click();
  await page.getByLabel('Nom de la structure').fill('EHPAD des Tilleuls');
  await page.getByLabel('Numéro FINESS').fill('990000029');
  await page.getByRole('button', { name: 'Créer une structure' }).click();
  await expect(page.getByLabel('Numéro FINESS')).toHaveAttribute('aria-invalid', 'true');
  await good(page);
  await page.getByLabel('Numéro FINESS').fill('990000028');
  await page.getByRole('button', { name: 'Créer une structure' }).click();
  await expect(page.getByRole('status')).toContainText('Structure créée');
  await page.getByText('Ouvrir une boîte').first().click();
  await page.getByLabel('Structure', { exact: true }).first().selectOption({ label: 'EHPAD des Tilleuls' });
  await page.getByLabel('Adresse MSSanté', { exact: true }).fill('accueil@ehpad-tilleuls.mssante.example');
  await page.getByLabel('Nom affiché').fill('EHPAD des Tilleuls');
  await page.getByLabel('Finalité').fill('Échanges de l’établissement');
  await page.getByLabel('Professionnel responsable').fill('Dr Camille Leroy');
  await page.getByLabel('Numéro RPPS').fill('99736020373');
  await page.getByRole('button', { name: 'Ouvrir une boîte' }).click();
  await expect(page.getByRole('status')).toContainText('Boîte ouverte');
  await expect(page.getByTestId('structures')).toContainText('accueil@ehpad-tilleuls.mssante.example');
  await context.close();
});

test('a program gets a token that is shown once', { tag: '@once' }, async ({ browser, server }, info) => {
  test.slow();
  const ines = await Desk.of(server, browser, info.project.use, INES);
  await ines.structure(server);
  await good(ines.page);
  await ines.page.getByRole('link', { name: 'Gérer les jetons et certificats' }).click();
  await good(ines.page);
  await ines.page.getByLabel('Nom du jeton').fill(`Serveur ${info.project.name}`);
  await ines.page.getByRole('button', { name: 'Créer un jeton' }).click();
  await good(ines.page);
  const token = (await ines.page.locator('code.secret').textContent())!;
  const ask = (path: string) => fetch(`${server.url}${path}`, { headers: { Authorization: `Bearer ${token}` }, redirect: 'manual' });
  expect((await ask('/jmap/session')).status).toBe(200);
  expect((await ask('/courrier')).status).toBe(403);
  await ines.page.goto(ines.page.url());
  await expect(ines.page.locator('code.secret')).toHaveCount(0);
  await ines.page.getByRole('button', { name: `Retirer Serveur ${info.project.name}` }).click();
  await expect(ines.page.getByRole('status')).toContainText('Accès du logiciel retiré');
  expect((await ask('/jmap/session')).status).toBe(401);
  await ines.context.close();
});

test('the yearly review: asked, answered, suspended, restored', { tag: '@once' }, async ({ browser }, info) => {
  test.setTimeout(300_000);
  // A year passes: on a server of its own, since rights of others end meanwhile.
  const server = await Server.start(50 + (info.workerIndex % 20));
  try {
    const before = (await server.mails(INES)).length;
    await server.advance(366 * 86_400);
    await expect.poll(async () => (await server.mails(INES))[0]?.text ?? '', { timeout: 60_000 }).toContain('revue annuelle');
    expect((await server.mails(INES)).length).toBeGreaterThan(before);
    const ines = await Desk.of(server, browser, info.project.use, INES);
    await ines.structure(server);
    await ines.page.getByRole('link', { name: 'Répondre' }).click();
    await expect(ines.page.getByRole('heading', { level: 1 })).toHaveText('Revue annuelle');
    await good(ines.page);
    await ines.page.getByRole('button', { name: 'Confirmer : Léa Girard' }).click();
    await expect(ines.page.getByRole('status')).toContainText('Confirmé');
    await ines.page.getByRole('button', { name: `Confirmer : ${SHARED}` }).click();
    await ines.context.close();
    await server.advance(31 * 86_400);
    await expect.poll(async () => (await server.mails(INES))[0]?.text ?? '', { timeout: 60_000 }).toContain('sont suspendus');
    // Who was confirmed still opens the BAL, who was not does not.
    const lea = await Desk.of(server, browser, info.project.use, LEA);
    await expect(lea.page.getByRole('listitem').filter({ hasText: SHARED })).toBeVisible();
    await lea.context.close();
    const hugo = await Desk.of(server, browser, info.project.use, 'hugo.meyer@courriel.example');
    await expect(hugo.page.getByText('Vos accès ici sont suspendus')).toBeVisible();
    await expect(hugo.page.getByRole('listitem').filter({ hasText: SHARED })).toHaveCount(0);
    await good(hugo.page);
    const again = await Desk.of(server, browser, info.project.use, INES);
    await again.structure(server);
    await again.page.getByRole('link', { name: 'Répondre' }).click();
    await good(again.page);
    await again.page.getByRole('button', { name: 'Confirmer : Hugo Meyer' }).click();
    await expect(again.page.getByRole('status')).toContainText('Confirmé');
    await hugo.page.reload();
    await expect(hugo.page.getByRole('listitem').filter({ hasText: SHARED })).toBeVisible();
    const download = again.page.waitForEvent('download');
    await again.page.getByRole('link', { name: 'Télécharger le rapport (CSV)' }).click();
    expect((await download).suggestedFilename()).toBe('revue.csv');
    await hugo.context.close();
    await again.context.close();
  } finally {
    server.stop();
  }
});
