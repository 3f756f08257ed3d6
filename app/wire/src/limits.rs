//! Limits that form and handler share. The server may be configured to smaller ones, never larger.

/// Octets of a message as it would be sent, attachments encoded.
pub const MESSAGE_OCTETS: u64 = 35 * 1024 * 1024;
/// Octets of one upload.
pub const UPLOAD_OCTETS: u64 = 25 * 1024 * 1024;
/// Octets of a message to a patient, attachments encoded (Mon espace santé, `domain.md` §3).
pub const PATIENT_OCTETS: u64 = 25_000_000;
/// Characters of a subject as typed.
pub const SUBJECT_CHARS: usize = 998;
/// Recipients of one message, all fields together.
pub const RECIPIENTS: usize = 200;
/// Characters of a folder's name.
pub const MAILBOX_NAME_CHARS: usize = 100;
/// Characters of a search.
pub const SEARCH_CHARS: usize = 200;
/// Characters of a plain text body.
pub const TEXT_CHARS: usize = 1_000_000;
/// Characters of an internal note.
pub const NOTE_CHARS: usize = 4_000;
/// Seconds after which the sign that somebody answers ends, unless it is given again.
pub const ANSWERING_SECONDS: u32 = 90;
/// Rows of a list.
pub const PAGE_ROWS: usize = 50;
/// Seconds during which a sent message can be called back.
pub const UNDO_SECONDS: u32 = 10;
/// Characters of a password.
pub const PASSWORD_CHARS: usize = 256;
