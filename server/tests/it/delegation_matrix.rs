//! The authorisation matrix of delegations: every role on every route, every method and every form, in the BAL that was
//! delegated, after the delegation has ended, in a BAL of nobody, and in one's own.

use serde_json::json;
use server::{
    http::routes::{Access, Kind, ROUTES},
    jmap::METHODS,
};
use store::testing::Engine;
use wire::{
    delegation::DelegateRole,
    id::{AccountId, DelegationId},
    portal::Action,
};

use crate::{
    delegation::{DAY, actor, delegate},
    harness::{Browser, TestApp, User, encode},
    http_client::Answer,
    on_both,
    routes::{Cast, refusal},
};

on_both! {
    every_route_with_every_delegate
    every_method_with_every_delegate
    every_form_with_every_delegate
    every_page_of_the_account_with_every_delegate
}

/// What only who holds the BAL may do, whatever is delegated.
const HELD: &[&str] = &["/courrier/{account}/patients/{patient}/supprimer"];
/// Nobody's.
const NONE: AccountId = AccountId(1);
/// The delegate who holds a BAL too.
const HOLDER: &str = "dr-petit";

/// Somebody with a delegation over the holder's BAL, by an application password.
struct Delegate<'a> {
    role: DelegateRole,
    user: User<'a>,
    id: DelegationId,
}

impl Delegate<'_> {
    fn name(&self) -> &'static str {
        if self.role == DelegateRole::Read { HOLDER } else { self.role.code() }
    }

    fn may(&self, one_of: &[Action]) -> bool {
        one_of.iter().any(|action| self.role.actions().contains(action))
    }
}

/// One delegate of each role; the one who reads holds a BAL of their own.
async fn delegates<'a>(app: &'a TestApp, cast: &Cast<'a>) -> Vec<Delegate<'a>> {
    let mut all = Vec::new();
    for role in DelegateRole::ALL {
        let user = match role {
            DelegateRole::Read => app.holder(HOLDER).await,
            _ => app.staff(role.code()).await,
        };
        let id = delegate(app, &cast.holder, &user, role, (0, DAY)).await.unwrap();
        all.push(Delegate { role, user, id });
    }
    all
}

/// Half of them are taken back, for the others time passes.
async fn end(app: &TestApp, cast: &Cast<'_>, all: &[Delegate<'_>]) {
    app.clock.advance_ms(1);
    for one in all.iter().step_by(2) {
        let by = actor(cast.holder.person);
        app.state.store.delegation_end(by, cast.holder.account(), one.id).await.unwrap().unwrap();
    }
    app.clock.advance_ms(DAY);
}

async fn every_route_with_every_delegate(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let all = delegates(&app, &cast).await;
    let theirs = cast.holder.account();
    let rows: Vec<_> = ROUTES
        .iter()
        .filter_map(|route| match route.access {
            Access::Account(action) => Some((route, action, format!("{} {}", route.method, route.path))),
            _ => None,
        })
        .collect();
    for (route, action, name) in &rows {
        let own = cast.ask(route, theirs, Some(&cast.holder)).await;
        for one in &all {
            let answer = cast.ask(route, theirs, Some(&one.user)).await;
            let may = one.may(&[*action]) && !HELD.contains(&route.path);
            let expected = if may { own.status } else { 403 };
            assert_eq!(answer.status, expected, "{name} as {:?}: {}", one.role, answer.text());
            if expected == 403 && !matches!(route.kind, Kind::Page | Kind::Form) {
                assert_eq!(answer.problem(), "account-read-only", "{name} as {:?}", one.role);
            }
        }
    }
    end(&app, &cast, &all).await;
    for (route, _, name) in &rows {
        let missing = refusal(&cast.ask(route, NONE, Some(&cast.holder)).await);
        for one in &all {
            let answer = refusal(&cast.ask(route, theirs, Some(&one.user)).await);
            assert_eq!(answer, missing, "{name} as {:?} of before", one.role);
        }
    }
    // One's own BAL is as it was.
    let own = all[0].user.get(&format!("/courrier/{}", all[0].user.account())).await;
    assert_eq!(own.status, 303, "{}", own.text());
}

async fn every_method_with_every_delegate(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let all = delegates(&app, &cast).await;
    let theirs = cast.holder.account();
    let ask = async |name: &str, user: &User<'_>, account: AccountId| {
        let mut arguments = json!({"accountId": account});
        if name == "Email/copy" {
            arguments["fromAccountId"] = json!(account);
        }
        let (answered, answer) = user.jmap(name, arguments).await;
        if answered == "error" { answer["type"].as_str().unwrap().to_owned() } else { String::new() }
    };
    let methods: Vec<_> = METHODS.iter().filter(|method| !method.right.is_empty()).collect();
    for method in &methods {
        let own = ask(method.name, &cast.holder, theirs).await;
        assert!(!own.starts_with("account"), "{}: {own}", method.name);
        for one in &all {
            let expected = if one.may(method.right) { own.as_str() } else { "accountReadOnly" };
            assert_eq!(ask(method.name, &one.user, theirs).await, expected, "{} as {:?}", method.name, one.role);
        }
        // A delegation over one BAL opens no other, and takes nothing from one's own.
        assert_eq!(ask(method.name, &all[0].user, all[0].user.account()).await, own, "{}: own", method.name);
        for one in &all {
            let foreign = ask(method.name, &one.user, cast.foreign.account()).await;
            assert_eq!(foreign, "accountNotFound", "{} as {:?}", method.name, one.role);
        }
    }
    end(&app, &cast, &all).await;
    for method in &methods {
        for one in &all {
            let after = ask(method.name, &one.user, theirs).await;
            assert_eq!(after, "accountNotFound", "{} as {:?} of before", method.name, one.role);
        }
    }
}

/// The acts of the mail pages' form, and the right that each wants.
const OPS: [(&str, Action); 24] = [
    ("read", Action::Sort),
    ("unread", Action::Sort),
    ("star", Action::Sort),
    ("unstar", Action::Sort),
    ("archive", Action::Sort),
    ("trash", Action::Sort),
    ("spam", Action::Sort),
    ("inbox", Action::Sort),
    ("move", Action::Sort),
    ("folder-create", Action::Sort),
    ("folder-rename", Action::Sort),
    ("folder-delete", Action::Sort),
    ("work-set", Action::Sort),
    ("work-hand-over", Action::Sort),
    ("note-add", Action::Sort),
    ("note-delete", Action::Sort),
    ("ask", Action::Draft),
    ("save", Action::Draft),
    ("discard", Action::Draft),
    ("send", Action::Send),
    ("unsend", Action::Send),
    ("receipt-send", Action::Send),
    ("receipt-decline", Action::Send),
    ("destroy", Action::Sort),
];

async fn every_form_with_every_delegate(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let all = delegates(&app, &cast).await;
    let theirs = cast.holder.account();
    let post = async |user: &User<'_>, op: &str, account: AccountId| {
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        let to = encode(&cast.inbox);
        let body = format!("op={op}&account={account}&email={}&to={to}&name=Nouveau&retour=/courrier", cast.email);
        user.send("POST", "/courrier/faire", &headers, body.as_bytes()).await
    };
    for (op, action) in OPS {
        // From the least to the most: what is refused was not done by another before.
        for one in &all {
            let answer = post(&one.user, op, theirs).await;
            if one.may(&[action]) {
                assert!(answer.status != 403 && answer.status < 500, "{op} as {:?}: {}", one.role, answer.text());
            } else {
                assert_eq!(answer.status, 403, "{op} as {:?}: {}", one.role, answer.text());
            }
        }
    }
    end(&app, &cast, &all).await;
    for (op, _) in OPS {
        let missing = refusal(&post(&cast.holder, op, NONE).await);
        for one in &all {
            assert_eq!(refusal(&post(&one.user, op, theirs).await), missing, "{op} as {:?} of before", one.role);
        }
    }
}

/// What a form of the account's pages wants.
#[derive(Clone, Copy)]
enum Wants {
    Right(Action),
    /// To hold the BAL oneself: no delegation gives it.
    Holding,
}

async fn every_page_of_the_account_with_every_delegate(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let all = delegates(&app, &cast).await;
    let account = cast.holder.account().to_string();
    let mut browsers = Vec::new();
    for one in &all {
        app.password(&one.user).await;
        let mut browser = app.browser();
        browser.sign_in(&one.user, one.name()).await;
        browsers.push(browser);
    }
    let forms = [
        ("/compte/signature", "", Wants::Right(Action::Manage)),
        ("/compte/accuses", "", Wants::Right(Action::Manage)),
        ("/compte/annuaire", "", Wants::Right(Action::Manage)),
        ("/compte/exporter", "", Wants::Right(Action::Manage)),
        ("/compte/delegations", "retirer", Wants::Right(Action::Manage)),
        ("/compte/delegations", "relancer", Wants::Right(Action::Manage)),
        ("/compte/delegations", "changer", Wants::Right(Action::Manage)),
        ("/compte/brouillons", "approuver", Wants::Right(Action::Send)),
        ("/compte/brouillons", "rendre", Wants::Right(Action::Send)),
        ("/compte/brouillons", "reprendre", Wants::Right(Action::Draft)),
        ("/compte/delegations/inviter", "", Wants::Holding),
        ("/compte/fermer", "", Wants::Holding),
        ("/compte/fermer", "annuler", Wants::Holding),
    ];
    let post = async |browser: &mut Browser<'_>, path: &str, op: &str, account: &str| -> Answer {
        let fields = [("boite", account), ("op", op), ("delegation", "g0000000000001"), ("brouillon", "e0000000000001")];
        browser.post(path, &fields).await
    };
    for (path, op, wants) in forms {
        for (one, browser) in all.iter().zip(&mut browsers) {
            let answer = post(browser, path, op, &account).await;
            let may = matches!(wants, Wants::Right(action) if one.may(&[action]));
            assert!(answer.status < 500, "{path} {op}: {}", answer.text());
            assert_eq!(answer.status == 403, !may, "{path} {op} as {:?}: {} {}", one.role, answer.status, answer.text());
        }
    }
    end(&app, &cast, &all).await;
    for (one, browser) in all.iter().zip(&mut browsers) {
        // A day has passed: who signs in is asked again, as for everything that wants a fresh proof.
        *browser = app.browser();
        browser.sign_in(&one.user, one.name()).await;
        for (path, op, _) in forms {
            let missing = refusal(&post(browser, path, op, &NONE.to_string()).await);
            assert_eq!(missing.0, 404, "{path} {op}");
            let answer = refusal(&post(browser, path, op, &account).await);
            assert_eq!(answer, missing, "{path} {op} as {:?} of before", one.role);
        }
    }
}
