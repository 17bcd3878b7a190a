//! An encoded text is cut into fields wherever it happens, amid an escape too.

use crate::encodings::*;
use crate::secrets::*;

/// Pieces of so many characters.
fn pieces(text: &str, length: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(length).map(|piece| piece.iter().collect()).collect()
}

/// The ways to write a body of pieces.
fn bodies(pieces: &[String]) -> [(&'static str, String); 3] {
    let messages = pieces.iter().map(|piece| serde_json::json!({ "role": "user", "content": piece }));
    let delta = |piece: &String| serde_json::json!({ "choices": [{ "delta": { "content": piece } }] });
    let events = pieces.iter().map(|piece| format!("data: {}\n\n", delta(piece)));
    [
        ("strings", serde_json::json!(pieces).to_string()),
        ("messages", serde_json::json!({ "messages": messages.collect::<Vec<_>>() }).to_string()),
        ("events", events.collect()),
    ]
}

#[test]
fn a_cut_amid_an_escape_does_not_hide() {
    let ways: [Disguise; 9] = [
        ("JSON in ASCII", json_in_ascii),
        ("JSON's escapes", unicode_escapes),
        ("percent where needed", percent_needed),
        ("percent", percent_all),
        ("entities", entities),
        ("entities in hex", entities_hex),
        ("bytes as a program writes them", byte_escapes),
        ("octal", octal_escapes),
        ("braces", brace_escapes),
    ];
    for (name, way) in ways {
        for text in [ENGLISH, GERMAN, CHINESE, RUSSIAN] {
            let text: String = text.chars().take(90).collect();
            for length in [1, 2, 5, 7, 20, 51] {
                for (shape, body) in bodies(&pieces(&way(&text), length)) {
                    hides_not(&format!("{name} in {shape} of {length}"), &text, body);
                }
            }
        }
    }
}

#[test]
fn letters_that_have_no_tag_do_not_hide_those_that_have() {
    let tag = |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xE0000).unwrap() } else { c };
    let every_other = |(at, c): (usize, char)| if at % 2 == 0 { tag(c) } else { c };
    for text in [GERMAN, "l'été dernier ma mère a rêvé d'une île près de Génève"] {
        let tagged: String = text.chars().map(tag).collect();
        hides_not("tags", text, &tagged);
        hides_not("tags in base64", text, base64(&tagged));
        hides_not("every other a tag", text, text.chars().enumerate().map(every_other).collect::<String>());
    }
}

#[test]
fn how_programs_begin_and_end_is_nobodys() {
    for code in [
        "def main():\n    print(1)\n\n\nif __name__ == \"__main__\":\n    main()",
        "#include <stdio.h>\n#include <stdlib.h>\n\nint main(int argc, char *argv[]) {\n",
        "import React, { useState, useEffect } from 'react';\n",
    ] {
        is_nobodys(
            code,
            &serde_json::json!({ "content": format!("{code}\nWhat is wrong here?") }).to_string(),
        );
    }
}
