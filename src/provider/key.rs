//! A key to an API, bound to the one origin that may see it.

use std::fmt;

use super::{Origin, ProviderError};

/// A secret and the origin that it belongs to. It shows nothing in `Debug` and is overwritten when dropped.
pub struct ApiKey {
    origin: Origin,
    secret: Vec<u8>,
}

/// How an API wants its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `authorization: Bearer …`.
    Bearer,
    /// `x-api-key: …` (Anthropic).
    XApiKey,
    /// `x-goog-api-key: …` (Gemini).
    XGoogApiKey,
}

impl KeyHeader {
    /// The header's name.
    pub fn name(self) -> &'static str {
        match self {
            KeyHeader::Bearer => "authorization",
            KeyHeader::XApiKey => "x-api-key",
            KeyHeader::XGoogApiKey => "x-goog-api-key",
        }
    }
}

impl ApiKey {
    /// Binds a secret to an origin.
    ///
    /// # Errors
    /// [`ProviderError::BadKey`] where it can't be one: empty, or with spaces or signs that no header may hold.
    /// [`ProviderError::KeyInClear`] where it would travel unencrypted to another machine.
    pub fn new(origin: &Origin, secret: &str) -> Result<Self, ProviderError> {
        let secret = secret.trim();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProviderError::BadKey);
        }
        if !origin.may_have_key() {
            return Err(ProviderError::KeyInClear { origin: origin.to_string() });
        }
        Ok(ApiKey { origin: origin.clone(), secret: secret.as_bytes().to_vec() })
    }

    /// The header's value for a request to `to`; none for any other origin than its own.
    pub(super) fn value(&self, header: KeyHeader, to: &Origin) -> Option<String> {
        if self.origin != *to {
            return None;
        }
        let secret = str::from_utf8(&self.secret).ok()?;
        Some(match header {
            KeyHeader::Bearer => format!("Bearer {secret}"),
            KeyHeader::XApiKey | KeyHeader::XGoogApiKey => secret.to_owned(),
        })
    }

    /// `text` without the key in it: a server may say it back.
    pub(super) fn redact(&self, text: &str) -> String {
        match str::from_utf8(&self.secret) {
            Ok(secret) => text.replace(secret, "(key)"),
            Err(_) => text.to_owned(),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(… for {})", self.origin)
    }
}

impl Drop for ApiKey {
    fn drop(&mut self) {
        self.secret.fill(0);
        // So that the compiler does not leave the writing out.
        std::hint::black_box(&self.secret);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Endpoint;

    fn origin(text: &str) -> Origin {
        Endpoint::parse(text).unwrap().origin().clone()
    }

    #[test]
    fn it_goes_to_its_own_origin_only() {
        let own = origin("https://api.a.com/v1");
        let key = ApiKey::new(&own, " sk-1 ").unwrap();
        assert_eq!(key.value(KeyHeader::Bearer, &own).as_deref(), Some("Bearer sk-1"));
        for other in ["https://b.com", "http://api.a.com", "https://api.a.com:8443", "https://a.com"] {
            assert_eq!(key.value(KeyHeader::XApiKey, &origin(other)), None);
        }
    }

    #[test]
    fn it_shows_nothing() {
        let key = ApiKey::new(&origin("https://a.com"), "sk-secret").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(… for https://a.com)");
        assert_eq!(key.redact("wrong key sk-secret!"), "wrong key (key)!");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "  ", "a b", "a\nb: c", "schlüssel"] {
            assert!(matches!(ApiKey::new(&origin("https://a.com"), text), Err(ProviderError::BadKey)));
        }
        let clear = ApiKey::new(&origin("http://a.com"), "sk");
        assert!(matches!(clear, Err(ProviderError::KeyInClear { .. })));
    }
}
