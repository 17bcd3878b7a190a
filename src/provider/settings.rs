//! Which remote model, where, and what it may cost: what a person sets before anything is asked.

use super::budget::{Budget, Price};
use super::presets::{Api, Dialect, Preset, dialect_at};
use super::retry::Retry;
use super::{ApiKey, Endpoint, PageModel, ProviderError};

/// Which model, where, and what it may cost.
#[derive(Debug)]
pub struct RemoteSettings {
    /// The API's base address.
    pub endpoint: Endpoint,
    /// What it speaks.
    pub api: Api,
    /// In which words.
    pub dialect: Dialect,
    /// The model's name as the endpoint spells it.
    pub model: String,
    /// The key, where one is needed.
    pub key: Option<ApiKey>,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
    /// Parameters in billions, where known; decides how much is asked of the model.
    pub billions: Option<f32>,
    /// Tokens that the model may think beyond each answer's own limit; 0 for models that don't.
    pub thinking_tokens: u32,
    /// When a request is made again.
    pub retry: Retry,
    /// What the run may spend.
    pub budget: Budget,
    /// What tokens cost, where the person said so.
    pub price: Option<Price>,
}

impl RemoteSettings {
    /// A model at an endpoint that the person typed, with what is usual for the rest.
    ///
    /// # Errors
    /// [`ProviderError::BadEndpoint`], [`ProviderError::BadModelName`], and what [`ApiKey::new`] says.
    pub fn new(api: Api, endpoint: &str, model: &str, key: Option<&str>) -> Result<Self, ProviderError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let named = |c: char| c.is_ascii_alphanumeric() || "-._/:@+".contains(c);
        // It is a part of Gemini's address.
        if model.is_empty() || !model.chars().all(named) || model.split('/').any(|part| part.starts_with('.'))
        {
            return Err(ProviderError::BadModelName);
        }
        let key = key.map(|secret| ApiKey::new(endpoint.origin(), secret)).transpose()?;
        Ok(RemoteSettings {
            dialect: dialect_at(api, &endpoint),
            endpoint,
            api,
            model: model.to_owned(),
            key,
            context_tokens: 8192,
            billions: billions_in(model),
            thinking_tokens: 0,
            retry: Retry::default(),
            budget: Budget::default(),
            price: None,
        })
    }

    /// A model on the page, which takes prompts and answers of so many tokens together.
    pub fn on_page(model: PageModel, context_tokens: u32) -> Self {
        let (name, endpoint) = (model.to_string(), Endpoint::of_page(model));
        RemoteSettings {
            dialect: dialect_at(Api::Page, &endpoint),
            endpoint,
            api: Api::Page,
            model: name,
            key: None,
            context_tokens,
            billions: None,
            thinking_tokens: 0,
            retry: Retry::default(),
            budget: Budget::default(),
            price: None,
        }
    }

    /// A model at a preset's endpoint.
    ///
    /// # Errors
    /// As [`RemoteSettings::new`].
    pub fn at(preset: &Preset, model: &str, key: Option<&str>) -> Result<Self, ProviderError> {
        let settings = RemoteSettings::new(preset.api, preset.endpoint, model, key)?;
        Ok(RemoteSettings { dialect: preset.dialect, ..settings })
    }

    /// What the model is called: its name and where it is.
    pub fn name(&self) -> String {
        match self.endpoint.origin().page_model() {
            Some(page) => page.words(),
            None => format!("{} at {}", self.model, self.endpoint.origin()),
        }
    }
}

/// The billions of parameters that a model's name tells, as in `llama-3.1-8b` (8) or `mixtral-8x7b` (56).
pub fn billions_in(model: &str) -> Option<f32> {
    let lower = model.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let sizes = parts.filter_map(|part| {
        let size = part.strip_suffix('b')?;
        let (experts, each) = size.split_once('x').unwrap_or(("1", size));
        let plain = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        (plain(experts) && plain(each))
            .then(|| Some(experts.parse::<f32>().ok()? * each.parse::<f32>().ok()?))?
    });
    sizes.max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_out_of_a_name() {
        for (name, billions) in [
            ("llama-3.1-8b-instruct", Some(8.0)),
            ("meta-llama/Llama-3.3-70B-Instruct-Turbo", Some(70.0)),
            ("qwen2.5:0.5b", Some(0.5)),
            ("open-mixtral-8x7b", Some(56.0)),
            ("qwen3-30b-a3b", Some(30.0)),
            ("gpt-4o", None),
            ("claude-b", None),
            ("model-1xb", None),
        ] {
            assert_eq!(billions_in(name), billions, "{name}");
        }
    }

    #[test]
    fn a_name_that_would_change_the_address_is_refused() {
        for name in ["", "../x", "a/../b", "a?key=1", "a#b", "a b", "a%2f", "a\\b", "größe"] {
            let settings = RemoteSettings::new(Api::Gemini, "https://a.com/v1beta", name, None);
            assert!(matches!(settings, Err(ProviderError::BadModelName)), "{name}");
        }
        assert!(RemoteSettings::new(Api::OpenAi, "https://a.com/v1", "org/m-1.5:free", None).is_ok());
    }
}
