//! MAIL (RFC 5321 §4.1.1.2) with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8
//! (RFC 6531), RET and ENVID (RFC 3461).

use crate::receive::gate::{Envelope, Ret};
use crate::receive::replies;
use crate::receive::session::{Action, Context, Phase, Security, Session, Transaction};
use crate::receive::verbs::rcpt::xtext;
use crate::smtp::{Params, Path, PathError, Reply};
use crate::trust::{Standing, Usage};

/// Begins a message: here the peer's certificate is judged, and whether it speaks
/// for the sender's domain (`domain.md` §1.3).
pub(super) fn mail(session: &mut Session, rest: &str, context: &Context) -> Action {
    let chain = match &session.security {
        Security::Plain => return session.refuse(replies::needs_tls()),
        Security::Tls { chain, .. } => chain,
    };
    match session.phase {
        Phase::Ready => {}
        Phase::Start => return session.refuse(replies::bad_sequence("Say EHLO first")),
        _ => return session.refuse(replies::bad_sequence("A message is already begun")),
    }
    if session.messages >= session.settings.max_messages {
        return session.close(replies::too_many_messages());
    }
    // Anew for each message: a long connection outlives neither a revocation nor a list.
    let peer = match context.trust.authority.judge(chain, Usage::Client, context.now) {
        Ok(peer) => peer,
        Err(fault) => return session.refuse(replies::certificate(fault)),
    };
    let envelope = match parse(session, rest) {
        Ok(envelope) => envelope,
        Err(reply) => return session.refuse(reply),
    };
    let standing = match &envelope.from {
        Some(path) => (context.trust.standing(&peer.name, &path.domain), path.domain.as_str()),
        None => (anywhere(context, &peer), "any domain"),
    };
    if let Some(reply) = replies::standing(standing.0, standing.1) {
        return session.refuse(reply);
    }
    session.phase = Phase::Mail(Box::new(Transaction { peer, envelope, chunks: None }));
    Action::Reply(Reply::new(250, (1, 0), "Sender accepted"))
}

/// The null reverse-path is for any operator of the list.
fn anywhere(context: &Context, peer: &crate::trust::Peer) -> Standing {
    match context.trust.list.as_deref() {
        None => Standing::NoList,
        Some(list) if list.knows(&peer.name) => Standing::Listed,
        Some(_) => Standing::OtherCertificate,
    }
}

fn parse(session: &Session, rest: &str) -> Result<Envelope, Reply> {
    let rest = strip_word(rest, "FROM:").ok_or_else(|| replies::syntax("Syntax: MAIL FROM:<address>"))?;
    let (from, mut params) = Path::parse(rest).map_err(|e| replies::path(e, true))?;
    let utf8 = flag(&mut params, "SMTPUTF8")?;
    if from.as_ref().is_some_and(|p| !p.address.is_ascii()) && !utf8 {
        return Err(replies::path(PathError::NotAscii, true));
    }
    let size = match params.take("SIZE") {
        None => None,
        Some(value) => Some(size_of(value.as_deref()).ok_or_else(|| replies::syntax("SIZE takes a number"))?),
    };
    if size.is_some_and(|size| size > session.settings.max_size) {
        return Err(replies::too_large(session.settings.max_size));
    }
    let eight_bit = match params.take("BODY").map(|v| v.unwrap_or_default().to_ascii_uppercase()) {
        None => false,
        Some(body) if body == "7BIT" => false,
        Some(body) if body == "8BITMIME" => true,
        Some(_) => return Err(replies::syntax("BODY is 7BIT or 8BITMIME")),
    };
    let ret = match params.take("RET").map(|v| v.unwrap_or_default().to_ascii_uppercase()) {
        None => None,
        Some(ret) if ret == "FULL" => Some(Ret::Full),
        Some(ret) if ret == "HDRS" => Some(Ret::Headers),
        Some(_) => return Err(replies::syntax("RET is FULL or HDRS")),
    };
    let envid = match params.take("ENVID") {
        None => None,
        Some(value) => {
            let value = value.filter(|v| v.len() <= 100).and_then(|v| xtext(&v));
            Some(value.ok_or_else(|| replies::syntax("ENVID is not xtext"))?)
        }
    };
    if params.rest().is_some() {
        return Err(Reply::new(555, (5, 4), "Parameter not recognised"));
    }
    Ok(Envelope { from, recipients: Vec::new(), size, eight_bit, utf8, ret, envid })
}

/// Up to 20 digits (RFC 1870 §3).
fn size_of(value: Option<&str>) -> Option<usize> {
    let value = value.filter(|v| v.len() <= 20 && v.bytes().all(|b| b.is_ascii_digit()))?;
    Some(value.parse().unwrap_or(usize::MAX))
}

pub(super) fn flag(params: &mut Params, name: &str) -> Result<bool, Reply> {
    match params.take(name) {
        None => Ok(false),
        Some(None) => Ok(true),
        Some(Some(_)) => Err(replies::syntax("This parameter takes no value")),
    }
}

pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| text.get(word.len()..)).flatten()
}
