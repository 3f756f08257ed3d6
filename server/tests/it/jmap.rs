//! The JMAP core: session, request errors, back-references, creation ids, `/get`, `/set`, `/changes` of the mail types.

use serde_json::{Value, json};
use store::testing::Engine;
use wire::portal::Action;

use crate::{
    harness::{TestApp, User},
    http_client::Answer,
    on_both,
};

on_both! {
    the_session_says_what_there_is
    requests_are_refused_as_the_rfc_says
    calls_refer_to_earlier_answers
    methods_fail_by_name
    folders_live
    messages_are_written_read_and_changed
    bodies_are_taken_apart
    drafts_are_refused_by_property
    lists_are_paged_both_ways
    changes_add_up
    rights_decide_by_account
    uploads_are_imported_and_copied
}

pub const USING: [&str; 5] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:pli:mail",
    "urn:pli:team",
];

/// Posts a request and gives the whole answer.
pub async fn post(user: &User<'_>, body: &Value) -> Answer {
    user.json("POST", "/jmap", body.clone()).await
}

/// Several calls; answers all responses as JSON.
pub async fn calls(user: &User<'_>, calls: Value) -> Value {
    let answer = post(user, &json!({"using": USING, "methodCalls": calls})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["methodResponses"].clone()
}

/// One call that succeeds.
pub async fn ok(user: &User<'_>, method: &str, arguments: Value) -> Value {
    let (name, answer) = user.jmap(method, arguments).await;
    assert_eq!(name, method, "{answer}");
    answer
}

/// One call that fails; its error's name.
async fn fails(user: &User<'_>, method: &str, arguments: Value) -> String {
    let (name, answer) = user.jmap(method, arguments).await;
    assert_eq!(name, "error", "{answer}");
    answer["type"].as_str().unwrap().to_owned()
}

/// Keeps a plain message in the inbox; its id.
pub async fn keep(app: &TestApp, user: &User<'_>, raw: &str) -> String {
    let raw = raw.replace('\n', "\r\n");
    let uploaded = upload(user, raw.as_bytes(), "message/rfc822").await;
    let inbox = app.inbox(user.account()).await;
    let import = json!({"m": {"blobId": uploaded, "mailboxIds": {inbox.to_string(): true}}});
    let answer = ok(user, "Email/import", json!({"accountId": user.account(), "emails": import})).await;
    answer["created"]["m"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Uploads; the blob's id.
pub async fn upload(user: &User<'_>, content: &[u8], kind: &str) -> String {
    let path = format!("/jmap/upload/{}", user.account());
    let answer = user.send("POST", &path, &[("Content-Type", kind)], content).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["size"], content.len());
    answer.json()["blobId"].as_str().unwrap().to_owned()
}

async fn the_session_says_what_there_is(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, secretary) = (app.holder("dr-martin").await, app.staff("secretary").await);
    app.grant(&secretary, &martin, &[Action::Read]).await;
    let session = martin.get("/.well-known/jmap").await.json();
    let account = martin.account().to_string();
    for capability in USING {
        assert!(session["capabilities"][capability].is_object(), "{capability}");
        assert!(
            session["accounts"][&account]["accountCapabilities"][capability].is_object() || capability.ends_with(":core")
        );
    }
    assert_eq!(session["primaryAccounts"]["urn:ietf:params:jmap:mail"], json!(account));
    assert_eq!(session["accounts"][&account]["isPersonal"], true);
    assert_eq!(session["accounts"][&account]["isReadOnly"], false);
    for (url, parts) in [
        ("downloadUrl", vec!["{accountId}", "{blobId}", "{type}", "{name}"]),
        ("uploadUrl", vec!["{accountId}"]),
        ("eventSourceUrl", vec!["{types}", "{closeafter}", "{ping}"]),
    ] {
        assert!(parts.iter().all(|part| session[url].as_str().unwrap().contains(part)), "{url}");
    }
    let of_secretary = secretary.get("/jmap/session").await.json();
    assert_eq!(of_secretary["accounts"][&account]["isReadOnly"], true);
    assert_eq!(of_secretary["accounts"][&account]["isPersonal"], false);
    let before = of_secretary["state"].clone();
    app.grant(&secretary, &martin, &[Action::Sort]).await;
    assert_ne!(secretary.get("/jmap/session").await.json()["state"], before);
    let answer = post(&secretary, &json!({"using": USING, "methodCalls": []})).await.json();
    assert_eq!(answer["sessionState"], secretary.get("/jmap/session").await.json()["state"]);
}

async fn requests_are_refused_as_the_rfc_says(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let kind = |answer: Answer| {
        answer.json()["type"].as_str().unwrap().trim_start_matches("urn:ietf:params:jmap:error:").to_owned()
    };
    let raw = |body: &'static str, media: &'static str| {
        let user = &user;
        async move { user.send("POST", "/jmap", &[("Content-Type", media)], body.as_bytes()).await }
    };
    assert_eq!(kind(raw("{", "application/json").await), "notJSON");
    assert_eq!(kind(raw("{}", "text/plain").await), "notJSON");
    assert_eq!(kind(raw(r#"{"using":[],"using":[],"methodCalls":[]}"#, "application/json").await), "notJSON");
    assert_eq!(kind(raw(r#"{"using":"x","methodCalls":[]}"#, "application/json").await), "notRequest");
    let unknown = post(&user, &json!({"using": ["urn:example:none"], "methodCalls": []})).await;
    assert_eq!((unknown.status, kind(unknown)), (400, "unknownCapability".into()));
    let many: Vec<Value> = (0..65).map(|n| json!(["Core/echo", {}, n.to_string()])).collect();
    let answer = post(&user, &json!({"using": USING, "methodCalls": many})).await;
    assert_eq!(answer.json()["limit"], "maxCallsInRequest");
    assert_eq!(kind(answer), "limit");
    assert_eq!(
        app.send("POST", "/jmap", &[("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")], b"{}")
            .await
            .status,
        401
    );
    let only_core =
        post(&user, &json!({"using": [USING[0]], "methodCalls": [["Mailbox/get", {"accountId": user.account()}, "a"]]}))
            .await;
    assert_eq!(only_core.json()["methodResponses"][0][1]["type"], "unknownMethod");
}

async fn calls_refer_to_earlier_answers(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let echo = calls(&user, json!([["Core/echo", {"a": [{"b": 1}, {"b": [2, 3]}]}, "x"], ["Core/echo", {"#c": {"resultOf": "x", "name": "Core/echo", "path": "/a/*/b"}}, "y"]])).await;
    assert_eq!(echo[1], json!(["Core/echo", {"c": [1, 2, 3]}, "y"]));
    let broken = calls(&user, json!([["Core/echo", {}, "x"], ["Core/echo", {"#c": {"resultOf": "x", "name": "Core/echo", "path": "/no"}}, "y"], ["Core/echo", {"c": 1, "#c": {"resultOf": "x", "name": "Core/echo", "path": ""}}, "z"]])).await;
    assert_eq!(
        (broken[1][1]["type"].clone(), broken[2][1]["type"].clone()),
        (json!("invalidResultReference"), json!("invalidArguments"))
    );
    let first = keep(&app, &user, "From: a@b.fr\nSubject: un\nMessage-ID: <1@x>\n\nun\n").await;
    let second = keep(&app, &user, "From: a@b.fr\nSubject: Re: un\nIn-Reply-To: <1@x>\nMessage-ID: <2@x>\n\ndeux\n").await;
    let chain = calls(&user, json!([
        ["Email/query", {"accountId": account, "collapseThreads": true, "calculateTotal": true}, "0"],
        ["Email/get", {"accountId": account, "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["threadId"]}, "1"],
        ["Thread/get", {"accountId": account, "#ids": {"resultOf": "1", "name": "Email/get", "path": "/list/*/threadId"}}, "2"],
        ["Email/get", {"accountId": account, "#ids": {"resultOf": "2", "name": "Thread/get", "path": "/list/*/emailIds"}, "properties": ["subject"]}, "3"],
    ])).await;
    assert_eq!(chain[0][1]["total"], 1);
    assert_eq!(chain[0][1]["ids"], json!([second]));
    assert_eq!(chain[3][1]["list"], json!([{"id": first, "subject": "un"}, {"id": second, "subject": "Re: un"}]));
    // Creation ids go from call to call and come back when asked for.
    let made = post(&user, &json!({"using": USING, "createdIds": {}, "methodCalls": [
        ["Mailbox/set", {"accountId": account, "create": {"b": {"name": "Enfant", "parentId": "#a"}, "a": {"name": "Parent", "parentId": null}}}, "0"],
        ["Email/set", {"accountId": account, "create": {"e": {"mailboxIds": {"#b": true}, "subject": "x"}}}, "1"],
        ["Email/get", {"accountId": account, "ids": ["#e"], "properties": ["mailboxIds"]}, "2"],
    ]})).await.json();
    let child = made["createdIds"]["b"].as_str().unwrap();
    assert_eq!(made["methodResponses"][2][1]["list"][0]["mailboxIds"], json!({child: true}), "{made}");
}

async fn methods_fail_by_name(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, other) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let account = user.account();
    assert_eq!(fails(&user, "Nothing/get", json!({})).await, "unknownMethod");
    assert_eq!(fails(&user, "Email/get", json!({"ids": []})).await, "invalidArguments");
    assert_eq!(fails(&user, "Email/get", json!({"accountId": account, "ids": "x"})).await, "invalidArguments");
    assert_eq!(
        fails(&user, "Email/get", json!({"accountId": account, "ids": [], "properties": ["nothing"]})).await,
        "invalidArguments"
    );
    assert_eq!(fails(&user, "Email/get", json!({"accountId": other.account(), "ids": []})).await, "accountNotFound");
    assert_eq!(fails(&user, "Email/get", json!({"accountId": "unknown", "ids": []})).await, "accountNotFound");
    let many: Vec<String> = (0..501).map(|n| format!("e{n}")).collect();
    assert_eq!(fails(&user, "Email/get", json!({"accountId": account, "ids": many})).await, "requestTooLarge");
    assert_eq!(fails(&user, "Email/set", json!({"accountId": account, "destroy": many})).await, "requestTooLarge");
    assert_eq!(fails(&user, "Email/set", json!({"accountId": account, "ifInState": "x"})).await, "stateMismatch");
    assert_eq!(
        fails(&user, "Email/changes", json!({"accountId": account, "sinceState": "x"})).await,
        "cannotCalculateChanges"
    );
    assert_eq!(
        fails(&user, "Email/changes", json!({"accountId": account, "sinceState": "999999"})).await,
        "cannotCalculateChanges"
    );
    assert_eq!(
        fails(&user, "Email/query", json!({"accountId": account, "filter": {"nothing": 1}})).await,
        "unsupportedFilter"
    );
    assert_eq!(
        fails(&user, "Email/query", json!({"accountId": account, "filter": {"before": "yesterday"}})).await,
        "invalidArguments"
    );
    assert_eq!(
        fails(&user, "Email/query", json!({"accountId": account, "sort": [{"property": "nothing"}]})).await,
        "unsupportedSort"
    );
    assert_eq!(
        fails(&user, "Email/query", json!({"accountId": account, "anchor": "e0000000000001"})).await,
        "anchorNotFound"
    );
    assert_eq!(
        fails(&user, "Email/queryChanges", json!({"accountId": account, "sinceQueryState": "1"})).await,
        "cannotCalculateChanges"
    );
    let found = ok(&user, "Email/get", json!({"accountId": account, "ids": ["e0000000000001", "?"]})).await;
    assert_eq!(found["notFound"].as_array().unwrap().len(), 2);
}

async fn folders_live(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let set = |arguments: Value| {
        let mut arguments = arguments;
        arguments["accountId"] = json!(account);
        let user = &user;
        async move { ok(user, "Mailbox/set", arguments).await }
    };
    let all = ok(&user, "Mailbox/get", json!({"accountId": account, "ids": null})).await;
    let roles: Vec<&str> = all["list"].as_array().unwrap().iter().filter_map(|m| m["role"].as_str()).collect();
    assert_eq!(roles.len(), 6, "{roles:?}");
    let made =
        set(json!({"create": {"a": {"name": "Labo"}, "bad": {"name": ""}, "odd": {"name": "x", "color": "red"}}})).await;
    let id = made["created"]["a"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["created"]["a"]["totalEmails"], 0);
    assert_eq!(made["notCreated"]["bad"], json!({"type": "invalidProperties", "properties": ["name"]}));
    assert_eq!(made["notCreated"]["odd"]["properties"], json!(["color"]));
    let twice = set(json!({"create": {"a": {"name": "Labo"}}})).await;
    assert_eq!(twice["notCreated"]["a"]["type"], "invalidProperties", "{twice}");
    let changed =
        set(json!({"update": {&id: {"name": "Laboratoire", "sortOrder": 7}, "m0000000000001": {"name": "x"}}})).await;
    assert_eq!(changed["updated"][&id], Value::Null);
    assert!(changed["updated"].as_object().unwrap().contains_key(&id), "{changed}");
    assert_eq!(changed["notUpdated"]["m0000000000001"]["type"], "notFound");
    let child = set(json!({"create": {"c": {"name": "Bio", "parentId": id}}})).await["created"]["c"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        set(json!({"update": {&id: {"parentId": child}}})).await["notUpdated"][&id]["properties"],
        json!(["parentId"])
    );
    assert_eq!(set(json!({"destroy": [id]})).await["notDestroyed"][&id]["type"], "mailboxHasChild");
    let email = ok(
        &user,
        "Email/set",
        json!({"accountId": account, "create": {"e": {"mailboxIds": {&child: true}, "subject": "s"}}}),
    )
    .await;
    let email = email["created"]["e"]["id"].as_str().unwrap().to_owned();
    assert_eq!(set(json!({"destroy": [child]})).await["notDestroyed"][&child]["type"], "mailboxHasEmail");
    let since = ok(&user, "Mailbox/get", json!({"accountId": account, "ids": []})).await["state"].clone();
    ok(&user, "Email/set", json!({"accountId": account, "update": {&email: {"keywords/$seen": true}}})).await;
    let counted = ok(&user, "Mailbox/changes", json!({"accountId": account, "sinceState": since})).await;
    assert_eq!(counted["updated"], json!([child]));
    assert!(counted["updatedProperties"].as_array().unwrap().contains(&json!("unreadEmails")));
    let gone = set(json!({"destroy": [id, child], "onDestroyRemoveEmails": true})).await;
    assert_eq!(gone["destroyed"].as_array().unwrap().len(), 2, "{gone}");
    assert_eq!(ok(&user, "Email/get", json!({"accountId": account, "ids": [email]})).await["notFound"], json!([email]));
    let tree = ok(&user, "Mailbox/query", json!({"accountId": account, "filter": {"hasAnyRole": true}, "sort": [{"property": "name"}], "limit": 2, "calculateTotal": true})).await;
    assert_eq!((tree["ids"].as_array().unwrap().len(), tree["total"].clone()), (2, json!(6)));
}

async fn messages_are_written_read_and_changed(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let inbox = app.inbox(account).await.to_string();
    let draft = json!({
        "mailboxIds": {&inbox: true}, "keywords": {"$draft": true, "$Seen": true},
        "from": [{"name": "Dr Martin", "email": user.login}], "to": [{"name": "Dr Léa \"L\" Roux", "email": "lea@ch.mssante.example"}],
        "subject": "Résultats – bilan", "header:X-Essai:asText": "é", "receivedAt": "2026-01-02T03:04:05Z",
        "textBody": [{"partId": "t", "type": "text/plain"}], "htmlBody": [{"partId": "h", "type": "text/html"}],
        "bodyValues": {"t": {"value": "Bonjour\nà vous"}, "h": {"value": "<p>Bonjour</p>"}},
        "attachments": [{"blobId": upload(&user, b"%PDF-1.4 \x00\xff", "application/pdf").await, "type": "application/pdf", "name": "Compte rendu é.pdf", "disposition": "attachment"}],
    });
    let made = ok(&user, "Email/set", json!({"accountId": account, "create": {"d": draft}})).await;
    let created = &made["created"]["d"];
    let id = created["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let got = ok(&user, "Email/get", json!({"accountId": account, "ids": [id], "fetchAllBodyValues": true, "properties": [
        "subject", "to", "from", "keywords", "mailboxIds", "receivedAt", "sentAt", "messageId", "hasAttachment", "preview", "textBody", "htmlBody",
        "attachments", "bodyValues", "bodyStructure", "size", "blobId", "threadId", "header:X-Essai:asText", "header:Subject", "header:x-none", "header:To:asAddresses:all",
    ], "bodyProperties": ["partId", "blobId", "type", "name", "size", "disposition", "charset"]})).await;
    let email = &got["list"][0];
    assert_eq!((&email["subject"], &email["receivedAt"]), (&json!("Résultats – bilan"), &json!("2026-01-02T03:04:05Z")));
    assert_eq!(email["to"], json!([{"name": "Dr Léa \"L\" Roux", "email": "lea@ch.mssante.example"}]));
    assert_eq!(email["keywords"], json!({"$draft": true, "$seen": true}));
    assert_eq!(
        (&email["hasAttachment"], &email["header:X-Essai:asText"], &email["header:x-none"]),
        (&json!(true), &json!("é"), &Value::Null)
    );
    assert_eq!(email["header:To:asAddresses:all"][0], email["to"]);
    assert_eq!(email["blobId"], created["blobId"]);
    assert_eq!(email["size"], created["size"]);
    assert_eq!(email["messageId"].as_array().unwrap().len(), 1);
    let text = &email["textBody"][0];
    assert_eq!(email["bodyValues"][text["partId"].as_str().unwrap()]["value"], "Bonjour\nà vous");
    assert_eq!(email["htmlBody"][0]["type"], "text/html");
    assert_eq!(email["bodyStructure"]["type"], "multipart/mixed");
    let attachment = &email["attachments"][0];
    assert_eq!((&attachment["name"], &attachment["size"]), (&json!("Compte rendu é.pdf"), &json!(11)));
    let download = user
        .get(&format!("/jmap/download/{account}/{}/a.pdf?accept=application/pdf", attachment["blobId"].as_str().unwrap()))
        .await;
    assert_eq!((download.status, download.body.as_slice()), (200, b"%PDF-1.4 \x00\xff".as_slice()));
    assert_eq!(download.header("content-type"), Some("application/pdf"));
    assert!(download.header("content-disposition").unwrap().starts_with("attachment;"));
    let piece = user
        .send(
            "GET",
            &format!("/telecharger/{account}/{id}/{}", attachment["partId"].as_str().unwrap()),
            &[("Range", "bytes=1-3")],
            b"",
        )
        .await;
    assert_eq!(
        (piece.status, piece.body.as_slice(), piece.header("content-range")),
        (206, b"PDF".as_slice(), Some("bytes 1-3/11"))
    );
    // Patches.
    let since = made["newState"].clone();
    let patched = ok(
        &user,
        "Email/set",
        json!({"accountId": account, "ifInState": since, "update": {
            id: {"keywords/$flagged": true, "keywords/$draft": null},
            "e0000000000001": {"keywords/$seen": true},
        }}),
    )
    .await;
    assert!(patched["updated"].as_object().unwrap().contains_key(id), "{patched}");
    assert_eq!(patched["notUpdated"]["e0000000000001"]["type"], "notFound");
    for (patch, error) in [
        (json!({"keywords": {}, "keywords/$seen": true}), "invalidPatch"),
        (json!({"keywords/a b": true}), "invalidProperties"),
        (json!({"mailboxIds": {}}), "invalidProperties"),
        (json!({"mailboxIds": {"m0000000000001": true}}), "invalidProperties"),
        (json!({"subject": "autre"}), "invalidProperties"),
        (json!({"keywords/$seen/x": true}), "invalidPatch"),
    ] {
        let refused = ok(&user, "Email/set", json!({"accountId": account, "update": {id: patch}})).await;
        assert_eq!(refused["notUpdated"][id]["type"], error, "{patch} {refused}");
    }
    let same = ok(
        &user,
        "Email/set",
        json!({"accountId": account, "update": {id: {"subject": "Résultats – bilan", "keywords/$seen": null}}}),
    )
    .await;
    assert!(same["updated"].as_object().is_some(), "{same}");
    let after = ok(&user, "Email/get", json!({"accountId": account, "ids": [id], "properties": ["keywords"]})).await;
    assert_eq!(after["list"][0]["keywords"], json!({"$flagged": true}));
    let gone = ok(&user, "Email/set", json!({"accountId": account, "destroy": [id, id, "e0000000000001"]})).await;
    assert!(gone["destroyed"].as_array().unwrap().contains(&json!(id)), "{gone}");
    assert_eq!(gone["notDestroyed"]["e0000000000001"]["type"], "notFound");
}

async fn bodies_are_taken_apart(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let raw = "From: \"Dr A\" <a@b.fr>\nSubject: =?utf-8?Q?d=C3=A9j=C3=A0?=\nDate: Thu, 13 Feb 1997 03:04:05 +0100\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=k\n\n--k\nContent-Type: multipart/alternative; boundary=l\n\n--l\nContent-Type: text/plain; charset=iso-8859-1\n\
        Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 long\n--l\nContent-Type: text/html\n\n<p>caf&eacute;</p>\n--l--\n\n--k\nContent-Type: image/png; name=i.png\n\
        Content-Transfer-Encoding: base64\nContent-ID: <i@x>\nX-Part: oui\n\naGVsbG8=\n--k\nContent-Type: message/rfc822\n\nFrom: c@d.fr\nSubject: dedans\n\nla\n--k--\n";
    let id = keep(&app, &user, raw).await;
    let got = ok(&user, "Email/get", json!({"accountId": account, "ids": [id], "fetchTextBodyValues": true, "maxBodyValueBytes": 4,
        "bodyProperties": ["partId", "blobId", "type", "cid", "size", "headers", "header:X-Part:asText"],
        "properties": ["bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues", "sentAt", "subject", "headers"]})).await;
    let email = &got["list"][0];
    assert_eq!((&email["subject"], &email["sentAt"]), (&json!("déjà"), &json!("1997-02-13T03:04:05+01:00")));
    assert_eq!(email["headers"][1], json!({"name": "Subject", "value": " =?utf-8?Q?d=C3=A9j=C3=A0?="}));
    let text = email["textBody"][0]["partId"].as_str().unwrap();
    assert_eq!(email["bodyValues"][text], json!({"value": "caf", "isEncodingProblem": false, "isTruncated": true}));
    assert_eq!(email["bodyStructure"]["partId"], Value::Null);
    assert_eq!(email["bodyStructure"]["subParts"].as_array().unwrap().len(), 3);
    let image = &email["bodyStructure"]["subParts"][1];
    assert_eq!((&image["cid"], &image["size"], &image["header:X-Part:asText"]), (&json!("i@x"), &json!(5), &json!("oui")));
    let inner = email["bodyStructure"]["subParts"][2]["blobId"].clone();
    let parsed = ok(
        &user,
        "Email/parse",
        json!({"accountId": account, "blobIds": [inner, "b0"], "properties": ["subject", "from", "id"]}),
    )
    .await;
    assert_eq!(
        parsed["parsed"][inner.as_str().unwrap()],
        json!({"subject": "dedans", "from": [{"name": null, "email": "c@d.fr"}], "id": null})
    );
    assert_eq!(parsed["notFound"], json!(["b0"]));
    let whole = user.get(&format!("/telecharger/{account}/{id}/message.eml")).await;
    assert_eq!(whole.body, raw.replace('\n', "\r\n").as_bytes());
    let frame = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "same-origin")];
    let shown = user.send("GET", &format!("/corps/{account}/{id}"), &frame, b"").await;
    assert!(shown.status == 200 && shown.text().contains("<p>café</p>"), "{}", shown.text());
    let text = user.send("GET", &format!("/corps/{account}/{id}?vue=texte"), &frame, b"").await;
    assert!(text.text().contains("café long"), "{}", text.text());
    assert_eq!(user.get(&format!("/corps/{account}/{id}")).await.status, 404);
}

async fn drafts_are_refused_by_property(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let inbox = app.inbox(account).await.to_string();
    let refused = |extra: Value| {
        let mut object = json!({"mailboxIds": {&inbox: true}});
        for (name, value) in extra.as_object().unwrap() {
            object[name] = value.clone();
        }
        let user = &user;
        async move {
            let answer = ok(user, "Email/set", json!({"accountId": account, "create": {"d": object}})).await;
            answer["notCreated"]["d"].clone()
        }
    };
    assert_eq!(refused(json!({"mailboxIds": {}})).await["properties"], json!(["mailboxIds"]));
    assert_eq!(refused(json!({"headers": []})).await["properties"], json!(["headers"]));
    assert_eq!(refused(json!({"subject": "a", "header:Subject:asText": "b"})).await["type"], "invalidProperties");
    assert_eq!(refused(json!({"subject": "a\r\nBcc: x@y.fr"})).await["type"], "invalidProperties");
    assert_eq!(refused(json!({"textBody": [{"partId": "1"}]})).await["properties"], json!(["bodyValues"]));
    assert_eq!(
        refused(json!({"textBody": [{"partId": "1", "type": "text/html"}], "bodyValues": {"1": {"value": ""}}})).await["properties"],
        json!(["textBody"])
    );
    assert_eq!(
        refused(json!({"bodyStructure": {"partId": "1"}, "textBody": [{"partId": "1"}]})).await["type"],
        "invalidProperties"
    );
    let missing =
        refused(json!({"attachments": [{"blobId": "b00000000000000000000000000000000", "type": "text/plain"}]})).await;
    assert_eq!(missing, json!({"type": "blobNotFound", "notFound": ["b00000000000000000000000000000000"]}));
    assert_eq!(
        refused(json!({"bodyValues": {"1": {"value": "x", "isTruncated": true}}, "textBody": [{"partId": "1"}]})).await["properties"],
        json!(["bodyValues"])
    );
}

async fn lists_are_paged_both_ways(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let inbox = app.inbox(account).await.to_string();
    let mut ids = Vec::new();
    for n in 0..7 {
        let object = json!({"mailboxIds": {&inbox: true}, "subject": format!("n{n}"), "receivedAt": format!("2026-01-0{}T00:00:00Z", n / 2 + 1)});
        let made = ok(&user, "Email/set", json!({"accountId": account, "create": {"d": object}})).await;
        ids.push(made["created"]["d"]["id"].clone());
    }
    ids.reverse();
    let page = |cursor: Value| {
        let (user, inbox) = (&user, &inbox);
        async move {
            ok(
                user,
                "Email/query",
                json!({"accountId": account, "filter": {"inMailbox": inbox}, "limit": 3, "cursor": cursor}),
            )
            .await
        }
    };
    let first = page(Value::Null).await;
    assert_eq!((&first["ids"], &first["previousCursor"]), (&json!(ids[..3]), &Value::Null));
    let second = page(first["nextCursor"].clone()).await;
    assert_eq!(second["ids"], json!(ids[3..6]));
    // The row at the edge goes away: the place stays.
    ok(&user, "Email/set", json!({"accountId": account, "destroy": [ids[5]]})).await;
    let third = page(second["nextCursor"].clone()).await;
    assert_eq!((&third["ids"], &third["nextCursor"]), (&json!(ids[6..]), &Value::Null));
    assert_eq!(page(second["previousCursor"].clone()).await["ids"], json!(ids[..3]));
    let query = |extra: Value| {
        let mut arguments = json!({"accountId": account, "calculateTotal": true});
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        let user = &user;
        async move { ok(user, "Email/query", arguments).await }
    };
    assert_eq!(query(json!({"position": -2})).await["ids"], json!([ids[4], ids[6]]));
    let anchored = query(json!({"anchor": ids[2], "anchorOffset": -1, "limit": 2})).await;
    assert_eq!((&anchored["ids"], &anchored["position"], &anchored["total"]), (&json!(ids[1..3]), &json!(1), &json!(6)));
    assert_eq!(query(json!({"filter": {"after": "2026-01-03T00:00:00Z"}})).await["total"], 3);
    assert_eq!(
        query(json!({"filter": {"operator": "NOT", "conditions": [{"before": "2026-01-03T00:00:00Z"}]}})).await["total"],
        3
    );
    assert_eq!(
        query(json!({"sort": [{"property": "receivedAt", "isAscending": true}], "limit": 1})).await["ids"],
        json!([ids[6]])
    );
}

async fn changes_add_up(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let account = user.account();
    let state = |kind: &'static str| {
        let user = &user;
        async move { ok(user, &format!("{kind}/get"), json!({"accountId": account, "ids": []})).await["state"].clone() }
    };
    let (emails, threads) = (state("Email").await, state("Thread").await);
    let (a, b) = (keep(&app, &user, "Subject: a\n\na\n").await, keep(&app, &user, "Subject: b\n\nb\n").await);
    let middle = state("Email").await;
    ok(&user, "Email/set", json!({"accountId": account, "update": {&a: {"keywords/$seen": true}}, "destroy": [b]})).await;
    let since = |state: Value| {
        let user = &user;
        async move { ok(user, "Email/changes", json!({"accountId": account, "sinceState": state})).await }
    };
    let all = since(emails.clone()).await;
    assert_eq!((&all["created"], &all["updated"], &all["destroyed"]), (&json!([a]), &json!([]), &json!([])), "{all}");
    let later = since(middle).await;
    assert_eq!(
        (&later["created"], &later["updated"], &later["destroyed"]),
        (&json!([]), &json!([a]), &json!([b])),
        "{later}"
    );
    let one = ok(&user, "Email/changes", json!({"accountId": account, "sinceState": emails, "maxChanges": 1})).await;
    assert!(one["created"].as_array().unwrap().len() <= 1);
    assert_eq!(
        ok(&user, "Thread/changes", json!({"accountId": account, "sinceState": threads})).await["created"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

async fn rights_decide_by_account(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, secretary) = (app.holder("dr-martin").await, app.staff("secretary").await);
    let account = martin.account();
    let id = keep(&app, &martin, "Subject: a\n\na\n").await;
    let mark = json!({"accountId": account, "update": {&id: {"keywords/$seen": true}}});
    assert_eq!(fails(&secretary, "Email/set", mark.clone()).await, "accountNotFound");
    app.grant(&secretary, &martin, &[Action::Read]).await;
    assert_eq!(fails(&secretary, "Email/set", mark.clone()).await, "accountReadOnly");
    assert_eq!(
        ok(&secretary, "Email/get", json!({"accountId": account, "ids": [id]})).await["list"].as_array().unwrap().len(),
        1
    );
    app.grant(&secretary, &martin, &[Action::Draft]).await;
    assert_eq!(ok(&secretary, "Email/set", mark).await["notUpdated"][&id]["type"], "forbidden");
}

async fn uploads_are_imported_and_copied(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    app.grant(&martin, &roux, &[Action::Read, Action::Draft, Action::Sort]).await;
    let inbox = app.inbox(martin.account()).await.to_string();
    let blob = upload(&martin, b"not a message", "message/rfc822").await;
    let emails = json!({
        "a": {"blobId": blob, "mailboxIds": {&inbox: true}},
        "b": {"blobId": "b00000000000000000000000000000000", "mailboxIds": {&inbox: true}},
        "c": {"blobId": blob, "mailboxIds": {}},
    });
    let answer = ok(&martin, "Email/import", json!({"accountId": martin.account(), "emails": emails})).await;
    let kinds: Vec<&Value> = ["a", "b", "c"].iter().map(|k| &answer["notCreated"][*k]["type"]).collect();
    assert_eq!(kinds, [&json!("invalidEmail"), &json!("invalidProperties"), &json!("invalidProperties")], "{answer}");
    let id = keep(&app, &martin, "Subject: copie\n\na\n").await;
    let other = app.inbox(roux.account()).await.to_string();
    let copied = ok(
        &martin,
        "Email/copy",
        json!({"fromAccountId": martin.account(), "accountId": roux.account(),
        "create": {"k": {"id": id, "mailboxIds": {other: true}, "keywords": {"$seen": true}}}}),
    )
    .await;
    let copy = copied["created"]["k"]["id"].as_str().unwrap_or_else(|| panic!("{copied}"));
    let got =
        ok(&roux, "Email/get", json!({"accountId": roux.account(), "ids": [copy], "properties": ["subject", "keywords"]}))
            .await;
    assert_eq!(got["list"][0], json!({"id": copy, "subject": "copie", "keywords": {"$seen": true}}));
    // A blob of one account is nothing in another.
    assert_eq!(roux.get(&format!("/jmap/download/{}/{blob}/x", roux.account())).await.status, 404);
    let large = vec![b'x'; 26 * 1024 * 1024];
    let refused =
        martin.send("POST", &format!("/jmap/upload/{}", martin.account()), &[("Content-Type", "text/plain")], &large).await;
    assert_eq!(refused.status, 413);
}
