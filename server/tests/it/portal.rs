//! The public pages: open to everyone, in both languages, without script; the form to support and its queue.

use std::collections::BTreeSet;

use server::http::{
    cookies::COOKIES,
    routes::{Access, Kind, ROUTES},
};
use store::{Actor, Chain, testing::Engine, traces::Class};

use crate::{harness::TestApp, on_both};

on_both! {
    public_pages_load_no_script_and_no_wasm
    only_cookies_of_the_table_are_set
    messages_reach_the_queue
}

const CONTACTS: &str =
    "Assistance // Support | questions | support@pli.example | 01 02 03 04 05 | lun-ven 09:00-18:00, Astreinte | | | | 24/7";

const PAGES: [&str; 12] = [
    "/",
    "/aide",
    "/configurations",
    "/securite",
    "/mentions-legales",
    "/confidentialite",
    "/patients",
    "/cookies",
    "/accessibilite",
    "/etat",
    "/cgu",
    "/contact",
];

async fn public_pages_load_no_script_and_no_wasm(engine: Engine) {
    let settings = [
        ("PLI_SUPPORT__CONTACTS", CONTACTS),
        ("PLI_LEGAL__EDITOR", "Opérateur // Operator"),
        ("PLI_LEGAL__PROCESSORS", "Hébergeur | hébergement // hosting | France"),
        ("PLI_MAINTENANCE__TEXT", "Nouvelle base // New database"),
        ("PLI_MAINTENANCE__FROM", "2026-12-01T22:00"),
    ];
    let app = TestApp::with(engine, &settings).await;
    let martin = app.holder("dr-martin").await;
    for path in PAGES {
        let declared = ROUTES.iter().find(|route| route.method == "GET" && route.path == path).unwrap();
        assert_eq!((declared.kind, declared.access), (Kind::Page, Access::Public), "{path}");
        for (lang, banner) in [("fr", "Intervention prévue à partir du mardi 1er décembre"), ("en", "Work planned from")]
        {
            let answer = app.send("GET", path, &[("Accept-Language", lang)], b"").await;
            let (text, name) = (answer.text(), path);
            assert_eq!(answer.status, 200, "{name}");
            assert!(text.contains(&format!("<html lang=\"{lang}\"")), "{name}");
            assert!(!text.contains("<script") && !text.contains(".wasm"), "{name} loads a script");
            assert!(text.contains(banner), "{name} has no banner");
            for link in
                ["/aide", "/cgu", "/cookies", "/confidentialite", "/mentions-legales", "/accessibilite", "/contact", "/etat"]
            {
                assert!(text.contains(&format!("href=\"{link}\"")), "{name} has no link to {link}");
            }
        }
    }
    // The mail pages say it too, for both passes.
    let inbox = format!("/courrier/{}/{}", martin.account(), app.inbox(martin.account()).await);
    let mail = martin.get(&inbox).await.text();
    assert!(mail.contains("data-banner=\"Intervention") && mail.contains("class=\"site-banner\""));
    // Sunday: the first contact is closed until Monday morning, the other never.
    let contact = app.send("GET", "/contact", &[("Accept-Language", "fr")], b"").await.text();
    assert!(contact.contains("ouvre lundi 23 novembre 2026 à 09:00"), "{contact}");
    assert!(contact.contains("Joignable à toute heure") && contact.contains("lundi à vendredi"), "{contact}");
    let legal = app.send("GET", "/mentions-legales", &[("Accept-Language", "en")], b"").await.text();
    assert!(legal.contains("Operator") && legal.contains("hosting") && legal.contains("To be completed"), "{legal}");
    let template = app.send("GET", "/patients/modele.rtf", &[], b"").await;
    assert!(template.header("content-type") == Some("application/rtf") && template.text().starts_with("{\\rtf1"));
    let status = app.send("GET", "/etat", &[("Accept-Language", "fr")], b"").await.text();
    assert!(status.contains("Tout fonctionne") && status.contains("Aucun message n’attend"), "{status}");
}

async fn only_cookies_of_the_table_are_set(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    app.password(&martin).await;
    let mut browser = app.browser();
    browser.sign_in(&martin, "dr-martin").await;
    browser.post("/connexion", &[("login", &martin.login), ("password", crate::harness::PASSWORD)]).await;
    browser.post("/compte/preferences", &[("language", "en")]).await;
    let set: BTreeSet<&str> = browser.cookies.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<&str> = COOKIES.iter().map(|cookie| cookie.name).collect();
    assert!(set.len() >= 3 && set.is_subset(&known), "{set:?} {known:?}");
    let page = app.send("GET", "/cookies", &[], b"").await.text();
    for cookie in COOKIES {
        assert!(page.contains(&format!("<th scope=\"row\">{}<", cookie.name)), "{page}");
        assert!(cookie.name.starts_with("__Host-"));
    }
    assert!(server::http::cookies::set("__Host-autre", "x", 1).is_err());
}

async fn messages_reach_the_queue(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_SUPPORT__NOTIFY", "support@pli.example")]).await;
    let mut browser = app.browser();
    let text = "Quelqu'un m'a téléphoné\npour mon code <b>";
    let typed = [
        ("kind", "identifiants"),
        ("name", "Claire Martin"),
        ("reply_to", "claire@orange"),
        ("address", "claire.martin@medecin.mssante.example"),
        ("text", text),
    ];
    let refused = browser.post("/contact", &typed).await;
    assert_eq!(refused.status, 422);
    let page = refused.text();
    assert!(page.contains("value=\"Claire Martin\"") && page.contains("pour mon code &lt;b&gt;</textarea>"), "{page}");
    assert!(page.contains("aria-invalid=\"true\"") && page.contains("<option value=\"identifiants\" selected"), "{page}");
    let mut right = typed;
    right[2].1 = "claire@orange.example";
    let sent = browser.post("/contact", &right).await;
    assert!(sent.status == 303 && sent.location().starts_with("/contact?motif=identifiants&envoi="), "{}", sent.location());
    let reference = sent.location().rsplit('=').next().unwrap().to_owned();
    let page = browser.get(sent.location()).await.text();
    assert!(page.contains(&reference) && page.contains("changez-le maintenant"), "{page}");
    assert!(!browser.get("/contact?envoi=%3Cscript%3E").await.text().contains("Référence"));
    let robot =
        browser.post("/contact", &[("name", "x"), ("reply_to", "x@y.fr"), ("text", "x"), ("website", "http://spam")]).await;
    assert_eq!(robot.status, 422);

    let store = &app.state.store;
    let list = store.support_list(false, 10).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].reference(), list[0].kind.as_str(), list[0].priority), (reference.clone(), "credentials", 3));
    assert_eq!((list[0].text.text.as_str(), list[0].text.lang.as_str(), list[0].person), (text, "fr", None));
    let question = [("kind", "question"), ("name", "A"), ("reply_to", "a@b.fr"), ("text", "?")];
    let mut last = 0;
    for _ in 0..6 {
        last = browser.post("/contact", &question).await.status;
    }
    assert_eq!(last, 429, "a flood from one network is slowed down");
    let list = store.support_list(false, 10).await.unwrap();
    assert!(list.len() == 5 && list[0].kind == "credentials", "the pressing one comes first");
    store.support_read(Actor::COMMAND, list[0].id).await.unwrap();
    store.support_close(Actor::COMMAND, list[0].id).await.unwrap();
    assert!(store.support_close(Actor::COMMAND, list[0].id).await.is_err());
    assert_eq!(store.support_list(false, 10).await.unwrap().len(), 4);
    let traces = store.traces(Chain::Process, Class::Functional, 0, 100).await.unwrap();
    let count = |kind: &str| traces.iter().filter(|trace| trace.kind == kind).count();
    assert_eq!((count("support-write"), count("support-read"), count("support-close")), (5, 1, 1));
    for _ in 0..100 {
        if !app.post.letters("support@pli.example").is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let told = app.post.letters("support@pli.example");
    assert!(told.len() == 1 && told[0].text.contains(&reference) && !told[0].text.contains("Claire"), "{told:?}");
    app.clock.advance_ms(400 * 86_400_000);
    assert_eq!(store.prune_support(store.now() - 1).await.unwrap(), 1);
}
