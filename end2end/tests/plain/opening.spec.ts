import { expect, identify, open, test } from '../../support/opening';

test('a mailbox is opened without JavaScript', async ({ page, portal }, info) => {
  await identify(page, portal, /Claire MARTIN/);
  await open(page, portal, `claire.${info.project.name}@courriel.example`, async () => {});
  // A homonym of the demonstration has the first address.
  await expect(page.getByText(/claire\.martin\d@medecin\.mssante\.example/)).toBeVisible();
});
