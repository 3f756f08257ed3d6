import { expect, MARTIN, PASSWORD, signIn, test } from '../support/server';

test('a wrong password keeps what was typed and says what to do', async ({ page, server }) => {
  await page.goto(`${server.url}/connexion`);
  await page.getByLabel(/^Adresse/).fill(MARTIN);
  await page.getByLabel('Mot de passe').fill('autre chose');
  await page.getByRole('button', { name: 'Continuer' }).click();
  // Same answer for a known and an unknown address: the code page, which then refuses any code.
  await expect(page).toHaveURL(/\/connexion/);
  await expect(page.locator('body')).not.toContainText('courriel.example');
});

test('a code works once, in the browser that asked for it', async ({ page, server, browser }) => {
  await signIn(page, server);
  await expect(page).toHaveURL(/\/courrier\/a\w+\/m\w+/);
  const other = await browser.newPage();
  await other.goto(`${server.url}/courrier`);
  await expect(other).toHaveURL(/\/connexion/);
  await other.close();
});

test('a wrong code is refused at its field', async ({ page, server }) => {
  await page.goto(`${server.url}/connexion`);
  await page.getByLabel(/^Adresse/).fill(MARTIN);
  await page.getByLabel('Mot de passe').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await expect(page.getByLabel('Code')).toHaveAttribute('aria-invalid', 'true');
});

test('a link survives signing in, and signing out ends the session', async ({ dr, server }) => {
  await dr.locator('[data-testid=row] a.row-link').nth(3).click();
  await expect(dr.getByTestId('reading-pane').getByRole('heading', { level: 1 })).toBeVisible();
  const address = dr.url();
  expect(address).toMatch(/\/courrier\/a\w+\/m\w+\/t\w+/);
  await dr.goto(`${server.url}/compte/sessions`);
  await dr.getByRole('button', { name: 'Se déconnecter', exact: true }).click();
  await dr.goto(address);
  await expect(dr).toHaveURL(/\/connexion\?retour=/);
  const known = (await server.mails('claire.martin@courriel.example')).length;
  await dr.getByLabel(/^Adresse/).fill(MARTIN);
  await dr.getByLabel('Mot de passe').fill(PASSWORD);
  await dr.getByRole('button', { name: 'Continuer' }).click();
  await dr.getByLabel('Code').fill(await server.code('claire.martin@courriel.example', known));
  await dr.getByRole('button', { name: 'Se connecter' }).click();
  await expect(dr).toHaveURL(address);
});
