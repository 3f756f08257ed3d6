//! Traces: chained, anchored, and nothing can be changed without being seen.

use ed25519_dalek::SigningKey;
use serde_json::json;
use store::anchors::Fault;
use store::for_each_engine;
use store::testing::{Engine, TestStore};
use store::traces::{Actor, Chain, Class, Shown, Trace};

use crate::{WHO, email, with_inbox};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

async fn some_acts(store: &TestStore) -> (wire::id::AccountId, wire::id::EmailId) {
    let (account, inbox) = with_inbox(store).await;
    let record = store.email_insert(WHO, account, email(inbox, store.now(), "1@x", "a", "b")).await.unwrap();
    store.trace(Chain::Process, Trace::refused("sign-in", WHO, None, "bad-password", json!({}))).await.unwrap();
    (account, record.id)
}

for_each_engine!(acts_are_chained_and_anchored, |store| async move {
    let (account, email_id) = some_acts(&store).await;
    let public = key().verifying_key().to_bytes();
    let before = store.verify(Some(public)).await.unwrap();
    assert!(before.faults.is_empty() && before.unproven == before.traces && before.traces >= 3, "{before:?}");
    let anchor = store.anchor_now(&key()).await.unwrap().unwrap();
    assert_eq!(anchor.number, 1);
    assert!(store.anchor_now(&key()).await.unwrap().is_none(), "nothing moved");
    let shown = Shown { account, email: email_id, actor: WHO, way: "shown" };
    store.record_shown(vec![shown.clone(), shown.clone()]).await.unwrap();
    store.record_shown(vec![shown]).await.unwrap();
    let after = store.verify(Some(public)).await.unwrap();
    assert!(after.faults.is_empty(), "{after:?}");
    assert_eq!(after.unproven, 1, "one reading a day is traced once");
    store.anchor_now(&key()).await.unwrap().unwrap();
    assert_eq!(store.verify(Some(public)).await.unwrap().unproven, 0);
    assert!(!store.verify(Some([1; 32])).await.unwrap().faults.is_empty(), "another key");
    let rows = store.traces(Chain::Account(account), Class::Functional, 0, 100).await.unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["account-create", "email-insert", "read"]);
});

for_each_engine!(pruning_leaves_a_signed_stub, |store| async move {
    let (account, _) = some_acts(&store).await;
    store.anchor_now(&key()).await.unwrap();
    store.clock.advance_ms(1000);
    let cut = store.now();
    store.trace(Chain::Account(account), Trace::done("later", Actor::SYSTEM, Some(account), json!({}))).await.unwrap();
    assert_eq!(store.prune_traces(Class::Functional, cut, &key()).await.unwrap(), 3);
    let report = store.verify(Some(key().verifying_key().to_bytes())).await.unwrap();
    assert!(report.faults.is_empty(), "{report:?}");
    assert_eq!(report.traces, 1);
});

for_each_engine!(draft_saves_are_technical_and_few, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    for number in 0..4_i64 {
        let mut draft = email(inbox, store.now(), &format!("{number}@x"), "a", "b");
        draft.keywords = vec!["$draft".into()];
        store.email_insert(WHO, account, draft).await.unwrap();
        store.clock.advance_ms(2000);
    }
    let rows = store.traces(Chain::Account(account), Class::Technical, 0, 100).await.unwrap();
    assert_eq!(rows.len(), 2);
});

#[tokio::test(flavor = "multi_thread")]
async fn tampering_is_seen() {
    let attacks = [
        "UPDATE trace_functional SET result = 'ok' WHERE kind = 'sign-in'",
        "DELETE FROM trace_functional WHERE kind = 'email-insert'",
        "UPDATE trace_functional SET at = at - 1 WHERE kind = 'account-create'",
        "UPDATE chain_head SET seq = seq - 1",
        "UPDATE anchor SET root = zeroblob(32)",
        "DELETE FROM anchor_head WHERE chain_kind = 1",
    ];
    for attack in attacks {
        let store = TestStore::new(Engine::Sqlite).await;
        some_acts(&store).await;
        store.anchor_now(&key()).await.unwrap();
        assert!(store.verify(None).await.unwrap().faults.is_empty());
        let file = store.database.strip_prefix("sqlite:").unwrap();
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(file).await.unwrap();
        sqlx::query(attack).execute(&mut raw).await.unwrap();
        let report = store.verify(None).await.unwrap();
        assert!(!report.faults.is_empty(), "{attack}");
    }
    // The last entries of a chain with their head, cut off after an anchor.
    let store = TestStore::new(Engine::Sqlite).await;
    let (account, _) = some_acts(&store).await;
    store.anchor_now(&key()).await.unwrap();
    let file = store.database.strip_prefix("sqlite:").unwrap();
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(file).await.unwrap();
    for attack in [
        "DELETE FROM trace_functional WHERE chain_kind = 1 AND seq = 2",
        "UPDATE chain_head SET seq = 1, hash = (SELECT hash FROM trace_functional WHERE chain_kind = 1 AND seq = 1) WHERE chain_kind = 1",
    ] {
        sqlx::query(attack).execute(&mut raw).await.unwrap();
    }
    let faults = store.verify(None).await.unwrap().faults;
    assert_eq!(faults, [Fault::Anchored { number: 1, chain: Chain::Account(account), class: Class::Functional, seq: 2 }]);
}
