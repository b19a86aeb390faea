//! A machine that speaks `LibreTranslate`'s API, as a provider of translations: bounded, and with patience that ends.
//!
//! Only `http://` is spoken here, as everywhere in this program: the machine stands on the same network, or behind a
//! tunnel.

use std::{fmt, time::Duration};

use cms_core::{
    locale::Locale,
    translation::{
        machine::{Provider, ProviderError},
        memory::Direction,
    },
};
use rocket::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Machine;

/// The most bytes of an answer that are read.
const MOST_BYTES: usize = 8 << 20;

/// A server that speaks `LibreTranslate`'s API.
pub struct LibreTranslate {
    url: String,
    key: Option<String>,
    client: reqwest::Client,
}

impl fmt::Debug for LibreTranslate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibreTranslate").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What it answers with.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "translatedText")]
    translated: Vec<String>,
}

fn failed(error: impl fmt::Display) -> ProviderError {
    ProviderError::Unavailable(error.to_string())
}

impl LibreTranslate {
    /// The server that is configured.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when none is, or it can't be spoken to.
    pub fn new(config: &Machine) -> Result<Self, ProviderError> {
        let url = config.url.trim_end_matches('/').to_owned();
        if !url.starts_with("http://") {
            return Err(failed("no address in machine.url that begins with http://"));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(config.seconds))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(failed)?;
        let key = Some(config.key.clone()).filter(|key| !key.is_empty());
        Ok(Self { url, key, client })
    }

    async fn answer(&self, body: &Value) -> Result<Vec<u8>, ProviderError> {
        let request = self.client.post(format!("{}/translate", self.url)).json(body);
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > MOST_BYTES {
                return Err(ProviderError::Answer("it is too long".to_owned()));
            }
        }
        if status.is_success() {
            return Ok(bytes);
        }
        let said = String::from_utf8_lossy(&bytes).chars().take(200).collect::<String>();
        Err(failed(format!("{status}: {said}")))
    }
}

/// A language as the API names it.
fn named(locale: &Locale) -> String {
    let is_traditional = || Locale::parse("zh-Hant").is_ok_and(|hant| locale.matches(&hant));
    match locale.language() {
        "zh" if is_traditional() => "zh-Hant".to_owned(),
        "zh" => "zh-Hans".to_owned(),
        "pt" if locale.as_str() == "pt-BR" => "pt-BR".to_owned(),
        language => language.to_owned(),
    }
}

#[async_trait]
impl Provider for LibreTranslate {
    fn name(&self) -> &'static str {
        "libretranslate"
    }

    fn at_once(&self) -> (usize, usize) {
        (25, 5_000)
    }

    async fn translate(
        &self,
        direction: &Direction,
        texts: &[String],
    ) -> Result<Vec<String>, ProviderError> {
        let (source, target) = (named(&direction.source), named(&direction.target));
        let mut body = json!({ "q": texts, "source": source, "target": target, "format": "text" });
        if let (Some(key), Some(members)) = (&self.key, body.as_object_mut()) {
            members.insert("api_key".to_owned(), json!(key));
        }
        let bytes = self.answer(&body).await?;
        let answer: Answer = serde_json::from_slice(&bytes)
            .map_err(|error| ProviderError::Answer(error.to_string()))?;
        Ok(answer.translated)
    }
}
