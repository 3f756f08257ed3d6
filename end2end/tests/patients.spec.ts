import { good } from '../support/opening';
import { known, MATRICULE, PATIENT, patientsUrl } from '../support/patients';
import { expect, hydrated, test } from '../support/server';

test('a patient is added, written to, answers, and the exchange is closed and reopened', { tag: '@once' }, async ({ dr, server, browser }) => {
  test.slow();
  const { patients } = await server.operators();
  const inbox = dr.url();
  await dr.goto(`${patientsUrl(dr, server)}/ajouter`);
  await dr.getByLabel('Matricule INS').fill('279035121518988');
  await dr.getByRole('button', { name: 'Ajouter', exact: true }).click();
  await expect(dr.getByText('La clé ne correspond pas au numéro')).toBeVisible();
  await expect(dr.getByLabel('Matricule INS')).toHaveValue('279035121518988');
  await good(dr);
  const sheet = await known(dr, server);
  expect(sheet).not.toContain(MATRICULE);
  expect(await dr.title()).not.toContain('PAT');
  await good(dr);

  await dr.getByRole('link', { name: 'Écrire au patient' }).click();
  await expect(dr.getByText('En cas d’urgence, appelez le 15').first()).toBeVisible();
  await good(dr);
  const subject = `Vos résultats ${Date.now()}`;
  await dr.getByLabel('Objet').fill(subject);
  await dr.getByLabel('Message', { exact: true }).fill('Bonjour, vos résultats sont bons.');
  await dr.getByLabel('Joindre des fichiers').setInputFiles({ name: 'lettre.docx', mimeType: 'application/octet-stream', buffer: Buffer.from('x') });
  await dr.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByText('devra télécharger ces fichiers')).toBeVisible();
  await dr.getByLabel('Envoyer ces formats quand même').check();
  await dr.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByRole('status')).toBeVisible();

  const there = await (await browser.newContext()).newPage();
  const link = there.getByRole('link', { name: subject, exact: true });
  await expect(async () => {
    await there.goto(patients);
    await expect(link).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 45_000 });
  await link.click();
  await expect(there.locator('pre').first()).toContainText('appelez le 15 ou le 112');
  await there.getByLabel('Texte').fill('Merci docteur');
  await there.getByRole('button', { name: 'Envoyer' }).click();
  await expect(there.getByRole('heading', { name: 'Envoyé' })).toBeVisible();

  await dr.goto(inbox);
  await hydrated(dr);
  const row = dr.getByTestId('row').filter({ hasText: subject }).first();
  await expect(row).toContainText('À répondre');
  await row.locator('a.row-link').click();
  const bar = dr.locator('.exchange');
  await expect(bar).toContainText('À répondre');
  await good(dr);
  await bar.getByRole('button', { name: 'Clore l’échange' }).click();
  await expect(dr.getByTestId('exchange')).toContainText(/Échange clos le .* par /);
  await good(dr);
  await dr.getByRole('button', { name: 'Rouvrir l’échange' }).click();
  await expect(dr.getByTestId('exchange')).toContainText('En attente du patient depuis le');
});

test('the composer looks different, and asks before patients and others see each other', async ({ dr, server }) => {
  test.slow();
  const inbox = dr.url();
  await known(dr, server);
  await dr.goto(inbox);
  await hydrated(dr);
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  const to = composer.getByLabel('À', { exact: true });
  await to.pressSequentially('pat-tr', { delay: 40 });
  const offer = composer.getByRole('option').filter({ hasText: 'PAT-TROIS' });
  await expect(offer).toContainText('•••• 8989');
  await expect(offer).not.toContainText(MATRICULE);
  await to.press('Enter');
  await expect(composer.locator('.chip[data-kind=patient]')).toHaveCount(1);
  await expect(composer.locator('.composer-patient')).toContainText('appelez le 15');
  await composer.getByLabel('Sans réponse').check();
  await good(dr);
  await to.fill('karim.benali@medecin.mssante.example');
  await to.press('Enter');
  await expect(composer.locator('.composer-patient')).toContainText('se verront les uns les autres');
  const subject = `Séparément ${Date.now()}`;
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message', { exact: true }).fill('Bonjour');
  await composer.getByRole('button', { name: 'Envoyer', exact: true }).click();
  await composer.getByRole('button', { name: 'Envoyer séparément' }).click();
  await expect(dr.getByTestId('message-list')).toBeVisible();
  await dr.goto(patientsUrl(dr, server));
  await expect(dr.getByTestId('patients')).toContainText('PAT-TROIS');
});

test('the register, the opposition with its letter, the note: printed as PDF', { tag: '@once' }, async ({ dr, server }) => {
  test.slow();
  const sheet = await known(dr, server);
  const note = async (kind: string, channel = '') => {
    await dr.goto(sheet);
    await dr.getByText('Noter une information, un consentement ou une opposition').click();
    await dr.getByLabel('Nature', { exact: true }).selectOption(kind);
    await dr.getByLabel('Portée').fill('Tous les messages');
    await dr.getByLabel('Autre moyen de joindre le patient').fill(channel);
    await dr.getByRole('button', { name: 'Noter', exact: true }).click();
  };
  await note('information');
  await expect(dr.getByTestId('records')).toContainText('Information donnée');
  await note('opposition');
  await expect(dr.getByText('Dites par quel autre moyen joindre le patient')).toBeVisible();
  await note('opposition', 'Téléphone');
  await expect(dr.getByTestId('records')).toContainText('Opposition');
  await expect(dr.getByRole('link', { name: 'Écrire au patient' })).toHaveCount(0);
  await good(dr);
  for (const path of [`${sheet}/opposition`, `${patientsUrl(dr, server)}/note`, `${patientsUrl(dr, server)}/note?forme=affiche`]) {
    await dr.goto(path);
    await good(dr);
    await dr.emulateMedia({ media: 'print' });
    await expect(dr.locator('.paper-sheet')).toBeVisible();
    for (const hidden of ['.public-head nav', '.account-nav', '.paper-acts', '.public-foot']) await expect(dr.locator(hidden).first()).toBeHidden();
    const pdf = await dr.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length;
    expect(pages, path).toBeLessThanOrEqual(path.includes('affiche') ? 3 : 2);
    await dr.emulateMedia({ media: 'screen' });
  }
  await dr.goto(sheet);
  await dr.getByTestId('records').getByRole('listitem').filter({ hasText: 'Opposition' }).getByRole('button', { name: 'Lever l’opposition' }).first().click();
  await expect(dr.getByRole('link', { name: 'Écrire au patient' })).toBeVisible();
  for (const place of ['', '/ajouter', '/modeles', '/reglages']) {
    await dr.goto(patientsUrl(dr, server) + place);
    await good(dr);
  }
  expect(await dr.content()).not.toContain(PATIENT);
});
