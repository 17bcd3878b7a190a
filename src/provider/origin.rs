//! Where a request may go: an origin, and an endpoint below it, read strictly.
//!
//! A model on the page has an address too, made here and never read: what a person types leads to a server.
//!
//! Only what every reader of addresses reads alike is taken: http or https, a host of plain letters, digits, dots and
//! hyphens (or a bracketed IPv6 address), a port, a path of plain characters. No user, no query, no fragment, no
//! percent sign, no backslash: two readers can't disagree on where such an address leads.

use std::fmt;

use super::{PageModel, ProviderError};

/// Characters of a path besides letters and digits.
const PATH_SIGNS: &str = "/-._~:@";

/// A scheme, host and port: what a browser keeps apart, and what a key is bound to. Or a model on the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(Place);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Server { secure: bool, host: String, port: u16 },
    Page(PageModel),
}

/// The address that an API's paths are added to, such as `https://api.openai.com/v1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    origin: Origin,
    /// Begins with `/` and doesn't end with it; empty at the origin itself.
    path: String,
}

impl Origin {
    /// Whether the host is this very machine.
    pub fn is_loopback(&self) -> bool {
        let Place::Server { host, .. } = &self.0 else { return false };
        host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a key may go there: over TLS, or without it to this machine or a private address.
    pub fn may_have_key(&self) -> bool {
        let Place::Server { secure, host, .. } = &self.0 else { return false };
        let private = || {
            host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_private())
                || host.ends_with(".local")
        };
        *secure || self.is_loopback() || private()
    }

    /// The model on the page that it is, if it is one.
    pub fn page_model(&self) -> Option<&PageModel> {
        match &self.0 {
            Place::Server { .. } => None,
            Place::Page(model) => Some(model),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secure, host, port) = match &self.0 {
            Place::Server { secure, host, port } => (*secure, host, *port),
            Place::Page(model) => return model.fmt(f),
        };
        let scheme = if secure { "https" } else { "http" };
        write!(f, "{scheme}://{host}")?;
        if port == default_port(secure) { Ok(()) } else { write!(f, ":{port}") }
    }
}

impl Endpoint {
    /// Reads an address.
    ///
    /// ```
    /// # use likeness::provider::Endpoint;
    /// let endpoint = Endpoint::parse("https://API.openai.com:443/v1/")?;
    /// assert_eq!(endpoint.to_string(), "https://api.openai.com/v1");
    /// assert_eq!(endpoint.origin().to_string(), "https://api.openai.com");
    /// # Ok::<(), likeness::provider::ProviderError>(())
    /// ```
    ///
    /// # Errors
    /// [`ProviderError::BadEndpoint`] with what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ProviderError> {
        let bad = |why| ProviderError::BadEndpoint { why };
        let (scheme, rest) = text.trim().split_once("://").ok_or(bad("it needs http:// or https://"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("it needs http:// or https://")),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let path = path.trim_end_matches('/');
        if path.split('/').any(|part| part == "." || part == "..") || path.contains("//") {
            return Err(bad("its path must be written out"));
        }
        if !path.chars().all(|c| c.is_ascii_alphanumeric() || PATH_SIGNS.contains(c)) {
            return Err(bad("its path may hold letters, digits and - . _ ~ : @ only, and no query"));
        }
        let (host, port) = authority_parts(authority)
            .ok_or(bad("its host may hold letters, digits, dots and hyphens only, then perhaps a port"))?;
        let port = port.unwrap_or(default_port(secure));
        let origin = Origin(Place::Server { secure, host: host.to_ascii_lowercase(), port });
        Ok(Endpoint { origin, path: path.to_owned() })
    }

    /// The address of a model on the page.
    pub fn of_page(model: PageModel) -> Self {
        Endpoint { origin: Origin(Place::Page(model)), path: String::new() }
    }

    /// Where it leads.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The address of a path below it; `path` begins with `/` and is ours.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

fn authority_parts(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
    let (host, port) = match authority[end..].find(':') {
        Some(at) => (&authority[..end + at], Some(&authority[end + at + 1..])),
        None => (authority, None),
    };
    let port = match port {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    let plain = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let sound = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && plain(host) && !host.starts_with(['.', '-']) && !host.contains(".."),
    };
    (sound && port != Some(0)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let read = Endpoint::parse(text).ok();
        let read = read.as_ref().map(|endpoint| (endpoint.to_string(), endpoint.origin().to_string()));
        assert_eq!(read, expected.map(|(url, origin)| (url.to_owned(), origin.to_owned())), "{text}");
    }

    #[test]
    fn addresses_are_read_one_way() {
        check("https://api.x.ai/v1", Some(("https://api.x.ai/v1", "https://api.x.ai")));
        check(" HTTPS://Api.X.ai:443/v1/ ", Some(("https://api.x.ai/v1", "https://api.x.ai")));
        check("http://localhost:11434/v1", Some(("http://localhost:11434/v1", "http://localhost:11434")));
        check("http://[::1]:80", Some(("http://[::1]", "http://[::1]")));
        check("https://h:443", Some(("https://h", "https://h")));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for text in [
            "",
            "api.x.ai",
            "ftp://a",
            "https://",
            "https:///v1",
            "https://user@host",
            "https://user:secret@host/v1",
            "https://a\\b",
            "https://a/\\b",
            "https://a/v1?key=1",
            "https://a/v1#x",
            "https://a?x",
            "https://a/../b",
            "https://a/./b",
            "https://a//b",
            "https://a/%2e%2e/b",
            "https://a b/",
            "https://a/b c",
            "https://a:0",
            "https://a:99999",
            "https://a:+1",
            "https://a:1:2",
            "https://[::1",
            "https://[x]",
            "https://münchen.de",
            "https://.a",
            "https://a..b",
            "https://a\nb",
            "javascript://a",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_page_has_an_address_that_nobody_can_type() {
        for model in [PageModel::BuiltIn, PageModel::host_function("ask").unwrap()] {
            let endpoint = Endpoint::of_page(model.clone());
            assert_eq!(
                (endpoint.to_string(), endpoint.origin().page_model()),
                (model.to_string(), Some(&model))
            );
            assert!(!endpoint.origin().is_loopback() && !endpoint.origin().may_have_key());
            check(&endpoint.to_string(), None);
        }
    }

    #[test]
    fn a_key_goes_in_the_clear_to_this_machine_and_to_private_addresses_only() {
        let may = |text: &str| Endpoint::parse(text).unwrap().origin().may_have_key();
        for text in
            ["https://a.com", "http://localhost:1", "http://127.0.0.1", "http://[::1]", "http://10.1.2.3"]
        {
            assert!(may(text), "{text}");
        }
        for text in ["http://a.com", "http://8.8.8.8", "http://localhost.a.com", "http://127.0.0.1.a.com"] {
            assert!(!may(text), "{text}");
        }
    }
}
