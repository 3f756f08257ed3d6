//! A message: what is planned of it, and its bytes when they are asked for.

use super::dates;
use super::documents::{Document, Nature, picture};
use super::fill::{Dice, Scene, chance, dice, pick};
use super::html;
use super::mime::{self, Charset, Encoding, Part};
use super::people::{Kind, Person, Role};
use super::source::{Block, blocks, escape, plain, wrap};

/// The mail program of a correspondent; each keeps to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Pli,
    Outlook,
    Apple,
    Thunderbird,
    Webmail,
    /// Practice or laboratory software: plain text, never a quotation.
    Software,
}

impl Client {
    /// The habit of a person.
    pub(super) fn of(person: &Person) -> Self {
        match person.role {
            Role::Gp | Role::OtherGp | Role::Secretary => Self::Pli,
            Role::Biologist | Role::Emergency | Role::Insurance => Self::Software,
            Role::Cardio | Role::Dentist | Role::Hospital | Role::Geriatrician | Role::Home => Self::Outlook,
            Role::Nurse | Role::Midwife | Role::Dermato => Self::Apple,
            Role::Physio | Role::Paediatrician | Role::Network => Self::Thunderbird,
            Role::Radio | Role::Pharmacist | Role::Care => Self::Webmail,
            Role::Authority | Role::Operator => Self::Pli,
            // Specialists outside differ from one to the next.
            Role::Specialist | Role::Surgeon => {
                [Self::Outlook, Self::Webmail, Self::Apple, Self::Software][person.key.len() % 4]
            }
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Pli => "",
            Self::Outlook => {
                "X-Mailer: Microsoft Outlook 16.0\r\nThread-Index: AdsX9mVQb1kq0w3rQ8mF\r\nContent-Language: fr-FR\r\n"
            }
            Self::Apple => "X-Mailer: Apple Mail (2.3774.600.62)\r\n",
            Self::Thunderbird => "User-Agent: Mozilla Thunderbird\r\nContent-Language: fr\r\n",
            Self::Webmail => "X-Mailer: Webmail 1.6.11\r\n",
            Self::Software => "X-Mailer: Logiciel de cabinet 8.4\r\nX-MSS-NIL: DEV000042\r\n",
        }
    }
}

/// Who holds a copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum View {
    /// The sender, who sees the blind copies.
    Sent,
    /// A recipient, and when it arrived.
    Received(&'static Person, i64),
}

/// One message, without its attachments' bytes.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub scene: Scene,
    pub from: &'static Person,
    pub to: Vec<&'static Person>,
    pub cc: Vec<&'static Person>,
    pub bcc: Vec<&'static Person>,
    pub subject: String,
    pub when: i64,
    pub id: String,
    /// Message-IDs of the conversation, the one answered last.
    pub references: Vec<String>,
    pub client: Client,
    pub text: String,
    /// The inside of the HTML body, when there is one.
    pub html: Option<String>,
    pub newsletter: bool,
    pub documents: Vec<Document>,
    pub forwarded: Option<Box<Message>>,
    pub logo: bool,
    pub salt: u64,
}

impl Message {
    /// Writes the bodies: what is said (`source`), the signature, and what is
    /// quoted of `parent`.
    pub(super) fn compose(mut self, dice: &mut Dice, source: &str, parent: Option<&Message>) -> Self {
        let said = blocks(source);
        let signature = self.signature();
        self.newsletter = matches!(self.from.role, Role::Authority | Role::Network | Role::Operator)
            && parent.is_none()
            && chance(dice, 0.5);
        self.logo = self.client == Client::Outlook && chance(dice, 0.3);
        self.text = self.plain_body(&said, &signature, parent);
        let as_html = match self.client {
            Client::Outlook | Client::Webmail => true,
            Client::Apple => chance(dice, 0.7),
            Client::Pli => source.contains("\n| ") && chance(dice, 0.4),
            _ => false,
        };
        self.html = if self.newsletter {
            Some(html::newsletter(dice, self.from, &self.subject, &said))
        } else if as_html {
            let logo = self.logo.then(|| self.cid());
            let mut inner = html::own(self.client, &said, &signature, logo.as_deref());
            if let Some(parent) = parent {
                let quoted = parent
                    .html
                    .clone()
                    .unwrap_or_else(|| format!("<div style=\"white-space:pre-wrap\">{}</div>", escape(&parent.text)));
                inner.push_str(&html::quote(self.client, &self.introduction(parent), &quoted));
            }
            Some(inner)
        } else {
            self.logo = false;
            None
        };
        self
    }

    fn cid(&self) -> String {
        format!("logo{:08x}@{}", self.salt as u32, self.from.domain())
    }

    fn signature(&self) -> Vec<String> {
        let p = self.from;
        if self.client == Client::Software || p.kind != Kind::Professional {
            return Vec::new();
        }
        let quality = if p.speciality.is_empty() { p.profession } else { p.speciality };
        let number = p.rpps.get(7..).unwrap_or("0000");
        let mut lines = vec![p.signed(), quality.to_owned(), p.place.to_owned()];
        lines.push(format!("Tél. 01 99 00 {} {}", &number[..2], &number[2..4]));
        if p.domain().starts_with("ch-") {
            lines.push(DISCLAIMER.to_owned());
        }
        lines
    }

    fn introduction(&self, parent: &Message) -> String {
        let who = format!("{} <{}>", parent.from.display(), parent.from.address);
        match self.client {
            Client::Outlook => {
                let at = dates::local(parent.when);
                let to: Vec<_> = parent.to.iter().map(|p| p.display()).collect();
                format!(
                    "De : {who}\nEnvoyé : {} {:02}:{:02}\nÀ : {}\nObjet : {}",
                    dates::long(parent.when),
                    at.hour,
                    at.minute,
                    to.join(" ; "),
                    parent.subject
                )
            }
            Client::Thunderbird => {
                let at = dates::local(parent.when);
                format!(
                    "Le {} à {:02}:{:02}, {} a écrit :",
                    dates::numbers(parent.when),
                    at.hour,
                    at.minute,
                    parent.from.display()
                )
            }
            _ => format!("Le {}, {who} a écrit :", dates::quoted(parent.when)),
        }
    }

    fn plain_body(&self, said: &[Block], signature: &[String], parent: Option<&Message>) -> String {
        let mut out = plain(said);
        if !signature.is_empty() {
            out.push_str(if self.client == Client::Outlook { "\n\n" } else { "\n-- \n" });
            out.push_str(&signature.join("\n"));
            out.push('\n');
        }
        let Some(parent) = parent.filter(|_| self.client != Client::Software) else {
            return out;
        };
        let introduction = self.introduction(parent);
        if self.client == Client::Outlook {
            out.push_str(&format!("\n-----Message d’origine-----\n{introduction}\n\n{}", parent.text));
        } else {
            out.push_str(&format!("\n{introduction}\n"));
            for line in parent.text.lines() {
                out.push_str(if line.is_empty() || line.starts_with('>') { ">" } else { "> " });
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// The bytes of a copy. Copies differ by Bcc and Received only.
    pub(super) fn raw(&self, view: View) -> Vec<u8> {
        let mut dice = dice(self.salt, 0xF1E1D);
        let charset = match self.client {
            Client::Outlook => pick(&mut dice, &[0_u8, 1, 0]),
            Client::Software => pick(&mut dice, &[2_u8, 0]),
            _ => 0,
        };
        let charset = [Charset::Utf8, Charset::Cp1252, Charset::Latin1][usize::from(charset)];
        let q = matches!(self.client, Client::Outlook | Client::Apple);
        let mut head = String::with_capacity(1_024);
        if let View::Received(by, at) = view {
            head.push_str(&self.received(by, at));
        }
        self.fields(&mut head, &mut dice, charset, q, matches!(view, View::Sent));
        let mut out = head.into_bytes();
        self.body(charset).write(&mut out);
        out
    }

    fn received(&self, by: &Person, at: i64) -> String {
        format!(
            "Return-Path: <{}>\r\nReceived: from smtp.{domain} (smtp.{domain} [203.0.113.{}])\r\n by mx.pli.mssante.example with ESMTPS id {:012x}\r\n for <{}>; {}\r\n",
            self.from.address,
            self.salt % 250 + 1,
            self.salt & 0xFFFF_FFFF_FFFF,
            by.address,
            dates::rfc5322(at),
            domain = self.from.domain(),
        )
    }

    fn fields(&self, head: &mut String, dice: &mut Dice, charset: Charset, q: bool, blind: bool) {
        let mut field = |name: &str, value: &str| {
            if !value.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        };
        let many = |people: &[&Person]| mime::addresses(people, charset, q);
        let from = mime::address(&self.from.display(), self.from.address, charset, q);
        field("From", &from);
        field("To", &many(&self.to));
        field("Cc", &many(&self.cc));
        if blind {
            field("Bcc", &many(&self.bcc));
        }
        field("Subject", &mime::words(&self.subject, charset, q));
        field("Date", &dates::rfc5322(self.when));
        field("Message-ID", &format!("<{}>", self.id));
        if let Some(last) = self.references.last() {
            field("In-Reply-To", &format!("<{last}>"));
            let all: Vec<_> = self.references.iter().map(|id| format!("<{id}>")).collect();
            field("References", &all.join("\r\n "));
        }
        if self.documents.iter().any(|d| matches!(d.nature, Nature::Xdm(_))) {
            for document in &self.documents {
                if let Nature::Xdm(code) = document.nature {
                    field("X-MSS-CODECDA", code);
                }
            }
            field("X-MSS-INS", "O");
        }
        if self.subject.contains("URGENT") || self.subject.contains('⚠') {
            field("Importance", "high");
            field("X-Priority", "1 (Highest)");
        }
        if chance(dice, 0.04) {
            field("Disposition-Notification-To", &from);
        }
        if self.newsletter {
            field("List-Id", &format!("<diffusion.{}>", self.from.domain()));
            field("List-Unsubscribe", "<https://www.lettre-sante.example/desinscription?u=a81f>");
            field("Precedence", "bulk");
        }
        head.push_str(self.client.field());
        head.push_str("MIME-Version: 1.0\r\n");
    }

    fn body(&self, charset: Charset) -> Part {
        let text = match self.client {
            Client::Thunderbird => {
                Part::text("text/plain; format=flowed", &flowed(&self.text), Charset::Utf8, Encoding::Eight)
            }
            Client::Software if charset == Charset::Latin1 => Part::text("text/plain", &self.text, charset, Encoding::Eight),
            Client::Software => Part::text("text/plain", &self.text, charset, Encoding::Base64),
            _ => Part::text("text/plain", &self.text, charset, Encoding::Quoted),
        };
        let mut root = text;
        if let Some(inner) = &self.html {
            let document = if self.newsletter { inner.clone() } else { html::document(self.client, charset.name(), inner) };
            let charset = if self.newsletter { Charset::Utf8 } else { charset };
            let mut rich = Part::text("text/html", &document, charset, Encoding::Quoted);
            if self.logo {
                let mark = picture::mark(self.from.key.len() as u8 * 13);
                let logo = Part::file("image/png", "image001.png", Some(&self.cid()), &mark);
                rich = Part::multi("related; type=\"text/html\"", self.salt, vec![rich, logo]);
            }
            root = Part::multi("alternative", self.salt, vec![root, rich]);
        }
        let mut parts = vec![root];
        for document in &self.documents {
            parts.push(Part::file(document.kind(), &document.name, None, &document.bytes(&self.scene)));
        }
        if let Some(original) = &self.forwarded {
            parts.push(Part::message(original.raw(View::Received(self.from, original.when + 2_000))));
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Part::multi("mixed", self.salt, parts) }
    }
}

const DISCLAIMER: &str = "Ce message et ses pièces jointes sont couverts par le secret professionnel. Si vous n’en êtes pas le destinataire, merci de le détruire et d’en avertir l’expéditeur.";

/// Paragraphs broken at 72 as RFC 3676 wants it: a space at a soft break.
fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 60);
    for line in text.lines() {
        let quoted = line.starts_with('>');
        if quoted || line == "-- " || line.chars().count() <= 74 {
            out.push_str(if line == "-- " { line } else { line.trim_end() });
        } else {
            out.push_str(&wrap(line, 72).join(" \n"));
        }
        out.push('\n');
    }
    out
}
