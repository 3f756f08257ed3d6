//! Who writes to whom and when: conversations, their copies in the mailboxes,
//! and what became of each copy.

mod exchange;

use rand::Rng;

use super::dates::{self, DAY, HOUR, MINUTE};
use super::fill::{Dice, Patient, Scene, Who, chance, dice};
use super::letters;
use super::message::{Message, View};
use super::people::{self, Person, correspondents};
use super::{Item, Place, ugly};

/// A copy to be written.
struct Copy {
    source: Source,
    account: &'static str,
    place: Place,
    at: i64,
    seen: bool,
    flagged: bool,
    answered: bool,
}

/// Where the bytes of a copy come from.
enum Source {
    Message(usize, View),
    Odd(usize),
}

/// Everything that will be written.
pub(super) struct Plan {
    seed: u64,
    now: i64,
    count: usize,
    dice: Dice,
    messages: Vec<Message>,
    copies: Vec<Copy>,
    /// Copies of each holder so far.
    held: Vec<usize>,
}

impl Plan {
    /// Plans `count` copies over the eighteen months before `now`.
    pub(super) fn new(seed: u64, count: usize, now: i64) -> Self {
        let held = vec![0; people::people().len()];
        let mut plan = Self { seed, now, count, dice: dice(seed, 1), messages: Vec::new(), copies: Vec::new(), held };
        plan.odd();
        plan.drafts();
        while plan.left() > 60 {
            let at = plan.moment();
            plan.conversation(at, None);
        }
        // The last ones by themselves, so that the count is exact.
        let mut ago = 4 * MINUTE;
        while plan.left() > 0 {
            plan.conversation(now - ago, Some(people::first()));
            ago += plan.dice.random_range(20..50) * MINUTE;
        }
        plan.copies.sort_by_key(|copy| copy.at);
        plan
    }

    /// The items, oldest first, each written when it is asked for.
    pub(super) fn items(self) -> impl Iterator<Item = Item> {
        let Self { seed, now, messages, copies, .. } = self;
        copies.into_iter().map(move |copy| {
            let raw = match copy.source {
                Source::Message(which, view) => messages[which].raw(view),
                Source::Odd(which) => ugly::raw(seed, which, copy.at, now),
            };
            Item {
                account: copy.account,
                place: copy.place,
                received_at_ms: copy.at,
                seen: copy.seen,
                flagged: copy.flagged,
                answered: copy.answered,
                raw,
            }
        })
    }

    /// The planned messages.
    #[cfg(test)]
    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    fn put(&mut self, copy: Copy) {
        if let Some(i) = people::people().iter().position(|p| p.address == copy.account) {
            self.held[i] += 1;
        }
        self.copies.push(copy);
    }

    fn left(&self) -> usize {
        self.count.saturating_sub(self.copies.len())
    }

    /// The ugly ones: all of them in a full demonstration, in order otherwise.
    fn odd(&mut self) {
        let first = people::first().address;
        for which in 0..ugly::count().min(self.count / 12) {
            let at = match which % 5 {
                0 => self.now - self.dice.random_range(1..9) * DAY - 3 * HOUR,
                _ => self.now - self.dice.random_range(9..170) * DAY,
            };
            let spam = ugly::is_spam(which);
            let at = if spam { self.now - self.dice.random_range(1..26) * DAY } else { self.office(at) };
            let place = if spam { Place::Spam } else { Place::Inbox };
            let seen = !spam && self.dice.random_range(0..5) != 0;
            let source = Source::Odd(which);
            self.put(Copy { source, account: first, place, at, seen, flagged: false, answered: false });
        }
    }

    /// A few unfinished letters.
    fn drafts(&mut self) {
        for (i, writer) in people::people().iter().chain([people::first(); 3]).enumerate() {
            if i % 2 == 1 || self.left() < 40 {
                continue;
            }
            let at = self.now - self.dice.random_range(1..20) * HOUR * 7;
            let patient = self.patient(Who::Adult);
            let to = &correspondents()[i % 14];
            let mut scene = Scene::new(patient, writer, to, at);
            let subject = scene.fill(&mut self.dice, "[|Avis pour {Pn}|{Pc}|Courrier {Pn} (brouillon)]");
            let source = scene.fill(
                &mut self.dice,
                "{bonjour}\n\nMerci de recevoir {P}, né{e} le {ddn}, pour {motif}. [{Il} prend {drug} et|]",
            );
            let to = if i % 4 == 0 { vec![to] } else { Vec::new() };
            let message = self.message(scene, at, (writer, to, Vec::new()), subject, &[]);
            let message = message.compose(&mut self.dice, &source, None);
            self.messages.push(message);
            let source = Source::Message(self.messages.len() - 1, View::Sent);
            let account = writer.address;
            self.put(Copy { source, account, place: Place::Drafts, at, seen: true, flagged: false, answered: false });
        }
    }

    /// A moment of the eighteen months, with more in the last days.
    fn moment(&mut self) -> i64 {
        let (dice, now) = (&mut self.dice, self.now);
        let ago = match dice.random_range(0..100) {
            0..3 => return now - dice.random_range(10..36 * 60) * MINUTE,
            3..12 => dice.random_range(DAY..12 * DAY),
            _ => dice.random_range(12 * DAY..545 * DAY),
        };
        self.office(now - ago)
    }

    /// The same day at an hour when people write, rarely at the week-end.
    fn office(&mut self, ms: i64) -> i64 {
        let dice = &mut self.dice;
        let mut day = dates::midnight(ms);
        let keep = [1.0, 1.0, 0.95, 1.0, 1.0, 0.3, 0.06][dates::local(ms).weekday];
        if !chance(dice, keep) {
            // Monday's heap is also true to life.
            day = dates::midnight(day - dice.random_range(2..4) * DAY + 2 * HOUR);
        }
        let hour = match dice.random_range(0..100) {
            0..42 => dice.random_range(8.0..12.3),
            42..50 => dice.random_range(12.3..14.0),
            50..90 => dice.random_range(14.0..19.0),
            90..97 => dice.random_range(19.0..22.5),
            _ => dice.random_range(5.5..8.0),
        };
        day + (hour * HOUR as f64) as i64
    }

    fn patient(&mut self, who: Who) -> Patient {
        let pool = match who {
            Who::Adult => 240_u64,
            Who::Elder => 120,
            Who::Child => 50,
            Who::Mother => 30,
        };
        // Some patients are written about far more than others.
        let skewed = self.dice.random::<f64>().powf(1.7) * pool as f64;
        Patient::of_pool(self.seed, skewed as u64, who, self.now)
    }

    /// The holder who still lacks most mail.
    fn neediest(&mut self) -> &'static Person {
        let share = |i: usize| match i {
            0 => 0.56,
            12 => 0.05,
            _ => 0.39 / 11.0,
        };
        let lack = |(i, held): (usize, &usize)| share(i) * self.count as f64 - *held as f64;
        let missing: Vec<f64> = self.held.iter().enumerate().map(lack).collect();
        let total: f64 = missing.iter().map(|m| m.max(0.1)).sum();
        let mut drawn = self.dice.random::<f64>() * total;
        for (i, lack) in missing.iter().enumerate() {
            drawn -= lack.max(0.1);
            if drawn <= 0.0 {
                return &people::people()[i];
            }
        }
        people::first()
    }

    /// Puts the copies of a message where they belong; answers their indexes.
    fn deliver(&mut self, message: Message, folder: &'static str, fate: u32) -> Vec<usize> {
        let which = self.messages.len();
        let mut made = Vec::new();
        if holder(message.from) {
            made.push(Copy {
                source: Source::Message(which, View::Sent),
                account: message.from.address,
                place: Place::Sent,
                at: message.when + 1_000,
                seen: true,
                flagged: false,
                answered: false,
            });
        }
        for to in message.to.iter().chain(&message.cc).chain(&message.bcc).filter(|p| holder(p)) {
            let at = message.when + self.dice.random_range(2_000..9_000);
            let age = self.now - at;
            let place = place(to, folder, fate, age);
            let unread = match age / HOUR {
                ..=11 => 0.65,
                12..=71 => 0.25,
                72..=335 => 0.05,
                _ => 0.007,
            };
            let seen = !matches!(place, Place::Inbox) && age > DAY || !chance(&mut self.dice, unread);
            let flagged = matches!(place, Place::Folder(letters::CALL_BACK)) || chance(&mut self.dice, 0.025);
            let source = Source::Message(which, View::Received(to, at));
            made.push(Copy { source, account: to.address, place, at, seen, flagged, answered: false });
        }
        let start = self.copies.len();
        made.into_iter().for_each(|copy| self.put(copy));
        self.messages.push(message);
        (start..self.copies.len()).collect()
    }
}

fn holder(person: &Person) -> bool {
    people::people().iter().any(|p| p.key == person.key)
}

/// Where a holder keeps a message of that age.
fn place(holder: &Person, folder: &'static str, fate: u32, age: i64) -> Place {
    let files = holder.key == people::first().key || (holder.physician() && folder == letters::RESULTS);
    match fate {
        0..8 if (DAY..28 * DAY).contains(&age) => Place::Trash,
        _ if age < 4 * DAY => Place::Inbox,
        _ if folder == letters::CALL_BACK && age > 60 * DAY => Place::Archive,
        3..65 if files && !folder.is_empty() => Place::Folder(folder),
        40..75 if age > 30 * DAY => Place::Archive,
        _ => Place::Inbox,
    }
}
