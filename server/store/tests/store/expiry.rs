//! What ended by itself goes, and only that.

use bytes::Bytes;
use store::approvals::NewApproval;
use store::ceremonies::CeremonyFor;
use store::expiry::Expired;
use store::{AttemptRule, NewChallenge, NewPerson, Person, Purpose, for_each_engine};
use wire::id::PersonId;

use crate::{WHO, with_inbox};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const IDLE_MS: i64 = 30 * MINUTE_MS;

fn challenge(person: PersonId, browser: u8) -> NewChallenge {
    NewChallenge {
        person,
        browser: [browser; 32],
        purpose: Purpose::SignIn,
        means: "approval",
        code: None,
        valid_ms: 10 * MINUTE_MS,
        waiting: None,
        approval: Some(NewApproval { number: "42".into(), agent: String::new(), valid_ms: 2 * MINUTE_MS }),
    }
}

for_each_engine!(what_expired_is_forgotten, |store| async move {
    let (account, _) = with_inbox(&store).await;
    let (ordinary_email, logins) = ("c@orange.example".into(), vec!["c@x.example".into()]);
    let new = NewPerson { name: "Claire".into(), ordinary_email, logins, mobile: None };
    let person = store.person_create(WHO, new).await.unwrap();
    let Person { .. } = store.person(person).await.unwrap();
    let rule = AttemptRule { forgiven: 3, step_ms: 1, max_ms: 10, queue: false };
    // One of each that ends soon.
    store.challenge_create(challenge(person, 1)).await.unwrap();
    store.ceremony_begin([1; 32], CeremonyFor::SignIn, None, b"state".to_vec(), 5 * MINUTE_MS).await.unwrap();
    store.session_create(person, [1; 32], 12 * HOUR_MS, "idle", "email").await.unwrap();
    store.token_create(WHO, person, [1; 32], "short", Some(HOUR_MS)).await.unwrap();
    store.attempt_begin(&[1; 32], rule).await.unwrap();
    let upload = store.blob_put(account, Bytes::from_static(b"a")).await.unwrap();
    store.upload_record(account, upload, "text/plain", store.now() + HOUR_MS).await.unwrap();
    let search = store.search_save(account, person, "genou", "text").await.unwrap();
    let prune = || store.prune_expired(IDLE_MS, 366 * DAY_MS);
    assert_eq!(prune().await.unwrap(), Expired::default());

    store.clock.advance_ms(2 * HOUR_MS);
    // One of each that stays.
    store.challenge_create(challenge(person, 2)).await.unwrap();
    store.ceremony_begin([2; 32], CeremonyFor::SignIn, None, b"state".to_vec(), 5 * MINUTE_MS).await.unwrap();
    store.session_create(person, [2; 32], 12 * HOUR_MS, "live", "email").await.unwrap();
    store.token_create(WHO, person, [2; 32], "long", None).await.unwrap();
    let gone =
        Expired { sessions: 1, challenges: 1, ceremonies: 1, approvals: 1, tokens: 1, uploads: 1, ..Expired::default() };
    assert_eq!(prune().await.unwrap(), gone);
    assert_eq!(gone.total(), 6);
    assert!(store.ceremony_take([2; 32], CeremonyFor::Enrol).await.unwrap().is_none());
    assert!(store.ceremony_take([2; 32], CeremonyFor::SignIn).await.unwrap().is_some());
    assert!(store.ceremony_take([2; 32], CeremonyFor::SignIn).await.unwrap().is_none());
    assert!(store.approval_awaited([2; 32]).await.unwrap().is_some());
    assert!(store.challenge([2; 32], Purpose::SignIn).await.unwrap().is_some());
    assert!(store.session_find(&[2; 32], IDLE_MS).await.unwrap().is_some());
    assert!(store.token_find(&[2; 32]).await.unwrap().is_some());
    assert_eq!(store.search(account, search).await.unwrap().words, "genou");

    store.clock.advance_ms(DAY_MS);
    let gone = prune().await.unwrap();
    assert_eq!((gone.attempts, gone.sessions, gone.tokens, gone.searches), (1, 1, 0, 0));
    store.clock.advance_ms(366 * DAY_MS);
    assert_eq!(prune().await.unwrap(), Expired { searches: 1, ..Expired::default() });
    assert_eq!(prune().await.unwrap().total(), 0);
});
