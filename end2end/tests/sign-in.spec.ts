import { expect, identify, MARTIN, PASSWORD, signIn, test } from '../support/server';

test('a wrong password keeps what was typed and says so, in the words an unknown address gets', { tag: '@once' }, async ({ page, server }) => {
  await page.goto(`${server.url}/connexion`);
  await page.getByLabel(/^Adresse/).fill(MARTIN);
  await page.getByLabel('Mot de passe').fill('autre chose');
  await page.getByRole('button', { name: 'Continuer' }).click();
  await expect(page.locator('.notice[role=alert]')).toHaveText('Adresse ou mot de passe incorrect.');
  await expect(page.getByLabel(/^Adresse/)).toHaveValue(MARTIN);
  await expect(page.getByLabel('Mot de passe')).toHaveValue('');
  await expect(page.locator('body')).not.toContainText('courriel.example');
  await page.getByLabel(/^Adresse/).fill('personne@medecin.mssante.example');
  await page.getByLabel('Mot de passe').fill('autre chose');
  await page.getByRole('button', { name: 'Continuer' }).click();
  await expect(page.locator('.notice[role=alert]')).toHaveText('Adresse ou mot de passe incorrect.');
});

test('a code works once, in the browser that asked for it', { tag: '@once' }, async ({ page, server, browser }) => {
  await signIn(page, server);
  await expect(page).toHaveURL(/\/courrier\/a\w+\/m\w+/);
  const other = await browser.newPage();
  await other.goto(`${server.url}/courrier`);
  await expect(other).toHaveURL(/\/connexion/);
  await other.close();
});

test('a wrong code is refused at its field', { tag: '@once' }, async ({ page, server }) => {
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
  await identify(dr, server);
  await expect(dr).toHaveURL(address);
});
