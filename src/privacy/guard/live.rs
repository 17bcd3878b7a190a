//! What may leave on the way to one endpoint alone: a live chat's own turns, where they went before, and its origin.

use super::phrases::Common;
use crate::preference::PreferencePair;
use crate::privacy::LiveConversation;

/// A stored pair, and where its turns went when they were said.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The pair.
    pub pair: PreferencePair,
    /// The conversation that it came of and the origin that its turns went to; none if they never left.
    pub went: Option<LiveConversation>,
}

/// The turns that may go to `url` in this conversation: none, unless they went to its very origin.
pub fn may_return(live: &LiveConversation, url: &str, pairs: &[Kept]) -> Common {
    let (Some(to), Some(from)) = (origin(url), origin(&live.origin)) else { return Common::default() };
    if to != from {
        return Common::default();
    }
    let went_there = |kept: &&Kept| {
        kept.went
            .as_ref()
            .is_some_and(|went| went.id == live.id && origin(&went.origin).as_ref() == Some(&to))
    };
    Common::live(pairs.iter().filter(went_there).flat_map(|kept| {
        let context = kept.pair.context.iter().map(|turn| turn.content.as_str());
        context.chain([kept.pair.chosen.as_str(), kept.pair.rejected.as_str()])
    }))
}

/// Characters of an origin that everybody may know who is asked: fewer than the bar, so that it can be no stretch of a text.
const SHORT_ORIGIN: usize = 39;

/// The origin of `url`: whoever is asked knows it, and a history may have it, of a server at home for example.
pub fn own_address(url: &str) -> Common {
    let short = origin(url).filter(|origin| {
        origin.len() <= SHORT_ORIGIN && origin.split(|c: char| !c.is_alphanumeric()).count() <= 8
    });
    Common::address(short.as_deref())
}

/// Scheme, host and port of a plain address; none where there is any doubt which host a browser would ask.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']' | '_');
    if authority.is_empty() || !authority.chars().all(plain) {
        return None;
    }
    let usual = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = authority.strip_suffix(usual).unwrap_or(&authority);
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_told_where_it_is_plain() {
        for (url, expected) in [
            ("https://API.example.com/v1/chat?x=1", Some("https://api.example.com")),
            ("https://api.example.com:443", Some("https://api.example.com")),
            ("http://127.0.0.1:8080/v1", Some("http://127.0.0.1:8080")),
            ("https://api.example.com@evil.example/", None),
            ("https://evil.example\\@api.example.com/", None),
            ("https://api.example.com\t.evil.example/", None),
            ("data:text/plain,x", None),
            ("", None),
        ] {
            assert_eq!(origin(url).as_deref(), expected, "{url}");
        }
    }
}
