//! Every request of ours passes one door, but for files, each listed with its reason; this finds what could be another.
//!
//! It looks for the names of what can send, in code and in strings that are run as code. It can't see what a
//! dependency does: the content policy stops that, and tests/browser shows it.

use crate::source::{Source, Token};

/// Files that may name what can send, and why each sends nothing of the person's.
const ALLOWED: &[(&str, &str)] = &[
    (
        "src/provider/transport/browser.rs",
        "sends what the door has cleared, in a browser; takes nothing else",
    ),
    (
        "src/provider/transport/native.rs",
        "sends what the door has cleared, for the command; takes nothing else",
    ),
    ("src/engine/worker/finding.rs", "gets a model file whose address the person gave; sends no body"),
    ("src/engine/worker/files/writing.rs", "gets a model file whose address the person gave; sends no body"),
    ("www/engine_worker.js", "loads the engine's own wasm from the app's origin"),
    (
        "pkg/examples/open-webui/loader.js",
        "passes on what Open WebUI's page asks its own server, with what held about the person and no more",
    ),
    (
        "pkg/examples/open-webui/chat.js",
        "is the model of the page's: asks Open WebUI's server with what the guard has read",
    ),
    ("www/service_worker.js", "passes on what a page asks the app's own origin, and asks nothing else"),
];

/// What sends, as Rust (web-sys, gloo-net, the standard library, HTTP crates) and JavaScript call it.
const SENDERS: &[&str] = &[
    "fetch",
    "fetch_with_request",
    "fetch_with_request_and_init",
    "fetch_with_str",
    "fetch_with_str_and_init",
    "fetchLater",
    "gloo_net",
    "reqwest",
    "ureq",
    "XmlHttpRequest",
    "XMLHttpRequest",
    "WebSocket",
    "WebTransport",
    "EventSource",
    "send_beacon",
    "send_beacon_with_opt_str",
    "sendBeacon",
    "RtcPeerConnection",
    "RTCPeerConnection",
    "TcpStream",
    "UdpSocket",
    // An image's address is a request.
    "HtmlImageElement",
    "new_with_src",
    "importScripts",
];

pub fn complaints(files: &[Source]) -> Vec<String> {
    files
        .iter()
        .filter(|file| runs_for_users(&file.path))
        .filter(|file| !ALLOWED.iter().any(|(path, _)| *path == file.path))
        .flat_map(|file| {
            let names = if file.is_rust() { named_in_rust(file) } else { named_in_script(&file.text) };
            let path = &file.path;
            names.into_iter().map(move |name| {
                format!("{path}: names {name}, which can send; only the door and what is listed may")
            })
        })
        .collect()
}

/// What reaches a user's browser or machine; tests and the building scripts do not.
fn runs_for_users(path: &str) -> bool {
    let folder = ["src/", "www/", "pkg/"].iter().any(|folder| path.starts_with(folder));
    folder && [".rs", ".js", ".mjs", ".ts", ".html", ".svg"].iter().any(|ending| path.ends_with(ending))
}

fn named_in_rust(file: &Source) -> Vec<&'static str> {
    let tokens = file.tokens();
    SENDERS
        .iter()
        .copied()
        .filter(|name| {
            tokens.iter().any(|token| match token {
                Token::Word(word) => word == name,
                // The name alone (of a function looked up in JavaScript), or a call of it in inline script.
                Token::Text(text) => text == name || calls(text, name),
                Token::Sign(_) => false,
            })
        })
        .collect()
}

fn named_in_script(text: &str) -> Vec<&'static str> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    SENDERS.iter().copied().filter(|name| calls(&code, name)).collect()
}

/// `name(`, `new Name`, or `.name` as words of their own.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        !inside(before)
            && !inside(after)
            && (after == Some('(') || text[..at].ends_with("new ") || before == Some('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, complaints};
    use crate::check;

    #[test]
    fn what_can_send_is_told() {
        for (path, text, name) in [
            ("src/app/page.rs", "window().fetch_with_str(url)", "fetch_with_str"),
            ("src/store/a.rs", "use gloo_net::http::Request;", "gloo_net"),
            ("src/view/a.rs", "let socket = web_sys::WebSocket::new(url);", "WebSocket"),
            ("src/view/b.rs", r#"js_sys::Reflect::get(&global, &"fetch".into())"#, "fetch"),
            ("src/view/c.rs", r#"#[wasm_bindgen(inline_js = "export function f(u) { fetch(u) }")]"#, "fetch"),
            ("src/embed/a.rs", "navigator.send_beacon(url)", "send_beacon"),
            ("src/engine/a.rs", "std::net::TcpStream::connect(host)", "TcpStream"),
            ("src/provider/egress.rs", "use gloo_net::http::Request;", "gloo_net"),
            ("src/provider/openai.rs", "ureq::post(url)", "ureq"),
            ("www/boot.js", "await fetch(url)", "fetch"),
            ("www/boot.js", "const p = new RTCPeerConnection();", "RTCPeerConnection"),
            ("pkg/index.mjs", "navigator.sendBeacon(u)", "sendBeacon"),
        ] {
            let told = format!("{path}: names {name}, which can send; only the door and what is listed may");
            check(complaints, &[(path, text)], &[&told]);
        }
    }

    #[test]
    fn what_only_speaks_of_it_is_not() {
        for (path, text) in [
            ("src/app/page.rs", r#"view! { <p>"could not fetch the file"</p> }"#),
            ("src/app/page.rs", "// fetch(url)\nlet prefetched = 1;"),
            ("www/boot.js", "// the door's fetch() is elsewhere\nimport init from './app.js';"),
            ("tests/browser/leak.test.mjs", "await fetch(url)"),
            ("src/provider/transport/browser.rs", "use gloo_net::http::Request;"),
            ("src/provider/transport/native.rs", "use ureq::Agent;"),
        ] {
            check(complaints, &[(path, text)], &[]);
        }
    }

    #[test]
    fn every_exception_has_its_reason() {
        assert!(ALLOWED.iter().all(|(path, reason)| {
            ["src/", "www/", "pkg/examples/"].iter().any(|folder| path.starts_with(folder))
                && reason.len() > 20
        }));
    }
}
