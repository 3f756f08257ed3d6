//! What people read, computed: dates, sizes, names, marks. Pure: the same input gives the same text on the server and
//! in the browser. No clock, no zone: times are wall-clock strings of the person's zone (`2026-11-22T09:05`).

pub mod date;
pub mod fold;
pub mod mark;
pub mod name;
pub mod prose;
pub mod size;

use crate::i18n::{self, Lang};

/// The title of a folder's page: `(3) Réception · Pli`. Never a subject, never a name.
pub fn folder_title(lang: Lang, unread: u64, folder: &str) -> String {
    if unread == 0 {
        return page_title(lang, folder);
    }
    i18n::folder::title_unread(lang, &i18n::number(lang, unread), folder)
}

/// The title of any other page: `Aide · Pli`.
pub fn page_title(lang: Lang, page: &str) -> String {
    i18n::folder::title_page(lang, page)
}
