//! Team work in a BAL: who has what in hand, notes that never leave, the warning before a double answer, hand-over; and
//! the access log, for those who may read it.

use serde_json::{Value, json};
use server::service::outbox;
use store::{Actor, testing::Engine};
use wire::{limits::ANSWERING_SECONDS, portal::Action};

use crate::{
    events::Stream,
    harness::{TestApp, User, encode},
    http_client::Answer,
    jmap::{keep, ok, post},
    on_both,
    submission::{draft, inbox},
};

on_both! {
    a_conversation_is_given_and_told
    lists_are_narrowed_and_counted
    notes_never_leave
    a_double_answer_is_warned_of
    a_form_warns_once_and_sends_when_it_is_wanted
    everything_in_hand_is_handed_over
    an_answer_wakes_what_waited
    a_conversation_takes_its_work_with_it
    the_log_says_who_did_what
    a_page_for_paper_is_traced
}

/// What a colleague in a shared BAL may do.
const COLLEAGUE: [Action; 4] = [Action::Read, Action::Sort, Action::Draft, Action::Send];

/// A BAL that its holder shares with a colleague and with somebody who may only read.
struct Shared<'a> {
    martin: User<'a>,
    lea: User<'a>,
    reader: User<'a>,
}

impl<'a> Shared<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let (martin, lea, reader) = (app.holder("dr-martin").await, app.staff("lea").await, app.staff("reader").await);
        app.grant(&lea, &martin, &COLLEAGUE).await;
        app.grant(&reader, &martin, &[Action::Read]).await;
        Self { martin, lea, reader }
    }

    /// Arguments about the shared BAL.
    fn about(&self, mut more: Value) -> Value {
        more["accountId"] = json!(self.martin.account());
        more
    }

    async fn ask(&self, who: &User<'_>, method: &str, more: Value) -> Value {
        ok(who, method, self.about(more)).await
    }

    /// The name of the error of a call that fails.
    async fn refused(&self, who: &User<'_>, method: &str, more: Value) -> String {
        let (name, answer) = who.jmap(method, self.about(more)).await;
        assert_eq!(name, "error", "{answer}");
        answer["type"].as_str().unwrap().to_owned()
    }

    /// A message in the inbox; its id and its conversation's.
    async fn mail(&self, app: &TestApp, subject: &str) -> (String, String) {
        let raw = format!(
            "Message-ID: <{subject}@x.example>\nFrom: dr-roux@medecin.mssante.example\nSubject: {subject}\n\nTexte\n"
        );
        let email = keep(app, &self.martin, &raw).await;
        let thread = self.thread(&email).await;
        (email, thread)
    }

    async fn thread(&self, email: &str) -> String {
        let got = self.ask(&self.martin, "Email/get", json!({"ids": [email], "properties": ["threadId"]})).await;
        got["list"][0]["threadId"].as_str().unwrap().to_owned()
    }

    async fn work(&self, who: &User<'_>, thread: &str) -> Value {
        self.ask(who, "Work/get", json!({"ids": [thread]})).await["list"][0].clone()
    }

    /// Changes the work on a conversation; what was refused of it.
    async fn set(&self, who: &User<'_>, thread: &str, change: Value) -> Value {
        self.ask(who, "Work/set", json!({"update": {thread: change}})).await["notUpdated"][thread].clone()
    }

    async fn subjects(&self, filter: Value) -> Vec<String> {
        let found = self.ask(&self.martin, "Email/query", json!({"filter": filter})).await;
        let get = json!({"ids": found["ids"], "properties": ["subject"]});
        let got = self.ask(&self.martin, "Email/get", get).await;
        let mut subjects: Vec<String> =
            got["list"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect();
        subjects.sort();
        subjects
    }
}

async fn a_conversation_is_given_and_told(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let foreign = app.holder("dr-roux").await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let before = shared.ask(martin, "Work/get", json!({"ids": []})).await["state"].clone();
    let mut stream = Stream::open(&app, martin, "types=Work&closeafter=no&ping=0").await;
    // What somebody has in hand is at least to be done.
    assert_eq!(shared.set(lea, &thread, json!({"assigneeId": lea.person})).await, Value::Null);
    let work = shared.work(martin, &thread).await;
    assert_eq!((&work["assigneeName"], &work["state"]), (&json!("lea"), &json!("todo")), "{work}");
    assert!(stream.until("\"Work\":").await);
    let changes = shared.ask(martin, "Work/changes", json!({"sinceState": before})).await;
    assert_eq!(changes["created"], json!([thread]), "{changes}");
    let row = shared.ask(martin, "Email/get", json!({"ids": [email], "properties": ["work"]})).await;
    assert_eq!(row["list"][0]["work"]["assigneeId"], json!(lea.person), "{row}");
    // Only whoever may open the BAL; states are known words; a stale state changes nothing.
    let refused = shared.set(martin, &thread, json!({"assigneeId": foreign.person})).await;
    assert_eq!((&refused["type"], &refused["properties"]), (&json!("invalidProperties"), &json!(["assigneeId"])));
    assert_eq!(shared.set(martin, &thread, json!({"state": "perdu"})).await["type"], "invalidProperties");
    let stale = json!({"ifInState": before, "update": {&thread: {"state": "done"}}});
    assert_eq!(shared.refused(martin, "Work/set", stale).await, "stateMismatch");
    // Rights: the reader sees it and changes nothing; to others there is no such account.
    assert_eq!(shared.work(&shared.reader, &thread).await["assigneeName"], "lea");
    let change = json!({"update": {&thread: {"state": "done"}}});
    assert_eq!(shared.refused(&shared.reader, "Work/set", change.clone()).await, "accountReadOnly");
    assert_eq!(shared.refused(&foreign, "Work/set", change).await, "accountNotFound");
    assert_eq!(shared.work(martin, &thread).await["state"], "todo");
    // By a form, without JavaScript.
    let form = |state: &str| {
        let (account, person) = (martin.account(), martin.person);
        format!("op=work-set&account={account}&thread={thread}&assignee={person}&state={state}&retour=/courrier")
    };
    let done = act(martin, &form("waiting")).await;
    assert_eq!((done.status, done.location()), (303, "/courrier?dit=work-set"), "{}", done.text());
    let work = shared.work(martin, &thread).await;
    assert_eq!((&work["assigneeName"], &work["state"]), (&json!("dr-martin"), &json!("waiting")));
    assert_eq!(act(&shared.reader, &form("done")).await.status, 403);
    // Several at once, from the list: by conversation or by message.
    let (other, second) = shared.mail(&app, "Second").await;
    let several = |to: &str| {
        let account = martin.account();
        format!("op=move&account={account}&thread={thread}&email={other}&to={}&retour=/courrier", encode(to))
    };
    for to in [format!("assignee:{}", lea.person), "state:doing".to_owned()] {
        assert_eq!(act(lea, &several(&to)).await.location(), "/courrier?dit=work-set");
    }
    for thread in [&thread, &second] {
        let work = shared.work(martin, thread).await;
        assert_eq!((&work["assigneeName"], &work["state"]), (&json!("lea"), &json!("doing")), "{work}");
    }
    assert_eq!(act(&shared.reader, &several("state:done")).await.status, 403);
}

async fn act(who: &User<'_>, body: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    who.send("POST", "/courrier/faire", &headers, body.as_bytes()).await
}

async fn lists_are_narrowed_and_counted(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let lea = shared.lea.person;
    let mut threads = Vec::new();
    for subject in ["a", "b", "c", "d"] {
        threads.push(shared.mail(&app, subject).await.1);
    }
    shared.set(&shared.martin, &threads[0], json!({"assigneeId": lea})).await;
    shared.set(&shared.martin, &threads[1], json!({"assigneeId": lea, "state": "done"})).await;
    shared.set(&shared.martin, &threads[2], json!({"state": "waiting"})).await;
    let inside = app.inbox(shared.martin.account()).await;
    let and = |conditions: Value| {
        let mut all = vec![json!({"inMailbox": inside})];
        all.extend(conditions.as_array().unwrap().iter().cloned());
        json!({"operator": "AND", "conditions": all})
    };
    assert_eq!(shared.subjects(json!({"assigneeId": lea})).await, ["a", "b"]);
    assert_eq!(shared.subjects(and(json!([{"assigneeId": lea}, {"workState": "todo"}]))).await, ["a"]);
    assert_eq!(shared.subjects(and(json!([{"assigneeId": null}]))).await, ["c", "d"]);
    assert_eq!(shared.subjects(and(json!([{"workState": null}]))).await, ["d"]);
    let open = json!([{"assigneeId": lea}, {"operator": "NOT", "conditions": [{"workState": "done"}]}]);
    assert_eq!(shared.subjects(and(open)).await, ["a"]);
    // Who does not name the capability has no such conditions.
    let query = json!([["Email/query", shared.about(json!({"filter": {"workState": "done"}})), "0"]]);
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let answer = post(&shared.martin, &json!({"using": using, "methodCalls": query})).await.json();
    assert_eq!(answer["methodResponses"][0][1]["type"], "unsupportedFilter", "{answer}");
    // Counters of the folder know those nobody took care of; those of the BAL do not.
    let counted = shared.ask(&shared.reader, "Work/count", json!({"mailboxId": inside})).await;
    let of = |who: Value, state: Value| {
        let list = counted["list"].as_array().unwrap().iter();
        list.filter(|one| one["assigneeId"] == who && one["state"] == state)
            .map(|one| one["total"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!((of(json!(lea), json!("todo")), of(json!(lea), json!("done"))), (1, 1), "{counted}");
    assert_eq!((of(Value::Null, json!("waiting")), of(Value::Null, Value::Null)), (1, 1), "{counted}");
    let whole = shared.ask(&shared.reader, "Work/count", json!({})).await;
    assert_eq!(whole["list"].as_array().unwrap().len(), 3, "{whole}");
    // The page shows the filter and what it takes.
    let page = shared.martin.get(&format!("/courrier/{}/{inside}?qui={lea}", shared.martin.account())).await.text();
    assert!(page.contains("team-filter") && page.contains(&format!("/courrier/{}/equipe", shared.martin.account())));
    let shows = |thread: &String| page.contains(&format!("data-id=\"{thread}\""));
    assert_eq!(threads.iter().map(shows).collect::<Vec<_>>(), [true, false, false, false], "{page}");
}

async fn notes_never_leave(engine: Engine) {
    const SECRET: &str = "ne-part-jamais";
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let roux = app.holder("dr-roux").await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let create = |text: &str| json!({"create": {"n": {"threadId": thread, "text": text}}});
    let made = shared.ask(lea, "Note/set", create(SECRET)).await;
    let note = made["created"]["n"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let work = shared.work(&shared.reader, &thread).await;
    assert_eq!((&work["noteIds"], &work["noteCount"]), (&json!([note]), &json!(1)));
    let read = shared.ask(&shared.reader, "Note/get", json!({"ids": [note]})).await["list"][0].clone();
    assert_eq!((&read["text"], &read["authorName"], &read["mayDestroy"]), (&json!(SECRET), &json!("lea"), &json!(false)));
    // Who may only read writes none; an empty one is none; nobody changes another's words.
    assert_eq!(shared.refused(&shared.reader, "Note/set", create("x")).await, "accountReadOnly");
    assert_eq!(shared.refused(&roux, "Note/get", json!({"ids": [note]})).await, "accountNotFound");
    assert_eq!(shared.ask(lea, "Note/set", create("  ")).await["notCreated"]["n"]["type"], "invalidProperties");
    let change = json!({"update": {&note: {"text": "autre"}}});
    assert_eq!(shared.ask(martin, "Note/set", change).await["notUpdated"][&note]["type"], "forbidden");
    // Answered, forwarded, downloaded, exported: the note stays.
    let post = |mode: &str, to: &str, text: &str| {
        let (account, to) = (martin.account(), encode(to));
        format!(
            "op=send&account={account}&de={email}&mode={mode}&form={mode}&to={to}&subject=Re&text={text}&retour=/courrier"
        )
    };
    for mode in ["repondre", "transferer"] {
        let sent = act(martin, &post(mode, &roux.login, "Bonjour")).await;
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    app.clock.advance_ms(60_000);
    outbox::run(&app.state).await.unwrap();
    assert_eq!(inbox(&app, &roux).await.len(), 2);
    let ids = ok(&roux, "Email/query", json!({"accountId": roux.account()})).await["ids"].clone();
    for id in ids.as_array().unwrap() {
        let raw = roux.get(&format!("/telecharger/{}/{}/message.eml", roux.account(), id.as_str().unwrap())).await;
        assert!(raw.status == 200 && raw.text().contains("Subject:") && !raw.text().contains(SECRET), "{}", raw.text());
    }
    let raw = lea.get(&format!("/telecharger/{}/{email}/message.eml", martin.account())).await;
    assert!(raw.text().contains("Bilan") && !raw.text().contains(SECRET));
    app.password(martin).await;
    let mut browser = app.browser();
    browser.sign_in(martin, "dr-martin").await;
    let copy = browser.post("/compte/exporter", &[("boite", &martin.account().to_string())]).await;
    assert!(copy.text().contains("Subject: Bilan") && !copy.text().contains(SECRET), "{}", copy.text());
    // It is on the page of the team, and its author removes it.
    let page = lea.get(&format!("/courrier/{}/{}/{thread}", martin.account(), app.inbox(martin.account()).await)).await;
    assert!(page.text().contains(SECRET));
    let remove = format!("op=note-delete&account={}&note={note}&retour=/courrier", martin.account());
    assert_eq!(act(lea, &remove).await.location(), "/courrier?dit=note-delete");
    assert_eq!(shared.work(lea, &thread).await["noteCount"], 0);
}

async fn a_double_answer_is_warned_of(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let sign = |active: bool| json!({"emailId": email, "active": active});
    let mut stream = Stream::open(&app, martin, "types=Work&closeafter=no&ping=0").await;
    let alone = shared.ask(lea, "Work/answering", sign(true)).await;
    assert_eq!((&alone["answering"], &alone["answers"]), (&json!([]), &json!([])), "{alone}");
    assert!(stream.until("\"Work\":").await, "the others are told");
    let told = shared.ask(martin, "Work/answering", sign(true)).await;
    assert_eq!(told["answering"][0]["name"], "lea", "{told}");
    let row = shared.ask(&shared.reader, "Email/get", json!({"ids": [email], "properties": ["work"]})).await;
    assert_eq!(row["list"][0]["work"]["answering"].as_array().unwrap().len(), 2, "{row}");
    // Who may not write answers nothing; a sign that is not given again ends; one can take it back.
    assert_eq!(shared.refused(&shared.reader, "Work/answering", sign(true)).await, "accountReadOnly");
    app.clock.advance_ms(i64::from(ANSWERING_SECONDS) * 1000 + 1);
    assert_eq!(shared.work(martin, &thread).await["answering"], json!([]));
    shared.ask(lea, "Work/answering", sign(true)).await;
    assert_eq!(shared.work(martin, &thread).await["answering"][0]["name"], "lea");
    // A person whose right ended answers no more.
    app.state.store.right_end(Actor::SYSTEM, lea.person, martin.account(), &Action::ALL).await.unwrap();
    assert_eq!(shared.work(martin, &thread).await["answering"], json!([]));
    app.clock.advance_ms(1);
    app.grant(lea, martin, &COLLEAGUE).await;
    assert_eq!(shared.work(martin, &thread).await["answering"][0]["name"], "lea");
    shared.ask(lea, "Work/answering", sign(false)).await;
    assert_eq!(shared.work(martin, &thread).await["answering"], json!([]));
    // Alone in a BAL one tells nobody.
    let roux = app.holder("dr-roux").await;
    let own = keep(&app, &roux, "Subject: x\n\nx\n").await;
    let state = async || ok(&roux, "Work/get", json!({"accountId": roux.account(), "ids": []})).await["state"].clone();
    let before = state().await;
    ok(&roux, "Work/answering", json!({"accountId": roux.account(), "emailId": own, "active": true})).await;
    assert_eq!(state().await, before);
}

async fn a_form_warns_once_and_sends_when_it_is_wanted(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let roux = app.holder("dr-roux").await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let answer = |form: &str, more: &str| {
        let (account, to) = (martin.account(), encode(&roux.login));
        format!(
            "op=send&account={account}&de={email}&mode=repondre&form={form}&to={to}&subject=Re:+Bilan&text=Oui{more}&retour=/courrier"
        )
    };
    // The page of the composer is the sign.
    let page = lea.get(&format!("/courrier/{}/ecrire?de={email}&mode=repondre", martin.account())).await;
    assert_eq!(page.status, 200);
    let warned = act(martin, &answer("a", "")).await;
    assert_eq!(warned.status, 422, "{}", warned.text());
    assert!(warned.text().contains("lea est en train de répondre") && warned.text().contains("name=\"quand-meme\""));
    assert!(inbox(&app, &roux).await.is_empty());
    // His page says that he answers too. Lea sends all the same: her sign is gone, and what she sent is known.
    let warned = act(lea, &answer("b", "")).await;
    assert!(warned.status == 422 && warned.text().contains("dr-martin est en train de répondre"), "{}", warned.text());
    assert_eq!(act(lea, &answer("b", "&quand-meme=1")).await.status, 303);
    let work = shared.work(martin, &thread).await;
    assert_eq!((&work["answering"], &work["answers"][0]["name"]), (&json!([]), &json!("lea")), "{work}");
    let warned = act(martin, &answer("c", "")).await;
    assert!(warned.status == 422 && warned.text().contains("lea a déjà répondu"), "{}", warned.text());
    assert_eq!(act(martin, &answer("c", "&quand-meme=1")).await.status, 303);
    app.clock.advance_ms(60_000);
    outbox::run(&app.state).await.unwrap();
    assert_eq!(inbox(&app, &roux).await.len(), 2);
    // Who read, and who answered.
    let names = |list: &Value| -> Vec<String> {
        let mut names: Vec<String> =
            list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    ok(&shared.reader, "Email/get", shared.about(json!({"ids": [email], "properties": ["bodyValues", "textBody"]}))).await;
    let work = shared.work(lea, &thread).await;
    assert_eq!(names(&work["answers"]), ["dr-martin", "lea"], "{work}");
    assert!(names(&work["readers"]).contains(&"reader".to_owned()), "{work}");
}

async fn everything_in_hand_is_handed_over(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let mut threads = Vec::new();
    for subject in ["a", "b", "c"] {
        let thread = shared.mail(&app, subject).await.1;
        shared.set(martin, &thread, json!({"assigneeId": lea.person})).await;
        threads.push(thread);
    }
    shared.set(martin, &threads[2], json!({"state": "done"})).await;
    app.clock.advance_ms(1000);
    app.state.store.right_end(Actor::SYSTEM, lea.person, martin.account(), &Action::ALL).await.unwrap();
    // She left with conversations in hand: that is seen, and nothing more is given to her.
    let members = shared.ask(martin, "Member/get", json!({})).await;
    let gone = members["list"].as_array().unwrap().iter().find(|one| one["id"] == json!(lea.person)).cloned().unwrap();
    assert_eq!((&gone["name"], &gone["active"]), (&json!("lea"), &json!(false)), "{members}");
    let to = |from: &User<'_>, to: &User<'_>| json!({"fromId": from.person, "toId": to.person});
    assert_eq!(shared.refused(martin, "Work/handOver", to(martin, lea)).await, "invalidArguments");
    assert_eq!(shared.refused(&shared.reader, "Work/handOver", to(lea, &shared.reader)).await, "accountReadOnly");
    assert_eq!(shared.refused(lea, "Work/handOver", to(lea, martin)).await, "accountNotFound");
    assert_eq!(shared.ask(martin, "Work/handOver", to(lea, martin)).await["total"], 2);
    assert_eq!(shared.work(martin, &threads[0]).await["assigneeName"], "dr-martin");
    assert_eq!(shared.work(martin, &threads[2]).await["assigneeName"], "lea", "what is done stays as it was");
    // Back to nobody, by a form.
    let form = format!("op=work-hand-over&account={}&from={}&to=-&retour=/courrier", martin.account(), martin.person);
    assert_eq!(act(martin, &form).await.location(), "/courrier?dit=work-hand-over");
    assert_eq!(shared.work(martin, &threads[1]).await["assigneeId"], Value::Null);
}

async fn an_answer_wakes_what_waited(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let (martin, roux) = (&shared.martin, app.holder("dr-roux").await);
    let (_, thread) = shared.mail(&app, "Bilan").await;
    shared.set(martin, &thread, json!({"assigneeId": shared.lea.person, "state": "waiting"})).await;
    let written = draft(&roux, &[&martin.login], "Re").await;
    let patch = json!({"accountId": roux.account(), "ids": [written], "properties": ["mailboxIds"]});
    let boxes = ok(&roux, "Email/get", patch).await["list"][0]["mailboxIds"].clone();
    let object = json!({
        "mailboxIds": boxes, "keywords": {"$draft": true}, "from": [{"email": roux.login}], "to": [{"email": martin.login}],
        "subject": "Re: Bilan", "inReplyTo": ["Bilan@x.example"], "references": ["Bilan@x.example"],
        "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "Voici"}},
    });
    let made = ok(&roux, "Email/set", json!({"accountId": roux.account(), "create": {"d": object}})).await;
    let answer = made["created"]["d"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let identity =
        ok(&roux, "Identity/get", json!({"accountId": roux.account(), "ids": null})).await["list"][0]["id"].clone();
    let submit = json!({"accountId": roux.account(), "create": {"s": {"identityId": identity, "emailId": answer}}});
    assert!(ok(&roux, "EmailSubmission/set", submit).await["created"]["s"].is_object());
    outbox::run(&app.state).await.unwrap();
    let work = shared.work(martin, &thread).await;
    assert_eq!((&work["state"], &work["assigneeName"]), (&json!("todo"), &json!("lea")), "{work}");
}

async fn a_conversation_takes_its_work_with_it(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let martin = &shared.martin;
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let made = shared.ask(martin, "Note/set", json!({"create": {"n": {"threadId": thread, "text": "à rappeler"}}})).await;
    let note = made["created"]["n"]["id"].clone();
    let (work, notes) = (
        shared.ask(martin, "Work/get", json!({"ids": []})).await["state"].clone(),
        shared.ask(martin, "Note/get", json!({"ids": []})).await["state"].clone(),
    );
    shared.ask(martin, "Email/set", json!({"destroy": [email]})).await;
    assert_eq!(shared.ask(martin, "Work/changes", json!({"sinceState": work})).await["destroyed"], json!([thread]));
    assert_eq!(shared.ask(martin, "Note/changes", json!({"sinceState": notes})).await["destroyed"], json!([note]));
    assert_eq!(shared.ask(martin, "Work/get", json!({"ids": [thread]})).await["notFound"], json!([thread]));
    assert_eq!(shared.ask(martin, "Note/get", json!({"ids": [note]})).await["notFound"], json!([note]));
}

async fn the_log_says_who_did_what(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let foreign = app.holder("dr-roux").await;
    let (martin, lea) = (&shared.martin, &shared.lea);
    let (email, thread) = shared.mail(&app, "Bilan").await;
    let account = martin.account();
    // Léa opens, downloads, prints, moves, deletes.
    shared.ask(lea, "Email/get", json!({"ids": [email], "properties": ["bodyValues", "textBody"]})).await;
    lea.get(&format!("/telecharger/{account}/{email}/message.eml")).await;
    shared.ask(lea, "Email/printed", json!({"emailIds": [email]})).await;
    shared.set(lea, &thread, json!({"state": "doing"})).await;
    let archive = format!("op=archive&account={account}&email={email}&retour=/courrier");
    assert_eq!(act(lea, &archive).await.status, 303);
    shared.ask(lea, "Email/set", json!({"destroy": [email]})).await;

    let path = format!("/compte/acces/{account}");
    let log = async |query: &str| martin.get(&format!("{path}?{query}")).await;
    let page = log("").await;
    assert_eq!(page.status, 200);
    let deeds = [
        "A lu un message par une application",
        "A téléchargé un message ou une pièce jointe",
        "A imprimé un message",
        "A déplacé 1 message",
        "A supprimé 1 message",
        "A changé la prise en charge",
    ];
    for deed in deeds {
        assert!(page.text().contains(deed), "{deed}: {}", page.text());
    }
    assert!(!page.text().contains("Bilan") && !page.text().contains("Autre acte"), "neither content nor subject");
    // Narrowed by person, kind and day.
    let rows = |page: &Answer| page.text().matches("<tr><td>").count();
    let hers = log(&format!("qui={}&genre=downloaded", lea.person)).await;
    assert_eq!(rows(&hers), 1, "{}", hers.text());
    assert_eq!(rows(&log(&format!("qui={}&genre=deleted", martin.person)).await), 0);
    assert_eq!(rows(&log("genre=printed").await), 1);
    assert_eq!(rows(&log("au=2000-01-01").await), 0);
    assert!(rows(&log("du=2000-01-01").await) > 5);
    assert_eq!(log("du=demain").await.status, 422);
    // As a file, which is in the log itself.
    let file = martin.get(&format!("{path}/journal.csv?qui={}", lea.person)).await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = file.text();
    assert!(text.contains("\"lea\";\"A supprimé 1 message\"") && !text.contains("\"dr-martin\""), "{text}");
    assert_eq!(rows(&log("genre=exported").await), 1);
    // Only who runs the BAL; of others' there is none.
    for query in ["", "/journal.csv"] {
        assert_eq!(lea.get(&format!("{path}{query}")).await.status, 403);
        assert_eq!(foreign.get(&format!("{path}{query}")).await.status, 404);
    }
    // To one's only log at once; who runs none is told so; a délégataire is told that they are traced.
    let only = martin.get("/compte/acces").await;
    assert_eq!((only.status, only.location()), (303, path.as_str()));
    assert!(lea.get("/compte/acces").await.text().contains("Seuls le titulaire"));
    let screen = format!("/courrier/{account}/{}", app.inbox(account).await);
    assert!(lea.get(&screen).await.text().contains("Vos accès à cette boîte sont tracés"));
    assert!(!martin.get(&screen).await.text().contains("Vos accès à cette boîte sont tracés"));
}

async fn a_page_for_paper_is_traced(engine: Engine) {
    let app = TestApp::new(engine).await;
    let shared = Shared::of(&app).await;
    let foreign = app.holder("dr-roux").await;
    let (martin, reader) = (&shared.martin, &shared.reader);
    let (_, thread) = shared.mail(&app, "Bilan").await;
    let raw = "From: Dr Roux <dr-roux@medecin.mssante.example>\nSubject: Re: Bilan\nReferences: <Bilan@x.example>\n\
        In-Reply-To: <Bilan@x.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: text/html; charset=utf-8\n\n<p>Glyc\u{e9}mie <script>alert(1)</script><b>haute</b></p>\n\
        --b\nContent-Type: application/pdf; name=r.pdf\nContent-Disposition: attachment; filename=resultats.pdf\n\nPDF\n--b--\n";
    app.clock.advance_ms(1000);
    let second = keep(&app, martin, raw).await;
    assert_eq!(shared.thread(&second).await, thread);
    let account = martin.account();
    let path = format!("/courrier/{account}/imprimer/{thread}");
    // The mail page leads to it, and it needs no script.
    let screen = reader.get(&format!("/courrier/{account}/{}/{thread}", app.inbox(account).await)).await.text();
    assert!(screen.contains(&format!("href=\"{path}\"")), "{screen}");
    let printed = async || {
        let log = martin.get(&format!("/compte/acces/{account}?genre=printed&qui={}", reader.person)).await.text();
        log.matches("A imprimé un message").count()
    };
    assert_eq!(printed().await, 0, "to read is not to print");
    let page = reader.get(&path).await;
    let text = page.text();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(page.status == 200 && at("Texte") < at("Glycémie haute"), "the oldest first");
    assert!(text.contains("resultats.pdf") && text.contains("Dr Roux &lt;dr-roux@"), "{text}");
    assert!(!text.contains("alert(1)") && !text.contains("type=\"module\""), "{text}");
    assert_eq!(printed().await, 2, "each message of it");
    // Of others' there is none, and a failure traces nothing.
    assert_eq!(foreign.get(&path).await.status, 404);
    assert_eq!(reader.get(&format!("/courrier/{account}/imprimer/t0000000000001")).await.status, 404);
    assert_eq!(printed().await, 2);
}
