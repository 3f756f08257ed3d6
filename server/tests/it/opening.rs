//! Opening a BAL: from the identity provider to a mailbox that works, alone, within the rules; and the directory.

use serde_json::{Value, json};
use store::{Actor, Chain, testing::Engine, traces::Class};
use wire::id::AccountId;

use crate::{
    harness::{Browser, TestApp},
    issuer::{doctor, person, place, profession},
    on_both,
    psc::{through, with_provider, with_provider_and},
    sms_office::SmsOffice,
};

on_both! {
    a_professional_opens_a_bal_alone
    who_may_not_is_told_why_and_where_to_turn
    one_of_several_activities_is_chosen
    homonyms_get_another_address_and_none_is_given_twice
    an_abandoned_opening_is_resumed_or_forgotten
    many_posts_at_once_make_one_bal
    nothing_of_the_provider_can_be_typed_and_no_step_skipped
    the_ordinary_address_is_outside_and_verified
    a_mobile_is_given_verified_or_given_up
    the_liste_rouge_hides_at_every_door_and_mail_still_arrives
}

const OPEN: &str = "/connexion/psc?pour=inscription";
const SECRET: &str = "parapluie-gravier-oseille";

/// Posts a step that is passed.
async fn pass(browser: &mut Browser<'_>, step: &str, fields: &[(&str, &str)]) {
    let answer = browser.post(&format!("/inscription/{step}"), fields).await;
    assert_eq!((answer.status, answer.location()), (303, "/inscription"), "{step}: {}", answer.text());
}

/// The step at which the opening of this browser is.
async fn step(browser: &mut Browser<'_>) -> String {
    let answer = browser.get("/inscription").await;
    answer.location().trim_start_matches("/inscription/").to_owned()
}

/// From the provider to the last step, without taking it.
async fn to_the_terms(app: &TestApp, browser: &mut Browser<'_>, email: &str) {
    let answer = through(browser, OPEN).await;
    assert_eq!((answer.status, answer.location()), (303, "/inscription"), "{}", answer.text());
    pass(browser, "identite", &[("activity", "0")]).await;
    let known = app.post.letters(email).len();
    pass(browser, "coordonnees", &[("email", email)]).await;
    let code = app.post.code(email, known).await;
    pass(browser, "code", &[("code", &code)]).await;
    pass(browser, "mot-de-passe", &[("password", SECRET), ("again", SECRET)]).await;
    assert_eq!(step(browser).await, "conditions");
}

async fn create(browser: &mut Browser<'_>) -> AccountId {
    let answer = browser.post("/inscription/conditions", &[("cgu", "oui"), ("notice", "oui")]).await;
    assert_eq!((answer.status, answer.location()), (303, "/inscription/fin"), "{}", answer.text());
    let me = browser.get("/api/me").await.json();
    me["accounts"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().parse().unwrap()
}

async fn publish(app: &TestApp) {
    let now = app.state.store.now();
    app.state.store.cgu_publish(Actor::SYSTEM, "Conditions.".into(), None, now - 1000).await.unwrap();
}

async fn jmap(browser: &mut Browser<'_>, method: &str, arguments: Value) -> Value {
    let request = wire::jmap::Request::new().call(method, arguments);
    let body = serde_json::to_vec(&request).unwrap();
    let answer = browser.send("POST", "/jmap", &[("Content-Type", "application/json")], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["methodResponses"][0][1].clone()
}

async fn a_professional_opens_a_bal_alone(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    publish(&app).await;
    let mut browser = app.browser();
    assert!(browser.get("/inscription").await.text().contains(OPEN));
    let answer = through(&mut browser, OPEN).await;
    assert_eq!(answer.location(), "/inscription", "{}", answer.text());
    let page = browser.get("/inscription/identite").await.text();
    for fact in
        ["Claire MARTIN", "Médecin", "Médecine générale", "CABINET DU DR MARTIN", "claire.martin@medecin.mssante.example"]
    {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    // Nothing the provider says is a field.
    assert!(!page.contains("name=\"name\"") && !page.contains("name=\"address\""));
    pass(&mut browser, "identite", &[("activity", "0")]).await;
    let email = "claire@orange.example";
    pass(&mut browser, "coordonnees", &[("email", " Claire@Orange.example "), ("phone", "oui")]).await;
    let code = app.post.code(email, 0).await;
    pass(&mut browser, "code", &[("code", &code)]).await;
    // Passwords: the rule's reasons stand at the field, nothing that was typed comes back.
    let refused =
        browser.post("/inscription/mot-de-passe", &[("password", "motdepasse123"), ("again", "motdepasse123")]).await;
    assert!(refused.status == 422 && !refused.text().contains("motdepasse123"), "{}", refused.text());
    let refused = browser.post("/inscription/mot-de-passe", &[("password", SECRET), ("again", "other")]).await;
    assert_eq!(refused.status, 422);
    pass(&mut browser, "mot-de-passe", &[("password", SECRET), ("again", SECRET)]).await;
    let terms = browser.get("/inscription/conditions").await.text();
    for told in ["Pas pour les urgences", "Pas un dossier patient", "/cgu/1", "Responsable des données", email] {
        assert!(terms.contains(told), "{told}: {terms}");
    }
    let refused = browser.post("/inscription/conditions", &[("cgu", "oui")]).await;
    assert_eq!(refused.status, 422);
    assert!(app.state.store.account_by_address("claire.martin@medecin.mssante.example").await.unwrap().is_none());
    let account = create(&mut browser).await;
    let end = browser.get("/inscription/fin").await.text();
    assert!(end.contains("claire.martin@medecin.mssante.example") && end.contains("Dr Claire MARTIN"), "{end}");
    // Ready: a first message, rights, terms accepted, the next sign-in by password and by the provider.
    let found = jmap(&mut browser, "Email/query", json!({"accountId": account})).await;
    let id = found["ids"][0].clone();
    let email_got =
        jmap(&mut browser, "Email/get", json!({"accountId": account, "ids": [id], "properties": ["subject"]})).await;
    assert_eq!(email_got["list"][0]["subject"], "Bienvenue dans votre boîte MSSanté");
    let login = app.state.store.login_lookup("claire.martin@medecin.mssante.example").await.unwrap().unwrap();
    let accepted = app.state.store.cgu_accepted(login.person).await.unwrap();
    assert_eq!((accepted[0].version, accepted[0].means.as_str()), (1, "creation"));
    assert_eq!(browser.get("/courrier").await.status, 303);
    let mut again = app.browser();
    assert_eq!(through(&mut again, "/connexion/psc").await.location(), "/courrier");
    // A second wish for the same domain is only a sign-in: one BAL per domain and person.
    assert_eq!(through(&mut app.browser(), OPEN).await.location(), "/courrier");
    let mut password = app.browser();
    let answer =
        password.post("/connexion", &[("login", "claire.martin@medecin.mssante.example"), ("password", SECRET)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code"), "{}", answer.text());
    let profile = app.state.store.account(account).await.unwrap().profile;
    assert_eq!(profile.controller.as_deref(), Some("Dr Claire MARTIN"));
    assert_eq!((profile.rpps.as_deref(), profile.publish_phone), (Some("99700218896"), true));
    let kinds: Vec<String> = app
        .state
        .store
        .traces(Chain::Person(login.person), Class::Functional, 0, 50)
        .await
        .unwrap()
        .into_iter()
        .map(|trace| trace.kind)
        .collect();
    for kind in ["person-create", "identity-confirmed", "password-set", "cgu-accept", "sign-in"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind}: {kinds:?}");
    }
}

async fn who_may_not_is_told_why_and_where_to_turn(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    let cases = [
        (json!([]), "sans profession enregistrée"),
        (json!([profession("10", "E", json!([place("S", "CHU")]))]), "comme étudiant"),
        (json!([profession("93", "C", json!([place("L", "CABINET")]))]), "pas de boîte pour votre profession"),
    ];
    for (professions, sentence) in cases {
        issuer.user(person("899700000055", "Nadia", "BEN SALEM", professions));
        let mut browser = app.browser();
        let answer = through(&mut browser, OPEN).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains(sentence) && answer.text().contains("/contact"), "{}", answer.text());
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
        // Coming to sign in only is no way round.
        assert_eq!(through(&mut browser, "/connexion/psc").await.status, 403);
    }
    let traces = app.state.store.traces(Chain::Process, Class::Functional, 0, 50).await.unwrap();
    let reasons: Vec<_> =
        traces.iter().filter(|trace| trace.kind == "opening-refused").map(|trace| trace.result.as_str()).collect();
    assert_eq!(reasons, ["no-profession", "no-profession", "student", "student", "not-served", "not-served"]);
}

async fn one_of_several_activities_is_chosen(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    let professions = json!([
        profession("10", "C", json!([place("L", "CABINET DES LILAS"), place("S", "CH DU NORD")])),
        profession("60", "C", json!([place("S", "CH DU NORD")])),
        profession("10", "E", json!([place("S", "CHU")])),
    ]);
    issuer.user(person("899700000066", "Anaïs", "O'BRIEN", professions));
    let mut browser = app.browser();
    through(&mut browser, OPEN).await;
    let page = browser.get("/inscription/identite").await.text();
    assert_eq!(page.matches("type=\"radio\"").count(), 3, "{page}");
    assert!(
        page.contains("anais.obrien@medecin.mssante.example") && page.contains("anais.obrien@infirmier.mssante.example")
    );
    // Nothing chosen, the student's activity, one that is not there.
    for wrong in [&[][..], &[("activity", "3")], &[("activity", "17")]] {
        assert_eq!(browser.post("/inscription/identite", wrong).await.status, 422, "{wrong:?}");
    }
    to_the_terms(&app, &mut browser, "anais@orange.example").await;
    browser.post("/inscription/identite", &[("activity", "1")]).await;
    let account = create(&mut browser).await;
    let made = app.state.store.account(account).await.unwrap();
    assert_eq!(made.profile.controller.as_deref(), Some("CH DU NORD"));
    // A second BAL of the same person, for the other profession: only that one is proposed, the address is known.
    let mut second = app.browser();
    assert_eq!(through(&mut second, OPEN).await.location(), "/inscription");
    let page = second.get("/inscription/identite").await.text();
    assert!(page.contains("infirmier") && !page.contains("type=\"radio\""), "{page}");
    pass(&mut second, "identite", &[]).await;
    pass(&mut second, "coordonnees", &[]).await;
    assert_eq!(step(&mut second).await, "conditions");
    create(&mut second).await;
    let me = second.get("/api/me").await.json();
    assert_eq!(me["accounts"].as_array().unwrap().len(), 2, "{me}");
    assert_eq!(through(&mut app.browser(), OPEN).await.location(), "/courrier");
}

async fn homonyms_get_another_address_and_none_is_given_twice(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    let mut first = app.browser();
    to_the_terms(&app, &mut first, "claire@orange.example").await;
    // A homonym in the meantime: each is proposed what is free then.
    issuer.user(person("899700000077", "Claire", "Martin", doctor()["SubjectRefPro"]["exercices"].clone()));
    let mut second = app.browser();
    to_the_terms(&app, &mut second, "claire.m@orange.example").await;
    create(&mut second).await;
    let taken = first.post("/inscription/conditions", &[("cgu", "oui"), ("notice", "oui")]).await;
    assert_eq!((taken.status, taken.location()), (303, "/inscription"), "{}", taken.text());
    assert_eq!(step(&mut first).await, "identite");
    assert!(first.get("/inscription/identite").await.text().contains("claire.martin2@medecin.mssante.example"));
    pass(&mut first, "identite", &[("activity", "0")]).await;
    // What was given before is still there.
    assert_eq!(step(&mut first).await, "conditions");
    create(&mut first).await;
    assert!(!app.state.store.address_is_free("Claire.Martin2@medecin.mssante.example").await.unwrap());
    assert!(app.state.store.address_is_free("claire.martin3@medecin.mssante.example").await.unwrap());
}

async fn an_abandoned_opening_is_resumed_or_forgotten(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    let mut browser = app.browser();
    to_the_terms(&app, &mut browser, "claire@orange.example").await;
    // Half an hour later the browser alone is not enough.
    app.clock.advance_ms(31 * 60_000);
    assert_eq!(browser.get("/inscription/conditions").await.location(), "/inscription");
    let start = browser.get("/inscription").await;
    assert!(start.status == 200 && start.text().contains("reprendre"), "{}", start.text());
    assert_eq!(
        browser.post("/inscription/conditions", &[("cgu", "oui"), ("notice", "oui")]).await.location(),
        "/inscription"
    );
    // The provider vouches again, elsewhere: it goes on where it was; the first browser is out.
    let mut elsewhere = app.browser();
    through(&mut elsewhere, OPEN).await;
    assert_eq!(step(&mut elsewhere).await, "conditions");
    assert_eq!(browser.get("/inscription").await.status, 200);
    // A day after the beginning nothing is left.
    app.clock.advance_ms(24 * 3_600_000);
    app.state.store.openings_prune(app.state.store.now()).await.unwrap();
    through(&mut elsewhere, OPEN).await;
    assert_eq!(step(&mut elsewhere).await, "identite");
    // Given up on purpose: at once.
    let gone = elsewhere.post("/inscription/abandon", &[]).await;
    assert_eq!(gone.location(), "/inscription");
    assert!(elsewhere.cookies.is_empty(), "{:?}", elsewhere.cookies);
    assert!(app.state.store.login_lookup("claire.martin@medecin.mssante.example").await.unwrap().is_none());
    assert!(app.state.store.accounts_all().await.unwrap().is_empty());
}

async fn many_posts_at_once_make_one_bal(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    let mut browser = app.browser();
    to_the_terms(&app, &mut browser, "claire@orange.example").await;
    let cookies = browser.cookies.clone();
    let posts = (0..12).map(|_| {
        let mut one = app.browser();
        one.cookies = cookies.clone();
        async move { one.post("/inscription/conditions", &[("cgu", "oui"), ("notice", "oui")]).await.location().to_owned() }
    });
    let places = futures::future::join_all(posts).await;
    assert_eq!(places.iter().filter(|place| *place == "/inscription/fin").count(), 1, "{places:?}");
    assert_eq!(app.state.store.accounts_all().await.unwrap().len(), 1);
}

async fn nothing_of_the_provider_can_be_typed_and_no_step_skipped(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    let mut browser = app.browser();
    through(&mut browser, OPEN).await;
    for (path, fields) in [
        ("conditions", &[("cgu", "oui"), ("notice", "oui")][..]),
        ("mot-de-passe", &[("password", SECRET), ("again", SECRET)]),
        ("code", &[("code", "000000")]),
        ("coordonnees", &[("email", "x@orange.example")]),
    ] {
        let answer = browser.post(&format!("/inscription/{path}"), fields).await;
        assert_eq!((answer.status, answer.location()), (303, "/inscription"), "{path}");
        assert_eq!(step(&mut browser).await, "identite", "{path}");
        assert_eq!(browser.get(&format!("/inscription/{path}")).await.location(), "/inscription/identite");
    }
    let typed = [("activity", "0"), ("address", "root@medecin.mssante.example"), ("name", "X"), ("profession", "60")];
    pass(&mut browser, "identite", &typed).await;
    assert!(browser.get("/inscription/identite").await.text().contains("claire.martin@medecin.mssante.example"));
    // Codes: five tries, then a new one; nobody else's browser has a part in it.
    pass(&mut browser, "coordonnees", &[("email", "claire@orange.example")]).await;
    let code = app.post.code("claire@orange.example", 0).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for _ in 0..5 {
        assert_eq!(browser.post("/inscription/code", &[("code", wrong)]).await.status, 422);
    }
    assert_eq!(browser.post("/inscription/code", &[("code", &code)]).await.status, 422);
    assert_eq!(browser.post("/inscription/renvoyer", &[]).await.status, 429);
    app.clock.advance_ms(61_000);
    pass(&mut browser, "renvoyer", &[]).await;
    let code = app.post.code("claire@orange.example", 1).await;
    pass(&mut browser, "code", &[("code", &code)]).await;
    assert_eq!(app.browser().get("/inscription/identite").await.location(), "/inscription");
}

async fn the_ordinary_address_is_outside_and_verified(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    app.holder("dr-roux").await;
    let mut browser = app.browser();
    through(&mut browser, OPEN).await;
    pass(&mut browser, "identite", &[("activity", "0")]).await;
    for bad in ["claire", "x@infirmier.mssante.example", "a@medecin.mssante.example", "a@ch-nord.mssante.fr", ""] {
        let answer = browser.post("/inscription/coordonnees", &[("email", bad), ("liste_rouge", "oui")]).await;
        assert_eq!(answer.status, 422, "{bad}");
        // What was typed comes back.
        assert!(
            answer.text().contains(&format!("value=\"{bad}\"")) && answer.text().contains("checked"),
            "{}",
            answer.text()
        );
    }
    pass(&mut browser, "coordonnees", &[("email", "claire@orange.example")]).await;
    let code = app.post.code("claire@orange.example", 0).await;
    // Another address afterwards: the first one's code proves nothing about it.
    app.clock.advance_ms(61_000);
    pass(&mut browser, "coordonnees", &[("email", "claire@libre.example")]).await;
    assert_eq!(browser.post("/inscription/code", &[("code", &code)]).await.status, 422);
    let code = app.post.code("claire@libre.example", 0).await;
    pass(&mut browser, "code", &[("code", &code)]).await;
}

async fn a_mobile_is_given_verified_or_given_up(engine: Engine) {
    const MOBILE: &str = "+33612345678";
    let sms = SmsOffice::open().await;
    let (app, _issuer) = with_provider_and(engine, &sms.settings()).await;
    let mut browser = app.browser();
    through(&mut browser, OPEN).await;
    pass(&mut browser, "identite", &[("activity", "0")]).await;
    let email = "claire@orange.example";
    let wrong = browser.post("/inscription/coordonnees", &[("email", email), ("mobile", "01 23 45 67 89")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("01 23 45 67 89") && wrong.text().contains(email));
    pass(&mut browser, "coordonnees", &[("email", email), ("mobile", "06 12 34 56 78")]).await;
    let code = app.post.code(email, 0).await;
    // The mobile's own code leaves once the address is verified, and is another.
    assert!(sms.texts(MOBILE).is_empty());
    pass(&mut browser, "code", &[("code", &code)]).await;
    assert_eq!(step(&mut browser).await, "mobile");
    let second = sms.code(MOBILE, 0).await;
    if second != code {
        assert_eq!(browser.post("/inscription/mobile", &[("code", &code)]).await.status, 422);
    }
    let page = browser.get("/inscription/mobile").await.text();
    assert!(page.contains("78") && !page.contains("12345678") && page.contains("Continuer sans mobile"), "{page}");
    // Given up, then given again.
    pass(&mut browser, "sans-mobile", &[]).await;
    assert_eq!(step(&mut browser).await, "mot-de-passe");
    app.clock.advance_ms(61_000);
    pass(&mut browser, "coordonnees", &[("email", email), ("mobile", "+33 6 12 34 56 78")]).await;
    let third = sms.code(MOBILE, 1).await;
    pass(&mut browser, "mobile", &[("code", &third)]).await;
    pass(&mut browser, "mot-de-passe", &[("password", SECRET), ("again", SECRET)]).await;
    assert!(browser.get("/inscription/conditions").await.text().contains(MOBILE));
    create(&mut browser).await;
    let login = app.state.store.login_lookup("claire.martin@medecin.mssante.example").await.unwrap().unwrap();
    assert_eq!(app.state.store.contact(login.person).await.unwrap().mobile.as_deref(), Some(MOBILE));
    // It opens the account, after the password.
    let texts = sms.texts(MOBILE).len();
    let mut again = app.browser();
    let address = "claire.martin@medecin.mssante.example";
    again.post("/connexion", &[("login", address), ("password", SECRET)]).await;
    let code = sms.code(MOBILE, texts).await;
    assert_eq!(again.post("/connexion/code", &[("code", &code)]).await.location(), "/courrier");
}

async fn the_liste_rouge_hides_at_every_door_and_mail_still_arrives(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut browser = app.browser();
    to_the_terms(&app, &mut browser, "claire@orange.example").await;
    let account = create(&mut browser).await;
    let mut looking = app.browser();
    looking.sign_in(&roux, "dr-roux").await;
    let own = roux.account();
    let completion = json!({"accountId": own, "text": "mart clai"});
    let doors = async |looking: &mut Browser<'_>| -> Vec<bool> {
        let page = looking.post("/annuaire", &[("nom", "martin"), ("profession", "10")]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let list = jmap(looking, "Correspondent/query", completion.clone()).await;
        let address = "claire.martin@medecin.mssante.example";
        let check = jmap(looking, "Recipient/check", json!({"accountId": own, "addresses": [address]})).await;
        assert_eq!(check["list"][0]["state"], "ok");
        vec![
            page.text().contains(address),
            list["list"].to_string().contains(address),
            check["list"][0]["card"]["profession"] == "Médecin",
        ]
    };
    assert_eq!(doors(&mut looking).await, [true, true, true]);
    let page = looking.post("/annuaire", &[("nom", "claire"), ("profession", "")]).await.text();
    assert!(page.contains("Médecine générale") && page.contains("CABINET DU DR MARTIN"), "{page}");
    // One of another profession, nobody, too little.
    assert!(!looking.post("/annuaire", &[("nom", "martin"), ("profession", "60")]).await.text().contains("claire.martin@"));
    assert_eq!(looking.post("/annuaire", &[("nom", "m")]).await.status, 422);
    assert_eq!(app.browser().get("/annuaire").await.status, 303);
    let listing = store::directory::Listing { liste_rouge: true, publish_phone: false };
    app.state.store.directory_listing_set(Actor::SYSTEM, account, listing).await.unwrap();
    assert_eq!(doors(&mut looking).await, [false, false, false]);
    // Mail still arrives.
    let before =
        jmap(&mut browser, "Email/query", json!({"accountId": account, "calculateTotal": true})).await["total"].clone();
    let mut raw = json!({"mailboxIds": {}, "keywords": {"$draft": true}, "from": [{"email": roux.login}],
        "to": [{"email": "claire.martin@medecin.mssante.example"}], "subject": "Bonjour",
        "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "Bonjour"}}});
    raw["mailboxIds"][app.inbox(own).await.to_string()] = json!(true);
    let made = jmap(&mut looking, "Email/set", json!({"accountId": own, "create": {"d": raw}})).await;
    let email = made["created"]["d"]["id"].clone();
    let identity = jmap(&mut looking, "Identity/get", json!({"accountId": own, "ids": null})).await["list"][0]["id"].clone();
    let sent = jmap(
        &mut looking,
        "EmailSubmission/set",
        json!({"accountId": own, "create": {"s": {"identityId": identity, "emailId": email}}}),
    )
    .await;
    assert!(sent["created"]["s"].is_object(), "{sent}");
    server::service::outbox::run(&app.state).await.unwrap();
    let after =
        jmap(&mut browser, "Email/query", json!({"accountId": account, "calculateTotal": true})).await["total"].clone();
    assert_eq!(after.as_u64(), before.as_u64().map(|count| count + 1));
}
