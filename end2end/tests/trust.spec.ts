import type { Browser, Page } from '@playwright/test';
import { known, PATIENT } from '../support/patients';
import { expect, hydrated, MARTIN, test } from '../support/server';

const DURAND = 'dr.durand@autre.mssante.example';

/** A page of another operator, apart from the browser that is looked at. */
async function elsewhere(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

/** Fills and sends the form of such a page. */
async function write(page: Page, fields: Record<string, string>) {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Envoyer' }).click();
}

/** Waits until a message of this subject has arrived there, and opens it. */
async function opened(page: Page, url: string, subject: string) {
  const link = page.getByRole('link', { name: subject, exact: true });
  await expect(async () => {
    await page.goto(url);
    await expect(link).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 45_000 });
  await link.click();
}

async function send(dr: Page, to: string, subject: string) {
  await dr.getByRole('link', { name: 'Nouveau message' }).first().click();
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill(to);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await expect(composer.locator('.chip[data-state=ok]')).toHaveCount(1);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByTestId('toast')).toBeVisible();
}

test('a message of another operator arrives live, and its answer arrives there', { tag: '@once' }, async ({ dr, server, browser }) => {
  test.slow();
  const { autre } = await server.operators();
  await hydrated(dr);
  const there = await elsewhere(browser, autre);
  const subject = `Avis d'un confrère ${Date.now()}`;
  await write(there, { De: DURAND, À: MARTIN, Objet: subject, Texte: 'Bonjour, pouvez-vous le recevoir ?' });
  await expect(there.getByRole('heading', { name: 'Envoyé' })).toBeVisible();
  await expect(dr.getByTestId('message-list')).toContainText(subject);

  await dr.getByTestId('row').filter({ hasText: subject }).locator('a.row-link').first().click();
  await dr.getByTestId('reading-pane').getByRole('link', { name: 'Répondre', exact: true }).first().click();
  const composer = dr.getByTestId('composer');
  await expect(composer.locator('.chip')).toContainText(/durand/i);
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByTestId('toast')).toBeVisible();
  const answer = new RegExp(`^Re ?: ${subject}$`, 'i');
  await expect(async () => {
    await there.goto(autre);
    await expect(there.getByRole('link', { name: answer })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 45_000 });
});

test('a patient answers, and cannot write first', { tag: '@once' }, async ({ dr, server, browser }) => {
  test.slow();
  const { patients } = await server.operators();
  await hydrated(dr);
  const inbox = dr.url();
  const there = await elsewhere(browser, patients);
  await write(there, { De: PATIENT, À: MARTIN, Objet: 'Une question', Texte: 'Bonjour docteur' });
  await expect(there.getByRole('heading', { name: 'Refusé' })).toBeVisible();
  await expect(there.locator('body')).toContainText('Vous ne pouvez pas ecrire en premier');

  // Nobody is written to before their INS was attested.
  await known(dr, server);
  await dr.goto(inbox);
  await hydrated(dr);
  const subject = `Vos résultats ${Date.now()}`;
  await send(dr, PATIENT, subject);
  await opened(there, patients, subject);
  await expect(there.locator('body')).not.toContainText(`De ${MARTIN}`);
  await there.getByLabel('Texte').fill('Merci docteur');
  await there.getByRole('button', { name: 'Envoyer' }).click();
  await expect(there.getByRole('heading', { name: 'Envoyé' })).toBeVisible();
  await dr.goto(inbox);
  await expect(dr.getByTestId('message-list')).toContainText(`Re: ${subject}`);
});

test('whom mail is exchanged with is on the page of the service', { tag: '@once' }, async ({ page, server }) => {
  await page.goto(`${server.url}/etat`);
  await expect(page.getByText(/^\d+ domaines$/)).toBeVisible();
});
