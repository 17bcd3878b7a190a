//! Attacks that once passed: each was found by someone who had read the guard's code. Each text is a history of its own.

use crate::encodings::*;
use crate::secrets::*;

const EIGHT: &str = "three elderly hedgehogs behind the bakery and every";

fn words() -> Vec<&'static str> {
    EIGHT.split(' ').collect()
}

/// Each word with its number in `pattern`, where `W` stands for the word and `N` for the number.
fn numbered(pattern: &str, between: &str) -> String {
    let each = |(number, word): (usize, &&str)| pattern.replace('N', &number.to_string()).replace('W', word);
    words().iter().enumerate().map(each).collect::<Vec<_>>().join(between)
}

fn swapped(text: &str, from: &str, to: &str) -> String {
    let change =
        |c| from.chars().zip(to.chars()).find(|(plain, _)| *plain == c).map_or(c, |(_, looks)| looks);
    text.chars().map(change).collect()
}

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c as u32).unwrap()).collect()
}

fn little_endian(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn upper_case_that_is_more_than_one_letter_does_not_hide() {
    for text in [
        "Am Fuß der großen Straße saß Strauß und aß süße Klöße",
        "Οι παλιοί φίλοι μας ήρθαν χτες με τις αδερφές τους",
    ] {
        hides_not("upper case", text, text.to_uppercase());
        hides_not("lower case", &text.to_uppercase(), text);
    }
    let street = "Am Fuß der großen Straße saß Strauß und aß süße Klöße";
    hides_not("capital eszett", street, street.to_uppercase().replace("SS", "ẞ"));
    hides_not(
        "lunate sigma",
        "secrets of the mice and cats across the road",
        "seϲrets of the miϲe and ϲats aϲross the road",
    );
}

#[test]
fn named_entities_do_not_hide() {
    let text = "She said — quite calmly — “leave the garden” … and nobody – not even Tom – knew why";
    let named = [("—", "&mdash;"), ("“", "&ldquo;"), ("”", "&rdquo;"), ("…", "&hellip;"), ("–", "&ndash;")];
    hides_not(
        "signs",
        text,
        named.iter().fold(text.to_owned(), |text, (sign, name)| text.replace(sign, name)),
    );
    hides_not("no-break", EIGHT, EIGHT.replace(' ', "&nbsp"));
    hides_not("zero width", EIGHT, EIGHT.replace(' ', " &ZeroWidthSpace;"));
    hides_not("surrogates", EIGHT, EIGHT.replace(' ', "&#xD800; "));
    hides_not("beyond Unicode", EIGHT, EIGHT.replace(' ', "&#9999999999; "));
    hides_not("unheard of", EIGHT, EIGHT.replace(' ', " &NotNestedLessLess; "));
    hides_not("many zeros", EIGHT, EIGHT.chars().map(|c| format!("&#{:020};", c as u32)).collect::<String>());
    let each = |text: &str, ending: &str| {
        text.chars().map(|c| if c == ' ' { c.into() } else { format!("&{c}{ending};") }).collect::<String>()
    };
    for ending in ["fr", "scr", "opf"] {
        hides_not(ending, EIGHT, each(EIGHT, ending));
    }
    let greek = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
        "mu", "nu", "xi", "omicron", "pi", "rho", "sigmaf", "sigma", "tau", "upsilon", "phi", "chi", "psi",
        "omega",
    ];
    let name = |c: char| match c as u32 {
        code @ 0x3B1..=0x3C9 => format!("&{};", greek[code as usize - 0x3B1]),
        _ => c.to_string(),
    };
    let text = "οι παλιοι φιλοι μας ηρθαν χτες με τις κορες";
    hides_not("Greek", text, text.chars().map(name).collect::<String>());
    let cyrillic = |c: char| match c {
        'о' => "&ocy;".into(),
        'х' => "&khcy;".into(),
        'щ' => "&shchcy;".into(),
        c => c.to_string(),
    };
    let text = "щука холодной осенью хорошо прощает холодных рыбаков";
    hides_not("Cyrillic", text, text.chars().map(cyrillic).collect::<String>());
}

#[test]
fn halves_and_mixtures_of_escapes_do_not_hide() {
    hides_not("lone surrogates", EIGHT, format!("{{\"a\":\"{}\"}}", EIGHT.replace(' ', "\\ud800 ")));
    hides_not("lone low surrogates", EIGHT, EIGHT.replace(' ', "\\udfff "));
    let escaped = unicode_escapes(EIGHT);
    let mixed = escaped
        .chars()
        .enumerate()
        .map(|(at, c)| if at % 2 == 1 { format!("&#{};", c as u32) } else { c.to_string() });
    hides_not("half of JSON's escapes as entities", EIGHT, mixed.collect::<String>());
    hides_not("JSON's escapes as percent signs", EIGHT, unicode_escapes(EIGHT).replace('u', "%75"));
    hides_not("%u", CHINESE, javascript_escapes(CHINESE));
    hides_not("%u of pairs", EMOJI, javascript_escapes(EMOJI));
    let bytes = |text: &str, sign: &str| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric();
        latin(text)
            .iter()
            .map(|byte| if plain(byte) { char::from(*byte).into() } else { format!("{sign}{byte:02X}") })
            .collect::<String>()
    };
    hides_not("percent of Latin-1", GERMAN, bytes(GERMAN, "%"));
    hides_not("quoted-printable of Latin-1", GERMAN, bytes(GERMAN, "="));
}

#[test]
fn backwards_escapes_do_not_hide() {
    let text = "der müde Bäcker mit seinem grünen Fahrrad und";
    hides_not("JSON", text, reversed(&json(&json_in_ascii(text)).replace("\\\\", "\\")));
    let listed = "three, elderly, hedgehogs, behind, the bakery,";
    hides_not("percent", listed, reversed(&listed.replace(' ', "+").replace(',', "%2C")));
    let needed =
        |c: char| if c.is_ascii() { c.into() } else { quoted_printable(&c.to_string()).replace("=\r\n", "") };
    hides_not("quoted-printable", text, reversed(&text.chars().map(needed).collect::<String>()));
}

#[test]
fn digits_in_pieces_do_not_hide() {
    let list = |items: Vec<String>| format!("[{}]", items.join(","));
    hides_not("base64 a word", EIGHT, list(words().iter().map(|word| json(&base64(word))).collect()));
    hides_not(
        "base64url a word",
        EIGHT,
        words().iter().map(|word| base64url(word) + " ").collect::<String>(),
    );
    hides_not("base64 a word, backwards", EIGHT, reversed(&base64_of_words(EIGHT)));
    hides_not("base32 a word", EIGHT, list(words().iter().map(|word| json(&base32(word))).collect()));
    hides_not("hex a word", EIGHT, list(words().iter().map(|word| json(&hex(word))).collect()));
    let pieces = |sign: &str| {
        let digits = base64url(EIGHT);
        let pieces = digits.as_bytes().chunks(8).map(|piece| String::from_utf8_lossy(piece).into_owned());
        pieces.collect::<Vec<_>>().join(sign)
    };
    for sign in ["-", "_", "/", "+"] {
        hides_not(sign, EIGHT, pieces(sign));
    }
    hides_not("a path", EIGHT, format!("https://a.example/{}", pieces("/")));
    hides_not("0X", EIGHT, EIGHT.bytes().map(|byte| format!("0X{byte:02X} ")).collect::<String>());
}

#[test]
fn other_bytes_within_digits_do_not_hide() {
    hides_not("form feeds", EIGHT, base64(&EIGHT.replace(' ', "\x0c")));
    hides_not("vertical tabs", EIGHT, hex(&EIGHT.replace(' ', "\x0b")));
    hides_not("base64 of Latin-1", GERMAN, base64_with(&latin(GERMAN), STANDARD, true));
    hides_not("hex of Latin-1", GERMAN, hex_of(&latin(GERMAN)));
    for text in [CHINESE, JAPANESE, THAI, GERMAN, RUSSIAN, GREEK, ARABIC, KOREAN, HINDI, ENGLISH] {
        let little = little_endian(text);
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wider: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        for (name, bytes) in [("UTF-16LE", &little), ("UTF-16BE", &big), ("UTF-32", &wider)] {
            hides_not(name, text, bytes);
            hides_not(&format!("base64 of {name}"), text, base64_with(bytes, STANDARD, true));
            hides_not(&format!("hex of {name}"), text, hex_of(bytes));
        }
    }
}

#[test]
fn fields_that_stand_between_do_not_hide() {
    let multipart = numbered("--X\r\nContent-Disposition: form-data; name=\"fN\"\r\n\r\nW\r\n", "");
    for (name, body) in [
        ("form with an index", numbered("wN=W&nN=N", "&")),
        ("form with names again and again", numbered("w=W&n=N", "&")),
        (
            "form with other names",
            words().iter().zip('a'..).map(|(w, n)| format!("{n}={w}&{n}{n}=noun&")).collect(),
        ),
        ("multipart", multipart + "--X--"),
        ("YAML", numbered("fN: W", "\n")),
        ("YAML with others", numbered("w: W\nn: noun", "\n")),
        ("events", numbered("id: N\nevent: word\ndata: W", "\n\n")),
        ("events alone", numbered("data: W", "\n\n")),
        ("JSON with others", format!("{{{}}}", numbered("\"wN\":\"W\",\"kN\":\"noun\"", ","))),
        (
            "JSON with two others",
            format!("{{{}}}", numbered("\"wN\":\"W\",\"kN\":\"noun\",\"lN\":\"en\"", ",")),
        ),
        ("pairs", format!("[{}]", numbered("[\"N\",\"W\"]", ","))),
        ("pairs with numbers", format!("[{}]", numbered("[N,\"W\"]", ","))),
        ("CSV with an index", numbered("N,W", "\n")),
        ("CSV with more", numbered("N,W,noun", "\n")),
        ("tabs", numbered("noun\tW", "\n")),
        ("numbered keys", format!("{{{}}}", numbered("\"N_W\":1", ","))),
        ("a dictionary of Python's", format!("{{{}}}", numbered("'fN': 'W'", ", "))),
        ("CDATA", numbered("<w><![CDATA[W]]></w>", "")),
        ("a stray quote", format!("5\" nails. {{{}}}", numbered("\"fN\": \"W\"", ", "))),
    ] {
        hides_not(&format!("{name}, in a message"), EIGHT, json(&body));
        hides_not(name, EIGHT, body);
    }
}

#[test]
fn broken_markup_does_not_hide() {
    let links = numbered("[W](http://e.example/N)", " ");
    hides_not("a sign before links", EIGHT, format!("1 < 2: {links}"));
    hides_not("a tag that does not end", EIGHT, format!("<b {links}"));
    hides_not("a tag that ends behind", EIGHT, format!("<b {links} >"));
    hides_not("a comment that does not end", EIGHT, format!("<!-- {links}"));
    hides_not("a link that does not end", EIGHT, format!("{} ](", numbered("<i>W</i><b c=\"d\"></b>", " ")));
    hides_not("a list with numbers", EIGHT, numbered("N. W", "\n"));
    hides_not("links by number", EIGHT, numbered("[W][N]", " "));
    hides_not("links by name", EIGHT, numbered("[W][abc]", " "));
    hides_not("footnotes", EIGHT, numbered("W[^note]", " "));
    hides_not("quotes in tags", EIGHT, numbered("<i title=\"a>b\">W</i>", " "));
}

#[test]
fn letters_that_look_like_nothing_do_not_hide() {
    let stretched =
        |c: char| if "كتجبخفحصقيشنسمل".contains(c) { format!("{c}ـ") } else { c.into() };
    hides_not("tatweel", ARABIC, ARABIC.chars().map(stretched).collect::<String>());
    let text = "I don't think he'll say it's what we've got; they're sure she'd lie";
    for sign in ["ʼ", "ʹ", "ˈ", "\u{2019}", "´"] {
        hides_not("apostrophes", text, text.replace('\'', sign));
    }
    let text = "Моя сім'я з п'ятьох осіб в'яже об'ємні светри й п'є чай";
    hides_not("Ukrainian apostrophes", text, text.replace('\'', "ʼ"));
    hides_not("and back", &text.replace('\'', "ʼ"), text);
    for sign in ["ǃ", "ꓸ", "ː", "ꞌ"] {
        hides_not(sign, EIGHT, EIGHT.replace(' ', &format!(" {sign} ")));
    }
}

#[test]
fn more_letters_that_look_alike_do_not_hide() {
    let alphabet: String = ('a'..='z').collect();
    let row = |first: u32| (first..first + 26).filter_map(char::from_u32).collect::<String>();
    for (name, letters) in [
        ("small capitals", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ".to_owned()),
        ("negative squared", row(0x1F170)),
        ("negative circled", row(0x1F150)),
        ("squared", row(0x1F130)),
        ("flags", row(0x1F1E6)),
    ] {
        hides_not(name, EIGHT, swapped(EIGHT, &alphabet, &letters));
    }
    for mark in ['\u{941}', '\u{E34}', '\u{DD2}', '\u{1039}'] {
        hides_not("marks", EIGHT, EIGHT.chars().map(|c| format!("{c}{mark}")).collect::<String>());
    }
    let greek = "ΜΗΤΕΡΑ ΜΟΥ ΑΝΟΙΓΕΙ ΤΗΝ ΠΟΡΤΑ ΤΟΥ ΚΗΠΟΥ ΤΗΝ ΑΥΓΗ ΚΑΙ ΠΙΝΕΙ ΝΕΡΟ";
    hides_not("Latin capitals for Greek", greek, swapped(greek, "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"));
    hides_not("pictures between words", EIGHT, EIGHT.replace(' ', " 🦔 "));
    let arrows = EIGHT.replace(' ', " → ");
    hides_not("arrows left out", &arrows, EIGHT);
    hides_not(
        "Hangul letter by letter",
        "개구리 우주 나무 고무 다리 바나나 소나무 오리",
        {
            // The syllables of that text, each as the letters of its keyboard.
            "ㄱㅐㄱㅜㄹㅣ ㅇㅜㅈㅜ ㄴㅏㅁㅜ ㄱㅗㅁㅜ ㄷㅏㄹㅣ ㅂㅏㄴㅏㄴㅏ ㅅㅗㄴㅏㅁㅜ ㅇㅗㄹㅣ"
        },
    );
    let text = "한국말을 잘하는 곰들은 산속 깊은 곳에서 살고 있다";
    hides_not(
        "consonants at the end",
        text,
        "ㅎㅏㄴㄱㅜㄱㅁㅏㄹㅇㅡㄹ ㅈㅏㄹㅎㅏㄴㅡㄴ ㄱㅗㅁㄷㅡㄹㅇㅡㄴ ㅅㅏㄴㅅㅗㄱ ㄱㅣㅍㅇㅡㄴ ㄱㅗㅅㅇㅔㅅㅓ ㅅㅏㄹㄱㅗ ㅇㅣㅆㄷㅏ",
    );
}

#[test]
fn the_bar_counts_what_is_not_a_letter_of_its_script() {
    hides_not("figures", "我在2019年3月去了北京见老王", "在2019年3月去了北京");
    hides_not("Latin", "昨天我用Python写了一个小程序送给她", "我用Python写了一个");
    hides_not(
        "code",
        "if (k[i] == 3) { if ((ab + cd) * (ef - gh) >= 7) { x(); } }",
        "[i] == 3) { if ((ab + cd) * (ef - gh) >= 7",
    );
    for (name, text, part) in [
        ("Javanese", "ꦲꦏ꧀ꦱꦫꦗꦮꦲꦤꦕꦫꦏꦢꦠꦱꦮꦭ", "ꦲꦏ꧀ꦱꦫꦗꦮꦲꦤꦕꦫꦏ"),
        ("Balinese", "ᬅᬓ᭄ᬱᬭᬩᬮᬶᬳᬦᬘᬭᬓᬤᬢᬲᬯᬮ", "ᬅᬓ᭄ᬱᬭᬩᬮᬶᬳᬦᬘᬭ"),
        ("New Tai Lue", "ᦀᦁᦂᦃᦄᦅᦆᦇᦈᦉᦊᦋᦌᦍᦎᦏ", "ᦀᦁᦂᦃᦄᦅᦆᦇᦈᦉᦊᦋ"),
        ("Tangut", "𗀀𗀁𗀂𗀃𗀄𗀅𗀆𗀇𗀈𗀉𗀊𗀋𗀌𗀍", "𗀀𗀁𗀂𗀃𗀄𗀅𗀆𗀇𗀈𗀉𗀊𗀋"),
        ("Yi", "ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎ", "ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋ"),
    ] {
        hides_not(name, text, part);
    }
    let braille: String = (0x2801..0x2840).filter_map(char::from_u32).collect();
    hides_not("Braille", &braille, braille.chars().skip(5).take(41).collect::<String>());
    let proof: String = "∀∃∈∉∑∏∫√∞∧∨∩∪⊂⊃⊆⊇⊕⊗⊢⊨≤≥≠≈≡→←↔⇒⇔↦∇∂∅∝∠∥⊥∴∵".into();
    hides_not("mathematics", &proof, &proof);
}

#[test]
fn what_resembles_those_attacks_passes() {
    passes("numbers", numbered("N: N", "\n"));
    passes("a rule", "─".repeat(60) + &"-".repeat(60) + &"=".repeat(60));
    passes("flags", "🇩🇪🇫🇷🇯🇵");
    passes("a tree", "├── a\n│   └── b\n└── c\n".repeat(9));
    passes("a table", "id,name,age\n1,Ann,30\n2,Bob,41\n3,Eve,27\n".repeat(5));
    passes("events", "data: {\"delta\": \"the\"}\n\n".repeat(9));
    passes("names of entities", "&alpha; &mdash; &nope; &copy=1".repeat(20));
}

/// Code has a little of everything that is undone: escapes, quotes, equals signs, tags. Whoever asks about it must get an
/// answer.
#[test]
fn code_can_be_read() {
    let mut read = 0;
    let folders = ["src/persona", "src/provider", "src/view", "pkg", "pkg/elements", "www"];
    for path in folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
    {
        let ending = path.extension().unwrap_or_default();
        if !["rs", "js", "html", "css", "md"].iter().any(|one| ending == *one) {
            continue;
        }
        let code: String = std::fs::read_to_string(&path).unwrap().chars().take(12_000).collect();
        let asked = format!("What is wrong here?\n\n```\n{code}\n```");
        let message = serde_json::json!({ "role": "user", "content": asked });
        let body = serde_json::json!({ "model": "m", "messages": [message] });
        passes(&path.display().to_string(), body.to_string());
        read += 1;
    }
    assert!(read > 60, "{read}");
}

#[test]
fn the_historys_own_markup_does_not_hide_what_it_shows() {
    let marked = |before: &str, after: &str| {
        words().iter().map(|word| format!("{before}{word}{after}")).collect::<Vec<_>>().join(" ")
    };
    let list: String =
        words().chunks(3).enumerate().map(|(n, some)| format!("{}. {}\n", n + 1, some.join(" "))).collect();
    for history in
        [marked("<b>", "</b>"), marked("[", "](https://e.example/about)"), marked("", "[^3]"), list]
    {
        hides_not("as it is shown", &history, EIGHT);
    }
}

#[test]
fn codes_in_every_base_do_not_hide() {
    let of = |codes: &mut dyn Iterator<Item = String>| codes.collect::<Vec<_>>().join(",");
    let russian = "Мой дядя Аркадий чинит старые шарманки в подвале булочной";
    let hexes = of(&mut russian.chars().map(|c| format!("{:#x}", c as u32)));
    hides_not("0x41c", russian, hexes);
    let braces = russian.chars().map(|c| format!("\\x{{{:x}}}", c as u32)).collect::<String>();
    hides_not("\\x{41c}", russian, braces);
    hides_not("css", russian, russian.chars().map(|c| format!("\\{:x} ", c as u32)).collect::<String>());
    hides_not(
        "bytes of UTF-16",
        EIGHT,
        format!("[{}]", of(&mut little_endian(EIGHT).iter().map(u8::to_string))),
    );
    let signed = of(&mut russian.bytes().map(|byte| (byte as i8).to_string()));
    hides_not("bytes below zero", russian, signed);
    hides_not("binary", EIGHT, of(&mut EIGHT.bytes().map(|byte| format!("{byte:b}"))));
    hides_not("0b", EIGHT, of(&mut EIGHT.bytes().map(|byte| format!("{byte:#b}"))));
}

#[test]
fn looks_of_digits_do_not_hide() {
    let wide = |text: &str| -> String {
        let widened =
            |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c };
        text.chars().map(widened).collect()
    };
    let between = |text: &str, sign: &str| text.chars().map(|c| format!("{c}{sign}")).collect::<String>();
    for (name, digits) in [
        ("hex", hex(EIGHT)),
        ("base64", base64(EIGHT)),
        ("percent", percent_all(EIGHT)),
        ("entities", entities(EIGHT)),
        ("codes", codes(EIGHT)),
    ] {
        hides_not(&format!("{name}, wide"), EIGHT, wide(&digits));
        for sign in ["\u{200B}", "\u{AD}", "\u{301}"] {
            hides_not(&format!("{name}, {sign:?} between"), EIGHT, between(&digits, sign));
        }
    }
    for sign in ["\u{A0}", "·", "–", "、", "→"] {
        hides_not(sign, EIGHT, EIGHT.bytes().map(|byte| format!("{byte:02x}{sign}")).collect::<String>());
    }
    hides_not(
        "windows-1252",
        "Můj dědeček každý šestý den opravuje žabí šálky",
        "M&#367;j d&#283;de&#269;ek ka&#158;d&yacute; &#154;est&yacute; den opravuje &#158;ab&iacute; &#154;&aacute;lky",
    );
}

#[test]
fn a_stretch_may_begin_with_a_mark() {
    let thai = "พี่ชายของฉันซ่อมนาฬิกาเก่าที่ตลาดน้ำทุกวันอาทิตย์";
    let characters: Vec<char> = thai.chars().collect();
    for stretch in characters.windows(12) {
        hides_not("Thai", thai, format!("Zz {} Zz", stretch.iter().collect::<String>()));
    }
}

#[test]
fn how_an_api_is_asked_is_nobodys() {
    let guide = r#"payload = {"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}} and
        {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1024, "response_format": {"type":
        "json_schema", "json_schema": {"name": "x", "strict": true, "schema": {"type": "object", "properties": {}}}}}"#;
    for body in [
        r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"temperature":0.0}"#,
        r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"What is a kiln?"}],"max_tokens":300}"#,
        r#"{"response_format":{"type":"json_schema","json_schema":{"name":"claims","strict":true,"schema":{"type":"object"}}}}"#,
    ] {
        is_nobodys(guide, body);
    }
}

/// What one message says, within so many others: the arguments of a tool's call are JSON in a string of JSON.
#[test]
fn json_within_json_does_not_hide() {
    let field = |(number, word): (usize, &&str)| format!("{}:{}", json(&format!("k{number}")), json(word));
    let mut body = format!("{{{}}}", words().iter().enumerate().map(field).collect::<Vec<_>>().join(","));
    for depth in 0..5 {
        hides_not(&format!("{depth} deep"), EIGHT, &body);
        body = format!("{{\"role\":\"user\",\"content\":{}}}", json(&body));
    }
    let yaml: String = words().iter().map(|word| format!("- n: 1\n  t: {word}\n")).collect();
    hides_not(
        "YAML in JSON in JSON",
        EIGHT,
        format!("{{\"a\":{}}}", json(&format!("{{\"b\":{}}}", json(&yaml)))),
    );
}

#[test]
fn entities_in_keys_and_values_do_not_hide() {
    let of = words().iter().map(|word| word.replace('e', "&#101;")).collect::<Vec<_>>();
    let fields = of.chunks(2).map(|two| format!("{}:{}", json(&two[0]), json(&two[1])));
    hides_not("entities", EIGHT, format!("{{{}}}", fields.collect::<Vec<_>>().join(",")));
}

#[test]
fn hiragana_is_found_in_wider_bytes() {
    let text = "わたしのそぼはにわにざくろのきをうえていました";
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let wider: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
    for (name, bytes) in [("UTF-16LE", &little_endian(text)), ("UTF-16BE", &big), ("UTF-32", &wider)] {
        hides_not(&format!("base64 of {name}"), text, base64_with(bytes, STANDARD, true));
        hides_not(&format!("hex of {name}"), text, hex_of(bytes));
    }
}

#[test]
fn more_ways_that_once_passed_do_not_hide() {
    let text = "l'été dernier ma mère a rêvé d'une île près de Génève";
    let named = [("é", "&eacute;"), ("è", "&egrave;"), ("ê", "&ecirc;"), ("î", "&icirc;")];
    let by_name = named.iter().fold(text.to_owned(), |text, (letter, name)| text.replace(letter, name));
    hides_not("letters by their names, backwards", text, reversed(&by_name));
    let pieces: Vec<String> = words().chunks(2).map(|two| base64url(&(two.join(" ") + " "))).collect();
    hides_not("a path of pieces", EIGHT, format!("https://a.example/{}", pieces.join("/")));
    hides_not("small iotas", EIGHT, EIGHT.chars().flat_map(|c| [c, '\u{345}']).collect::<String>());
}

/// Of a long text with some code in it, each way to read it is read near what makes the difference.
#[test]
fn a_long_text_can_be_read() {
    let text = ["PRIVACY.md", "README.md", "CHANGELOG.md"]
        .map(|path| std::fs::read_to_string(path).unwrap())
        .concat();
    let message = serde_json::json!({ "role": "user", "content": text });
    passes("50 KB", serde_json::json!({ "model": "m", "messages": [message] }).to_string());
}
