//! The outbox: undo until taken up, one lease at a time, once per draft.

use store::relay_jobs::{Again, ClaimedJob, JobEnvelope, NewJob, Settle};
use store::sending::Rates;
use store::submissions::{
    Cancelled, Delivery, DeliveryUpdate, Envelope, EnvelopeAddress, NewSubmission, Next, Onward, Undo,
};
use store::{Error, Store, for_each_engine};

use crate::{WHO, email, with_inbox};

async fn claimed(store: &Store, now: i64, until: i64) -> Vec<ClaimedJob> {
    let due = store.relay_due(false, now, 10, &[]).await.unwrap();
    store.relay_lease(due, now, until).await.unwrap()
}

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

for_each_engine!(a_queued_job_has_one_holder_and_keeps_its_message, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let identity = store.identities(account).await.unwrap()[0].id;
    let record = store.email_insert(WHO, account, email(inbox, store.now(), "1@x", "a", "b")).await.unwrap();
    let to = |email: &str| EnvelopeAddress { email: email.into(), parameters: Vec::new() };
    let envelope = Envelope { mail_from: to("a@b.example"), rcpt_to: vec![to("c@d.example"), to("e@d.example")] };
    let now = store.now();
    let new = NewSubmission { email: record.id, identity, envelope, send_at: now, due_at: now, rates: Rates::default() };
    let submission = store.submission_create(WHO, account, new).await.unwrap().id;
    let due = store.outbox_due(now, 60_000, 10).await.unwrap().remove(0);
    let queued =
        |email: &str| Delivery { email: email.into(), delivered: "queued".into(), remote: true, ..Delivery::default() };
    let recipients = vec!["c@d.example".to_owned(), "e@d.example".to_owned()];
    let job = NewJob {
        domain: "d.example".into(),
        local: false,
        envelope: JobEnvelope { from: Some("a@b.example".into()), recipients: recipients.clone(), ..JobEnvelope::default() },
        blob: record.blob,
    };
    let onward =
        Onward { jobs: vec![job], message_ids: vec!["1@x".into()], domains: vec!["d.example".into()], ..Onward::default() };
    let deliveries = vec![queued("c@d.example"), queued("e@d.example")];
    store.outbox_delivered(&due, deliveries, Next::Done, onward).await.unwrap();
    let sent = store.sent_find(account, &["1@x".into()], None).await.unwrap();
    assert_eq!((sent.len(), sent[0].submission, sent[0].domain.as_str()), (1, submission, "d.example"));
    assert_eq!(store.sent_find(account, &[], Some(&submission.to_string())).await.unwrap(), sent);
    // The message itself goes: what is queued is still sent.
    store.emails_destroy(WHO, account, vec![record.id]).await.unwrap();
    store.clock.advance_ms(3 * 86_400_000);
    let now = store.now();
    store.collect_orphans(now - 86_400_000).await.unwrap();
    assert!(store.blob_read(account, &record.blob, None).await.is_ok());

    assert!(store.relay_due(false, now, 10, &["a.example", "d.example"]).await.unwrap().is_empty(), "there is no room");
    let seen = store.relay_due(false, now, 10, &["a.example"]).await.unwrap();
    assert_eq!(seen.iter().map(|job| job.domain.as_str()).collect::<Vec<_>>(), ["d.example"]);
    let first = claimed(&store, now, now + 60_000).await.remove(0);
    assert_eq!((first.envelope.recipients.clone(), first.attempts), (recipients, 0));
    assert!(claimed(&store, now, now + 60_000).await.is_empty(), "held");
    assert!(store.relay_renew(account, first.id, first.fence, now + 90_000).await.unwrap());
    assert!(claimed(&store, now + 60_001, now + 120_000).await.is_empty(), "held longer");
    assert!(
        store.relay_lease(seen, now + 90_001, now + 150_000).await.unwrap().is_empty(),
        "it was claimed since it was seen"
    );
    let second = claimed(&store, now + 90_001, now + 150_000).await.remove(0);
    assert!(second.fence > first.fence);
    assert!(!store.relay_renew(account, first.id, first.fence, now + 999_000).await.unwrap());
    let settle = |job: &ClaimedJob, again: Option<Again>| Settle {
        account,
        job: job.id,
        fence: job.fence,
        actor: WHO,
        submission: Some(submission),
        domain: "d.example".into(),
        updates: vec![DeliveryUpdate::Set(Delivery { delivered: "unknown".into(), ..queued("c@d.example") })],
        again,
        notices: Vec::new(),
        told: Vec::new(),
    };
    assert!(!store.relay_settle(settle(&first, None)).await.unwrap(), "its lease passed");
    let state = || async { store.submissions(account, Some(&[submission])).await.unwrap()[0].deliveries.clone() };
    assert_eq!(state().await[0].delivered, "queued");
    let envelope = JobEnvelope { recipients: vec!["e@d.example".into()], ..second.envelope.clone() };
    let again = Again { due_at: now + 300_000, envelope, told_late: true, reason: Some("busy".into()) };
    assert!(store.relay_settle(settle(&second, Some(again))).await.unwrap());
    assert_eq!(
        (state().await[0].delivered.clone(), state().await[1].delivered.clone()),
        ("unknown".into(), "queued".into())
    );
    assert_eq!(store.relay_next_due(false).await.unwrap(), Some(now + 300_000));
    let third = claimed(&store, now + 300_000, now + 360_000).await.remove(0);
    assert_eq!((third.envelope.recipients.len(), third.attempts, third.told_late), (1, 1, true));
    assert!(store.relay_settle(settle(&third, None)).await.unwrap());
    assert_eq!(store.queue_figures().await.unwrap().waiting, 0);
    store.collect_orphans(now - 86_400_000).await.unwrap();
    assert!(store.blob_read(account, &record.blob, None).await.is_err(), "nothing needs it any more");
});
