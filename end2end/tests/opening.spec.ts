import { MARTIN } from '../support/server';
import { expect, good, identify, known, open, test } from '../support/opening';

const unique = (info: { project: { name: string } }, name: string) => `${name}.${info.project.name}@courriel.example`;

test('a professional opens a mailbox alone and finds the first message in it', async ({ page, portal }, info) => {
  test.slow();
  await page.goto(`${portal.url}/inscription`);
  await good(page);
  await identify(page, portal, /Léa FONTAINE/);
  await open(page, portal, unique(info, 'lea'), async (step) => {
    await good(page);
    if (info.project.name === 'desktop' || step === 'identity') await page.screenshot({ path: info.outputPath(`${step}.png`), fullPage: true });
  });
  await expect(page.getByText(/lea\.fontaine\d*@medecin\.mssante\.example/)).toBeVisible();
  await page.getByRole('link', { name: 'Ouvrir ma messagerie' }).first().click();
  await expect(page.getByTestId('row').filter({ hasText: 'Bienvenue' })).toBeVisible();
});

test.describe('in English', () => {
  test.use({ locale: 'en-GB' });

  test('a nurse opens a mailbox alone', { tag: '@once' }, async ({ page, portal }, info) => {
    test.slow();
    await page.goto(`${portal.url}/inscription`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await identify(page, portal, /Inès MOREL/);
    await open(page, portal, unique(info, 'ines'), async () => {
      await expect(page.locator('html')).toHaveAttribute('lang', 'en');
      await good(page);
    }, undefined, 'en');
    await expect(page.getByText(/ines\.morel\d*@infirmier\.mssante\.example/)).toBeVisible();
  });
});

test('one of several activities is chosen; the employer answers for the data', { tag: '@once' }, async ({ page, portal }, info) => {
  await identify(page, portal, /Anaïs LE GOFF/);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await expect(page.getByRole('heading', { name: 'Votre identité' })).toBeVisible();
  await open(page, portal, unique(info, 'anais'), async (step) => {
    if (step === 'terms') await expect(page.getByText('CH DE BELLERIVE')).toBeVisible();
  }, /CH DE BELLERIVE/);
});

for (const [who, why] of [
  [/Hugo ROY/, 'comme étudiant'],
  [/Nadia BEN SALEM/, 'sans profession enregistrée'],
  [/Paul GIRARD/, 'pas de boîte pour votre profession'],
] as const) {
  test(`${who.source} may not, and is told why and where to turn`, { tag: '@once' }, async ({ page, portal }) => {
    await identify(page, portal, who);
    await expect(page.getByRole('heading', { name: 'Boîte non ouverte' })).toBeVisible();
    await expect(page.getByText(why)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Contacter l’assistance' })).toBeVisible();
    await good(page);
  });
}

test('refusing at the provider leaves nothing', { tag: '@once' }, async ({ page, portal }) => {
  await identify(page, portal, 'Refuser');
  await expect(page.getByRole('alert')).toContainText('annulé');
  await good(page);
  await page.goto(`${portal.url}/courrier`);
  await expect(page).toHaveURL(/\/connexion/);
});

test('the directory finds who has a mailbox here, without a name in the address', async ({ page, portal }) => {
  await known(page, portal);
  await page.goto(`${portal.url}/annuaire`);
  await good(page);
  await page.getByLabel('Nom, ville ou lieu d’exercice').fill('martin cla');
  await page.getByRole('button', { name: 'Rechercher' }).click();
  const found = page.getByRole('listitem').filter({ hasText: MARTIN });
  await expect(found).toContainText('Médecin');
  expect(page.url()).toBe(`${portal.url}/annuaire`);
  await good(page);
  await found.getByRole('button', { name: /Écrire à/ }).click();
  await expect(page).toHaveURL(/\/ecrire\/e\w+/);
});
