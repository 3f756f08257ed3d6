//! What every exchange with a patient begins with, whoever wrote the first message and with what: not for emergencies, how
//! soon one answers, when the exchange ends. In French: it is for patients.

use bytes::Bytes;
use store::blobs::BlobId;
use store::patients::rules::PatientRules;
use store::submissions::DueSubmission;

use super::sending::is_patient;
use crate::service::receive::patients::ends;
use crate::state::State;

/// What patients always read (D7).
pub const EMERGENCY: &str = "Cette messagerie ne convient pas aux urgences : en cas d’urgence, appelez le 15 ou le 112.";

/// The message as it leaves, and the blob that holds it so.
///
/// # Errors
/// The store's.
pub async fn outgoing(
    state: &State,
    due: &DueSubmission,
    blob: BlobId,
    raw: Bytes,
) -> Result<(BlobId, Bytes), store::Error> {
    let mut begins = false;
    for to in due.submission.envelope.rcpt_to.iter().filter(|to| is_patient(state, &to.email)) {
        let known = state.store.patient_of_address(due.account, &to.email).await?;
        begins |= known.is_none_or(|patient| patient.begins());
    }
    if !begins {
        return Ok((blob, raw));
    }
    let rules = state.store.patient_rules(due.account).await?;
    let words = words(&rules, state.config.mss.patient_close_days, ends(&mail::parse_fields(&raw)));
    match mail::with_text(&raw, &words) {
        Some(out) => {
            let out = Bytes::from(out);
            Ok((state.store.blob_put(due.account, out.clone()).await?, out))
        }
        // Nothing to add words to: a part of its own would be shown as a file.
        None => Ok((blob, raw)),
    }
}

/// The words under the first message of an exchange.
pub fn words(rules: &PatientRules, default_days: u32, ends: bool) -> String {
    let mut lines = vec![EMERGENCY.to_owned()];
    if ends {
        lines.push("Vous ne pouvez pas répondre à ce message. Au besoin, contactez-moi par téléphone.".into());
    } else {
        if rules.answer_days > 0 {
            let days = days(rules.answer_days);
            lines.push(format!("Vous pouvez répondre à ce message. Je vous réponds d’ordinaire sous {days}."));
        }
        let close = rules.close_days.unwrap_or(default_days);
        if close > 0 {
            lines.push(format!("Sans nouveau message pendant {}, cet échange sera clos.", days(close)));
        }
    }
    ["—\n", &lines.join("\n")].concat()
}

fn days(count: u32) -> String {
    if count == 1 { "1 jour".into() } else { format!("{count} jours") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_says_what_a_patient_must_know() {
        let rules = PatientRules { answer_days: 3, close_days: Some(1), ..PatientRules::default() };
        let open = words(&rules, 30, false);
        assert!(
            open.contains("15 ou le 112") && open.contains("sous 3 jours") && open.contains("pendant 1 jour,"),
            "{open}"
        );
        let closed = words(&rules, 30, true);
        assert!(
            closed.contains("15") && closed.contains("ne pouvez pas répondre") && !closed.contains("pendant"),
            "{closed}"
        );
        assert!(words(&PatientRules::default(), 30, false).contains("pendant 30 jours"));
        let never = PatientRules { close_days: Some(0), ..PatientRules::default() };
        assert!(!words(&never, 30, false).contains("clos"));
    }
}
