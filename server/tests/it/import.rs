//! `pli import`: mbox, Maildir and .eml, beside a running server; again and killed in the middle, nothing is lost or
//! doubled; what is damaged is kept whole and named without its subject.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use serde_json::json;
use store::testing::Engine;

use crate::{
    harness::TestApp,
    jmap::{calls, ok},
    on_both,
    process::Pli,
    submission::inbox,
};

on_both! {
    all_forms_are_imported_once
    killing_it_loses_and_doubles_nothing
    progress_is_shown_on_a_terminal
}

fn write_maildir(root: &Path) {
    for folder in ["cur", "new", ".Envoy&AOk-s/cur", ".Patients.Mme X/cur"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(
        root.join("new/1.host"),
        "From: a@b.fr\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: neuf\nMessage-ID: <1@x>\n\nx\n",
    )
    .unwrap();
    fs::write(
        root.join("cur/2.host:2,FRS"),
        "From: a@b.fr\nDate: Fri, 2 Jan 2026 00:00:00 +0000\nSubject: Re: neuf\nIn-Reply-To: <1@x>\n\nx\n",
    )
    .unwrap();
    fs::write(root.join(".Envoy&AOk-s/cur/3.host:2,S"), "From: m@b.fr\nSubject: parti\n\nx\n").unwrap();
    fs::write(root.join(".Patients.Mme X/cur/4.host:2,S"), "From: m@b.fr\nSubject: suivi\n\nx\n").unwrap();
}

async fn all_forms_are_imported_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let source = app.folder().join("source");
    write_maildir(&source.join("maildir"));
    let mbox = "From a@b.fr Thu Jan  1 00:00:00 2026\nFrom: a@b.fr\nSubject: boite 1\nStatus: O\n\nun\n>From ici\n\n\
        From a@b.fr Fri Jan  2 00:00:00 2026\nFrom: a@b.fr\nSubject: boite 2\nStatus: RO\nX-Status: F\n\ndeux\n";
    fs::write(source.join("a.mbox"), mbox).unwrap();
    fs::write(source.join("b.eml"), b"From: a@b.fr\r\nSubject: seul\r\n\r\n\xff\xfe\r\n").unwrap();
    fs::write(source.join("broken.eml"), b"SECRETSUBJECT no header at all\r\nx").unwrap();
    let run = || async {
        let pli = Pli::new(&app);
        let output = pli.command(&["import", "--account", &user.login, source.to_str().unwrap()]).output().await.unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, text) = run().await;
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("imported: 8, there already: 0, damaged: 1") && text.contains("broken.eml"), "{text}");
    assert!(!text.contains("SECRETSUBJECT"), "{text}");
    let (_, again) = run().await;
    assert!(again.contains("imported: 0, there already: 8"), "{again}");
    let mut subjects = inbox(&app, &user).await;
    subjects.sort();
    assert_eq!(subjects, ["", "Re: neuf", "boite 1", "boite 2", "neuf", "seul"]);
    let boxes = ok(&user, "Mailbox/get", json!({"accountId": user.account(), "ids": null})).await;
    let named = |name: &str| boxes["list"].as_array().unwrap().iter().find(|m| m["name"] == name).cloned();
    let sent = boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "sent").unwrap();
    assert_eq!(sent["totalEmails"], 1);
    assert_eq!(named("Mme X").unwrap()["parentId"], named("Patients").unwrap()["id"]);
    let answer = calls(&user, json!([
        ["Email/query", {"accountId": user.account(), "filter": {"subject": "neuf"}, "sort": [{"property": "receivedAt"}]}, "0"],
        ["Email/get", {"accountId": user.account(), "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["threadId", "keywords"]}, "1"],
        ["Email/query", {"accountId": user.account(), "filter": {"hasKeyword": "$flagged"}}, "2"],
    ])).await;
    let list = answer[1][1]["list"].as_array().unwrap();
    assert_eq!(list[0]["threadId"], list[1]["threadId"]);
    assert_eq!(
        (&list[0]["keywords"], &list[1]["keywords"]),
        (&json!({}), &json!({"$flagged": true, "$answered": true, "$seen": true}))
    );
    assert_eq!(answer[2][1]["ids"].as_array().unwrap().len(), 2);
    let (code, text) = {
        let pli = Pli::new(&app);
        let o = pli.command(&["import", "--account", "none@b.fr", source.to_str().unwrap()]).output().await.unwrap();
        (o.status.code(), String::from_utf8_lossy(&o.stderr).into_owned())
    };
    assert!(code == Some(1) && text.contains("none@b.fr"), "{text}");
}

async fn killing_it_loses_and_doubles_nothing(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let source = app.folder().join("big.mbox");
    // The ledger: every message of the file, by its subject.
    let mut text = String::new();
    let filler = "Compte rendu de consultation, résultats et traitement en cours.\n".repeat(120);
    let expected: BTreeMap<String, usize> = (0..400).map(|n| (format!("numero {n}"), 1)).collect();
    for n in 0..400 {
        text.push_str(&format!("From a@b.fr Thu Jan  1 00:00:00 2026\nFrom: a@b.fr\nDate: Thu, 1 Jan 2026 00:{:02}:{:02} +0000\nSubject: numero {n}\nMessage-ID: <{n}@x>\n\n{n}\n{filler}\n", n / 60, n % 60));
    }
    fs::write(&source, text).unwrap();
    let arguments = ["import", "--account", user.login.as_str(), source.to_str().unwrap()];
    let mut interrupted = false;
    for wait in [150, 400, 900] {
        let mut child = Pli::new(&app).command(&arguments).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        // The running server goes on answering beside the import.
        assert_eq!(user.get("/jmap/session").await.status, 200);
        interrupted |= child.try_wait().unwrap().is_none();
        let _ = child.start_kill();
        child.wait().await.unwrap();
    }
    assert!(interrupted, "the import was never in the middle of its work");
    let output = Pli::new(&app).command(&arguments).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for subject in inbox(&app, &user).await {
        *counted.entry(subject).or_default() += 1;
    }
    assert_eq!(counted, expected);
}

async fn progress_is_shown_on_a_terminal(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let source = app.folder().join("some.mbox");
    let letter = |n: usize| {
        format!("From a@b.fr Thu Jan  1 00:00:00 2026\nFrom: a@b.fr\nSubject: {n}\nMessage-ID: <{n}@x>\n\n{n}\n\n")
    };
    fs::write(&source, (0..150).map(letter).collect::<String>()).unwrap();
    // `script` (bsdutils, which every Debian has) gives the program a terminal.
    let line = format!("{} import --account {} {}", env!("CARGO_BIN_EXE_pli"), user.login, source.display());
    let output = Pli::new(&app).run("script", &["-qec", &line, "/dev/null"]).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("/150") && text.contains("imported: 150"), "{text}");
    // Without one only the sum is printed.
    let output =
        Pli::new(&app).command(&["import", "--account", &user.login, source.to_str().unwrap()]).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "imported: 0, there already: 150, damaged: 0\n");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("/150"));
}
