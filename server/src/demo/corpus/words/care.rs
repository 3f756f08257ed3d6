//! Places, devices, wounds, relatives.

pub(in super::super) const SITES: &[&str] =
    &["talon", "avant-pied", "mollet", "avant-bras", "coude", "genou", "hallux", "trochanter", "flanc", "pied"];

pub(in super::super) const WOUNDS: &[&str] = &[
    "un ulcère veineux",
    "une escarre de stade 2",
    "une escarre de stade 3",
    "une plaie chirurgicale",
    "une brûlure du second degré",
    "un mal perforant plantaire",
    "une dermabrasion",
    "une désunion de cicatrice",
];

pub(in super::super) const DRESSINGS: &[&str] = &[
    "hydrocellulaire",
    "alginate",
    "hydrofibre à l’argent",
    "interface siliconée",
    "hydrocolloïde",
    "charbon",
    "tulle gras",
    "gel hydratant et film",
];

pub(in super::super) const RELATIVES: &[&str] = &[
    "sa fille",
    "son fils",
    "son épouse",
    "son mari",
    "sa nièce",
    "une voisine",
    "sa belle-fille",
    "son petit-fils",
    "l’aide à domicile",
    "sa sœur",
];

pub(in super::super) const STREETS: &[&str] = &[
    "rue des Martyrs",
    "avenue Trudaine",
    "rue de Rochechouart",
    "rue Condorcet",
    "boulevard de Clichy",
    "rue Lepic",
    "rue Caulaincourt",
    "rue du Faubourg-Poissonnière",
    "rue La Fayette",
    "place Saint-Georges",
];

pub(in super::super) const TOWNS: &[&str] =
    &["Pantin", "Les Lilas", "Montreuil", "Saint-Denis", "Bellerive", "Vincennes", "Clichy", "Bagnolet", "Nogent"];

pub(in super::super) const HOSPITALS: &[&str] = &[
    "l’hôpital de Bellerive",
    "l’hôpital Sainte-Aurore",
    "la clinique des Tilleuls",
    "l’hôpital du Canal",
    "l’institut Marguerite-Ponty",
];

pub(in super::super) const SERVICES: &[&str] = &[
    "médecine polyvalente",
    "court séjour gériatrique",
    "cardiologie",
    "pneumologie",
    "chirurgie orthopédique",
    "chirurgie viscérale",
    "neurologie",
    "médecine interne",
    "gastro-entérologie",
    "soins de suite",
];

pub(in super::super) const DEVICES: &[&str] = &[
    "lit médicalisé à hauteur variable",
    "matelas à air dynamique",
    "fauteuil roulant de transfert",
    "concentrateur d’oxygène 2 L/min",
    "déambulateur à deux roues",
    "lève-personne",
    "PPC à 8 cmH2O",
    "nébuliseur pneumatique",
    "bas de contention classe 2",
];

pub(in super::super) const TEETH: &[&str] = &["16", "17", "24", "26", "36", "37", "46", "47", "48", "38", "11", "21"];
