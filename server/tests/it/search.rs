//! Search over what is encrypted: words in any order, without accents, by their beginnings, in all fields or one.

use serde_json::{Value, json};
use store::testing::Engine;

use crate::{
    harness::{TestApp, User},
    jmap::{calls, keep, ok},
    on_both,
};

on_both! {
    words_are_found
    searches_are_saved_and_marked
}

async fn found(user: &User<'_>, filter: Value) -> (Vec<String>, u64) {
    let answer =
        ok(user, "Email/query", json!({"accountId": user.account(), "filter": filter, "calculateTotal": true})).await;
    let ids = answer["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    (ids, answer["total"].as_u64().unwrap())
}

async fn words_are_found(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let one = keep(&app, &user, "From: \"Dr Léa Roux\" <lea.roux@ch.mssante.example>\nTo: x@y.fr\nCc: copie@z.fr\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: Résultats d'hémoglobine\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGlycémie à jeun: 1,26\n").await;
    let two =
        keep(&app, &user, "From: b@b.fr\nDate: Fri, 2 Jan 2026 00:00:00 +0000\nSubject: glycemie de Mme Roux\n\nrien\n")
            .await;
    assert_eq!(found(&user, json!({"text": "roux GLYC"})).await, (vec![two.clone(), one.clone()], 2));
    assert_eq!(found(&user, json!({"text": "hemoglob jeun"})).await, (vec![one.clone()], 1));
    assert_eq!(found(&user, json!({"from": "roux"})).await, (vec![one.clone()], 1));
    assert_eq!(found(&user, json!({"subject": "roux"})).await, (vec![two.clone()], 1));
    assert_eq!(found(&user, json!({"body": "glycemie"})).await, (vec![one.clone()], 1));
    assert_eq!(found(&user, json!({"cc": "copie"})).await, (vec![one.clone()], 1));
    assert_eq!(found(&user, json!({"to": "copie"})).await.1, 0);
    assert_eq!(found(&user, json!({"text": "globine"})).await.1, 0);
    assert_eq!(
        found(&user, json!({"operator": "NOT", "conditions": [{"text": "hemoglobine"}]})).await,
        (vec![two.clone()], 1)
    );
    ok(&user, "Email/set", json!({"accountId": user.account(), "destroy": [two]})).await;
    assert_eq!(found(&user, json!({"text": "roux"})).await, (vec![one], 1));
}

async fn searches_are_saved_and_marked(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, other) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    keep(&app, &user, "From: a@b.fr\nSubject: <b>Hémoglobine</b>\n\nDosage de l'hemoglobine glyquee\n").await;
    let account = user.account();
    let save = |words: &str| {
        let (user, words) = (&user, words.to_owned());
        async move {
            ok(user, "Search/set", json!({"accountId": account, "create": {"s": {"words": words, "field": "text"}}})).await
        }
    };
    let id = save("hemo").await["created"]["s"]["id"].clone();
    assert_eq!(save(" hemo ").await["created"]["s"]["id"], id);
    assert_eq!(save(" , ").await["notCreated"]["s"]["type"], "invalidProperties");
    let answers = calls(&user, json!([
        ["Search/get", {"accountId": account, "ids": [id]}, "0"],
        ["Core/echo", {"#f": {"resultOf": "0", "name": "Search/get", "path": "/list/0/filter"}}, "1"],
        ["Email/query", {"accountId": account, "#filter": {"resultOf": "0", "name": "Search/get", "path": "/list/0/filter"}}, "2"],
        ["SearchSnippet/get", {"accountId": account, "#filter": {"resultOf": "0", "name": "Search/get", "path": "/list/0/filter"},
            "#emailIds": {"resultOf": "2", "name": "Email/query", "path": "/ids"}}, "3"],
    ])).await;
    assert_eq!(answers[0][1]["list"][0]["words"], "hemo");
    let snippet = &answers[3][1]["list"][0];
    assert_eq!(snippet["subject"], "&lt;b&gt;<mark>Hémo</mark>globine&lt;/b&gt;");
    assert_eq!(snippet["preview"], "Dosage de l'<mark>hemo</mark>globine glyquee");
    // A saved search of one BAL is nothing in another.
    let foreign = ok(&other, "Search/get", json!({"accountId": other.account(), "ids": [id]})).await;
    assert_eq!(foreign["notFound"], json!([id]));
}
