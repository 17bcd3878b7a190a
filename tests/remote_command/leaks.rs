//! What must not leave, planted everywhere, and looked for in every request in every form that it could take.

use crate::ran::{Folder, history, model, run};
use crate::server::{Request, Server};

/// Texts that single someone out, one of each kind for each pair.
fn canaries(pair: usize) -> [String; 9] {
    [
        format!("Ottilie Brandvold-Nakagawa the {}th", 60 + pair),
        format!("quixotry{pair}zzyzx"),
        format!("fn ferret_{pair}_count(barn: &Barn) -> usize {{ barn.len() ^ 0x5f3a{pair} }}"),
        format!("外婆在老屋后院种了石榴树{pair}号"),
        format!("🦔🍞🌊🎣{pair}🏮⛵🦑"),
        format!("Zan\u{200b}zi\u{200b}bar\u{2060}{pair}\u{feff}key"),
        format!("+47 481 16 {:03} / 1987-03-{:02}", 231 + pair, 1 + pair % 28),
        format!("ottilie.{pair}@hedgehog.example"),
        format!("12 Løvenskiold gate, {}0{pair} Fjære", 42 + pair),
    ]
}

fn planted(pair: usize) -> String {
    canaries(pair).join(" and ")
}

const PAIRS: usize = 24;

/// The forms in which a text could be hidden, all lower case where the form has cases.
fn forms(canary: &str) -> Vec<String> {
    let visible: String =
        canary.chars().filter(|c| !matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')).collect();
    let mut forms = Vec::new();
    for text in [canary.to_owned(), visible] {
        let escaped: String = text
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = text
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02x}"),
            })
            .collect();
        let plus = percent.replace("%20", "+");
        let entities: String = text.chars().map(|c| format!("&#{};", u32::from(c))).collect();
        let quoted = serde_json::to_string(&text).unwrap().trim_matches('"').to_owned();
        let twice = serde_json::to_string(&quoted).unwrap().trim_matches('"').to_owned();
        forms.extend([
            text.chars().rev().collect(),
            escaped,
            hex,
            percent,
            plus,
            entities,
            quoted,
            twice,
            text,
        ]);
    }
    forms.iter().map(|form| form.to_lowercase()).collect()
}

/// The base64 of a text at each place that it can have in a longer one, without the letters that depend on what
/// stands around it.
fn base64(text: &[u8]) -> Vec<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3)
        .map(|before: usize| {
            let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(text.iter().copied()).collect();
            let letters = bytes.as_chunks().0.iter().flat_map(|&[a, b, c]| {
                let bits = u32::from_be_bytes([0, a, b, c]);
                [18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift & 63) as usize]))
            });
            letters.skip(if before == 0 { 0 } else { 4 }).collect()
        })
        .collect()
}

/// Whether a request, or any text, holds a canary in any form.
fn holds(hay: &str, canary: &str) -> bool {
    let lower = hay.to_lowercase();
    let other = |form: &String| hay.contains(form) || hay.contains(&form.replace('+', "-").replace('/', "_"));
    forms(canary).iter().any(|form| lower.contains(form)) || base64(canary.as_bytes()).iter().any(other)
}

fn text(request: &Request) -> String {
    format!("{}\n{}", request.head, String::from_utf8_lossy(&request.body))
}

#[test]
fn the_search_finds_what_is_there() {
    let canary = &canaries(3)[0];
    let hex: String = canary.bytes().map(|byte| format!("{byte:02X}")).collect();
    let backwards: String = canary.chars().rev().collect();
    for hidden in [canary.clone(), hex, backwards, canary.to_uppercase(), canary.replace(' ', "%20")] {
        assert!(holds(&format!("a {hidden} b"), canary), "{hidden}");
    }
    assert!(holds("x T3R0aWxpZSBCcmFuZHZvbGQtTmFrYWdhd2EgdGhlIDYzdGg= y", canary));
    assert!(holds("x IE90dGlsaWUgQnJhbmR2b2xkLU5ha2FnYXdhIHRoZSA2M3Ro y", canary));
    assert!(!holds("The first answer is shorter.", canary));
}

#[test]
fn nothing_of_the_history_is_in_any_request() {
    let folder = Folder::new("leaks");
    let old = folder.file("h.jsonl", &history(PAIRS, planted));
    let new = folder.file("new.jsonl", &history(2 * PAIRS, |i| planted(PAIRS + i)));
    let pair = serde_json::json!({
        "context": [{ "role": "user", "content": planted(100) }],
        "first": planted(101), "second": format!("{0} {0} {0}", planted(102)),
    });
    let likeness = folder.path("l.json");
    for api in ["openai", "anthropic", "gemini"] {
        let server = Server::answering();
        let url = server.url();
        let remote = model(&url, api);
        let works = |task: &[&str], input: &str| {
            let ran = run(&[task, &remote].concat(), input);
            assert_eq!(ran.code, 0, "{}", ran.err);
        };
        works(&["induce", "--history", &old, "--full", "--candidates", "3", "-o", &likeness], "");
        works(&["judge", "--pair", "-", "--likeness", &likeness], &pair.to_string());
        works(&["evaluate", "--history", &new, "--likeness", &likeness], "");
        let sent: String = server.received().iter().map(text).collect::<Vec<_>>().join("\n");
        assert!(server.received().len() > 20, "{api}: {}", server.received().len());
        for canary in (0..3 * PAIRS).chain(100..103).flat_map(canaries) {
            assert!(!holds(&sent, &canary), "{api}: {canary}");
        }
    }
}

/// Whoever wrote our own words into their history gets a guard that takes them for theirs: nothing leaves.
#[test]
fn the_guard_of_the_whole_history_stands_in_the_door() {
    let (server, folder) = (Server::answering(), Folder::new("guard"));
    let old = folder.file("h.jsonl", &history(8, |i| format!("{i}: They prefer answers that are shorter, compared with \
        the second, the first answer is shorter, compared with the second, the first answer is longer, compared with \
        the second")));
    let (likeness, ledger, url) = (folder.path("l.json"), folder.path("ledger.jsonl"), server.url());
    let task = ["induce", "--history", &old, "-o", &likeness, "--ledger", &ledger];
    let ran = run(&[&task[..], &model(&url, "openai")].concat(), "");
    ran.failed(1, "with your history");
    assert!(server.received().is_empty() && ran.err.contains("what left: 0 requests"), "{}", ran.err);
    let line: serde_json::Value = serde_json::from_str(folder.read("ledger.jsonl").trim_end()).unwrap();
    assert_eq!(line["sent"], false);
    assert!(line["verdict"].as_str().unwrap().starts_with("refuse: "), "{line}");
}
