import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { good } from '../support/opening';
import { Desk, INES, LEA } from '../support/organisation';
import { expect, hydrated, test, type Server } from '../support/server';
import { binary, root } from '../support/template';

const SERVICES = ['Cardiologie', 'Chirurgie', 'Dialyse', 'Imagerie', 'Maternité', 'Neurologie', 'Oncologie', 'Pédiatrie', 'Pneumologie', 'Soins palliatifs', 'Urgences'];
const named = (name: string) => `Secrétariat de ${name}`;

/** Eleven services more: opened by the operator's command, accepted by Inès, who lets Léa write in them. */
async function eleven(server: Server, ines: Desk): Promise<string[]> {
  const accounts = SERVICES.map((name) => {
    const address = `${name.normalize('NFD').replace(/[^A-Za-z]/g, '').toLowerCase()}@ch-bellerive.mssante.example`;
    const charge = ['--name', named(name), '--purpose', 'Courrier du service', '--professional', 'Pr Bernard Delmas', '--rpps', '99785133580'];
    const out = execFileSync(binary, ['organisation', 'box', '990000010', address, ...charge, '--data', server.data], { cwd: root });
    return out.toString().trim().split('\n').at(-1)!;
  });
  await ines.structure(server);
  const home = ines.page.url();
  const person = await ines.page.getByRole('link', { name: 'Ouvrir Léa Girard' }).getAttribute('href');
  const member = person!.split('/').at(-1)!;
  for (const boite of accounts) {
    for (const form of [{ op: 'finalite', boite }, { op: 'droit', boite, membre: member, role: 'send' }]) {
      const to = await ines.page.evaluate(
        async ({ home, form }) => (await fetch(home, { method: 'POST', body: new URLSearchParams(form) })).url,
        { home, form: form as Record<string, string> },
      );
      expect(to, JSON.stringify(form)).toMatch(/dit=structure-(purpose|granted)/);
    }
  }
  return accounts;
}

/** Puts a message in the inbox of each of these BALs. */
async function fill(page: Page, accounts: string[]) {
  await page.evaluate(async (accounts) => {
    const ask = async (method: string, args: object) => {
      const using = ['core', 'mail'].map((name) => `urn:ietf:params:jmap:${name}`);
      const body = JSON.stringify({ using, methodCalls: [[method, args, '0']] });
      const answer = await fetch('/jmap', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return (await answer.json()).methodResponses[0][1];
    };
    for (const [at, accountId] of accounts.entries()) {
      const boxes = await ask('Mailbox/get', { accountId, ids: null });
      const inbox = boxes.list.find((one: { role: string }) => one.role === 'inbox').id;
      const email = {
        mailboxIds: { [inbox]: true },
        from: [{ name: 'Dr Claire MARTIN', email: 'claire.martin@medecin.mssante.example' }],
        subject: `Compte rendu ${at + 1}`,
        textBody: [{ partId: 't', type: 'text/plain' }],
        bodyValues: { t: { value: 'Bonjour' } },
      };
      await ask('Email/set', { accountId, create: { d: email } });
    }
  }, accounts);
}

/** Nothing lies beside the screen. */
async function fits(page: Page) {
  const beside = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(beside).toBeLessThanOrEqual(0);
}

test('with twelve BALs one still sees where one is', async ({ browser, server }, info) => {
  test.slow();
  const ines = await Desk.of(server, browser, info.project.use, INES);
  const accounts = await eleven(server, ines);
  await ines.context.close();
  const lea = await Desk.of(server, browser, info.project.use, LEA);
  const page = lea.page;
  await fill(page, accounts);

  // All of them on one page; each line names its BAL.
  await page.goto(`${server.url}/courrier/toutes`);
  await expect(page.getByRole('navigation', { name: 'Mes boîtes' }).getByRole('listitem')).toHaveCount(12);
  const lines = page.locator('.boxes-lines > li');
  for (const [at, name] of SERVICES.entries()) {
    const line = lines.filter({ has: page.locator('.boxes-subject', { hasText: new RegExp(`^Compte rendu ${at + 1}$`) }) });
    await expect(line.locator('.badge')).toHaveText(named(name));
    await expect(line.locator('.badge')).toBeVisible();
  }
  await fits(page);
  await good(page);
  await page.screenshot({ path: info.outputPath('toutes.png') });

  // From a line into its BAL: its name is on the screen, and the switch says which of the twelve it is.
  await lines.filter({ hasText: named('Neurologie') }).getByRole('link').click();
  await hydrated(page);
  await page.goto(`${server.url}/courrier/${accounts[5]}`);
  await hydrated(page);
  await fits(page);
  const phone = info.project.name === 'phone';
  const where = phone ? page.locator('.list-bal') : page.locator('.account-who');
  await expect(where).toContainText(named('Neurologie'));
  await expect(where).toBeVisible();
  if (phone) await page.getByRole('link', { name: 'Dossiers' }).last().click();
  const menu = phone ? page.locator('.person-links') : page.locator('.account .menu');
  // By the keyboard alone.
  if (!phone) {
    await menu.locator('summary').focus();
    await page.keyboard.press('Enter');
  }
  const links = menu.locator('a[href^="/courrier/a"]');
  await expect(links).toHaveCount(12);
  await expect(menu.locator('a[aria-current="true"]')).toHaveCount(1);
  await expect(menu.locator('a[aria-current="true"]')).toContainText(named('Neurologie'));
  for (let at = 0; at < 20 && !(await links.last().evaluate((it) => it === document.activeElement)); at += 1) {
    if (phone && at === 0) await links.first().focus();
    await page.keyboard.press('Tab');
  }
  await expect(links.last()).toBeFocused();
  await expect(links.last()).toBeInViewport();
  await fits(page);
  await page.screenshot({ path: info.outputPath('choix.png') });
  const last = (await links.last().innerText()).split('\n')[0];
  await page.keyboard.press('Enter');
  await hydrated(page);
  await expect(where).toContainText(last);
  await page.screenshot({ path: info.outputPath('boite.png') });
  await lea.context.close();
});
