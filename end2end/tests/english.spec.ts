import { Mailbox, message } from '../support/mailbox';
import { expect, hydrated, MARTIN, PASSWORD, test } from '../support/server';

test('the language is chosen before signing in, and the mail speaks it', { tag: '@once' }, async ({ page, server }) => {
  const known = (await server.mails('claire.martin@courriel.example')).length;
  await page.goto(`${server.url}/connexion?retour=/courrier`);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page).toHaveURL(/\/connexion\?retour=/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.getByLabel('MSSanté address').fill(MARTIN);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  const code = await server.code('claire.martin@courriel.example', known);
  expect((await server.mails('claire.martin@courriel.example'))[0].text).toContain('sign-in code');
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByTestId('message-list')).toBeVisible();
  await hydrated(page);
  await expect(page).toHaveTitle(/Inbox · Pli$/);
  await expect(page.getByRole('link', { name: 'New message' }).first()).toBeVisible();

  const quoting = message({ Subject: 'Letter', 'Content-Type': 'text/html' }, '<p>Hello</p><blockquote type="cite"><p>Before</p></blockquote>');
  const { url } = await (await Mailbox.of(server)).deliver(quoting);
  await page.goto(url);
  const pane = page.getByTestId('reading-pane');
  await expect(pane.getByRole('link', { name: 'Reply', exact: true }).first()).toBeVisible();
  await expect(pane.locator('iframe.body-frame').contentFrame().locator('summary')).toHaveText('Earlier messages');
});
