import { Desk, INES, SHARED } from '../../support/organisation';
import { expect, test } from '../../support/server';

test('an invitation, a role, a message read, a departure: without a script', async ({ browser, server }, info) => {
  test.slow();
  const ines = await Desk.of(server, browser, info.project.use, INES);
  const name = 'Zoé Noël';
  const zoe = await ines.invited(server, browser, info.project.use, name);
  await expect(zoe.page.getByText('Aucune boîte ne vous est ouverte')).toBeVisible();
  await ines.give(server, name, 'read');
  await zoe.page.reload();
  await zoe.page.getByRole('listitem').filter({ hasText: SHARED }).getByRole('link', { name: 'Ouvrir' }).click();
  await expect(zoe.page.getByTestId('message-list')).toContainText('Conciliation médicamenteuse');
  const home = zoe.page.url();
  await ines.letGo(server, name);
  await zoe.page.goto(home);
  await expect(zoe.page.getByRole('heading', { level: 1 })).toHaveText('Page introuvable');
  await zoe.context.close();
  await ines.context.close();
});
