//! Templates of a BAL and of its structure with their fields; what the composer is told of a patient; who opened a sheet.

use serde_json::json;
use server::service::organisation;
use store::{organisations::Subject, patients::book::Traits, testing::Engine, traces::Chain};
use wire::{delegation::DelegateRole, portal::Action};

use crate::{
    harness::TestApp,
    jmap::ok,
    on_both,
    organisation::{desk, join, structure},
    patients::{browser, known, write},
    patients_exchange::{PATIENT, actor},
};

on_both! {
    templates_of_a_structure_stand_beside_those_of_the_bal
    the_composer_knows_minors_and_fills_templates_in
    who_opened_a_sheet_stands_in_the_log_and_in_the_export
}

async fn templates_of_a_structure_stand_beside_those_of_the_bal(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, shared) = structure(&app).await;
    let (camille, administers, mut admin, home) = desk(&app, id, "camille").await;
    let mut ines = app.staff("ines").await;
    ines.account = Some(shared);
    let member = join(&app, id, &ines, false).await;
    let (store, acting) = (&app.state.store, actor(&camille));
    store.structure_purpose_accept(acting, id, administers, shared, organisation::engagement()).await.unwrap();
    let role = Some(DelegateRole::Send);
    store.structure_grant(acting, id, Subject::Member(member), shared, role).await.unwrap();

    // Examples to begin with, in the fields of the form.
    let path = format!("{home}/modeles");
    assert!(admin.get(&home).await.text().contains(&path));
    let example = admin.get(&format!("{path}?exemple=rendez-vous")).await.text();
    assert!(example.contains("{jour} à {heure}") && example.contains("value=\"Rendez-vous\""), "{example}");
    let refused = admin.post(&path, &[("op", "garder"), ("nom", ""), ("texte", "x")]).await;
    assert_eq!((refused.status, refused.text().contains("field-error")), (422, true));
    let fields = [
        ("op", "garder"),
        ("nom", "Convocation"),
        ("objet", "Convocation du {date}"),
        ("texte", "Bonjour {patient}, venez à {heure}. {boite}"),
    ];
    assert_eq!(admin.post(&path, &fields).await.status, 303);
    assert!(admin.get(&path).await.text().contains("Convocation"));
    // Whoever only works there keeps none for the structure, and sees it where they write.
    app.password(&ines).await;
    let mut browser = app.browser();
    browser.sign_in(&ines, "ines").await;
    assert_eq!(browser.get(&path).await.status, 404);
    assert_eq!(browser.post(&path, &fields).await.status, 404);
    let own = format!("/courrier/{shared}/patients/modeles");
    assert_eq!(browser.post(&own, &[("op", "garder"), ("nom", "Consignes"), ("texte", "À jeun.")]).await.status, 303);
    let page = browser.get(&own).await.text();
    let (ours, theirs) = page.split_once("templates-shared").unwrap();
    assert!(ours.contains("Consignes") && !ours.contains("Convocation") && theirs.contains("Convocation"), "{page}");
    let template = app.state.store.patient_templates(id).await.unwrap().remove(0);
    let foreign = browser.post(&own, &[("op", "supprimer"), ("modele", &template.id.to_string())]).await;
    assert_eq!(foreign.status, 404, "it is the structure's");
    let taken =
        browser.post(&own, &[("op", "garder"), ("modele", &template.id.to_string()), ("nom", "x"), ("texte", "x")]).await;
    assert_eq!(taken.status, 404, "nor is it changed from a BAL");

    let patient = known(&app, &ines, PATIENT).await;
    let path = format!("/courrier/{shared}/patients/{patient}/ecrire");
    let form = browser.get(&path).await.text();
    assert!(form.contains("Consignes") && form.contains("Convocation"), "{form}");
    let filled = browser.get(&format!("{path}?modele={}", template.id)).await.text();
    assert!(filled.contains("Bonjour PAT-TROIS Dominique, venez à {heure}. Service de gériatrie"), "{filled}");
    assert!(filled.contains("Convocation du 22/11/2026"), "{filled}");
    // A field that nobody filled in does not leave.
    let left = write(&mut browser, &path, &[("form", "f1"), ("subject", "Convocation"), ("text", "Venez à {heure}.")]).await;
    assert_eq!(
        (left.status, left.text().contains("À compléter avant l’envoi\u{a0}: {heure}.")),
        (422, true),
        "{}",
        left.text()
    );

    // A BAL outside of the structure sees nothing of it.
    let martin = app.holder("dr-martin").await;
    known(&app, &martin, PATIENT).await;
    let query = json!({"accountId": martin.account(), "email": PATIENT});
    assert_eq!(ok(&martin, "PatientTemplate/query", query).await["list"], json!([]));
    let traces = app.state.store.traces_newest(Chain::Person(camille.person), 20).await.unwrap();
    assert!(traces.iter().any(|row| row.kind == "structure-template" && row.detail["structure"] == id.to_string()));
}

async fn the_composer_knows_minors_and_fills_templates_in(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let patient = known(&app, &martin, PATIENT).await;
    let mut browser = browser(&app, &martin, "dr-martin").await;
    let base = format!("/courrier/{}/patients", martin.account());
    let fields = [("op", "garder"), ("nom", "Résultats"), ("objet", "Du {date}"), ("texte", "Bonjour {patient} {boite}")];
    assert_eq!(browser.post(&format!("{base}/modeles"), &fields).await.status, 303);
    let said = async |what: &str| {
        let check = json!({"accountId": martin.account(), "addresses": [PATIENT, "185072a00412388@patient.mssante.fr"]});
        let list = ok(&martin, "Recipient/check", check).await["list"].clone();
        [list[0][what].clone(), list[1][what].clone()]
    };
    assert_eq!(said("minor").await, [json!(false), json!(false)]);
    // What is not noted yet is asked for, until both are.
    assert_eq!(said("untold").await, [json!(patient), json!(null)]);
    for genre in ["information", "consent"] {
        assert_eq!(said("untold").await[0], json!(patient));
        let note = [("op", "noter"), ("genre", genre), ("date", "2026-11-20"), ("moyen", "oral"), ("portee", "Tous")];
        assert_eq!(browser.post(&format!("{base}/{patient}"), &note).await.status, 303);
    }
    assert_eq!(said("untold").await, [json!(null), json!(null)]);
    let before = app.state.store.patient(martin.account(), patient).await.unwrap().traits;
    let young = Traits { birth_date: "2018-05-01".into(), ..before };
    app.state.store.patient_change(actor(&martin), martin.account(), patient, young, true).await.unwrap();
    assert_eq!(said("minor").await, [json!(true), json!(false)], "nothing is said of who is not known");
    let query = |email: &str| json!({"accountId": martin.account(), "email": email});
    let list = ok(&martin, "PatientTemplate/query", query(&PATIENT.to_uppercase())).await["list"].clone();
    let bal = app.state.store.account(martin.account()).await.unwrap().name;
    assert_eq!(
        (&list[0]["subject"], &list[0]["text"]),
        (&json!("Du 22/11/2026"), &json!(format!("Bonjour PAT-TROIS Dominique {bal}")))
    );
    let stranger = ok(&martin, "PatientTemplate/query", query("185072a00412388@patient.mssante.fr")).await;
    assert_eq!(stranger["list"], json!([]));
    // Who may only read writes to nobody.
    let reader = app.staff("lectrice").await;
    app.grant(&reader, &martin, &[Action::Read]).await;
    let (kind, answer) = reader.jmap("PatientTemplate/query", query(PATIENT)).await;
    assert_eq!((kind.as_str(), answer["type"].as_str()), ("error", Some("accountReadOnly")), "{answer}");
}

async fn who_opened_a_sheet_stands_in_the_log_and_in_the_export(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, nurse) = (app.holder("dr-martin").await, app.staff("infirmiere").await);
    app.grant(&nurse, &martin, &[Action::Read]).await;
    let (one, other) =
        (known(&app, &martin, PATIENT).await, known(&app, &martin, "185072a00412388@patient.mssante.fr").await);
    let sheet = |id| format!("/courrier/{}/patients/{id}", martin.account());
    assert_eq!(nurse.get(&sheet(one)).await.status, 200);
    let mut holder = browser(&app, &martin, "dr-martin").await;
    assert_eq!(holder.get(&sheet(other)).await.status, 200);
    let page = holder.get(&sheet(one)).await.text();
    let shown = page.split("data-testid=\"consulted\"").nth(1).unwrap();
    assert!(shown.contains("Fiche ouverte par infirmiere") && !shown.contains("Fiche ouverte par dr-martin"), "{page}");
    let csv = holder.get(&format!("{}/dossier.csv", sheet(one))).await.text();
    assert!(csv.contains("\"Fiche ouverte par infirmiere\";\"2026-11-22"), "{csv}");
    assert!(csv.contains("\"Fiche ouverte par dr-martin\""), "{csv}");
    let again = holder.get(&format!("{}/dossier.csv", sheet(one))).await.text();
    assert!(again.contains("\"Dossier exporté par dr-martin\""), "{again}");
    let csv = holder.get(&format!("{}/dossier.csv", sheet(other))).await.text();
    assert!(!csv.contains("infirmiere"), "another patient's: {csv}");
    let log = holder.get(&format!("/compte/acces/{}?genre=opened", martin.account())).await.text();
    assert!(log.contains("A ouvert la fiche d’un patient") && log.contains("infirmiere"), "{log}");
    assert!(!log.contains("PAT-TROIS") && !log.contains("279035"), "{log}");
}
