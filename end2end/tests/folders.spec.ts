import { Mailbox, message } from '../support/mailbox';
import { expect, hydrated, test } from '../support/server';

test('own folders: made, counted, renamed, deleted after asking; what was inside is in the trash', async ({ dr, server }, info) => {
  const box = await Mailbox.of(server);
  const [first, second] = [`Bilans ${info.project.name}`, `Études ${info.project.name}`];
  await dr.goto(`${server.url}/courrier/${box.account}/dossiers`);
  await hydrated(dr);
  await dr.locator('#folder-new').fill(first);
  await dr.getByRole('button', { name: 'Créer le dossier' }).click();
  await expect(dr.getByTestId('toast')).toContainText('Dossier créé');
  await expect(dr.locator('#folder-new')).toHaveValue('');
  await expect(dr.getByRole('link', { name: first })).toBeVisible();

  const { list } = await box.call('Mailbox/get', { ids: null });
  const id = list.find((it: { name: string }) => it.name === first).id;
  const { id: email } = await box.deliver(message({ Subject: 'Un bilan' }, 'Bonjour'), id);
  await expect(dr.getByRole('link', { name: new RegExp(`${first}.*1 (non lu|message)`) })).toBeVisible();

  const own = (name: string) => dr.locator('.own-folder', { has: dr.locator(`input[value="${name}"]`) });
  await own(first).getByRole('textbox').fill(second);
  await own(first).getByRole('button', { name: 'Renommer' }).click();
  await expect(dr.getByRole('link', { name: new RegExp(second) })).toBeVisible();
  await expect(dr.getByRole('link', { name: new RegExp(first) })).toHaveCount(0);

  const question = dr.getByRole('dialog', { name: `Supprimer le dossier «\u00a0${second}\u00a0»\u202f?` });
  await own(second).getByRole('button', { name: 'Supprimer le dossier' }).click();
  await expect(question).toContainText('Le message qu’il contient ira dans la corbeille.');
  await expect(question.getByRole('button', { name: 'Annuler' })).toBeFocused();
  await dr.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(own(second)).toBeVisible();
  await own(second).getByRole('button', { name: 'Supprimer le dossier' }).click();
  await question.getByRole('button', { name: 'Supprimer le dossier' }).click();
  await expect(own(second)).toHaveCount(0);
  await expect(dr.getByRole('link', { name: new RegExp(second) })).toHaveCount(0);
  expect((await box.email(email, ['mailboxIds'])).mailboxIds).toEqual({ [box.folders.trash]: true });
});
