//! Why a remote model gave no answer, and what the person can do about it.
//!
//! A message holds no text of the request and no key. What the server said is quoted, since the person needs it, but
//! cleaned and shortened: it is a stranger's text.

use std::fmt;

use super::clean::plain_text;
use crate::model::ModelError;
use crate::privacy::Unreadable;

/// The longest quotation of a server's words, in characters.
const MOST_QUOTED: usize = 200;

/// Words of a server, cleaned and shortened; empty where it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Quotes `text`.
    pub fn new(text: &str) -> Self {
        let line = plain_text(text).split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= MOST_QUOTED {
            return Said(line);
        }
        Said(line.chars().take(MOST_QUOTED - 1).chain(['…']).collect())
    }

    /// The words.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str(" without a reason") } else { write!(f, ": \"{}\"", self.0) }
    }
}

/// Why a remote model gave no answer.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProviderError {
    /// The endpoint's address can't be used.
    #[error("the endpoint's address can't be used: {why}")]
    BadEndpoint {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The model's name can't be part of an address.
    #[error("the model's name holds signs that no model's name has")]
    BadModelName,
    /// The text given as a key is none.
    #[error("this is no key: a key is one word of plain letters, digits and signs")]
    BadKey,
    /// A key would travel unencrypted.
    #[error("the key was not sent: {origin} is another machine and the connection is not encrypted")]
    KeyInClear {
        /// Where it would have gone.
        origin: String,
    },
    /// The key belongs to another origin.
    #[error("the key belongs to another origin and was not sent to {origin}")]
    KeyElsewhere {
        /// Where it would have gone.
        origin: String,
    },
    /// The person did not allow this origin.
    #[error("nothing was sent: {origin} is not among the endpoints that you configured")]
    NotAllowed {
        /// Where the request would have gone.
        origin: String,
    },
    /// The guard found history in the request.
    #[error(
        "nothing was sent: the request shares {overlaps} {} with your history",
        if *overlaps == 1 { "passage" } else { "passages" }
    )]
    Guarded {
        /// How many passages.
        overlaps: usize,
    },
    /// The guard could not read the request to its end.
    #[error("nothing was sent: {0}")]
    Unreadable(Unreadable),
    /// The ledger can't be written, so nothing was sent.
    #[error("nothing was sent: {0}")]
    Ledger(#[from] crate::privacy::LedgerError),
    /// The budget would be passed.
    #[error("nothing was sent: the budget of {limit} would be passed, {spent} are spent")]
    OverBudget {
        /// The budget, with its unit.
        limit: String,
        /// What is spent, with its unit.
        spent: String,
    },
    /// No connection, or, in a browser, perhaps a page that may not read the reply.
    #[error("{origin} could not be reached{}", if *in_browser { ", or it does not let this page read its replies (CORS)" } else { "" })]
    Unreachable {
        /// Where the request went.
        origin: String,
        /// Whether a refusal by CORS looks the same from here.
        in_browser: bool,
        /// What the network said, where it says anything.
        said: Said,
    },
    /// The endpoint is silent.
    #[error("{origin} took longer than {seconds} s {doing}")]
    TimedOut {
        /// Where the request went.
        origin: String,
        /// What was waited for.
        doing: &'static str,
        /// How long, in seconds.
        seconds: u32,
    },
    /// The endpoint sends the request elsewhere.
    #[error("{origin} redirects the request elsewhere, which is not followed")]
    Redirected {
        /// Where the request went.
        origin: String,
    },
    /// The key is missing, wrong, or not good for this.
    #[error("{origin} refuses the key{said}")]
    WrongKey {
        /// Where the request went.
        origin: String,
        /// The server's words.
        said: Said,
    },
    /// There is no such model, or no such address.
    #[error("{origin} does not know the model {model}, or the address is wrong{said}")]
    NoSuchModel {
        /// Where the request went.
        origin: String,
        /// The model asked for.
        model: String,
        /// The server's words.
        said: Said,
    },
    /// Too many requests.
    #[error("{origin} takes no more requests now{said}")]
    RateLimited {
        /// Where the request went.
        origin: String,
        /// How long to wait, in milliseconds, where the server says so.
        retry_after_ms: Option<u64>,
        /// The server's words.
        said: Said,
    },
    /// The account has nothing left to spend.
    #[error("the account at {origin} is used up{said}")]
    Quota {
        /// Where the request went.
        origin: String,
        /// The server's words.
        said: Said,
    },
    /// The prompt does not fit into the model.
    #[error("the prompt does not fit into the model{said}")]
    TooLong {
        /// The server's words.
        said: Said,
    },
    /// The server does not understand the request.
    #[error("{origin} does not take the request (status {status}){said}")]
    BadRequest {
        /// Where the request went.
        origin: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        said: Said,
    },
    /// The server is in trouble.
    #[error("{origin} failed (status {status}){said}")]
    ServerFailed {
        /// Where the request went.
        origin: String,
        /// The HTTP status; 200 where it failed within a stream.
        status: u16,
        /// How long to wait, in milliseconds, where the server says so.
        retry_after_ms: Option<u64>,
        /// The server's words.
        said: Said,
    },
    /// The reply ended before its end.
    #[error("the reply broke off after {bytes} bytes")]
    Truncated {
        /// Bytes that came.
        bytes: u64,
    },
    /// The reply is longer than is read.
    #[error("the reply is longer than {limit} bytes, so it was cut off and not used")]
    TooMuch {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The reply is no text.
    #[error("the reply is not UTF-8 text")]
    NotUtf8,
    /// The reply is no JSON.
    #[error("the reply is not JSON at byte {at}")]
    NotJson {
        /// Where, within the event or the reply.
        at: usize,
    },
    /// The reply is JSON of another kind.
    #[error("the reply lacks {field}")]
    WrongShape {
        /// What is missing or of the wrong type.
        field: &'static str,
    },
    /// The model would not answer.
    #[error("the model declined to answer{said}")]
    Declined {
        /// Its words, or the filter's name.
        said: Said,
    },
    /// The model answered nothing.
    #[error("the model answered nothing")]
    Empty,
    /// The limit on tokens was reached before there was an answer.
    #[error("the answer was cut off by the limit on tokens before it said anything usable")]
    CutOff,
    /// The person, or the page going away, stopped it.
    #[error("cancelled")]
    Cancelled,
}

impl ProviderError {
    /// Whether the same request may well succeed if it is made again now.
    pub fn is_passing(&self) -> bool {
        use ProviderError::*;
        matches!(
            self,
            Unreachable { .. }
                | TimedOut { .. }
                | RateLimited { .. }
                | ServerFailed { .. }
                | Truncated { .. }
        )
    }

    /// What the person can do.
    pub fn advice(&self) -> Option<String> {
        use ProviderError::*;
        Some(match self {
            BadEndpoint { .. } => "give the API's base address, as https://api.openai.com/v1".into(),
            KeyInClear { .. } => "use https://, or an address on this machine".into(),
            KeyElsewhere { origin } => format!("store the key for {origin} itself"),
            NotAllowed { .. } => "add the endpoint under Models if you mean it".into(),
            Unreadable(_) => "look at the request in the ledger: something in it is packed or encoded".into(),
            Guarded { .. } => "look at the request in the ledger, and for its words in your history".into(),
            OverBudget { .. } => "raise the budget, or go on another day: what was answered is kept".into(),
            Unreachable { origin, in_browser: true, .. } => format!(
                "see that {origin} runs and that this device is online; if it does, let it answer this page: \
                 Ollama needs this page's origin in OLLAMA_ORIGINS, LM Studio \"Enable CORS\", vLLM \
                 --allowed-origins, and llama.cpp's server allows every page by itself. A redirect is not followed: \
                 give the API's final address"
            ),
            Unreachable { origin, .. } => format!("see that {origin} runs and that this device is online"),
            TimedOut { .. } => "try again; a local server may still be loading its model".into(),
            Redirected { .. } => "give the final address of the API as the endpoint".into(),
            WrongKey { .. } => "check the key and what it may be used for".into(),
            NoSuchModel { .. } => "check the model's name as the endpoint spells it, and the address".into(),
            RateLimited { retry_after_ms: Some(ms), .. } => {
                format!("go on in {} s; what was answered is kept", ms.div_ceil(1000))
            }
            RateLimited { .. } => "go on in some minutes; what was answered is kept".into(),
            Quota { .. } => "see the account's credit and limits at the provider".into(),
            TooLong { .. } => "choose a model that takes longer prompts, or a smaller search".into(),
            BadRequest { .. } | NotJson { .. } | WrongShape { .. } | NotUtf8 => {
                "check that the endpoint speaks the API that you chose".into()
            }
            ServerFailed { .. } | Truncated { .. } => "try again later; what was answered is kept".into(),
            CutOff => "allow more tokens for thinking, or choose a model that thinks less".into(),
            _ => return None,
        })
    }
}

impl From<ProviderError> for ModelError {
    fn from(error: ProviderError) -> Self {
        let words = match error.advice() {
            Some(advice) => format!("{error}; {advice}"),
            None => error.to_string(),
        };
        match error {
            ProviderError::Cancelled => ModelError::Cancelled,
            ProviderError::OverBudget { .. } | ProviderError::Quota { .. } => ModelError::Unavailable(words),
            error if error.is_passing() => ModelError::Unavailable(words),
            _ => ModelError::Failed(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_quoted_short_and_clean() {
        let said = Said::new(&format!("bad\u{1b}[31m key\r\n{}", "x".repeat(500)));
        assert_eq!(said.text().chars().count(), MOST_QUOTED);
        assert!(said.text().starts_with("bad[31m key xxx") && said.text().ends_with('…'));
        assert_eq!(Said::default().to_string(), " without a reason");
    }

    #[test]
    fn messages_say_what_happened_and_what_to_do() {
        let unreachable = |in_browser| ProviderError::Unreachable {
            origin: "http://localhost:11434".into(),
            in_browser,
            said: Said::default(),
        };
        assert_eq!(unreachable(false).to_string(), "http://localhost:11434 could not be reached");
        assert_eq!(
            unreachable(true).to_string(),
            "http://localhost:11434 could not be reached, or it does not let this page read its replies (CORS)"
        );
        assert!(unreachable(true).advice().unwrap().contains("OLLAMA_ORIGINS"));
        let limited = ProviderError::RateLimited {
            origin: "https://a.com".into(),
            retry_after_ms: Some(1500),
            said: Said::new("slow down"),
        };
        assert_eq!(
            ModelError::from(limited).to_string(),
            "the model can't be asked now: https://a.com takes no more requests now: \"slow down\"; \
             go on in 2 s; what was answered is kept"
        );
    }
}
