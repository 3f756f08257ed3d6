//! Messages too long, too wide, too deep.

use super::super::documents::picture;
use super::super::mime::{self, Charset, Encoding, Part};
use super::super::words;
use super::{Odd, Odds, odd};

use rand::Rng;

pub(super) const CASES: &[Odd] = &[
    odd(long_subject),
    odd(long_word_subject),
    odd(many_recipients),
    odd(deep_parts),
    odd(long_text),
    odd(long_lines),
    odd(wide_table),
    odd(long_references),
    odd(many_files),
    odd(deep_quotes),
    odd(big_html),
];

fn long_subject(o: &mut Odds) -> Vec<u8> {
    let subject = o.say("Dossier de {P}, né{e} le {ddn}, {antecedent}, {antecedent2}, adressé{e} pour {motif} puis {motif2}, traitement par {drug}, {drug2}, {drug3}, demande d’avis, de rendez-vous, de transmission des examens ({examen}, {examen2}), copie au médecin traitant, au pharmacien, à l’infirmier du secteur et au service de {service} de {hopital}, réponse souhaitée avant {bientot} : merci de bien vouloir accuser réception de ce message, dont l’objet dit déjà tout ce qu’il y avait à dire et même un peu davantage");
    o.plain(&o.head(&mime::words(&subject, Charset::Utf8, true)), "Tout est dans l’objet.\n\nCordialement")
}

fn long_word_subject(o: &mut Odds) -> Vec<u8> {
    let subject = format!("Re: Re: RE: Fwd: TR: RE: {}", "anticonstitutionnellement_".repeat(40));
    let text = o.say("{bonjour}\n\nUn mot de mille lettres : {Pn}{dossier} et https://www.lettre-sante.example/");
    let text = format!("{text}{}", "a1b2c3d4e5".repeat(200));
    o.plain(&o.head(&subject), &text)
}

fn many_recipients(o: &mut Odds) -> Vec<u8> {
    let mut each = vec![o.to()];
    for _ in 0..299 {
        let (given, family) = (words::WOMEN[o.dice.random_range(0..60)], words::FAMILY[o.dice.random_range(0..140)]);
        let plain: String = super::ascii(&format!("{given}.{family}")).to_lowercase().replace([' ', '\''], "-");
        each.push(mime::address(
            &format!("{given} {family}"),
            &format!("{plain}{}@infirmier.mssante.example", each.len()),
            Charset::Utf8,
            true,
        ));
    }
    let head = o.head_from(
        "Coordination <coordination@cpts-neuvieme.mssante.example>",
        "Appel a tous les professionnels du secteur",
    );
    let head = head.replacen(&format!("To: {}", o.to()), &format!("To: {}", each.join(",\r\n ")), 1);
    let text = o.say("Bonjour à toutes et à tous,\n\nLa réunion plénière est fixée au {rdv}. Merci de NE PAS répondre à tous.\n\nLa coordination");
    o.plain(&head, &text)
}

fn deep_parts(o: &mut Odds) -> Vec<u8> {
    let mut part = Part::text(
        "text/plain",
        &o.say("{bonjour}\n\nCe texte est au fond de vingt-cinq enveloppes.\n\n{salut}"),
        Charset::Utf8,
        Encoding::Quoted,
    );
    for depth in 0..25 {
        part = Part::multi(["mixed", "alternative", "related"][depth % 3], o.salt + depth as u64, vec![part]);
    }
    finish(o, "Poupees russes", part)
}

/// A record exported from practice software: a hundred thousand characters.
fn long_text(o: &mut Odds) -> Vec<u8> {
    let mut text = o.say("EXPORT DU DOSSIER MÉDICAL\n{P}, né{e} le {ddn}\n\n");
    let mut year = 1998;
    while text.len() < 100_000 {
        let entry = o.say("{#10-28}/{#10-12} – Consultation. Motif : {motif+}. PA {#11-17}/{#6-9}, poids {#48-96} kg. Antécédent rappelé : {antecedent+}. Examen : {plat+}. Traitement : {drug+}, {drug+}. Demande : {examen+}.\n\n");
        if text.len().is_multiple_of(7) {
            year += 1;
            text.push_str(&format!("===== Année {} =====\n\n", year.min(2025)));
        }
        text.push_str(&entry);
    }
    o.plain(&o.head("Export complet du dossier"), &text)
}

fn long_lines(o: &mut Odds) -> Vec<u8> {
    let mut line = String::new();
    for _ in 0..60 {
        line.push_str(&o.say("Paragraphe sans retour à la ligne : {motif+}, {antecedent+}, {drug+} ; "));
    }
    let text = format!("Bonjour,\n\n{line}\n\n{}\n\nCordialement", "x".repeat(4_000));
    o.plain(&o.head("Lignes interminables"), &text)
}

fn wide_table(o: &mut Odds) -> Vec<u8> {
    let mut rows = String::new();
    for row in 0..40 {
        let cells: String = (0..26)
            .map(|_| {
                o.say("<td nowrap width=140 style=\"border:1px solid #999;white-space:nowrap\">{#0,10-98,99} mmol/L</td>")
            })
            .collect();
        rows.push_str(&format!("<tr><th nowrap>Analyse {row}</th>{cells}</tr>\n"));
    }
    let body = format!(
        "<p>Tableau de suivi sur deux ans :</p><table style=\"width:4200px;min-width:4200px;table-layout:fixed\">{rows}</table><pre style=\"width:9999px\">{}</pre><p style=\"font-size:200px;line-height:0\">Aa</p>",
        "-".repeat(600)
    );
    o.html(&o.head("Tableau de suivi tres large"), &body)
}

fn long_references(o: &mut Odds) -> Vec<u8> {
    let ids: Vec<_> = (0..180).map(|i| format!("<{i:04}.{:x}@liste.example>", o.salt)).collect();
    let head = o.head("Re: [groupe] Echanges sans fin");
    let head = format!(
        "{head}In-Reply-To: {} {} (message de vendredi)\r\nReferences: {}\r\n",
        ids[179],
        ids[178],
        ids.join("\r\n ")
    );
    let text = o.say("{bonjour}\n\nJe suis d’accord avec ce qui précède.\n\n{salut}");
    o.plain(&head, &text)
}

fn many_files(o: &mut Odds) -> Vec<u8> {
    let mut parts = vec![Part::text(
        "text/plain",
        &o.say("{bonjour}\n\nQuarante clichés joints pour {Pn}.\n\n{salut}"),
        Charset::Utf8,
        Encoding::Quoted,
    )];
    for i in 1..=40 {
        parts.push(Part::file("image/jpeg", &format!("cliché {i:02}.jpg"), None, &picture::jpeg()));
    }
    finish(o, "Serie de photographies", Part::multi("mixed", o.salt, parts))
}

fn deep_quotes(o: &mut Odds) -> Vec<u8> {
    let mut text = String::new();
    for depth in 0..30_usize {
        text.push_str(&">".repeat(depth));
        text.push_str(&o.say(" Le {avant}, {colleague+} a écrit : {motif+}, voir avec {service+}.\n"));
    }
    o.plain(&o.head("Re: Re: Re: Re: qui repond ?"), &text)
}

/// Word at its worst: a style on every word.
fn big_html(o: &mut Odds) -> Vec<u8> {
    let mut body = "<div class=WordSection1>".to_owned();
    while body.len() < 160_000 {
        let sentence = o.say("{motif+} {antecedent+} {drug+} {plat+}");
        body.push_str("<p class=MsoNormal style='mso-margin-top-alt:auto;text-align:justify;text-justify:inter-ideograph'>");
        for word in sentence.split(' ') {
            body.push_str(&format!("<span lang=FR style='font-size:11.0pt;font-family:\"Calibri\",sans-serif;mso-fareast-font-family:\"Times New Roman\";color:black;mso-ansi-language:FR'>{word} <o:p></o:p></span>"));
        }
        body.push_str("</p>\n");
    }
    body.push_str("</div>");
    o.html(&o.head("Protocole (Word)"), &body)
}

fn finish(o: &Odds, subject: &str, part: Part) -> Vec<u8> {
    let mut out = o.head(subject).into_bytes();
    part.write(&mut out);
    out
}
