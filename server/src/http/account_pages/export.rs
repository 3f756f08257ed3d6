//! A copy of one's own BAL to take away: every message in one file, made while it is sent.

use axum::{
    body::Body,
    extract::State as AxumState,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream};
use wire::{id::AccountId, portal::Action};

use super::outside::{BoxForm, managing};
use crate::{
    auth::Caller,
    error::Error,
    http::{
        extract::{Form, Fresh},
        guard::Watched,
    },
    state::State,
};

/// Messages looked up at once.
const PAGE: u32 = 100;

/// `POST /compte/exporter`: an mbox (RFC 4155) whose lines that begin like a separator are quoted (`mboxrd`).
///
/// # Errors
/// Without a fresh proof, or the right to manage the BAL; the store's.
pub async fn mbox(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    Form(form): Form<BoxForm>,
) -> Result<Response, Error> {
    let acting = managing(&state, &caller, form.account()).await?;
    let account = acting.account();
    state.store.emails_exported(acting.actor(), account).await?;
    let watched = Watched { state: state.clone(), caller, account, action: Action::Manage };
    let mut response = Response::new(Body::from_stream(watched.stream(messages(state, account))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/mbox"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"messages.mbox\""));
    Ok(response)
}

/// Each message with its separator. A message that cannot be read ends the file early: the browser says so.
fn messages(state: State, account: AccountId) -> impl stream::Stream<Item = Result<Bytes, store::Error>> {
    let pages = stream::try_unfold((state.clone(), 0), move |(state, after)| async move {
        let page = state.store.emails_export(account, after, PAGE).await?;
        let Some(last) = page.last().map(|one| one.number) else { return Ok(None) };
        Ok::<_, store::Error>(Some((page, (state, last))))
    });
    let each = pages.flat_map(|page| match page {
        Ok(page) => stream::iter(page.into_iter().map(Ok).collect::<Vec<_>>()),
        Err(error) => stream::iter(vec![Err(error)]),
    });
    each.then(move |found| {
        let state = state.clone();
        async move {
            let found = found?;
            let raw = state.store.blob_read(account, &found.blob, None).await?;
            Ok(entry(&raw, found.received_at))
        }
    })
}

/// One message as it stands in an mbox.
fn entry(raw: &[u8], received_at: i64) -> Bytes {
    let moment = jiff::Timestamp::from_millisecond(received_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut out = BytesMut::with_capacity(raw.len() + 128);
    out.put_slice(format!("From MAILER-DAEMON {}\n", moment.strftime("%a %b %e %H:%M:%S %Y")).as_bytes());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let unquoted = line.iter().position(|byte| *byte != b'>').unwrap_or(line.len());
        if line[unquoted..].starts_with(b"From ") {
            out.put_u8(b'>');
        }
        out.put_slice(line);
    }
    if !raw.ends_with(b"\n") {
        out.put_u8(b'\n');
    }
    out.put_u8(b'\n');
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_like_a_separator_are_quoted() {
        let text = entry(b"Subject: a\r\n\r\nFrom here\r\n>From there\r\nfrom below", 1_795_334_700_000);
        let expected =
            "From MAILER-DAEMON Sun Nov 22 08:05:00 2026\nSubject: a\r\n\r\n>From here\r\n>>From there\r\nfrom below\n\n";
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
