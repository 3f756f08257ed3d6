//! Names of the codes that directories and the identity provider use: professions (TRE_G15, TRE_R94, TRE_R95), ordinal
//! specialities (TRE_R38). French, as the nomenclatures are.

const PROFESSIONS: &[(&str, &str)] = &[
    ("10", "Médecin"),
    ("21", "Pharmacien"),
    ("26", "Audioprothésiste"),
    ("28", "Opticien-lunetier"),
    ("31", "Assistant dentaire"),
    ("32", "Physicien médical"),
    ("35", "Aide-soignant"),
    ("36", "Ambulancier"),
    ("37", "Auxiliaire de puériculture"),
    ("38", "Préparateur en pharmacie hospitalière"),
    ("39", "Préparateur en pharmacie"),
    ("40", "Chirurgien-dentiste"),
    ("41", "Assistant de service social"),
    ("50", "Sage-femme"),
    ("60", "Infirmier"),
    ("69", "Infirmier psychiatrique"),
    ("70", "Masseur-kinésithérapeute"),
    ("71", "Ostéopathe"),
    ("72", "Psychothérapeute"),
    ("73", "Chiropracteur"),
    ("80", "Pédicure-podologue"),
    ("81", "Orthoprothésiste"),
    ("82", "Podo-orthésiste"),
    ("83", "Orthopédiste-orthésiste"),
    ("84", "Oculariste"),
    ("85", "Épithésiste"),
    ("86", "Technicien de laboratoire médical"),
    ("91", "Orthophoniste"),
    ("92", "Orthoptiste"),
    ("93", "Psychologue"),
    ("94", "Ergothérapeute"),
    ("95", "Diététicien"),
    ("96", "Psychomotricien"),
    ("97", "Conseiller en génétique"),
    ("98", "Manipulateur ERM"),
];

const SPECIALITIES: &[(&str, &str)] = &[
    ("SCD01", "Orthopédie dento-faciale"),
    ("SCD02", "Chirurgie orale"),
    ("SCD03", "Médecine bucco-dentaire"),
    ("SI01", "Pathologies chroniques stabilisées"),
    ("SI02", "Oncologie et hémato-oncologie"),
    ("SI03", "Maladie rénale chronique, dialyse, transplantation"),
    ("SI04", "Psychiatrie et santé mentale"),
    ("SM01", "Anatomie et cytologie pathologiques"),
    ("SM02", "Anesthésie-réanimation"),
    ("SM03", "Biologie médicale"),
    ("SM04", "Cardiologie et maladies vasculaires"),
    ("SM05", "Chirurgie générale"),
    ("SM06", "Chirurgie maxillo-faciale"),
    ("SM08", "Chirurgie orthopédique et traumatologie"),
    ("SM09", "Chirurgie infantile"),
    ("SM10", "Chirurgie plastique"),
    ("SM11", "Chirurgie thoracique et cardio-vasculaire"),
    ("SM12", "Chirurgie urologique"),
    ("SM13", "Chirurgie vasculaire"),
    ("SM14", "Chirurgie viscérale et digestive"),
    ("SM15", "Dermatologie et vénéréologie"),
    ("SM16", "Endocrinologie et métabolisme"),
    ("SM17", "Génétique médicale"),
    ("SM18", "Gériatrie"),
    ("SM19", "Gynécologie médicale"),
    ("SM20", "Gynécologie-obstétrique"),
    ("SM21", "Hématologie"),
    ("SM24", "Gastro-entérologie et hépatologie"),
    ("SM25", "Médecine du travail"),
    ("SM26", "Médecine générale"),
    ("SM27", "Médecine interne"),
    ("SM28", "Médecine nucléaire"),
    ("SM29", "Médecine physique et réadaptation"),
    ("SM30", "Néphrologie"),
    ("SM31", "Neurochirurgie"),
    ("SM32", "Neurologie"),
    ("SM33", "Neuropsychiatrie"),
    ("SM34", "ORL et chirurgie cervico-faciale"),
    ("SM36", "Oncologie médicale"),
    ("SM37", "Oncologie radiothérapique"),
    ("SM38", "Ophtalmologie"),
    ("SM39", "Oto-rhino-laryngologie"),
    ("SM40", "Pédiatrie"),
    ("SM41", "Pneumologie"),
    ("SM42", "Psychiatrie"),
    ("SM43", "Psychiatrie de l'enfant et de l'adolescent"),
    ("SM44", "Radiodiagnostic"),
    ("SM45", "Radiothérapie"),
    ("SM46", "Médecine intensive-réanimation"),
    ("SM48", "Rhumatologie"),
    ("SM49", "Santé publique"),
    ("SM50", "Stomatologie"),
    ("SM51", "Gynécologie-obstétrique et gynécologie médicale"),
    ("SM52", "Gynécologie-obstétrique et gynécologie médicale"),
    ("SM53", "Médecine générale"),
    ("SM54", "Médecine générale"),
    ("SM55", "Radiodiagnostic et radiothérapie"),
    ("SM56", "Chirurgie orale"),
    ("SM57", "Allergologie"),
    ("SM58", "Maladies infectieuses et tropicales"),
    ("SM59", "Médecine d'urgence"),
    ("SM60", "Médecine légale et expertises médicales"),
    ("SM61", "Médecine vasculaire"),
    ("SM62", "Endocrinologie, diabétologie, nutrition"),
    ("SM63", "Biologie médicale"),
    ("SM64", "Biologie médicale"),
    ("SM65", "Biologie médicale"),
    ("SM66", "Biologie médicale"),
    ("SM67", "Biologie médicale"),
    ("SM68", "Chirurgie maxillo-faciale"),
    ("SM69", "Chirurgie pédiatrique"),
    ("SM70", "Chirurgie pédiatrique"),
    ("SM71", "Hématologie"),
    ("SM72", "Médecine interne et immunologie clinique"),
];

fn label(table: &'static [(&'static str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, label)| *label)
}

/// The name of a profession.
pub fn profession(code: &str) -> Option<&'static str> {
    label(PROFESSIONS, code)
}

/// The name of an ordinal speciality.
pub fn speciality(code: &str) -> Option<&'static str> {
    label(SPECIALITIES, code)
}

/// The code of a profession by its name.
pub fn profession_code(name: &str) -> Option<&'static str> {
    PROFESSIONS.iter().find(|(_, label)| label.eq_ignore_ascii_case(name)).map(|(code, _)| *code)
}

/// Every profession, by name.
pub fn professions() -> Vec<(&'static str, &'static str)> {
    let mut all = PROFESSIONS.to_vec();
    all.sort_by_key(|(_, label)| *label);
    all
}
