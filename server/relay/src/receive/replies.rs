//! The replies of the receiving side, all in one place (RFC 5321 §4.2.3, RFC 3463).

use super::body::BodyFault;
use crate::smtp::{PathError, Reply};
use crate::trust::{CertFault, Standing};

pub(super) fn ok() -> Reply {
    Reply::new(250, (0, 0), "OK")
}

pub(super) fn bad_sequence(text: &str) -> Reply {
    Reply::new(503, (5, 1), text)
}

pub(super) fn syntax(text: &str) -> Reply {
    Reply::new(501, (5, 4), text)
}

pub(super) fn unknown_command() -> Reply {
    Reply::new(500, (5, 1), "Command not recognised")
}

pub(super) fn needs_tls() -> Reply {
    Reply::new(530, (7, 0), "Must issue a STARTTLS command first")
}

pub(super) fn long_command() -> Reply {
    Reply::new(500, (5, 2), "Line too long")
}

pub(super) fn bare_line_end() -> Reply {
    Reply::new(554, (5, 2), "Bare CR or LF: lines end with CRLF (RFC 5321 2.3.8)")
}

pub(super) fn too_many_errors() -> Reply {
    Reply::new(421, (7, 0), "Too many errors, closing connection")
}

pub(super) fn too_many_messages() -> Reply {
    Reply::new(421, (4, 5), "Too many messages in one connection, come again")
}

pub(super) fn timed_out() -> Reply {
    Reply::new(421, (4, 2), "Timeout, closing connection")
}

pub(super) fn shutting_down() -> Reply {
    Reply::new(421, (3, 2), "Service restarting, try again shortly")
}

pub(super) fn busy() -> Reply {
    Reply::new(421, (4, 5), "Too many connections, try again later")
}

pub(super) fn unavailable() -> Reply {
    Reply::new(451, (3, 0), "Temporarily unable to answer, try again later")
}

pub(super) fn too_large(limit: usize) -> Reply {
    Reply::new(552, (3, 4), format!("Message larger than {limit} bytes"))
}

/// For a certificate that is not accepted (`domain.md` §1.3): at MAIL, so that the
/// reason reaches the peer's logs and notices. What heals by itself is 4xx.
pub(super) fn certificate(fault: CertFault) -> Reply {
    let text = format!("Client certificate refused: {fault}");
    match fault {
        CertFault::Missing => Reply::new(530, (7, 0), "A client certificate is required"),
        fault if fault.is_transient() => Reply::new(451, (7, 5), text),
        _ => Reply::new(550, (7, 5), text),
    }
}

/// For a sender domain that the peer may not use; `None` when it may.
pub(super) fn standing(standing: Standing, domain: &str) -> Option<Reply> {
    match standing {
        Standing::Listed => None,
        Standing::OtherCertificate => {
            Some(Reply::new(550, (7, 1), format!("Your certificate is not the one listed for {domain}")))
        }
        Standing::NotListed => Some(Reply::new(550, (7, 1), format!("{domain} is not on the white list of MSSante"))),
        Standing::NoList => Some(Reply::new(451, (7, 1), "No valid white list at hand, try again later")),
    }
}

pub(super) fn body(fault: BodyFault, max_size: usize, max_line: usize) -> Reply {
    match fault {
        BodyFault::BareLineEnd => bare_line_end(),
        BodyFault::LongLine => Reply::new(554, (6, 0), format!("A line is longer than {} characters", max_line - 2)),
        BodyFault::TooLarge => too_large(max_size),
        BodyFault::NoRoom => Reply::new(452, (3, 1), "No room for this message now, try again later"),
    }
}

pub(super) fn path(error: PathError, sender: bool) -> Reply {
    let detail = if sender { 7 } else { 3 };
    match error {
        PathError::Syntax => Reply::new(501, (5, 2), "Syntax: <address> [parameters]"),
        PathError::Parameter => syntax("Malformed or repeated parameter"),
        PathError::Address => Reply::new(553, (1, detail), "This is not a valid address"),
        PathError::NotAscii => Reply::new(553, (6, 7), "An address with such characters needs SMTPUTF8"),
    }
}
