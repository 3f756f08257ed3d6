//! How much of a message is looked at before it is called damaged.

/// Bounds checked before and while a message is parsed (design: mail is hostile).
///
/// A message beyond a bound is never refused by [`crate::parse::parse`]: it is
/// kept whole and shown as one plain text part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the whole message, in bytes.
    pub max_size: usize,
    /// Multiparts inside one another.
    pub max_depth: usize,
    /// Parts of every kind, multiparts included.
    pub max_parts: usize,
    /// Header fields of one entity (the message or one part).
    pub max_headers: usize,
    /// Bytes of one entity's header block.
    pub max_header_bytes: usize,
    /// Parameters read from one Content-Type or Content-Disposition field; the rest is ignored.
    pub max_params: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_size: 64 * 1024 * 1024,
            max_depth: 40,
            max_parts: 2_000,
            max_headers: 1_000,
            max_header_bytes: 1024 * 1024,
            max_params: 100,
        }
    }
}
