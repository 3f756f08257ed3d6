//! One conversation: the letter, its answers, what is attached, who is copied.

use rand::Rng;

use super::super::dates::{self, DAY, HOUR, MINUTE};
use super::super::documents::{Document, Nature};
use super::super::fill::{Scene, Who, chance};
use super::super::letters::{self, File};
use super::super::message::{Client, Message};
use super::super::people::{self, Person, Role, correspondents};
use super::{Plan, holder};

impl Plan {
    /// A kind of letter and its two parties. `lone`: the recipient of a letter
    /// that somebody from outside writes and nobody answers.
    fn parties(&mut self, lone: Option<&'static Person>) -> (&'static letters::Kind, &'static Person, &'static Person) {
        let focus = lone.unwrap_or_else(|| self.neediest());
        let holders = if lone.is_some() { &[] } else { people::people() };
        let with = |roles: &[Role]| -> Vec<&'static Person> {
            let near = holders.iter().chain(holders.iter().filter(|p| p.key != people::first().key));
            near.chain(correspondents()).filter(|p| roles.contains(&p.role) && p.key != focus.key).collect()
        };
        let mut choices: Vec<(u32, &letters::Kind, bool)> = Vec::new();
        for kind in letters::kinds() {
            if kind.to.contains(&focus.role) && !with(kind.from).is_empty() {
                choices.push((kind.weight * 3, kind, true));
            }
            if lone.is_none() && kind.from.contains(&focus.role) && !with(kind.to).is_empty() {
                choices.push((kind.weight * 2, kind, false));
            }
        }
        let mut drawn = self.dice.random_range(0..choices.iter().map(|c| c.0).sum::<u32>().max(1));
        let (_, kind, receives) = choices
            .iter()
            .find(|(weight, ..)| {
                let here = drawn < *weight;
                drawn = drawn.saturating_sub(*weight);
                here
            })
            .unwrap_or(&choices[0]);
        let others = with(if *receives { kind.from } else { kind.to });
        let other = others[self.dice.random_range(0..others.len())];
        if *receives { (kind, other, focus) } else { (kind, focus, other) }
    }

    /// A conversation: a letter, its answers, perhaps a forward.
    pub(super) fn conversation(&mut self, start: i64, lone: Option<&'static Person>) {
        let (kind, from, to) = self.parties(lone);
        let patient = self.patient(age(kind.who, from, to));
        let mut scene = Scene::new(patient, from, to, start);
        let subject = capital(&scene.fill(&mut self.dice, kind.subject));
        let cover = !kind.cover.is_empty() && chance(&mut self.dice, 0.45);
        let source = scene.fill(&mut self.dice, if cover { kind.cover } else { kind.body });
        let letter = if cover { scene.fill(&mut self.dice, kind.body) } else { source.clone() };
        let documents = self.documents(&mut scene, kind.files, &letter, cover);
        let cc = self.copied(from, to, lone.is_some());
        let bcc = self.blind(from, to, &cc);
        let mut first = self.message(scene.clone(), start, (from, vec![to], cc), subject, &[]);
        first.documents = documents;
        first.bcc = bcc;
        let first = first.compose(&mut self.dice, &source, None);
        let replies = if lone.is_some() { 0 } else { self.length(kind.turns.len()) };
        let fate = self.dice.random_range(0..100);
        let mut copies = self.deliver(first, kind.folder, fate);
        for turn in 0..replies {
            let spare = letters::ANSWERS[(fate as usize + 3 * turn) % letters::ANSWERS.len()];
            let template = kind.turns.get(turn).copied().unwrap_or(spare);
            match self.reply(&mut scene, template, kind.folder, fate, &copies) {
                Some(next) => copies = next,
                None => return,
            }
        }
        if lone.is_none() && chance(&mut self.dice, 0.05) {
            self.forward(fate);
        }
    }

    fn length(&mut self, turns: usize) -> usize {
        match self.dice.random_range(0..100) {
            _ if turns == 0 => 0,
            0..52 => 0,
            52..92 => self.dice.random_range(1..=turns),
            _ => self.dice.random_range(turns..=8),
        }
    }

    /// The answer to the last message planned.
    fn reply(
        &mut self,
        scene: &mut Scene,
        template: &str,
        folder: &'static str,
        fate: u32,
        last: &[usize],
    ) -> Option<Vec<usize>> {
        let parent = self.messages.last()?.clone();
        let gap = match self.dice.random_range(0..10) {
            0..5 => self.dice.random_range(4..180) * MINUTE,
            5..9 => self.dice.random_range(3..50) * HOUR,
            _ => self.dice.random_range(2..9) * DAY,
        };
        let mut at = parent.when + gap;
        let hour = dates::local(at).hour;
        if !(7..22).contains(&hour) {
            at = dates::midnight(at + if hour >= 22 { 4 * HOUR } else { 0 }) + self.dice.random_range(450..760) * MINUTE;
        }
        if at > self.now - 6 * MINUTE {
            return None;
        }
        (scene.from, scene.to, scene.when) = (scene.to, scene.from, at);
        let source = scene.fill(&mut self.dice, template);
        let mut references = parent.references.clone();
        references.push(parent.id.clone());
        let subject = answered(&parent.subject, Client::of(scene.from));
        let cc = parent.cc.iter().copied().filter(|p| p.key != scene.from.key).collect();
        let mut message = self.message(scene.clone(), at, (scene.from, vec![scene.to], cc), subject, &references);
        let promised = ["jointe", "ci-joint", "Photo", "photo"].iter().any(|word| source.contains(word));
        if promised && let Some(document) = self.promised(scene, &source) {
            message.documents.push(document);
        }
        let message = message.compose(&mut self.dice, &source, Some(&parent));
        for &copy in last {
            if self.copies[copy].account == scene.from.address {
                self.copies[copy].answered = true;
                self.copies[copy].seen = true;
            }
        }
        Some(self.deliver(message, folder, fate))
    }

    /// What an answer says is attached.
    fn promised(&mut self, scene: &mut Scene, source: &str) -> Option<Document> {
        let photo = source.contains("hoto");
        let file = if photo {
            File { nature: Nature::Wound, odds: 100, name: "photo {date}.png", title: "", source: "" }
        } else {
            File {
                nature: Nature::Pdf,
                odds: 100,
                name: "Ordonnance {Pc} {date}.pdf",
                title: "Ordonnance",
                source: "{P}, né{e} le {ddn}\n\n- {drug}, un comprimé le matin\n- {pansement}, quantité suffisante\n\nQSP {#1-3} mois.",
            }
        };
        self.documents(scene, std::slice::from_ref(&file), source, false).pop()
    }

    /// The recipient of the last message passes it on to somebody else.
    fn forward(&mut self, fate: u32) {
        let Some(parent) = self.messages.last().cloned() else {
            return;
        };
        let Some(by) = parent.to.first().copied().filter(|p| holder(p)) else {
            return;
        };
        let to = &people::people()[self.dice.random_range(0..people::people().len())];
        let at = parent.when + self.dice.random_range(10..300) * MINUTE;
        if to.key == by.key || to.key == parent.from.key || at > self.now - 6 * MINUTE {
            return;
        }
        let mut scene = parent.scene.clone();
        (scene.from, scene.to, scene.when) = (by, to, at);
        let source = scene.fill(&mut self.dice, "[Pour information, avant votre visite chez {Pn}.|{bonjour}\n\nVoici le courrier reçu pour {Pn}. [Qu’en pensez-vous ?|Merci de le classer.]\n\n{salut}|Voir ci-dessous.]");
        let mut references = parent.references.clone();
        references.push(parent.id.clone());
        let subject = format!("{}{}", if Client::of(by) == Client::Outlook { "TR : " } else { "Fwd: " }, parent.subject);
        let mut message = self.message(scene, at, (by, vec![to], Vec::new()), subject, &references);
        if chance(&mut self.dice, 0.5) {
            message.forwarded = Some(Box::new(parent));
            let message = message.compose(&mut self.dice, &source, None);
            self.deliver(message, "", fate);
        } else {
            message.documents.clone_from(&parent.documents);
            let message = message.compose(&mut self.dice, &source, Some(&parent));
            self.deliver(message, "", fate);
        }
    }

    pub(super) fn message(
        &mut self,
        scene: Scene,
        when: i64,
        (from, to, cc): (&'static Person, Vec<&'static Person>, Vec<&'static Person>),
        subject: String,
        references: &[String],
    ) -> Message {
        let salt: u64 = self.dice.random();
        Message {
            scene,
            from,
            to,
            cc,
            bcc: Vec::new(),
            subject,
            when,
            id: format!("{salt:016x}.{:x}@{}", when / 1_000, from.domain()),
            references: references.to_vec(),
            client: Client::of(from),
            text: String::new(),
            html: None,
            newsletter: false,
            documents: Vec::new(),
            forwarded: None,
            logo: false,
            salt,
        }
    }

    fn documents(&mut self, scene: &mut Scene, files: &[File], letter: &str, cover: bool) -> Vec<Document> {
        let mut out = Vec::new();
        for file in files {
            let drawn = self.dice.random_range(0..100) < file.odds;
            // What a covering message announces is always there.
            if drawn || (cover && file.source.is_empty() && file.nature == Nature::Pdf) {
                let source =
                    if file.source.is_empty() { letter.to_owned() } else { scene.fill(&mut self.dice, file.source) };
                out.push(Document {
                    nature: file.nature,
                    name: scene.fill(&mut self.dice, file.name).replace('/', "-"),
                    title: scene.fill(&mut self.dice, file.title),
                    source,
                    salt: self.dice.random(),
                });
            }
        }
        out
    }

    fn copied(&mut self, from: &Person, to: &Person, lone: bool) -> Vec<&'static Person> {
        if lone || !chance(&mut self.dice, 0.09) {
            return Vec::new();
        }
        let mut out = Vec::new();
        for _ in 0..self.dice.random_range(1..3) {
            let all = people::people().iter().chain(correspondents()).filter(|p| p.role != Role::Operator);
            let all: Vec<_> = all.filter(|p| p.key != from.key && p.key != to.key).collect();
            let one = all[self.dice.random_range(0..all.len())];
            if !out.iter().any(|known: &&Person| known.key == one.key) {
                out.push(one);
            }
        }
        out
    }

    fn blind(&mut self, from: &Person, to: &Person, cc: &[&Person]) -> Vec<&'static Person> {
        let secretary = &people::people()[people::people().len() - 1];
        let free = secretary.key != to.key && cc.iter().all(|p| p.key != secretary.key);
        if from.key == people::first().key && free && chance(&mut self.dice, 0.15) { vec![secretary] } else { Vec::new() }
    }
}

/// `RE:` and its relatives, once.
fn answered(subject: &str, client: Client) -> String {
    let known = ["Re: ", "RE: ", "Re : ", "RE : "];
    if known.iter().any(|prefix| subject.starts_with(prefix)) {
        return subject.to_owned();
    }
    let prefix = match client {
        Client::Outlook => "RE: ",
        Client::Software => "Re : ",
        _ => "Re: ",
    };
    format!("{prefix}{subject}")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The age of the patients of some professions, whatever the letter.
fn age(who: Who, from: &Person, to: &Person) -> Who {
    let has = |role| from.role == role || to.role == role;
    match () {
        () if has(Role::Paediatrician) => Who::Child,
        () if has(Role::Midwife) => Who::Mother,
        () if has(Role::Geriatrician) => Who::Elder,
        () => who,
    }
}
