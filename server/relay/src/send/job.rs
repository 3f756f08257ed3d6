//! What is to be sent: one message to recipients of one domain.

use bytes::Bytes;

use crate::receive::{Notify, Ret};

/// A recipient of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecipient {
    /// `local@domain`.
    pub address: String,
    /// NOTIFY (RFC 3461 §4.1), passed on to peers that know DSN.
    pub notify: Option<Notify>,
    /// ORCPT, decoded, with its type.
    pub orcpt: Option<String>,
}

impl JobRecipient {
    /// A recipient without wishes.
    pub fn new(address: impl Into<String>) -> JobRecipient {
        JobRecipient { address: address.into(), notify: None, orcpt: None }
    }
}

/// One message to recipients of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// MAIL FROM; `None` is the null reverse-path of notices.
    pub from: Option<String>,
    /// The domain of all recipients.
    pub domain: String,
    /// The recipients.
    pub recipients: Vec<JobRecipient>,
    /// The message, Bcc removed.
    pub data: Bytes,
    /// ENVID (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// RET (RFC 3461 §4.3).
    pub ret: Option<Ret>,
}
