import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, PASSWORD, type Server, signIn, test } from './server';
import { good } from './opening';

/** The code that an application shows (RFC 6238) for a key as it stands on the page, `at` by the server's clock. */
export function totp(key: string, at: number): string {
  const bits = [...key.replace(/\s/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', secret).update(step).digest();
  const start = hash[hash.length - 1] & 15;
  return String((hash.readUInt32BE(start) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const ordinary = (login: string) => login.replace(/@.*/, '@courriel.example');
const SECTIONS = ['', '/contacts', '/mot-de-passe', '/appareils', '/sessions', '/securite', '/notifications', '/accuses', '/signature', '/delegations', '/brouillons', '/structure', '/annuaire', '/preferences', '/applications', '/fermer'];

async function leave(page: Page, server: Server) {
  await page.goto(`${server.url}/compte`);
  await page.getByRole('button', { name: 'Se déconnecter', exact: true }).click();
  await expect(page).toHaveURL(/\/connexion/);
}

async function toTheCode(page: Page, server: Server, login: string, password = PASSWORD) {
  await page.goto(`${server.url}/connexion`);
  await page.getByLabel(/^Adresse/).fill(login);
  await page.getByLabel('Mot de passe').fill(password);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await expect(page).toHaveURL(/\/connexion\/code/);
}

/** The account's journeys: they hold no script, so they are the same with and without JavaScript. `who`: a person of the
 * demonstration for each, so that none disturbs another. */
export function journeys(scripted: boolean) {
  const look = async (page: Page) => {
    if (scripted) await good(page);
  };
  test('every section of the account, in French and in English', async ({ page, server }, info) => {
    test.slow();
    await signIn(page, server, 'helene.rousseau@imagerie-lafayette.mssante.example');
    const looked = info.project.name.startsWith('desktop') ? 'fr' : 'en';
    for (const language of ['fr', 'en']) {
      await page.goto(`${server.url}/compte/preferences`);
      await page.locator('select[name=language]').selectOption(language);
      await page.locator('form[action="/compte/preferences"] button[type=submit]').click();
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      for (const section of SECTIONS) {
        await page.goto(`${server.url}/compte${section}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(page.locator('.account-nav [aria-current=page]')).toHaveCount(1);
        if (section === '') await expect(page.getByText(language === 'fr' ? /^Place occupée\s:\s[\d,]+\s[kM]?o/ : /^Space used: [\d.]+\s[kM]?B/)).toBeVisible();
        if (language === looked) await look(page);
      }
    }
  });

  test('a device is enrolled by its QR code, then opens the account; a confirmation is asked for later', { tag: '@once' }, async ({ page, server }, info) => {
    test.slow();
    const login = 'linh.nguyen@pharmacien.mssante.example';
    await signIn(page, server, login);
    await page.goto(`${server.url}/compte/appareils`);
    await page.getByLabel('Nom de l’appareil').fill('Téléphone de la pharmacie');
    await page.getByRole('button', { name: 'Ajouter un appareil' }).click();
    await expect(page.getByRole('img', { name: /Code QR/ })).toBeVisible();
    await look(page);
    await page.screenshot({ path: info.outputPath('appareil.png'), fullPage: true });
    const key = (await page.locator('code.secret').textContent())!;
    await page.getByLabel('Code affiché par l’application').fill('123');
    await page.getByRole('button', { name: 'Enregistrer l’appareil' }).click();
    await expect(page.getByLabel('Code affiché par l’application')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Code affiché par l’application').fill(totp(key, server.now()));
    await page.getByRole('button', { name: 'Enregistrer l’appareil' }).click();
    await expect(page.getByText('Téléphone de la pharmacie')).toBeVisible();
    await leave(page, server);
    await toTheCode(page, server, login);
    await page.getByRole('button', { name: /application de mon appareil/ }).click();
    await look(page);
    await server.advance(30);
    await page.getByLabel('Code').fill(totp(key, server.now()));
    await page.getByRole('button', { name: 'Se connecter' }).click();
    await expect(page.getByTestId('message-list')).toBeVisible();
    // Ten minutes later a sensitive page asks again; the device is offered first.
    await server.advance(600);
    await page.goto(`${server.url}/compte/mot-de-passe`);
    await expect(page.getByRole('heading', { name: 'Confirmez que c’est vous' })).toBeVisible();
    await look(page);
    await page.getByLabel('Mot de passe').fill(PASSWORD);
    await page.getByRole('button', { name: 'Continuer' }).click();
    await page.getByLabel('Code').fill(totp(key, server.now()));
    await page.getByRole('button', { name: 'Valider' }).click();
    await expect(page).toHaveURL(/\/compte\/mot-de-passe$/);
    await page.getByLabel('Nouveau mot de passe').fill('azertyuiop2026');
    await page.getByRole('button', { name: 'Mesurer' }).click();
    await expect(page.getByText('Refusé')).toBeVisible();
    await page.getByLabel('Nouveau mot de passe').fill('azertyuiop2026');
    await page.getByRole('button', { name: 'Enregistrer le mot de passe' }).click();
    await expect(page.getByText(/Trop de gens/)).toBeVisible();
    await look(page);
    await page.goto(`${server.url}/compte/securite`);
    await expect(page.getByText('Appareil enregistré')).toBeVisible();
  });

  test('a mobile is verified by text message, and opens the account', { tag: '@once' }, async ({ page, server }) => {
    test.slow();
    const login = 'thomas.garcia@masseur-kinesitherapeute.mssante.example';
    const mobile = '+33611223344';
    await signIn(page, server, login);
    await page.goto(`${server.url}/compte/contacts`);
    await page.getByLabel('Mobile').fill('06 11 22 33 44');
    await page.getByRole('button', { name: 'Vérifier ce numéro' }).click();
    const texts = (await server.mails(mobile)).length;
    await page.getByLabel('Code').fill(await server.code(mobile, Math.max(0, texts - 1)));
    await look(page);
    await page.getByRole('button', { name: 'Valider' }).click();
    await expect(page.getByText('Contact vérifié et enregistré')).toBeVisible();
    await expect(page.getByText(mobile)).toBeVisible();
    await leave(page, server);
    await toTheCode(page, server, login);
    const known = (await server.mails(mobile)).length;
    await page.getByRole('button', { name: 'Recevoir un code par SMS' }).click();
    await page.getByLabel('Code').fill(await server.code(mobile, known));
    await page.getByRole('button', { name: 'Se connecter' }).click();
    await expect(page.getByTestId('message-list')).toBeVisible();
    // Forgotten password: a link by e-mail, a code by text message, a new password.
    await leave(page, server);
    await page.getByRole('link', { name: /Mot de passe oublié/ }).click();
    await look(page);
    const letters = (await server.mails(ordinary(login))).length;
    await page.getByLabel(/^Adresse/).fill(login);
    await page.getByRole('button', { name: 'Recevoir le lien' }).click();
    await expect(page.getByRole('heading', { name: 'Consultez votre courriel' })).toBeVisible();
    await look(page);
    let link = '';
    await expect.poll(async () => {
      const mails = await server.mails(ordinary(login));
      link = mails.length > letters ? (/http\S+\/connexion\/lien\/\S+/.exec(mails[0].text)?.[0] ?? '') : '';
      return link;
    }).not.toBe('');
    await page.goto(link);
    await look(page);
    const before = (await server.mails(mobile)).length;
    await page.getByRole('button', { name: 'Continuer' }).click();
    await page.getByLabel('Code').fill(await server.code(mobile, before));
    await page.getByRole('button', { name: 'Valider' }).click();
    await look(page);
    const fresh = `quatre-ruisseaux-du-jura-${Date.now()}`;
    await page.getByLabel('Nouveau mot de passe').fill(fresh);
    await page.getByLabel('Le même, une seconde fois').fill(fresh);
    await page.getByRole('button', { name: 'Enregistrer le mot de passe' }).click();
    await expect(page.getByText(/connectez-vous avec votre nouveau mot de passe/)).toBeVisible();
    await toTheCode(page, server, login, fresh);
  });

  test('stolen credentials: the account is suspended without signing in', { tag: '@once' }, async ({ page, server }) => {
    const login = 'sophie.petit@chirurgien-dentiste.mssante.example';
    await page.goto(`${server.url}/connexion`);
    await page.getByRole('link', { name: /Suspendre mon compte/ }).click();
    await look(page);
    const letters = (await server.mails(ordinary(login))).length;
    await page.getByLabel(/^Adresse/).fill(login);
    await page.getByRole('button', { name: 'Recevoir le lien' }).click();
    let link = '';
    await expect.poll(async () => {
      const mails = await server.mails(ordinary(login));
      link = mails.length > letters ? (/http\S+\/connexion\/lien\/\S+/.exec(mails[0].text)?.[0] ?? '') : '';
      return link;
    }).not.toBe('');
    await page.goto(link);
    await look(page);
    await page.getByRole('button', { name: 'Suspendre maintenant' }).click();
    await expect(page.getByRole('heading', { name: 'Votre compte est suspendu' })).toBeVisible();
    await look(page);
    await page.goto(`${server.url}/connexion`);
    await page.getByLabel(/^Adresse/).fill(login);
    await page.getByLabel('Mot de passe').fill(PASSWORD);
    await page.getByRole('button', { name: 'Continuer' }).click();
    await expect(page.getByText(/Ce compte est suspendu/)).toBeVisible();
  });

  test('signature, notices, application password, closing', { tag: '@once' }, async ({ page, server }) => {
    test.slow();
    const login = 'aminata.kone@medecin.mssante.example';
    await signIn(page, server, login);
    await page.goto(`${server.url}/compte/signature`);
    await page.getByLabel(/Signature de/).fill('Dr Koné\nCabinet du Port');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await expect(page.getByText('Signature enregistrée')).toBeVisible();
    await expect(page.getByLabel(/Signature de/)).toHaveValue('Dr Koné\nCabinet du Port');
    await page.goto(`${server.url}/compte/notifications`);
    await page.getByLabel(/^Par courriel/).check();
    await page.getByLabel(/^Recevoir les nouvelles/).uncheck();
    await page.getByLabel('Silence à partir de').selectOption('3');
    await page.getByLabel('Jusqu’à').selectOption('3');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await expect(page.getByText('Choix enregistrés')).toBeVisible();
    await expect(page.getByLabel(/^Par courriel/)).toBeChecked();
    await expect(page.getByLabel(/^Recevoir les nouvelles/)).not.toBeChecked();
    await page.goto(`${server.url}/compte/applications`);
    await page.getByLabel('Nom du logiciel').fill('Logiciel du cabinet');
    await page.getByRole('button', { name: 'Créer' }).click();
    await look(page);
    const token = (await page.locator('code.secret').textContent())!;
    const me = await fetch(`${server.url}/api/me`, { headers: { Authorization: `Bearer ${token}` } });
    expect(me.status).toBe(200);
    await page.getByRole('button', { name: 'Retirer Logiciel du cabinet' }).click();
    await expect(page.getByText('Accès retiré')).toBeVisible();
    expect((await fetch(`${server.url}/api/me`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401);
    await page.goto(`${server.url}/compte/fermer`);
    await page.getByLabel(/Pour confirmer/).fill('non');
    await page.getByRole('button', { name: 'Demander la fermeture' }).click();
    await expect(page.getByLabel(/Pour confirmer/)).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel(/Pour confirmer/).fill(login);
    await page.getByRole('button', { name: 'Demander la fermeture' }).click();
    await expect(page.getByText(/Sera effacée le/)).toBeVisible();
    await look(page);
    await page.getByRole('button', { name: 'Annuler la fermeture' }).click();
    await expect(page.getByText('Fermeture annulée')).toBeVisible();
  });
}
