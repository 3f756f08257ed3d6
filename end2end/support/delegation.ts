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

/** Writes a message in the BAL on screen and leaves it to be sent in so many seconds, as a mail program does (RFC 4865). */
export async function sendLater(page: Page, to: string, subject: string, seconds: number) {
  const account = /\/courrier\/(a\w+)/.exec(page.url())?.[1] ?? '';
  const made = await page.evaluate(
    async ({ accountId, to, subject, seconds }) => {
      const ask = async (methodCalls: unknown[]) => {
        const using = ['core', 'mail', 'submission'].map((name) => `urn:ietf:params:jmap:${name}`);
        const body = JSON.stringify({ using, methodCalls });
        const answer = await fetch('/jmap', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        return (await answer.json()).methodResponses.map((one: unknown[]) => one[1]);
      };
      const [boxes, identities] = await ask([
        ['Mailbox/get', { accountId, ids: null }, '0'],
        ['Identity/get', { accountId, ids: null }, '1'],
      ]);
      const drafts = boxes.list.find((one: { role: string }) => one.role === 'drafts').id;
      const [identity] = identities.list;
      const email = {
        mailboxIds: { [drafts]: true },
        keywords: { $draft: true },
        from: [{ email: identity.email }],
        to: [{ email: to }],
        subject,
        textBody: [{ partId: 't', type: 'text/plain' }],
        bodyValues: { t: { value: 'Bonjour' } },
      };
      const mailFrom = { email: identity.email, parameters: { HOLDFOR: String(seconds) } };
      const submission = { identityId: identity.id, emailId: '#d', envelope: { mailFrom, rcptTo: [{ email: to }] } };
      const answers = await ask([
        ['Email/set', { accountId, create: { d: email } }, '0'],
        ['EmailSubmission/set', { accountId, create: { s: submission } }, '1'],
      ]);
      return answers[1].created?.s?.id ?? JSON.stringify(answers);
    },
    { accountId: account, to, subject, seconds },
  );
  expect(made).toMatch(/^\w+$/);
}
