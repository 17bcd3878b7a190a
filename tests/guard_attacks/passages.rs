//! Passages of which one word in five was changed: replaced, left out, or another put in.

use std::collections::HashMap;

use likeness::preference::{PreferencePair, Turn};
use likeness::privacy::{Common, Guard, Kept, Outgoing, Verdict};
use likeness::provider::{Api, PRESETS};

use super::URL;
use super::encodings::json;
use super::secrets::{ENGLISH, Store, now};

/// Words so short that four in a row have fewer than twelve letters.
const SHORT_WORDS: &str = "I had to go to the bus at six so that we can eat it all by the sea if the sun is out and my dog \
    is in a bad way but do not let him in or he may run off to the inn at the top of the old hill";
const DIALOGUE: &str = "We went to see her at the end of May and she said that she had not slept in a week because the \
    cat from next door kept on crying at the wall by her bed all night long until the sun came up \
    over the hill";
const TECHNICAL: &str = "First install the driver from the vendor page, then reboot the server and check the kernel log \
    for errors; if the module fails to load you should blacklist the default one and rebuild the \
    initial ramdisk before you try again";
const KOREAN: &str = "우리 할머니는 매일 새벽마다 낡은 라디오를 들으며 고양이 일곱 마리에게 생선을 나누어 주신다 그리고 저녁이 되면 창가에 앉아 먼 바다로 떠난 아들의 편지를 기다리며 오래된 \
    노래를 조용히 부르고 동네 아이들에게 따뜻한 고구마를 구워 주시면서 옛날이야기를 들려주신다 그러면 아이들은 눈을 반짝이며 귀를";

const BEFORE: &str = "Nobody remembers how the quarrel between both families began, although everyone has an opinion \
    about who should have apologised first, and the vicar has given up hope that they will ever \
    share a pew again before the new organ is paid for and the roof no longer leaks.";
const UNRELATED: &str = "Volcanoes erupt zinc quickly, jumping umbrellas paint xylophones. ";

/// Ways to change a word.
type Change = fn(&str) -> String;

const CHANGES: [(&str, Change); 4] = [
    ("replaced", |_| "something".to_owned()),
    ("replaced by a long one", |_| "bcdfgaeiou".repeat(6)),
    ("left out", |_| String::new()),
    ("one put in", |word| format!("{word} something")),
];

/// The first words of a text; all of them where they are fewer.
fn first_words(text: &str, count: usize) -> Vec<&str> {
    text.split_whitespace().take(count).collect()
}

/// Every fifth word changed, from one of the first five on.
fn every_fifth(words: &[&str], first: usize, change: Change) -> String {
    let each = words.iter().enumerate();
    let changed = each.map(|(at, word)| if at % 5 == first { change(word) } else { (*word).to_owned() });
    changed.collect::<Vec<_>>().join(" ")
}

/// Whether a history of one text lets a body pass.
fn passes(history: &str, body: &str) -> bool {
    passes_to(URL, history, body)
}

/// Whether it does on the way to this address.
fn passes_to(url: &str, history: &str, body: &str) -> bool {
    let pair = PreferencePair::new(vec![Turn::user("?")], history, "No.");
    let mut guard = Guard::new(Common::shipped([]));
    guard.add(&pair);
    let store = Store(HashMap::from([(pair.id, Kept { pair, went: None })]));
    let outgoing = Outgoing { url, headers: &[], body: body.as_bytes(), live: None };
    now(guard.check(&outgoing, &store)) == Verdict::Pass
}

#[test]
fn one_word_in_five_changed_is_refused() {
    let mut passed = Vec::new();
    for (name, text) in [
        ("prose", ENGLISH),
        ("short", SHORT_WORDS),
        ("dialogue", DIALOGUE),
        ("technical", TECHNICAL),
        ("Korean", KOREAN),
    ] {
        let passage = first_words(text, 40);
        assert_eq!(passage.len(), 40, "{name}");
        for before in [0, 3, 15, 20, 42] {
            let history = first_words(BEFORE, before).join(" ") + " " + text;
            for first in 0..5 {
                for (how, change) in CHANGES {
                    let changed = every_fifth(&passage, first, change);
                    for (place, body) in [
                        ("alone", json(&changed)),
                        (
                            "in a request",
                            format!(
                                "{{\"messages\":[{{\"role\":\"user\",\"content\":{}}}]}}",
                                json(&changed)
                            ),
                        ),
                        ("behind other words", json(&(UNRELATED.repeat(8) + &changed))),
                    ] {
                        if passes(&history, &body) {
                            passed.push(format!("{name}, {before} before it, {how} from {first}, {place}"));
                        }
                    }
                }
            }
        }
    }
    assert!(passed.is_empty(), "{} passed: {passed:#?}", passed.len());
}

#[test]
fn a_quotation_before_it_does_not_hide_a_passage() {
    let passage = first_words(ENGLISH, 40);
    let changed = every_fifth(&passage, 2, |_| "something".to_owned());
    let piece = |from: usize| passage[from..from + 4].join(" ") + ". ";
    for quotations in [vec![3], vec![3, 28], vec![8, 13, 18, 23, 28, 33]] {
        for times in [1, 20] {
            let mut body = String::new();
            for _ in 0..times {
                for from in &quotations {
                    body += &(UNRELATED.repeat(8) + &piece(*from));
                }
            }
            assert!(passes(ENGLISH, &body), "{quotations:?}: the quotations alone");
            assert!(
                !passes(ENGLISH, &(body + &UNRELATED.repeat(12) + &changed)),
                "{quotations:?}, {times} times"
            );
        }
    }
}

#[test]
fn a_run_in_one_script_does_not_hide_one_in_another() {
    let history = "我外婆在老屋后院种了七棵石榴树，每年 and then my uncle Ferdinand came";
    let body = "外婆在老屋后院种了七棵石榴明天 - - and then my uncle Fred";
    assert!(!passes(history, body));
}

#[test]
fn a_few_quotations_are_no_passage() {
    for text in [ENGLISH, SHORT_WORDS, DIALOGUE] {
        let words: Vec<&str> = text.split_whitespace().collect();
        let pieces: Vec<String> = words.chunks(4).step_by(4).map(|piece| piece.join(" ")).collect();
        assert!(passes(text, &json(&pieces.join(&format!(". {UNRELATED}")))));
    }
}

#[test]
fn what_is_said_again_and_again_is_no_passage_where_it_is_said_once() {
    let links: String = (0..30).map(|at| format!("[{at}](http://127.0.0.1:3999{}/page) ", at % 7)).collect();
    assert!(passes_to("http://127.0.0.1:45915/v1/chat/completions", &links, &json("Answer with one word.")));
    let dull = "Nobody reads a list like this. All work and no play. ".repeat(30);
    assert!(passes(&dull, &json("You write as if it were all work and no play")));
    assert!(!passes(&dull, &json(&dull)));
}

/// Those who ask about an API can still use it.
#[test]
fn the_address_of_an_api_is_nobodys() {
    let asked = json("Answer with the one word \"ready\".");
    for preset in PRESETS {
        let path = match preset.api {
            Api::Anthropic => "messages",
            Api::Gemini => "models/gemini-2.5-flash:generateContent",
            Api::OpenAi | Api::Page => "chat/completions",
        };
        let url = format!("{}/{path}", preset.endpoint);
        let history = format!("Why does `curl {url} -H \"Content-Type: application/json\"` say 404?");
        assert!(passes_to(&url, &history, &asked), "{url}");
    }
    // Nor is that of a server at home, for whoever is asked there.
    let home = "My server is at http://192.168.1.7:11434/v1; n8n calls http://192.168.1.7:11434/v1/chat/completions.";
    assert!(passes_to("http://192.168.1.7:11434/v1/chat/completions", home, &asked));
    assert!(!passes_to(URL, home, &json("Is http://192.168.1.7:11434/v1/chat/completions up?")));
    let local = "The backend is on http://127.0.0.1:8000, the page on http://127.0.0.1:3000, Ollama on http://127.0.0.1:11434/v1. \
                 If http://127.0.0.1:8000/health says so, all is well: see http://127.0.0.1:8000/docs and http://127.0.0.1:8000/admin.";
    assert!(passes_to("http://127.0.0.1:11434/v1/chat/completions", local, &asked));
    let long = "https://where-my-aunt-keeps-the-key-to-her-garden-shed.example";
    assert!(!passes_to(&format!("{long}/v1/chat/completions"), long, &asked));
    let url = "https://intranet.example/ferdinands-own-path/v1/chat/completions";
    assert!(!passes_to(url, &format!("It is at {url} now."), &asked));
}

/// Those who programme with a chat's API have its requests in their history, and can still use it.
#[test]
fn the_form_of_a_request_is_nobodys() {
    let history = [
        r#"client.chat.completions.create(model="m", messages=[{"role": "user", "content": "What do we do?"}, {"role": "assistant", "content": "An easy one."}, {"role": "user", "content": "And now?"}])"#,
        "messages = [{'role': 'user', 'content': 'Why?'}, {'role': 'assistant', 'content': 'A long story.'}, {'role': 'user', 'content': 'Tell it'}]",
        r#"{"contents": [{"role": "user", "parts": [{"text": "Why?"}]}, {"role": "model", "parts": [{"text": "A long story."}]}]}"#,
        r#"{"contents":[{"parts":[{"text":"Why?"}],"role":"user"},{"parts":[{"text":"A long story."}],"role":"model"}]}"#,
        r#"{"content":"And why?","role":"user"},{"content":"An easy one, that","role":"assistant"},{"content":"And so","role":"user"}"#,
    ]
    .join("\n\n");
    let turns = ["Who are we?", "An owl and a cat.", "And where do we go?", "A long way away.", "Why?"];
    let role = |at: usize, answers| if at.is_multiple_of(2) { "user" } else { answers };
    let with = |turns: &[&str]| {
        let of = |each: &dyn Fn(usize, &str) -> serde_json::Value| {
            turns.iter().enumerate().map(|(at, turn)| each(at, turn)).collect::<Vec<_>>()
        };
        let chat = of(&|at, turn| serde_json::json!({ "role": role(at, "assistant"), "content": turn }));
        let gemini =
            of(&|at, turn| serde_json::json!({ "role": role(at, "model"), "parts": [{ "text": turn }] }));
        [
            serde_json::json!({ "model": "m", "messages": chat, "max_completion_tokens": 512, "stream": true }).to_string(),
            serde_json::json!({ "model": "m", "system": "Be brief.", "messages": chat, "max_tokens": 512 }).to_string(),
            serde_json::json!({ "contents": gemini, "generationConfig": { "maxOutputTokens": 512 } }).to_string(),
        ]
    };
    for body in with(&turns) {
        assert!(passes(&history, &body), "{body}");
    }
    // What a turn says is as much the history's as ever.
    let secret = "The key to the shed is below the third pot from the left.";
    for body in with(&["Who are we?", secret, "And where do we go?"]) {
        assert!(!passes(&format!("{history}\n\n{secret}"), &body), "{body}");
    }
}

#[test]
fn many_near_passages_take_bounded_time() {
    let history = ENGLISH.repeat(40);
    let piece: String = first_words(ENGLISH, 6).join(" ") + " xylophones. ";
    let began = std::time::Instant::now();
    passes(&history, &piece.repeat(4000));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
