//! Reports that come back about messages of our BALs: what became of them on their way (RFC 3464) and at their recipient
//! (RFC 8098). They change the state that the sent message shows; a failure is told to the sender in plain words.
//!
//! Whoever brings a report speaks only for recipients that are theirs: the caller says which those are.

use bytes::Bytes;
use mail::report::{About, Action, DeliveryReport, Disposition, DispositionType, RecipientStatus, Report};
use relay::notice::Reason;
use relay::send::Trouble;
use relay::smtp::{Enhanced, Reply};
use store::emails::NewEmail;
use store::submissions::{Delivery, DeliveryUpdate, Submission};
use wire::id::AccountId;

use super::notice::{self, Fate, Kind, Subject};
use super::outbox::inbox;
use super::prepare::{Place, prepare};
use crate::state::State;

/// Whether the one who brings a report may speak for this recipient.
pub type SpeaksFor<'a> = &'a (dyn Fn(&str) -> bool + Send + Sync);

/// The domains to which the BAL of this address sent what a report is about; none: it sent nothing of the kind.
///
/// # Errors
/// The store's.
pub async fn sent_to(state: &State, bal: &str, about: &About) -> Result<Vec<String>, store::Error> {
    let Some(account) = state.store.account_by_address(bal).await? else { return Ok(Vec::new()) };
    let sent = state.store.sent_find(account, &about.message_ids, about.envelope_id.as_deref()).await?;
    let mut domains: Vec<String> = sent.into_iter().map(|sent| sent.domain).collect();
    domains.sort_unstable();
    domains.dedup();
    Ok(domains)
}

/// Takes a report in: changes the state of the recipients it speaks of, and files what a person must know (failures,
/// delays, documents that could not be integrated) in the inbox, in one transaction. `raw` is the report as it came.
/// False when this BAL sent nothing that it could be about: nothing was done.
///
/// # Errors
/// The store's: then it can be taken in again.
pub async fn apply(
    state: &State,
    account: AccountId,
    report: &Report,
    raw: &Bytes,
    speaks_for: SpeaksFor<'_>,
) -> Result<bool, store::Error> {
    let about = report.about();
    let sent = state.store.sent_find(account, &about.message_ids, about.envelope_id.as_deref()).await?;
    let Some(newest) = sent.iter().map(|sent| sent.submission).max() else { return Ok(false) };
    let submission = state.store.submissions(account, Some(&[newest])).await?.pop();
    let read = read(report, submission.as_ref(), speaks_for, state.clock.now_ms());
    let key = format!("report:{newest}:{}", read.key);
    let notices = match read.filed {
        Filed::Nothing => Vec::new(),
        Filed::AsItCame => vec![as_it_came(state, account, raw, key).await?],
        Filed::Told(kind, fates) => {
            let message = message(state, account, submission.as_ref()).await?;
            let subject = Subject { account, message: &message, envid: None };
            vec![notice::write(state, subject, kind, &fates, key).await?]
        }
    };
    state.store.report_apply(account, newest, read.updates, notices).await?;
    state.metrics.event("report", if matches!(report, Report::Delivery(_)) { "delivery" } else { "disposition" });
    Ok(true)
}

/// Changes the state only: the report lies in the inbox already.
///
/// # Errors
/// The store's.
pub async fn note(
    state: &State,
    account: AccountId,
    report: &Report,
    speaks_for: SpeaksFor<'_>,
) -> Result<(), store::Error> {
    let about = report.about();
    let sent = state.store.sent_find(account, &about.message_ids, about.envelope_id.as_deref()).await?;
    let Some(newest) = sent.iter().map(|sent| sent.submission).max() else { return Ok(()) };
    let submission = state.store.submissions(account, Some(&[newest])).await?.pop();
    let read = read(report, submission.as_ref(), speaks_for, state.clock.now_ms());
    if !read.updates.is_empty() {
        state.store.report_apply(account, newest, read.updates, Vec::new()).await?;
    }
    Ok(())
}

/// What is put into the inbox.
enum Filed {
    Nothing,
    /// The report itself.
    AsItCame,
    /// Our own words about these recipients.
    Told(Kind, Vec<Fate>),
}

/// What a report means.
struct Meaning {
    updates: Vec<DeliveryUpdate>,
    filed: Filed,
    /// The same report again has the same.
    key: String,
}

fn read(report: &Report, submission: Option<&Submission>, speaks_for: SpeaksFor<'_>, at: i64) -> Meaning {
    match report {
        Report::Delivery(report) => delivery(report, submission, speaks_for, at),
        Report::Disposition(report) => disposition(report, submission, speaks_for, at),
    }
}

/// Who is meant in a report.
enum Meant {
    /// This recipient, which is theirs.
    Theirs(String),
    /// A recipient of somebody else: they have nothing to say of it.
    NotTheirs,
    /// An address that the sender does not know, and no telling which of theirs it stands for.
    Unclear,
}

/// The address that the sender gave comes before the one that the other side knows.
fn meant(names: [Option<&str>; 2], submission: Option<&Submission>, speaks_for: SpeaksFor<'_>) -> Meant {
    let Some(submission) = submission else { return Meant::Unclear };
    let known: Vec<&str> = submission.envelope.rcpt_to.iter().map(|rcpt| rcpt.email.as_str()).collect();
    for name in names.into_iter().flatten().map(mail::address::normalise) {
        match known.iter().find(|email| email.eq_ignore_ascii_case(&name)) {
            Some(email) if speaks_for(email) => return Meant::Theirs((*email).to_owned()),
            Some(_) => return Meant::NotTheirs,
            None => {}
        }
    }
    // An alias of theirs: clear only where they have one recipient.
    let mut theirs = known.iter().filter(|email| speaks_for(email));
    match (theirs.next(), theirs.next()) {
        (Some(only), None) => Meant::Theirs((*only).to_owned()),
        _ => Meant::Unclear,
    }
}

fn delivery(report: &DeliveryReport, submission: Option<&Submission>, speaks_for: SpeaksFor<'_>, at: i64) -> Meaning {
    let (mut updates, mut failed, mut late, mut key) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    let mut strangers = false;
    for status in &report.recipients {
        let serious = matches!(status.action, Action::Failed | Action::Delayed);
        let email = match meant([status.original.as_deref(), Some(&status.recipient)], submission, speaks_for) {
            Meant::Theirs(email) => email,
            Meant::NotTheirs => continue,
            Meant::Unclear => {
                strangers |= serious;
                key.push_str(&status.recipient);
                continue;
            }
        };
        let fate = || Fate {
            email: email.clone(),
            trouble: Some(trouble(status)),
            host: status.remote_mta.clone().or_else(|| report.reporting_mta.clone()),
        };
        let reason = Reason::of_report(status).code().to_owned();
        let set = |delivered: &str, reason: Option<String>| {
            let (email, reply) = (email.clone(), reply(status).to_string());
            DeliveryUpdate::Set(Delivery {
                email,
                delivered: delivered.into(),
                reply,
                remote: true,
                at,
                reason,
                ..Delivery::default()
            })
        };
        match status.action {
            Action::Failed => {
                failed.push(fate());
                updates.push(set("no", Some(reason)));
            }
            Action::Delayed => {
                late.push(fate());
                updates.push(DeliveryUpdate::Late { email: email.clone(), reason, at });
            }
            Action::Delivered => updates.push(set("yes", None)),
            Action::Relayed | Action::Expanded => {}
        }
        if serious {
            key.push_str(&format!("{:?}:{email};", status.action));
        }
    }
    let filed = match (failed.is_empty(), late.is_empty()) {
        (false, _) => Filed::Told(Kind::Failed, failed),
        (true, false) => Filed::Told(Kind::Late { hours_left: 0 }, late),
        _ if strangers => Filed::AsItCame,
        _ => Filed::Nothing,
    };
    Meaning { updates, filed, key }
}

/// The other side's words as a reply.
fn reply(status: &RecipientStatus) -> Reply {
    let mail::report::Status(class, subject, detail) = status.status;
    let text = status.diagnostic.clone().unwrap_or_default();
    let code = match class {
        2 => 250,
        4 => 451,
        _ => 550,
    };
    // "550 5.1.1 No such user": the codes stand before the words already.
    let words =
        text.split_once(' ').filter(|(first, _)| first.parse::<u16>().is_ok()).map_or(text.as_str(), |(_, rest)| rest);
    let words = words.split_once(' ').filter(|(first, _)| Enhanced::parse(first).is_some()).map_or(words, |(_, rest)| rest);
    let said = text.split(' ').next().and_then(|first| first.parse().ok()).filter(|said: &u16| said / 100 == code / 100);
    Reply { code: said.unwrap_or(code), enhanced: Some(Enhanced { class, subject, detail }), lines: vec![words.to_owned()] }
}

fn trouble(status: &RecipientStatus) -> Trouble {
    Trouble::Reply(reply(status))
}

fn disposition(report: &Disposition, submission: Option<&Submission>, speaks_for: SpeaksFor<'_>, at: i64) -> Meaning {
    let what = match (&report.error, report.kind) {
        (Some(_), _) => "error",
        (None, DispositionType::Displayed) => "displayed",
        (None, DispositionType::Deleted) => "deleted",
        (None, DispositionType::Dispatched) => "dispatched",
        (None, DispositionType::Processed) => "processed",
    };
    let meant = meant([report.original.as_deref(), Some(&report.recipient)], submission, speaks_for);
    let filed = match meant {
        Meant::Theirs(_) | Meant::Unclear if report.error.is_some() => Filed::AsItCame,
        _ => Filed::Nothing,
    };
    let updates = match meant {
        Meant::Theirs(email) => vec![DeliveryUpdate::Receipt { email, what: what.into(), at }],
        Meant::NotTheirs | Meant::Unclear => Vec::new(),
    };
    Meaning { updates, filed, key: format!("{what}:{}", report.recipient) }
}

/// The message that was sent, if it is still there.
async fn message(state: &State, account: AccountId, submission: Option<&Submission>) -> Result<Bytes, store::Error> {
    let Some(submission) = submission else { return Ok(Bytes::new()) };
    match state.store.emails(account, &[submission.email]).await?.pop() {
        Some(row) => state.store.blob_read(account, &row.blob, None).await,
        None => Ok(Bytes::new()),
    }
}

async fn as_it_came(state: &State, account: AccountId, raw: &Bytes, key: String) -> Result<NewEmail, store::Error> {
    let place = Place {
        received_at: state.clock.now_ms(),
        mailboxes: vec![inbox(state, account).await?],
        keywords: Vec::new(),
        dedup_key: Some(key),
    };
    Ok(prepare(raw.clone(), place).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(diagnostic: &str) -> RecipientStatus {
        RecipientStatus {
            recipient: "x@y.fr".into(),
            original: None,
            action: Action::Failed,
            status: mail::report::Status(5, 1, 1),
            diagnostic: Some(diagnostic.into()),
            remote_mta: None,
        }
    }

    #[test]
    fn the_words_of_the_other_side_stand_once() {
        assert_eq!(reply(&status("553 5.1.1 Pas de BAL")).to_string(), "553 5.1.1 Pas de BAL");
        assert_eq!(reply(&status("No such user")).to_string(), "550 5.1.1 No such user");
        assert_eq!(reply(&status("250 odd")).to_string(), "550 5.1.1 odd");
    }
}
