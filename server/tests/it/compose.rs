//! The composer's form as it is posted without JavaScript: once is once, and nothing typed is lost.

use serde_json::json;
use server::service::outbox;
use store::{emails::EmailRow, mailboxes::Role, query, testing::Engine};
use wire::id::AccountId;

use crate::{
    harness::{Browser, TestApp, User},
    http_client::Answer,
    jmap::ok,
};

crate::on_both! {
    a_form_posted_twice_sends_once
    posts_at_the_same_time_send_once
    a_refused_form_comes_back_with_everything
    a_file_too_large_is_named_and_nothing_else_lost
    a_state_is_compared_within_the_write
    the_product_is_configuration
}

async fn writer<'a>(app: &'a TestApp) -> (User<'a>, User<'a>, Browser<'a>) {
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    app.password(&martin).await;
    let mut browser = app.browser();
    browser.sign_in(&martin, "dr-martin").await;
    (martin, roux, browser)
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> Option<String> {
    let at = page.find(&format!("name=\"{name}\""))?;
    let tag = &page[page[..at].rfind('<')?..at + page[at..].find('>')?];
    Some(tag.split("value=\"").nth(1)?.split('"').next()?.to_owned())
}

async fn drawn(browser: &mut Browser<'_>, account: AccountId) -> String {
    let page = browser.get(&format!("/courrier/{account}/ecrire")).await;
    assert_eq!(page.status, 200);
    hidden(&page.text(), "form").filter(|id| id.len() == 43).expect("the form has an id")
}

async fn post(browser: &mut Browser<'_>, account: AccountId, fields: &[(&str, &str)]) -> Answer {
    let account = account.to_string();
    browser.post("/courrier/faire", &[&[("account", account.as_str())], fields].concat()).await
}

async fn folder(app: &TestApp, account: AccountId, role: Role) -> Vec<EmailRow> {
    let store = &app.state.store;
    let mailbox = store.mailbox_by_role(account, role).await.unwrap().unwrap();
    let query = query::Query {
        filter: query::Filter::InMailbox(mailbox),
        sort: query::Sort { by: query::SortBy::ReceivedAt, ascending: false },
        collapse_threads: false,
        window: query::Window::Position(0),
        limit: 50,
        calculate_total: false,
    };
    let found = store.email_query(account, &query).await.unwrap();
    store.emails(account, &found.ids).await.unwrap()
}

async fn a_form_posted_twice_sends_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, mut browser) = writer(&app).await;
    let account = martin.account();
    let form = drawn(&mut browser, account).await;
    let fields = [("op", "send"), ("form", &form), ("to", &roux.login), ("subject", "Une fois"), ("text", "Bonjour")];
    for _ in 0..3 {
        let answer = post(&mut browser, account, &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(answer.location().contains("dit=sending"), "{}", answer.location());
    }
    assert_eq!(folder(&app, account, Role::Sent).await.len(), 1);
    assert!(folder(&app, account, Role::Drafts).await.is_empty());
    app.clock.advance_ms(20_000);
    outbox::run(&app.state).await.unwrap();
    assert_eq!(folder(&app, roux.account(), Role::Inbox).await.len(), 1);
    // Another drawing of the form is another message.
    let other = drawn(&mut browser, account).await;
    assert_ne!(other, form);
    post(&mut browser, account, &[&[("op", "send"), ("form", &other)], &fields[2..]].concat()).await;
    assert_eq!(folder(&app, account, Role::Sent).await.len(), 2);
}

async fn posts_at_the_same_time_send_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, mut browser) = writer(&app).await;
    let account = martin.account();
    // Once a message of its own, once a draft that was saved.
    for round in 1..=2 {
        let form = drawn(&mut browser, account).await;
        let mut fields = vec![("form", form.as_str()), ("to", &roux.login), ("subject", "Ensemble"), ("text", "Bonjour")];
        let draft;
        if round == 2 {
            let saved = post(&mut browser, account, &[&[("op", "save")], &fields[..]].concat()).await;
            let page = browser.get(saved.location()).await.text();
            (draft, fields[0].1) =
                (hidden(&page, "draft").unwrap(), Box::leak(hidden(&page, "form").unwrap().into_boxed_str()));
            fields.push(("draft", &draft));
        }
        fields.push(("op", "send"));
        let mut others: Vec<Browser<'_>> = (0..4).map(|_| app.browser()).collect();
        others.iter_mut().for_each(|other| other.cookies = browser.cookies.clone());
        let posts = others.iter_mut().map(|other| post(other, account, &fields));
        for answer in futures::future::join_all(posts).await {
            assert_eq!(answer.status, 303, "{}", answer.text());
            assert!(answer.location().contains("dit=sending"), "{}", answer.location());
        }
        assert_eq!(folder(&app, account, Role::Sent).await.len(), round);
        assert!(folder(&app, account, Role::Drafts).await.is_empty());
    }
    app.clock.advance_ms(20_000);
    outbox::run(&app.state).await.unwrap();
    assert_eq!(folder(&app, roux.account(), Role::Inbox).await.len(), 2);
}

async fn a_refused_form_comes_back_with_everything(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, mut browser) = writer(&app).await;
    let account = martin.account();
    let cases = [
        // What no header can hold, an address outside, nobody at all.
        (format!("{}, pas une adresse", roux.login), "pas une adresse"),
        (format!("{}, quelqu-un@ailleurs.example", roux.login), "quelqu-un@ailleurs.example"),
        (String::new(), "Ajoutez au moins un destinataire."),
    ];
    for (to, said) in cases {
        let form = drawn(&mut browser, account).await;
        let fields = [("op", "send"), ("form", &form), ("to", &to), ("subject", "Gardé"), ("text", "Ligne 1\r\n<b>Ligne 2")];
        let answer = post(&mut browser, account, &fields).await;
        let page = answer.text();
        assert_eq!(answer.status, 422, "{page}");
        // (Whether `>` is written as a character reference is the renderer's choice.)
        let page = page.replace("&gt;", ">");
        for needed in [said, "value=\"Gardé\"", "Ligne 1\n&lt;b>Ligne 2", "field-error"] {
            assert!(page.contains(needed), "{needed} is missing in {page}");
        }
        assert!(!page.contains("type=\"module\""), "a page that is not at its address runs no program");
        let (again, draft) = (hidden(&page, "form").unwrap(), hidden(&page, "draft").unwrap());
        assert_ne!(again, form);
        // What could be kept is a draft already; corrected, the form is sent, once.
        assert_eq!(folder(&app, account, Role::Drafts).await.len(), 1);
        let fixed = [("op", "send"), ("form", &again), ("draft", &draft), ("to", &roux.login), ("subject", "Gardé")];
        for _ in 0..2 {
            let answer = post(&mut browser, account, &fixed).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
        }
        assert!(folder(&app, account, Role::Drafts).await.is_empty());
    }
    assert_eq!(folder(&app, account, Role::Sent).await.len(), 3);
    // A draft that went elsewhere: what was typed is not lost, and nothing is sent unasked.
    let gone = [("op", "send"), ("form", "unseen"), ("draft", "e0000000000001"), ("to", &roux.login), ("text", "Encore là")];
    let answer = post(&mut browser, account, &gone).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("Encore là"), "{}", answer.text());
    assert_eq!(folder(&app, account, Role::Sent).await.len(), 3);
}

async fn a_file_too_large_is_named_and_nothing_else_lost(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_LIMITS__UPLOAD_OCTETS", "2000")]).await;
    let (martin, roux, mut browser) = writer(&app).await;
    let account = martin.account();
    let form = drawn(&mut browser, account).await;
    let id = account.to_string();
    let fields = [
        ("op", "send"),
        ("account", &*id),
        ("form", &form),
        ("to", &roux.login),
        ("subject", "Gardé"),
        ("text", "Ci-joint"),
    ];
    let mut body: String = fields
        .iter()
        .map(|(name, value)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"))
        .collect();
    for (name, size) in [("grand.txt", 2_001), ("petit.txt", 2_000)] {
        body += &format!(
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{}\r\n",
            "x".repeat(size)
        );
    }
    body += "--b--\r\n";
    let kind = [("Content-Type", "multipart/form-data; boundary=b")];
    let answer = browser.send("POST", "/courrier/faire", &kind, body.as_bytes()).await;
    let page = answer.text();
    assert_eq!(answer.status, 422, "{page}");
    for needed in ["grand.txt", "petit.txt", "value=\"Gardé\"", "Ci-joint", "field-error"] {
        assert!(page.contains(needed), "{needed} is missing in {page}");
    }
    assert!(folder(&app, account, Role::Sent).await.is_empty());
    // The one that was small enough is kept with the draft, and goes with it.
    let (again, draft) = (hidden(&page, "form").unwrap(), hidden(&page, "draft").unwrap());
    let kept = hidden(&page, "attachment").unwrap();
    let rest = [
        ("form", &*again),
        ("draft", &draft),
        ("attachment", &kept),
        ("to", &roux.login),
        ("subject", "Gardé"),
        ("text", "Ci-joint"),
    ];
    assert_eq!(post(&mut browser, account, &[&[("op", "send")], &rest[..]].concat()).await.status, 303);
    let sent = folder(&app, account, Role::Sent).await;
    assert_eq!(sent.len(), 1);
    assert!(sent[0].size > 2_000, "the file is in the message");
}

async fn a_state_is_compared_within_the_write(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let account = martin.account();
    let state = ok(&martin, "Mailbox/get", json!({"accountId": account, "ids": []})).await["state"].clone();
    // Eight at once expect the same state: one writes.
    let calls = (0..8).map(|number| {
        let create =
            json!({"accountId": account, "ifInState": state, "create": {"m": {"name": format!("Dossier {number}")}}});
        martin.jmap("Mailbox/set", create)
    });
    let answers = futures::future::join_all(calls).await;
    let made = answers.iter().filter(|(name, _)| name == "Mailbox/set").count();
    let refused = answers.iter().filter(|(name, error)| name == "error" && error["type"] == "stateMismatch").count();
    assert_eq!((made, refused), (1, 7), "{answers:?}");
    // Several objects of one call are no strangers to each other.
    let state = ok(&martin, "Mailbox/get", json!({"accountId": account, "ids": []})).await["state"].clone();
    let two = json!({"accountId": account, "ifInState": state, "create": {"a": {"name": "A"}, "b": {"name": "B"}}});
    let (_, answer) = martin.jmap("Mailbox/set", two).await;
    assert_eq!(answer["created"].as_object().map(|made| made.len()), Some(2), "{answer}");
}

async fn the_product_is_configuration(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_MSS__PRODUCT", "DEV935997")]).await;
    let (martin, roux, mut browser) = writer(&app).await;
    let form = drawn(&mut browser, martin.account()).await;
    post(&mut browser, martin.account(), &[("op", "send"), ("form", &form), ("to", &roux.login), ("text", "a")]).await;
    app.clock.advance_ms(20_000);
    outbox::run(&app.state).await.unwrap();
    let row = folder(&app, roux.account(), Role::Inbox).await.remove(0);
    let raw = app.state.store.blob_read(roux.account(), &row.blob, None).await.unwrap();
    assert!(String::from_utf8_lossy(&raw).contains("X-MSS-NIL: DEV935997\r\n"));
}
