//! Structures: what the operator may make, who comes in and how, what follows for rights, leaving, and the yearly review.

use std::time::Duration;

use serde_json::json;
use server::service::{
    delegation,
    organisation::{self, TypedBox, TypedMember, review},
    outbox,
};
use store::{
    Actor, Chain,
    organisations::{
        Subject,
        members::{NewMember, Signed},
    },
    testing::Engine,
    traces::Class,
};
use wire::{
    delegation::DelegateRole,
    id::{AccountId, GroupId, MemberId, OrganisationId},
    portal::Action,
};

use crate::{
    delegation::{DAY, MINUTE, actor, newest, sign_in},
    delegation_rights::{Dice, allowed, begun, rest, second},
    harness::{Browser, PASSWORD, TestApp, User, ordinary},
    http_client,
    jmap::{ok, upload},
    on_both,
    process::Pli,
    submission::{draft, inbox, submit},
};

on_both! {
    numbers_are_checked_where_structures_are_made
    from_an_invitation_to_a_message_of_the_service
    groups_give_what_their_members_lack
    a_member_holds_nothing
    a_departure_ends_everything_on_both_servers
    the_last_administrator_names_a_successor
    a_member_leaves_by_themself
    the_review_asks_reminds_and_suspends
    rights_follow_the_structure
    who_does_not_administer_sees_no_page
}

pub const FINESS: &str = "770816478";
pub const RPPS: &str = "99785133580";
const STAFF: &str = "/admin/structures";

/// What every BAL of these tests is for.
pub fn typed_box(address: &str) -> TypedBox {
    TypedBox {
        address: address.into(),
        name: "Service de gériatrie".into(),
        purpose: "Échanges du service".into(),
        professional: "Pr Delmas".into(),
        rpps: RPPS.into(),
        software: None,
    }
}

/// A structure with one BAL.
pub async fn structure(app: &TestApp) -> (OrganisationId, AccountId) {
    let id = organisation::create(&app.state, Actor::COMMAND, "Hôpital", FINESS).await.unwrap();
    let typed = typed_box("geriatrie@ch.mssante.example");
    (id, organisation::open_box(&app.state, Actor::COMMAND, id, &typed).await.unwrap())
}

/// Somebody known comes into a structure.
pub async fn join(app: &TestApp, id: OrganisationId, who: &User<'_>, admin: bool) -> MemberId {
    let store = &app.state.store;
    let mut token = [0; 32];
    store.random().fill(&mut token);
    let new = NewMember {
        organisation: id,
        person: Some(who.person),
        email: None,
        name: who.login.clone(),
        function: "Secrétaire".into(),
        admin,
        token,
        valid_ms: DAY,
        most: 1000,
    };
    let member = store.structure_invite(Actor::COMMAND, new).await.unwrap();
    let signed = Signed { secrecy: Some(delegation::secrecy()), purpose: admin.then(organisation::engagement) };
    store.structure_accept(actor(who.person), (id, member), who.person, signed).await.unwrap();
    member
}

/// Somebody who acts in the BAL of the structure.
async fn colleague<'a>(app: &'a TestApp, name: &str, shared: AccountId) -> User<'a> {
    let mut user = app.staff(name).await;
    (user.account, user.login) = (Some(shared), "geriatrie@ch.mssante.example".into());
    user
}

/// An administrator on the pages, and the address of the structure's page.
pub async fn desk<'a>(app: &'a TestApp, id: OrganisationId, name: &str) -> (User<'a>, MemberId, Browser<'a>, String) {
    let user = app.staff(name).await;
    app.password(&user).await;
    let member = join(app, id, &user, true).await;
    let mut browser = app.browser();
    browser.sign_in(&user, name).await;
    (user, member, browser, format!("/compte/structure/{id}"))
}

/// The path of the newest link in the letters to an address.
async fn link(app: &TestApp, to: &str, nth: usize) -> String {
    let letter = app.post.letter(to, nth).await;
    let begin = letter.find("/structure/").unwrap_or_else(|| panic!("no link in {letter}"));
    letter[begin..].split_whitespace().next().unwrap().to_owned()
}

async fn numbers_are_checked_where_structures_are_made(engine: Engine) {
    let app = TestApp::new(engine).await;
    let camille = app.staff("camille").await;
    app.password(&camille).await;
    app.state.store.staff_add(Actor::COMMAND, camille.person).await.unwrap();
    let mut staff = app.browser();
    staff.sign_in(&camille, "camille").await;
    assert!(staff.get(STAFF).await.text().contains("Aucune structure"));
    let create = |finess: &'static str| [("op", "structure"), ("nom", "Hôpital de Bellerive"), ("finess", finess)];
    for bad in ["770816479", "77081647", "ABCDEFGHI", ""] {
        let refused = staff.post(STAFF, &create(bad)).await;
        assert_eq!(refused.status, 422, "{bad}");
        assert!(refused.text().contains("FINESS n’est pas juste") && refused.text().contains("Hôpital de Bellerive"));
    }
    let made = staff.post(STAFF, &create("7708 16478")).await;
    assert_eq!((made.status, made.location()), (303, "/admin/structures?dit=staff-structure"), "{}", made.text());
    assert_eq!(staff.post(STAFF, &create(FINESS)).await.status, 422, "a number is one structure's");
    let id = app.state.store.organisation_by_finess(FINESS).await.unwrap().unwrap();
    let text = id.to_string();
    let open = |rpps: &'static str, address: &'static str| {
        vec![
            ("op", "boite"),
            ("structure", text.as_str()),
            ("type", "ORG"),
            ("adresse", address),
            ("boite", "Gériatrie"),
            ("finalite", "Échanges du service"),
            ("responsable", "Pr Delmas"),
            ("rpps", rpps),
        ]
    };
    let refused = staff.post(STAFF, &open("99785133581", "geriatrie@ch.mssante.example")).await;
    assert!(refused.status == 422 && refused.text().contains("RPPS n’est pas juste"), "{}", refused.text());
    assert!(app.state.store.structure_boxes(id).await.unwrap().is_empty());
    let made = staff.post(STAFF, &open(RPPS, "geriatrie@ch.mssante.example")).await;
    assert_eq!(made.location(), "/admin/structures?dit=staff-box", "{}", made.text());
    assert_eq!(staff.post(STAFF, &open(RPPS, "Geriatrie@ch.mssante.example")).await.status, 422, "an address is given once");
    // By the command line: the same checks.
    let pli = Pli::new(&app);
    let output = pli.command(&["organisation", "create", "Autre", "--finess", "770816470"]).output().await.unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("finess-key"));
    let list = pli.command(&["organisation", "list"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(said.contains("geriatrie@ch.mssante.example") && said.contains(FINESS), "{said}");
    // An administrator is named, and accepts the purpose of the BALs.
    let mail = ordinary("ines");
    let name = [
        ("op", "administrateur"),
        ("structure", text.as_str()),
        ("qui", mail.as_str()),
        ("personne", "Inès Lambert"),
        ("fonction", "Cadre de santé"),
    ];
    assert_eq!(staff.post(STAFF, &name).await.location(), "/admin/structures?dit=staff-admin");
    assert!(staff.get(STAFF).await.text().contains("pas encore accepté"));
    let path = link(&app, &mail, 0).await;
    let mut ines = app.browser();
    let create = [("op", "creer"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(ines.post(&path, &create).await.status, 303);
    assert_eq!(app.browser().post(&path, &create).await.status, 410, "a link makes one person");
    let back = sign_in(&app, &mut ines, &mail, &mail, &path).await;
    assert_eq!(back.location(), path);
    let page = ines.get(&path).await.text();
    assert!(page.contains("Échanges du service") && page.contains(FINESS), "{page}");
    let accept = |purpose: &'static str| {
        [("op", "accepter"), ("engagement", "oui"), ("signature", "Inès Lambert"), ("finalite", purpose)]
    };
    assert_eq!(ines.post(&path, &accept("")).await.status, 422, "without the purpose");
    let done = ines.post(&path, &accept("oui")).await;
    assert_eq!((done.status, done.location()), (303, "/compte/structure?dit=structure-accepted"), "{}", done.text());
    let home = ines.get(&format!("/compte/structure/{id}")).await;
    assert!(home.status == 200 && home.text().contains("geriatrie@ch.mssante.example"), "{}", home.text());
    // Administering is not reading.
    let account = app.state.store.structure_boxes(id).await.unwrap()[0].account;
    assert_eq!(ines.get(&format!("/courrier/{account}")).await.status, 404);
}

async fn from_an_invitation_to_a_message_of_the_service(engine: Engine) {
    let app = TestApp::new(engine).await;
    let roux = app.holder("dr-roux").await;
    let (id, shared) = structure(&app).await;
    let (_, _, mut ines, home) = desk(&app, id, "ines").await;
    let mail = ordinary("lea.girard");
    let typed = [("op", "inviter"), ("qui", mail.as_str()), ("nom", "Léa Girard"), ("fonction", "")];
    let refused = ines.post(&home, &typed).await;
    assert!(refused.status == 422 && refused.text().contains("Léa Girard"), "{}", refused.text());
    let typed = [("op", "inviter"), ("qui", mail.as_str()), ("nom", "Léa Girard"), ("fonction", "Secrétaire")];
    assert_eq!(ines.post(&home, &typed).await.location(), format!("{home}?dit=structure-invited"));
    let path = link(&app, &mail, 0).await;
    let mut lea = app.browser();
    lea.post(&path, &[("op", "creer"), ("password", PASSWORD), ("again", PASSWORD)]).await;
    sign_in(&app, &mut lea, &mail, &mail, &path).await;
    let other = app.browser().post(&path, &[("op", "accepter")]).await;
    assert!(other.location().starts_with("/connexion"), "{}", other.location());
    let accept = [("op", "accepter"), ("engagement", "oui"), ("signature", "léa girard")];
    assert_eq!(lea.post(&path, &accept).await.location(), "/compte/structure?dit=structure-accepted");
    assert!(lea.get("/compte/structure").await.text().contains("Aucune boîte ne vous est ouverte"));
    let member = app.state.store.structure_members(id).await.unwrap().into_iter().find(|one| one.name == "Léa Girard");
    let member = member.unwrap();
    let (who, account) = (member.id.to_string(), shared.to_string());
    // A second BAL: its purpose comes first.
    let urgent = typed_box("urgences@ch.mssante.example");
    let second = organisation::open_box(&app.state, Actor::COMMAND, id, &urgent).await.unwrap().to_string();
    let grant = |account: &str| {
        let fields = [("op", "droit"), ("membre", who.as_str()), ("boite", account), ("role", "send")];
        fields.map(|(k, v)| (k.to_owned(), v.to_owned()))
    };
    let fields = grant(&second);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let early = ines.post(&home, &fields).await;
    assert!(early.status == 422 && early.text().contains("Acceptez d’abord"), "{}", early.text());
    let accepted = ines.post(&home, &[("op", "finalite"), ("boite", second.as_str())]).await;
    assert_eq!(accepted.location(), format!("{home}?dit=structure-purpose"));
    assert_eq!(ines.post(&home, &fields).await.status, 303);
    let fields = grant(&account);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(ines.post(&home, &fields).await.location(), format!("{home}/personne/{who}?dit=structure-granted"));
    assert!(ines.get(&home).await.text().contains("Ouverte à"));
    // She writes as the service, under her own name.
    let write = [
        ("op", "send"),
        ("account", account.as_str()),
        ("to", &roux.login),
        ("subject", "Rendez-vous"),
        ("text", "Bonjour"),
        ("retour", "/courrier"),
    ];
    let sent = lea.post("/courrier/faire", &write).await;
    assert_eq!((sent.status, sent.location()), (303, "/courrier?dit=sending"), "{}", sent.text());
    app.clock.advance_ms(MINUTE);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let received = newest(&roux).await;
    assert_eq!(received["from"][0]["email"], "geriatrie@ch.mssante.example");
    assert_eq!(received["from"][0]["name"], "Service de gériatrie");
    assert_eq!(received["sender"][0]["name"], "Léa Girard");
    assert_eq!(received["sender"][0]["email"], "geriatrie@ch.mssante.example");
    // All of it is traced in the BAL's own chain.
    let traced = app.state.store.traces_newest(Chain::Account(shared), 50).await.unwrap();
    let rights = traced.iter().find(|trace| trace.kind == "structure-rights").unwrap();
    assert_eq!(rights.detail["given"][0]["person"], json!(member.person));
}

async fn groups_give_what_their_members_lack(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, shared) = structure(&app).await;
    let (_, _, mut ines, home) = desk(&app, id, "ines").await;
    let hugo = colleague(&app, "hugo", shared).await;
    let member = join(&app, id, &hugo, false).await.to_string();
    assert!(allowed(&hugo, shared).await.is_empty());
    let made = ines.post(&home, &[("op", "groupe"), ("groupe", "Équipe")]).await;
    assert_eq!(made.location(), format!("{home}?dit=structure-group"));
    let group = app.state.store.structure_groups(id).await.unwrap()[0].id.to_string();
    let account = shared.to_string();
    let grant = async |ines: &mut Browser<'_>, subject: (&str, &str), role: &str| {
        ines.post(&home, &[("op", "droit"), subject, ("boite", account.as_str()), ("role", role)]).await.status
    };
    assert_eq!(grant(&mut ines, ("groupe", &group), "draft").await, 303);
    assert!(allowed(&hugo, shared).await.is_empty(), "he is not in it");
    let put = async |ines: &mut Browser<'_>, op: &str| {
        let fields = [("op", op), ("groupe", group.as_str()), ("membre", member.as_str()), ("depuis", "groupe")];
        ines.post(&home, &fields).await.location().to_owned()
    };
    assert_eq!(put(&mut ines, "entrer").await, format!("{home}/groupe/{group}?dit=structure-group"));
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Draft.actions());
    // What one has by oneself and by a group adds up.
    assert_eq!(grant(&mut ines, ("membre", &member), "send").await, 303);
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Send.actions());
    assert_eq!(grant(&mut ines, ("groupe", &group), "read").await, 303);
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Send.actions());
    assert_eq!(grant(&mut ines, ("membre", &member), "").await, 303);
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Read.actions());
    put(&mut ines, "sortir").await;
    assert!(allowed(&hugo, shared).await.is_empty());
    put(&mut ines, "entrer").await;
    let page = ines.get(&format!("{home}/groupe/{group}")).await.text();
    assert!(page.contains("Équipe") && page.contains("Retirer"), "{page}");
    let ended = ines.post(&home, &[("op", "dissoudre"), ("groupe", group.as_str())]).await;
    assert_eq!(ended.location(), format!("{home}?dit=structure-group-ended"));
    assert!(allowed(&hugo, shared).await.is_empty());
    // Giving more wants a fresh proof, taking away never does.
    app.clock.advance_ms(11 * MINUTE);
    assert_ne!(grant(&mut ines, ("membre", &member), "read").await, 422);
    assert!(allowed(&hugo, shared).await.is_empty());
    assert_eq!(grant(&mut ines, ("membre", &member), "").await, 303);
}

async fn a_member_holds_nothing(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, shared) = structure(&app).await;
    let hugo = colleague(&app, "hugo", shared).await;
    app.password(&hugo).await;
    let member = join(&app, id, &hugo, false).await;
    let store = &app.state.store;
    store.structure_grant(Actor::COMMAND, id, Subject::Member(member), shared, Some(DelegateRole::Manage)).await.unwrap();
    assert_eq!(allowed(&hugo, shared).await, Action::ALL);
    assert!(!store.holds(hugo.person, shared).await.unwrap() && store.holders(shared).await.unwrap().is_empty());
    let session = hugo.get("/jmap/session").await.json();
    assert_eq!(session["accounts"][shared.to_string()]["isPersonal"], false);
    let mut browser = app.browser();
    let before = app.post.letters(&ordinary("hugo")).len();
    let login = ordinary("hugo");
    let asked = browser.post("/connexion", &[("login", login.as_str()), ("password", PASSWORD)]).await;
    assert_eq!(asked.status, 303);
    let code = app.post.code(&login, before).await;
    browser.post("/connexion/code", &[("code", &code)]).await;
    let account = shared.to_string();
    let invite = [
        ("boite", account.as_str()),
        ("qui", "x@orange.example"),
        ("nom", "X"),
        ("role", "read"),
        ("motif", "m"),
        ("atteste", "oui"),
    ];
    assert_eq!(browser.post("/compte/delegations/inviter", &invite).await.status, 403);
    assert_eq!(browser.get(&format!("/compte/structure/{id}")).await.status, 404);
    let closing = [("boite", account.as_str()), ("mot", "geriatrie@ch.mssante.example"), ("op", "fermer")];
    browser.post("/compte/fermer", &closing).await;
    assert!(store.closing(shared).await.unwrap().is_none());
}

async fn a_departure_ends_everything_on_both_servers(engine: Engine) {
    const LARGE: usize = 24 * 1024 * 1024;
    let app = TestApp::with(engine, &[("PLI_SUPPORT__NOTIFY", "astreinte@pli.example")]).await;
    let (other, _stop) = second(&app).await;
    let roux = app.holder("dr-roux").await;
    let (id, shared) = structure(&app).await;
    let store = &app.state.store;
    let (_, _, mut ines, home) = desk(&app, id, "ines").await;
    let lea = colleague(&app, "lea", shared).await;
    let member = join(&app, id, &lea, false).await;
    store.structure_grant(Actor::COMMAND, id, Subject::Member(member), shared, Some(DelegateRole::Send)).await.unwrap();
    let blob = upload(&lea, &vec![b'a'; LARGE], "application/octet-stream").await;
    let download = format!("/jmap/download/{shared}/{blob}/a.bin");
    // A message that waits.
    let email = draft(&lea, &[&roux.login], "Trop tard").await;
    let later = json!({"envelope": {"mailFrom": {"email": lea.login, "parameters": {"HOLDFOR": "3600"}},
        "rcptTo": [{"email": roux.login}]}});
    assert!(submit(&lea, &email, later).await["created"]["s"].is_object());
    let (mut streams, mut downloads) = (Vec::new(), Vec::new());
    for server in [app.address, other] {
        streams.push(begun(server, "/jmap/events?types=*&closeafter=no&ping=0", &lea).await);
        downloads.push(begun(server, &download, &lea).await);
    }
    app.clock.advance_ms(1);
    let who = member.to_string();
    let gone = ines.post(&home, &[("op", "depart"), ("membre", who.as_str())]).await;
    assert_eq!(gone.location(), format!("{home}?dit=structure-departed"), "{}", gone.text());
    let authorization = lea.authorization();
    let headers = [("Authorization", authorization.as_str())];
    for server in [app.address, other] {
        let page = http_client::send(server, "GET", &format!("/courrier/{shared}"), &headers, b"").await;
        assert_eq!(page.status, 404);
        let session = http_client::send(server, "GET", "/jmap/session", &headers, b"").await.json();
        assert!(session["accounts"].as_object().unwrap().is_empty(), "{session}");
    }
    for stream in streams {
        rest(stream).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for download in downloads {
        assert!(rest(download).await < LARGE / 2, "it went on after the departure");
    }
    // A second time there is nothing to end.
    assert_eq!(ines.post(&home, &[("op", "depart"), ("membre", who.as_str())]).await.status, 404);
    app.clock.advance_ms(2 * 3_600_000);
    outbox::run(&app.state).await.unwrap();
    assert!(inbox(&app, &roux).await.is_empty(), "what was queued does not leave");
    // The operator knows at once, in a message that is sealed; the letter names nobody.
    let told = app.post.letter("astreinte@pli.example", 0).await;
    assert!(told.contains("departure") && !told.contains("lea"), "{told}");
    let queue = store.support_list(false, 10).await.unwrap();
    assert!(
        queue.len() == 1
            && queue[0].kind == "departure"
            && queue[0].text.text.contains(&format!("a quitté Hôpital (FINESS {FINESS})")),
        "{queue:?}"
    );
    assert!(app.post.letter(&ordinary("lea"), 0).await.contains("ne faites plus partie"));
}

async fn the_last_administrator_names_a_successor(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, shared) = structure(&app).await;
    let (_, first, mut ines, home) = desk(&app, id, "ines").await;
    let lea = app.staff("lea").await;
    app.password(&lea).await;
    let next = join(&app, id, &lea, false).await;
    let (first, next) = (first.to_string(), next.to_string());
    let page = ines.get(&format!("{home}/personne/{first}")).await.text();
    assert!(page.contains("Qui administre ensuite"), "{page}");
    for fields in [
        vec![("op", "depart"), ("membre", first.as_str())],
        vec![("op", "depart"), ("membre", first.as_str()), ("successeur", first.as_str())],
        vec![("op", "demettre"), ("membre", first.as_str())],
    ] {
        let refused = ines.post(&home, &fields).await;
        assert!(refused.status == 422 && refused.text().contains("dernière personne"), "{fields:?} {}", refused.text());
    }
    let gone = ines.post(&home, &[("op", "depart"), ("membre", first.as_str()), ("successeur", next.as_str())]).await;
    assert_eq!(gone.location(), "/compte/structure?dit=structure-departed", "{}", gone.text());
    assert_eq!(ines.get(&home).await.status, 404);
    // Who comes after accepts the purposes first.
    assert!(app.post.letter(&ordinary("lea"), 0).await.contains("nommé"));
    let mut lea_page = app.browser();
    lea_page.sign_in(&lea, "lea").await;
    assert_eq!(lea_page.get(&home).await.status, 404);
    let list = lea_page.get("/compte/structure").await.text();
    assert!(list.contains("On vous propose d’administrer") && list.contains("Échanges du service"), "{list}");
    let structure = id.to_string();
    let without = lea_page.post("/compte/structure", &[("op", "accepter"), ("structure", structure.as_str())]).await;
    assert_eq!(without.status, 422);
    let take = [("op", "accepter"), ("structure", structure.as_str()), ("finalite", "oui")];
    assert_eq!(lea_page.post("/compte/structure", &take).await.location(), format!("{home}?dit=structure-administers"));
    assert_eq!(lea_page.get(&home).await.status, 200);
    let member = app.state.store.memberships(lea.person).await.unwrap()[0].id;
    assert_eq!(app.state.store.structure_purposes(id, member).await.unwrap(), [shared]);
}

async fn a_member_leaves_by_themself(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_SUPPORT__NOTIFY", "astreinte@pli.example")]).await;
    let (id, shared) = structure(&app).await;
    let (_, first, mut ines, home) = desk(&app, id, "ines").await;
    let lea = app.staff("lea").await;
    app.password(&lea).await;
    let member = join(&app, id, &lea, false).await;
    let (store, of) = (&app.state.store, id.to_string());
    store.structure_grant(Actor::COMMAND, id, Subject::Member(member), shared, Some(DelegateRole::Send)).await.unwrap();
    let leave = [("op", "quitter"), ("structure", of.as_str())];
    // A program's token is no fresh proof; who is no member leaves nothing.
    let body = format!("op=quitter&structure={of}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let software = lea.send("POST", "/compte/structure", &headers, body.as_bytes()).await;
    assert!(software.status == 303 && software.location().starts_with("/compte/confirmer"), "{}", software.location());
    let stranger = app.holder("dr-roux").await;
    app.password(&stranger).await;
    let mut other = app.browser();
    other.sign_in(&stranger, "dr-roux").await;
    assert_eq!(other.post("/compte/structure", &leave).await.status, 404);
    assert_eq!(allowed(&lea, shared).await, DelegateRole::Send.actions());
    let mut page = app.browser();
    page.sign_in(&lea, "lea").await;
    assert!(page.get("/compte/structure").await.text().contains("Quitter Hôpital"));
    app.clock.advance_ms(1);
    assert_eq!(page.post("/compte/structure", &leave).await.location(), "/compte/structure?dit=structure-gone-by-self");
    assert!(allowed(&lea, shared).await.is_empty());
    assert_eq!(page.post("/compte/structure", &leave).await.status, 404, "there is nothing left to leave");
    // Traced to her; told to who administers, to the operator and to her.
    let rows = store.traces(Chain::Person(lea.person), Class::Functional, 0, 1000).await.unwrap();
    let left = rows.iter().filter(|row| row.kind == "structure-departure");
    assert_eq!(left.map(|row| row.person).collect::<Vec<_>>(), [Some(lea.person)]);
    app.post.told(&ordinary("ines"), "quitté votre structure d’elle-même", 1).await;
    app.post.told(&ordinary("lea"), "ne faites plus partie", 1).await;
    assert!(app.post.letter("astreinte@pli.example", 0).await.contains("departure"));
    // Who administers alone names somebody first: the page says where, and the act is refused.
    assert!(ines.get("/compte/structure").await.text().contains("désigne qui administre ensuite"));
    let refused = ines.post("/compte/structure", &leave).await;
    assert!(refused.status == 422 && refused.text().contains("choisissez qui administre ensuite"), "{}", refused.text());
    assert_eq!(ines.get(&home).await.status, 200);
    assert_eq!(store.structure_member(id, first).await.unwrap().state, store::organisations::State::Active);
}

async fn the_review_asks_reminds_and_suspends(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, shared) = structure(&app).await;
    let store = &app.state.store;
    let (ines_user, first, _, home) = desk(&app, id, "ines").await;
    let (lea, hugo) = (colleague(&app, "lea", shared).await, colleague(&app, "hugo", shared).await);
    let mut members = Vec::new();
    for user in [&lea, &hugo] {
        let member = join(&app, id, user, false).await;
        store.structure_grant(Actor::COMMAND, id, Subject::Member(member), shared, Some(DelegateRole::Sort)).await.unwrap();
        members.push(member.to_string());
    }
    assert_eq!(review::run(&app.state).await.unwrap(), 0, "a year has to pass");
    app.clock.advance_ms(366 * DAY);
    assert_eq!(review::run(&app.state).await.unwrap(), 1);
    assert_eq!(review::run(&app.state).await.unwrap(), 0, "asked once");
    let mail = ordinary("ines");
    // The first letter was a code.
    app.post.told(&mail, "revue annuelle", 1).await;
    let mut ines = app.browser();
    ines.sign_in(&ines_user, "ines").await;
    let reviewed = format!("{home}/revue");
    let page = ines.get(&reviewed).await.text();
    assert!(page.contains("geriatrie@ch.mssante.example") && page.contains("À confirmer"), "{page}");
    let confirm = async |ines: &mut Browser<'_>, field: &str, id: &str| {
        ines.post(&reviewed, &[("op", "confirmer"), (field, id)]).await
    };
    assert_eq!(confirm(&mut ines, "membre", &members[0]).await.location(), format!("{reviewed}?dit=review-confirmed"));
    // Who comes in meanwhile is no question.
    let late = colleague(&app, "nadia", shared).await;
    join(&app, id, &late, false).await;
    for _ in 0..3 {
        app.clock.advance_ms(8 * DAY);
        assert_eq!(review::run(&app.state).await.unwrap(), 1, "reminded");
    }
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Sort.actions(), "the time of grace is not over");
    app.clock.advance_ms(8 * DAY);
    assert_eq!(review::run(&app.state).await.unwrap(), 1);
    assert_eq!(review::run(&app.state).await.unwrap(), 0);
    // The BAL itself was not confirmed: nobody opens it.
    assert!(allowed(&lea, shared).await.is_empty() && allowed(&hugo, shared).await.is_empty());
    assert!(store.support_list(false, 10).await.unwrap().iter().any(|one| one.kind == "review"));
    for (count, words) in [(3, "attend encore"), (1, "sont suspendus")] {
        app.post.told(&mail, words, count).await;
    }
    let mut ines = app.browser();
    ines.sign_in(&ines_user, "ines").await;
    assert!(ines.get(&reviewed).await.text().contains("Suspendu"));
    confirm(&mut ines, "boite", &shared.to_string()).await;
    assert_eq!(allowed(&lea, shared).await, DelegateRole::Sort.actions(), "she was confirmed in time");
    assert!(allowed(&hugo, shared).await.is_empty(), "he was not");
    confirm(&mut ines, "membre", &members[1]).await;
    assert_eq!(allowed(&hugo, shared).await, DelegateRole::Sort.actions());
    assert_eq!(confirm(&mut ines, "membre", "h0000000000001").await.status, 404);
    let account = shared.to_string();
    let mut fields =
        [("op", "responsable"), ("boite", account.as_str()), ("responsable", "Dr Leroy"), ("rpps", "99736020374")];
    assert_eq!(ines.post(&reviewed, &fields).await.status, 422);
    fields[3].1 = "99736020373";
    assert_eq!(ines.post(&reviewed, &fields).await.location(), format!("{reviewed}?dit=review-charge"));
    assert_eq!(store.structure_box(shared).await.unwrap().unwrap().charge.professional, "Dr Leroy");
    confirm(&mut ines, "membre", &first.to_string()).await;
    let over = store.review_latest(id).await.unwrap().unwrap();
    assert!(over.closed_at.is_some() && over.waiting() == 0, "{over:?}");
    assert_eq!(confirm(&mut ines, "membre", &members[0]).await.status, 422, "it is over");
    let report = ines.get(&format!("{home}/revue.csv")).await;
    assert_eq!(report.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<String> = report.text().trim().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 1 + 1 + 3, "{lines:?}");
    assert!(lines[1].contains("geriatrie@ch.mssante.example") && lines[1].contains("99736020373"), "{lines:?}");
    assert!(lines.iter().skip(1).all(|line| line.contains("Confirmé") && line.contains("ines")), "{lines:?}");
    // A year later a BAL is needed no more, and somebody left meanwhile.
    app.clock.advance_ms(366 * DAY);
    assert_eq!(review::run(&app.state).await.unwrap(), 1);
    app.post.letter(&mail, 8).await;
    let mut ines = app.browser();
    ines.sign_in(&ines_user, "ines").await;
    ines.post(&home, &[("op", "depart"), ("membre", members[1].as_str())]).await;
    let unneeded = ines.post(&reviewed, &[("op", "inutile"), ("boite", account.as_str())]).await;
    assert_eq!(unneeded.location(), format!("{reviewed}?dit=review-unneeded"));
    assert!(allowed(&lea, shared).await.is_empty());
    let text = ines.get(&format!("{home}/revue.csv")).await.text();
    assert_eq!(text.matches("Retiré").count(), 2, "{text}");
}

async fn who_does_not_administer_sees_no_page(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, _) = structure(&app).await;
    let (ines, _, mut desk_page, home) = desk(&app, id, "ines").await;
    let lea = app.staff("lea").await;
    app.password(&lea).await;
    join(&app, id, &lea, false).await;
    let mut lea_page = app.browser();
    lea_page.sign_in(&lea, "lea").await;
    for path in ["", "/revue", "/logiciels"] {
        let path = format!("{home}{path}");
        assert_eq!(desk_page.get(&path).await.status, 200, "{path}");
        assert_eq!(lea_page.get(&path).await.status, 404, "{path}");
        // An application password does not administer.
        assert_eq!(ines.get(&path).await.status, 404, "{path}");
        assert_eq!(
            desk_page.post(&path, &[("op", "autre")]).await.status,
            if path.ends_with("logiciels") { 404 } else { 400 }
        );
        assert_eq!(lea_page.post(&path, &[("op", "autre")]).await.status, 404);
    }
    // Nobody comes into a structure twice, nor names what is not theirs.
    let typed = TypedMember { who: lea.login.clone(), name: "Léa".into(), function: "x".into(), admin: false };
    let twice = organisation::invite(&app.state, Actor::COMMAND, id, &typed).await;
    assert!(matches!(twice.err(), Some(organisation::OrganisationError::Field { code: "structure-already", .. })));
    let martin = app.holder("dr-martin").await;
    let foreign = martin.account().to_string();
    let member = app.state.store.memberships(lea.person).await.unwrap()[0].id.to_string();
    let fields = [("op", "droit"), ("membre", member.as_str()), ("boite", foreign.as_str()), ("role", "read")];
    assert_ne!(desk_page.post(&home, &fields).await.status, 303);
    assert!(allowed(&lea, martin.account()).await.is_empty());
}

/// What each of these people should be able to do, reckoned on paper.
#[derive(Default)]
struct Paper {
    there: [Option<MemberId>; 3],
    own: [[Option<DelegateRole>; 2]; 3],
    inside: [[bool; 2]; 3],
    group: [[Option<DelegateRole>; 2]; 2],
    open: [bool; 2],
}

impl Paper {
    fn actions(&self, who: usize, account: usize) -> &'static [Action] {
        if self.there[who].is_none() || !self.open[account] {
            return &[];
        }
        let by_groups = (0..2).filter(|group| self.inside[who][*group]).map(|group| self.group[group][account]);
        by_groups.chain([self.own[who][account]]).flatten().max().map_or(&[], DelegateRole::actions)
    }
}

async fn rights_follow_the_structure(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (id, first) = structure(&app).await;
    let (store, by) = (&app.state.store, Actor::COMMAND);
    let second = organisation::open_box(&app.state, by, id, &typed_box("urgences@ch.mssante.example")).await.unwrap();
    let boxes = [first, second];
    let people = [app.staff("lea").await, app.staff("hugo").await, app.holder("dr-roux").await];
    let mut groups: Vec<GroupId> = Vec::new();
    for name in ["A", "B"] {
        groups.push(store.structure_group_create(by, id, name.into()).await.unwrap());
    }
    let roles =
        [None, Some(DelegateRole::Read), Some(DelegateRole::Draft), Some(DelegateRole::Send), Some(DelegateRole::Manage)];
    let mut dice = Dice(20_261_122);
    let mut paper = Paper { open: [true; 2], ..Paper::default() };
    for step in 0..60 {
        let (who, group, account) = (dice.below(3) as usize, dice.below(2) as usize, dice.below(2) as usize);
        let role = dice.of(&roles);
        match (dice.below(8), paper.there[who]) {
            (_, None) => paper.there[who] = Some(join(&app, id, &people[who], false).await),
            (0 | 1, Some(member)) => {
                store.structure_grant(by, id, Subject::Member(member), boxes[account], role).await.unwrap();
                paper.own[who][account] = role;
            }
            (2 | 3, _) => {
                store.structure_grant(by, id, Subject::Group(groups[group]), boxes[account], role).await.unwrap();
                paper.group[group][account] = role;
            }
            (4 | 5, Some(member)) => {
                let inside = !paper.inside[who][group];
                store.structure_group_put(by, id, groups[group], member, inside).await.unwrap();
                paper.inside[who][group] = inside;
            }
            (6, Some(member)) => {
                assert!(store.structure_depart(by, id, member, None).await.unwrap().is_some());
                assert!(store.structure_depart(by, id, member, None).await.unwrap().is_none());
                (paper.there[who], paper.own[who], paper.inside[who]) = (None, [None; 2], [false; 2]);
            }
            _ => {
                paper.open[account] = !paper.open[account];
                store.structure_box_suspend(by, (id, boxes[account]), !paper.open[account]).await.unwrap();
            }
        }
        if dice.below(3) == 0 {
            app.clock.advance_ms(dice.of(&[1, 1000, DAY]));
        }
        for (who, person) in people.iter().enumerate() {
            for (at, account) in boxes.iter().enumerate() {
                assert_eq!(allowed(person, *account).await, paper.actions(who, at), "step {step}, person {who}, box {at}");
            }
        }
        let own = people[2].account();
        assert_eq!(allowed(&people[2], own).await, Action::ALL, "one's own stays");
    }
    let listed = ok(&people[2], "Mailbox/get", json!({"accountId": people[2].account(), "ids": null})).await;
    assert!(!listed["list"].as_array().unwrap().is_empty());
}
