import { expect, type Page } from '@playwright/test';
import type { Server } from './server';

/** The patient whom the simulated gateway plays. */
export const MATRICULE = '279035121518989';
export const PATIENT = `${MATRICULE}@patient.mssante.example`;

/** The patients of the BAL that the page shows. */
export function patientsUrl(page: Page, server: Server): string {
  return `${server.url}${new URL(page.url()).pathname.split('/').slice(0, 3).join('/')}/patients`;
}

/** Adds the patient by INS and traits, or finds them there; ends on their sheet, whose address it answers. */
export async function known(page: Page, server: Server): Promise<string> {
  const list = patientsUrl(page, server);
  await page.goto(list);
  const there = page.getByTestId('patients').getByRole('link', { name: 'PAT-TROIS Dominique' });
  if (await there.count()) {
    await there.click();
    return page.url();
  }
  await page.goto(`${list}/ajouter`);
  await page.getByLabel('Matricule INS').fill('2 79 03 51 215 189 89');
  await page.getByLabel('Nom de naissance').fill('PAT-TROIS');
  await page.getByLabel('Prénoms de naissance').fill('Dominique');
  await page.getByLabel('Date de naissance').fill('1979-03-01');
  await page.getByLabel('Féminin').check();
  await page.getByLabel('Code du lieu de naissance').fill('51215');
  await page.getByLabel('J’atteste que cette INS est qualifiée').check();
  await page.getByRole('button', { name: 'Ajouter', exact: true }).click();
  await expect(page.getByRole('status')).toContainText('Patient ajouté');
  return page.url().split('?')[0];
}
