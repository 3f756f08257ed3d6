//! Opening a message: what the frame shows, what it leaves out, whether it can still be called back, and the trace of it.

use mail::body::{BodyOptions, RenderedBody};
use mail::parse::{Parsed, Part};
use store::Means;
use store::emails::EmailRow;
use store::submissions::{Delivery, Submission, Undo};
use store::traces::Shown;
use wire::id::{AccountId, EmailId};
use wire::mail::{Delivered, Pending};

use super::content::Content;
use super::structure::Structure;
use crate::auth::Caller;
use crate::clock::local_minutes;
use crate::state::State;

/// Octets of all images that a body may embed.
const MAX_IMAGES: usize = 24 * 1024 * 1024;

/// Writes that messages were opened: one trace per person, message, way and day.
///
/// # Errors
/// The store's.
pub async fn note(state: &State, caller: &Caller, account: AccountId, emails: &[EmailId]) -> Result<(), store::Error> {
    let way = if caller.means == Means::Web { "shown" } else { "api" };
    record(state, caller, account, emails, way).await
}

/// Writes that something of a message was downloaded.
///
/// # Errors
/// The store's.
pub async fn downloaded(state: &State, caller: &Caller, account: AccountId, email: EmailId) -> Result<(), store::Error> {
    record(state, caller, account, &[email], "download").await
}

/// Writes that messages were printed; those that are not there left out.
///
/// # Errors
/// The store's.
pub async fn printed(state: &State, caller: &Caller, account: AccountId, emails: &[EmailId]) -> Result<(), store::Error> {
    let found: Vec<EmailId> = state.store.emails(account, emails).await?.into_iter().map(|row| row.id).collect();
    record(state, caller, account, &found, "printed").await
}

/// Writes that a message was fetched ahead, before anyone looked.
///
/// # Errors
/// The store's.
pub async fn prefetched(state: &State, caller: &Caller, account: AccountId, email: EmailId) -> Result<(), store::Error> {
    record(state, caller, account, &[email], "prefetched").await
}

async fn record(
    state: &State,
    caller: &Caller,
    account: AccountId,
    emails: &[EmailId],
    way: &'static str,
) -> Result<(), store::Error> {
    if emails.is_empty() {
        return Ok(());
    }
    let shown = |&email: &EmailId| Shown { account, email, actor: caller.actor(), way };
    state.store.record_shown(emails.iter().map(shown).collect()).await
}

/// The submission of a message that can still be called back, and for how many seconds.
///
/// # Errors
/// The store's.
pub async fn pending(state: &State, account: AccountId, row: &EmailRow) -> Result<Option<Pending>, store::Error> {
    let found = state.store.submissions_of(account, &[row.id]).await?;
    Ok(found.first().and_then(|submission| still_pending(submission, state.clock.now_ms())))
}

/// The same, of a submission that is known.
pub fn still_pending(submission: &Submission, now: i64) -> Option<Pending> {
    (submission.undo == Undo::Pending && submission.send_at > now).then(|| Pending {
        submission_id: submission.id,
        seconds: u32::try_from((submission.send_at - now).max(0) / 1000).unwrap_or(u32::MAX),
    })
}

/// What became of a message that left, per recipient; times by the clock of `zone`.
pub fn delivery(submission: &Submission, structure: Option<&Structure>, zone: &str) -> Vec<Delivered> {
    let name = |email: &str| {
        let mut all = structure.into_iter().flat_map(Structure::recipients);
        all.find(|address| address.email.eq_ignore_ascii_case(email)).and_then(|address| address.name.clone())
    };
    let local = |at: i64| (at > 0).then(|| local_minutes(at, zone));
    let one = |delivery: &Delivery| Delivered {
        email: delivery.email.clone(),
        name: name(&delivery.email),
        state: match (delivery.delivered.as_str(), delivery.late) {
            ("yes", _) => "delivered",
            ("no", _) => "refused",
            ("unknown", false) => "handed-over",
            (_, true) => "late",
            _ => "queued",
        }
        .into(),
        operator: delivery.operator.clone(),
        at_local: local(delivery.at),
        reason: delivery.reason.clone(),
        receipt: delivery.receipt.as_ref().map(|(what, _)| what.clone()),
        receipt_local: delivery.receipt.as_ref().and_then(|(_, at)| local(*at)),
    };
    submission.deliveries.iter().map(one).collect()
}

/// How many remote contents the frame leaves out.
///
/// # Errors
/// The store's.
pub async fn remote_removed(structure: &Structure, content: &Content) -> Result<u32, store::Error> {
    let html = structure.html.iter().copied().filter(|&index| structure.parts[index].kind == "text/html");
    let mut removed = 0;
    for index in html {
        let (parsed, raw) = excerpt(structure, content, index, false).await?;
        removed += mail::body::render_html(&parsed, &raw, index, &BodyOptions::default()).remote_removed;
    }
    Ok(removed)
}

/// What the frame shows: the HTML view (text parts among it as text), or the text view. Several parts follow each other.
///
/// # Errors
/// The store's.
pub async fn render(
    structure: &Structure,
    content: &Content,
    as_text: bool,
    options: &BodyOptions,
) -> Result<(RenderedBody, bool), store::Error> {
    let indexes = if as_text { &structure.text } else { &structure.html };
    let mut whole = RenderedBody::default();
    let mut has_html = false;
    for &index in indexes {
        let Some(part) = structure.parts.get(index).filter(|part| part.kind.starts_with("text/")) else { continue };
        let html = part.kind == "text/html";
        let rendered = if as_text && html {
            let source = content.text(part).await?.value;
            let text = mail::body::html_to_text(&source);
            RenderedBody { html: mail::body::render_text(&text, options), ..RenderedBody::default() }
        } else {
            has_html |= html;
            let (parsed, raw) = excerpt(structure, content, index, html).await?;
            mail::body::render_html(&parsed, &raw, index, options)
        };
        whole.html.push_str(&rendered.html);
        whole.remote_removed += rendered.remote_removed;
        whole.quoted_folded |= rendered.quoted_folded;
        whole.as_text |= rendered.as_text;
    }
    Ok((whole, has_html))
}

/// One part, and with `images` those that it may embed, as a small message: the rest of a large one stays in the store.
async fn excerpt(
    structure: &Structure,
    content: &Content,
    index: usize,
    images: bool,
) -> Result<(Parsed, Vec<u8>), store::Error> {
    let mut raw = Vec::new();
    let mut parts = Vec::with_capacity(structure.parts.len());
    for (at, stored) in structure.parts.iter().enumerate() {
        let image = images && stored.kind.starts_with("image/") && (stored.cid.is_some() || stored.location.is_some());
        let length = stored.offsets.2 - stored.offsets.1;
        let taken = at == index || (image && raw.len() + length <= MAX_IMAGES);
        let start = raw.len();
        if taken {
            raw.extend_from_slice(&content.range(stored.offsets.1..stored.offsets.2).await?);
        }
        let part = stored.over_body();
        parts.push(Part {
            part_id: at.to_string(),
            parent: stored.parent,
            body_start: start,
            body_end: raw.len(),
            cid: part.cid.clone().filter(|_| taken),
            location: stored.location.clone().filter(|_| taken),
            ..part
        });
    }
    let parsed = Parsed { parts, root: structure.root, html_body: structure.html.clone(), ..Parsed::default() };
    Ok((parsed, raw))
}
