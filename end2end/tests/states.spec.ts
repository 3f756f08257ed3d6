import { Mailbox, message } from '../support/mailbox';
import { expect, hydrated, test } from '../support/server';

test('an empty folder, and one that a filter empties, are two things', async ({ dr, server }, info) => {
  const box = await Mailbox.of(server);
  const { created } = await box.call('Mailbox/set', { create: { f: { name: `États ${info.project.name}` } } });
  const url = `${server.url}/courrier/${box.account}/${created.f.id}`;
  await dr.goto(url);
  await hydrated(dr);
  await expect(dr.getByText('Ce dossier ne contient aucun message.')).toBeVisible();
  await box.deliver(message({ Subject: 'Seul' }, 'Bonjour'), created.f.id);
  await expect(dr.getByTestId('row')).toHaveCount(1);
  await dr.getByRole('link', { name: 'Suivis', exact: true }).click();
  await expect(dr.getByText('Aucun message ne correspond au filtre')).toBeVisible();
  await dr.getByRole('link', { name: 'Retirer le filtre' }).click();
  await expect(dr.getByTestId('row')).toHaveCount(1);
});

test.describe(() => {
  test.use({ expected: /status of 500|ERR_INTERNET_DISCONNECTED/ });

  test('a list that cannot be had says so, loses nothing, and comes when asked again', async ({ dr, context }) => {
    await hydrated(dr);
    await dr.route('**/jmap', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"type":"urn:pli:error:internal","title":"Internal","status":500}' }));
    await dr.getByRole('link', { name: 'Non lus', exact: true }).click();
    const failed = dr.getByRole('alert').filter({ hasText: 'La liste n’a pas pu être chargée' });
    await expect(failed).toBeVisible();
    await expect(dr.getByText('Tout est lu')).toBeHidden();
    await dr.unroute('**/jmap');
    await failed.getByRole('button', { name: 'Réessayer' }).click();
    await expect(dr.getByTestId('row').first()).toBeVisible();
    await context.setOffline(true);
    await dr.getByRole('link', { name: 'Pièces jointes', exact: true }).click();
    await expect(failed).toContainText('Rien n’est perdu');
    await context.setOffline(false);
    await failed.getByRole('button', { name: 'Réessayer' }).click();
    await expect(dr.getByTestId('row').first()).toBeVisible();
  });

  test('a search that fails says so and keeps its words', { tag: '@once' }, async ({ dr, context }) => {
    await hydrated(dr);
    const field = dr.getByRole('searchbox').first();
    await field.fill('résultat');
    await context.setOffline(true);
    await field.press('Enter');
    await expect(dr.getByTestId('toast')).toContainText('La connexion est interrompue');
    await expect(field).toHaveValue('résultat');
    await context.setOffline(false);
    await field.press('Enter');
    await expect(dr.getByTestId('result-count')).toContainText(/trouvé/);
  });
});
