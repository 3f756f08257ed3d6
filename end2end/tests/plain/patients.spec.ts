import { known, patientsUrl } from '../../support/patients';
import { expect, test } from '../../support/server';

test('a patient is added, written to from a template, closed and reopened: without a script', async ({ dr, server }) => {
  test.slow();
  const sheet = await known(dr, server);
  await dr.goto(`${patientsUrl(dr, server)}/modeles`);
  await dr.getByLabel('Nom du modèle').fill('Consignes');
  await dr.getByLabel('Objet').fill('Consignes du {date}');
  await dr.getByLabel('Message', { exact: true }).fill('Bonjour {patient},');
  await dr.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dr.getByTestId('templates')).toContainText('Consignes');
  await dr.goto(`${sheet}/ecrire`);
  await dr.getByLabel('Partir d’un modèle').selectOption({ label: 'Consignes' });
  await dr.getByRole('button', { name: 'Remplir' }).click();
  await expect(dr.getByLabel('Message', { exact: true })).toHaveValue('Bonjour PAT-TROIS Dominique,');
  await dr.getByLabel('Sans réponse').check();
  await dr.getByRole('button', { name: 'Envoyer' }).click();
  await expect(dr.getByRole('heading', { level: 1 })).toContainText('PAT-TROIS Dominique');
  await dr.getByText(/consultations? et envois?|consultation ou envoi/).click();
  await expect(dr.getByTestId('consulted')).toContainText('Envoyé par');
});
