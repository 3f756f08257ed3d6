//! One-time codes: six digits to the person's ordinary address or mobile, bound to the browser that asked for them.

use app::i18n::{self, Lang};
use store::Random;
use wire::id::PersonId;

use super::means::SignedBy;
use crate::state::State;

/// Six digits, each as likely as the others.
pub fn new_code(random: &dyn Random) -> String {
    const CODES: u32 = 1_000_000;
    // Numbers above the last multiple would favour the lowest codes.
    const BOUND: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let number = u32::from_be_bytes(bytes);
        if number < BOUND {
            return format!("{:06}", number % CODES);
        }
    }
}

/// What is left of a typed code: people put spaces in it.
pub fn typed(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(12).collect()
}

/// `c•••@orange.example`: enough to recognise one's own address.
pub fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let first = local.chars().next().map(String::from).unwrap_or_default();
            format!("{first}•••@{domain}")
        }
        None => "•••".into(),
    }
}

/// `+33 6 •• •• •• 78`: enough to recognise one's own number.
pub fn masked_mobile(number: &str) -> String {
    let digits = number.chars().count();
    let (start, end): (String, String) =
        (number.chars().take(4).collect(), number.chars().skip(digits.saturating_sub(2)).collect());
    if digits < 8 { "•••".into() } else { format!("{start} •• •• •• {end}") }
}

/// Sends a code without keeping the request waiting: the answer takes as long whether or not a message leaves.
pub fn send(state: &State, person: PersonId, means: SignedBy, code: String, lang: Lang) {
    let state = state.clone();
    tokio::spawn(async move {
        let sent = to_person(&state, person, means, &code, lang).await;
        said(&state, sent);
    });
}

/// Sends a text with a code to a contact that is being verified.
pub fn send_to(state: &State, to: String, means: SignedBy, text: String, lang: Lang) {
    let state = state.clone();
    tokio::spawn(async move {
        let sent = match means {
            SignedBy::Sms => state.sms.send(&to, &text).await,
            _ => state.mailer.send(&to, &i18n::notice::code_subject(lang), text).await,
        };
        said(&state, sent);
    });
}

fn said(state: &State, sent: anyhow::Result<()>) {
    state.metrics.event("code", if sent.is_ok() { "sent" } else { "failed" });
    if let Err(error) = sent {
        // Only the outermost sentence: what the mail server said may hold the address.
        tracing::error!(%error, "a code could not be sent");
    }
}

async fn to_person(state: &State, person: PersonId, means: SignedBy, code: &str, lang: Lang) -> anyhow::Result<()> {
    let contact = state.store.contact(person).await?;
    if means == SignedBy::Sms {
        let mobile = contact.mobile.ok_or_else(|| anyhow::anyhow!("the person has no mobile"))?;
        return state.sms.send(&mobile, &i18n::notice::code_sms(lang, code)).await;
    }
    let minutes = u64::from(state.config.codes.minutes);
    let text = i18n::notice::code_body(lang, code, minutes, state.config.origin());
    state.mailer.send(&contact.ordinary_email, &i18n::notice::code_subject(lang), text).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..100 {
            let code = new_code(&store::SystemRandom);
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        }
        assert_eq!(typed(" 123 456\n"), "123456");
    }

    #[test]
    fn contacts_are_masked() {
        assert_eq!(masked("claire.martin@orange.example"), "c•••@orange.example");
        assert_eq!(masked("é@b.fr"), "é•••@b.fr");
        assert_eq!(masked_mobile("+33612345678"), "+336 •• •• •• 78");
    }
}
