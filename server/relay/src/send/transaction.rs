//! One message over one connection: MAIL, RCPT, DATA (RFC 5321 §3.3), with
//! pipelining where the host can (RFC 2920) and an answer per recipient.

use std::time::Duration;

use super::client::{Capabilities, Client};
use super::job::{Job, JobRecipient};
use super::outcome::Trouble;
use super::payload::Payload;
use crate::receive::{Notify, Ret};
use crate::smtp::{Enhanced, Reply, address};

/// Bytes of text written at once.
const BLOCK: usize = 64 * 1024;

/// Asked before the message becomes whole: may it still be sent by us?
pub(super) type GoAhead<'a> = &'a (dyn Fn() -> bool + Sync);

/// What a transaction gave.
pub(super) struct Transacted {
    /// Per recipient, in order: the reply to the end of data, or why not.
    pub results: Vec<Result<Reply, Trouble>>,
    /// Whether the connection can be used further.
    pub usable: bool,
}

/// What the message needs that the host cannot.
pub(super) fn missing(capabilities: &Capabilities, job: &Job, payload: &Payload) -> Option<Trouble> {
    if let Some(limit) = capabilities.size.filter(|&limit| limit > 0 && payload.size > limit) {
        return Some(Trouble::TooLarge(limit));
    }
    if needs_utf8(job, payload) && !capabilities.utf8 {
        return Some(Trouble::NoUtf8);
    }
    // Our own messages are 7-bit; another's we do not rewrite: signatures would break.
    (payload.eight_bit && !capabilities.eight_bit).then_some(Trouble::NoEightBit)
}

fn needs_utf8(job: &Job, payload: &Payload) -> bool {
    payload.utf8_header
        || !job.from.as_deref().unwrap_or("").is_ascii()
        || job.recipients.iter().any(|r| !r.address.is_ascii())
}

/// Sends the message to `recipients`.
pub(super) async fn transact(
    client: &mut Client,
    capabilities: &Capabilities,
    job: &Job,
    payload: &Payload,
    recipients: &[&JobRecipient],
    go_ahead: GoAhead<'_>,
) -> Transacted {
    let mut results: Vec<Option<Result<Reply, Trouble>>> = vec![None; recipients.len()];
    let mut in_text = false;
    let end = dialogue(client, capabilities, job, payload, recipients, go_ahead, &mut results, &mut in_text).await;
    // The reply to the end of data, or the trouble that ended it, is that of all who had no answer yet.
    let usable = matches!(&end, Ok(_) | Err(Trouble::Reply(_))) && !is_421(&end) && !in_text;
    let results = results.into_iter().map(|r| r.unwrap_or_else(|| end.clone())).collect();
    Transacted { results, usable }
}

fn is_421(end: &Result<Reply, Trouble>) -> bool {
    matches!(end, Err(Trouble::Reply(reply)) if reply.code == 421)
}

#[allow(clippy::too_many_arguments)]
async fn dialogue(
    client: &mut Client,
    capabilities: &Capabilities,
    job: &Job,
    payload: &Payload,
    recipients: &[&JobRecipient],
    go_ahead: GoAhead<'_>,
    results: &mut [Option<Result<Reply, Trouble>>],
    in_text: &mut bool,
) -> Result<Reply, Trouble> {
    envelope(client, capabilities, job, payload, recipients, results).await?;
    let wait = client.timeouts.command;
    if results.iter().all(Option::is_some) {
        let reply = client.command("RSET", wait).await?;
        return Ok(reply);
    }
    if !go_ahead() {
        return Err(Trouble::Withdrawn);
    }
    let reply = client.command("DATA", client.timeouts.data).await?;
    if reply.code != 354 {
        return Err(if reply.code >= 400 { Trouble::Reply(reply) } else { Trouble::Nonsense });
    }
    *in_text = true;
    text(client, payload).await?;
    // Beyond our lease another worker may already be sending it: without its end
    // the host throws the text away.
    if !go_ahead() {
        return Err(Trouble::Withdrawn);
    }
    // From here on nobody knows until the host says.
    let uncertain = |trouble| match trouble {
        Trouble::Reply(reply) => Trouble::Reply(reply),
        _ => Trouble::Uncertain,
    };
    client.write(b".\r\n", client.timeouts.block).await.map_err(uncertain)?;
    let reply = client.reply(client.timeouts.end).await.map_err(uncertain)?;
    *in_text = false;
    match reply.code / 100 {
        2 => Ok(reply),
        4 | 5 => Err(Trouble::Reply(reply)),
        _ => Err(Trouble::Uncertain),
    }
}

/// MAIL and RCPT; refused recipients get their result.
async fn envelope(
    client: &mut Client,
    capabilities: &Capabilities,
    job: &Job,
    payload: &Payload,
    recipients: &[&JobRecipient],
    results: &mut [Option<Result<Reply, Trouble>>],
) -> Result<(), Trouble> {
    let mut lines = vec![mail_line(capabilities, job, payload)?];
    let mut named = Vec::new();
    for (index, recipient) in recipients.iter().enumerate() {
        match rcpt_line(capabilities, recipient) {
            Ok(line) => {
                lines.push(line);
                named.push(index);
            }
            Err(trouble) => results[index] = Some(Err(trouble)),
        }
    }
    let wait = client.timeouts.command;
    let mut from = None;
    if capabilities.pipelining {
        client.write(lines.concat().as_bytes(), wait).await?;
    }
    for (position, line) in lines.iter().enumerate() {
        if !capabilities.pipelining {
            client.write(line.as_bytes(), wait).await?;
        }
        let reply = client.reply(wait).await?;
        let refused = !matches!(reply.code / 100, 2);
        match position.checked_sub(1).and_then(|p| named.get(p)) {
            None if refused => {
                from = Some(reply);
                if !capabilities.pipelining {
                    break;
                }
            }
            None => {}
            Some(&index) if refused => results[index] = Some(Err(Trouble::Reply(reply))),
            Some(_) => {}
        }
    }
    // MAIL refused: that is everybody's answer, not "503 say MAIL first".
    let Some(reply) = from else { return Ok(()) };
    named.iter().for_each(|&index| results[index] = None);
    let _ = client.command("RSET", wait).await;
    Err(Trouble::Reply(reply))
}

/// The text in blocks. When the host stops reading, it may have said why.
async fn text(client: &mut Client, payload: &Payload) -> Result<(), Trouble> {
    for block in payload.wire.chunks(BLOCK) {
        if let Err(trouble) = client.write(block, client.timeouts.block).await {
            let word = client.reply(Duration::from_secs(2).min(client.timeouts.command)).await;
            return Err(match word {
                Ok(reply) if reply.code >= 400 => Trouble::Reply(reply),
                Err(Trouble::Reply(reply)) => Trouble::Reply(reply),
                _ => trouble,
            });
        }
    }
    Ok(())
}

/// An address that cannot be written would be an injection: it never reaches the wire.
fn checked(text: &str) -> Result<String, Trouble> {
    let bad = || {
        Trouble::Reply(Reply {
            code: 553,
            enhanced: Some(Enhanced::new(5, 1, 3)),
            lines: vec!["invalid address".to_owned()],
        })
    };
    address(text).map(|path| path.address).map_err(|_| bad())
}

fn mail_line(capabilities: &Capabilities, job: &Job, payload: &Payload) -> Result<String, Trouble> {
    let from = job.from.as_deref().map(checked).transpose()?.unwrap_or_default();
    let mut line = format!("MAIL FROM:<{from}>");
    if capabilities.size.is_some() {
        line.push_str(&format!(" SIZE={}", payload.size));
    }
    if payload.eight_bit {
        line.push_str(" BODY=8BITMIME");
    }
    if needs_utf8(job, payload) {
        line.push_str(" SMTPUTF8");
    }
    if capabilities.dsn {
        match job.ret {
            Some(Ret::Full) => line.push_str(" RET=FULL"),
            Some(Ret::Headers) => line.push_str(" RET=HDRS"),
            None => {}
        }
        if let Some(envid) = job.envid.as_deref().map(xtext).filter(|e| !e.is_empty() && e.len() <= 100) {
            line.push_str(&format!(" ENVID={envid}"));
        }
    }
    line.push_str("\r\n");
    Ok(line)
}

fn rcpt_line(capabilities: &Capabilities, recipient: &JobRecipient) -> Result<String, Trouble> {
    let mut line = format!("RCPT TO:<{}>", checked(&recipient.address)?);
    if capabilities.dsn {
        if let Some(notify) = recipient.notify {
            line.push_str(&format!(" NOTIFY={}", notify_words(notify)));
        }
        if let Some((kind, value)) = recipient.orcpt.as_deref().and_then(|o| o.split_once(';')) {
            let value = xtext(value);
            if kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && value.len() <= 450 {
                line.push_str(&format!(" ORCPT={kind};{value}"));
            }
        }
    }
    line.push_str("\r\n");
    Ok(line)
}

fn notify_words(notify: Notify) -> String {
    let words = [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")];
    let words: Vec<&str> = words.iter().filter(|(wanted, _)| *wanted).map(|(_, word)| *word).collect();
    if words.is_empty() { "NEVER".to_owned() } else { words.join(",") }
}

/// xtext (RFC 3461 §4).
fn xtext(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        if (33..=126).contains(&b) && b != b'+' && b != b'=' {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("+{b:02X}"));
        }
    }
    out
}
