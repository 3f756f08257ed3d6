import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, hydrated, identify, test, type Server } from '../support/server';
import { Mailbox } from '../support/mailbox';

const STAFF = 'exploitation@courriel.example';
const LATER = 'plus-tard@autre.mssante.example';
const DOMAIN = 'autre.mssante.example';

async function seemly(page: Page, path: string) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${path}-${colorScheme}.png`, fullPage: true });
    const result = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
    expect(result.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  }
  const before = page.viewportSize()!;
  for (const width of [before.width, 360]) {
    await page.setViewportSize({ width, height: before.height });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `at ${width}px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(before);
}

/** The operator's staff, signed in: they have no mailbox and come to the queue. */
async function staff(page: Page, server: Server) {
  await page.goto(`${server.url}/connexion`);
  await identify(page, server, STAFF);
  await expect(page.getByRole('heading', { level: 1, name: 'File d’attente' })).toBeVisible();
}

test('mail that another operator puts off is seen, held, released and dropped, and its sender is told', { tag: '@once' }, async ({ page, server, colleague }, info) => {
  test.slow();
  await server.operators();
  const box = await Mailbox.of(server);
  const doctor = await colleague('claire.martin@medecin.mssante.example');
  await hydrated(doctor);
  const subject = `Avis remis à plus tard ${Date.now()}`;
  await doctor.goto(`${server.url}/courrier/${box.account}/ecrire`);
  await hydrated(doctor);
  const composer = doctor.getByTestId('composer');
  await composer.getByLabel('À', { exact: true }).fill(LATER);
  await composer.getByLabel('À', { exact: true }).press('Enter');
  await expect(composer.locator('.chip[data-state=ok]')).toHaveCount(1);
  await composer.getByLabel('Objet').fill(subject);
  await composer.getByLabel('Message').fill('Bonjour');
  await composer.getByRole('button', { name: 'Envoyer' }).click();
  await expect(doctor.getByTestId('toast').first()).toBeVisible();
  await server.advance(20);

  await staff(page, server);
  const rows = page.getByTestId('queue').locator('li').filter({ hasText: DOMAIN });
  await expect(async () => {
    await page.reload();
    await expect(rows.filter({ hasText: 'Remis à plus tard' })).toHaveCount(1, { timeout: 500 });
  }).toPass({ timeout: 40_000 });
  await expect(rows).toContainText('Cet opérateur demande de réessayer plus tard.');
  await expect(page.getByTestId('queue')).not.toContainText('plus-tard@');
  await expect(page.locator('body')).not.toContainText(subject);
  await seemly(page, info.outputPath('file'));

  await rows.getByRole('button', { name: /^Retenir : autre\.mssante\.example, depuis/ }).click();
  await expect(page.getByRole('status')).toContainText('Message retenu');
  await page.getByLabel('État').selectOption({ label: 'Retenu' });
  await page.getByRole('button', { name: 'Filtrer' }).click();
  await expect(rows).toHaveCount(1);
  await rows.getByRole('button', { name: /^Libérer/ }).click();
  // The filter stands: what was released is no longer among those held.
  await expect(page.getByText('Rien ne correspond à ce filtre')).toBeVisible();
  await page.getByRole('link', { name: 'Tout afficher' }).click();

  await rows.getByRole('button', { name: /^Abandonner/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Abandonner ce message ?' })).toBeVisible();
  await seemly(page, info.outputPath('abandon'));
  await page.getByRole('link', { name: 'Annuler' }).click();
  await expect(rows).toHaveCount(1);
  await rows.getByRole('button', { name: /^Abandonner/ }).click();
  await page.getByRole('button', { name: 'Abandonner et prévenir l’expéditeur' }).click();
  await expect(page.getByRole('status')).toContainText('son expéditeur en reçoit l’avis');
  await expect(async () => {
    await page.reload();
    await expect(rows).toHaveCount(0, { timeout: 500 });
  }).toPass({ timeout: 40_000 });

  await doctor.goto(`${server.url}/courrier/${box.account}/${box.folders.inbox}`);
  await expect(doctor.getByTestId('message-list')).toContainText(`Non remis : ${subject}`);
});

test('trust: whom mail is exchanged with, until when; no doctor sees it', { tag: '@once' }, async ({ page, server, colleague }, info) => {
  await staff(page, server);
  await page.getByRole('navigation', { name: 'Pages de l’exploitant' }).getByRole('link', { name: 'Confiance' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Espace de confiance' })).toBeVisible();
  await expect(page.getByText(/^\d+ domaines$/)).toBeVisible();
  await expect(page.getByText('Notre certificat')).toBeVisible();
  await expect(page.getByText('Tout est en ordre.')).toBeVisible();
  await seemly(page, info.outputPath('confiance'));
  const doctor = await colleague('claire.martin@medecin.mssante.example');
  for (const path of ['/admin/file', '/admin/confiance']) {
    expect((await doctor.goto(server.url + path))?.status(), path).toBe(404);
  }
});
