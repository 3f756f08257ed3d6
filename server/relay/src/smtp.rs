//! What both sides of SMTP share: replies, enhanced status codes, paths and parameters.

mod path;
mod reply;

pub use path::{Params, Path, PathError, address};
pub use reply::{Enhanced, Reply, ReplyError, ReplyReader};
