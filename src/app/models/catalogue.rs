//! A short list of small models that are worth a download, with what can be read of each on its own page.
//!
//! An address with a commit in it names one file for good, so its SHA-256 is told too.

use crate::service::ModelSource;

/// A model on the list.
#[derive(Debug, PartialEq)]
pub struct Offer {
    /// What it is called.
    pub name: &'static str,
    /// Its parameters, as its makers count them.
    pub parameters: &'static str,
    /// What it is good for.
    pub purpose: &'static str,
    /// The file's bytes, rounded as its page has them.
    pub bytes: f64,
    /// The licence.
    pub licence: &'static str,
    /// The page that it comes from.
    pub page: &'static str,
    /// The rest of the file's address, behind the page's: the version and the file's name.
    pub file: &'static str,
    /// The file's SHA-256.
    pub sha256: &'static str,
}

/// What a model needs besides its weights: keys and values of 8,192 tokens and more, and what it computes with.
const BESIDES: f64 = 0.7e9;

impl Offer {
    /// The memory that it takes, about.
    pub fn memory(&self) -> f64 {
        self.bytes + BESIDES
    }

    /// The name that its file is kept by.
    pub fn file_name(&self) -> &'static str {
        self.file.rsplit('/').next().unwrap_or(self.file)
    }

    /// The download.
    pub fn source(&self) -> ModelSource {
        ModelSource::Url {
            url: format!("{}/resolve/{}", self.page, self.file),
            name: Some(self.file_name().to_owned()),
            sha256: Some(self.sha256.to_owned()),
        }
    }

    /// The page's address as it is read.
    pub fn page_shown(&self) -> &'static str {
        self.page.trim_start_matches("https://")
    }
}

/// The list, small ones first.
pub const OFFERS: [Offer; 7] = [
    Offer {
        name: "Llama 3.2 1B Instruct",
        parameters: "1.2 billion",
        purpose: "The least that names a reason. For a phone, or a first try.",
        bytes: 0.808e9,
        licence: "Llama 3.2 Community License",
        page: "https://huggingface.co/bartowski/Llama-3.2-1B-Instruct-GGUF",
        file: "d52af3776f99ddf220e5ffd3f93b2a4e4df105be/Llama-3.2-1B-Instruct-Q4_K_M.gguf",
        sha256: "6f85a640a97cf2bf5b8e764087b1e83da0fdb51d7c9fab7d0fece9385611df83",
    },
    Offer {
        name: "Qwen 2.5 1.5B Instruct",
        parameters: "1.5 billion",
        purpose: "Small and quick, in many languages, under a free licence.",
        bytes: 0.986e9,
        licence: "Apache 2.0",
        page: "https://huggingface.co/bartowski/Qwen2.5-1.5B-Instruct-GGUF",
        file: "85553858e3522ce5b531285b2202bdb40fab1624/Qwen2.5-1.5B-Instruct-Q4_K_M.gguf",
        sha256: "50961d9b7d3b89e46be230528fc66d38bbdda8ac3748323dd34f129a714124fc",
    },
    Offer {
        name: "SmolLM2 1.7B Instruct",
        parameters: "1.7 billion",
        purpose: "The large brother of the model that comes along. English.",
        bytes: 1.06e9,
        licence: "Apache 2.0",
        page: "https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
        file: "2d4a76a30b4af41ecd395c35725ac11688d4cfe4/smollm2-1.7b-instruct-q4_k_m.gguf",
        sha256: "decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33",
    },
    Offer {
        name: "Llama 3.2 3B Instruct",
        parameters: "3.2 billion",
        purpose: "The smallest of those that reason about choices. A good first pick for a laptop.",
        bytes: 2.02e9,
        licence: "Llama 3.2 Community License",
        page: "https://huggingface.co/bartowski/Llama-3.2-3B-Instruct-GGUF",
        file: "c346bfc2029e79ba6d7edf026cf01fe44242db0d/Llama-3.2-3B-Instruct-Q4_K_M.gguf",
        sha256: "6c1a2b41161032677be168d354123594c0e6e67d2b9227c84f296ad037c728ff",
    },
    Offer {
        name: "Phi-3 Mini 4K Instruct",
        parameters: "3.8 billion",
        purpose: "Reasoning in English, under a free licence. Conversations of 4,096 tokens at most.",
        bytes: 2.39e9,
        licence: "MIT",
        page: "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct-gguf",
        file: "a64113399c2f6b8ad3e11c394733a2ddadaa7f33/Phi-3-mini-4k-instruct-q4.gguf",
        sha256: "8a83c7fb9049a9b2e92266fa7ad04933bb53aa1e85136b7b30f1b8000ff2edef",
    },
    Offer {
        name: "Gemma 3 4B",
        parameters: "4 billion",
        purpose: "Histories in many languages.",
        bytes: 2.49e9,
        licence: "Gemma Terms of Use",
        page: "https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF",
        file: "d0976223747697cb51e056d85c532013931fe52e/gemma-3-4b-it-Q4_K_M.gguf",
        sha256: "882e8d2db44dc554fb0ea5077cb7e4bc49e7342a1f0da57901c0802ea21a0863",
    },
    Offer {
        name: "Qwen 3 4B",
        parameters: "4 billion",
        purpose: "Many languages and a free licence. It thinks at length before it answers, so a portrait takes longer.",
        bytes: 2.5e9,
        licence: "Apache 2.0",
        page: "https://huggingface.co/Qwen/Qwen3-4B-GGUF",
        file: "bc640142c66e1fdd12af0bd68f40445458f3869b/Qwen3-4B-Q4_K_M.gguf",
        sha256: "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
    },
];

/// Where huggingface.co hands a download on to, as its own list of domains has it
/// (`https://huggingface.co/.well-known/meta.json`), and where files are that it keeps in its newer way.
const HUGGING_FACE: [&str; 17] = [
    "https://cdn-lfs.hf.co",
    "https://cdn-lfs-us-1.hf.co",
    "https://cdn-lfs-eu-1.hf.co",
    "https://cas-bridge.xethub.hf.co",
    "https://transfer.xethub.hf.co",
    "https://aws.cdn.hf.co",
    "https://us.aws.cdn.hf.co",
    "https://us-east-1.aws.cdn.hf.co",
    "https://us-west-2.aws.cdn.hf.co",
    "https://eu-west-3.aws.cdn.hf.co",
    "https://ap-southeast-1.aws.cdn.hf.co",
    "https://us.gcp.cdn.hf.co",
    "https://us-east1.us.gcp.cdn.hf.co",
    "https://us-central1.us.gcp.cdn.hf.co",
    "https://us-west4.us.gcp.cdn.hf.co",
    "https://europe-west4.us.gcp.cdn.hf.co",
    "https://asia-southeast1.us.gcp.cdn.hf.co",
];

/// The origins that a download from this address may come from.
pub fn origins(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let origin = format!("{scheme}://{host}").to_lowercase();
    let handed_on: &[&str] = if origin == "https://huggingface.co" { &HUGGING_FACE } else { &[] };
    let handed_on = handed_on.iter().map(|&origin| origin.to_owned());
    std::iter::once(origin).chain(handed_on).collect()
}

/// Whether a model is likely to fit, where the browser tells of the machine's memory. `gigabytes` is what it tells:
/// rounded, and never more than a few.
pub fn fits(memory: f64, gigabytes: Option<f64>) -> Option<&'static str> {
    // Half of it is the system's and other programs'.
    let free = gigabytes? * 0.5e9;
    Some(match memory {
        memory if memory <= free => "Should fit in this machine.",
        memory if memory <= 2.0 * free => "Close to what this machine has: close other programs.",
        _ => "More than this machine has.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::models::source::from_url;

    #[test]
    fn each_offer_is_a_download_that_the_form_would_take() {
        for offer in &OFFERS {
            let ModelSource::Url { url, name, sha256 } = offer.source() else { panic!("{}", offer.name) };
            assert!(from_url(&url, sha256.as_deref().unwrap_or_default()).is_ok(), "{url}");
            assert!(name.is_some_and(|name| name.ends_with(".gguf") && url.ends_with(&name)), "{url}");
            let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(sha256.is_some_and(|text| text.len() == 64 && is_hex(&text)), "{url}");
            // A digest of what is under `main` today would be wrong tomorrow.
            assert!(
                offer.file.split('/').next().is_some_and(|commit| commit.len() == 40 && is_hex(commit)),
                "{url}"
            );
        }
        assert!(OFFERS.is_sorted_by(|a, b| a.bytes <= b.bytes));
    }

    #[test]
    fn the_origins_are_whole_and_few() {
        assert_eq!(origins("http://LocalHost:8000/a/b.gguf?x=1"), ["http://localhost:8000"]);
        assert_eq!(origins("no address"), [""; 0]);
        let all = origins(&format!("{}/resolve/main/m.gguf", OFFERS[0].page));
        assert_eq!((all.len(), all[0].as_str()), (18, "https://huggingface.co"));
        assert!(all.iter().all(|origin| origin.starts_with("https://") && origin.matches('/').count() == 2));
    }

    #[test]
    fn what_the_browser_does_not_tell_is_not_guessed() {
        assert_eq!(fits(2e9, None), None);
        assert_eq!(fits(2e9, Some(8.0)), Some("Should fit in this machine."));
        assert_eq!(fits(3e9, Some(4.0)), Some("Close to what this machine has: close other programs."));
        assert_eq!(fits(3e9, Some(2.0)), Some("More than this machine has."));
    }
}
