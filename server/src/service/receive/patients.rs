//! Mail of patients (`domain.md` §3): only an answer to a message that this BAL sent to this patient and whose exchange
//! is not closed. Pharmacies may be written to first, where their BAL is set so. Refusals are for patients to read.

use mail::address::Address;
use relay::receive::Incoming;
use relay::smtp::Reply;
use relay::trust::domain;
use store::patients::exchange::Writer;
use store::patients::{Answer, Sent};
use wire::id::AccountId;

use super::Taker;
use crate::state::State;

/// To no message that was sent to them.
const FIRST: &str = "Vous ne pouvez pas écrire en premier à ce professionnel de santé. Vous pouvez seulement répondre à un \
    message qu’il vous a envoyé, avec le bouton Répondre de ce message. Sinon, contactez-le par téléphone. En cas \
    d’urgence, appelez le 15 ou le 112.";
/// The professional closed the exchange.
const CLOSED: &str = "Le professionnel de santé a clos cet échange : vous ne pouvez plus y répondre. Si vous avez besoin de le \
    joindre, contactez-le par téléphone. En cas d’urgence, appelez le 15 ou le 112.";
/// Not written in the name of the patient who sends it.
const UNCLEAR: &str = "Votre message n’a pas été remis : son expéditeur n’est pas clairement indiqué. Réessayez depuis votre \
    messagerie Mon espace santé.";

/// Why a message of a patient is refused; none when it may come, or is no patient's.
///
/// # Errors
/// The store's.
pub async fn refusal(state: &State, incoming: &Incoming, takers: &[Taker]) -> Result<Option<Reply>, store::Error> {
    let ours = &state.config.mss.patient_domain;
    let of_patients = |address: &str| domain::of_address(address).as_ref() == Some(ours);
    let envelope = incoming.envelope.from.as_ref().map(|path| path.address.as_str());
    let fields = mail::parse_fields(&incoming.data);
    let named = |name: &str| -> Vec<Address> {
        let fields = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        fields.flat_map(|field| mail::address::parse_header(&field.raw_value)).collect()
    };
    let (from, sender) = (named("From"), named("Sender"));
    let claims = envelope.is_some_and(of_patients) || from.iter().chain(&sender).any(|one| of_patients(&one.email));
    if !claims {
        return Ok(None);
    }
    // One patient, the same everywhere: nobody writes in the name of another.
    let patient = match (envelope, &from[..]) {
        (Some(envelope), [one]) if one.email.eq_ignore_ascii_case(envelope) && of_patients(envelope) => envelope,
        _ => return Ok(Some(refused(UNCLEAR))),
    };
    if sender.iter().any(|one| !one.email.eq_ignore_ascii_case(patient)) {
        return Ok(Some(refused(UNCLEAR)));
    }
    let head = mail::parse_head(&incoming.data);
    let answered = mail::thread::ids(&head.message_id, &head.in_reply_to, &head.references).named;
    for taker in takers.iter().filter(|taker| !taker.rules.patients_begin) {
        match state.store.patient_answer(taker.account, patient, &answered).await? {
            Answer::Open => {}
            Answer::Closed => return Ok(Some(refused(CLOSED))),
            Answer::Never => return Ok(Some(refused(FIRST))),
        }
    }
    Ok(None)
}

fn refused(text: &str) -> Reply {
    Reply::new(550, (7, 1), text)
}

/// What a message that leaves allows patients to answer: to be remembered with the record of its sending. Its Reply-To,
/// where there is one, is the address that may be answered (`domain.md` §3).
///
/// # Errors
/// The store's.
pub async fn sent(
    state: &State,
    account: AccountId,
    message: &[u8],
    recipients: &[String],
) -> Result<Vec<Sent>, store::Error> {
    let ours = &state.config.mss.patient_domain;
    let patients: Vec<&String> = recipients.iter().filter(|to| domain::of_address(to).as_ref() == Some(ours)).collect();
    if patients.is_empty() {
        return Ok(Vec::new());
    }
    let fields = mail::parse_fields(message);
    let answered = match fields.iter().find(|field| field.name.eq_ignore_ascii_case("Reply-To")) {
        None => Some(account),
        Some(field) => match mail::address::parse_header(&field.raw_value).first() {
            Some(to) => state.store.account_by_address(&mail::address::normalise(&to.email)).await?,
            None => Some(account),
        },
    };
    // The exchange of another operator's BAL is kept there.
    let Some(account) = answered else { return Ok(Vec::new()) };
    let open = !ends(&fields);
    let quiet = fields.iter().any(|field| field.name.eq_ignore_ascii_case("Auto-Submitted"));
    let parsed = mail::parse(message, &mail::Limits::default());
    let named = |email: &str| {
        let mut all = [&parsed.to, &parsed.cc, &parsed.bcc].into_iter().flatten().flatten();
        all.find(|one| mail::address::normalise(&one.email).eq_ignore_ascii_case(email)).and_then(|one| one.name.clone())
    };
    Ok(patients.into_iter().map(|to| Sent { account, patient: to.clone(), name: named(to), open, quiet }).collect())
}

/// Who wrote a message that was accepted, where a patient did.
pub fn writer(state: &State, incoming: &Incoming) -> Option<Writer> {
    let ours = &state.config.mss.patient_domain;
    let address = incoming.envelope.from.as_ref().map(|path| path.address.as_str())?;
    if domain::of_address(address).as_ref() != Some(ours) {
        return None;
    }
    let parsed = mail::parse(&incoming.data, &mail::Limits::default());
    let name = parsed.from.iter().flatten().next().and_then(|from| from.name.clone());
    let message_ids = parsed.message_id.iter().map(|id| mail::thread::normalise_id(id)).collect();
    Some(Writer { address: mail::address::normalise(address).to_lowercase(), name, message_ids })
}

/// Does a message with these fields end the exchange: its subject is exactly `[FIN]`, or `X-MSS-MES: FIN`?
pub fn ends(fields: &[mail::header::Header]) -> bool {
    fields.iter().any(|field| {
        let value = mail::header::text(&field.raw_value);
        match field.name.to_ascii_lowercase().as_str() {
            "subject" => value == "[FIN]",
            "x-mss-mes" => value.trim() == "FIN",
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_ends_as_the_national_service_reads_it() {
        let ends = |head: &str| ends(&mail::parse_fields(format!("{head}\r\n\r\nx").as_bytes()));
        assert!(ends("Subject: [FIN]"));
        assert!(ends("Subject: Vos résultats\r\nX-MSS-MES: FIN"));
        for open in ["Subject: [fin]", "Subject: Re: [FIN]", "Subject: [FIN] merci", "X-MSS-MES: fin", "Subject: x"] {
            assert!(!ends(open), "{open}");
        }
    }
}
