//! Team work in a BAL, for the API and for forms: conversations in hand and their states, internal notes, the sign that
//! one answers, what the others did. A BAL that one person alone may open has no team: nobody is told anything there.

use std::collections::{HashMap, HashSet};

use store::Store;
use store::team::{WorkChange, WorkRow, readers::Touch as Touched};
use wire::id::{AccountId, EmailId, PersonId, ThreadId};
use wire::limits::{ANSWERING_SECONDS, NOTE_CHARS};
use wire::mail::keyword;
use wire::team::{Answering, Member, Work};

use crate::auth::rights::{Acting, Draft, Read, Sort};
use crate::state::State;

/// Touches named in a conversation at most, the newest.
const MOST_TOUCHES: usize = 100;

/// Who may open the BAL, and who has something in hand there without that right any more.
///
/// # Errors
/// The store's.
pub async fn members(store: &Store, account: AccountId, me: PersonId) -> Result<Vec<Member>, store::Error> {
    let active = store.members(account).await?;
    let mut all = active.clone();
    all.extend(store.assignees(account).await?.into_iter().filter(|person| !active.contains(person)));
    let names = store.person_names(&all).await?;
    let member = |id: PersonId| Member {
        id,
        name: names.get(&id).cloned().unwrap_or_default(),
        active: active.contains(&id),
        me: id == me,
    };
    let mut list: Vec<Member> = all.into_iter().map(member).collect();
    // Oneself first, then by name.
    list.sort_by_cached_key(|member| (!member.me, !member.active, member.name.to_lowercase(), member.id));
    Ok(list)
}

/// The work on conversations, as their lists show it: without who read and who answered.
///
/// # Errors
/// The store's.
pub async fn of(
    store: &Store,
    account: AccountId,
    me: PersonId,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, Work>, store::Error> {
    let rows = store.works(account, threads).await?;
    let signs = store.answering(account, threads).await?;
    let allowed = if signs.is_empty() { Vec::new() } else { store.members(account).await? };
    let persons: Vec<PersonId> =
        rows.iter().filter_map(|row| row.assignee).chain(signs.iter().map(|(_, person, _)| *person)).collect();
    let names = store.person_names(&persons).await?;
    let now = store.now();
    let mut works: HashMap<ThreadId, Work> = rows.iter().map(|row| (row.thread, work(row, &names))).collect();
    for (thread, person, until) in signs.into_iter().filter(|(_, person, _)| *person != me && allowed.contains(person)) {
        if let Some(work) = works.get_mut(&thread) {
            work.answering.push(answering(person, until, now, &names));
        }
    }
    Ok(works)
}

fn work(row: &WorkRow, names: &HashMap<PersonId, String>) -> Work {
    Work {
        id: row.thread,
        assignee_id: row.assignee,
        assignee_name: row.assignee.and_then(|person| names.get(&person).cloned()),
        state: row.state,
        note_count: row.notes,
        ..Work::default()
    }
}

fn answering(person: PersonId, until: i64, now: i64, names: &HashMap<PersonId, String>) -> Answering {
    let seconds = u32::try_from(((until - now).max(0) + 999) / 1000).unwrap_or(0);
    Answering { person_id: person, name: names.get(&person).cloned().unwrap_or_default(), seconds }
}

/// Somebody did something with a message, with their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub person: PersonId,
    pub name: String,
    pub email: EmailId,
    pub at: i64,
}

async fn named(store: &Store, mut touches: Vec<Touched>) -> Result<Vec<Named>, store::Error> {
    touches.drain(..touches.len().saturating_sub(MOST_TOUCHES));
    let persons: Vec<PersonId> = touches.iter().map(|touch| touch.person).collect();
    let names = store.person_names(&persons).await?;
    let one = |touch: Touched| Named {
        person: touch.person,
        name: names.get(&touch.person).cloned().unwrap_or_default(),
        email: touch.email,
        at: touch.at,
    };
    Ok(touches.into_iter().map(one).collect())
}

async fn emails(store: &Store, account: AccountId, thread: ThreadId) -> Result<Vec<EmailId>, store::Error> {
    Ok(store.threads(account, &[thread]).await?.pop().map(|(_, emails)| emails).unwrap_or_default())
}

/// Who first read the messages of a conversation (each person once), and who sent which of them.
///
/// # Errors
/// The store's.
pub async fn touches(store: &Store, account: AccountId, thread: ThreadId) -> Result<(Vec<Named>, Vec<Named>), store::Error> {
    let emails = emails(store, account, thread).await?;
    let mut seen = HashSet::new();
    let mut readers = store.readers(account, &emails).await?;
    readers.retain(|touch| seen.insert(touch.person));
    let answers = store.answers(account, &emails).await?;
    Ok((named(store, readers).await?, named(store, answers).await?))
}

/// Changes assignee or state of conversations.
///
/// # Errors
/// `NotFound`; `Refused("not-a-member")`; the store's.
pub async fn set(
    state: &State,
    acting: &Acting<Sort>,
    threads: &[ThreadId],
    change: WorkChange,
) -> Result<(), store::Error> {
    for thread in threads {
        state.store.work_set(acting.actor(), acting.account(), *thread, change).await?;
    }
    Ok(())
}

/// The text of a note as it is kept; none when it is empty or too long.
pub fn note_text(typed: &str) -> Option<String> {
    let text = typed.replace("\r\n", "\n");
    let text = text.trim_end();
    let fits = !text.trim().is_empty() && text.chars().count() <= NOTE_CHARS;
    fits.then(|| text.to_owned())
}

/// What the others do in a conversation at this moment, or sent since the last message that came in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Others {
    pub answering: Vec<Answering>,
    pub answers: Vec<Named>,
}

impl Others {
    /// Why not to answer without a second thought: the code of the warning and who.
    pub fn warning(&self) -> Option<(&'static str, String)> {
        if let Some(one) = self.answering.first() {
            return Some(("answer-now", one.name.clone()));
        }
        self.answers.last().map(|one| ("answer-done", one.name.clone()))
    }
}

/// The conversation of a message.
///
/// # Errors
/// `NotFound`; the store's.
pub async fn thread_of(store: &Store, account: AccountId, email: EmailId) -> Result<ThreadId, store::Error> {
    store.emails(account, &[email]).await?.pop().map(|row| row.thread).ok_or(store::Error::NotFound)
}

/// What the others do, or did, in a conversation.
///
/// # Errors
/// The store's.
pub async fn others(state: &State, acting: &Acting<Read>, me: PersonId, thread: ThreadId) -> Result<Others, store::Error> {
    let (store, account) = (&state.store, acting.account());
    let answering = of(store, account, me, &[thread]).await?.remove(&thread).map(|work| work.answering);
    let rows = store.emails(account, &emails(store, account, thread).await?).await?;
    let sent = store.answers(account, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let incoming = rows.iter().filter(|row| {
        let draft = row.keywords.iter().any(|word| word == keyword::DRAFT);
        !draft && !sent.iter().any(|touch| touch.email == row.id)
    });
    let last = incoming.map(|row| row.received_at).max().unwrap_or(i64::MIN);
    let since = sent.into_iter().filter(|touch| touch.person != me && touch.at >= last).collect();
    Ok(Others { answering: answering.unwrap_or_default(), answers: named(store, since).await? })
}

/// Says that one answers a conversation from now on, or not any more. Nothing is kept where there is no team.
///
/// # Errors
/// `NotFound`; the store's.
pub async fn sign(state: &State, acting: &Acting<Draft>, thread: ThreadId, active: bool) -> Result<(), store::Error> {
    let (store, account) = (&state.store, acting.account());
    if store.members(account).await?.len() < 2 {
        return Ok(());
    }
    let until = active.then(|| state.clock.now_ms() + i64::from(ANSWERING_SECONDS) * 1000);
    store.answering_sign(account, acting.caller().person, thread, until).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_words_and_an_end() {
        assert_eq!(note_text(" a\r\nb \n"), Some(" a\nb".into()));
        assert_eq!(note_text(" \n"), None);
        assert_eq!(note_text(&"a".repeat(NOTE_CHARS + 1)), None);
    }

    #[test]
    fn who_answers_now_is_told_before_who_answered() {
        let answer = Named { person: PersonId(1), name: "Léa".into(), email: EmailId(1), at: 1 };
        let now = Answering { person_id: PersonId(2), name: "Paul".into(), seconds: 3 };
        let others = Others { answering: Vec::new(), answers: vec![answer] };
        assert_eq!(others.warning(), Some(("answer-done", "Léa".into())));
        assert_eq!(Others { answering: vec![now], ..others }.warning(), Some(("answer-now", "Paul".into())));
        assert_eq!(Others::default().warning(), None);
    }
}
