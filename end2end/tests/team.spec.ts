import type { Page } from '@playwright/test';
import { Mailbox, message } from '../support/mailbox';
import { expect, hydrated, test } from '../support/server';

// The secretary opens Dr Martin's BAL, may sort and write drafts there.
const NATHALIE = 'nathalie.dubois@pro.mssante.example';
const BENALI = 'karim.benali@medecin.mssante.example';
const ROUX = 'Dr Paul Essai <paul.essai@ailleurs.example>';

const pane = (page: Page) => page.getByRole('region', { name: 'Travail d’équipe' });

test('a conversation is given, noted and finished, and both see it at once', async ({ dr, colleague, server }, info) => {
  const box = await Mailbox.of(server);
  const subject = `Équipe ${info.project.name}`;
  const { url } = await box.deliver(message({ From: ROUX, Subject: subject }, 'Bonjour'));
  const other = await colleague(NATHALIE);
  await other.goto(url);
  await hydrated(other);
  await expect(other.getByText('Vos accès à cette boîte sont tracés').first()).toBeAttached();
  await dr.goto(url);
  await hydrated(dr);

  await pane(dr).getByLabel('En charge').selectOption({ label: 'Nathalie Dubois' });
  await expect(pane(other).getByLabel('En charge')).toHaveValue(/^p/);
  await expect(pane(other).getByLabel('État')).toHaveValue('todo');
  await pane(other).getByLabel('État').selectOption('doing');
  await expect(pane(dr).getByLabel('État')).toHaveValue('doing');

  await pane(other).getByText('Notes internes (0)').click();
  await pane(other).getByLabel('Nouvelle note interne').fill('Rappeler <b>lundi</b>');
  await pane(other).getByRole('button', { name: 'Ajouter la note' }).click();
  await expect(pane(other).getByLabel('Nouvelle note interne')).toHaveValue('');
  await pane(dr).getByText('Notes internes (1)').click();
  await expect(pane(dr).locator('.note-text')).toHaveText('Rappeler <b>lundi</b>');
  // Only its author removes it, and whoever runs the BAL; asked before it is done.
  await pane(dr).getByRole('button', { name: 'Supprimer la note' }).click();
  await dr.getByRole('dialog').getByRole('button', { name: 'Supprimer la note' }).click();
  await expect(pane(other).locator('.note')).toHaveCount(0);

  await pane(dr).getByText('Lectures et réponses').click();
  await expect(pane(dr).getByText(/^Lu par .*Nathalie Dubois/)).toBeVisible();

  // The list is narrowed by person, with its count; what is done leaves it.
  const inbox = url.replace(/\/[^/]+$/, '');
  await dr.goto(inbox);
  await hydrated(dr);
  await dr.locator('.team-filter summary').click();
  await dr.locator('.team-filter').getByRole('link', { name: /^Nathalie Dubois/ }).click();
  const row = dr.getByTestId('row').filter({ hasText: subject });
  await expect(row).toContainText('Nathalie Dubois');
  await expect(row).toContainText('En cours');
  await pane(other).getByLabel('État').selectOption('done');
  await expect(row).toHaveCount(0);
});

test('who answers is shown live, and a double answer is asked about', { tag: '@once' }, async ({ dr, colleague, server }, info) => {
  const box = await Mailbox.of(server);
  const { url } = await box.deliver(message({ From: `Dr Benali <${BENALI}>`, Subject: `Deux réponses ${info.project.name}`, 'Message-ID': `<${Date.now()}@ailleurs.example>` }, 'Bonjour'));
  const other = await colleague(NATHALIE);
  await dr.goto(url);
  await hydrated(dr);
  await other.goto(url);
  await hydrated(other);
  await other.getByRole('link', { name: 'Répondre', exact: true }).last().click();
  await expect(other.getByTestId('composer')).toBeVisible();
  await expect(pane(dr).getByText('Nathalie Dubois est en train de répondre')).toBeVisible();

  await dr.getByRole('link', { name: 'Répondre', exact: true }).last().click();
  await expect(dr.locator('.others-answer')).toContainText('Nathalie Dubois est en train de répondre');
  await dr.getByTestId('composer').getByLabel('Message').pressSequentially('Voici. ');
  await dr.keyboard.press('Control+Enter');
  const question = dr.getByRole('dialog').filter({ hasText: 'deux réponses' });
  await expect(question).toContainText('Nathalie Dubois est en train de répondre');
  await dr.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(dr.getByTestId('composer')).toBeVisible();

  // The other leaves: her sign goes, and nothing stands in the way any more.
  await other.goBack();
  await expect(dr.locator('.others-answer')).toBeEmpty();
  await dr.getByTestId('composer').getByLabel('Message').click();
  await dr.keyboard.press('Control+Enter');
  await expect(dr.getByTestId('composer')).toBeHidden();
  // Once it cannot be called back any more.
  await server.advance(20);
  await other.goto(url);
  await hydrated(other);
  await pane(other).getByText('Lectures et réponses').click();
  await expect(pane(other).getByText(/^Répondu par .*Martin/i)).toBeVisible();
});

test('ticked conversations are given in one act', async ({ dr, server }, info) => {
  const box = await Mailbox.of(server);
  const subjects = [1, 2].map((n) => `Lot ${n} ${info.project.name}`);
  for (const subject of subjects) await box.deliver(message({ From: ROUX, Subject: subject }, 'Bonjour'));
  await dr.goto(`${server.url}/courrier/${box.account}/${box.folders.inbox}`);
  await hydrated(dr);
  const rows = subjects.map((subject) => dr.getByTestId('row').filter({ hasText: subject }));
  for (const choice of ['Nathalie Dubois', 'En cours']) {
    for (const row of rows) await row.getByRole('checkbox').check({ force: true });
    await dr.getByRole('combobox', { name: 'Déplacer, confier' }).selectOption({ label: choice });
    for (const row of rows) await expect(row).toContainText(choice);
    await expect(rows[0].getByRole('checkbox')).not.toBeChecked();
  }
});

test('a person hands over everything', { tag: '@once' }, async ({ dr, colleague, server }, info) => {
  const box = await Mailbox.of(server);
  const { url } = await box.deliver(message({ From: ROUX, Subject: `Absence ${info.project.name}` }, 'Bonjour'));
  await dr.goto(url);
  await hydrated(dr);
  await pane(dr).getByLabel('En charge').selectOption({ label: 'Moi' });
  const other = await colleague(NATHALIE);
  await other.goto(`${server.url}/courrier/${box.account}/equipe`);
  await hydrated(other);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Travail d’équipe');
  await other.locator('select[name=from]').selectOption({ index: 1 });
  await other.locator('select[name=to]').selectOption({ label: 'Moi' });
  await other.getByRole('button', { name: 'Passer la main' }).click();
  await expect(other.getByTestId('toast')).toContainText(/conversations? passées?/);
  await expect(pane(dr).getByLabel('En charge').locator('option:checked')).toHaveText('Nathalie Dubois');
});

test('the holder reads who did what, the secretary does not', { tag: '@once' }, async ({ dr, colleague, server }, info) => {
  const box = await Mailbox.of(server);
  const { url } = await box.deliver(message({ From: ROUX, Subject: `Journal ${info.project.name}` }, 'Bonjour'));
  const other = await colleague(NATHALIE);
  await other.goto(url);
  await hydrated(other);
  await dr.goto(`${server.url}/compte/acces`);
  await expect(dr.getByRole('heading', { level: 1 })).toHaveText('Journal des accès');
  await dr.getByLabel('Personne').selectOption({ label: 'Nathalie Dubois' });
  await dr.getByLabel('Nature').selectOption('opened');
  await dr.getByRole('button', { name: 'Afficher' }).click();
  await expect(dr.getByRole('row').filter({ hasText: 'A ouvert un message' }).first()).toContainText('Nathalie Dubois');
  const download = dr.waitForEvent('download');
  await dr.getByRole('link', { name: /CSV/ }).click();
  expect((await download).suggestedFilename()).toBe('journal.csv');
  await other.goto(`${server.url}/compte/acces`);
  await expect(other.getByRole('main')).not.toContainText('medecin.mssante.example');
});
