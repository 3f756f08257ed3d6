//! All statements of the crate, for the test that prepares each on both engines.

use crate::db::Statement;

/// Name of the module and its statements. A test compares this list with the files that declare some.
pub const ALL: &[(&str, &[Statement])] = &[
    ("accounts", crate::accounts::STATEMENTS),
    ("anchors", crate::anchors::STATEMENTS),
    ("attempts", crate::attempts::STATEMENTS),
    ("blobs", crate::blobs::STATEMENTS),
    ("changes", crate::changes::STATEMENTS),
    ("codes", crate::codes::STATEMENTS),
    ("correspondents", crate::correspondents::STATEMENTS),
    ("credentials", crate::credentials::STATEMENTS),
    ("directory", crate::directory::STATEMENTS),
    ("emails::insert", crate::emails::insert::STATEMENTS),
    ("emails::write", crate::emails::write::STATEMENTS),
    ("identities", crate::identities::STATEMENTS),
    ("index", crate::index::STATEMENTS),
    ("keys", crate::keys::STATEMENTS),
    ("ledger", crate::ledger::STATEMENTS),
    ("logins", crate::logins::STATEMENTS),
    ("mailboxes", crate::mailboxes::STATEMENTS),
    ("migrations", crate::migrations::STATEMENTS),
    ("orphans", crate::orphans::STATEMENTS),
    ("persons", crate::persons::STATEMENTS),
    ("prefs", crate::prefs::STATEMENTS),
    ("rights", crate::rights::STATEMENTS),
    ("searches", crate::searches::STATEMENTS),
    ("sessions", crate::sessions::STATEMENTS),
    ("submissions", crate::submissions::STATEMENTS),
    ("submissions::outbox", crate::submissions::outbox::STATEMENTS),
    ("threads", crate::threads::STATEMENTS),
    ("threads::assign", crate::threads::assign::STATEMENTS),
    ("threads::recount", crate::threads::recount::STATEMENTS),
    ("tokens", crate::tokens::STATEMENTS),
    ("traces", crate::traces::STATEMENTS),
    ("uploads", crate::uploads::STATEMENTS),
];
