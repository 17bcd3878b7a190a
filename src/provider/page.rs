//! Models that live on the page, and the way to them: the browser's own, and functions of a page that embeds us.
//!
//! The work is done in a worker, where neither can be called, so the page is asked and answers with a whole text. Which
//! of them may read what is not decided here: a [`super::BuiltIn`] opens raw prompts, where the page says that the
//! browser's own model runs on this device; everything else is a [`super::Remote`] over [`super::PageTransport`], behind
//! the same door as a server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Clock, ProviderError};

/// The longest name of a function.
const MOST_NAME: usize = 64;

/// What the browser's own model is called in the ledger.
const BUILT_IN: &str = "page:LanguageModel";

/// What stands before the name of a function.
const FUNCTION: &str = "host-function:";

/// A model on the page. Its text is its address, in the ledger and in settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PageModel {
    /// `LanguageModel`: the browser's own, or whatever was put in its place.
    BuiltIn,
    /// A function of the page, by the name under which it was offered.
    HostFunction(String),
}

impl PageModel {
    /// The function of this name.
    ///
    /// # Errors
    /// [`ProviderError::BadModelName`] where it is not one plain word: it becomes an address.
    pub fn host_function(name: &str) -> Result<Self, ProviderError> {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        match plain && !name.is_empty() && name.len() <= MOST_NAME {
            true => Ok(PageModel::HostFunction(name.to_owned())),
            false => Err(ProviderError::BadModelName),
        }
    }

    /// What people call it.
    pub fn words(&self) -> String {
        match self {
            PageModel::BuiltIn => "the browser's own model".into(),
            PageModel::HostFunction(name) => format!("the page's function {name}"),
        }
    }
}

impl fmt::Display for PageModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PageModel::BuiltIn => f.write_str(BUILT_IN),
            PageModel::HostFunction(name) => write!(f, "{FUNCTION}{name}"),
        }
    }
}

impl FromStr for PageModel {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        match text.strip_prefix(FUNCTION) {
            Some(name) => PageModel::host_function(name),
            None if text == BUILT_IN => Ok(PageModel::BuiltIn),
            None => Err(ProviderError::BadModelName),
        }
    }
}

/// What a worker asks the page.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum PageAsk {
    /// What a model is.
    About(PageModel),
    /// An answer of a model.
    Answer {
        /// Which one.
        model: PageModel,
        /// Whether this is made of texts as they are; then a page hands it to a model on this device or to none.
        raw: bool,
        /// The call, as JSON: `messages`, `maxTokens`, `temperature`, and perhaps `schema`.
        call: String,
    },
}

impl fmt::Debug for PageAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PageAsk::About(model) => write!(f, "About({model})"),
            PageAsk::Answer { model, raw, .. } => write!(f, "Answer({model}, raw: {raw}, …)"),
        }
    }
}

/// What the page says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PageReply {
    /// To [`PageAsk::About`].
    About(AboutPageModel),
    /// To [`PageAsk::Answer`].
    Text(String),
}

/// What a model on the page is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AboutPageModel {
    /// Whose it is and in which version, where that is known: the model may change with it.
    pub version: String,
    /// Whether it is the browser's own and the browser's maker says that it runs on this device. No function is.
    pub local: bool,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
}

/// Why the page gave no answer. Words are the page's: a stranger's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum PageFailure {
    /// The page stopped it.
    #[error("cancelled")]
    Cancelled,
    /// The page has no such model.
    #[error("this page has no such model")]
    NotThere,
    /// It would have to be downloaded first, which takes a click.
    #[error("the browser's own model is not ready; prepare it on the Models page")]
    NotReady,
    /// Texts as they are were for a model that is not known to run on this device.
    #[error("this model is not known to run on this device, so it was given no text")]
    NotLocal,
    /// The prompt does not fit.
    #[error("it takes no prompt as long as this one")]
    TooLong,
    /// It does not take this, and would not the next time.
    #[error("{0}")]
    Refused(String),
    /// It failed.
    #[error("{0}")]
    Failed(String),
}

/// The way to the page.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait PageLink: Clock {
    /// Asks and waits for the one answer; dropping the future stops the work on the page.
    async fn ask(&self, ask: PageAsk) -> Result<PageReply, PageFailure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_and_nothing_else_is_one() {
        for model in [PageModel::BuiltIn, PageModel::host_function("my_model-1.5").unwrap()] {
            assert_eq!(model.to_string().parse(), Ok(model));
        }
        let long = "x".repeat(MOST_NAME + 1);
        for name in ["", "a b", "a/b", "a:b", "ä", "a\nb", &long] {
            assert!(PageModel::host_function(name).is_err(), "{name}");
            assert!(format!("{FUNCTION}{name}").parse::<PageModel>().is_err(), "{name}");
        }
        assert!("page:Other".parse::<PageModel>().is_err());
    }

    #[test]
    fn what_is_asked_shows_nothing() {
        let ask = PageAsk::Answer { model: PageModel::BuiltIn, raw: true, call: "secret".into() };
        assert_eq!(format!("{ask:?}"), "Answer(page:LanguageModel, raw: true, …)");
    }
}
