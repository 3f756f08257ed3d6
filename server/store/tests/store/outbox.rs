//! The outbox: undo until taken up, one lease at a time, once per draft.

use store::sending::Rates;
use store::submissions::{Cancelled, Delivery, Envelope, EnvelopeAddress, NewSubmission, Next, Onward, Undo};
use store::{Error, for_each_engine};

use crate::{WHO, email, with_inbox};

for_each_engine!(a_message_is_sent_once_or_called_back, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let identity = store.identities(account).await.unwrap()[0].id;
    let record = store.email_insert(WHO, account, email(inbox, store.now(), "1@x", "a", "b")).await.unwrap();
    let to = |email: &str| EnvelopeAddress { email: email.into(), parameters: Vec::new() };
    let envelope = Envelope { mail_from: to("a@b.example"), rcpt_to: vec![to("c@d.example")] };
    let (send_at, due_at) = (store.now() + 10_000, store.now() + 13_000);
    let new = NewSubmission { email: record.id, identity, envelope, send_at, due_at, rates: Rates::default() };
    let first = store.submission_create(WHO, account, new.clone()).await.unwrap();
    assert_eq!(store.submission_create(WHO, account, new.clone()).await.unwrap(), first);
    assert_eq!((first.undo, first.envelope.rcpt_to.len()), (Undo::Pending, 1));
    assert_eq!(store.outbox_next_due().await.unwrap(), Some(due_at));
    assert!(store.outbox_due(store.now() + 11_000, 60_000, 10).await.unwrap().is_empty());
    assert_eq!(store.submission_cancel(WHO, account, first.id).await.unwrap(), Cancelled::Cancelled);
    assert!(store.outbox_due(due_at, 60_000, 10).await.unwrap().is_empty());

    let second = store.submission_create(WHO, account, new).await.unwrap();
    assert_ne!(second.id, first.id);
    let due = store.outbox_due(due_at, 60_000, 10).await.unwrap().remove(0);
    assert_eq!((due.submission.id, due.attempts, due.submission.undo), (second.id, 1, Undo::Final));
    assert_eq!(store.submission_cancel(WHO, account, second.id).await.unwrap(), Cancelled::TooLate);
    assert!(store.outbox_due(due_at, 60_000, 10).await.unwrap().is_empty(), "leased");
    // The lease runs out: another takes it, and the first may no longer say what became of it.
    let taken = store.outbox_due(due_at + 60_001, 60_000, 10).await.unwrap().remove(0);
    let delivery = Delivery { delivered: "yes".into(), reply: "250 2.0.0".into(), ..Delivery::default() };
    let done = vec![Delivery { email: "c@d.example".into(), ..delivery }];
    let late = store.outbox_delivered(&due, done.clone(), Next::Done, Onward::default()).await;
    assert!(matches!(late, Err(Error::StateMismatch)));
    store.outbox_delivered(&taken, Vec::new(), Next::RetryAt(due_at + 100_000), Onward::default()).await.unwrap();
    let again = store.outbox_due(due_at + 100_000, 60_000, 10).await.unwrap().remove(0);
    assert_eq!(again.attempts, 3);
    store.outbox_delivered(&again, done.clone(), Next::Done, Onward::default()).await.unwrap();
    assert_eq!(store.submissions(account, Some(&[second.id])).await.unwrap()[0].deliveries, done);
    assert_eq!(store.outbox_next_due().await.unwrap(), None);
    assert_eq!(store.submissions_destroy(WHO, account, vec![first.id, second.id]).await.unwrap().len(), 2);
});
