//! Messages that break the rules: missing fields, fields twice, boundaries
//! without end, encodings with rubbish.

use super::super::dates;
use super::super::documents::{pdf, picture, zip};
use super::super::mime::{self, Charset, Encoding, Part, base64};
use super::super::source::blocks;
use super::{Odd, Odds, odd};

pub(super) const CASES: &[Odd] = &[
    odd(no_subject),
    odd(empty_subject),
    odd(no_date),
    odd(bad_date),
    odd(future_date),
    odd(no_id),
    odd(duplicate_fields),
    odd(no_from),
    odd(two_from),
    odd(group_to),
    odd(open_boundary),
    odd(wrong_boundary),
    odd(dirty_base64),
    odd(dirty_quoted),
    odd(html_only_no_type),
    odd(empty_body),
    odd(bare_newlines),
    odd(binary_garbage),
    odd(receipt),
    odd(bounce),
    odd(winmail),
    odd(signed),
    odd(forwards),
    odd(attachment_only),
    odd(inline_pictures),
    odd(odd_addresses),
];

const TEXT: &str = "{bonjour}\n\n[Merci de me rappeler au sujet de {Pn}.|{Pn} a été vu{e} {hier}, tout va bien.|{Pn} ne viendra pas {bientot}.]\n\n{salut}";

fn without(head: &str, name: &str) -> String {
    head.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect()
}

fn no_subject(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    o.plain(&without(&o.head("x"), "Subject:"), &text)
}

fn empty_subject(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    o.plain(&o.head(""), &text)
}

fn no_date(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    o.plain(&without(&o.head("Sans date"), "Date:"), &text)
}

fn bad_date(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let head =
        format!("{}Date: mardi 32 février 2026, 25h61 (heure de Paris)\r\n", without(&o.head("Date impossible"), "Date:"));
    o.plain(&head, &text)
}

fn future_date(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let head = format!("{}Date: Thu, 01 Jan 2099 00:00:00 +0000\r\n", without(&o.head("Horloge mal reglee"), "Date:"));
    o.plain(&head, &text)
}

fn no_id(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    o.plain(&without(&o.head("Sans identifiant"), "Message-ID:"), &text)
}

fn duplicate_fields(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let head = format!(
        "{}Subject: Second objet\r\nSubject: Troisieme objet\r\nTo: <accueil@cabinet-martin.courriel.example>\r\nMessage-ID: <second@doublon.example>\r\nDate: Mon, 01 Jan 2001 00:00:00 +0000\r\nContent-Type: text/html\r\n",
        o.head("Premier objet")
    );
    o.plain(&head, &text)
}

fn no_from(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    o.plain(&without(&o.head("Expediteur absent"), "From:"), &text)
}

fn two_from(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let from = "Dr Nadia HADDAD <nadia.haddad@medecin.mssante.example>, Secretariat <secretariat.cardiologie@hopital-sainte-aurore.mssante.example>";
    let head = o
        .head_from(from, "Courrier commun")
        .replace("MIME-Version", "Sender: secretariat.cardiologie@hopital-sainte-aurore.mssante.example\r\nMIME-Version");
    o.plain(&head, &text)
}

fn group_to(o: &mut Odds) -> Vec<u8> {
    let text = o.say("Bonjour à tous,\n\nRéunion le {rdv}.\n\n{salut}");
    let head = without(&o.head("Reunion du groupe"), "To:");
    o.plain(&format!("{head}To: undisclosed-recipients:;\r\nCc: Medecins du neuvieme: claire.martin@medecin.mssante.example, \"Benali, Karim (Dr)\" <karim.benali@medecin.mssante.example>;\r\n"), &text)
}

/// The last boundary never comes.
fn open_boundary(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let body = format!(
        "Content-Type: multipart/mixed; boundary=\"coupure\"\r\n\r\n--coupure\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n--coupure\r\nContent-Type: application/pdf; name=\"tronque.pdf\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"tronque.pdf\"\r\n\r\nJVBERi0xLjQKJeLjz9MKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxv",
        text.replace('\n', "\r\n")
    );
    format!("{}{body}", o.head("Message interrompu")).into_bytes()
}

/// The boundary declared is not the one used.
fn wrong_boundary(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT).replace('\n', "\r\n");
    format!("{}Content-Type: multipart/alternative; boundary=abc\r\n\r\n--abd\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--abd\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Version HTML</p>\r\n--abd--\r\n", o.head("Frontiere fausse")).into_bytes()
}

fn dirty_base64(o: &mut Odds) -> Vec<u8> {
    let good = mime::text_of(base64(o.say(TEXT).replace('\n', "\r\n").as_bytes()));
    let mut dirty = String::new();
    for (i, c) in good.chars().enumerate() {
        dirty.push(c);
        match i % 37 {
            5 => dirty.push(' '),
            11 => dirty.push_str("!\r\n"),
            23 => dirty.push('*'),
            _ => {}
        }
    }
    format!("{}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64\r\n\r\n{dirty}\r\n-- \r\nPied ajouté par un antivirus\r\n", o.head("Codage sali")).into_bytes()
}

fn dirty_quoted(o: &mut Odds) -> Vec<u8> {
    let text = o.say(
        "Bonjour,\n\nTaux =E0 surveiller : cr=E9atinine = 120 (=ZZ), 100=% {Pn}, fin de ligne =\nsuite. Dernier signe =E9=",
    );
    format!(
        "{}Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        o.head("Codage incomplet"),
        text.replace('\n', "\r\n")
    )
    .into_bytes()
}

fn html_only_no_type(o: &mut Odds) -> Vec<u8> {
    format!(
        "{}\r\n<html><body><p>Message <b>HTML</b> sans type d&eacute;clar&eacute;.</p></body></html>\r\n",
        o.head("Sans type")
    )
    .into_bytes()
}

fn empty_body(o: &mut Odds) -> Vec<u8> {
    o.head("Message vide").into_bytes()
}

fn bare_newlines(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let raw = o.plain(&o.head("Fins de ligne Unix"), &text);
    raw.into_iter().filter(|b| *b != b'\r').collect()
}

fn binary_garbage(o: &mut Odds) -> Vec<u8> {
    let mut out = format!(
        "{}Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: binary\r\n\r\nBonjour,\r\n",
        o.head("Octets divers")
    )
    .into_bytes();
    out.extend((0..=255_u8).filter(|b| *b != b'\n'));
    out.extend_from_slice(b"\r\nNUL:\x00 BEL:\x07 ESC:\x1b[31mrouge\x1b[0m\r\nFin\r\n");
    out
}

fn receipt(o: &mut Odds) -> Vec<u8> {
    let text = Part::text(
        "text/plain",
        "Votre message a été affiché sur l’écran du destinataire.",
        Charset::Utf8,
        Encoding::Quoted,
    );
    let body = format!(
        "Reporting-UA: poste.example; Logiciel 8.4\r\nFinal-Recipient: rfc822;{}\r\nOriginal-Message-ID: <absent-{:x}@medecin.mssante.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
        o.from.address, o.salt
    );
    let report =
        Part::Leaf { fields: "Content-Type: message/disposition-notification\r\n".to_owned(), body: body.into_bytes() };
    let mut out = o.head("Lu : Demande d'avis").into_bytes();
    Part::multi("report; report-type=disposition-notification", o.salt, vec![text, report]).write(&mut out);
    out
}

fn bounce(o: &mut Odds) -> Vec<u8> {
    let text = Part::text(
        "text/plain",
        "Le message n’a pas pu être remis à jean.dupont@medecin.mssante.example.\nCette adresse n’existe pas.",
        Charset::Utf8,
        Encoding::Quoted,
    );
    let body = "Reporting-MTA: dns; mx.relais.example\r\n\r\nFinal-Recipient: rfc822; jean.dupont@medecin.mssante.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n";
    let status =
        Part::Leaf { fields: "Content-Type: message/delivery-status\r\n".to_owned(), body: body.as_bytes().to_vec() };
    let original = Part::message(format!("From: claire.martin@medecin.mssante.example\r\nTo: jean.dupont@medecin.mssante.example\r\nSubject: Avis\r\nDate: {}\r\nMessage-ID: <avis-{:x}@medecin.mssante.example>\r\n\r\nBonjour\r\n", dates::rfc5322(o.at - 60_000), o.salt).into_bytes());
    let mut out = o
        .head_from("Mail Delivery System <MAILER-DAEMON@relais.example>", "Undelivered Mail Returned to Sender")
        .into_bytes();
    Part::multi("report; report-type=delivery-status", o.salt, vec![text, status, original]).write(&mut out);
    out
}

fn winmail(o: &mut Odds) -> Vec<u8> {
    let text = Part::text("text/plain", &o.say(TEXT), Charset::Cp1252, Encoding::Quoted);
    let file = Part::file(
        "application/ms-tnef",
        "winmail.dat",
        None,
        b"\x78\x9F\x3E\x22\x01\x00\x01\x90\x08\x00\x04\x00\x00\x00\x00\x00",
    );
    finish(o, "Piece jointe winmail", Part::multi("mixed", o.salt, vec![text, file]))
}

fn signed(o: &mut Odds) -> Vec<u8> {
    let text = Part::text("text/plain", &o.say(TEXT), Charset::Utf8, Encoding::Quoted);
    let file = Part::file("application/pkcs7-signature", "smime.p7s", None, &[0x30, 0x82, 0x01, 0x00]);
    finish(
        o,
        "Message signe",
        Part::multi("signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256", o.salt, vec![text, file]),
    )
}

/// A message forwarded as an attachment within a message forwarded so.
fn forwards(o: &mut Odds) -> Vec<u8> {
    let mut inner = o.plain(&o.head("Courrier d'origine"), "Bonjour,\n\nVoici le courrier d’origine.");
    for depth in 1..4 {
        let text = Part::text(
            "text/plain",
            &format!("Transfert n° {depth}, voir la pièce jointe."),
            Charset::Utf8,
            Encoding::Quoted,
        );
        let mut out = o.head(&format!("{}Courrier d'origine", "Fwd: ".repeat(depth))).into_bytes();
        Part::multi("mixed", o.salt + depth as u64, vec![text, Part::message(inner)]).write(&mut out);
        inner = out;
    }
    inner
}

fn attachment_only(o: &mut Odds) -> Vec<u8> {
    let source = o.say("{P}, né{e} le {ddn}\n\n{plat}. {plat2}.");
    let file = pdf(&["Fax numérisé".to_owned()], "Document reçu par télécopie", &blocks(&source), "1 page");
    finish(o, "FAX", Part::file("application/pdf", "fax0001.pdf", None, &file))
}

fn inline_pictures(o: &mut Odds) -> Vec<u8> {
    let text = o.say("<p>Deux images dans le texte, pour {Pn} :</p><p><img src=\"cid:un@images.example\" width=\"300\"></p><p>et la seconde : <img src='CID:deux%40images.example'></p>");
    let rich = Part::text("text/html", &text, Charset::Utf8, Encoding::Quoted);
    let one = Part::file("image/png", "ecg.png", Some("un@images.example"), &picture::ecg(&mut o.dice));
    let two = Part::file("image/jpeg", "photo.jpg", Some("deux@images.example"), &picture::jpeg());
    let archive = Part::file(
        "application/x-zip-compressed",
        "images.zip",
        None,
        &zip(&[("../../evasion.txt", b"relative path".to_vec()), ("photo.jpg", picture::jpeg())]),
    );
    let related = Part::multi("related", o.salt, vec![rich, one, two]);
    finish(o, "Images dans le texte", Part::multi("mixed", o.salt, vec![related, archive]))
}

fn odd_addresses(o: &mut Odds) -> Vec<u8> {
    let text = o.say(TEXT);
    let from = "\"O'Connor, Maelle (Dr) \\\"neuro\\\"\" (centre Cadet) <\"maelle o'connor\"@medecin.mssante.example>";
    let head = without(&o.head_from(from, "Adresses \"speciales\" <test> & co"), "To:");
    o.plain(&format!("{head}To: claire.martin@medecin.mssante.example (Dr Martin), <>, pas une adresse, @route.example:x@y.example,\r\n\t=?utf-8?Q?H=C3=A9l=C3=A8ne?= <helene.rousseau@imagerie-lafayette.mssante.example>,,\r\n\tuser@[203.0.113.9]\r\nReply-To: \r\n"), &text)
}

fn finish(o: &Odds, subject: &str, part: Part) -> Vec<u8> {
    let mut out = o.head(subject).into_bytes();
    part.write(&mut out);
    out
}
