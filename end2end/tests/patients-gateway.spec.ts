import { good } from '../support/opening';
import { Desk, INES } from '../support/organisation';
import { known, MATRICULE, patientsUrl } from '../support/patients';
import { expect, hydrated, test } from '../support/server';

/** A minor, whose key is right. */
const CHILD = '218055121518906';

test('the composer says that parents will read, fills a template in and holds back what is not completed', async ({ dr, server }) => {
  test.slow();
  const inbox = dr.url();
  const list = patientsUrl(dr, server);
  await dr.goto(`${list}/modeles?exemple=rendez-vous`);
  await expect(dr.getByLabel('Message')).toHaveValue(/\{jour\} à \{heure\}/);
  await good(dr);
  const name = `Rendez-vous ${Date.now()}`;
  await dr.getByLabel('Nom du modèle').fill(name);
  await dr.getByRole('button', { name: 'Enregistrer' }).click();
  await dr.goto(list);
  if (!(await dr.getByRole('link', { name: 'PETIT Zoé' }).count())) {
    await dr.goto(`${list}/ajouter`);
    await dr.getByLabel('Matricule INS').fill(CHILD);
    await dr.getByLabel('Nom de naissance').fill('PETIT');
    await dr.getByLabel('Prénoms de naissance').fill('Zoé');
    await dr.getByLabel('Date de naissance').fill('2018-05-01');
    await dr.getByLabel('Féminin').check();
    await dr.getByLabel('Code du lieu de naissance').fill('51215');
    await dr.getByLabel('J’atteste que cette INS est qualifiée').check();
    await dr.getByRole('button', { name: 'Ajouter', exact: true }).click();
    await expect(dr.getByRole('status')).toContainText('Patient ajouté');
  }
  await dr.goto(inbox);
  await hydrated(dr);
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  const to = composer.getByLabel('À', { exact: true });
  await to.pressSequentially('peti', { delay: 40 });
  await expect(composer.getByRole('option').filter({ hasText: 'PETIT Zoé' })).toBeVisible();
  await to.press('Enter');
  const panel = composer.locator('.composer-patient');
  await expect(panel).toContainText('titulaires de l’autorité parentale');
  await expect(panel.getByRole('link', { name: 'Noter une information, un consentement' })).toBeVisible();
  await panel.getByLabel('Partir d’un modèle').selectOption({ label: name });
  await panel.getByRole('button', { name: 'Remplir' }).click();
  const body = composer.getByLabel('Message', { exact: true });
  await expect(body).toHaveValue(/Bonjour PETIT Zoé,\n\nVotre rendez-vous est fixé le \{jour\} à \{heure\}/);
  await expect(composer.getByLabel('Objet')).toHaveValue('Votre rendez-vous du {jour}');
  await expect(panel).toContainText('À compléter avant l’envoi : {jour}, {heure}, {lieu}.');
  await good(dr);
  await composer.getByRole('button', { name: 'Envoyer', exact: true }).click();
  await expect(composer.getByRole('alert').filter({ hasText: 'À compléter avant l’envoi' })).toBeVisible();
  expect(dr.url()).not.toContain(CHILD);

  // 25 Mo in all, files a third larger in the message: known before anything is sent to the server.
  const uploads: string[] = [];
  dr.on('request', (request) => request.url().includes('/jmap/upload/') && uploads.push(request.url()));
  const big = { name: 'imagerie.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(19_000_000, 1) };
  await composer.locator('input[type=file]').setInputFiles(big);
  await expect(composer).toContainText('imagerie.pdf dépasse la taille permise (18 Mo)');
  expect(uploads).toEqual([]);
});

test('what Mon espace santé answers for a closed, opposed or unknown account becomes a sentence and a next step', { tag: '@once' }, async ({ dr, server, browser }) => {
  test.slow();
  const { patients } = await server.operators();
  const inbox = dr.url();
  const sheet = await known(dr, server);
  const there = await (await browser.newContext()).newPage();
  const account = async (state: string, later: boolean) => {
    await there.goto(patients);
    await there.getByLabel('Matricule').fill(MATRICULE);
    await there.getByLabel('État').selectOption({ label: state });
    await there.getByLabel('Accepter, puis envoyer un avis').setChecked(later);
    await there.getByRole('button', { name: 'Enregistrer l’état' }).click();
  };
  const cases: [string, boolean, RegExp][] = [
    ['Compte clos', false, /a fermé son compte Mon espace santé.*Contactez-le par téléphone/s],
    ['Opposé à recevoir des messages', true, /le patient s’y est opposé.*notez son opposition/s],
    ['Introuvable', true, /n’a pas de messagerie Mon espace santé.*main propre/s],
    ['Trop volumineux (avis seulement)', true, /25 Mo en tout.*Allégez/s],
  ];
  for (const [state, later, words] of cases) {
    await account(state, later);
    await dr.goto(`${sheet}/ecrire`);
    const subject = `${state} ${Date.now()}`;
    await dr.getByLabel('Objet').fill(subject);
    await dr.getByLabel('Message', { exact: true }).fill('Bonjour');
    await dr.getByRole('button', { name: 'Envoyer' }).click();
    await expect(dr.getByRole('status')).toBeVisible();
    const row = dr.getByTestId('row').filter({ hasText: `Non remis : ${subject}` });
    await expect(async () => {
      await dr.goto(inbox);
      await expect(row).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await hydrated(dr);
    await row.locator('a.row-link').click();
    await expect(dr.frameLocator('.message iframe, iframe').last().locator('body')).toContainText(words);
    expect(await dr.content()).not.toContain(MATRICULE);
  }
  await account('Ouvert', false);
  await dr.goto(sheet);
  await expect(dr.getByRole('link', { name: 'Écrire au patient' })).toBeVisible();
  await expect(dr.getByTestId('records')).not.toContainText('Opposition');
});

test('a structure’s administrator keeps templates for all its mailboxes', { tag: '@once' }, async ({ browser, server }, info) => {
  const ines = await Desk.of(server, browser, info.project.use, INES);
  await ines.structure(server);
  await ines.page.getByRole('link', { name: 'Gérer les modèles' }).click();
  await good(ines.page);
  await ines.page.getByLabel('Nom du modèle').fill('Sortie du service');
  await ines.page.getByLabel('Objet').fill('Votre sortie du {jour}');
  await ines.page.getByLabel('Message').fill('Bonjour {patient},');
  await ines.page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(ines.page.getByTestId('templates')).toContainText('Sortie du service');
  await good(ines.page);
  await ines.context.close();
});
