//! Text messages, through a gateway of the operator's choice: one POST of `{"to", "text"}` as JSON, with a bearer secret;
//! any answer of the 200s means that the gateway took it. They never hold health data nor who writes to whom.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::{config, outside};

const TIMEOUT: Duration = Duration::from_secs(15);

/// The gateway.
#[derive(Clone)]
pub struct Sms {
    client: Option<reqwest::Client>,
    url: String,
    secret: String,
}

impl Sms {
    /// Takes the section `[sms]`. Nothing is connected yet.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(config: &config::Sms) -> anyhow::Result<Self> {
        let client = match config.url.is_empty() {
            true => None,
            false => Some(outside::builder(TIMEOUT).build().context("`sms.url` cannot be used")?),
        };
        Ok(Self { client, url: config.url.clone(), secret: config.secret.reveal().to_owned() })
    }

    /// Is there a gateway?
    pub fn is_configured(&self) -> bool {
        self.client.is_some()
    }

    /// Sends one message to a number (`+33…`).
    ///
    /// # Errors
    /// When there is no gateway, it is not reached, or it refuses.
    pub async fn send(&self, to: &str, text: &str) -> anyhow::Result<()> {
        let Some(client) = &self.client else { bail!("`sms.url` is not set: text messages cannot be sent") };
        let body = serde_json::json!({"to": to, "text": text}).to_string();
        let request = client.post(&self.url).bearer_auth(&self.secret).header("Content-Type", "application/json").body(body);
        // Without the address of the gateway: what the library says may hold it, and that is no one's business.
        let answer = request.send().await.map_err(|error| error.without_url()).context("the SMS gateway was not reached")?;
        if !answer.status().is_success() {
            bail!("the SMS gateway refused ({})", answer.status().as_u16());
        }
        Ok(())
    }
}
