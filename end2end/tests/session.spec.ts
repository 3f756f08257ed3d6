import { expect, hydrated, identify, test } from '../support/server';

const MINUTE = 60;

test('two minutes before the end one is warned and can stay; nothing is lost', { tag: '@once' }, async ({ dr, server }) => {
  await dr.clock.install();
  await dr.goto(dr.url().replace(/\/m\w+$/, '/ecrire'));
  await hydrated(dr);
  const composer = dr.getByTestId('composer');
  await composer.getByLabel('Message').fill('Un début de lettre.');
  await expect(dr).toHaveURL(/\/ecrire\/e\w+/);
  const warning = dr.getByTestId('session-warning');
  await expect(warning).toBeHidden();

  await server.advance(28 * MINUTE + 15);
  await dr.clock.fastForward((28 * MINUTE + 15) * 1000);
  await expect(warning).toBeVisible();
  await expect(warning).toContainText(/Votre session se termine dans 1 minute|\d+ secondes/);
  await warning.getByRole('button', { name: 'Rester connecté' }).click();
  await expect(warning).toBeHidden();
  await expect(composer.getByLabel('Message')).toHaveValue('Un début de lettre.');

  // Without that press it would be over now.
  await server.advance(10 * MINUTE);
  await dr.clock.fastForward(10 * MINUTE * 1000);
  await composer.getByLabel('Objet').fill('Toujours là');
  await expect(composer.locator('.save-state')).toContainText('Enregistré à');
  await expect(dr.getByRole('dialog')).toBeHidden();
});

test.describe(() => {
  test.use({ expected: /status of 401/ });

  test('a session that ends while writing: one signs in again, is where one was, and has all one typed', { tag: '@once' }, async ({ dr, server }) => {
    await dr.goto(dr.url().replace(/\/m\w+$/, '/ecrire'));
    await hydrated(dr);
    const composer = dr.getByTestId('composer');
    await composer.getByLabel('Objet').fill('Objet enregistré');
    await expect(dr).toHaveURL(/\/ecrire\/e\w+/);
    await server.advance(31 * MINUTE);
    await composer.getByLabel('Message').fill('Une phrase que le serveur n’a jamais reçue.');
    const ended = dr.getByRole('dialog', { name: 'Votre session est terminée' });
    await expect(ended).toBeVisible();
    await dr.keyboard.press('Escape');
    await expect(ended).toBeVisible();

    // The copy kept in the tab cannot be read there.
    const kept = await dr.evaluate(() => Object.entries(sessionStorage).filter(([key]) => key.includes(':e')).map(([, value]) => value));
    expect(kept).toHaveLength(1);
    expect(kept[0]).not.toContain('phrase');

    const address = dr.url();
    await ended.getByRole('button', { name: 'Se reconnecter' }).click();
    await identify(dr, server);
    await expect(dr).toHaveURL(address);
    await expect(composer.getByLabel('Objet')).toHaveValue('Objet enregistré');
    await expect(composer.getByLabel('Message')).toHaveValue('Une phrase que le serveur n’a jamais reçue.');
    await expect(composer.locator('.save-state')).toContainText('Enregistré à');
  });
});
