import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect, identify, PASSWORD, type Server } from './server';

/** Somebody without a BAL, invited by Dr Martin and signed in, in a browser of their own. */
export class Guest {
  constructor(readonly page: Page, readonly mail: string, readonly context: BrowserContext) {}

  /** Dr Martin (`holder`) invites them in this role; they make a means of sign-in, sign the undertaking and accept. */
  static async invited(holder: Page, server: Server, browser: Browser, use: object, name: string, role: string): Promise<Guest> {
    const mail = `${name.toLowerCase().replace(/[^a-z]+/g, '.')}.${Date.now()}@courriel.example`;
    await holder.goto(`${server.url}/compte/delegations/inviter`);
    await holder.getByLabel(/^Adresse MSSanté/).fill(mail);
    await holder.getByLabel('Nom de la personne').fill(name);
    await holder.getByLabel('Ce qu’elle peut faire').selectOption(role);
    await holder.getByLabel('Motif').fill('Secrétariat du cabinet');
    await holder.getByLabel(/^J’atteste/).check();
    await holder.getByRole('button', { name: 'Envoyer l’invitation' }).click();
    await expect(holder.getByRole('status')).toContainText('Invitation envoyée');
    await expect(holder.getByRole('listitem').filter({ hasText: name }).first()).toContainText('Invitation envoyée');

    const context = await browser.newContext(use);
    const page = await context.newPage();
    await page.goto(await link(server, mail));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('On vous confie une boîte');
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
    await expect(page.getByTestId('message-list')).toBeVisible();
    return new Guest(page, mail, context);
  }
}

/** The link of the newest invitation to this address. */
export async function link(server: Server, mail: string): Promise<string> {
  let found = '';
  await expect
    .poll(async () => {
      const texts = (await server.mails(mail)).map((one) => one.text);
      found = texts.map((text) => /http\S+\/delegation\/\S+/.exec(text)?.[0]).find(Boolean) ?? '';
      return found;
    })
    .not.toBe('');
  return found;
}

/** Dr Martin takes the access back. */
export async function end(holder: Page, server: Server, name: string) {
  await holder.goto(`${server.url}/compte/delegations`);
  await holder.getByRole('button', { name: `Retirer l’accès de ${name}` }).click();
  await expect(holder.getByRole('status')).toContainText('Accès retiré');
}
