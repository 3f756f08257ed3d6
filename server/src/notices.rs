//! Mail to people's ordinary addresses: one-time codes. It never holds health data nor who writes to whom.

use std::time::Duration;

use anyhow::{Context, bail};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

use crate::config::Smtp;

/// Sends notices through the configured server.
#[derive(Clone)]
pub struct Mailer {
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
}

impl Mailer {
    /// Takes the section `[smtp]`. Nothing is connected yet.
    ///
    /// # Errors
    /// If the URL or the sender cannot be read.
    pub fn new(smtp: &Smtp) -> anyhow::Result<Self> {
        let url = smtp.url.reveal();
        let transport = if url.is_empty() {
            None
        } else {
            let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).context("`smtp.url` cannot be used")?;
            Some(builder.timeout(Some(Duration::from_secs(20))).build())
        };
        Ok(Self { transport, from: smtp.from.parse().context("`smtp.from` cannot be used")? })
    }

    /// Is there a server to send through?
    pub fn is_configured(&self) -> bool {
        self.transport.is_some()
    }

    /// Sends one plain text message.
    ///
    /// # Errors
    /// If there is no server, the address is not one, or the server refuses.
    pub async fn send(&self, to: &str, subject: &str, text: String) -> anyhow::Result<()> {
        let Some(transport) = &self.transport else { bail!("`smtp.url` is not set: notices cannot be sent") };
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.parse().context("the ordinary address cannot be used")?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        transport.send(message).await.context("the mail server refused the notice")?;
        Ok(())
    }
}
