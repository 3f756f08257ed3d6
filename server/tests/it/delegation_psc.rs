//! An invitation by national number: only the one whom Pro Santé Connect knows by it comes in, without a password and
//! without a BAL, bound to secrecy by their status.

use serde_json::json;
use store::testing::Engine;

use crate::{
    delegation::invitation,
    issuer::{doctor, person, profession},
    on_both,
    psc::{through, with_provider},
};

on_both! {
    a_number_is_vouched_for
}

async fn a_number_is_vouched_for(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut desk = app.browser();
    desk.sign_in(&roux, "dr-roux").await;
    let account = roux.account().to_string();
    let invite = [
        ("boite", account.as_str()),
        ("qui", "997 0021 8896"),
        ("courriel", "claire@orange.example"),
        ("nom", "Dr Martin"),
        ("role", "sort"),
        ("motif", "Remplacement"),
        ("atteste", "oui"),
    ];
    let done = desk.post("/compte/delegations/inviter", &invite).await;
    assert_eq!((done.status, done.location()), (303, "/compte/delegations?dit=delegation-invited"), "{}", done.text());
    let (path, _) = invitation(&app, "claire@orange.example", 0).await;
    let by_psc = format!("/connexion/psc?retour={path}");

    // Who has the letter and another number does not come in by it; nor does a password.
    issuer.user(person("899700000011", "Jean", "AUTRE", json!([profession("10", "C", json!([]))])));
    let mut other = app.browser();
    through(&mut other, &by_psc).await;
    assert_eq!(other.get("/api/me").await.status, 401);
    let join = [("op", "creer"), ("password", crate::harness::PASSWORD), ("again", crate::harness::PASSWORD)];
    assert_eq!(app.browser().post(&path, &join).await.status, 410);

    issuer.user(doctor());
    let mut claire = app.browser();
    let back = through(&mut claire, &by_psc).await;
    assert_eq!((back.status, back.location()), (303, path.as_str()), "{}", back.text());
    let page = claire.get(&path).await.text();
    assert!(page.contains("Votre statut") && !page.contains("name=\"signature\""), "{page}");
    let accepted = claire.post(&path, &[("op", "accepter")]).await;
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    let me = claire.get("/api/me").await.json();
    assert_eq!((&me["name"], &me["accounts"][0]["id"]), (&json!("Claire MARTIN"), &json!(account)), "{me}");
    let list = desk.get("/compte/delegations").await.text();
    assert!(list.contains("Claire MARTIN") && list.contains("Tenue au secret par son statut"), "{list}");
    // The same number is known from now on: it is invited elsewhere without another beginning.
    assert!(app.state.store.person_of_national_id("899700218896").await.unwrap().is_some());
}
