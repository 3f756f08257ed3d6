import { expect, hydrated, test } from '../support/server';

const rows = '[data-testid=row]';

test('words in any order, without accents, by their beginnings; hits marked, exact count', async ({ dr }) => {
  await hydrated(dr);
  await dr.keyboard.press('/');
  const field = dr.getByRole('searchbox').first();
  await expect(field).toBeFocused();
  await field.fill('RESULT bio');
  await field.press('Enter');
  await expect(dr).toHaveURL(/\/recherche\/q\w+$/);
  await expect(dr.locator(`${rows} mark`).first()).toBeVisible();
  const [count] = /\d+/.exec(await dr.getByTestId('result-count').innerText())!;
  expect(Number(count)).toBeGreaterThan(0);
  await dr.getByRole('searchbox').first().fill('bio result');
  await dr.getByRole('searchbox').first().press('Enter');
  await expect(dr.getByTestId('result-count')).toContainText(count);
});

test('nothing found is a state of its own', async ({ dr }) => {
  await hydrated(dr);
  await dr.getByRole('searchbox').first().fill('zzzyx');
  await dr.getByRole('searchbox').first().press('Enter');
  await expect(dr.getByText('Aucun message trouvé')).toBeVisible();
});
