//! Who writes and who is written to. Everybody is invented: numbers are test
//! numbers, addresses end in `.example`, telephone numbers are of the ranges
//! kept for fiction.

mod others;

use others::OTHERS;

/// What a mailbox belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A professional with a number of the national register.
    Professional,
    /// A medical secretary, without a profession code.
    Secretary,
    /// A service, a laboratory, a home, an authority.
    Organisation,
}

/// What somebody does, as the letters need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Gp,
    OtherGp,
    Cardio,
    Radio,
    Nurse,
    Pharmacist,
    Midwife,
    Physio,
    Dentist,
    Biologist,
    Dermato,
    Geriatrician,
    Paediatrician,
    Secretary,
    Specialist,
    Surgeon,
    Hospital,
    Emergency,
    Home,
    Care,
    Authority,
    Insurance,
    Network,
    Operator,
}

/// One person (or service) of the demonstration.
#[derive(Debug)]
pub struct Person {
    /// Short stable name, e.g. `dr-martin`.
    pub key: &'static str,
    /// Given name; empty for an organisation.
    pub given: &'static str,
    /// Family name, or the name of the organisation.
    pub family: &'static str,
    /// `Dr`, `Pr` or empty.
    pub title: &'static str,
    /// Secure address, always under `*.mssante.example`.
    pub address: &'static str,
    /// Ordinary address, where one-time codes go.
    pub ordinary: &'static str,
    /// Code of the profession (TRE_G15), empty when there is none.
    pub profession_code: &'static str,
    /// Name of the profession.
    pub profession: &'static str,
    /// Code of the speciality (TRE_R38), empty when there is none.
    pub speciality_code: &'static str,
    /// Name of the speciality.
    pub speciality: &'static str,
    /// Where the person practises.
    pub place: &'static str,
    /// Town.
    pub city: &'static str,
    /// Eleven digits beginning with 99 and passing Luhn, or empty.
    pub rpps: &'static str,
    /// What the mailbox belongs to.
    pub kind: Kind,
    pub(super) role: Role,
    pub(super) woman: bool,
}

impl Person {
    /// The name shown in a From field: `Dr Claire MARTIN`, or the service.
    pub fn display(&self) -> String {
        match (self.title, self.given) {
            (_, "") => self.family.to_owned(),
            ("", given) => format!("{given} {}", self.family.to_uppercase()),
            (title, given) => format!("{title} {given} {}", self.family.to_uppercase()),
        }
    }

    /// The name as one signs: `Dr Claire Martin`.
    pub fn signed(&self) -> String {
        match (self.title, self.given) {
            (_, "") => self.family.to_owned(),
            ("", given) => format!("{given} {}", self.family),
            (title, given) => format!("{title} {given} {}", self.family),
        }
    }

    /// The name as a colleague says it: `Dr Martin`, `Julien Moreau`.
    pub(super) fn short(&self) -> String {
        match (self.title, self.given) {
            (_, "") => self.family.to_owned(),
            ("", given) => format!("{given} {}", self.family),
            (title, _) => format!("{title} {}", self.family),
        }
    }

    /// A physician or dentist, whom physicians call "confrère".
    pub(super) fn physician(&self) -> bool {
        matches!(self.title, "Dr" | "Pr")
    }

    /// The domain of the secure address.
    pub(super) fn domain(&self) -> &'static str {
        self.address.split_once('@').map_or("mssante.example", |(_, domain)| domain)
    }
}

/// The holders of the demonstration's mailboxes: twelve professionals, then a
/// medical secretary. The first one has by far the most mail.
pub fn people() -> &'static [Person] {
    PEOPLE
}

/// Everybody else who writes to them: specialists, services, laboratories,
/// homes and authorities, none of whom has a mailbox here.
pub fn correspondents() -> &'static [Person] {
    OTHERS
}

/// The holder of the largest mailbox.
pub(super) fn first() -> &'static Person {
    &PEOPLE[0]
}

static PEOPLE: &[Person] = &[
    Person {
        key: "dr-martin",
        given: "Claire",
        family: "Martin",
        title: "Dr",
        address: "claire.martin@medecin.mssante.example",
        ordinary: "claire.martin@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM54",
        speciality: "Médecine générale",
        place: "Cabinet du Dr Martin, Paris 9e",
        city: "Paris",
        rpps: "99754330126",
        kind: Kind::Professional,
        role: Role::Gp,
        woman: true,
    },
    Person {
        key: "dr-benali",
        given: "Karim",
        family: "Benali",
        title: "Dr",
        address: "karim.benali@medecin.mssante.example",
        ordinary: "karim.benali@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM04",
        speciality: "Cardiologie et maladies vasculaires",
        place: "Cabinet de cardiologie Trudaine, Paris 9e",
        city: "Paris",
        rpps: "99725308292",
        kind: Kind::Professional,
        role: Role::Cardio,
        woman: false,
    },
    Person {
        key: "dr-rousseau",
        given: "Hélène",
        family: "Rousseau",
        title: "Dr",
        address: "helene.rousseau@imagerie-lafayette.mssante.example",
        ordinary: "helene.rousseau@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM44",
        speciality: "Radiodiagnostic",
        place: "Centre d’imagerie Lafayette, Paris 10e",
        city: "Paris",
        rpps: "99766240396",
        kind: Kind::Professional,
        role: Role::Radio,
        woman: true,
    },
    Person {
        key: "idel-moreau",
        given: "Julien",
        family: "Moreau",
        title: "",
        address: "julien.moreau@infirmier.mssante.example",
        ordinary: "julien.moreau@courriel.example",
        profession_code: "60",
        profession: "Infirmier",
        speciality_code: "",
        speciality: "",
        place: "Cabinet infirmier des Martyrs, Paris 9e",
        city: "Paris",
        rpps: "99708101110",
        kind: Kind::Professional,
        role: Role::Nurse,
        woman: false,
    },
    Person {
        key: "ph-nguyen",
        given: "Linh",
        family: "Nguyen",
        title: "",
        address: "linh.nguyen@pharmacien.mssante.example",
        ordinary: "linh.nguyen@courriel.example",
        profession_code: "21",
        profession: "Pharmacien",
        speciality_code: "",
        speciality: "",
        place: "Pharmacie de la Butte, Paris 18e",
        city: "Paris",
        rpps: "99712152794",
        kind: Kind::Professional,
        role: Role::Pharmacist,
        woman: true,
    },
    Person {
        key: "sf-lefevre",
        given: "Élodie",
        family: "Lefèvre",
        title: "",
        address: "elodie.lefevre@sage-femme.mssante.example",
        ordinary: "elodie.lefevre@courriel.example",
        profession_code: "50",
        profession: "Sage-Femme",
        speciality_code: "",
        speciality: "",
        place: "Cabinet de sages-femmes Condorcet, Paris 9e",
        city: "Paris",
        rpps: "99789906080",
        kind: Kind::Professional,
        role: Role::Midwife,
        woman: true,
    },
    Person {
        key: "mk-garcia",
        given: "Thomas",
        family: "Garcia",
        title: "",
        address: "thomas.garcia@masseur-kinesitherapeute.mssante.example",
        ordinary: "thomas.garcia@courriel.example",
        profession_code: "70",
        profession: "Masseur-Kinésithérapeute",
        speciality_code: "",
        speciality: "",
        place: "Cabinet de kinésithérapie Pigalle, Paris 18e",
        city: "Paris",
        rpps: "99715792406",
        kind: Kind::Professional,
        role: Role::Physio,
        woman: false,
    },
    Person {
        key: "dr-petit",
        given: "Sophie",
        family: "Petit",
        title: "Dr",
        address: "sophie.petit@chirurgien-dentiste.mssante.example",
        ordinary: "sophie.petit@courriel.example",
        profession_code: "40",
        profession: "Chirurgien-Dentiste",
        speciality_code: "",
        speciality: "",
        place: "Cabinet dentaire Saint-Georges, Paris 9e",
        city: "Paris",
        rpps: "99761352410",
        kind: Kind::Professional,
        role: Role::Dentist,
        woman: true,
    },
    Person {
        key: "dr-fontaine",
        given: "Marc",
        family: "Fontaine",
        title: "Dr",
        address: "marc.fontaine@biologie-rochechouart.mssante.example",
        ordinary: "marc.fontaine@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM03",
        speciality: "Biologie médicale",
        place: "Laboratoire Rochechouart, Paris 9e",
        city: "Paris",
        rpps: "99797775600",
        kind: Kind::Professional,
        role: Role::Biologist,
        woman: false,
    },
    Person {
        key: "dr-kone",
        given: "Aminata",
        family: "Koné",
        title: "Dr",
        address: "aminata.kone@medecin.mssante.example",
        ordinary: "aminata.kone@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM15",
        speciality: "Dermatologie et vénéréologie",
        place: "Cabinet de dermatologie, Montreuil",
        city: "Montreuil",
        rpps: "99709730602",
        kind: Kind::Professional,
        role: Role::Dermato,
        woman: true,
    },
    Person {
        key: "pr-delmas",
        given: "Bernard",
        family: "Delmas",
        title: "Pr",
        address: "bernard.delmas@ch-bellerive.mssante.example",
        ordinary: "bernard.delmas@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM18",
        speciality: "Gériatrie",
        place: "Centre hospitalier de Bellerive, court séjour gériatrique",
        city: "Bellerive",
        rpps: "99785133580",
        kind: Kind::Professional,
        role: Role::Geriatrician,
        woman: false,
    },
    Person {
        key: "dr-leroy",
        given: "Camille",
        family: "Leroy",
        title: "Dr",
        address: "camille.leroy@medecin.mssante.example",
        ordinary: "camille.leroy@courriel.example",
        profession_code: "10",
        profession: "Médecin",
        speciality_code: "SM40",
        speciality: "Pédiatrie",
        place: "Maison de santé des Lilas, Les Lilas",
        city: "Les Lilas",
        rpps: "99736020373",
        kind: Kind::Professional,
        role: Role::Paediatrician,
        woman: true,
    },
    Person {
        key: "sec-dubois",
        given: "Nathalie",
        family: "Dubois",
        title: "",
        address: "nathalie.dubois@pro.mssante.example",
        ordinary: "nathalie.dubois@courriel.example",
        profession_code: "",
        profession: "",
        speciality_code: "",
        speciality: "",
        place: "Secrétariat du Dr Martin, Paris 9e",
        city: "Paris",
        rpps: "",
        kind: Kind::Secretary,
        role: Role::Secretary,
        woman: true,
    },
];
