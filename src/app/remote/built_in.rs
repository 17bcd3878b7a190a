//! The browser's own model as the page sees it: whether it is there, whether it is ready, and what it may read.

use crate::provider::PageModel;
use crate::service::BUILT_IN_RAW;

/// Whether the model can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Not here.
    Unavailable,
    /// Once it is downloaded.
    Downloadable,
    /// Once the download that is under way has ended.
    Downloading,
    /// It can.
    Available,
}

impl Availability {
    /// As the browser calls it; what nobody knows is not there.
    pub fn named(name: &str) -> Self {
        match name {
            "available" => Availability::Available,
            "downloading" => Availability::Downloading,
            "downloadable" => Availability::Downloadable,
            _ => Availability::Unavailable,
        }
    }
}

/// The browser's own model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Whether it is known to run on this device.
    pub local: bool,
    /// Whose it is and in which version, where that is known.
    pub version: String,
    /// Whether it can be asked.
    pub availability: Availability,
}

impl BuiltIn {
    /// Its id among the models that can be chosen, over sketches.
    pub fn id() -> String {
        PageModel::BuiltIn.to_string()
    }

    /// Whether it can be asked now.
    pub fn is_ready(&self) -> bool {
        self.availability == Availability::Available
    }

    /// How it stands, as a sentence.
    pub fn standing(&self) -> &'static str {
        match self.availability {
            Availability::Unavailable => {
                "This browser has a language model of its own, but says that it can't be used here."
            }
            Availability::Downloadable => {
                "This browser has a language model of its own, and has to download it first. That may be some gigabytes."
            }
            Availability::Downloading => "This browser is downloading a language model of its own.",
            Availability::Available => "This browser has a language model of its own, and it is ready.",
        }
    }

    /// Who says that it runs on this device, as a sentence.
    pub fn runs(&self) -> String {
        if self.local {
            format!(
                "The makers of {} say that what it is given stays on this device; a page has no way to check that. So you \
                 choose each time whether it reads your choices as they are or sees sketches of them.",
                self.version
            )
        } else {
            "Nobody says for certain that it runs on this device. So it sees sketches, never your texts, and each request \
             is in the ledger."
                .into()
        }
    }

    /// The ways in which it can be chosen, each with an id: over sketches, and, where it is local, as they are.
    pub fn options(&self) -> Vec<(String, &'static str)> {
        let mut options = vec![(BuiltIn::id(), "The browser's own model, over sketches")];
        if self.local {
            options.push((BUILT_IN_RAW.into(), "The browser's own model, on this device"));
        }
        options
    }

    /// What it reads when it is chosen under this id, as a sentence.
    pub fn reads(&self, id: &str) -> String {
        match id {
            BUILT_IN_RAW => format!(
                "Reads your choices as they are. The makers of {} say that they stay on this device.",
                self.version
            ),
            _ => "Sees sketches, never your texts. Each request is in the ledger.".into(),
        }
    }

    /// Whether an id is one of its own.
    pub fn has_id(id: &str) -> bool {
        id == BUILT_IN_RAW || id == BuiltIn::id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_not_there() {
        assert_eq!(Availability::named("available"), Availability::Available);
        assert_eq!(Availability::named("downloading"), Availability::Downloading);
        for name in ["unavailable", "readily", "", "Available"] {
            assert_eq!(Availability::named(name), Availability::Unavailable, "{name}");
        }
    }

    #[test]
    fn it_says_what_it_reads() {
        let told = |local| BuiltIn { local, version: "Some 1".into(), availability: Availability::Available };
        assert!(told(true).runs().starts_with("The makers of Some 1 say"));
        assert!(told(false).runs().starts_with("Nobody says for certain"));
        let ids = |local| told(local).options().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids(false), ["page:LanguageModel"]);
        assert_eq!(ids(true), ["page:LanguageModel", BUILT_IN_RAW]);
        assert!(ids(true).iter().all(|id| BuiltIn::has_id(id)) && !BuiltIn::has_id("1764"));
        assert!(told(true).reads(BUILT_IN_RAW).starts_with("Reads your choices as they are"));
        assert!(told(true).reads("page:LanguageModel").starts_with("Sees sketches"));
    }
}
