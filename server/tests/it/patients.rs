//! The patients of a BAL: entered by a checked INS, kept sealed, shown by opaque ids; the register; what an opposition
//! stops; the request of a patient; papers.

use store::{
    patients::{
        book::{Added, Traits},
        register::{NewRecord, Words},
    },
    testing::{Engine, START_MS},
    traces::{Chain, Class},
};
use wire::{id::PatientId, patient::RecordKind, portal::Action};

use crate::{
    harness::{Browser, TestApp, User},
    on_both,
};

on_both! {
    a_patient_is_added_by_a_right_number_only
    what_is_written_to_a_patient_goes_by_one_form
    the_register_is_kept_and_an_opposition_stops_everything
    a_request_is_answered_from_one_page
    what_patients_read_is_set_and_printed
    numbers_of_tests_are_for_tests
}

/// A patient of a BAL with a qualified INS, by address.
pub async fn known(app: &TestApp, user: &User<'_>, address: &str) -> PatientId {
    let traits = Traits {
        matricule: address.split('@').next().unwrap().to_uppercase(),
        nature: "nir".into(),
        address: address.to_lowercase(),
        birth_name: "PAT-TROIS".into(),
        first_names: "Dominique".into(),
        birth_date: "1979-03-01".into(),
        sex: "F".into(),
        birth_place: "51215".into(),
        ..Traits::default()
    };
    let actor = store::Actor { person: Some(user.person), ..store::Actor::SYSTEM };
    match app.state.store.patient_add(actor, user.account(), traits, true).await.unwrap() {
        Added::New(id) | Added::Known(id) => id,
    }
}

/// One who opposed everything.
pub async fn opposed(app: &TestApp, user: &User<'_>) -> PatientId {
    let id = known(app, user, "279035121518989@patient.mssante.fr").await;
    let words = Words { scope: "Tous les messages".into(), means: "oral".into(), channel: "Téléphone".into() };
    let new = NewRecord { kind: RecordKind::Opposition, at: START_MS, words };
    let actor = store::Actor { person: Some(user.person), ..store::Actor::SYSTEM };
    app.state.store.record_add(actor, user.account(), id, new).await.unwrap();
    id
}

const RIGHT: [(&str, &str); 8] = [
    ("matricule", "2 79 03 51 215 189 89"),
    ("nature", "nir"),
    ("nom", "PAT-TROIS"),
    ("prenoms", "Dominique"),
    ("naissance", "1979-03-01"),
    ("sexe", "F"),
    ("lieu", "51215"),
    ("qualifiee", "oui"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut fields = RIGHT.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

pub async fn browser<'a>(app: &'a TestApp, user: &User<'_>, name: &str) -> Browser<'a> {
    app.password(user).await;
    let mut browser = app.browser();
    browser.sign_in(user, name).await;
    browser
}

/// Posts the form of a message to a patient.
pub async fn write(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> crate::http_client::Answer {
    let mut body = String::new();
    for (name, value) in fields {
        match name.strip_prefix("file:") {
            Some(file) => body.push_str(&format!(
                "--k\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n{value}\r\n"
            )),
            None => body.push_str(&format!("--k\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")),
        }
    }
    body.push_str("--k--\r\n");
    browser.send("POST", path, &[("Content-Type", "multipart/form-data; boundary=k")], body.as_bytes()).await
}

async fn kinds(app: &TestApp, user: &User<'_>) -> Vec<String> {
    let rows = app.state.store.traces(Chain::Account(user.account()), Class::Functional, 0, 500).await.unwrap();
    rows.into_iter().map(|row| row.kind).filter(|kind| kind.starts_with("patient-")).collect()
}

async fn a_patient_is_added_by_a_right_number_only(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let base = format!("/courrier/{}/patients", martin.account());
    let add = format!("{base}/ajouter");
    assert!(browser.get(&base).await.text().contains("Aucun patient"));
    for (number, said) in [
        ("", "est nécessaire"),
        ("27903512151898", "celui-ci en a 14"),
        ("279035121518988", "La clé ne correspond pas au numéro"),
        ("279145121518989", "Le mois 14 n’existe pas"),
        ("279030021518989", "Le département 00"),
        ("27903512151898O", "« O »"),
    ] {
        let refused = browser.post(&add, &with(&[("matricule", number)])).await;
        let text = refused.text().replace('\u{a0}', " ");
        assert_eq!((refused.status, text.contains(said)), (422, true), "{number}: {text}");
        // Nothing is corrected: what was typed stands there again.
        assert!(number.is_empty() || text.contains(&format!("value=\"{number}\"")), "{number}");
    }
    let refused = browser.post(&add, &with(&[("naissance", "2079-03-01"), ("lieu", "5")])).await.text();
    assert!(refused.contains("date de naissance passée") && refused.contains("5 caractères"), "{refused}");
    // What does not go together is asked about, and taken when it is confirmed.
    let doubted = browser.post(&add, &with(&[("sexe", "M")])).await;
    assert_eq!((doubted.status, doubted.text().contains("Le sexe indiqué")), (422, true));
    assert!(browser.get(&base).await.text().contains("Aucun patient"));
    let added = browser.post(&add, &RIGHT).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let here = added.location().split('?').next().unwrap().to_owned();
    assert!(here.starts_with(&format!("{base}/y")) && !here.contains("279"), "{here}");
    let sheet = browser.get(&here).await.text();
    assert!(sheet.contains("PAT-TROIS Dominique") && sheet.contains("•••• 8989"), "{sheet}");
    let title = sheet.split("<title>").nth(1).unwrap().split('<').next().unwrap();
    assert!(!title.contains("PAT") && !title.contains("8989"), "{title}");
    let list = browser.get(&base).await.text();
    assert!(list.contains("•••• 8989") && !list.contains("279035121518989") && list.contains("Aucun échange"), "{list}");
    let again = browser.post(&add, &RIGHT).await;
    assert_eq!((again.status, again.text().contains("déjà connu")), (422, true));
    // Traits changed without a new attestation: no longer qualified.
    let mut fields = with(&[("prenoms", "Dominique Claude")]);
    fields.retain(|(name, _)| *name != "qualifiee");
    assert_eq!(browser.post(&format!("{here}/identite"), &fields).await.status, 303);
    let sheet = browser.get(&here).await.text();
    assert!(sheet.contains("INS non qualifiée") && sheet.contains("Dominique Claude"), "{sheet}");
    assert_eq!(browser.post(&format!("{here}/identite"), &with(&[])).await.status, 303);
    let traced = kinds(&app, &martin).await;
    for kind in ["patient-add", "patient-attest", "patient-change", "patient-read"] {
        assert!(traced.iter().any(|known| known == kind), "{kind}: {traced:?}");
    }
    let all = app.state.store.traces(Chain::Account(martin.account()), Class::Functional, 0, 500).await.unwrap();
    assert!(all.iter().all(|row| !row.detail.to_string().contains("279035")), "{all:?}");
}

async fn what_is_written_to_a_patient_goes_by_one_form(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let id = known(&app, &martin, "279035121518989@patient.mssante.fr").await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let here = format!("/courrier/{}/patients/{id}", martin.account());
    let path = format!("{here}/ecrire");
    let form = browser.get(&path).await.text();
    for said in [
        "appelez le 15",
        "Mon espace santé",
        "Réponse autorisée",
        "Sans réponse",
        "Clore l’échange",
        "25 Mo",
        "pas votre adresse",
    ] {
        assert!(form.contains(said), "{said}: {form}");
    }
    assert!(form.contains("Le patient a été informé") && !form.contains("autorité parentale liront"));
    assert_eq!(write(&mut browser, &path, &[("form", "f0"), ("subject", ""), ("text", "")]).await.status, 422);
    // A format that patients cannot open in place is said before it leaves; the file is not lost.
    let odd =
        write(&mut browser, &path, &[("form", "f1"), ("subject", "a"), ("text", "b"), ("file:lettre.docx", "x")]).await;
    let text = odd.text();
    assert_eq!((odd.status, text.contains("devra télécharger"), text.contains("lettre.docx")), (422, true, true), "{text}");
    // No relay here: nobody is outside. The patient's domain is not listed, so sending says so by its own check first.
    let minor = format!("/courrier/{}/patients/ajouter", martin.account());
    let young = with(&[("matricule", "218055121518976"), ("naissance", "2018-05-01")]);
    let key = 97 - 2_180_551_215_189_u64 % 97;
    let number: &'static str = Box::leak(format!("2180551215189{key:02}").into_boxed_str());
    let young: Vec<_> =
        young.into_iter().map(|(name, value)| (name, if name == "matricule" { number } else { value })).collect();
    let added = browser.post(&minor, &young).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let young = format!("{}/ecrire", added.location().split('?').next().unwrap());
    assert!(browser.get(&young).await.text().contains("autorité parentale liront"));
    // A template fills subject and text.
    let templates = format!("/courrier/{}/patients/modeles", martin.account());
    let kept = browser
        .post(
            &templates,
            &[("op", "garder"), ("nom", "Rendez-vous"), ("objet", "Rendez-vous du {date}"), ("texte", "Bonjour {patient}")],
        )
        .await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let template = app.state.store.patient_templates(martin.account()).await.unwrap().pop().unwrap();
    let filled = browser.get(&format!("{path}?modele={}", template.id)).await.text();
    assert!(filled.contains("Rendez-vous du 22/11/2026") && filled.contains("Bonjour PAT-TROIS Dominique"), "{filled}");
    assert_eq!(browser.post(&templates, &[("op", "supprimer"), ("modele", &template.id.to_string())]).await.status, 303);
    assert!(app.state.store.patient_templates(martin.account()).await.unwrap().is_empty());
}

async fn the_register_is_kept_and_an_opposition_stops_everything(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let id = known(&app, &martin, "279035121518989@patient.mssante.fr").await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let here = format!("/courrier/{}/patients/{id}", martin.account());
    let informed = browser
        .post(
            &here,
            &[("op", "noter"), ("genre", "information"), ("date", "2026-11-20"), ("moyen", "affichage"), ("portee", "Tous")],
        )
        .await;
    assert_eq!(informed.status, 303, "{}", informed.text());
    let refused =
        browser.post(&here, &[("op", "noter"), ("genre", "opposition"), ("date", "2027-01-01"), ("moyen", "oral")]).await;
    let text = refused.text();
    assert_eq!(
        (refused.status, text.contains("date passée"), text.contains("autre moyen joindre")),
        (422, true, true),
        "{text}"
    );
    let fields = [
        ("op", "noter"),
        ("genre", "opposition"),
        ("date", "2026-11-21"),
        ("moyen", "oral"),
        ("portee", "=Tout"),
        ("canal", "Courrier postal"),
    ];
    assert_eq!(browser.post(&here, &fields).await.status, 303);
    let patient = app.state.store.patient(martin.account(), id).await.unwrap();
    assert!(patient.opposed);
    let sheet = browser.get(&here).await.text();
    assert!(sheet.contains("Opposition") && sheet.contains("s’est opposé") && !sheet.contains("/ecrire\""), "{sheet}");
    let letter = browser.get(&format!("{here}/opposition")).await.text();
    for said in ["PAT-TROIS Dominique", "Courrier postal", "21 novembre 2026", "appelez le 15"] {
        assert!(letter.contains(said), "{said}: {letter}");
    }
    let register = browser.get(&format!("/courrier/{}/patients/registre.csv", martin.account())).await;
    let csv = register.text();
    assert!(csv.contains("\"PAT-TROIS Dominique\";\"Opposition\";\"2026-11-21\""), "{csv}");
    assert!(csv.contains("\"'=Tout\"") && !csv.contains("279035"), "no formula, no matricule: {csv}");
    let record = app
        .state
        .store
        .records(martin.account(), id)
        .await
        .unwrap()
        .into_iter()
        .find(|one| one.kind == RecordKind::Opposition)
        .unwrap();
    assert_eq!(
        browser
            .post(&here, &[("op", "terminer"), ("entree", &record.id.to_string()), ("motif", "A changé d’avis")])
            .await
            .status,
        303
    );
    assert!(!app.state.store.patient(martin.account(), id).await.unwrap().opposed);
    assert_eq!(browser.get(&format!("{here}/opposition")).await.status, 404);
    assert_eq!(browser.post(&here, &[("op", "terminer"), ("entree", &record.id.to_string())]).await.status, 404);
}

async fn a_request_is_answered_from_one_page(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, nurse) = (app.holder("dr-martin").await, app.staff("infirmiere").await);
    app.grant(&nurse, &martin, &[Action::Read, Action::Sort, Action::Draft, Action::Send, Action::Manage]).await;
    let id = opposed(&app, &martin).await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let here = format!("/courrier/{}/patients/{id}", martin.account());
    let csv = browser.get(&format!("{here}/dossier.csv")).await;
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"dossier.csv\""));
    assert!(csv.text().contains("279035121518989") && csv.text().contains("Téléphone"), "{}", csv.text());
    assert_eq!(browser.get(&format!("{here}/messages.mbox")).await.status, 200);
    assert!(browser.get(&format!("{here}/supprimer")).await.text().contains("sans retour"));
    assert_eq!(browser.post(&format!("{here}/supprimer"), &[]).await.status, 303);
    let left = app.state.store.patient(martin.account(), id).await.unwrap();
    assert!(left.opposed && left.traits == Traits::default(), "the opposition alone goes on");
    assert!(
        app.state.store.patient_of_address(martin.account(), "279035121518989@patient.mssante.fr").await.unwrap().is_some()
    );
    let list = browser.get(&format!("/courrier/{}/patients", martin.account())).await.text();
    assert!(list.contains("Aucun patient"), "{list}");
    let traced = kinds(&app, &martin).await;
    assert!(traced.contains(&"patient-export".to_owned()) && traced.contains(&"patient-delete".to_owned()), "{traced:?}");
    // One who did not oppose is gone for good.
    let other = known(&app, &martin, "185072a00412388@patient.mssante.fr").await;
    let path = format!("/courrier/{}/patients/{other}/supprimer", martin.account());
    assert_eq!(browser.post(&path, &[]).await.status, 303);
    assert!(app.state.store.patient(martin.account(), other).await.unwrap_err().is_not_found());
}

async fn what_patients_read_is_set_and_printed(engine: Engine) {
    let legal = [("PLI_LEGAL__EDITOR", "Éditeur Pli"), ("PLI_LEGAL__HOST", "Hébergeur HDS Démo")];
    let app = TestApp::with(engine, &legal).await;
    let martin = app.holder("dr-martin").await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let base = format!("/courrier/{}/patients", martin.account());
    assert!(browser.get(&format!("{base}/note")).await.text().contains("Indiquez comment vous joindre"));
    let refused = browser.post(&format!("{base}/reglages"), &[("cloture", "400"), ("delai", "x")]).await;
    assert_eq!((refused.status, refused.text().matches("de 0 à 365").count()), (422, 2), "{}", refused.text());
    let fields = [
        ("cloture", "7"),
        ("delai", "3"),
        ("absence", "Le cabinet est fermé."),
        ("absent_du", "2026-12-24"),
        ("absent_au", "2026-12-26"),
        ("contact", "12 rue des Lilas, 01 23 45 67 89"),
        ("dpo", "dpo@cabinet.example"),
    ];
    assert_eq!(browser.post(&format!("{base}/reglages"), &fields).await.status, 303);
    let rules = app.state.store.patient_rules(martin.account()).await.unwrap();
    assert_eq!((rules.close_days, rules.answer_days, rules.is_away(START_MS)), (Some(7), 3, false));
    assert!(rules.is_away(rules.away_to.unwrap() - 1) && !rules.is_away(rules.away_to.unwrap()));
    let form = browser.get(&format!("{base}/reglages")).await.text();
    assert!(form.contains("value=\"2026-12-24\"") && form.contains("value=\"2026-12-26\""), "{form}");
    // RGPD, article 13, one by one: controller and how it is reached, officer, purpose and basis, recipients, transfers,
    // duration, each right, withdrawal, complaint, whether it is compulsory, automated decisions; and the host.
    let note = browser.get(&format!("{base}/note")).await.text();
    for item in [
        "Responsable du traitement",
        "dr-martin",
        "12 rue des Lilas, 01 23 45 67 89",
        "Délégué à la protection des données",
        "dpo@cabinet.example",
        "Pourquoi, et sur quelle base",
        "articles 6 et 9 du RGPD",
        "Qui les reçoit",
        "Éditeur Pli",
        "hors de l’Union européenne",
        "Combien de temps",
        "dix ans",
        "l’accès à vos données",
        "rectification",
        "effacement",
        "limitation",
        "portabilité",
        "vous opposer",
        "peut être retiré à tout moment",
        "CNIL",
        "Est-ce obligatoire",
        "décision automatique",
        "hébergeur certifié",
        "Hébergeur HDS Démo",
        "appelez le 15",
    ] {
        assert!(note.contains(item), "{item}: {note}");
    }
    assert!(!note.contains('[') || !note.contains("[Nom"), "nothing is left to be filled in");
    let poster = browser.get(&format!("{base}/note?forme=affiche")).await.text();
    assert!(poster.contains("data-paper=\"poster\"") && note.contains("data-paper=\"note\""));
}

async fn numbers_of_tests_are_for_tests(engine: Engine) {
    let wrong_key = [("matricule", "253097812634581"), ("nature", "test"), ("naissance", "1953-09-01"), ("lieu", "78126")];
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let mut production = browser(&app, &martin, "dr-martin").await;
    let path = format!("/courrier/{}/patients/ajouter", martin.account());
    assert!(!production.get(&path).await.text().contains("NIR de test"));
    let refused = production.post(&path, &with(&wrong_key)).await;
    assert_eq!((refused.status, refused.text().contains("ne sont pas acceptés")), (422, true), "{}", refused.text());
    let app = TestApp::with(engine, &[("PLI_MSS__TEST_IDENTITIES", "1")]).await;
    let roux = app.holder("dr-roux").await;
    let mut testing = browser(&app, &roux, "dr-roux").await;
    let path = format!("/courrier/{}/patients/ajouter", roux.account());
    let warned = testing.post(&path, &with(&wrong_key)).await;
    let text = warned.text();
    assert_eq!(
        (warned.status, text.contains("numéro de test"), text.contains("numéro de test seulement")),
        (422, true, true),
        "{text}"
    );
    let sure = [wrong_key.as_slice(), &[("certain", "oui")]].concat();
    let added = testing.post(&path, &with(&sure)).await;
    assert_eq!(added.status, 303, "{}", added.text());
}
