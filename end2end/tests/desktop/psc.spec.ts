import { expect, identify, known, test } from '../../support/opening';

// What goes wrong between the service and its provider: the same at every width.
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

test('new keys at the provider are learnt, signing out ends its session too', async ({ page, portal }) => {
  await known(page, portal);
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
