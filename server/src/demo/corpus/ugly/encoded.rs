//! Charsets and encoded fields as they come, right and wrong.

use super::super::dates;
use super::super::mime::{self, Charset, Encoding, Part, base64, quoted_printable};
use super::super::people::first;
use super::{Odd, Odds, odd};

pub(super) const CASES: &[Odd] = &[
    odd(q_word),
    odd(b_word_split),
    odd(raw_utf8_fields),
    odd(raw_latin1_fields),
    odd(latin1),
    odd(cp1252),
    odd(utf16),
    odd(wrong_charset),
    odd(unknown_charset),
    odd(mojibake),
    odd(continued_name),
    odd(word_in_name),
    odd(emoji),
    odd(other_scripts),
    odd(iso_8859_15),
    odd(utf7),
];

fn q_word(o: &mut Odds) -> Vec<u8> {
    let subject = "=?ISO-8859-1?Q?R=E9sultats_d'analyses_de_Mme_B=E9chu_=28cr=E9atinine=29?=";
    let from = "=?iso-8859-1?q?Dr_=C9tienne_VIDAL?= <etienne.vidal@medecin.mssante.example>";
    let text = o.say("{bonjour}\n\nLa créatinine de {Pn} est à {#80-150}.\n\n{salut}");
    o.plain(&o.head_from(from, subject), &text)
}

/// A letter cut in two between encoded words, which some programs do.
fn b_word_split(o: &mut Odds) -> Vec<u8> {
    let name = "Prélèvement à jeûn – réapprovisionnement œdème été".as_bytes();
    let cut = |bytes: &[u8]| mime::text_of(base64(bytes)).trim_end().to_owned();
    // "Pr" and the first byte of "é" in one word, the rest in the next.
    let subject = format!("=?utf-8?B?{}?=\r\n =?utf-8?B?{}?=", cut(&name[..3]), cut(&name[3..]));
    let text = o.say("{bonjour}\n\nPrélèvement de {Pn} prévu {bientot}.\n\n{salut}");
    o.plain(&o.head(&subject), &text)
}

fn raw_utf8_fields(o: &mut Odds) -> Vec<u8> {
    let subject = o.say("Compte rendu de {P} – à compléter (accents non codés)");
    let from = "Dr Maëlle O’Connor <maelle.oconnor@medecin.mssante.example>";
    let text = o.say("{bonjour}\n\nÀ compléter pour {Pn} : {motif}.\n\n{salut}");
    o.plain(&o.head_from(from, &subject), &text)
}

fn raw_latin1_fields(o: &mut Odds) -> Vec<u8> {
    let head = o.head_from(
        "Secrétariat médical <secretariat.cardiologie@hopital-sainte-aurore.mssante.example>",
        "Hospitalisation prévue : préadmission à compléter",
    );
    let text = "Bonjour,\r\n\r\nMerci de compléter la préadmission. Pièce d'identité à présenter à l'entrée.\r\n";
    let all = format!("{head}Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}");
    Charset::Latin1.encode(&all)
}

fn latin1(o: &mut Odds) -> Vec<u8> {
    let text = o.say("{bonjour}\n\nJ'ai revu {P}, {age}, dont l'état s'améliore : œdème résorbé, fièvre tombée. {drug} arrêté.\n\n{salut}");
    leaf(o, "Suite de consultation", "iso-8859-1", "8bit", &mime::crlf(&Charset::Latin1.encode(&text)))
}

fn cp1252(o: &mut Odds) -> Vec<u8> {
    let text = o.say(
        "{bonjour}\n\nL’œdème de {Pn} a régressé… coût de l’appareillage : 128 €. « À revoir » – dit {famille}.\n\n{salut}",
    );
    leaf(o, "Appareillage", "Windows-1252", "quoted-printable", &quoted_printable(&Charset::Cp1252.encode(&text)))
}

fn utf16(o: &mut Odds) -> Vec<u8> {
    let text = o.say("{bonjour}\n\nMessage produit par un ancien logiciel (UTF-16) au sujet de {P} : état stable, réévaluation {bientot}.\n\n{salut}");
    let mut bytes = vec![0xFF, 0xFE];
    text.replace('\n', "\r\n").encode_utf16().for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
    leaf(o, "Export ancien logiciel", "utf-16", "base64", &base64(&bytes))
}

/// Declared UTF-8, written in Latin-1.
fn wrong_charset(o: &mut Odds) -> Vec<u8> {
    let text =
        o.say("{bonjour}\n\nCe message se dit en UTF-8 mais ne l'est pas : été, œdème, {Pn}, prélevé, contrôlé.\n\n{salut}");
    leaf(o, "Charset trompeur", "utf-8", "8bit", &mime::crlf(&Charset::Latin1.encode(&text)))
}

fn unknown_charset(o: &mut Odds) -> Vec<u8> {
    let text = o.say("Bonjour,\n\nCharset inconnu déclaré par le logiciel, dossier {dossier}.\n\n{salut}");
    leaf(o, "Dossier a transmettre", "x-medical-fr", "8bit", &mime::crlf(text.as_bytes()))
}

/// UTF-8 read as Latin-1 and sent again: nothing can repair it.
fn mojibake(o: &mut Odds) -> Vec<u8> {
    let text = "Bonjour,\n\nRÃ©sultats prÃ©vus aprÃ¨s-demain, patient agÃ© de 82 ans, contrÃ´le conseillÃ©.\n\nCordialement";
    o.plain(&o.head("=?utf-8?Q?R=C3=83=C2=A9sultats?="), text)
}

fn continued_name(o: &mut Odds) -> Vec<u8> {
    let text = Part::text(
        "text/plain",
        &o.say("{bonjour}\n\nDocument joint, au nom un peu long.\n\n{salut}"),
        Charset::Utf8,
        Encoding::Quoted,
    );
    let name = o.say("Compte rendu d’hospitalisation de {P} né{e} le {ddn} – séjour en gériatrie à l’hôpital Sainte-Aurore (définitif, annule et remplace).txt").replace('/', ".");
    let file = Part::file("text/plain; charset=utf-8", &name, None, "Contenu réduit au minimum.\r\n".as_bytes());
    finish(o, "Document au long nom", Part::multi("mixed", o.salt, vec![text, file]))
}

/// An encoded word within quotation marks, as Outlook writes file names.
fn word_in_name(o: &mut Odds) -> Vec<u8> {
    let text =
        Part::text("text/plain", &o.say("{bonjour}\n\nLe résumé est joint.\n\n{salut}"), Charset::Utf8, Encoding::Quoted);
    let name = "=?utf-8?B?UsOpc3Vtw6kgZHUgZG9zc2llci50eHQ=?=";
    let fields = format!(
        "Content-Type: text/plain; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n"
    );
    let file = Part::Leaf { fields, body: base64("Résumé.\r\n".as_bytes()) };
    finish(o, "Resume du dossier", Part::multi("mixed", o.salt, vec![text, file]))
}

fn emoji(o: &mut Odds) -> Vec<u8> {
    let subject = mime::words("🎉 Merci pour hier 🙏 – l’équipe 👩🏽‍⚕️👨‍⚕️", Charset::Utf8, false);
    let text = o.say(
        "{bonjour}\n\nTout s’est bien passé pour {Pn} 👍🏾 ! La famille 👨‍👩‍👧‍👦 vous remercie ❤️‍🩹. À bientôt 🇫🇷\n\nL’équipe 🩺",
    );
    o.plain(&o.head(&subject), &text)
}

fn other_scripts(o: &mut Odds) -> Vec<u8> {
    let subject = mime::words("ترجمة تقرير – 翻译 – Перевод – თარგმანი", Charset::Utf8, true);
    let text = "Bonjour,\n\nTraductions demandées pour la consultation :\n\nالعربية : هل تشعر بألم في الصدر؟\n中文：您有胸痛吗？\nРусский: у вас болит грудь?\nქართული: გტკივათ მკერდი?\nTiếng Việt: Anh có đau ngực không?\nעברית: האם יש לך כאבים בחזה?\n\nCordialement";
    o.plain(&o.head(&subject), text)
}

fn iso_8859_15(o: &mut Odds) -> Vec<u8> {
    let text = o.say("{bonjour}\n\nReste à charge de {Pn} : 42 ¤. Cœur régulier.\n\n{salut}");
    // In ISO-8859-15 the euro and œ take the places of ¤ and ½.
    let bytes = Charset::Latin1.encode(&text.replace('œ', "½"));
    leaf(o, "Reste a charge", "iso-8859-15", "quoted-printable", &quoted_printable(&bytes))
}

fn utf7(o: &mut Odds) -> Vec<u8> {
    leaf(o, "Note en UTF-7", "utf-7", "7bit", b"Bonjour,\r\n\r\nR+AOk-sultat normal, contr+APQ-le inutile.\r\n")
}

fn leaf(o: &Odds, subject: &str, charset: &str, encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = o.head(subject);
    let mut out =
        format!("{head}Content-Type: text/plain; charset=\"{charset}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
            .into_bytes();
    out.extend_from_slice(body);
    out
}

fn finish(o: &Odds, subject: &str, part: Part) -> Vec<u8> {
    // Written without a Received field, as files moved between mailboxes are.
    let from = mime::address(&o.from.display(), o.from.address, Charset::Utf8, true);
    let mut out = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}>\r\nMIME-Version: 1.0\r\n",
        first().address,
        dates::rfc5322(o.at),
        o.id
    )
    .into_bytes();
    part.write(&mut out);
    out
}
