import type { Request, Route } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Mailbox, messageWith } from '../support/mailbox';
import { expect, hydrated, test } from '../support/server';

const rows = '[data-testid=row]';

test('the list has fifty conversations, pages both ways, and filters', async ({ dr }) => {
  await expect(dr.locator(rows)).toHaveCount(50);
  const first = await dr.locator(`${rows} a.row-link`).first().getAttribute('href');
  await dr.getByRole('link', { name: 'Plus anciens' }).click();
  await expect(dr.locator(`${rows} a.row-link`).first()).not.toHaveAttribute('href', first!);
  await dr.getByRole('link', { name: 'Plus récents' }).click();
  await expect(dr.locator(`${rows} a.row-link`).first()).toHaveAttribute('href', first!);
  await dr.getByRole('link', { name: 'Non lus', exact: true }).click();
  await expect(dr.locator(`${rows}:not([data-unread=true])`)).toHaveCount(0);
});

test('opening a message shows who wrote, the body in a frame of the right height, and marks it read', async ({ dr }) => {
  await hydrated(dr);
  const row = dr.locator(`${rows}[data-unread=true]`).first();
  const href = await row.locator('a.row-link').getAttribute('href');
  await row.locator('a.row-link').click();
  const pane = dr.getByTestId('reading-pane');
  await expect(pane.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(pane.locator('.sender').first()).toBeVisible();
  const frame = pane.locator('iframe.body-frame').last();
  await expect(frame).toBeVisible();
  await expect
    .poll(() => frame.evaluate((one: HTMLIFrameElement) => {
      const inside = one.contentDocument!.documentElement.scrollHeight;
      return inside > 0 && Math.abs(inside - one.clientHeight) <= 4;
    }))
    .toBe(true);
  await dr.goBack();
  await expect(dr.locator(`${rows}:has(a[href="${href}"])`)).not.toHaveAttribute('data-unread', 'true');
});

test('archive, undo, star and move', async ({ dr }) => {
  await hydrated(dr);
  const link = dr.locator(`${rows} a.row-link`).nth(2);
  const href = await link.getAttribute('href');
  await link.click();
  await dr.getByTestId('reading-pane').getByRole('button', { name: 'Archiver' }).first().click();
  await expect(dr.getByTestId('toast')).toContainText('archiv');
  await expect(dr.locator(`${rows} a[href="${href}"]`)).toHaveCount(0);
  await dr.getByTestId('toast').getByRole('button', { name: 'Annuler' }).click();
  await expect(dr.locator(`${rows} a[href="${href}"]`)).toHaveCount(1);
});

test('an attachment and the message itself are downloaded as they were sent', { tag: '@once' }, async ({ dr, server }) => {
  const file = randomBytes(70_000);
  const raw = messageWith(file, 'Compte rendu');
  const { url } = await (await Mailbox.of(server)).deliver(raw);
  await dr.goto(url);
  const pane = dr.getByTestId('reading-pane');
  const [attachment] = await Promise.all([dr.waitForEvent('download'), pane.locator('.attachment a').click()]);
  expect(attachment.suggestedFilename()).toBe('résultat n°1.pdf');
  expect(readFileSync(await attachment.path()).equals(file)).toBe(true);
  await pane.locator('summary', { hasText: 'Plus d’actions' }).click();
  const whole = pane.getByRole('link', { name: 'Télécharger le message (.eml)' });
  const [eml] = await Promise.all([dr.waitForEvent('download'), whole.click()]);
  expect(readFileSync(await eml.path()).equals(Buffer.from(raw))).toBe(true);
});

test('the next conversation has come before one asks for it, also after the open one was marked read', { tag: '@once' }, async ({ dr }) => {
  await hydrated(dr);
  const row = dr.locator(`${rows}[data-unread=true] + ${rows}`).first();
  const link = row.locator('a.row-link');
  const [next, href] = [await link.locator('.row-subject').innerText(), await link.getAttribute('href')];
  const links = await dr.locator(`${rows} a.row-link`).evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  const before = dr.locator(`${rows} a.row-link[href="${links[links.indexOf(href) - 1]}"]`);
  const asked = (one: Request) => /"Thread\/get",\{[^}]*"ids":\["([^"]+)"/.exec(one.url().endsWith('/jmap') ? one.postData() ?? '' : '')?.[1];
  const ahead: string[] = [];
  let [asking, last] = [0, 0];
  const jmap = (one: Request) => one.url().endsWith('/jmap');
  dr.on('request', (one) => void (asking += jmap(one) ? 1 : 0));
  dr.on('requestfinished', (one) => {
    if (!jmap(one)) return;
    [asking, last] = [asking - 1, Date.now()];
    const thread = one.headers()['x-pli-auto'] === '1' && asked(one);
    if (thread) ahead.push(thread);
  });
  await before.click();
  // Asked for when the one before it opened; marking that one read changes the mailbox, and what was asked for must outlive that.
  await expect.poll(() => ahead.length > 0 && asking === 0 && Date.now() - last > 2000, { timeout: 30_000 }).toBe(true);
  const held: Route[] = [];
  await dr.route('**/jmap', (route) => asked(route.request()) ? void held.push(route) : route.continue());
  // On a phone one goes by the list.
  if (!(await link.isVisible())) await dr.goBack();
  await dr.locator(`${rows} a.row-link[href="${href}"]`).click();
  const pane = dr.getByTestId('reading-pane');
  await expect(pane.getByRole('heading', { level: 1 })).toHaveText(next);
  await expect(pane.locator('iframe.body-frame').last()).toBeVisible();
  await Promise.all(held.map((route) => route.continue()));
});
