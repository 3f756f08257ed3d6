import { Device, enter, leave, named } from '../support/devices';
import { good } from '../support/opening';
import { expect, test } from '../support/server';

test.use({ expected: /status of (403|422) / });

const WORDS = {
  fr: {
    name: 'Nom de la clé', add: 'Ajouter une clé d’accès', added: 'Clé d’accès ajoutée', enter: 'Se connecter avec une clé d’accès',
    confirm: 'Confirmer avec une clé d’accès', remove: 'Retirer Cabinet', removed: 'Clé d’accès retirée', unknown: 'n’est pas reconnue ici',
  },
  en: {
    name: 'Name of the passkey', add: 'Add a passkey', added: 'Passkey added', enter: 'Sign in with a passkey',
    confirm: 'Confirm with a passkey', remove: 'Remove Cabinet', removed: 'Passkey removed', unknown: 'is not known here',
  },
};

// French at one width, English at the other.
const langOf = (project: string) => (project === 'phone' ? 'en' : 'fr');

test.describe(() => {
  test.use({ locale: async ({}, use, info) => use(langOf(info.project.name) === 'fr' ? 'fr-FR' : 'en-GB') });

  test('a passkey is added, opens the account, confirms, is removed', async ({ page, server }, info) => {
    test.slow();
    const lang = langOf(info.project.name);
    const login = 'elodie.lefevre@sage-femme.mssante.example';
    const words = WORDS[lang];
    const origin = named(server);
    const look = async (name: string) => {
      for (const scheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await good(page);
        await page.screenshot({ path: info.outputPath(`${name}-${scheme}.png`), fullPage: true });
      }
    };
    const device = await Device.in(page);
    await enter(page, server, origin, login);
    await page.goto(`${origin}/compte/appareils`);
    await look('appareils');
    // A name is needed before anything is asked of the device.
    await page.getByRole('button', { name: words.add }).click();
    expect(await device.passkeys()).toHaveLength(0);
    await page.getByLabel(words.name).fill('Cabinet');
    await page.getByRole('button', { name: words.add }).click();
    await expect(page.getByText(words.added)).toBeVisible();
    expect(await device.passkeys()).toHaveLength(1);
    await look('ajoutee');
    // The device knows that it has one for this account.
    await page.getByLabel(words.name).fill('Encore');
    await page.getByRole('button', { name: words.add }).click();
    await expect(page.locator('[data-said=known]')).toBeVisible();
    await expect(page.getByLabel(words.name)).toHaveValue('Encore');
    await leave(page, origin);

    await page.goto(`${origin}/connexion?retour=/compte/sessions`);
    await look('connexion');
    await page.getByRole('button', { name: words.enter }).click();
    await expect(page).toHaveURL(`${origin}/compte/sessions`);
    // Later a sensitive page asks again: the passkey is enough.
    await server.advance(601);
    await page.goto(`${origin}/compte/appareils`);
    await expect(page).toHaveURL(/\/compte\/confirmer/);
    await look('confirmer');
    await page.getByRole('button', { name: words.confirm }).click();
    await expect(page).toHaveURL(/\/compte\/appareils$/);
    await page.getByRole('button', { name: words.remove }).click();
    await expect(page.getByText(words.removed)).toBeVisible();
    await leave(page, origin);
    // The device still has it, the service does not: said, and what was typed is not lost.
    await page.locator('#login').fill('quelqu-un@medecin.mssante.example');
    await page.getByRole('button', { name: words.enter }).click();
    await expect(page.getByRole('alert').filter({ hasText: words.unknown })).toBeVisible();
    await expect(page.locator('#login')).toHaveValue('quelqu-un@medecin.mssante.example');
    await look('retiree');
  });
});

test('a device that does not recognise its owner, or has nothing: said on the page, nothing lost', { tag: '@once' }, async ({ page, server }, info) => {
  const origin = named(server);
  const device = await Device.in(page);
  await enter(page, server, origin, 'elodie.lefevre@sage-femme.mssante.example');
  await page.goto(`${origin}/compte/appareils`);
  await device.recognises(false);
  await page.getByLabel('Nom de la clé').fill('Cabinet');
  await page.getByRole('button', { name: 'Ajouter une clé d’accès' }).click();
  await expect(page.locator('[data-said=cancelled]')).toBeVisible();
  await expect(page.getByLabel('Nom de la clé')).toHaveValue('Cabinet');
  await good(page);
  await page.screenshot({ path: info.outputPath('annulee.png'), fullPage: true });
  await leave(page, origin);
  await page.locator('#login').fill('elodie@exemple.example');
  await page.getByRole('button', { name: 'Se connecter avec une clé d’accès' }).click();
  await expect(page.locator('[data-said=cancelled]')).toBeVisible();
  await expect(page.locator('#login')).toHaveValue('elodie@exemple.example');
});

test('reached by its number, the service says by which name passkeys work', { tag: '@once' }, async ({ page, server }) => {
  await page.goto(`${server.url}/connexion`);
  await expect(page.getByRole('button', { name: 'Se connecter avec une clé d’accès' })).toBeDisabled();
  await expect(page.getByRole('link', { name: named(server) })).toBeVisible();
  await good(page);
  await page.getByRole('link', { name: named(server) }).click();
  await expect(page.getByRole('button', { name: 'Se connecter avec une clé d’accès' })).toBeEnabled();
});
