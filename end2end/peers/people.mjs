// Who can come from the simulated identity provider. Everybody is invented: numbers are test numbers.

const place = (mode, name, more = {}) => ({
  codeModeExercice: mode,
  codeSecteurDactivite: mode === 'L' ? 'SA07' : 'SA01',
  codeSectionPharmacien: '',
  codeRole: '',
  codeGenreActivite: 'GENR01',
  numeroSiretSite: '',
  numeroSirenSite: '',
  numeroFinessSite: '',
  numeroFinessetablissementJuridique: '',
  identifiantTechniqueDeLaStructure: '',
  raisonSocialeSite: name,
  enseigneCommercialeSite: '',
  numeroVoie: '12',
  codeTypeDeVoie: 'R',
  libelleVoie: 'DES LILAS',
  bureauCedex: '75009 PARIS',
  codePostal: '75009',
  codeCommune: '75109',
  codePays: '',
  telephone: '0199001234',
  telephone2: '',
  telecopie: '',
  adresseEMail: '',
  codeDepartement: '75',
  ...more,
});

const profession = (code, activities, more = {}) => ({
  codeProfession: code,
  codeCategorieProfessionnelle: 'C',
  codeCiviliteDexercice: code === '10' ? 'DR' : '',
  nomDexercice: '',
  prenomDexercice: '',
  codeTypeSavoirFaire: 'S',
  codeSavoirFaire: code === '10' ? 'SM54' : '',
  activities,
  ...more,
});

const person = (id, given, family, about, professions) => ({
  sub: `f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:${id}`,
  preferred_username: id,
  SubjectNameID: id,
  given_name: given,
  family_name: family,
  email_verified: false,
  UITVersion: '1.0',
  Palier_Authentification: 'APPPRIP3^1.2.250.1.213.1.5.1.1.1',
  SubjectRole: professions.map((one) => `${one.codeProfession}^1.2.250.1.213.1.1.5.5`),
  otherIds: [{ identifiant: id, origine: 'EDIT', qualite: 1 }],
  SubjectRefPro: { codeCivilite: 'MME', exercices: professions },
  about,
});

export const people = [
  person('899700000901', 'Léa', 'FONTAINE', 'médecin généraliste', [profession('10', [place('L', 'CABINET DU DR FONTAINE')])]),
  person('899700000902', 'Anaïs', 'LE GOFF', 'médecin, trois activités', [
    profession('10', [place('L', 'CABINET DES LILAS'), place('S', 'CH DE BELLERIVE', { codePostal: '59000', bureauCedex: '59000 LILLE' })]),
    profession('60', [place('S', 'CLINIQUE DES TILLEULS')]),
  ]),
  person('899700000903', 'Claire', 'MARTIN', 'homonyme, médecin', [profession('10', [place('L', 'CABINET DU PORT')])]),
  person('899700000907', 'Inès', 'MOREL', 'infirmière', [profession('60', [place('L', 'CABINET INFIRMIER DU CANAL')])]),
  person('899700000904', 'Hugo', 'ROY', 'étudiant en médecine', [
    profession('10', [place('S', 'CHU DU NORD')], { codeCategorieProfessionnelle: 'E', codeCiviliteDexercice: '' }),
  ]),
  person('899700000905', 'Nadia', 'BEN SALEM', 'secrétaire médicale, sans profession', []),
  person('899700000906', 'Paul', 'GIRARD', 'psychologue, profession non desservie', [profession('93', [place('L', 'CABINET GIRARD')])]),
];
