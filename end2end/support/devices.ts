import type { Browser, BrowserContext, CDPSession, Page } from '@playwright/test';
import { good } from './opening';
import { expect, PASSWORD, type Server, test } from './server';

/** A device of Chromium's own that keeps passkeys and checks its owner. */
export class Device {
  private constructor(
    private readonly session: CDPSession,
    private readonly id: string,
  ) {}

  static async in(page: Page): Promise<Device> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new Device(session, authenticatorId);
  }

  /** Whether its owner is recognised from here on. */
  async recognises(isUserVerified: boolean) {
    await this.session.send('WebAuthn.setUserVerified', { authenticatorId: this.id, isUserVerified });
  }

  async passkeys() {
    const { credentials } = await this.session.send('WebAuthn.getCredentials', { authenticatorId: this.id });
    return credentials;
  }
}

/** The same server by its name: passkeys need one. */
export const named = (server: Server) => server.url.replace('127.0.0.1', 'localhost');

/** Signs in by the pages of this origin, in whatever language. */
export async function enter(page: Page, server: Server, origin: string, login: string) {
  const ordinary = login.replace(/@.*/, '@courriel.example');
  const known = (await server.mails(ordinary)).length;
  await page.goto(`${origin}/connexion`);
  await page.locator('#login').fill(login);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('form[action="/connexion"] button[type=submit]').click();
  await page.locator('#code').fill(await server.code(ordinary, known));
  await page.locator('form[action="/connexion/code"] button[type=submit]').click();
  await expect(page.getByTestId('message-list')).toBeVisible();
}

export async function leave(page: Page, origin: string) {
  await page.goto(`${origin}/compte`);
  await page.locator('form[action="/deconnexion"] button').first().click();
  await expect(page).toHaveURL(/\/connexion/);
}

async function another(browser: Browser, options: object): Promise<[BrowserContext, Page]> {
  const context = await browser.newContext(options);
  return [context, await context.newPage()];
}

/** Approval on an enrolled browser: the same journey with and without JavaScript. */
export function approvals(scripted: boolean) {
  const login = 'marc.fontaine@biologie-rochechouart.mssante.example';

  test('a sign-in is approved on an enrolled browser, another is refused', { tag: '@once' }, async ({ page, server, browser }, info) => {
    test.slow();
    const look = async (one: Page, name: string) => {
      if (scripted) await good(one);
      await one.screenshot({ path: info.outputPath(`${name}.png`), fullPage: true });
    };
    // The device is enrolled, then signed out: its own cookie is enough.
    await enter(page, server, server.url, login);
    await page.goto(`${server.url}/compte/appareils`);
    await page.getByLabel('Nom de ce navigateur').fill('Mon téléphone');
    await page.getByRole('button', { name: 'Enregistrer ce navigateur' }).click();
    await expect(page.getByText('Navigateur enregistré')).toBeVisible();
    await look(page, 'appareils');
    await leave(page, server.url);
    await page.goto(`${server.url}/compte/approbation`);
    await expect(page.getByText('0 demande attend')).toBeVisible();
    await look(page, 'approbation-vide');

    const [context, desk] = await another(browser, info.project.use);
    const begin = async () => {
      await desk.goto(`${server.url}/connexion`);
      await desk.getByLabel(/^Adresse/).fill(login);
      await desk.getByLabel('Mot de passe').fill(PASSWORD);
      await desk.getByRole('button', { name: 'Continuer' }).click();
      await expect(desk).toHaveURL(/\/connexion\/code/);
      const approve = desk.getByRole('button', { name: 'Approuver sur mon appareil enregistré' });
      if (await approve.isVisible()) {
        await approve.click();
        await expect(desk.locator('.approval-number')).toBeVisible();
      }
      const number = /\d\d/.exec((await desk.locator('.approval-number').textContent())!)![0];
      return number;
    };
    let number = await begin();
    await look(desk, 'nombre');
    if (!scripted) await page.getByRole('button', { name: 'Actualiser' }).click();
    await expect(page.getByText('1 demande attend')).toBeVisible();
    await look(page, 'approbation');
    await page.getByLabel(/Nombre affiché/).fill(number === '10' ? '11' : '10');
    await page.getByRole('button', { name: 'Approuver' }).click();
    await expect(page.getByLabel(/Nombre affiché/)).toHaveAttribute('aria-invalid', 'true');
    await look(page, 'approbation-faux');
    await page.getByLabel(/Nombre affiché/).fill(number);
    await page.getByRole('button', { name: 'Approuver' }).click();
    await expect(page.getByText('Connexion approuvée')).toBeVisible();
    if (!scripted) await desk.getByRole('button', { name: 'J’ai approuvé' }).click();
    await expect(desk.getByTestId('message-list')).toBeVisible();

    // Offered first from now on; refused without typing anything.
    await leave(desk, server.url);
    number = await begin();
    if (!scripted) await page.getByRole('button', { name: 'Actualiser' }).click();
    await page.getByRole('button', { name: 'Refuser' }).click();
    await expect(page.getByText('Connexion refusée')).toBeVisible();
    if (!scripted) await desk.getByRole('button', { name: 'J’ai approuvé' }).click();
    await expect(desk.getByRole('alert').filter({ hasText: 'a été refusée sur votre appareil enregistré' })).toBeVisible();
    await expect(desk).toHaveURL(/\/connexion\?/);
    await look(desk, 'refusee');

    // Nobody answers: the page says so, and another means is there.
    await begin();
    await server.advance(121);
    if (!scripted) await desk.getByRole('button', { name: 'J’ai approuvé' }).click();
    await expect(desk.getByText('Personne n’a répondu à temps').first()).toBeVisible();
    await look(desk, 'sans-reponse');
    const known = (await server.mails('marc.fontaine@courriel.example')).length;
    await desk.getByRole('button', { name: 'Recevoir un code par courriel' }).click();
    await desk.getByLabel('Code').fill(await server.code('marc.fontaine@courriel.example', known));
    await desk.getByRole('button', { name: 'Se connecter' }).click();
    await expect(desk.getByTestId('message-list')).toBeVisible();

    // Removed from elsewhere, the device approves no more.
    await desk.goto(`${server.url}/compte/appareils`);
    await desk.getByRole('button', { name: 'Retirer Mon téléphone' }).click();
    await expect(desk.getByText('Navigateur retiré')).toBeVisible();
    await page.goto(`${server.url}/compte/approbation`);
    await expect(page.getByText('n’est pas enregistré')).toBeVisible();
    await look(page, 'approbation-retiree');
    await context.close();
  });
}
