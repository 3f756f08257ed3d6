//! What people are told outside the service, once; preferences of the account; the end of a BAL.

use serde_json::json;
use server::{
    jobs::{closings, notifications},
    service::tell,
};
use store::{
    Actor,
    notices::{Channel, Notice},
    testing::Engine,
};
use wire::{delegation::DelegateRole, portal::Notifications};

use crate::{
    delegation::{DAY, actor, delegate},
    harness::{Browser, TestApp, User, ordinary},
    means::martin,
    on_both,
    sms_office::SmsOffice,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const MOBILE: &str = "+33612345678";

on_both! {
    new_mail_is_told_once_and_without_a_word_of_it
    rhythms_and_quiet_hours_are_kept
    each_box_is_told_of_as_one_chose
    a_crash_tells_nobody_twice
    two_processes_tell_once
    signature_and_directory_are_kept
    a_copy_of_ones_mail_is_taken_away
    a_closed_account_is_erased_after_its_delay
}

/// A message in the inbox, as if it had just been delivered.
async fn arrives(app: &TestApp, user: &User<'_>) {
    let inbox = app.inbox(user.account()).await.to_string();
    let email = json!({"mailboxIds": {&inbox: true}, "subject": "Secret médical",
        "from": [{"name": "Dr Expéditeur", "email": "exp@medecin.mssante.example"}],
        "bodyStructure": {"partId": "1", "type": "text/plain"}, "bodyValues": {"1": {"value": "Bonjour"}}});
    let (_, made) = user.jmap("Email/set", json!({"accountId": user.account(), "create": {"a": email}})).await;
    assert!(made["created"]["a"]["id"].is_string(), "{made}");
}

fn wishes(rhythm: &str, quiet_from: u8, quiet_to: u8) -> Notifications {
    Notifications { email: true, rhythm: rhythm.into(), quiet_from, quiet_to, ..Notifications::default() }
}

async fn new_mail_is_told_once_and_without_a_word_of_it(engine: Engine) {
    let sms = SmsOffice::open().await;
    let app = TestApp::with(engine, &sms.settings()).await;
    let user = martin(&app).await;
    let change = store::ContactChange::Mobile(Some(MOBILE.into()));
    app.state.store.contact_set(Actor::SYSTEM, user.person, change).await.unwrap();
    arrives(&app, &user).await;
    assert_eq!(notifications::run(&app.state).await.unwrap(), 0, "nobody asked for it");
    let fields =
        [("email", "oui"), ("sms", "oui"), ("rythme", "now"), ("silence_de", "7"), ("silence_a", "7"), ("nouvelles", "oui")];
    let mut browser = app.browser();
    app.state.store.means_remember(user.person, "email").await.unwrap();
    browser.sign_in(&user, "dr-martin").await;
    let answer = browser.post("/compte/notifications", &fields).await;
    assert_eq!(answer.location(), "/compte/notifications?dit=notifications", "{}", answer.text());
    let page = browser.get("/compte/notifications").await.text();
    assert!(page.contains("checked") && page.contains("Aussitôt"), "{page}");
    assert_eq!(notifications::run(&app.state).await.unwrap(), 0, "what came before is not told");
    let before = app.post.letters(&ordinary("dr-martin")).len();
    arrives(&app, &user).await;
    arrives(&app, &user).await;
    assert_eq!(notifications::run(&app.state).await.unwrap(), 1);
    assert_eq!(notifications::run(&app.state).await.unwrap(), 0);
    let letter = app.post.letter(&ordinary("dr-martin"), before).await;
    assert!(letter.contains("Un message vous attend"), "{letter}");
    let raw = app.post.letters(&ordinary("dr-martin"))[before].text.clone();
    for forbidden in ["Secret", "Expéditeur", "exp@", "dr-martin@medecin"] {
        assert!(!letter.contains(forbidden) && !raw.contains(forbidden), "{forbidden}: {raw}");
    }
    assert_eq!(sms.texts(MOBILE), ["Pli\u{a0}: Un message vous attend dans votre messagerie sécurisée de santé."]);
    // At most one a minute; a message that was read already is none.
    arrives(&app, &user).await;
    assert_eq!(notifications::run(&app.state).await.unwrap(), 0);
    app.clock.advance_ms(MINUTE);
    assert_eq!(notifications::run(&app.state).await.unwrap(), 1);
    assert_eq!(app.post.letters(&ordinary("dr-martin")).len(), before + 2);
}

async fn rhythms_and_quiet_hours_are_kept(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let told = async || notifications::run(&app.state).await.unwrap();
    // 09:00 in Paris.
    app.state.store.notifications_set(user.person, wishes("hourly", 20, 7)).await.unwrap();
    arrives(&app, &user).await;
    assert_eq!(told().await, 1);
    arrives(&app, &user).await;
    app.clock.advance_ms(HOUR - 1);
    assert_eq!(told().await, 0);
    app.clock.advance_ms(1);
    assert_eq!(told().await, 1);
    // 20:00: until seven in the morning.
    app.clock.advance_ms(10 * HOUR);
    arrives(&app, &user).await;
    assert_eq!(told().await, 0);
    app.clock.advance_ms(11 * HOUR - 1);
    assert_eq!(told().await, 0);
    app.clock.advance_ms(1);
    assert_eq!(told().await, 1);
    // Daily: at eight, one for everything.
    app.state.store.notifications_set(user.person, wishes("daily", 0, 0)).await.unwrap();
    arrives(&app, &user).await;
    assert_eq!(told().await, 0);
    app.clock.advance_ms(HOUR);
    arrives(&app, &user).await;
    assert_eq!(told().await, 1);
    assert_eq!(told().await, 0);
    // A clock that went far ahead and came back does not silence anybody.
    app.clock.advance_ms(300 * 24 * HOUR);
    arrives(&app, &user).await;
    told().await;
    app.clock.advance_ms(-300 * 24 * HOUR + 24 * HOUR);
    arrives(&app, &user).await;
    assert_eq!(told().await, 1);
}

async fn each_box_is_told_of_as_one_chose(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let given = delegate(&app, &martin, &roux, DelegateRole::Read, (0, 30 * DAY)).await.unwrap();
    app.password(&roux).await;
    let mut browser = app.browser();
    browser.sign_in(&roux, "dr-roux").await;
    let (own, theirs) = (roux.account().to_string(), martin.account().to_string());
    let choose = async |browser: &mut Browser<'_>, wanted: &[&str]| {
        let mut fields = vec![("email", "oui"), ("rythme", "now"), ("silence_de", "7"), ("silence_a", "7")];
        fields.extend([("boites", own.as_str()), ("boites", theirs.as_str())]);
        fields.extend(wanted.iter().map(|one| ("voulues", *one)));
        let answer = browser.post("/compte/notifications", &fields).await;
        assert_eq!(answer.location(), "/compte/notifications?dit=notifications", "{}", answer.text());
    };
    let told = async |of: &User<'_>| {
        app.clock.advance_ms(5 * MINUTE);
        arrives(&app, of).await;
        notifications::run(&app.state).await.unwrap()
    };
    // As the form offers it: one's own.
    choose(&mut browser, &[&own]).await;
    assert_eq!((told(&martin).await, told(&roux).await), (0, 1));
    choose(&mut browser, &[&own, &theirs]).await;
    assert_eq!(notifications::run(&app.state).await.unwrap(), 0, "what came before is not told");
    assert_eq!((told(&martin).await, told(&roux).await), (1, 1));
    choose(&mut browser, &[&theirs]).await;
    assert_eq!((told(&martin).await, told(&roux).await), (1, 0));
    app.state.store.delegation_end(actor(martin.person), martin.account(), given).await.unwrap().unwrap();
    assert_eq!(told(&martin).await, 0, "nobody is told of what they may not open");
}

fn notice(again: bool) -> (Channel, Notice) {
    (Channel::Email, Notice { to: None, subject: "Pli".into(), text: format!("essai {again}"), again })
}

async fn a_crash_tells_nobody_twice(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    app.state
        .store
        .notices_add([false, true].map(|again| (user.person, Channel::Email, notice(again).1)).into())
        .await
        .unwrap();
    // A process takes both up and dies.
    assert_eq!(app.state.store.notices_due(10).await.unwrap().len(), 2);
    for _ in 0..2 {
        assert_eq!(tell::send_due(&app.state).await.unwrap(), 0);
    }
    app.clock.advance_ms(5 * MINUTE + 1);
    for _ in 0..3 {
        tell::send_due(&app.state).await.unwrap();
    }
    let letters = app.post.letters(&ordinary("dr-martin"));
    assert_eq!(letters.len(), 1, "only what concerns safety is sent again: {letters:?}");
    assert!(letters[0].text.contains("essai true"));
    assert_eq!(app.state.store.notices_waiting(user.person).await.unwrap(), 0);
}

async fn two_processes_tell_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    app.state.store.notifications_set(user.person, wishes("now", 7, 7)).await.unwrap();
    arrives(&app, &user).await;
    let other = app.test_store.again().await;
    let (ours, theirs) =
        (app.state.store.notification_candidates(10).await.unwrap(), other.notification_candidates(10).await.unwrap());
    assert_eq!((ours.len(), theirs.len()), (1, 1));
    let next = app.state.clock.now_ms() + MINUTE;
    let tells = [
        app.state.store.notification_tell(&ours[0], next, vec![notice(false)]).await.unwrap(),
        other.notification_tell(&theirs[0], next, vec![notice(false)]).await.unwrap(),
    ];
    assert_eq!(tells, [true, false]);
    // And of one notice, one process takes it up.
    let (a, b) = futures::future::join(app.state.store.notices_due(10), other.notices_due(10)).await;
    assert_eq!(a.unwrap().len() + b.unwrap().len(), 1);
}

async fn signature_and_directory_are_kept(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let foreign = app.holder("dr-roux").await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let (own, theirs) = (user.account().to_string(), foreign.account().to_string());
    let text = "Dr Martin\r\nCabinet <de> l'Exemple";
    let answer = browser.post("/compte/signature", &[("boite", &own), ("signature", text)]).await;
    assert_eq!(answer.location(), "/compte/signature?dit=signature", "{}", answer.text());
    let (_, identities) = user.jmap("Identity/get", json!({"accountId": own, "ids": null})).await;
    assert_eq!(identities["list"][0]["textSignature"], "Dr Martin\nCabinet <de> l'Exemple", "{identities}");
    assert!(browser.get("/compte/signature").await.text().contains("Cabinet &lt;de&gt; l"));
    let answer = browser.post("/compte/annuaire", &[("boite", &own), ("liste_rouge", "oui")]).await;
    assert_eq!(answer.location(), "/compte/annuaire?dit=directory");
    assert!(app.state.store.directory_listing(user.account()).await.unwrap().liste_rouge);
    for path in ["/compte/signature", "/compte/annuaire", "/compte/fermer"] {
        let answer = browser.post(path, &[("boite", &theirs), ("op", "fermer"), ("adresse", &foreign.login)]).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert!(!app.state.store.directory_listing(foreign.account()).await.unwrap().liste_rouge);
    for path in ["/compte", "/compte/preferences", "/compte/sessions", "/compte/applications", "/compte/contacts"] {
        let answer = browser.get(path).await;
        assert!(answer.status == 200 && answer.text().contains("aria-current=\"page\""), "{path}");
    }
}

async fn a_copy_of_ones_mail_is_taken_away(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, foreign) = (martin(&app).await, app.holder("dr-roux").await);
    for _ in 0..3 {
        arrives(&app, &user).await;
    }
    let (own, theirs) = (user.account().to_string(), foreign.account().to_string());
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    assert_eq!(browser.post("/compte/exporter", &[("boite", &theirs)]).await.status, 404);
    let copy = browser.post("/compte/exporter", &[("boite", &own)]).await;
    assert_eq!((copy.status, copy.header("content-type")), (200, Some("application/mbox")), "{}", copy.text());
    assert!(copy.header("content-disposition").unwrap().starts_with("attachment"));
    let text = copy.text();
    let count = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("From MAILER-DAEMON "), count("Message-ID: ")), (3, 3), "{text}");
    let traces = app.state.store.traces_newest(store::Chain::Account(user.account()), 1).await.unwrap();
    assert_eq!(traces[0].kind, "account-export");
    // Later the proof is asked for again; software never gives it.
    app.clock.advance_ms(11 * MINUTE);
    let answer = browser.post("/compte/exporter", &[("boite", &own)]).await;
    assert!(answer.status == 303 && answer.location().starts_with("/compte/confirmer"), "{}", answer.location());
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let software = user.send("POST", "/compte/exporter", &form, format!("boite={own}").as_bytes()).await;
    assert_eq!(software.status, 303, "{}", software.text());
}

async fn a_closed_account_is_erased_after_its_delay(engine: Engine) {
    const DAY: i64 = 24 * HOUR;
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    arrives(&app, &user).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let own = user.account().to_string();
    let ask = [("boite", own.as_str()), ("op", "fermer"), ("adresse", user.login.as_str())];
    let answer = browser.post("/compte/fermer", &[("boite", &own), ("op", "fermer"), ("adresse", "oui")]).await;
    assert!(answer.status == 422 && app.state.store.closing(user.account()).await.unwrap().is_none());
    assert_eq!(browser.post("/compte/fermer", &ask).await.location(), "/compte/fermer?dit=closing-asked");
    assert!(browser.get("/compte/fermer").await.text().contains("22/12/2026"));
    let answer = browser.post("/compte/fermer", &[("boite", &own), ("op", "annuler")]).await;
    assert_eq!(answer.location(), "/compte/fermer?dit=closing-cancelled");
    app.clock.advance_ms(31 * DAY);
    assert_eq!(closings::run(&app.state).await.unwrap(), 0);
    // Both letters about it came before the code that is waited for below.
    while app.post.letters(&ordinary("dr-martin")).len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    browser.post("/compte/fermer", &ask).await;
    app.clock.advance_ms(30 * DAY - 1);
    assert_eq!(closings::run(&app.state).await.unwrap(), 0);
    assert_eq!(user.get(&format!("/courrier/{own}")).await.status, 303);
    app.clock.advance_ms(1);
    assert_eq!(closings::run(&app.state).await.unwrap(), 1);
    assert_eq!(closings::run(&app.state).await.unwrap(), 0);
    // Nobody opens it, nothing is delivered there, the address stays taken, the traces stay and hold.
    assert_eq!(user.get(&format!("/courrier/{own}")).await.status, 404);
    assert_eq!(app.state.store.account_by_address(&user.login).await.unwrap(), None);
    assert!(app.test_store.again().await.keys(store::keys::Owner::Account(user.account().0)).await.is_err());
    assert_eq!(app.state.store.account_octets(user.account()).await.unwrap(), 0);
    let again = store::accounts::NewAccount {
        address: user.login.clone(),
        name: "Un autre".into(),
        holder: None,
        profile: store::accounts::Profile { kind: "PER".into(), ..Default::default() },
        inbox_only: false,
    };
    assert!(app.state.store.account_create(Actor::SYSTEM, again.clone()).await.is_err());
    let traces = app.state.store.traces_newest(store::Chain::Account(user.account()), 5).await.unwrap();
    assert_eq!(traces[0].kind, "account-erase");
    assert!(app.state.store.verify(None).await.unwrap().faults.is_empty());
    // A year later the holder's data go; the address is still nobody's.
    app.clock.advance_ms(367 * DAY);
    closings::run(&app.state).await.unwrap();
    assert!(app.state.store.account(user.account()).await.is_err());
    assert!(app.state.store.account_create(Actor::SYSTEM, again).await.is_err());
}
