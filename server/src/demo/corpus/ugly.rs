//! The long and ugly cases of real life, one message each: hostile HTML,
//! broken MIME, strange charsets, fields that lie. All go to the first holder.

mod broken;
mod encoded;
mod hostile;
mod large;

use super::dates;
use super::fill::{Dice, Patient, Scene, Who, dice};
use super::people::{self, Person, correspondents};

/// One case.
struct Odd {
    spam: bool,
    make: fn(&mut Odds) -> Vec<u8>,
}

const fn odd(make: fn(&mut Odds) -> Vec<u8>) -> Odd {
    Odd { spam: false, make }
}

const fn spam(make: fn(&mut Odds) -> Vec<u8>) -> Odd {
    Odd { spam: true, make }
}

fn all() -> impl Iterator<Item = &'static Odd> {
    [hostile::CASES, encoded::CASES, broken::CASES, large::CASES].into_iter().flatten()
}

/// How many cases there are.
pub(super) fn count() -> usize {
    all().count()
}

/// Whether the case lies among the spam.
pub(super) fn is_spam(which: usize) -> bool {
    all().nth(which).is_some_and(|odd| odd.spam)
}

/// The bytes of a case as received at `at`.
pub(super) fn raw(seed: u64, which: usize, at: i64, now: i64) -> Vec<u8> {
    let dice = dice(seed, 0x0DD0 + which as u64);
    let patient = Patient::of_pool(seed, which as u64, Who::Adult, now);
    let from = &correspondents()[which * 5 % 14];
    let scene = Scene::new(patient, from, people::first(), at);
    let id = format!("odd-{which:03}-{:x}@{}", seed & 0xFFFF_FFFF, from.domain());
    let mut odds = Odds { scene, from, at, id, salt: seed.wrapping_add(which as u64), dice };
    all().nth(which).map_or_else(Vec::new, |odd| (odd.make)(&mut odds))
}

/// What a case is made with.
struct Odds {
    scene: Scene,
    from: &'static Person,
    at: i64,
    id: String,
    salt: u64,
    dice: Dice,
}

impl Odds {
    /// A filled template.
    fn say(&mut self, template: &str) -> String {
        self.scene.fill(&mut self.dice, template)
    }

    /// The usual fields before those of the body, with a plain sender.
    fn head(&self, subject: &str) -> String {
        self.head_from(&format!("\"{}\" <{}>", ascii(&self.from.display()), self.from.address), subject)
    }

    /// The same from any sender.
    fn head_from(&self, from: &str, subject: &str) -> String {
        format!(
            "{}From: {from}\r\nTo: {}\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}>\r\nMIME-Version: 1.0\r\n",
            self.received(),
            self.to(),
            dates::rfc5322(self.at - 4_000),
            self.id
        )
    }

    fn to(&self) -> String {
        format!("Claire MARTIN <{}>", people::first().address)
    }

    fn received(&self) -> String {
        format!(
            "Received: from relais.example (relais.example [203.0.113.77])\r\n by mx.pli.mssante.example with ESMTPS id {:012x}\r\n for <{}>; {}\r\n",
            self.salt & 0xFFFF_FFFF_FFFF,
            people::first().address,
            dates::rfc5322(self.at)
        )
    }

    /// A whole HTML message (8bit, UTF-8).
    fn html(&self, head: &str, body: &str) -> Vec<u8> {
        let body = body.replace('\n', "\r\n");
        format!("{head}Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n")
            .into_bytes()
    }

    /// A whole plain message (8bit, UTF-8).
    fn plain(&self, head: &str, body: &str) -> Vec<u8> {
        let body = body.replace('\n', "\r\n");
        format!("{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n")
            .into_bytes()
    }
}

/// Letters without their accents, for fields that must be ASCII.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'É' | 'È' => 'E',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'ï' | 'î' => 'i',
            'ç' => 'c',
            'ô' => 'o',
            '’' => '\'',
            _ if c.is_ascii() => c,
            _ => '-',
        })
        .collect()
}
