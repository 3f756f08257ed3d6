//! Delegation from the pages: inviting, accepting as oneself, sending on behalf, drafts for approval, several BALs.

use serde_json::{Value, json};
use server::{
    auth::{
        Caller,
        rights::{self, RightError},
    },
    service::{delegation, outbox},
};
use store::{Actor, Chain, Means, delegations::NewDelegation, mailboxes::Role, testing::Engine, traces::Class};
use wire::{
    delegation::DelegateRole,
    id::{DelegationId, PersonId},
    portal::Action,
};

use crate::{
    harness::{Browser, PASSWORD, TestApp, User, encode, ordinary},
    http_client::Answer,
    jmap::{keep, ok},
    on_both,
    submission::{draft, inbox, submit},
};

on_both! {
    from_an_invitation_to_the_first_message
    only_the_person_it_is_for_accepts
    only_the_holder_gives
    who_sends_is_named_whoever_wrote
    a_draft_waits_for_who_may_send
    one_inbox_over_all_boxes
}

pub const MINUTE: i64 = 60_000;
pub const DAY: i64 = 24 * 60 * MINUTE;

/// Somebody on the pages.
pub fn actor(person: PersonId) -> Actor {
    Actor { person: Some(person), session: None, means: Means::Web }
}

/// Invites a person that is known, and lets them accept: from `wait` on, for `span`.
pub async fn delegate(
    app: &TestApp,
    holder: &User<'_>,
    to: &User<'_>,
    role: DelegateRole,
    (wait, span): (i64, i64),
) -> Result<DelegationId, store::Error> {
    let (store, account) = (&app.state.store, holder.account());
    let from_at = store.now() + wait;
    let mut token = [0; 32];
    store.random().fill(&mut token);
    let new = NewDelegation {
        account,
        person: Some(to.person),
        national_id: None,
        email: None,
        name: "Marie Petit".into(),
        reason: "Secrétariat".into(),
        role,
        from_at,
        to_at: from_at + span,
        token,
        valid_ms: DAY,
        attested: delegation::attestation(),
        most: 1000,
    };
    let id = store.delegation_invite(actor(holder.person), new).await?;
    store.delegation_accept(actor(to.person), account, id, to.person, Some(delegation::secrecy())).await?;
    Ok(id)
}

/// A person without a BAL, who acts in that of `holder`.
pub async fn secretary<'a>(app: &'a TestApp, name: &str, holder: &User<'_>) -> User<'a> {
    let mut user = app.staff(name).await;
    user.account = holder.account;
    user.login = holder.login.clone();
    user
}

/// Posts a form with a token.
async fn form(app: &TestApp, who: &User<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    let authorization = who.authorization();
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    app.send("POST", path, &headers, pairs.join("&").as_bytes()).await
}

/// Password, then the code that comes to the ordinary address; to where one wanted to go.
pub async fn sign_in(app: &TestApp, browser: &mut Browser<'_>, login: &str, mail: &str, back: &str) -> Answer {
    let before = app.post.letters(mail).len();
    let asked = browser.post("/connexion", &[("login", login), ("password", PASSWORD), ("retour", back)]).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    let code = app.post.code(mail, before).await;
    browser.post("/connexion/code", &[("code", &code), ("retour", back)]).await
}

/// The path of the link in the `nth` invitation to an address, waiting for it; and the letter.
pub async fn invitation(app: &TestApp, to: &str, nth: usize) -> (String, String) {
    let mut seen = 0;
    for at in 0.. {
        let letter = app.post.letter(to, at).await;
        let Some(begin) = letter.find("/delegation/") else { continue };
        if seen == nth {
            return (letter[begin..].split_whitespace().next().unwrap().to_owned(), letter);
        }
        seen += 1;
    }
    unreachable!("letters have no end")
}

/// The newest message in an inbox: who it is from and who sent it.
pub async fn newest(user: &User<'_>) -> Value {
    let query = json!({"accountId": user.account(), "sort": [{"property": "receivedAt", "isAscending": false}], "limit": 1});
    let id = ok(user, "Email/query", query).await["ids"][0].clone();
    let get = json!({"accountId": user.account(), "ids": [id], "properties": ["from", "sender", "subject"]});
    ok(user, "Email/get", get).await["list"][0].clone()
}

async fn kinds(app: &TestApp, user: &User<'_>) -> Vec<String> {
    let rows = app.state.store.traces(Chain::Account(user.account()), Class::Functional, 0, 1000).await.unwrap();
    rows.into_iter().map(|row| row.kind).collect()
}

async fn from_an_invitation_to_the_first_message(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    app.password(&martin).await;
    let mut desk = app.browser();
    desk.sign_in(&martin, "dr-martin").await;
    let account = martin.account().to_string();
    let mail = ordinary("marie.petit");
    let mut typed = vec![
        ("boite", account.as_str()),
        ("qui", &mail),
        ("nom", "Marie Petit"),
        ("role", "send"),
        ("motif", "Secrétariat du cabinet"),
    ];
    let refused = desk.post("/compte/delegations/inviter", &typed).await;
    assert_eq!(refused.status, 422, "without the attestation: {}", refused.text());
    assert!(refused.text().contains("Secrétariat du cabinet"), "what was typed is still there");
    typed.push(("atteste", "oui"));
    let done = desk.post("/compte/delegations/inviter", &typed).await;
    assert_eq!((done.status, done.location()), (303, "/compte/delegations?dit=delegation-invited"), "{}", done.text());
    let (path, letter) = invitation(&app, &mail, 0).await;
    assert!(!letter.contains("dr-martin"), "the letter names nobody: {letter}");

    // She has no account: the address that the link went to becomes her means of sign-in.
    let mut marie = app.browser();
    let offer = marie.get(&path).await;
    assert!(offer.status == 200 && offer.text().contains("dr-martin") && offer.text().contains(&mail), "{}", offer.text());
    let weak = marie.post(&path, &[("op", "creer"), ("password", "azerty"), ("again", "azerty")]).await;
    assert_eq!(weak.status, 422);
    let create = [("op", "creer"), ("password", PASSWORD), ("again", PASSWORD)];
    let created = marie.post(&path, &create).await;
    assert_eq!(created.status, 303, "{}", created.text());
    assert_eq!(app.browser().post(&path, &create).await.status, 410, "a link makes one person");
    assert!(marie.get("/courrier").await.location().starts_with("/connexion"), "nothing is open yet");
    let back = sign_in(&app, &mut marie, &mail, &mail, &path).await;
    assert_eq!((back.status, back.location()), (303, path.as_str()));

    // Her status does not bind her: she signs.
    let page = marie.get(&path).await.text();
    assert!(page.contains("226-13") && page.contains("Marie Petit"), "{page}");
    let accept =
        |agreed: &'static str, name: &'static str| [("op", "accepter"), ("engagement", agreed), ("signature", name)];
    assert_eq!(marie.post(&path, &accept("", "Marie Petit")).await.status, 422);
    assert_eq!(marie.post(&path, &accept("oui", "Marie")).await.status, 422);
    let accepted = marie.post(&path, &accept("oui", "marie  petit")).await;
    assert_eq!(
        (accepted.status, accepted.location()),
        (303, format!("/courrier/{account}?dit=delegation-accepted").as_str())
    );
    assert_eq!(marie.get(&path).await.status, 410);
    assert!(app.post.letter(&ordinary("dr-martin"), 1).await.contains("a accepté"));
    assert!(app.post.letter(&mail, 2).await.contains("vous est confiée"));

    // She writes from his BAL, under her own name.
    let write = [
        ("op", "send"),
        ("account", account.as_str()),
        ("to", &roux.login),
        ("subject", "Rendez-vous"),
        ("text", "Bonjour"),
        ("retour", "/courrier"),
    ];
    let sent = marie.post("/courrier/faire", &write).await;
    assert_eq!((sent.status, sent.location()), (303, "/courrier?dit=sending"), "{}", sent.text());
    app.clock.advance_ms(MINUTE);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let received = newest(&roux).await;
    assert_eq!(received["subject"], "Rendez-vous");
    assert_eq!(received["from"][0]["email"], json!(martin.login));
    assert_eq!(received["sender"], json!([{"name": "Marie Petit", "email": martin.login}]));

    // He sees who has what, and when it was used.
    let list = desk.get("/compte/delegations").await.text();
    for said in ["Marie Petit", "Envoyer en votre nom", "Engagement de secret signé", "Dernière utilisation"] {
        assert!(list.contains(said), "{said}: {list}");
    }
    let log = desk.get(&format!("/compte/acces/{account}")).await.text();
    assert!(log.contains("A créé son accès à partir d’une invitation") && !log.contains("Autre acte"), "{log}");
    let kinds = kinds(&app, &martin).await;
    for kind in ["delegation-invite", "delegation-newcomer", "delegation-accept", "submission-create"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind}: {kinds:?}");
    }
}

async fn only_the_person_it_is_for_accepts(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, petit) = (app.holder("dr-martin").await, app.holder("dr-roux").await, app.holder("dr-petit").await);
    for user in [&martin, &roux, &petit] {
        app.password(user).await;
    }
    let mut desk = app.browser();
    desk.sign_in(&martin, "dr-martin").await;
    let account = martin.account().to_string();
    let invite = |who: &str| {
        [
            ("boite", account.clone()),
            ("qui", who.to_owned()),
            ("nom", "Dr Roux".into()),
            ("role", "sort".into()),
            ("motif", "Remplacement".into()),
            ("atteste", "oui".into()),
        ]
    };
    let post = async |desk: &mut Browser<'_>, who: &str| {
        let fields = invite(who);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        desk.post("/compte/delegations/inviter", &fields).await
    };
    for bad in ["personne@medecin.mssante.example", "123", "pas une adresse", "10000000000"] {
        assert_eq!(post(&mut desk, bad).await.status, 422, "{bad}");
    }
    assert_eq!(post(&mut desk, &martin.login).await.status, 422, "the holder has an access already");
    assert_eq!(post(&mut desk, &roux.login).await.status, 303);
    assert_eq!(post(&mut desk, &roux.login).await.status, 422, "an invitation waits already");
    let (path, _) = invitation(&app, &ordinary("dr-roux"), 0).await;

    let mut other = app.browser();
    other.sign_in(&petit, "dr-petit").await;
    assert_eq!(other.get(&path).await.status, 403, "it is for somebody else");
    let accept = [("op", "accepter"), ("engagement", "oui"), ("signature", "dr-petit")];
    assert_eq!(other.post(&path, &accept).await.status, 410);
    let nobody = app.browser().post(&path, &accept).await;
    assert!(nobody.location().starts_with("/connexion"), "{}", nobody.location());
    let software = form(&app, &roux, &path, &[("op", "accepter"), ("engagement", "oui"), ("signature", "dr-roux")]).await;
    assert_eq!(software.status, 403, "software accepts for nobody");
    assert_eq!(app.browser().get("/delegation/none").await.status, 410);

    let mut mine = app.browser();
    mine.sign_in(&roux, "dr-roux").await;
    let accept = [("op", "accepter"), ("engagement", "oui"), ("signature", "dr-roux")];
    assert_eq!(mine.post(&path, &accept).await.status, 303);
    assert_eq!(app.state.store.rights_on(roux.person, martin.account()).await.unwrap().len(), 2);
    // What was accepted is given up by who has it, and refused by who has the link.
    let given = app.state.store.delegations(martin.account()).await.unwrap().remove(0).id.to_string();
    let leave = [("op", "renoncer"), ("boite", account.as_str()), ("delegation", &given)];
    assert_eq!(other.post("/compte/delegations", &leave).await.location(), "/compte/delegations?dit=failed");
    assert_eq!(mine.post("/compte/delegations", &leave).await.location(), "/compte/delegations?dit=delegation-left");
    assert!(app.state.store.rights_on(roux.person, martin.account()).await.unwrap().is_empty());
    assert_eq!(post(&mut desk, &petit.login).await.status, 303);
    let (path, _) = invitation(&app, &ordinary("dr-petit"), 0).await;
    assert_eq!(app.browser().post(&path, &[("op", "refuser")]).await.status, 303);
    assert_eq!(other.post(&path, &accept).await.status, 410);
    // An invitation that nobody answers lapses.
    assert_eq!(post(&mut desk, &roux.login).await.status, 303);
    let (path, _) = invitation(&app, &ordinary("dr-roux"), 1).await;
    assert_eq!(mine.get(&path).await.status, 200);
    app.clock.advance_ms(15 * DAY);
    assert_eq!(app.browser().get(&path).await.status, 410);
}

async fn only_the_holder_gives(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (manager, reader) = (app.staff("manager").await, app.staff("reader").await);
    let by = delegate(&app, &martin, &manager, DelegateRole::Manage, (0, 30 * DAY)).await.unwrap();
    let id = delegate(&app, &martin, &reader, DelegateRole::Read, (0, 10 * DAY)).await.unwrap();
    let account = martin.account().to_string();
    let (by, id) = (by.to_string(), id.to_string());
    let post = async |who: &User<'_>, op: &str, delegation: &str, role: &str, to: &str| {
        let fields = [
            ("op", op),
            ("boite", account.as_str()),
            ("delegation", delegation),
            ("role", role),
            ("au", to),
            ("atteste", "oui"),
        ];
        form(&app, who, "/compte/delegations", &fields).await
    };
    for op in ["retirer", "relancer", "changer"] {
        assert_eq!(post(&roux, op, &id, "read", "2026-11-25").await.status, 404, "{op}: a foreign BAL is none");
        assert_eq!(post(&reader, op, &by, "read", "2026-11-25").await.status, 403, "{op}: to read is not to manage");
    }
    // A token is no fresh proof: it may take away, never give.
    let widened = post(&martin, "changer", &id, "send", "2026-11-25").await;
    assert!(widened.status == 303 && widened.location().starts_with("/compte/confirmer"), "{}", widened.location());
    let limited = post(&manager, "changer", &id, "read", "2026-11-25").await;
    assert_eq!(limited.location(), "/compte/delegations?dit=delegation-changed", "{}", limited.text());
    let store = &app.state.store;
    let now = async || store.delegation(martin.account(), id.parse().unwrap()).await.unwrap();
    assert_eq!(now().await.role, DelegateRole::Read);
    assert!(now().await.to_at < store.now() + 5 * DAY);
    assert!(store.rights_on(reader.person, martin.account()).await.unwrap() == [Action::Read]);
    assert!(!store.holds(manager.person, martin.account()).await.unwrap());
    // Who runs the BAL by a delegation neither closes it nor invites; they do end what others were given.
    let caller = Caller { person: manager.person, session: None, token: None, means: Means::Web };
    let holding = rights::holding(&app.state, &caller, martin.account()).await;
    assert!(matches!(holding, Err(RightError::ReadOnly)), "{holding:?}");
    let path = format!("/api/accounts/{account}/delegations");
    let list = manager.get(&path).await.json();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
    assert_eq!(manager.send("DELETE", &format!("{path}/{id}"), &[], b"").await.status, 204);
    assert_eq!(reader.get(&format!("/courrier/{account}")).await.status, 404);
    assert_eq!(manager.send("DELETE", &format!("{path}/{id}"), &[], b"").await.status, 204);
    let received = reader.get("/api/delegations").await.json();
    assert_eq!(received[0]["state"], "ended", "{received}");
    assert!(app.post.letter(&ordinary("reader"), 1).await.contains("prendre fin"));
    // A long one is announced before it ends, once, to both.
    assert_eq!(delegation::announce_ends(&app.state).await.unwrap(), 0);
    app.clock.advance_ms(17 * DAY);
    assert_eq!(delegation::announce_ends(&app.state).await.unwrap(), 1);
    assert_eq!(delegation::announce_ends(&app.state).await.unwrap(), 0);
    assert!(app.post.letter(&ordinary("manager"), 0).await.contains("quelques jours"));
}

async fn who_sends_is_named_whoever_wrote(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let marie = secretary(&app, "marie-petit", &martin).await;
    delegate(&app, &martin, &marie, DelegateRole::Send, (0, DAY)).await.unwrap();
    let held = |seconds: &str| {
        let from = json!({"email": martin.login, "parameters": {"HOLDFOR": seconds}});
        json!({"envelope": {"mailFrom": from, "rcptTo": [{"email": roux.login}]}})
    };
    // Written and scheduled by her, called back by him, sent by him.
    let email = draft(&marie, &[&roux.login], "Croisé").await;
    let first = submit(&marie, &email, held("3600")).await["created"]["s"]["id"].as_str().unwrap().to_owned();
    let cancel = json!({"accountId": martin.account(), "update": {&first: {"undoStatus": "canceled"}}});
    assert!(ok(&martin, "EmailSubmission/set", cancel).await["updated"].get(&first).is_some());
    submit(&martin, &email, json!({})).await;
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let received = newest(&roux).await;
    assert_eq!((&received["subject"], &received["sender"]), (&json!("Croisé"), &json!(null)));
    // Written by him, sent by her.
    let email = draft(&martin, &[&roux.login], "Autre").await;
    submit(&marie, &email, json!({})).await;
    app.clock.advance_ms(1000);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let received = newest(&roux).await;
    assert_eq!(received["sender"], json!([{"name": "marie-petit", "email": martin.login}]), "{received}");
    // Hers stays scheduled when she is gone, and does not leave; he is told.
    let email = draft(&marie, &[&roux.login], "Trop tard").await;
    let late = submit(&marie, &email, held("3600")).await["created"]["s"]["id"].clone();
    let one = app.state.store.delegations(martin.account()).await.unwrap().remove(0).id;
    app.state.store.delegation_end(actor(martin.person), martin.account(), one).await.unwrap().unwrap();
    app.clock.advance_ms(3_700_000);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(inbox(&app, &roux).await.len(), 2);
    let got = ok(&martin, "EmailSubmission/get", json!({"accountId": martin.account(), "ids": [late]})).await;
    assert_eq!(got["list"][0]["deliveryStatus"][&roux.login]["delivered"], "no", "{got}");
    assert_eq!(inbox(&app, &martin).await.len(), 1, "a notice");
}

async fn a_draft_waits_for_who_may_send(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let marie = secretary(&app, "marie-petit", &martin).await;
    delegate(&app, &martin, &marie, DelegateRole::Draft, (0, DAY)).await.unwrap();
    let account = martin.account().to_string();
    let write = |subject: &'static str| {
        [("op", "ask"), ("account", account.as_str()), ("to", &roux.login), ("subject", subject), ("text", "Bonjour")]
    };
    let sends = [("op", "send"), ("account", account.as_str()), ("to", &roux.login), ("subject", "x"), ("text", "y")];
    assert_eq!(form(&app, &marie, "/courrier/faire", &sends).await.status, 403);
    let asked = form(&app, &marie, "/courrier/faire", &write("Compte rendu")).await;
    assert_eq!(asked.location(), format!("/courrier/{account}?dit=draft-asked"), "{}", asked.text());
    assert!(app.post.letter(&ordinary("dr-martin"), 0).await.contains("attend votre approbation"));
    let waiting = async || app.state.store.draft_reviews(martin.account()).await.unwrap();
    let first = waiting().await.remove(0).email.to_string();
    let page = martin.get("/compte/brouillons").await.text();
    assert!(page.contains("Compte rendu") && page.contains("marie-petit"), "{page}");
    let decide = |op: &'static str, email: &str| {
        [
            ("op", op.to_owned()),
            ("boite", account.clone()),
            ("brouillon", email.to_owned()),
            ("mot", "Corrigez la date".into()),
        ]
    };
    let post = async |who: &User<'_>, op: &'static str, email: &str| {
        let fields = decide(op, email);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        form(&app, who, "/compte/brouillons", &fields).await
    };
    for op in ["approuver", "rendre"] {
        assert_eq!(post(&marie, op, &first).await.status, 403, "{op}: nobody approves without the right to send");
        assert_eq!(post(&roux, op, &first).await.status, 404, "{op}");
    }
    // Returned with a word, handed in again as another message; what was seen before cannot be approved any more.
    assert_eq!(post(&martin, "rendre", &first).await.location(), "/compte/brouillons?dit=draft-returned");
    assert_eq!(post(&martin, "approuver", &first).await.status, 422);
    assert!(marie.get("/compte/brouillons").await.text().contains("Corrigez la date"));
    let again = [&write("Compte rendu corrigé")[..], &[("draft", first.as_str())]].concat();
    assert_eq!(form(&app, &marie, "/courrier/faire", &again).await.status, 303);
    let second = waiting().await;
    assert!(second.len() == 1 && second[0].email.to_string() != first, "{second:?}");
    let second = second[0].email.to_string();
    let (one, two) = tokio::join!(post(&martin, "approuver", &second), post(&martin, "approuver", &second));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "it is sent once");
    app.clock.advance_ms(MINUTE);
    outbox::run(&app.state).await.unwrap();
    assert_eq!(inbox(&app, &roux).await, ["Compte rendu corrigé"]);
    assert_eq!(newest(&roux).await["sender"], json!(null), "who approved sent it");
    assert!(waiting().await.is_empty());
    let kinds = kinds(&app, &martin).await;
    assert!(
        ["draft-ask", "draft-return", "draft-approve"].iter().all(|kind| kinds.iter().any(|one| one == kind)),
        "{kinds:?}"
    );
}

async fn one_inbox_over_all_boxes(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    keep(&app, &martin, "Subject: Chez Martin\nFrom: a@b.fr\n\na\n").await;
    app.clock.advance_ms(1000);
    keep(&app, &roux, "Subject: Chez Roux\nFrom: a@b.fr\n\na\n").await;
    let id = delegate(&app, &martin, &roux, DelegateRole::Read, (0, DAY)).await.unwrap();
    let page = roux.get("/courrier/toutes").await;
    let text = page.text();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(page.status == 200 && at("Chez Roux") < at("Chez Martin"), "the newest first");
    assert!(text.contains("Boîte confiée"));
    let me = roux.get("/api/me").await.json();
    assert_eq!((&me["accounts"][0]["own"], &me["accounts"][1]["own"]), (&json!(true), &json!(false)), "{me}");
    // Notices of new mail: of one's own BAL, unless one chose.
    let notices = roux.get("/compte/notifications").await.text();
    assert_eq!(notices.matches("name=\"voulues\"").count(), 2);
    app.state.store.delegation_end(actor(martin.person), martin.account(), id).await.unwrap().unwrap();
    let text = roux.get("/courrier/toutes").await.text();
    assert!(text.contains("Chez Roux") && !text.contains("Chez Martin"));
    assert!(app.state.store.mailbox_by_role(martin.account(), Role::Inbox).await.unwrap().is_some());
}
