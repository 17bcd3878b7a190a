//! The endpoints that people use, each with its address and the words in which it differs.
//!
//! Looked up in November 2026. A preset is where a person starts: the address and the model's name are theirs to
//! change, and what an endpoint turns out not to take is switched off by itself.

use super::call::{AnswerStart, Features};
use super::{Endpoint, KeyHeader, host};

/// Which API an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// Chat completions as OpenAI has them; most servers speak it.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Google's generateContent.
    Gemini,
    /// A model on the page, called as a function. Nobody types its address, so it is in no list.
    Page,
}

impl Api {
    /// Every API of servers by the name that the command takes.
    pub const ALL: [(&'static str, Api); 3] =
        [("openai", Api::OpenAi), ("anthropic", Api::Anthropic), ("gemini", Api::Gemini)];

    /// The API of a name.
    pub fn named(name: &str) -> Option<Api> {
        Api::ALL.iter().find(|(known, _)| *known == name).map(|(_, api)| *api)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Api::OpenAi => "openai",
            Api::Anthropic => "anthropic",
            Api::Gemini => "gemini",
            Api::Page => "page",
        }
    }

    /// How it wants its key.
    pub fn key_header(self) -> KeyHeader {
        match self {
            // The page's never gets one.
            Api::OpenAi | Api::Page => KeyHeader::Bearer,
            Api::Anthropic => KeyHeader::XApiKey,
            Api::Gemini => KeyHeader::XGoogApiKey,
        }
    }
}

/// The words in which servers of one API differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What it may be asked for.
    pub features: Features,
    /// How many of the likeliest tokens it tells at most.
    pub top_tokens: u8,
    /// The field that limits an answer's tokens.
    pub token_limit: &'static str,
    /// The field of the seed.
    pub seed: &'static str,
    /// How an answer is begun.
    pub answer_start: AnswerStart,
}

/// What OpenAI's own API documents, but for log-probabilities.
const PLAIN: Dialect = Dialect {
    features: Features {
        sampling: true,
        wide_sampling: false,
        seed: true,
        stop: true,
        log_probabilities: false,
        forms: true,
        stream_usage: true,
    },
    top_tokens: 20,
    token_limit: "max_tokens",
    seed: "seed",
    answer_start: AnswerStart::Told,
};

/// The same with log-probabilities.
const SCORED: Dialect = Dialect { features: Features { log_probabilities: true, ..PLAIN.features }, ..PLAIN };

/// A server that people run themselves, with every way of drawing.
const OWN: Dialect = Dialect { features: Features { wide_sampling: true, ..SCORED.features }, ..SCORED };

/// An endpoint that people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Names it in settings.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it speaks.
    pub api: Api,
    /// Its address.
    pub endpoint: &'static str,
    /// Whether it needs a key.
    pub needs_key: bool,
    /// In which words.
    pub dialect: Dialect,
}

/// Every preset, those that run elsewhere first.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "openai",
        name: "OpenAI",
        api: Api::OpenAi,
        endpoint: "https://api.openai.com/v1",
        needs_key: true,
        dialect: Dialect { token_limit: "max_completion_tokens", ..SCORED },
    },
    Preset {
        id: "anthropic",
        name: "Anthropic",
        api: Api::Anthropic,
        endpoint: "https://api.anthropic.com/v1",
        needs_key: true,
        dialect: ANTHROPIC,
    },
    Preset {
        id: "gemini",
        name: "Google Gemini",
        api: Api::Gemini,
        endpoint: "https://generativelanguage.googleapis.com/v1beta",
        needs_key: true,
        dialect: GEMINI,
    },
    Preset {
        id: "openrouter",
        name: "OpenRouter",
        api: Api::OpenAi,
        endpoint: "https://openrouter.ai/api/v1",
        needs_key: true,
        dialect: Dialect { features: OWN.features, ..SCORED },
    },
    Preset {
        id: "together",
        name: "Together",
        api: Api::OpenAi,
        endpoint: "https://api.together.xyz/v1",
        needs_key: true,
        // Its `logprobs` is a number, and tells the drawn token only.
        dialect: Dialect { features: Features { wide_sampling: true, ..PLAIN.features }, ..PLAIN },
    },
    Preset {
        id: "groq",
        name: "Groq",
        api: Api::OpenAi,
        endpoint: "https://api.groq.com/openai/v1",
        needs_key: true,
        dialect: PLAIN,
    },
    Preset {
        id: "mistral",
        name: "Mistral",
        api: Api::OpenAi,
        endpoint: "https://api.mistral.ai/v1",
        needs_key: true,
        dialect: Dialect {
            features: Features { stream_usage: false, ..PLAIN.features },
            seed: "random_seed",
            answer_start: AnswerStart::LastMessageAsPrefix,
            ..PLAIN
        },
    },
    Preset {
        id: "deepseek",
        name: "DeepSeek",
        api: Api::OpenAi,
        endpoint: "https://api.deepseek.com/v1",
        needs_key: true,
        dialect: Dialect { features: Features { forms: false, seed: false, ..SCORED.features }, ..SCORED },
    },
    Preset {
        id: "ollama",
        name: "Ollama",
        api: Api::OpenAi,
        endpoint: "http://localhost:11434/v1",
        needs_key: false,
        dialect: Dialect { answer_start: AnswerStart::LastMessage, ..SCORED },
    },
    Preset {
        id: "lmstudio",
        name: "LM Studio",
        api: Api::OpenAi,
        endpoint: "http://localhost:1234/v1",
        needs_key: false,
        dialect: PLAIN,
    },
    Preset {
        id: "llamacpp",
        name: "llama.cpp server",
        api: Api::OpenAi,
        endpoint: "http://localhost:8080/v1",
        needs_key: false,
        dialect: Dialect { answer_start: AnswerStart::LastMessage, ..OWN },
    },
    Preset {
        id: "vllm",
        name: "vLLM",
        api: Api::OpenAi,
        endpoint: "http://localhost:8000/v1",
        needs_key: false,
        dialect: Dialect { answer_start: AnswerStart::LastMessageWithFlags, ..OWN },
    },
    Preset {
        id: "sglang",
        name: "SGLang",
        api: Api::OpenAi,
        endpoint: "http://localhost:30000/v1",
        needs_key: false,
        dialect: Dialect { answer_start: AnswerStart::LastMessageWithFlags, ..OWN },
    },
];

const ANTHROPIC: Dialect = Dialect {
    features: Features { wide_sampling: true, seed: false, stream_usage: false, ..PLAIN.features },
    ..PLAIN
};

const GEMINI: Dialect =
    Dialect { features: Features { wide_sampling: true, stream_usage: false, ..SCORED.features }, ..SCORED };

/// The preset of an id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

/// The words for an endpoint that a person typed: those of the preset at its origin, or the API's common ones.
pub fn dialect_at(api: Api, endpoint: &Endpoint) -> Dialect {
    let known = PRESETS.iter().filter(|preset| preset.api == api).find(|preset| {
        Endpoint::parse(preset.endpoint).is_ok_and(|known| known.origin() == endpoint.origin())
    });
    match (known, api) {
        (Some(preset), _) => preset.dialect,
        (None, Api::OpenAi) => SCORED,
        (None, Api::Anthropic) => ANTHROPIC,
        (None, Api::Gemini) => GEMINI,
        (None, Api::Page) => host::DIALECT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_leads_somewhere_and_is_found() {
        for known in PRESETS {
            let endpoint = Endpoint::parse(known.endpoint).unwrap();
            assert_eq!(endpoint.to_string(), known.endpoint);
            assert_eq!(dialect_at(known.api, &endpoint), known.dialect);
            assert_eq!(preset(known.id), Some(known));
            assert_eq!(endpoint.origin().is_loopback(), !known.needs_key, "{}", known.id);
            assert_eq!(Api::named(known.api.name()), Some(known.api));
        }
        let own = Endpoint::parse("http://127.0.0.1:9999/v1").unwrap();
        assert_eq!(dialect_at(Api::OpenAi, &own), SCORED);
    }
}
