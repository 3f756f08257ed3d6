//! The structure of the demonstration: a hospital with a service's BAL, who administers it, two members in a group, and the
//! BAL of a program. Made as the commands and the pages make them.

use store::{
    Actor, Store,
    accounts::Profile,
    emails::InsertOptions,
    mailboxes::Role,
    organisations::{
        Charge, Subject,
        act::NewBox,
        members::{NewMember, Signed},
    },
    persons::NewPerson,
    sending::OwnRates,
};
use wire::{
    delegation::DelegateRole,
    id::{AccountId, MemberId, OrganisationId, PersonId},
};

use super::fill::accept;
use crate::service::{delegation, organisation, prepare};

/// The FINESS number, of a département that does not exist.
const FINESS: &str = "990000010";
const NAME: &str = "Centre hospitalier de Bellerive";
const PROFESSIONAL: (&str, &str) = ("Pr Bernard Delmas", "99785133580");
const YEAR_MS: i64 = 365 * 86_400_000;

/// Who works there: name, ordinary address, function.
pub const PEOPLE: [(&str, &str, &str); 3] = [
    ("Inès Lambert", "ines.lambert@courriel.example", "Cadre de santé, administre les boîtes du service"),
    ("Léa Girard", "lea.girard@courriel.example", "Secrétaire du service de gériatrie"),
    ("Hugo Meyer", "hugo.meyer@courriel.example", "Infirmier de coordination"),
];
/// The BAL of the service, and that of the program.
pub const SHARED: &str = "geriatrie@ch-bellerive.mssante.example";
pub const SOFTWARE: &str = "dossier-patient@ch-bellerive.mssante.example";

/// What waits in the BAL of the service: from whom, about what.
const LETTERS: [(&str, &str, &str, &str); 3] = [
    (
        "Dr Claire MARTIN",
        "claire.martin@medecin.mssante.example",
        "Demande d’hospitalisation de jour",
        "Bonjour,\n\nPouvez-vous recevoir M. Perrin en hospitalisation de jour pour un bilan de chutes ?\n\nDr Claire Martin\n",
    ),
    (
        "Linh NGUYEN",
        "linh.nguyen@pharmacien.mssante.example",
        "Conciliation médicamenteuse",
        "Bonjour,\n\nL’ordonnance de sortie de Mme Faure comporte deux anticoagulants : merci de confirmer.\n\nLinh Nguyen, pharmacienne\n",
    ),
    (
        "Julien MOREAU",
        "julien.moreau@infirmier.mssante.example",
        "Pansements à domicile",
        "Bonjour,\n\nLe relais à domicile est en place depuis lundi. Prochaine photo de plaie vendredi.\n\nJulien Moreau, infirmier\n",
    ),
];

fn by(person: PersonId) -> Actor {
    Actor { person: Some(person), ..Actor::COMMAND }
}

async fn person(store: &Store, at: usize, hash: &str, cgu: i64) -> anyhow::Result<PersonId> {
    let (name, email, _) = PEOPLE[at];
    let new = NewPerson { name: name.into(), ordinary_email: email.into(), logins: vec![email.into()], mobile: None };
    let id = store.person_create(Actor::COMMAND, new).await?;
    store.password_set(Actor::COMMAND, id, hash.into()).await?;
    accept(store, id, cgu).await?;
    Ok(id)
}

async fn member(store: &Store, structure: OrganisationId, at: usize, who: PersonId) -> anyhow::Result<MemberId> {
    let (name, _, function) = PEOPLE[at];
    let mut token = [0; 32];
    store.random().fill(&mut token);
    let new = NewMember {
        organisation: structure,
        person: Some(who),
        email: None,
        name: name.into(),
        function: function.into(),
        admin: at == 0,
        token,
        valid_ms: YEAR_MS,
        most: 100,
    };
    let id = store.structure_invite(Actor::COMMAND, new).await?;
    let signed = Signed { secrecy: Some(delegation::secrecy()), purpose: (at == 0).then(organisation::engagement) };
    store.structure_accept(by(who), (structure, id), who, signed).await?;
    Ok(id)
}

async fn open(
    store: &Store,
    structure: OrganisationId,
    (address, name, purpose): (&str, &str, &str),
    software: bool,
) -> anyhow::Result<AccountId> {
    let profile = Profile {
        kind: if software { "APP" } else { "ORG" }.into(),
        place: Some(NAME.into()),
        city: Some("Bellerive".into()),
        controller: Some(NAME.into()),
        liste_rouge: software,
        ..Profile::default()
    };
    let charge = Charge { purpose: purpose.into(), professional: PROFESSIONAL.0.into(), rpps: PROFESSIONAL.1.into() };
    let new = NewBox {
        address: address.into(),
        name: name.into(),
        profile,
        charge,
        software: software.then(|| (false, OwnRates::default())),
    };
    Ok(store.structure_box_create(Actor::COMMAND, structure, new).await?)
}

/// Makes it all.
pub(super) async fn fill(store: &Store, hash: &str, cgu: i64) -> anyhow::Result<()> {
    let structure = store.organisation_create(Actor::COMMAND, NAME.into(), FINESS.into(), YEAR_MS).await?;
    let service = (SHARED, "Service de gériatrie", "Échanges du service de gériatrie avec les correspondants de ville");
    let program = (SOFTWARE, "Dossier patient", "Envoi des lettres de liaison par le dossier patient informatisé");
    let shared = open(store, structure, service, false).await?;
    open(store, structure, program, true).await?;
    let ines = person(store, 0, hash, cgu).await?;
    member(store, structure, 0, ines).await?;
    let team = store.structure_group_create(by(ines), structure, "Équipe de gériatrie".into()).await?;
    for at in 1..PEOPLE.len() {
        let who = person(store, at, hash, cgu).await?;
        let member = member(store, structure, at, who).await?;
        store.structure_group_put(by(ines), structure, team, member, true).await?;
    }
    let role = Some(DelegateRole::Send);
    store.structure_grant(by(ines), structure, Subject::Group(team), shared, role).await?;
    letters(store, shared).await
}

async fn letters(store: &Store, shared: AccountId) -> anyhow::Result<()> {
    let inbox = store.mailbox_by_role(shared, Role::Inbox).await?;
    let mut list = Vec::new();
    for (at, (name, from, subject, text)) in LETTERS.into_iter().enumerate() {
        let received_at = store.now() - (at as i64 + 1) * 5 * 3_600_000;
        let draft = mail::build::Draft {
            from: vec![mail::Address { name: Some(name.into()), email: from.into() }],
            to: vec![mail::Address { name: Some("Service de gériatrie".into()), email: SHARED.into() }],
            subject: subject.into(),
            text: text.into(),
            message_id: Some(format!("structure-{at}@demonstration.mssante.example")),
            date: Some(mail::header::DateTime { unix_ms: received_at, offset_minutes: 60 }),
            ..mail::build::Draft::default()
        };
        let raw = mail::build::build(&draft)?;
        let place =
            prepare::Place { received_at, mailboxes: inbox.into_iter().collect(), keywords: Vec::new(), dedup_key: None };
        list.push(prepare::prepare(raw.into(), place).0);
    }
    store.emails_insert(Actor::COMMAND, shared, list, InsertOptions::default()).await?;
    Ok(())
}
