//! Receipts of reading (RFC 8098): whether one is due for a message of a BAL, and the answer, given once. Never without
//! asking unless it goes to the very address that the message came from (`domain.md` §2.6), never to reports and automatic
//! mail, never out of the trust space.

use bytes::Bytes;
use mail::header::DateTime;
use mail::report::{About, Disposition, DispositionType, NoticeHead, build_disposition, returned_headers};
use relay::notice::receipt::{Answer, Wish, answer as decide};
use store::emails::EmailRow;
use store::receipts::{Answering, MDN_SENT, Receipt};
use wire::id::{AccountId, EmailId};
use wire::mail::keyword;

use super::notice::wall_clock;
use super::recipients;
use super::send::new_message_id;
use super::structure::Structure;
use crate::auth::rights::{Acting, Read, Right, Send};
use crate::state::State;

/// Older messages are never answered without asking: they may have been imported.
const FRESH_MS: i64 = 30 * 86_400_000;

/// The addresses that a receipt for this message would go to, where the reader is to be asked; none: nothing is due.
///
/// # Errors
/// The store's.
pub async fn asked(
    state: &State,
    account: AccountId,
    row: &EmailRow,
    structure: &Structure,
) -> Result<Vec<String>, store::Error> {
    let wish = match state.store.receipt_wishes(account).await?.answering {
        Answering::Never => Wish::Never,
        Answering::EachTime | Answering::Always => Wish::Ask,
    };
    Ok(match due(state, row, structure, wish).await? {
        Answer::Ask(list) => list.into_iter().map(|address| address.email).collect(),
        Answer::Send(_) | Answer::Nothing => Vec::new(),
    })
}

/// Sends the receipt of a message, or declines it for good; false when that was done before, or none is due.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn answer(state: &State, acting: &Acting<Send>, email: EmailId, send: bool) -> Result<bool, store::Error> {
    let account = acting.account();
    let (row, structure) = load(state, account, email).await?;
    if !send {
        return state.store.receipt_answer(acting.actor(), account, email, Vec::new()).await;
    }
    match due(state, &row, &structure, Wish::Ask).await? {
        Answer::Ask(list) => give(state, acting, &row, list, true).await,
        Answer::Send(_) | Answer::Nothing => Ok(false),
    }
}

/// A message is being shown to a person: where its BAL always answers and the rule allows it, the receipt goes.
///
/// # Errors
/// The store's.
pub async fn displayed(
    state: &State,
    acting: &Acting<Read>,
    row: &EmailRow,
    structure: &Structure,
) -> Result<(), store::Error> {
    if structure.receipt_to.is_empty() || row.received_at < state.clock.now_ms() - FRESH_MS {
        return Ok(());
    }
    if state.store.receipt_wishes(acting.account()).await?.answering != Answering::Always {
        return Ok(());
    }
    if let Answer::Send(to) = due(state, row, structure, Wish::Always).await? {
        give(state, acting, row, vec![to], false).await?;
    }
    Ok(())
}

async fn load(state: &State, account: AccountId, email: EmailId) -> Result<(EmailRow, Structure), store::Error> {
    let row = state.store.emails(account, &[email]).await?.pop().ok_or(store::Error::NotFound)?;
    let (_, bytes) = state.store.structures(account, &[email]).await?.pop().ok_or(store::Error::NotFound)?;
    Ok((row, Structure::from_bytes(&bytes)))
}

/// What the rule says, of those addresses that mail may go to.
async fn due(state: &State, row: &EmailRow, structure: &Structure, wish: Wish) -> Result<Answer, store::Error> {
    let marked = |word: &str| row.keywords.iter().any(|keyword| keyword == word);
    if structure.receipt_to.is_empty() || marked(MDN_SENT) || marked(keyword::DRAFT) {
        return Ok(Answer::Nothing);
    }
    let mut wanted = Vec::new();
    for address in &structure.receipt_to {
        if recipients::one(state, &address.email).await?.state == "ok" {
            wanted.push(mail::Address { name: address.name.clone(), email: address.email.clone() });
        }
    }
    let root = structure.parts.get(structure.root).map(|part| part.kind.clone()).unwrap_or_default();
    let message = mail::Parsed {
        disposition_notification_to: Some(wanted),
        auto_submitted: structure.auto_submitted.clone(),
        parts: vec![mail::Part { content_type: root, ..mail::Part::default() }],
        ..mail::Parsed::default()
    };
    Ok(decide(&message, structure.return_path.as_deref(), wish))
}

async fn give<R: Right>(
    state: &State,
    acting: &Acting<R>,
    row: &EmailRow,
    to: Vec<mail::Address>,
    by_hand: bool,
) -> Result<bool, store::Error> {
    let account = state.store.account(acting.account()).await?;
    let raw = state.store.blob_read(account.id, &row.blob, None).await?;
    let mut receipts = Vec::with_capacity(to.len());
    for address in to {
        let report = write(state, &account, &raw, &address, by_hand)?;
        let local = state.store.domain_is_ours(&address.email).await?;
        receipts.push(Receipt { report, to: mail::address::normalise(&address.email).to_lowercase(), local });
    }
    state.store.receipt_answer(acting.actor(), account.id, row.id, receipts).await
}

/// The receipt: words for people, fields for programs, the header of the message.
fn write(
    state: &State,
    account: &store::accounts::Account,
    raw: &[u8],
    to: &mail::Address,
    by_hand: bool,
) -> Result<Bytes, store::Error> {
    let head = mail::parse_head(raw);
    let now = state.clock.now_ms();
    let subject = mail::parse_fields(raw)
        .iter()
        .rfind(|field| field.name.eq_ignore_ascii_case("Subject"))
        .map(|field| mail::header::text(&field.raw_value))
        .unwrap_or_default();
    let shown = if subject.trim().is_empty() { "(sans objet)" } else { subject.trim() };
    let sent = head.sent_at.map_or_else(String::new, |date| format!(" du {}", wall_clock(date.unix_ms)));
    let notice = NoticeHead {
        from: mail::Address { name: Some(account.name.clone()), email: account.address.clone() },
        to: to.clone(),
        subject: format!("Lu : {shown}"),
        text: format!(
            "Votre message « {shown} »{sent} a été affiché le {} dans la boîte {} <{}>.\n\n\
             Cet accusé ne dit pas que son contenu a été compris ou suivi d'effet.\n",
            wall_clock(now),
            account.name,
            account.address
        ),
        message_id: new_message_id(state, &account.address),
        in_reply_to: head.message_id.first().cloned(),
        date: DateTime { unix_ms: now, offset_minutes: 0 },
        headers: Vec::new(),
    };
    let disposition = Disposition {
        reporting_ua: None,
        recipient: account.address.clone(),
        original: None,
        kind: DispositionType::Displayed,
        manual_action: true,
        sent_manually: by_hand,
        error: None,
        about: About { message_ids: head.message_id, envelope_id: None },
    };
    let report = build_disposition(&notice, &disposition, Some(&returned_headers(raw)));
    report.map(Bytes::from).map_err(|_| store::Error::Corrupt("receipt"))
}
