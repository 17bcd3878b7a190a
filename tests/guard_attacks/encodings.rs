//! The disguises: a text written in other characters, made from scratch.

pub fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub fn base64_with(text: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut out = String::new();
    for three in text.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            if place <= three.len() {
                out.push(char::from(alphabet[(bits >> (18 - 6 * place)) as usize & 63]));
            } else if padded {
                out.push('=');
            }
        }
    }
    out
}

pub const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn base64(text: &str) -> String {
    base64_with(text.as_bytes(), STANDARD, true)
}

pub fn base64url(text: &str) -> String {
    base64_with(text.as_bytes(), URL_SAFE, false)
}

pub fn base64_lines(text: &str) -> String {
    base64(text)
        .as_bytes()
        .chunks(20)
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n")
        .collect()
}

pub fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

pub fn hex_upper_spaced(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X} ")).collect()
}

pub fn hex_0x(text: &str) -> String {
    text.bytes().map(|byte| format!("0x{byte:02x}, ")).collect()
}

pub fn percent_all(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub fn percent_needed(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|b| if kept(b) { char::from(b).to_string() } else { format!("%{b:02x}") }).collect()
}

pub fn plus_form(text: &str) -> String {
    percent_needed(text).replace("%20", "+")
}

pub fn entities(text: &str) -> String {
    text.chars().map(|c| format!("&#{};", c as u32)).collect()
}

pub fn entities_hex(text: &str) -> String {
    text.chars().map(|c| format!("&#x{:X};", c as u32)).collect()
}

pub fn unicode_escapes(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// JSON as programs write it that keep to ASCII.
pub fn json_in_ascii(text: &str) -> String {
    text.encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).into(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect()
}

pub fn unicode_escapes_upper(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
}

pub fn javascript_escapes(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("%u{unit:04X}")).collect()
}

pub fn base64_of_words(text: &str) -> String {
    text.split(' ').map(|word| json(&base64(word)) + ",").collect()
}

pub fn brace_escapes(text: &str) -> String {
    text.chars().map(|c| format!("\\u{{{:x}}}", c as u32)).collect()
}

pub fn byte_escapes(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

pub fn octal_escapes(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:03o}")).collect()
}

pub fn quoted_printable(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("={byte:02X}")).collect();
    bytes.chunks(25).map(|line| line.concat() + "=\r\n").collect()
}

pub fn base32(text: &str) -> String {
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bits.as_bytes()
        .chunks(5)
        .map(|five| {
            let bits =
                five.iter().fold(0, |bits, bit| bits * 2 + usize::from(bit - b'0')) << (5 - five.len());
            char::from(digits[bits])
        })
        .collect()
}

pub fn binary(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:08b} ")).collect()
}

pub fn codes(text: &str) -> String {
    json_list(text.chars().map(|c| (c as u32).to_string()))
}

/// The bytes of UTF-8 as numbers.
pub fn byte_codes(text: &str) -> String {
    json_list(text.bytes().map(|byte| byte.to_string()))
}

pub fn octal_spaced(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:03o} ")).collect()
}

/// As Unicode's own tables write them.
pub fn code_points(text: &str) -> String {
    text.chars().map(|c| format!("U+{:04X} ", c as u32)).collect()
}

pub fn json_list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

pub fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

pub type Disguise = (&'static str, fn(&str) -> String);

pub const ENCODINGS: [Disguise; 26] = [
    ("json", json),
    ("base64", base64),
    ("base64url", base64url),
    ("base64 in lines", base64_lines),
    ("hex", hex),
    ("hex, spaced", hex_upper_spaced),
    ("hex, 0x", hex_0x),
    ("percent", percent_all),
    ("percent where needed", percent_needed),
    ("form", plus_form),
    ("entities", entities),
    ("entities, hex", entities_hex),
    ("\\u", unicode_escapes),
    ("\\u upper", unicode_escapes_upper),
    ("\\u{}", brace_escapes),
    ("%u", javascript_escapes),
    ("\\x", byte_escapes),
    ("octal", octal_escapes),
    ("quoted-printable", quoted_printable),
    ("base32", base32),
    ("binary", binary),
    ("codes", codes),
    ("codes of bytes", byte_codes),
    ("octal, spaced", octal_spaced),
    ("U+", code_points),
    ("reversed", reversed),
];
