import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect, identify, PASSWORD, type Server } from './server';

/** Who administers the structure of the demonstration, and a member of its group. */
export const INES = 'ines.lambert@courriel.example';
export const LEA = 'lea.girard@courriel.example';
export const SHARED = 'geriatrie@ch-bellerive.mssante.example';

/** Somebody in a browser of their own. */
export class Desk {
  constructor(readonly page: Page, readonly context: BrowserContext) {}

  /** Signs somebody in who is known; ends on their structures. */
  static async of(server: Server, browser: Browser, use: object, login: string): Promise<Desk> {
    const context = await browser.newContext(use);
    const page = await context.newPage();
    await page.goto(`${server.url}/connexion?retour=/compte/structure`);
    await identify(page, server, login);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Structures');
    return new Desk(page, context);
  }

  /** To the page of the structure that they administer. */
  async structure(server: Server) {
    await this.page.goto(`${server.url}/compte/structure`);
    await this.page.getByRole('link', { name: 'Administrer' }).click();
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText('Administrer une structure');
  }

  /** Invites somebody, who makes a means of sign-in, signs and accepts: in a browser of their own. */
  async invited(server: Server, browser: Browser, use: object, name: string): Promise<Desk> {
    const mail = `${name.toLowerCase().replace(/[^a-z]+/g, '.')}.${Date.now()}@courriel.example`;
    await this.structure(server);
    await this.page.getByText('Inviter une personne').click();
    await this.page.getByLabel('Adresse MSSanté ou adresse ordinaire').fill(mail);
    await this.page.getByLabel('Nom de la personne').fill(name);
    await this.page.getByLabel('Fonction', { exact: true }).fill('Secrétaire remplaçante');
    await this.page.getByRole('button', { name: 'Envoyer l’invitation' }).click();
    await expect(this.page.getByRole('status')).toContainText('Invitation envoyée');
    const context = await browser.newContext(use);
    const page = await context.newPage();
    await page.goto(await link(server, mail));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Une structure vous invite');
    await page.getByLabel('Mot de passe', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Le même, encore une fois').fill(PASSWORD);
    await page.getByRole('button', { name: 'Créer mon accès' }).click();
    await identify(page, server, mail);
    // The terms come before anything else.
    await page.getByLabel(/^J’ai lu les conditions/).check();
    await page.getByLabel(/^J’ai pris connaissance/).check();
    await page.getByRole('button', { name: 'Accepter et continuer' }).click();
    await page.getByLabel('J’ai lu cet engagement et je le prends').check();
    await page.getByLabel(/^Signez/).fill(name);
    await page.getByRole('button', { name: 'Accepter', exact: true }).click();
    await expect(page.getByRole('status')).toContainText('Bienvenue');
    return new Desk(page, context);
  }

  /** Gives somebody a role in the BAL of the service. */
  async give(server: Server, name: string, role: string) {
    await this.structure(server);
    await this.page.getByRole('link', { name: `Ouvrir ${name}` }).click();
    await this.page.getByLabel(SHARED).first().selectOption(role);
    await this.page.getByRole('button', { name: `Enregistrer pour ${SHARED}` }).click();
    await expect(this.page.getByRole('status')).toContainText('Accès enregistré');
  }

  /** Somebody leaves. */
  async letGo(server: Server, name: string) {
    await this.structure(server);
    await this.page.getByRole('link', { name: `Ouvrir ${name}` }).click();
    await this.page.getByRole('button', { name: 'Enregistrer le départ' }).click();
    await expect(this.page.getByRole('status')).toContainText('Départ enregistré');
  }
}

/** The link of the newest invitation to this address. */
export async function link(server: Server, mail: string): Promise<string> {
  let found = '';
  await expect
    .poll(async () => {
      const texts = (await server.mails(mail)).map((one) => one.text);
      found = texts.map((text) => /http\S+\/structure\/\S+/.exec(text)?.[0]).find(Boolean) ?? '';
      return found;
    })
    .not.toBe('');
  return found;
}
