//! A remote model while it is typed in.

use crate::provider::{PRESETS, Preset, preset};
use crate::service::{EndpointDraft, EndpointView, PriceView};

/// The preset that is none: an address of one's own.
pub const OWN: &str = "own";

/// What the form holds, as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointForm {
    /// The one that it changes.
    pub id: Option<String>,
    /// The id of the preset, or [`OWN`].
    pub preset: String,
    /// The name of the API.
    pub api: String,
    /// The API's base address.
    pub endpoint: String,
    /// The model's name.
    pub model: String,
    /// A new key; empty leaves the kept one.
    pub key: String,
    /// Whether a key is kept.
    pub has_key: bool,
    /// Whether the kept key shall be forgotten.
    pub forget_key: bool,
    /// The longest prompt and answer together.
    pub context_tokens: String,
    /// What a million tokens of prompt cost.
    pub prompt_price: String,
    /// What a million tokens of answer cost.
    pub answer_price: String,
    /// Calls that a job may make.
    pub most_calls: String,
    /// What a job may cost.
    pub most_cost: String,
}

/// What is wrong, and with which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormProblem {
    /// The address.
    Endpoint(&'static str),
    /// The model's name.
    Model(&'static str),
    /// The key.
    Key(&'static str),
    /// One of the limits and prices.
    Number(Number, &'static str),
}

/// A field for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The longest prompt and answer together.
    ContextTokens,
    /// What a million tokens of prompt cost.
    PromptPrice,
    /// What a million tokens of answer cost.
    AnswerPrice,
    /// Calls that a job may make.
    MostCalls,
    /// What a job may cost.
    MostCost,
}

impl Default for EndpointForm {
    fn default() -> Self {
        let mut form = EndpointForm {
            id: None,
            preset: OWN.into(),
            api: "openai".into(),
            endpoint: String::new(),
            model: String::new(),
            key: String::new(),
            has_key: false,
            forget_key: false,
            context_tokens: "8192".into(),
            prompt_price: String::new(),
            answer_price: String::new(),
            most_calls: String::new(),
            most_cost: String::new(),
        };
        form.choose("ollama");
        form
    }
}

impl EndpointForm {
    /// To change one that is kept.
    pub fn of(kept: &EndpointView) -> Self {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let known = PRESETS.iter().find(|preset| preset.endpoint == kept.endpoint);
        EndpointForm {
            id: Some(kept.id.clone()),
            preset: known.map_or(OWN, |preset| preset.id).into(),
            api: kept.api.clone(),
            endpoint: kept.endpoint.clone(),
            model: kept.model.clone(),
            has_key: kept.has_key,
            context_tokens: kept.context_tokens.to_string(),
            prompt_price: number(kept.price.as_ref().map(|price| price.prompt)),
            answer_price: number(kept.price.as_ref().map(|price| price.generated)),
            most_calls: number(kept.most_calls.map(f64::from)),
            most_cost: number(kept.most_cost),
            ..EndpointForm::default()
        }
    }

    /// Takes over what is known of a service that people use.
    pub fn choose(&mut self, id: &str) {
        self.preset = id.into();
        if let Some(known) = preset(id) {
            self.api = known.api.name().into();
            self.endpoint = known.endpoint.into();
        }
    }

    /// The service that is chosen.
    pub fn chosen(&self) -> Option<&'static Preset> {
        preset(&self.preset)
    }

    /// What to keep, or what is wrong. `day` is today, when the prices were looked up.
    pub fn draft(&self, day: &str) -> Result<EndpointDraft, FormProblem> {
        let endpoint = self.endpoint.trim();
        if endpoint.is_empty() {
            return Err(FormProblem::Endpoint(
                "Type the API's base address, such as https://api.example/v1.",
            ));
        }
        if self.model.trim().is_empty() {
            return Err(FormProblem::Model("Type the model's name as the service spells it."));
        }
        let needs_key = self.chosen().is_some_and(|chosen| chosen.needs_key && chosen.endpoint == endpoint);
        if needs_key && self.key.trim().is_empty() && (!self.has_key || self.forget_key) {
            return Err(FormProblem::Key("This service needs a key."));
        }
        let context_tokens = whole(Number::ContextTokens, &self.context_tokens)?.unwrap_or(8192);
        let (prompt, answer) = (
            money(Number::PromptPrice, &self.prompt_price)?,
            money(Number::AnswerPrice, &self.answer_price)?,
        );
        let missing = |field| Err(FormProblem::Number(field, "Give both prices, or neither."));
        let price = match (prompt, answer) {
            (None, None) => None,
            (Some(prompt), Some(generated)) => Some(PriceView { prompt, generated, as_of: day.to_owned() }),
            (None, Some(_)) => return missing(Number::PromptPrice),
            (Some(_), None) => return missing(Number::AnswerPrice),
        };
        let most_calls = whole(Number::MostCalls, &self.most_calls)?;
        let most_cost = money(Number::MostCost, &self.most_cost)?;
        if most_cost.is_some() && price.is_none() {
            let why = "To hold a job to a cost, give both prices.";
            return Err(FormProblem::Number(Number::PromptPrice, why));
        }
        Ok(EndpointDraft {
            id: self.id.clone(),
            api: self.api.clone(),
            endpoint: endpoint.to_owned(),
            model: self.model.trim().to_owned(),
            key: match (self.key.trim(), self.forget_key) {
                ("", true) => Some(String::new()),
                ("", false) => None,
                (key, _) => Some(key.to_owned()),
            },
            context_tokens,
            price,
            most_calls,
            most_cost,
        })
    }
}

fn whole(field: Number, typed: &str) -> Result<Option<u32>, FormProblem> {
    match typed.trim() {
        "" => Ok(None),
        typed => match typed.parse() {
            Ok(number @ 1..) => Ok(Some(number)),
            _ => Err(FormProblem::Number(field, "A whole number of 1 or more, or nothing.")),
        },
    }
}

fn money(field: Number, typed: &str) -> Result<Option<f64>, FormProblem> {
    match typed.trim() {
        "" => Ok(None),
        typed => match typed.replace(',', ".").parse::<f64>() {
            Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(Some(amount)),
            _ => Err(FormProblem::Number(field, "An amount such as 0.25, or nothing.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut EndpointForm)) -> Result<EndpointDraft, FormProblem> {
        let mut form = EndpointForm { model: "small-1b".into(), ..EndpointForm::default() };
        change(&mut form);
        form.draft("2026-11-25")
    }

    #[test]
    fn a_preset_brings_its_address() {
        let draft = form(|_| ()).unwrap();
        assert_eq!((draft.endpoint.as_str(), draft.key), ("http://localhost:11434/v1", None));
        let draft = form(|form| {
            form.choose("anthropic");
            form.key = " secret ".into();
        });
        let draft = draft.unwrap();
        assert_eq!((draft.api.as_str(), draft.key.as_deref()), ("anthropic", Some("secret")));
    }

    #[test]
    fn what_is_missing_is_told_at_its_field() {
        assert!(matches!(form(|form| form.endpoint = " ".into()), Err(FormProblem::Endpoint(_))));
        assert!(matches!(form(|form| form.model.clear()), Err(FormProblem::Model(_))));
        assert!(matches!(form(|form| form.choose("openai")), Err(FormProblem::Key(_))));
        let number = |change: fn(&mut EndpointForm)| match form(change) {
            Err(FormProblem::Number(field, _)) => Some(field),
            _ => None,
        };
        assert_eq!(number(|form| form.context_tokens = "1.5".into()), Some(Number::ContextTokens));
        assert_eq!(number(|form| form.most_calls = "0".into()), Some(Number::MostCalls));
        assert_eq!(number(|form| form.prompt_price = "1".into()), Some(Number::AnswerPrice));
        assert_eq!(number(|form| form.answer_price = "-1".into()), Some(Number::AnswerPrice));
        assert_eq!(number(|form| form.most_cost = "much".into()), Some(Number::MostCost));
        assert_eq!(number(|form| form.most_cost = "1".into()), Some(Number::PromptPrice));
    }

    #[test]
    fn prices_take_either_comma() {
        let draft = form(|form| {
            form.prompt_price = "0,5".into();
            form.answer_price = "1.5".into();
            form.most_cost = "2".into();
        });
        let price = draft.unwrap().price.unwrap();
        assert_eq!((price.prompt, price.generated, price.as_of.as_str()), (0.5, 1.5, "2026-11-25"));
    }

    #[test]
    fn a_kept_key_stays_until_it_is_to_be_forgotten() {
        let kept = EndpointView {
            id: "7".into(),
            api: "openai".into(),
            endpoint: "https://api.openai.com/v1".into(),
            origin: "https://api.openai.com".into(),
            on_this_machine: false,
            model: "big".into(),
            context_tokens: 16_000,
            price: None,
            most_calls: Some(50),
            most_cost: None,
            has_key: true,
        };
        let form = EndpointForm::of(&kept);
        let draft = form.draft("2026-11-25").unwrap();
        assert_eq!((draft.key, draft.most_calls, draft.id.as_deref()), (None, Some(50), Some("7")));
        let forgetting = EndpointForm { forget_key: true, ..form };
        assert!(matches!(forgetting.draft("2026-11-25"), Err(FormProblem::Key(_))));
    }
}
