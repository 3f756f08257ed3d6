//! Nothing readable at rest: unique words sent in subject, body, attachment, file name and addresses are found in no
//! file of the data directory, no table and no log line, in plain, base64, quoted-printable or gzip.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use server::{jobs::notifications, service::outbox};
use store::testing::Engine;
use wire::portal::Notifications;

use crate::{
    harness::{User, ordinary},
    jmap::{calls, ok, upload},
    on_both,
    relay_in::{Open, letter},
    submission::{draft, submit},
};

on_both! {
    nothing_is_readable_at_rest
}

/// Words that stand nowhere else.
const CANARIES: [&str; 10] = [
    "zorbalique",
    "quixomane",
    "vertigopax",
    "plumzadore",
    "kravitelle",
    "obsidraque",
    "wexolphine",
    "trombiludon",
    "glavixote",
    "mirliquole",
];

/// A patient's number, and it stands nowhere else.
const MATRICULE: &str = "185072A00412388";

/// A patient is entered, written to, answers, opposes, is looked at and looked for: all that could let a matricule out.
async fn the_patient(open: &Open, martin: &User<'_>) {
    let app = &open.app;
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let base = format!("/courrier/{}/patients", martin.account());
    let typed = format!(
        "matricule={MATRICULE}&nature=nir&nom=PAT-CANARI&prenoms=ZEPHYRINE&naissance=1985-07-01&sexe=M&lieu=2A004&qualifiee=oui"
    );
    let wrong = typed.replace("12388", "12389");
    assert_eq!(martin.send("POST", &format!("{base}/ajouter"), &form, wrong.as_bytes()).await.status, 422);
    let added = martin.send("POST", &format!("{base}/ajouter"), &form, typed.as_bytes()).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let here = added.location().split('?').next().unwrap().to_owned();
    assert!(!here.to_uppercase().contains(MATRICULE), "{here}");
    let address = format!("{MATRICULE}@patient.mssante.fr");
    let email = draft(martin, &[&address], "Canari").await;
    assert!(submit(martin, &email, json!({})).await["created"]["s"].is_object());
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let sent =
        ok(martin, "Email/get", json!({"accountId": martin.account(), "ids": [email], "properties": ["messageId"]})).await;
    let id = sent["list"][0]["messageId"][0].as_str().unwrap();
    let wishes = Notifications { email: true, rhythm: "now".into(), ..Notifications::default() };
    app.state.store.notifications_set(martin.person, wishes).await.unwrap();
    let answer = format!(
        "From: {address}\r\nTo: x@y.fr\r\nSubject: Re\r\nMessage-ID: <can@mes>\r\nIn-Reply-To: <{id}>\r\n\r\nINS {MATRICULE}"
    );
    assert_eq!(open.hand_over(&address, &martin.login, &answer).await.code, 250);
    assert_eq!(
        open.hand_over(&address, &martin.login, &answer.replace(id, "never@x").replace("can@", "no@")).await.code,
        550
    );
    let found = ok(martin, "Email/query", json!({"accountId": martin.account(), "filter": {"text": MATRICULE}})).await;
    assert_eq!(found["ids"], json!([]), "nobody is looked for by their INS");
    let offered = ok(martin, "Correspondent/query", json!({"accountId": martin.account(), "text": "zeph"})).await;
    assert_eq!(offered["list"][0]["card"]["kind"], "patient", "{offered}");
    let by_number = ok(martin, "Correspondent/query", json!({"accountId": martin.account(), "text": "185072"})).await;
    assert_eq!(by_number["list"], json!([]), "{by_number}");
    assert_eq!(notifications::run(&app.state).await.unwrap(), 1, "that the patient answered is told");
    let check = json!({"accountId": martin.account(), "addresses": [address]});
    assert_eq!(ok(martin, "Recipient/check", check).await["list"][0]["email"], address);
    let templates = json!({"accountId": martin.account(), "email": address});
    assert_eq!(ok(martin, "PatientTemplate/query", templates).await["list"], json!([]));
    for path in
        [here.clone(), base.clone(), format!("{here}/ecrire"), format!("{base}/registre.csv"), format!("{here}/dossier.csv")]
    {
        assert_eq!(martin.get(&path).await.status, 200, "{path}");
    }
    let noted =
        martin.send("POST", &here, &form, b"op=noter&genre=opposition&date=2026-11-20&moyen=oral&canal=courrier").await;
    assert_eq!(noted.status, 303, "{}", noted.text());
    let refused = submit(martin, &draft(martin, &[&address], "Refus").await, json!({})).await;
    assert_eq!(refused["notCreated"]["s"]["type"], "patient-opposed", "{refused}");
}

/// Keeps every line that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn nothing_is_readable_at_rest(engine: Engine) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone()).finish();
    // Other tests of this process log there too: they write none of these words.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let open = Open::new(engine, &[]).await;
    let app = &open.app;
    let [subject, body, file_word, file_name, sender, correspondent, folder, stranger, told, note] = CANARIES;
    let (martin, roux) = (app.holder(sender).await, app.holder("dr-roux").await);
    let account = martin.account();
    let drafts = ok(&martin, "Mailbox/set", json!({"accountId": account, "create": {"f": {"name": folder}}})).await["created"]["f"]["id"].as_str().unwrap().to_owned();
    let large = format!("{file_word} ").repeat(20_000);
    let blob = upload(&martin, large.as_bytes(), "text/plain").await;
    let object = json!({
        "mailboxIds": {&drafts: true}, "keywords": {"$draft": true}, "from": [{"email": martin.login}],
        "to": [{"name": correspondent, "email": roux.login}], "subject": format!("{subject} é"),
        "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": format!("{body} à vous")}},
        "attachments": [{"blobId": blob, "type": "text/plain", "name": format!("{file_name}.txt"), "disposition": "attachment"}],
    });
    let identity = ok(&martin, "Identity/get", json!({"accountId": account, "ids": null})).await["list"][0]["id"].clone();
    let sent = calls(&martin, json!([
        ["Email/set", {"accountId": account, "create": {"d": object}}, "0"],
        ["EmailSubmission/set", {"accountId": account, "create": {"s": {"identityId": identity, "emailId": "#d"}}}, "1"],
        ["Search/set", {"accountId": account, "create": {"s": {"words": format!("{subject} {body}"), "field": "text"}}}, "2"],
        ["Email/query", {"accountId": account, "filter": {"text": body}}, "3"],
    ])).await;
    assert!(sent[1][1]["created"]["s"].is_object(), "{sent}");
    assert_eq!(sent[3][1]["ids"].as_array().unwrap().len(), 1);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    // From another operator: taken, and refused for want of such a BAL.
    let from = format!("{stranger}@autre.mssante.example");
    let unknown = format!("{stranger}@medecin.mssante.example");
    for (to, code) in [(roux.login.as_str(), 250), (unknown.as_str(), 550)] {
        assert_eq!(open.hand_over(&from, to, &letter(&from, told, told, told)).await.code, code);
    }
    let received = ok(&roux, "Email/query", json!({"accountId": roux.account(), "filter": {"text": subject}})).await;
    let id = received["ids"][0].as_str().unwrap().to_owned();
    let get = json!({"accountId": roux.account(), "ids": [id], "properties": ["threadId"]});
    let thread = ok(&roux, "Email/get", get).await["list"][0]["threadId"].clone();
    let written = json!({"accountId": roux.account(), "create": {"n": {"threadId": thread, "text": note}}});
    assert!(ok(&roux, "Note/set", written).await["created"]["n"].is_object());
    the_patient(&open, &martin).await;
    app.post.told(&ordinary(sender), "Un message vous attend", 1).await;
    let letters = app.post.letters(&ordinary(sender));
    for named in [MATRICULE, "PAT-CANARI", "ZEPHYRINE", told, body] {
        assert!(
            letters.iter().all(|letter| !letter.text.to_uppercase().contains(&named.to_uppercase())),
            "{named} in a notification"
        );
    }
    roux.get(&format!("/telecharger/{}/{id}/message.eml", roux.account())).await;
    roux.get(&format!("/courrier/{}/{id}?x={subject}", roux.account())).await;

    let mut places = Vec::new();
    files(app.folder(), &mut places);
    if engine == Engine::Postgres {
        let dump = tokio::process::Command::new("pg_dump")
            .arg(&app.test_store.database)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let text = String::from_utf8_lossy(&dump.stdout).into_owned();
        let bytes: Vec<u8> = hex_columns(&text).concat();
        places.push(("dump".into(), dump.stdout));
        places.push(("bytea of the dump".into(), bytes));
    }
    places.push(("log".into(), log.0.lock().unwrap().clone()));
    assert!(places.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000, "the scan saw too little");
    for (place, bytes) in &places {
        for canary in CANARIES.iter().copied().chain([MATRICULE, "PAT-CANARI", "ZEPHYRINE"]) {
            for (form, needle) in forms(canary) {
                assert!(!contains(bytes, &needle), "{canary} is readable in {place} ({form})");
            }
        }
        for inflated in members(bytes) {
            assert!(
                CANARIES.iter().all(|canary| !contains(&inflated, canary.as_bytes())),
                "{place} holds a word compressed"
            );
        }
    }
    // The scan sees what is there.
    assert!(contains(large.as_bytes(), file_word.as_bytes()));
}

fn files(folder: &Path, out: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push((path.display().to_string(), fs::read(&path).unwrap())) }
    }
}

/// What stands compressed by gzip: chance makes the mark of one, so each is tried.
fn members(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts = bytes.windows(4).enumerate().filter(|(_, w)| w.starts_with(b"\x1f\x8b\x08") && w[3] < 0x20);
    let inflate = |(at, _): (usize, &[u8])| {
        let mut child = std::process::Command::new("gzip")
            .arg("-dc")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let piece = bytes[at..].to_vec();
        std::thread::spawn(move || input.write_all(&piece));
        child.wait_with_output().unwrap().stdout
    };
    starts.map(inflate).collect()
}

/// `bytea` stands in a dump as `\x…`.
fn hex_columns(dump: &str) -> Vec<Vec<u8>> {
    let pieces = dump.split("\\\\x").skip(1);
    let digits = pieces.map(|piece| piece.bytes().take_while(u8::is_ascii_hexdigit).collect::<Vec<_>>());
    digits
        .map(|d| d.chunks_exact(2).map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap()).collect())
        .collect()
}

/// The word in plain, in base64 at each of the three alignments, in quoted-printable with every letter escaped, in
/// UTF-16 and reversed.
fn forms(word: &str) -> Vec<(String, Vec<u8>)> {
    let mut forms = vec![("plain".to_owned(), word.as_bytes().to_vec())];
    for shift in 0..3 {
        let coded = STANDARD.encode([&b"   "[..shift], word.as_bytes()].concat());
        // The characters at both ends depend on the neighbours.
        forms.push((format!("base64 +{shift}"), coded.as_bytes()[(shift * 8).div_ceil(6)..word.len() * 8 / 6].to_vec()));
    }
    let escaped: String = word.bytes().map(|b| format!("={b:02X}")).collect();
    forms.push(("quoted-printable".into(), escaped.into_bytes()));
    forms.push(("utf-16".into(), word.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms.push(("upper case".into(), word.to_uppercase().into_bytes()));
    forms
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
