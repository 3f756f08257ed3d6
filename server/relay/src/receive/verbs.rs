//! The verbs (RFC 5321 §4.1.1), one file each.

mod bdat;
mod data;
mod ehlo;
mod mail;
mod quit;
pub(super) mod rcpt;
mod rset;
mod starttls;
mod vrfy;

use bytes::BytesMut;

use super::replies;
use super::session::{Action, Context, Session};

/// Finds the verb of a line and hands the rest to it. `input` is what came after the line.
pub(super) fn dispatch(session: &mut Session, line: &str, input: &mut BytesMut, context: &Context) -> Action {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim_matches(' ');
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => ehlo::ehlo(session, rest),
        "HELO" => ehlo::helo(session, rest),
        "STARTTLS" => starttls::starttls(session, rest, input),
        "MAIL" => mail::mail(session, rest, context),
        "RCPT" => rcpt::rcpt(session, rest, context),
        "DATA" => data::data(session, rest, context),
        "BDAT" => bdat::bdat(session, rest, input, context),
        "RSET" => rset::rset(session, rest),
        "NOOP" => Action::Reply(replies::ok()),
        "VRFY" => vrfy::vrfy(session),
        "QUIT" => quit::quit(session),
        _ => session.refuse(replies::unknown_command()),
    }
}
