//! What the operator may set. Sizes and delays between operators are not fixed by
//! the référentiel that we know (`domain.md` §1.3, [U]), hence configuration.

use std::time::Duration;

/// Limits of the receiving side.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our host name, in the greeting and in Received fields.
    pub hostname: String,
    /// Largest message in bytes (SIZE, RFC 1870).
    pub max_size: usize,
    /// Bytes of all messages being received at once.
    pub max_memory: usize,
    /// Recipients of one message (at least 100: RFC 5321 §4.5.3.1.8).
    pub max_recipients: usize,
    /// Sender domains whose messages are taken for one recipient at a time, because
    /// whether they are accepted is decided on their content (the patients' gateway, `domain.md` §3).
    pub single_recipient_domains: Vec<String>,
    /// Received fields after which a message is in a loop (RFC 5321 §6.3).
    pub max_hops: usize,
    /// Octets of a command line, CRLF included (RFC 5321 §4.5.3.1.4 with its extensions).
    pub max_command_line: usize,
    /// Octets of a text line, CRLF included (RFC 5321 §4.5.3.1.6).
    pub max_text_line: usize,
    /// Refused commands before the connection is closed.
    pub max_errors: usize,
    /// Refused recipients before the connection is closed.
    pub max_refused_recipients: usize,
    /// Commands without a message between them before the connection is closed.
    pub max_commands: usize,
    /// Messages in one connection.
    pub max_messages: usize,
    /// Connections in all.
    pub max_connections: usize,
    /// Connections from one address (IPv6: one /64).
    pub max_per_address: usize,
    /// Connections with one certificate name.
    pub max_per_peer: usize,
    /// For one command to arrive whole (RFC 5321 §4.5.3.2.7); also for a good certificate to be
    /// shown, so that nobody without one holds a place for long.
    pub command_timeout: Duration,
    /// Between two blocks of a message (RFC 5321 §4.5.3.2.5).
    pub block_timeout: Duration,
    /// For a whole message to arrive; also from one message to the next, whatever is said between.
    pub message_timeout: Duration,
    /// For the TLS handshake.
    pub handshake_timeout: Duration,
    /// For the peer to take a reply.
    pub write_timeout: Duration,
}

impl Settings {
    /// The usual limits.
    pub fn new(hostname: impl Into<String>) -> Settings {
        Settings {
            hostname: hostname.into(),
            max_size: 50 << 20,
            max_memory: 1 << 30,
            max_recipients: 100,
            single_recipient_domains: Vec::new(),
            max_hops: 50,
            max_command_line: 2048,
            max_text_line: 1000,
            max_errors: 10,
            max_refused_recipients: 50,
            max_commands: 1000,
            max_messages: 1000,
            max_connections: 1000,
            max_per_address: 100,
            max_per_peer: 50,
            command_timeout: Duration::from_secs(300),
            block_timeout: Duration::from_secs(180),
            message_timeout: Duration::from_secs(1800),
            handshake_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(120),
        }
    }
}
