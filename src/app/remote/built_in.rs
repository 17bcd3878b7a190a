//! The browser's own model as the page sees it: whether it is there, whether it is ready, and what it may read.

use crate::provider::PageModel;

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
    /// Its id among the models that can be chosen.
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

    /// What it may read, and why, as a sentence.
    pub fn reads(&self) -> String {
        if self.local {
            format!(
                "Reads your choices as they are: the makers of {} say that what it is given stays on this device.",
                self.version
            )
        } else {
            "Sees sketches, never your texts: nobody says for certain that it runs on this device. Each request is in the \
             ledger."
                .into()
        }
    }

    /// What it is called where a model is chosen.
    pub fn option(&self) -> &'static str {
        if self.local {
            "The browser's own model, on this device"
        } else {
            "The browser's own model, over sketches"
        }
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
        assert!(told(true).reads().starts_with("Reads your choices as they are: the makers of Some 1 say"));
        assert!(told(false).reads().starts_with("Sees sketches, never your texts"));
        assert!(told(true).is_ready() && told(false).option().ends_with("over sketches"));
    }
}
