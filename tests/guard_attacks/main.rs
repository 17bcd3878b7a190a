//! Attacks on the guard: a text of the history, disguised in every way that an attacker without our code would try.
//!
//! Nothing here uses the guard's own folding or decoding; disguises are made from scratch. Each attack must be
//! refused, each control must pass.
#![allow(clippy::unwrap_used)] // why: a test that can't make its input has to fail.

mod encodings;
mod found;
mod passages;
mod seams;
mod secrets;

use likeness::preference::{PreferencePair, Turn};
use likeness::privacy::{Field, Kept, LiveConversation, Outgoing, Unreadable, Verdict};

use encodings::*;
use secrets::*;

#[test]
fn a_stretch_at_the_bar_is_refused_as_it_is() {
    for stretch in stretches() {
        refused("plain", format!("Please go on with this: {stretch} and so forth"));
    }
}

#[test]
fn every_encoding_is_undone() {
    for (name, disguise) in ENCODINGS {
        for stretch in stretches() {
            refused(name, format!("{{\"q\": \"x{}\"}}", disguise(&format!(" {stretch} "))));
        }
    }
}

#[test]
fn every_encoding_is_undone_twice_in_any_combination() {
    for (outer_name, outer) in ENCODINGS {
        for (inner_name, inner) in ENCODINGS {
            for stretch in [words(ENGLISH, 4, 8), CHINESE.chars().skip(2).take(12).collect()] {
                refused(&format!("{outer_name} of {inner_name}"), outer(&inner(&format!("{stretch} "))));
            }
        }
    }
}

#[test]
fn looks_do_not_hide() {
    let stretch = words(ENGLISH, 5, 9);
    let each = |change: fn(char) -> String| stretch.chars().map(change).collect::<String>();
    let fullwidth =
        |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c };
    let styled = |c: char, capital: u32, small: u32| match c {
        'a'..='z' => char::from_u32(small + (c as u32 - 97)).unwrap(),
        'A'..='Z' => char::from_u32(capital + (c as u32 - 65)).unwrap(),
        _ => c,
    };
    let looks = [
        ('a', 'а'),
        ('e', 'е'),
        ('o', 'о'),
        ('c', 'с'),
        ('p', 'р'),
        ('x', 'х'),
        ('y', 'у'),
        ('i', 'і'),
        ('s', 'ѕ'),
        ('j', 'ј'),
    ];
    let greek = [
        ('o', 'ο'),
        ('v', 'ν'),
        ('O', 'Ο'),
        ('A', 'Α'),
        ('B', 'Β'),
        ('H', 'Η'),
        ('N', 'Ν'),
        ('E', 'Ε'),
        ('T', 'Τ'),
    ];
    let swap = |text: &str, table: &[(char, char)]| {
        text.chars()
            .map(|c| table.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to))
            .collect::<String>()
    };
    for (name, text) in [
        ("upper case", stretch.to_uppercase()),
        (
            "mixed case",
            stretch
                .chars()
                .enumerate()
                .map(|(i, c)| if i % 2 == 0 { c.to_ascii_uppercase() } else { c })
                .collect(),
        ),
        ("zero width space", each(|c| format!("{c}\u{200b}"))),
        ("zero width joiner", each(|c| format!("{c}\u{200d}"))),
        ("soft hyphen", each(|c| format!("{c}\u{ad}"))),
        ("word joiner", each(|c| format!("{c}\u{2060}"))),
        ("variation selector", each(|c| format!("{c}\u{fe0f}"))),
        ("direction marks", each(|c| format!("\u{202a}{c}\u{202c}"))),
        ("zalgo", each(|c| format!("{c}\u{301}\u{323}\u{35c}"))),
        ("letter spacing", each(|c| format!("{c} "))),
        ("letters on lines", each(|c| format!("{c}\n"))),
        ("dots", each(|c| format!("{c}."))),
        ("markdown inside", each(|c| format!("**{c}**"))),
        ("underscores", stretch.replace(' ', "_")),
        ("hyphens", stretch.replace(' ', "-")),
        ("no spaces", stretch.replace(' ', "")),
        ("camel", stretch.split(' ').map(|w| w[..1].to_uppercase() + &w[1..]).collect()),
        ("line breaks", stretch.replace(' ', "\r\n\t")),
        ("no-break spaces", stretch.replace(' ', "\u{a0}")),
        ("ideographic spaces", stretch.replace(' ', "\u{3000}")),
        ("quotes", stretch.replace(' ', "\" \"")),
        ("tags", stretch.replace(' ', "</b> <b class='x'>")),
        ("tags in words", each(|c| format!("<i>{c}</i>"))),
        ("comments", stretch.replace(' ', "<!-- and then -->")),
        ("links", stretch.split(' ').map(|w| format!("[{w}](https://e.example/{})", w.len())).collect()),
        ("list", stretch.split(' ').map(|w| format!("* {w}\n")).collect()),
        ("table", stretch.split(' ').map(|w| format!("| {w} ")).collect()),
        ("fullwidth", stretch.chars().map(fullwidth).collect()),
        ("bold", stretch.chars().map(|c| styled(c, 0x1D400, 0x1D41A)).collect()),
        ("script", stretch.chars().map(|c| styled(c, 0x1D4D0, 0x1D4EA)).collect()),
        ("monospace", stretch.chars().map(|c| styled(c, 0x1D670, 0x1D68A)).collect()),
        ("circled", stretch.chars().map(|c| styled(c, 0x24B6, 0x24D0)).collect()),
        ("Cyrillic", swap(&stretch, &looks)),
        ("Greek", swap(&stretch, &greek)),
        ("Greek capitals", swap(&stretch.to_uppercase(), &greek)),
        ("leet", swap(&stretch, &[('e', '3'), ('a', '4'), ('o', '0'), ('i', '1'), ('s', '5'), ('t', '7')])),
        ("capital i for l", stretch.replace('l', "I")),
        ("accents", swap(&stretch, &[('e', 'é'), ('a', 'å'), ('o', 'ö'), ('u', 'ü'), ('n', 'ñ')])),
        ("invisible tags", stretch.chars().map(|c| char::from_u32(0xE0000 + c as u32).unwrap()).collect()),
    ] {
        refused(name, json(&format!("Please read: {text} Thanks")));
        refused(name, text);
    }
    for text in [GERMAN, RUSSIAN, GREEK] {
        refused("upper case", text.to_uppercase());
        refused("lower case", text.to_lowercase());
    }
}

#[test]
fn order_does_not_hide() {
    for stretch in stretches().into_iter().filter(|stretch| stretch.contains(' ')) {
        refused("characters", json(&reversed(&stretch)));
        let backwards: Vec<&str> = stretch.split(' ').rev().collect();
        refused("words", json(&backwards.join(" ")));
        refused("each word", json(&stretch.split(' ').map(reversed).collect::<Vec<_>>().join(" ")));
        refused("reversed base64", reversed(&base64(&stretch)));
    }
}

#[test]
fn fields_do_not_hide() {
    let stretch = words(ENGLISH, 3, 10);
    let parts: Vec<&str> = stretch.split(' ').collect();
    let list = |items: Vec<String>| format!("[{}]", items.join(","));
    for (name, body) in [
        ("array of words", list(parts.iter().map(|w| json(w)).collect())),
        ("array of characters", list(stretch.chars().map(|c| json(&c.to_string())).collect())),
        (
            "values",
            format!(
                "{{{}}}",
                parts
                    .iter()
                    .enumerate()
                    .map(|(i, w)| format!("\"field_{i}\": {}", json(w)))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
        ),
        (
            "keys",
            format!("{{{}}}", parts.iter().map(|w| format!("{}: 1", json(w))).collect::<Vec<_>>().join(",")),
        ),
        (
            "keys and values",
            format!(
                "{{{}}}",
                parts
                    .chunks(2)
                    .map(|two| format!("{}: {}", json(two[0]), json(two[1])))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
        ),
        (
            "objects",
            list(
                parts.iter().map(|w| format!("{{\"text\": {}, \"kind\": \"verbatim\"}}", json(w))).collect(),
            ),
        ),
        (
            "nested",
            parts
                .iter()
                .rev()
                .fold("null".into(), |inner, w| format!("{{\"word\": {}, \"next\": {inner}}}", json(w))),
        ),
        ("query", parts.iter().enumerate().map(|(i, w)| format!("p{i}={w}&")).collect()),
        ("query names", parts.iter().map(|w| format!("{w}=1&")).collect()),
        ("json in json", json(&json(&list(parts.iter().map(|w| json(w)).collect())))),
        (
            "base64 over fields",
            list(base64(&stretch).as_bytes().chunks(5).map(|c| json(&String::from_utf8_lossy(c))).collect()),
        ),
        (
            "hex over fields",
            list(hex(&stretch).as_bytes().chunks(4).map(|c| json(&String::from_utf8_lossy(c))).collect()),
        ),
        ("xml", parts.iter().map(|w| format!("<w n=\"1\">{w}</w>")).collect()),
        ("csv", parts.join(",")),
        ("yaml", parts.iter().map(|w| format!("- {w}\n")).collect()),
    ] {
        refused(name, body);
    }
}

#[test]
fn urls_and_headers_are_read() {
    let stretch = words(ENGLISH, 3, 9);
    let parts: Vec<&str> = stretch.split(' ').collect();
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for (url, headers, body) in [
        (format!("https://a.example/{}", parts.join("/")), vec![], ""),
        (format!("https://a.example/?q={}", percent_needed(&stretch)), vec![], ""),
        (format!("https://a.example/?q={}", base64url(&stretch)), vec![], ""),
        (format!("https://a.example/#{}", plus_form(&stretch)), vec![], ""),
        (format!("https://{}.a.example/", parts.join("-")), vec![], ""),
        (URL.to_owned(), header("x-title", &stretch), "{}"),
        (URL.to_owned(), header("x-title", &base64(&stretch)), "{}"),
        (URL.to_owned(), header(&parts.join("-"), "1"), "{}"),
        (
            URL.to_owned(),
            parts.iter().enumerate().map(|(i, w)| (format!("x-{i}"), (*w).to_owned())).collect(),
            "{}",
        ),
    ] {
        let verdict = verdict_of(&url, &headers, body.as_bytes());
        assert!(matches!(verdict, Verdict::Refuse(_)), "{url} {headers:?}");
    }
}

#[test]
fn wider_bytes_are_read() {
    for stretch in stretches() {
        let text = format!("Please read: {stretch} Thanks");
        let units: Vec<u16> = text.encode_utf16().collect();
        refused("UTF-16LE", units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>());
        refused("UTF-16BE", units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>());
        refused("UTF-32", text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<u8>>());
    }
    let wide: Vec<u8> = words(ENGLISH, 3, 8).encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused("base64 of UTF-16", base64_with(&wide, STANDARD, true));
}

#[test]
fn what_is_below_the_bar_or_nobodys_passes() {
    passes("nothing", "");
    passes("empty object", "{}");
    passes("a few words", json(&words(ENGLISH, 4, 4)));
    passes("thirty characters", json(&ENGLISH.chars().skip(12).take(28).collect::<String>()));
    passes(
        "another text",
        json(
            "The committee meets on Monday to discuss the new timetable for the school buses in the valley.",
        ),
    );
    passes("another Chinese text", json("明天上午十点开会，请大家准时参加，并带上上个月的销售报告。"));
    passes(
        "the same words in another order",
        json(
            "the ocean, a bakery, my father's boats, small lanterns, the harbour, a great storm, three hedgehogs",
        ),
    );
    passes("numbers", "[0.1234, -0.5512, 3.14159, 2.71828, 1.41421, 0.57721]");
    passes("a key", format!("{{\"id\": \"{}\"}}", "c3RyYW5nZXIgdGhpbmdzIGhhdmUgaGFwcGVuZWQ"));
    passes(
        "a template",
        json(
            "You predict which of two answers one particular person prefers. Reply with one word, First or Second.",
        ),
    );
    passes("long", json(&"All work and no play makes Jack a dull boy. ".repeat(2000)));
}

#[test]
fn what_cannot_be_read_does_not_leave() {
    let mut deep = words(ENGLISH, 3, 9);
    for _ in 0..12 {
        deep = percent_all(&deep).chars().take(1 << 20).collect();
    }
    assert!(matches!(verdict_of(URL, &[], deep.as_bytes()), Verdict::Unreadable(_)));
    let noise: Vec<u8> = (0..50_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(verdict_of(URL, &[], &noise), Verdict::Unreadable(Unreadable::NotText));
}

#[test]
fn a_hostile_body_takes_linear_time() {
    for body in [
        "[".repeat(1 << 20),
        "\\".repeat(1 << 20),
        "%25".repeat(1 << 18),
        "&#".repeat(1 << 19),
        "<".repeat(1 << 20),
        "\"a\":".repeat(1 << 18),
        "](".repeat(1 << 19),
        "=".repeat(1 << 20),
    ] {
        let began = std::time::Instant::now();
        verdict_of(URL, &[], body.as_bytes());
        assert!(began.elapsed().as_secs() < 20, "{}", &body[..8]);
    }
}

#[test]
fn a_refusal_says_where() {
    let stretch = words(ENGLISH, 3, 9);
    let Verdict::Refuse(overlaps) = verdict_of(URL, &[], base64(&stretch).as_bytes()) else {
        unreachable!("refused")
    };
    assert_eq!(overlaps.len(), 1);
    assert_eq!(overlaps[0].field, Field::Chosen);
    assert_eq!(&ENGLISH[overlaps[0].text_start..overlaps[0].text_end], stretch.trim_end_matches(','));
}

#[test]
fn a_live_chat_goes_back_to_where_it_went_and_nowhere_else() {
    let went = LiveConversation { id: "c1".into(), origin: "https://api.example".into() };
    let (mut guard, mut store) = history();
    let said = "Could you help me to write a farewell letter for our neighbour Mister Quillfeather?";
    let mut pair = PreferencePair::new(
        vec![Turn::user(said)],
        "Dear Mister Quillfeather, we shall miss your trombone on Sundays.",
        "No.",
    );
    pair.note = Some("He once lent my late husband forty pounds for the greyhound races.".into());
    guard.add(&pair);
    store.0.insert(pair.id, Kept { pair: pair.clone(), went: Some(went.clone()) });
    let check = |url: &str, text: &str, live: Option<&LiveConversation>| {
        let body = format!("{{\"messages\": [{{\"role\": \"user\", \"content\": {}}}]}}", json(text));
        now(guard.check(&Outgoing { url, headers: &[], body: body.as_bytes(), live }, &store))
            == Verdict::Pass
    };
    let turns = format!("{said}\n{}", pair.chosen);
    assert!(check("https://api.example/v1/chat", &turns, Some(&went)));
    assert!(check("https://API.example:443/v1/chat", &turns, Some(&went)));
    assert!(!check("https://api.example/v1/chat", &turns, None));
    assert!(!check("https://other.example/v1/chat", &turns, Some(&went)));
    assert!(!check("http://api.example/v1/chat", &turns, Some(&went)));
    assert!(!check("https://api.example@other.example/", &turns, Some(&went)));
    let elsewhere = LiveConversation { origin: "https://other.example".into(), ..went.clone() };
    assert!(!check("https://other.example/", &turns, Some(&elsewhere)), "it never went there");
    let another = LiveConversation { id: "c2".into(), ..went.clone() };
    assert!(!check("https://api.example/", &turns, Some(&another)));
    assert!(!check("https://api.example/", &format!("{turns} {}", words(ENGLISH, 3, 9)), Some(&went)));
    assert!(
        !check("https://api.example/", pair.note.as_deref().unwrap(), Some(&went)),
        "a note was never sent"
    );
}

#[test]
fn what_was_forgotten_may_go_and_what_was_edited_may_not() {
    let (mut guard, mut store) = history();
    let old = store.0.values().find(|kept| kept.pair.chosen == ENGLISH).unwrap().pair.clone();
    let new = PreferencePair::new(
        old.context.clone(),
        "A wholly different account of the lighthouse keeper and his nine daughters.",
        "No.",
    );
    guard.edit(&old, &new);
    store.0.remove(&old.id);
    store.0.insert(new.id, Kept { pair: new.clone(), went: None });
    let check = |text: &str| {
        now(guard.check(&Outgoing { url: URL, headers: &[], body: text.as_bytes(), live: None }, &store))
    };
    assert_eq!(check(ENGLISH), Verdict::Pass);
    assert!(matches!(check(&new.chosen), Verdict::Refuse(_)));
    assert!(matches!(check(CHINESE), Verdict::Refuse(_)));
}

#[test]
fn a_release_is_read_by_the_guard() {
    let (guard, store) = history();
    assert!(now(guard.release("You like short answers.".to_owned(), &store)).is_ok());
    let quotes = format!("You like answers such as: {}", words(ENGLISH, 3, 9));
    assert!(matches!(now(guard.release(quotes, &store)), Err(Verdict::Refuse(_))));
}
