//! Templates: `[one|another]` chooses, `{#3-9}` and `{#1,2-8,4}` draw a
//! number, `[1=one|another]` makes the choice made before under the same digit,
//! `{drug}` takes a word and keeps it for the rest of the conversation,
//! `{drug+}` takes another one each time, and the rest speaks of the patient
//! and of the two who write.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::dates::{self, DAY, HOUR};
use super::people::{Person, Role};
use super::words;

/// The source of every choice.
pub(super) type Dice = StdRng;

/// A generator for one purpose of one seed.
pub(super) fn dice(seed: u64, purpose: u64) -> Dice {
    StdRng::seed_from_u64(seed ^ purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17))
}

/// One of a list; the empty string's kind of default when the list is empty.
pub(super) fn pick<T: Copy + Default>(dice: &mut Dice, from: &[T]) -> T {
    if from.is_empty() { T::default() } else { from[dice.random_range(0..from.len())] }
}

/// True with probability `p`.
pub(super) fn chance(dice: &mut Dice, p: f64) -> bool {
    dice.random::<f64>() < p
}

/// The age a letter needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Adult,
    Elder,
    Child,
    Mother,
}

/// An invented patient.
#[derive(Clone, Debug)]
pub(super) struct Patient {
    pub woman: bool,
    pub given: &'static str,
    pub family: &'static str,
    pub born: i64,
    pub order: u32,
}

impl Patient {
    /// The patient number `index` of the pool of a seed: the same people come
    /// back in letter after letter.
    pub(super) fn of_pool(seed: u64, index: u64, who: Who, now_ms: i64) -> Self {
        let mut dice = dice(seed, 0x0050_A710 + index * 4 + who as u64);
        let woman = who == Who::Mother || dice.random();
        let (youngest, oldest) = match who {
            Who::Adult => (19, 79),
            Who::Elder => (76, 101),
            Who::Child => (0, 15),
            Who::Mother => (19, 43),
        };
        let age = dice.random_range(youngest..=oldest);
        let names = if woman { words::WOMEN } else { words::MEN };
        // The lists run from the names of the oldest to those of the youngest.
        let fashion = (names.len() - 1) * usize::try_from(101 - age).unwrap_or(0) / 101;
        let near = (fashion + dice.random_range(0..9)).saturating_sub(4).min(names.len() - 1);
        let year = dates::local(now_ms).year - age;
        Self {
            woman,
            given: names[near],
            family: pick(&mut dice, words::FAMILY),
            born: dates::birthday(year, dice.random_range(1..=12), dice.random_range(1..=28)),
            order: dice.random_range(1..999),
        }
    }

    /// `Mme` or `M.`
    pub(super) fn civility(&self) -> &'static str {
        if self.woman { "Mme" } else { "M." }
    }

    /// A matricule that no one can have (a birthplace 99999 does not exist)
    /// but whose key is right: 97 − (N mod 97).
    pub(super) fn matricule(&self) -> String {
        let t = dates::local(self.born);
        let body =
            format!("{}{:02}{:02}99999{:03}", if self.woman { 2 } else { 1 }, t.year.rem_euclid(100), t.month, self.order);
        let number: u64 = body.parse().unwrap_or(0);
        format!("{body}{:02}", 97 - number % 97)
    }

    fn age(&self, at: i64) -> String {
        let months = (at - self.born) / DAY * 12 / 365;
        match months {
            ..=0 => "quelques jours".to_owned(),
            1..=35 => format!("{months} mois"),
            _ => format!("{} ans", months / 12),
        }
    }
}

/// What a conversation is about; replies share it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub patient: Patient,
    pub from: &'static Person,
    pub to: &'static Person,
    pub when: i64,
    kept: Vec<(String, String)>,
    links: [Option<usize>; 10],
}

impl Scene {
    pub(super) fn new(patient: Patient, from: &'static Person, to: &'static Person, when: i64) -> Self {
        Self { patient, from, to, when, kept: Vec::new(), links: [None; 10] }
    }

    /// Fills a template.
    pub(super) fn fill(&mut self, dice: &mut Dice, template: &str) -> String {
        let mut out = String::with_capacity(template.len() * 2);
        self.expand(dice, template, &mut out);
        out
    }

    fn expand(&mut self, dice: &mut Dice, template: &str, out: &mut String) {
        let mut rest = template;
        while let Some(at) = rest.find(['[', '{']) {
            out.push_str(&rest[..at]);
            let inner = &rest[at + 1..];
            if rest.as_bytes()[at] == b'{' {
                let end = inner.find('}').unwrap_or(inner.len());
                self.slot(dice, &inner[..end], out);
                rest = inner.get(end + 1..).unwrap_or("");
            } else {
                let (link, inner) = linked(inner);
                let (choices, after) = alternatives(inner);
                let drawn = dice.random_range(0..choices.len());
                let which = link.map_or(drawn, |link| *self.links[link].get_or_insert(drawn) % choices.len());
                self.expand(dice, choices[which], out);
                rest = after;
            }
        }
        out.push_str(rest);
    }

    fn slot(&mut self, dice: &mut Dice, name: &str, out: &mut String) {
        if let Some(range) = name.strip_prefix('#') {
            out.push_str(&number(dice, range));
        } else if let Some(word) = self.word(dice, name) {
            out.push_str(&word);
        } else {
            let said = self.said(dice, name);
            out.push_str(&said);
            // Dates and numbers that a letter names twice are the same.
            if matches!(name, "dossier" | "rdv" | "avant" | "bientot") {
                self.kept.push((name.to_owned(), said));
            }
        }
    }

    /// A word of a list, remembered unless the name ends with `+`.
    fn word(&mut self, dice: &mut Dice, name: &str) -> Option<String> {
        if let Some(fresh) = name.strip_suffix('+') {
            return Some(pick(dice, words::list(fresh)).to_owned());
        }
        if let Some((_, word)) = self.kept.iter().find(|(known, _)| known == name) {
            return Some(word.clone());
        }
        // `drug2` is a second word of the list `drug`.
        let list = words::list(name.trim_end_matches(|c: char| c.is_ascii_digit()));
        if list.is_empty() {
            return None;
        }
        let word = pick(dice, list).to_owned();
        self.kept.push((name.to_owned(), word.clone()));
        Some(word)
    }

    fn said(&self, dice: &mut Dice, name: &str) -> String {
        let p = &self.patient;
        let agree = |woman: &str, man: &str| {
            if p.woman { woman.to_owned() } else { man.to_owned() }
        };
        match name {
            "P" => format!("{} {} {}", p.civility(), p.given, p.family.to_uppercase()),
            "Pn" => format!("{} {}", p.civility(), p.family),
            "Pc" => format!("{} {}", p.family.to_uppercase(), p.given),
            "prenom" => p.given.to_owned(),
            "NOM" => p.family.to_uppercase(),
            "initiales" => format!("{}. {}.", first_letter(p.family), first_letter(p.given)),
            "ddn" => dates::numbers(p.born),
            "age" => p.age(self.when),
            "ins" => p.matricule(),
            "e" => agree("e", ""),
            "il" => agree("elle", "il"),
            "Il" => agree("Elle", "Il"),
            "la" => agree("la", "le"),
            "votrepatient" => agree("votre patiente", "votre patient"),
            "patient" => agree("patiente", "patient"),
            "lepatient" => agree("la patiente", "le patient"),
            "Lepatient" => agree("La patiente", "Le patient"),
            "enfant" => agree("cette petite fille", "ce petit garçon"),
            "suivi" => agree("suivie", "suivi"),
            "bonjour" => greeting(dice, self.from, self.to),
            "salut" => closing(dice, self.from, self.to),
            "moi" => self.from.signed(),
            "vous" => self.to.signed(),
            "vousc" => self.to.short(),
            "lieu" => self.from.place.to_owned(),
            "ville" => self.from.city.to_owned(),
            "date" => dates::numbers(self.when),
            "jour" => dates::long(self.when),
            "hier" => dates::day(self.when - dice.random_range(1..3) * DAY),
            "avant" => dates::numbers(self.when - dice.random_range(6..60) * DAY),
            "bientot" => dates::day(working(self.when + dice.random_range(2..9) * DAY)),
            "rdv" => {
                let day = dates::midnight(working(self.when + dice.random_range(3..45) * DAY));
                let at = day + dice.random_range(34..74) * HOUR / 4;
                format!("{} à {}", dates::day(at), dates::hour(at))
            }
            "tel" => format!("01 99 00 {:02} {:02}", dice.random_range(10..99), dice.random_range(10..99)),
            "dossier" => format!("{}{:05}", dates::local(self.when).year, dice.random_range(100..99_999)),
            other => format!("{{{other}}}"),
        }
    }
}

/// The next working day, or the day itself.
fn working(ms: i64) -> i64 {
    match dates::local(ms).weekday {
        5 => ms + 2 * DAY,
        6 => ms + DAY,
        _ => ms,
    }
}

fn first_letter(of: &str) -> char {
    of.chars().next().unwrap_or('X')
}

/// The link of a choice, if it has one, and what follows.
fn linked(inner: &str) -> (Option<usize>, &str) {
    match inner.as_bytes() {
        [digit @ b'0'..=b'9', b'=', ..] => (Some(usize::from(digit - b'0')), &inner[2..]),
        _ => (None, inner),
    }
}

/// Splits `a|[b|c]|d] tail` into its alternatives and the tail.
fn alternatives(inner: &str) -> (Vec<&str>, &str) {
    let mut choices = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 0 => {
                choices.push(&inner[start..at]);
                return (choices, &inner[at + 1..]);
            }
            b']' => depth -= 1,
            b'|' if depth == 0 => {
                choices.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    choices.push(&inner[start..]);
    (choices, "")
}

/// A number of `3-9` or, with decimals, of `1,2-8,4`.
fn number(dice: &mut Dice, range: &str) -> String {
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    let decimals = low.split_once(',').map_or(0, |(_, tail)| tail.len());
    let value = |text: &str| text.replace(',', "").parse::<u32>().unwrap_or(0);
    let (low, high) = (value(low), value(high));
    let drawn = dice.random_range(low..=high.max(low));
    if decimals == 0 {
        return drawn.to_string();
    }
    let unit = 10_u32.pow(u32::try_from(decimals).unwrap_or(1));
    format!("{},{:0decimals$}", drawn / unit, drawn % unit)
}

fn greeting(dice: &mut Dice, from: &Person, to: &Person) -> String {
    if from.physician() && to.physician() {
        return match (to.title, to.woman) {
            ("Pr", _) => "Monsieur le Professeur et cher Maître,".to_owned(),
            (_, true) => pick(dice, &["Chère consœur,", "Chère consœur,", "Chère amie,", "Bonjour,"]).to_owned(),
            _ => pick(dice, &["Cher confrère,", "Cher confrère,", "Cher ami,", "Bonjour,"]).to_owned(),
        };
    }
    match to.title {
        "" if to.given.is_empty() => "Bonjour,".to_owned(),
        "" if to.role == Role::Secretary => format!("Bonjour {},", to.given),
        "" => [format!("Bonjour {},", to.given), "Bonjour,".to_owned()][usize::from(chance(dice, 0.4))].clone(),
        _ => [format!("Bonjour {},", to.short()), "Bonjour Docteur,".to_owned()][usize::from(chance(dice, 0.6))].clone(),
    }
}

fn closing(dice: &mut Dice, from: &Person, to: &Person) -> String {
    if from.physician() && to.physician() {
        return pick(
            dice,
            &[
                "Bien confraternellement,",
                "Bien amicalement,",
                "Confraternellement,",
                "En vous remerciant de votre confiance, bien confraternellement,",
                "Je reste à votre disposition. Bien à vous,",
            ],
        )
        .to_owned();
    }
    pick(dice, &["Cordialement,", "Bien cordialement,", "Bonne journée,", "Merci d’avance,", "Bien à vous,"]).to_owned()
}
