//! A delegation through its life: seen unused and used, renewed in time, over and offered again; and what is written in the
//! BAL of another bears that BAL's signature.

use serde_json::json;
use server::service::outbox;
use store::testing::Engine;
use wire::{delegation::DelegateRole, portal::Action};

use crate::{
    delegation::{DAY, MINUTE, actor, delegate, invitation, newest, secretary},
    delegation_rights::allowed,
    harness::{TestApp, ordinary},
    jmap::{keep, ok},
    on_both,
};

on_both! {
    the_holder_sees_the_last_use
    a_locum_is_prolonged
    what_is_over_is_offered_again
    the_signature_is_that_of_the_box
    twelve_boxes_keep_their_names
}

async fn the_holder_sees_the_last_use(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let marie = secretary(&app, "marie-petit", &martin).await;
    delegate(&app, &martin, &marie, DelegateRole::Read, (0, 30 * DAY)).await.unwrap();
    let page = async || martin.get("/compte/delegations").await.text();
    let before = page().await;
    assert!(before.contains("Pas encore utilisée") && !before.contains("Dernière utilisation"), "{before}");
    // The holder's own acts are no use of it; hers are, on the day she did them.
    assert_eq!(allowed(&martin, martin.account()).await, Action::ALL);
    assert!(page().await.contains("Pas encore utilisée"));
    app.clock.advance_ms(3 * DAY);
    let used_at = app.state.store.now();
    ok(&marie, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    app.clock.advance_ms(2 * DAY);
    let day = server::clock::local_minutes(used_at, "Europe/Paris");
    let shown = app::format::date::moment(
        app::i18n::Lang::Fr,
        &day,
        &server::clock::local_minutes(app.state.store.now(), "Europe/Paris"),
    );
    let after = page().await;
    assert!(after.contains(&format!("Dernière utilisation {shown}")), "{shown}: {after}");
    assert!(!after.contains("Pas encore utilisée"));
}

async fn a_locum_is_prolonged(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    app.password(&martin).await;
    let id = delegate(&app, &martin, &roux, DelegateRole::Send, (0, 2 * DAY)).await.unwrap().to_string();
    let send = DelegateRole::Send.actions();
    app.clock.advance_ms(2 * DAY - MINUTE);
    assert_eq!(allowed(&roux, martin.account()).await, send);
    let mut desk = app.browser();
    desk.sign_in(&martin, "dr-martin").await;
    let account = martin.account().to_string();
    let now = server::clock::local_minutes(app.state.store.now() + 5 * DAY, "Europe/Paris");
    let last_day = now[..10].to_owned();
    let form = |attested: &'static str| {
        [
            ("op", "changer".to_owned()),
            ("boite", account.clone()),
            ("delegation", id.clone()),
            ("role", "send".into()),
            ("au", last_day.clone()),
            ("atteste", attested.into()),
        ]
    };
    let post = async |desk: &mut crate::harness::Browser<'_>, attested: &'static str| {
        let fields = form(attested);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        desk.post("/compte/delegations", &fields).await
    };
    // Longer is more: it is attested again.
    let refused = post(&mut desk, "").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let done = post(&mut desk, "oui").await;
    assert_eq!(done.location(), "/compte/delegations?dit=delegation-changed", "{}", done.text());
    // Past the first end nothing was interrupted; the last day counts whole, and then it is over.
    for (wait, expected) in [(0, send), (2 * MINUTE, send), (4 * DAY, send), (2 * DAY, &[][..])] {
        app.clock.advance_ms(wait);
        assert_eq!(allowed(&roux, martin.account()).await, expected, "after {wait}");
    }
    // What is over is not prolonged: the page says what to do instead.
    let mut desk = app.browser();
    desk.sign_in(&martin, "dr-martin").await;
    let fields = [
        ("op", "changer"),
        ("boite", &account),
        ("delegation", &id),
        ("role", "send"),
        ("au", "2027-01-15"),
        ("atteste", "oui"),
    ];
    assert_eq!(desk.post("/compte/delegations", &fields).await.status, 422);
    assert!(allowed(&roux, martin.account()).await.is_empty());
    let page = desk.get("/compte/delegations").await.text();
    let again = format!("/compte/delegations/inviter?boite={account}&amp;encore={id}");
    assert!(page.contains(&again) && page.contains("ne se rouvre pas"), "{page}");
}

async fn what_is_over_is_offered_again(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    for user in [&martin, &roux] {
        app.password(user).await;
    }
    let id = delegate(&app, &martin, &roux, DelegateRole::Sort, (0, DAY)).await.unwrap().to_string();
    app.clock.advance_ms(2 * DAY);
    assert!(allowed(&roux, martin.account()).await.is_empty());
    let account = martin.account().to_string();
    let path = format!("/compte/delegations/inviter?boite={account}&encore={id}");
    let mut desk = app.browser();
    desk.sign_in(&martin, "dr-martin").await;
    let form = desk.get(&path).await;
    let text = form.text();
    let selected = text.split("<option").find(|one| one.contains("value=\"sort\"")).unwrap_or_default();
    assert_eq!(form.status, 200);
    assert!(text.contains(&roux.login) && text.contains("Secrétariat") && selected.contains("selected"), "{text}");
    // To another, who holds neither the BAL nor the delegation, nothing is said of it.
    let mut other = app.browser();
    other.sign_in(&roux, "dr-roux").await;
    assert_eq!(other.get(&path).await.status, 404);
    let foreign = format!("/compte/delegations/inviter?boite={}&encore={id}", roux.account());
    assert_eq!(other.get(&foreign).await.status, 404);
    // One act of the holder, one of the person: it goes on.
    let typed = [
        ("boite", account.as_str()),
        ("qui", &roux.login),
        ("nom", "Dr Roux"),
        ("role", "sort"),
        ("motif", "Secrétariat"),
        ("atteste", "oui"),
    ];
    assert_eq!(desk.post("/compte/delegations/inviter", &typed).await.status, 303);
    let (link, _) = invitation(&app, &ordinary("dr-roux"), 0).await;
    let accept = [("op", "accepter"), ("engagement", "oui"), ("signature", "dr-roux")];
    assert_eq!(other.post(&link, &accept).await.status, 303);
    assert_eq!(allowed(&roux, martin.account()).await, DelegateRole::Sort.actions());
}

async fn the_signature_is_that_of_the_box(engine: Engine) {
    const HIS: &str = "Cabinet du Dr Martin, 3 rue des Lilas";
    const HERS: &str = "Dr Roux, clinique du Parc";
    let app = TestApp::new(engine).await;
    let (martin, roux, petit) = (app.holder("dr-martin").await, app.holder("dr-roux").await, app.holder("dr-petit").await);
    delegate(&app, &martin, &roux, DelegateRole::Send, (0, DAY)).await.unwrap();
    for (user, text) in [(&martin, HIS), (&roux, HERS)] {
        app.state.store.identity_sign(actor(user.person), user.account(), text.to_owned()).await.unwrap();
    }
    let account = martin.account();
    let of = async |account| {
        let got = ok(&roux, "Identity/get", json!({"accountId": account, "ids": null})).await;
        got["list"][0]["textSignature"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!((of(account).await.as_str(), of(roux.account()).await.as_str()), (HIS, HERS));
    // The composer of the BAL starts with its signature, and that is what leaves.
    let page = roux.get(&format!("/courrier/{account}/ecrire")).await.text();
    let area = page.split("<textarea").find(|one| one.contains("name=\"text\"")).expect("the message");
    let written = area[area.find('>').unwrap() + 1..].split("</textarea>").next().unwrap().to_owned();
    assert!(written.contains(HIS) && !page.contains(HERS), "{page}");
    let fields = [("to", petit.login.as_str()), ("subject", "Rendez-vous"), ("text", &format!("Bonjour{written}"))]
        .map(|(name, value)| format!("{name}={}", crate::harness::encode(value)))
        .join("&");
    let body = format!("op=send&account={account}&{fields}&retour=/courrier");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let sent = roux.send("POST", "/courrier/faire", &headers, body.as_bytes()).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    app.clock.advance_ms(MINUTE);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(newest(&petit).await["sender"][0]["name"], "dr-roux");
    let query = ok(&petit, "Email/query", json!({"accountId": petit.account()})).await;
    let raw =
        petit.get(&format!("/telecharger/{}/{}/message.eml", petit.account(), query["ids"][0].as_str().unwrap())).await;
    assert!(raw.text().contains(HIS) && !raw.text().contains(HERS), "{}", raw.text());
}

async fn twelve_boxes_keep_their_names(engine: Engine) {
    let app = TestApp::new(engine).await;
    let roux = app.holder("dr-roux").await;
    let mut names = vec!["dr-roux".to_owned()];
    keep(&app, &roux, "Subject: Pour dr-roux\nFrom: a@b.fr\n\na\n").await;
    for at in 0..11 {
        let name = format!("cabinet-{at:02}");
        let holder = app.holder(&name).await;
        app.clock.advance_ms(1000);
        keep(&app, &holder, &format!("Subject: Pour {name}\nFrom: a@b.fr\n\na\n")).await;
        delegate(&app, &holder, &roux, DelegateRole::Sort, (0, DAY)).await.unwrap();
        names.push(name);
    }
    // One page over all of them: each is listed once, and each line names the BAL it lies in.
    let page = roux.get("/courrier/toutes").await.text();
    let lines: Vec<&str> =
        page.split("class=\"boxes-lines\"").nth(1).unwrap().split("</ul>").next().unwrap().split("<li").skip(1).collect();
    assert_eq!(lines.len(), 12, "{page}");
    for name in &names {
        let line = lines.iter().find(|line| line.contains(&format!("Pour {name}<"))).unwrap_or_else(|| panic!("{name}"));
        let badge = line.split("class=\"badge\"").nth(1).unwrap_or_else(|| panic!("{line}"));
        assert!(badge.split("</span>").next().unwrap().contains(name.as_str()), "{line}");
    }
    // In each of them the switch offers all twelve and says which one is on the screen.
    let me = roux.get("/api/me").await.json();
    let accounts: Vec<String> =
        me["accounts"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(accounts.len(), 12);
    for account in &accounts {
        let first = roux.get(&format!("/courrier/{account}")).await;
        let screen = roux.get(first.location()).await.text();
        for other in &accounts {
            let link = format!("href=\"/courrier/{other}\"");
            let tag = screen.split('<').find(|tag| tag.contains(&link)).unwrap_or_else(|| panic!("{other}: {screen}"));
            assert_eq!(tag.contains("aria-current=\"true\""), other == account, "{tag}");
        }
    }
}
