import type { Page } from '@playwright/test';
import { MARTIN, type Server } from '../support/server';
import { expect, good, identify, open, test } from '../support/opening';

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

  test('a nurse opens a mailbox alone', async ({ page, portal }, info) => {
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

test('one of several activities is chosen; the employer answers for the data', async ({ page, portal }, info) => {
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
  test(`${who.source} may not, and is told why and where to turn`, async ({ page, portal }) => {
    await identify(page, portal, who);
    await expect(page.getByRole('heading', { name: 'Boîte non ouverte' })).toBeVisible();
    await expect(page.getByText(why)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Contacter l’assistance' })).toBeVisible();
    await good(page);
  });
}

test('refusing at the provider leaves nothing', async ({ page, portal }) => {
  await identify(page, portal, 'Refuser');
  await expect(page.getByRole('alert')).toContainText('annulé');
  await good(page);
  await page.goto(`${portal.url}/courrier`);
  await expect(page).toHaveURL(/\/connexion/);
});

for (const [fault, sentence] of [
  ['wrong-nonce', 'ne correspond pas à votre demande'],
  ['forged-token', 'n’a pas pu être vérifiée'],
  ['expired-code', 'Le délai pour vous identifier est passé'],
  ['expired-token', 'est arrivée trop tard'],
  ['mixed-up', 'ne vient pas de Pro Santé Connect'],
  ['token-down', 'ne répond pas'],
] as const) {
  test(`the provider's fault ${fault} is said and nobody comes in`, async ({ page, portal }) => {
    await portal.psc.fault(fault);
    try {
      await identify(page, portal, /Léa FONTAINE/);
      await expect(page.getByRole('alert')).toContainText(sentence);
      await page.goto(`${portal.url}/courrier`);
      await expect(page).toHaveURL(/\/connexion/);
    } finally {
      await portal.psc.fault('none');
    }
  });
}

test('an answer of the provider works once and in its own browser', async ({ page, portal, browser }) => {
  let back = '';
  page.on('request', (request) => {
    if (request.url().includes('/connexion/psc/retour?')) back = request.url();
  });
  await identify(page, portal, /Anaïs LE GOFF/);
  await expect.poll(() => back).not.toBe('');
  await page.goto(back);
  await expect(page.getByRole('alert')).toContainText('n’a pas été demandée par ce navigateur');
  const other = await browser.newPage();
  await other.goto(back);
  await expect(other.getByRole('alert')).toContainText('n’a pas été demandée par ce navigateur');
  await other.close();
});

/** Léa has a mailbox, opened now if no test before did. */
async function known(page: Page, portal: Server, info: { project: { name: string } }) {
  await identify(page, portal, /Léa FONTAINE/);
  await page.waitForURL((url) => url.origin === portal.url && !url.pathname.startsWith('/connexion/psc'));
  const opening = await page.getByRole('heading', { name: 'Votre identité' }).isVisible();
  if (opening) await open(page, portal, unique(info, `lea-${Date.now()}`), async () => {});
}

test('new keys at the provider are learnt, signing out ends its session too', async ({ page, portal }, info) => {
  await known(page, portal, info);
  // The open page would ask for its events in vain.
  await page.goto('about:blank');
  await page.context().clearCookies();
  await portal.psc.rotate();
  // Keys are asked for again once in five seconds at most.
  await page.waitForTimeout(5100);
  await page.goto(`${portal.url}/connexion/psc?retour=/compte/sessions`);
  await portal.psc.choose(page, /Léa FONTAINE/);
  await expect(page).toHaveURL(/\/compte\/sessions/);
  await page.getByRole('button', { name: 'Se déconnecter', exact: true }).first().click();
  await page.getByRole('button', { name: 'Fermer aussi ma session' }).click();
  await expect(page).toHaveURL(/\/connexion\?dit=signed-out/);
});

test('the directory finds who has a mailbox here, without a name in the address', async ({ page, portal }, info) => {
  await known(page, portal, info);
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
