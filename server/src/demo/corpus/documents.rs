//! What is attached: described while planning, made when a message is written.

mod pdf;
pub(super) mod picture;
mod zip;

pub(super) use pdf::pdf;
pub(super) use zip::zip;

use super::dates;
use super::fill::{Scene, dice};
use super::source::{Block, blocks};

/// The nature of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Pdf,
    Docx,
    Ecg,
    Curve,
    Film,
    Wound,
    Phone,
    Csv,
    Text,
    Zip,
    Calendar,
    Card,
    /// An XDM archive whose document bears this code.
    Xdm(&'static str),
}

/// A document to make.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub nature: Nature,
    pub name: String,
    pub title: String,
    /// The text of it, as letters are written.
    pub source: String,
    pub salt: u64,
}

impl Document {
    /// The media type.
    pub(super) fn kind(&self) -> &'static str {
        match self.nature {
            Nature::Pdf => "application/pdf",
            Nature::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Nature::Ecg | Nature::Curve | Nature::Film | Nature::Wound => "image/png",
            Nature::Phone => "image/jpeg",
            Nature::Csv => "text/csv; charset=utf-8",
            Nature::Text => "text/plain; charset=utf-8",
            Nature::Zip | Nature::Xdm(_) => "application/zip",
            Nature::Calendar => "text/calendar; charset=utf-8; method=REQUEST",
            Nature::Card => "text/vcard; charset=utf-8",
        }
    }

    /// The file.
    pub(super) fn bytes(&self, scene: &Scene) -> Vec<u8> {
        let mut dice = dice(self.salt, 0xD0C);
        match self.nature {
            Nature::Pdf => letter(scene, &self.title, &blocks(&self.source)),
            Nature::Docx => zip::docx(&self.title, &blocks(&self.source)),
            Nature::Ecg => picture::ecg(&mut dice),
            Nature::Curve => picture::curve(&mut dice),
            Nature::Film => picture::film(&mut dice),
            Nature::Wound => picture::wound(&mut dice),
            Nature::Phone => picture::jpeg(),
            Nature::Csv => csv(&blocks(&self.source)),
            Nature::Text => self.source.replace('\n', "\r\n").into_bytes(),
            Nature::Zip => zip(&[
                ("compte-rendu.pdf", letter(scene, &self.title, &blocks(&self.source))),
                ("images/coupe-01.png", picture::film(&mut dice)),
                ("images/coupe-02.png", picture::film(&mut dice)),
            ]),
            Nature::Calendar => calendar(scene, &self.title, self.salt),
            Nature::Card => card(scene),
            Nature::Xdm(code) => zip::xdm(scene, &self.title, code, &blocks(&self.source)),
        }
    }
}

fn letter(scene: &Scene, title: &str, blocks: &[Block]) -> Vec<u8> {
    let from = scene.from;
    let speciality = if from.speciality.is_empty() { from.profession } else { from.speciality };
    let head = [from.signed(), speciality.to_owned(), from.place.to_owned(), dates::long(scene.when)];
    let head: Vec<String> = head.into_iter().filter(|line| !line.is_empty()).collect();
    pdf(&head, title, blocks, "Document confidentiel couvert par le secret professionnel – patient fictif")
}

/// The tables of a text, as spreadsheets of France read them.
fn csv(blocks: &[Block]) -> Vec<u8> {
    let mut out = "\u{FEFF}".to_owned();
    for block in blocks {
        if let Block::Table(rows) = block {
            rows.iter().for_each(|row| {
                out.push_str(&row.join(";"));
                out.push_str("\r\n");
            });
        }
    }
    out.into_bytes()
}

fn calendar(scene: &Scene, title: &str, salt: u64) -> Vec<u8> {
    let start = dates::midnight(scene.when) + 5 * dates::DAY + 14 * dates::HOUR;
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Agenda//FR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:{salt:016x}@agenda.example\r\n\
         DTSTAMP:{}Z\r\nDTSTART:{}Z\r\nDTEND:{}Z\r\nSUMMARY:{title}\r\nLOCATION:{}\r\nORGANIZER:mailto:{}\r\nATTENDEE:mailto:{}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        dates::compact(scene.when),
        dates::compact(start),
        dates::compact(start + dates::HOUR),
        scene.from.place.replace(',', "\\,"),
        scene.from.address,
        scene.to.address
    )
    .into_bytes()
}

fn card(scene: &Scene) -> Vec<u8> {
    let from = scene.from;
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{}\r\nN:{};{};;{};\r\nEMAIL:{}\r\nORG:{}\r\nROLE:{}\r\nEND:VCARD\r\n",
        from.signed(),
        from.family,
        from.given,
        from.title,
        from.address,
        from.place,
        from.profession
    )
    .into_bytes()
}
