//! The rows on screen: the server's page with the changes under way laid over it.

use leptos::{prelude::*, task::spawn_local};
use std::{cell::Cell, rc::Rc};
use wire::{
    Problem,
    id::{EmailId, ThreadId},
    mail::{Row, Snippet, keyword},
};

use crate::{
    api::{
        Api,
        list::{ListKey, Page, Source},
    },
    browser::{clock, focus},
};

use super::{Status, live::state_number, session::Session};

/// What the list scrolls in.
pub const SCROLLER: &str = ".list-pane .rows";
/// Milliseconds before a wait is shown.
const PATIENCE_MS: u64 = 180;

/// What an act is about: a conversation of a folder, or one message of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Thread(ThreadId),
    Email(EmailId),
}

impl Target {
    /// What a row stands for in a list from `source`.
    pub fn of(row: &Row, source: Source) -> Self {
        match source {
            Source::Mailbox(_) => Self::Thread(row.thread_id),
            Source::Search(_) => Self::Email(row.id),
        }
    }

    /// Name and value of its form field.
    pub fn field(self) -> (&'static str, String) {
        match self {
            Self::Thread(thread) => ("thread", thread.to_string()),
            Self::Email(email) => ("email", email.to_string()),
        }
    }

    fn matches(self, row: &Row) -> bool {
        match self {
            Self::Thread(thread) => row.thread_id == thread,
            Self::Email(email) => row.id == email,
        }
    }
}

/// What a change under way does to rows until the server's own word arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    pub id: u64,
    pub targets: Vec<Target>,
    pub seen: Option<bool>,
    pub flagged: Option<bool>,
    pub gone: bool,
}

/// The list on screen.
#[derive(Clone, Copy)]
pub struct List {
    pub key: RwSignal<Option<ListKey>>,
    pub status: RwSignal<Status>,
    /// What the server last said.
    pub page: RwSignal<Page>,
    /// A newer page that would move what is under the pointer: shown when asked for.
    pub held: RwSignal<Option<Page>>,
    pub overlays: RwSignal<Vec<Overlay>>,
    /// Rows as they are shown.
    pub rows: Memo<Vec<Row>>,
    /// The row that keys act on.
    pub current: RwSignal<Option<Target>>,
    pub selected: RwSignal<Vec<Target>>,
    /// Pages asked for in advance, used once.
    ahead: StoredValue<Vec<(ListKey, Page)>>,
}

impl List {
    pub(super) fn new(key: Option<ListKey>, page: Option<Result<Page, Problem>>) -> Self {
        let key = match &page {
            Some(Ok(page)) => key.map(|key| placed(key, page)),
            _ => key,
        };
        let (status, page) = match page {
            Some(Ok(page)) => (Status::Ready, page),
            Some(Err(problem)) => (Status::Failed(problem), Page::default()),
            None => (Status::Loading, Page::default()),
        };
        let (page, overlays) = (RwSignal::new(page), RwSignal::new(Vec::new()));
        Self {
            key: RwSignal::new(key),
            status: RwSignal::new(status),
            page,
            held: RwSignal::new(None),
            overlays,
            rows: Memo::new(move |_| overlays.with(|overlays| page.with(|page| laid_over(&page.rows, overlays)))),
            current: RwSignal::new(None),
            selected: RwSignal::new(Vec::new()),
            ahead: StoredValue::new(Vec::new()),
        }
    }

    /// The state of the messages that the rows show.
    pub fn state(&self) -> u64 {
        let of = |page: &Page| state_number(&page.state);
        self.page.with_untracked(of).max(self.held.with_untracked(|held| held.as_ref().map_or(0, of)))
    }

    /// Where the rows come from.
    pub fn source(&self) -> Option<Source> {
        self.key.with(|key| key.as_ref().map(|key| key.source))
    }

    /// The target of a row, in this list (not followed: another list has other rows).
    pub fn target(&self, row: &Row) -> Target {
        let source = self.key.with_untracked(|key| key.as_ref().map(|key| key.source));
        source.map_or(Target::Thread(row.thread_id), |source| Target::of(row, source))
    }

    /// Goes to another page: at once when it was asked in advance, else what is shown stays until it arrives or
    /// patience ends.
    pub fn open(self, api: Api, session: Session, key: ListKey) {
        if self.key.with_untracked(|current| current.as_ref() == Some(&key)) {
            return;
        }
        self.key.set(Some(key.clone()));
        self.selected.set(Vec::new());
        self.held.set(None);
        self.current.set(None);
        if let Some(page) = self.take_ahead(&key) {
            self.show(page);
            focus::scroll_top(SCROLLER);
            return;
        }
        self.load(api, session, key);
    }

    /// Asks again after a failure.
    pub fn retry(self, api: Api, session: Session) {
        if let Some(key) = self.key.get_untracked() {
            self.load(api, session, key);
        }
    }

    fn load(self, api: Api, session: Session, key: ListKey) {
        let waiting = key.clone();
        let arrived = Rc::new(Cell::new(false));
        let came = arrived.clone();
        clock::after(PATIENCE_MS, move || {
            let still = self.key.with_untracked(|current| current.as_ref() == Some(&waiting));
            if still && !came.get() {
                self.status.set(Status::Loading);
            }
        });
        spawn_local(async move {
            let answer = api.page(&key).await;
            arrived.set(true);
            if self.key.with_untracked(|current| current.as_ref() != Some(&key)) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.show(page);
                    focus::scroll_top(SCROLLER);
                }
                Err(problem) => {
                    session.notice(&problem);
                    self.status.set(Status::Failed(problem));
                }
            }
        });
    }

    fn show(&self, page: Page) {
        if let Some(key) = self.key.get_untracked() {
            let now = placed(key.clone(), &page);
            if now != key {
                self.key.set(Some(now));
            }
        }
        self.page.set(page);
        self.status.set(Status::Ready);
    }

    /// Asks for a page in advance.
    pub fn look_ahead(self, api: Api, key: ListKey) {
        if self.ahead.with_value(|ahead| ahead.iter().any(|(known, _)| *known == key)) {
            return;
        }
        spawn_local(async move {
            if let Ok(page) = api.automatic().page(&key).await {
                self.ahead.update_value(|ahead| {
                    ahead.retain(|(known, _)| *known != key);
                    ahead.push((key, page));
                    let extra = ahead.len().saturating_sub(4);
                    ahead.drain(..extra);
                });
            }
        });
    }

    fn take_ahead(&self, key: &ListKey) -> Option<Page> {
        let mut found = None;
        self.ahead.update_value(|ahead| {
            found = ahead.iter().position(|(known, _)| known == key).map(|at| ahead.swap_remove(at).1);
        });
        found
    }

    /// Asks for the page on screen again. Rows that came by themselves (`live`) are held back when they would move what
    /// is under the pointer; rows that an act of the person brought are shown.
    pub async fn refresh(self, api: &Api, live: bool) -> Result<(), Problem> {
        self.ahead.set_value(Vec::new());
        let Some(key) = self.key.get_untracked() else { return Ok(()) };
        let page = api.page(&key).await?;
        if self.key.with_untracked(|current| current.as_ref() != Some(&key)) {
            return Ok(());
        }
        let known = |row: &Row| self.page.with_untracked(|page| page.rows.iter().any(|old| same(old, row, key.source)));
        let arrived = page.rows.iter().any(|row| !known(row));
        if live && arrived && (key.cursor.is_some() || !focus::may_move(SCROLLER)) {
            let merged = self.page.with_untracked(|old| in_place(old, &page, key.source));
            self.page.set(merged);
            if key.cursor.is_none() {
                self.held.set(Some(page));
            }
        } else {
            self.held.set(None);
            if self.page.with_untracked(|old| *old != page) {
                self.page.set(page);
            }
        }
        self.status.set(Status::Ready);
        Ok(())
    }

    /// Shows the rows that were held back.
    pub fn release(self) {
        if let Some(page) = self.held.get_untracked() {
            self.held.set(None);
            self.page.set(page);
            focus::scroll_top(SCROLLER);
        }
    }

    /// How many rows are held back.
    pub fn held_count(&self) -> usize {
        let source = self.source();
        self.held.with(|held| match (held, source) {
            (Some(held), Some(source)) => self
                .page
                .with(|page| held.rows.iter().filter(|row| !page.rows.iter().any(|old| same(old, row, source))).count()),
            _ => 0,
        })
    }

    /// The row `step` places from the current one (or the first, or the last).
    pub fn neighbour(&self, from: Option<Target>, step: isize) -> Option<Row> {
        self.rows.with_untracked(|rows| {
            let at = from.and_then(|from| rows.iter().position(|row| from.matches(row)));
            let next = match at {
                Some(at) => at.checked_add_signed(step)?,
                None => 0,
            };
            rows.get(next).cloned()
        })
    }

    /// The row of a target, followed.
    pub fn row_now(&self, target: Target) -> Option<Row> {
        self.rows.with(|rows| rows.iter().find(|row| target.matches(row)).cloned())
    }

    /// The marked text of a search result.
    pub fn snippet(&self, email: EmailId) -> Option<Snippet> {
        self.page.with(|page| page.snippets.iter().find(|snippet| snippet.email_id == email).cloned())
    }

    /// The row of a target.
    pub fn row(&self, target: Target) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.iter().find(|row| target.matches(row)).cloned())
    }
}

/// A page with nothing before it is the top, however one came to it: new rows may come in there.
fn placed(key: ListKey, page: &Page) -> ListKey {
    if key.cursor.is_some() && page.previous.is_none() && !page.rows.is_empty() { key.top() } else { key }
}

fn same(a: &Row, b: &Row, source: Source) -> bool {
    Target::of(a, source) == Target::of(b, source)
}

/// The old page in its order, with what the new one says of its rows; rows that left are gone.
fn in_place(old: &Page, new: &Page, source: Source) -> Page {
    let rows = old.rows.iter().filter_map(|row| new.rows.iter().find(|it| same(row, it, source)).cloned()).collect();
    Page { rows, ..new.clone() }
}

/// Rows with the changes under way.
fn laid_over(rows: &[Row], overlays: &[Overlay]) -> Vec<Row> {
    let mut out = rows.to_vec();
    for overlay in overlays {
        let touched = |row: &Row| overlay.targets.iter().any(|target| target.matches(row));
        if overlay.gone {
            out.retain(|row| !touched(row));
        }
        for row in out.iter_mut().filter(|row| touched(row)) {
            mark(row, overlay);
        }
    }
    out
}

fn mark(row: &mut Row, overlay: &Overlay) {
    let mut set = |word: &str, on: bool| {
        if on {
            row.keywords.insert(word.into(), true);
        } else {
            row.keywords.remove(word);
        }
    };
    if let Some(seen) = overlay.seen {
        set(keyword::SEEN, seen);
    }
    if let Some(flagged) = overlay.flagged {
        set(keyword::FLAGGED, flagged);
    }
    if let Some(conversation) = row.conversation.as_mut() {
        if let Some(seen) = overlay.seen {
            conversation.unread = u32::from(!seen);
            conversation.senders.iter_mut().for_each(|sender| sender.unread &= !seen);
        }
        if let Some(flagged) = overlay.flagged {
            conversation.flagged = flagged;
        }
    }
}

/// Whether anything in a row's conversation (or the message itself) is unread.
pub fn is_unread(row: &Row) -> bool {
    row.conversation.as_ref().map_or_else(|| !row.keywords.contains_key(keyword::SEEN), |it| it.unread > 0)
}

/// Whether anything in a row's conversation (or the message itself) is starred.
pub fn is_flagged(row: &Row) -> bool {
    row.conversation.as_ref().map_or_else(|| row.keywords.contains_key(keyword::FLAGGED), |it| it.flagged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::id::MailboxId;

    fn row(id: i64) -> Row {
        serde_json::from_value(serde_json::json!({
            "id": EmailId(id), "threadId": ThreadId(id), "mailboxIds": {}, "keywords": {}, "from": null, "to": null,
            "subject": null, "receivedAt": "", "receivedLocal": "", "size": 0, "hasAttachment": false,
            "conversation": {"total": 2, "unread": 1, "flagged": false, "hasAttachment": false, "senders": []},
        }))
        .unwrap()
    }

    #[test]
    fn changes_under_way_are_laid_over() {
        let overlay = |gone, seen| Overlay { id: 1, targets: vec![Target::Thread(ThreadId(2))], seen, flagged: None, gone };
        let rows = [row(1), row(2), row(3)];
        let ids = |rows: Vec<Row>| rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>();
        assert_eq!(ids(laid_over(&rows, &[overlay(true, None)])), [1, 3]);
        let read = laid_over(&rows, &[overlay(false, Some(true))]);
        assert_eq!(read.iter().map(is_unread).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn rows_under_the_pointer_stay() {
        let page = |ids: &[i64]| Page { rows: ids.iter().map(|id| row(*id)).collect(), ..Page::default() };
        let merged = in_place(&page(&[5, 4, 3]), &page(&[9, 3, 5]), Source::Mailbox(MailboxId(1)));
        assert_eq!(merged.rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [5, 3]);
    }
}
