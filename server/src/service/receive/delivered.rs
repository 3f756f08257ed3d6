//! The report that a message was delivered, where the sender's system asked for it (NOTIFY=SUCCESS, RFC 3461 §6.2).

use bytes::Bytes;
use mail::header::DateTime;
use relay::notice::compose::{Kind, Notice, Told, compose};
use relay::receive::{Incoming, Recipient};
use store::receipts::Receipt;
use wire::id::AccountId;

use crate::service::notice::wall_clock;
use crate::service::send::new_message_id;
use crate::state::State;

/// The report about one recipient; none where none was asked for. It is queued in the transaction that keeps the message.
///
/// # Errors
/// The store's; `Corrupt` when a value of the message cannot be quoted.
pub(super) async fn report(
    state: &State,
    account: AccountId,
    incoming: &Incoming,
    recipient: &Recipient,
    raw: &[u8],
) -> Result<Option<Receipt>, store::Error> {
    let Some(sender) = incoming.envelope.from.as_ref().filter(|_| recipient.notify.success) else { return Ok(None) };
    let account = state.store.account(account).await?;
    let domain = account.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let head = mail::parse_head(raw);
    let fields = mail::parse_fields(raw);
    let subject = fields.iter().rfind(|field| field.name.eq_ignore_ascii_case("Subject"));
    let notice = Notice {
        kind: Kind::Delivered,
        hostname: state.config.relay.hostname.clone(),
        from: mail::Address { name: Some("Pli, service de remise".into()), email: format!("postmaster@{domain}") },
        to: mail::Address::bare(&sender.address),
        subject: subject.map(|field| mail::header::text(&field.raw_value)).unwrap_or_default(),
        sent: wall_clock(head.sent_at.map_or(incoming.received_at, |date| date.unix_ms)),
        original_id: head.message_id.first().cloned().unwrap_or_else(|| format!("unknown@{}", sender.domain)),
        envelope_id: incoming.envelope.envid.clone(),
        message_id: new_message_id(state, &account.address),
        date: DateTime { unix_ms: state.clock.now_ms(), offset_minutes: 0 },
        headers: Vec::new(),
    };
    let address = recipient.path.address.clone();
    let original = recipient.orcpt.as_deref().and_then(|orcpt| orcpt.split_once(';'));
    let original = original.filter(|(kind, _)| kind.eq_ignore_ascii_case("rfc822")).map(|(_, address)| address.to_owned());
    let told = Told { shown: address.clone(), address, trouble: None, host: None, original, patient: false };
    let returned = mail::report::returned_headers(raw);
    let report = compose(&notice, &[told], Some(&returned)).map_err(|_| store::Error::Corrupt("report"))?;
    Ok(Some(Receipt { report: Bytes::from(report), to: sender.address.clone(), local: false }))
}
