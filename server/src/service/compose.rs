//! Writing: what a new message, an answer or a forward starts with; keeping drafts; sending, calling back, discarding.

use store::emails::{EmailChange, EmailRow, InsertOptions, SetChange};
use store::mailboxes::Role;
use store::submissions::{Cancelled, Submission};
use wire::id::{AccountId, EmailId, MailboxId, SubmissionId};
use wire::limits::UNDO_SECONDS;
use wire::mail::{Address, keyword};

use super::content::Content;
use super::draft::{self, ComposeError, DraftInput};
use super::on_behalf;
use super::patients::sending::is_patient;
use super::send::{self, Submit};
use super::structure::Structure;
use crate::auth::rights::{Acting, Draft, Read, Send};
use crate::state::State;

/// How a message starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Reply,
    ReplyAll,
    Forward,
}

/// Who writes, and in which words and zone quotes are introduced.
#[derive(Debug, Clone)]
pub struct Voice {
    /// `fr` or `en`.
    pub lang: String,
    /// Name of a time zone.
    pub zone: String,
}

async fn load(state: &State, account: AccountId, id: EmailId) -> Result<(EmailRow, Structure, Content), store::Error> {
    let row = state.store.emails(account, &[id]).await?.pop().ok_or(store::Error::NotFound)?;
    let (_, bytes) = state.store.structures(account, &[id]).await?.pop().ok_or(store::Error::NotFound)?;
    let content = Content::stored(&state.store, account, row.blob);
    Ok((row, Structure::from_bytes(&bytes), content))
}

/// What an answer to, or a forward of, `source` starts with.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn prefill(
    state: &State,
    acting: &Acting<Read>,
    source: EmailId,
    mode: Mode,
    voice: &Voice,
) -> Result<DraftInput, store::Error> {
    let account = acting.account();
    let (row, structure, content) = load(state, account, source).await?;
    let own = state.store.account(account).await?.address;
    let text = draft::plain_text(&structure, &content).await?;
    let subject = structure.subject.clone().unwrap_or_default();
    let when = local(structure.sent.map_or(row.received_at, |(ms, _)| ms), &voice.zone);
    let parsed = mail::Parsed {
        message_id: structure.message_id.clone(),
        in_reply_to: structure.in_reply_to.clone(),
        references: structure.references.clone(),
        ..mail::Parsed::default()
    };
    let (in_reply_to, references) = mail::quote::references_for_reply(&parsed);
    if mode == Mode::Forward {
        return Ok(DraftInput {
            subject: mail::quote::forward_subject(&subject, &voice.lang),
            text: format!("\n\n{}", forwarded(&structure, &text, &when, &voice.lang)),
            references,
            attachments: draft::files(&structure, &content),
            ..DraftInput::default()
        });
    }
    let (to, cc) = recipients(&structure, &own, mode == Mode::ReplyAll);
    let from = structure.from.iter().flatten().next().map(|a| a.name.clone().unwrap_or_else(|| a.email.clone()));
    let intro = introduction(&from.unwrap_or_default(), &when, &voice.lang);
    Ok(DraftInput {
        to: draft::list(&Some(to)),
        cc: draft::list(&Some(cc)),
        subject: mail::quote::reply_subject(&subject, &voice.lang),
        text: format!("\n\n{}", mail::quote::quote_text(&text, &intro)),
        in_reply_to,
        references,
        ..DraftInput::default()
    })
}

/// To and Cc of an answer (RFC 5322 §3.6.3): Reply-To before From; to one's own message, those it went to.
fn recipients(structure: &Structure, own: &str, all: bool) -> (Vec<Address>, Vec<Address>) {
    let is_own = |a: &Address| a.email.eq_ignore_ascii_case(own);
    let mut seen = std::collections::HashSet::new();
    let mut unique =
        |list: Vec<Address>| -> Vec<Address> { list.into_iter().filter(|a| seen.insert(a.email.to_lowercase())).collect() };
    let of = |list: &Option<Vec<Address>>| list.clone().unwrap_or_default();
    let sent_by_me = structure.from.iter().flatten().any(is_own);
    let main = match &structure.reply_to {
        _ if sent_by_me => of(&structure.to),
        Some(list) if !list.is_empty() => list.clone(),
        _ => of(&structure.from),
    };
    let to = unique(main);
    if !all {
        return (to, Vec::new());
    }
    let others = if sent_by_me { of(&structure.cc) } else { [of(&structure.to), of(&structure.cc)].concat() };
    let cc = unique(others.into_iter().filter(|a| !is_own(a)).collect());
    (to, cc)
}

fn local(ms: i64, zone: &str) -> jiff::Zoned {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone)
}

fn introduction(from: &str, when: &jiff::Zoned, lang: &str) -> String {
    if lang == "en" {
        format!("On {}, {from} wrote:", when.strftime("%d/%m/%Y at %H:%M"))
    } else {
        format!("Le {}, {from} a écrit :", when.strftime("%d/%m/%Y à %H:%M"))
    }
}

fn forwarded(structure: &Structure, text: &str, when: &jiff::Zoned, lang: &str) -> String {
    let words = if lang == "en" {
        ["---------- Forwarded message ----------", "From: ", "Date: ", "Subject: ", "To: ", "Cc: "]
    } else {
        ["---------- Message transféré ----------", "De : ", "Date : ", "Objet : ", "À : ", "Cc : "]
    };
    let mut out = format!("{}\n{}{}\n", words[0], words[1], draft::list(&structure.from));
    out.push_str(&format!("{}{}\n", words[2], when.strftime("%d/%m/%Y %H:%M")));
    out.push_str(&format!("{}{}\n", words[3], structure.subject.as_deref().unwrap_or_default()));
    for (word, list) in [(words[4], &structure.to), (words[5], &structure.cc)] {
        if list.iter().flatten().next().is_some() {
            out.push_str(&format!("{word}{}\n", draft::list(list)));
        }
    }
    out.push('\n');
    out.push_str(text);
    out
}

/// A draft, to be written on.
///
/// # Errors
/// `NotADraft`, or the store's.
pub async fn open(state: &State, acting: &Acting<Read>, id: EmailId) -> Result<DraftInput, ComposeError> {
    let (row, structure, content) = load(state, acting.account(), id).await?;
    if !row.keywords.iter().any(|k| k == keyword::DRAFT) {
        return Err(ComposeError::NotADraft);
    }
    Ok(draft::typed(&structure, &content).await?)
}

/// The message that the form of this id made, and whether it is still a draft.
///
/// # Errors
/// The store's.
pub async fn of_form(state: &State, acting: &Acting<Read>, form: &str) -> Result<Option<(EmailId, bool)>, store::Error> {
    let Some(id) = state.store.email_of_key(acting.account(), &form_key(form)).await? else { return Ok(None) };
    let row = state.store.emails(acting.account(), &[id]).await?.pop();
    Ok(row.map(|row| (id, row.keywords.iter().any(|k| k == keyword::DRAFT))))
}

fn form_key(form: &str) -> String {
    format!("form:{form}")
}

/// Keeps a draft in place of `old`; answers its id. `form` names the drawn form that asks for it: of posts of one form at
/// the same time the first makes the draft, and the others get it.
///
/// # Errors
/// The fields that cannot be kept; `NotADraft` when `old` was sent or replaced meanwhile.
pub async fn save(
    state: &State,
    acting: &Acting<Draft>,
    old: Option<EmailId>,
    form: Option<&str>,
    input: &DraftInput,
) -> Result<EmailId, ComposeError> {
    let account = acting.account();
    if let Some(old) = old {
        let row = state.store.emails(account, &[old]).await?.pop();
        if row.is_some_and(|row| !row.keywords.iter().any(|k| k == keyword::DRAFT)) {
            return Err(ComposeError::NotADraft);
        }
    }
    let sender = on_behalf::sender(state, acting.caller().person, account).await?;
    let mut email = draft::prepared(state, account, sender, input).await?;
    email.dedup_key = form.map(form_key);
    let Some(old) = old else {
        let options = InsertOptions { skip_existing: form.is_some(), ..InsertOptions::default() };
        let made = state.store.emails_insert(acting.actor(), account, vec![email], options).await?.pop();
        return Ok(made.ok_or(store::Error::NotFound)?.id());
    };
    match state.store.email_replace(acting.actor(), account, old, email).await {
        Ok(record) => Ok(record.id),
        Err(error) if error.is_not_found() => Err(ComposeError::NotADraft),
        Err(error) => Err(error.into()),
    }
}

/// Destroys a draft; what is none is left alone.
///
/// # Errors
/// `NotADraft`, or the store's.
pub async fn discard(state: &State, acting: &Acting<Draft>, id: EmailId) -> Result<(), ComposeError> {
    let Some(row) = state.store.emails(acting.account(), &[id]).await?.pop() else { return Ok(()) };
    if !row.keywords.iter().any(|k| k == keyword::DRAFT) {
        return Err(ComposeError::NotADraft);
    }
    state.store.emails_destroy(acting.actor(), acting.account(), vec![id]).await?;
    Ok(())
}

/// Sends a draft after the seconds of undo: into the outbox, then to the sent folder. `answered`: the message this
/// answers or forwards, with the keyword that it gets. `confirmed`: the sender knows who sees whom (patients).
///
/// # Errors
/// Why it is not accepted; then the draft is as it was.
pub async fn send(
    state: &State,
    acting: &Acting<Send>,
    id: EmailId,
    answered: Option<(EmailId, &str)>,
    confirmed: bool,
) -> Result<Submission, ComposeError> {
    let account = acting.account();
    let send_at = state.clock.now_ms() + i64::from(UNDO_SECONDS) * 1000;
    let submit = Submit { email: id, identity: None, envelope: None, send_at: Some(send_at), confirmed };
    let submission = send::submit(state, acting, submit).await?;
    let mut changes = vec![EmailChange {
        id,
        keywords: SetChange { set: None, add: vec![keyword::SEEN.into()], remove: vec![keyword::DRAFT.into()] },
        mailboxes: SetChange { set: Some(vec![folder(state, account, Role::Sent).await?]), ..SetChange::default() },
    }];
    if let Some((source, word)) = answered {
        let keywords = SetChange { add: vec![word.to_owned()], ..SetChange::default() };
        changes.push(EmailChange { id: source, keywords, ..EmailChange::default() });
    }
    state.store.emails_update(acting.actor(), account, changes).await?;
    Ok(submission)
}

/// Sends a draft to each of its patients apart and to the others together, so that nobody sees an INS that is not theirs to
/// see; the draft goes. How many messages were made.
///
/// # Errors
/// Why one of them is not accepted: then what was accepted is on its way, and the draft holds the others only.
pub async fn send_apart(
    state: &State,
    acting: &Acting<Send>,
    draft_acting: &Acting<Draft>,
    id: EmailId,
) -> Result<usize, ComposeError> {
    let (row, structure, content) = load(state, acting.account(), id).await?;
    if !row.keywords.iter().any(|k| k == keyword::DRAFT) {
        return Err(ComposeError::NotADraft);
    }
    let whole = draft::typed(&structure, &content).await?;
    let mut patients: Vec<&Address> = Vec::new();
    for address in structure.recipients().filter(|address| is_patient(state, &address.email)) {
        if !patients.iter().any(|known| known.email.eq_ignore_ascii_case(&address.email)) {
            patients.push(address);
        }
    }
    let others = |list: &Option<Vec<Address>>| {
        let kept: Vec<Address> = list.iter().flatten().filter(|a| !is_patient(state, &a.email)).cloned().collect();
        draft::list(&Some(kept))
    };
    let for_others = DraftInput {
        to: others(&structure.to),
        cc: others(&structure.cc),
        bcc: others(&structure.bcc),
        ends: false,
        ..whole.clone()
    };
    let mut apart: Vec<DraftInput> = patients
        .iter()
        .map(|patient| DraftInput {
            to: draft::list(&Some(vec![(*patient).clone()])),
            cc: String::new(),
            bcc: String::new(),
            ..whole.clone()
        })
        .collect();
    if !(for_others.to.is_empty() && for_others.cc.is_empty() && for_others.bcc.is_empty()) {
        apart.push(for_others);
    }
    for (count, input) in apart.iter().enumerate() {
        let made = save(state, draft_acting, None, None, input).await?;
        if let Err(error) = send(state, acting, made, None, true).await {
            // Nothing has left yet: the draft is as it was.
            state.store.emails_destroy(acting.actor(), acting.account(), vec![made]).await?;
            if count > 0 {
                tracing::warn!(count, "some of a message sent apart are on their way, another was refused");
            }
            return Err(error);
        }
    }
    state.store.emails_destroy(acting.actor(), acting.account(), vec![id]).await?;
    Ok(apart.len())
}

/// Calls a message back; it is a draft again. None: too late.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn unsend(state: &State, acting: &Acting<Send>, id: SubmissionId) -> Result<Option<EmailId>, store::Error> {
    let account = acting.account();
    let submission = state.store.submissions(account, Some(&[id])).await?.pop().ok_or(store::Error::NotFound)?;
    if state.store.submission_cancel(acting.actor(), account, id).await? == Cancelled::TooLate {
        return Ok(None);
    }
    let change = EmailChange {
        id: submission.email,
        keywords: SetChange { set: None, add: vec![keyword::DRAFT.into()], remove: Vec::new() },
        mailboxes: SetChange { set: Some(vec![folder(state, account, Role::Drafts).await?]), ..SetChange::default() },
    };
    state.store.emails_update(acting.actor(), account, vec![change]).await?;
    Ok(Some(submission.email))
}

async fn folder(state: &State, account: AccountId, role: Role) -> Result<MailboxId, store::Error> {
    state.store.mailbox_by_role(account, role).await?.ok_or(store::Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(emails: &[&str]) -> Option<Vec<Address>> {
        Some(emails.iter().map(|email| Address { name: None, email: (*email).into() }).collect())
    }

    #[test]
    fn answers_go_where_they_should() {
        let emails = |list: Vec<Address>| list.into_iter().map(|a| a.email).collect::<Vec<_>>();
        let mut structure = Structure {
            from: list(&["a@x.fr"]),
            to: list(&["me@x.fr", "b@x.fr"]),
            cc: list(&["c@x.fr", "A@x.fr"]),
            ..Structure::default()
        };
        let (to, cc) = recipients(&structure, "ME@x.fr", true);
        assert_eq!((emails(to), emails(cc)), (vec!["a@x.fr".into()], vec!["b@x.fr".into(), "c@x.fr".to_owned()]));
        structure.reply_to = list(&["r@x.fr"]);
        assert_eq!(emails(recipients(&structure, "me@x.fr", false).0), ["r@x.fr"]);
        structure.from = list(&["me@x.fr"]);
        assert_eq!(emails(recipients(&structure, "me@x.fr", false).0), ["me@x.fr", "b@x.fr"]);
    }
}
