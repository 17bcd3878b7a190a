//! Cuts a text into words before byte-pair merging, which never reaches across two of them.
//!
//! Each pre-tokenizer is a regular expression of the model's makers. They are written out by hand here, alternative
//! by alternative: the lookahead `\s+(?!\S)` needs a backtracking engine otherwise, and these take linear time on
//! any text. `\p{L}` and `\p{N}` are Unicode's general categories, `\s` is White_Space.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Which expression cuts the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreTokenizer {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// First each `\p{N}` on its own, then what lies between as GPT-2 does.
    SmolLm,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Llama3,
    /// As Llama 3, but `\p{N}` alone.
    Qwen2,
    /// As Llama 3, but a word ends before a capital that follows a small letter, a contraction belongs to its word, and
    /// slashes to the newlines after a mark:
    /// `[^\r\n\p{L}\p{N}]?(upper*lower+|upper+lower*)(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|…`.
    /// As in llama.cpp, letters beyond ASCII are both upper and lower.
    Gpt4o,
    /// Mistral's: as GPT-4o, but `\p{N}` alone, and no contractions.
    Tekken,
}

impl PreTokenizer {
    /// The pre-tokenizer that GGUF files call `name` (`tokenizer.ggml.pre`), with other names for the same cut.
    pub fn from_name(name: &str) -> Option<PreTokenizer> {
        Some(match name {
            "gpt-2" | "phi-2" | "mpt" | "olmo" | "exaone4" | "gigachat" | "a.x-4.0" | "mellum" => {
                PreTokenizer::Gpt2
            }
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => {
                PreTokenizer::SmolLm
            }
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "falcon-h1" | "pixtral" | "midm-2.0"
            | "lfm2" | "dbrx" | "smaug-bpe" => PreTokenizer::Llama3,
            "gpt-4o" | "llama4" => PreTokenizer::Gpt4o,
            "tekken" => PreTokenizer::Tekken,
            "qwen2" | "deepseek-r1-qwen" | "megrez" | "stablelm2" | "hunyuan" => PreTokenizer::Qwen2,
            _ => return None,
        })
    }

    /// The names that errors offer.
    pub const NAMES: &'static str = "smollm, llama-bpe, qwen2, gpt-2, gpt-4o, tekken";

    /// Calls `each` with every word of `text`, in order; together they are the text.
    pub fn words<'t>(self, text: &'t str, mut each: impl FnMut(&'t str)) {
        let chars: Vec<Char> = text.char_indices().map(Char::new).collect();
        match self {
            PreTokenizer::Gpt2 => cut(text, &chars, gpt2, &mut each),
            PreTokenizer::Llama3 => cut(text, &chars, |chars| llama3(chars, 3), &mut each),
            PreTokenizer::Qwen2 => cut(text, &chars, |chars| llama3(chars, 1), &mut each),
            PreTokenizer::Gpt4o => cut(text, &chars, |chars| gpt4o(chars, 3, true), &mut each),
            PreTokenizer::Tekken => cut(text, &chars, |chars| gpt4o(chars, 1, false), &mut each),
            PreTokenizer::SmolLm => {
                // What lies between two numbers is cut as if it were the whole text: the lookahead ends there too.
                for part in chars.split_inclusive(|c| c.class == Class::Number) {
                    match part.split_last() {
                        Some((number, before)) if number.class == Class::Number => {
                            cut(text, before, gpt2, &mut each);
                            cut(text, std::slice::from_ref(number), |_| 1, &mut each);
                        }
                        _ => cut(text, part, gpt2, &mut each),
                    }
                }
            }
        }
    }
}

/// What the expressions tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Space,
    Other,
}

#[derive(Clone, Copy)]
struct Char {
    offset: usize,
    char: char,
    class: Class,
}

impl Char {
    fn new((offset, char): (usize, char)) -> Self {
        let class = match char {
            'a'..='z' | 'A'..='Z' => Class::Letter,
            '0'..='9' => Class::Number,
            _ if char.is_whitespace() => Class::Space,
            _ if char.is_ascii() || is_new(char) => Class::Other,
            _ => match get_general_category(char) {
                Category::UppercaseLetter
                | Category::LowercaseLetter
                | Category::TitlecaseLetter
                | Category::ModifierLetter
                | Category::OtherLetter => Class::Letter,
                Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => Class::Number,
                _ => Class::Other,
            },
        };
        Char { offset, char, class }
    }

    fn is_newline(&self) -> bool {
        matches!(self.char, '\r' | '\n')
    }
}

/// Whether Unicode 16 made this a letter or a number. llama.cpp cuts by Unicode 15, as did the tokenizers that most
/// models were trained with; `unicode-general-category` is of 16. Where all of a block is new, the block is named.
fn is_new(char: char) -> bool {
    matches!(
        u32::from(char),
        0x1c89..=0x1c8a
            | 0xa7cb..=0xa7cd
            | 0xa7da..=0xa7dc
            | 0x105c0..=0x105ff
            | 0x10d40..=0x10d8f
            | 0x10ec2..=0x10ec4
            | 0x11380..=0x113ff
            | 0x116d0..=0x116ff
            | 0x11bc0..=0x11bff
            | 0x13460..=0x143ff
            | 0x16100..=0x1613f
            | 0x16d40..=0x16d7f
            | 0x1ccf0..=0x1ccf9
            | 0x1e5d0..=0x1e5ff
    )
}

/// Takes word after word off `chars`; `word` gives the length of the first, at least 1.
fn cut<'t>(
    text: &'t str,
    mut chars: &[Char],
    word: impl Fn(&[Char]) -> usize,
    each: &mut impl FnMut(&'t str),
) {
    while let Some(first) = chars.first() {
        let (taken, rest) = chars.split_at(word(chars));
        let last = taken.last().unwrap_or(first);
        each(&text[first.offset..last.offset + last.char.len_utf8()]);
        chars = rest;
    }
}

fn gpt2(chars: &[Char]) -> usize {
    let contraction = contraction(chars, |c| c);
    contraction
        .or_else(|| after_space(chars, Class::Letter))
        .or_else(|| after_space(chars, Class::Number))
        .or_else(|| after_space(chars, Class::Other))
        .unwrap_or_else(|| spaces(chars))
}

fn llama3(chars: &[Char], most_digits: usize) -> usize {
    let contraction = contraction(chars, |c| c.to_ascii_lowercase());
    contraction
        .or_else(|| letters_after_any(chars))
        .or_else(|| Some(run(chars, Class::Number).min(most_digits)).filter(|digits| *digits > 0))
        .or_else(|| after_space(chars, Class::Other).map(|n| n + newlines(&chars[n..])))
        .or_else(|| spaces_to_last_newline(chars))
        .unwrap_or_else(|| spaces(chars))
}

fn gpt4o(chars: &[Char], most_digits: usize, with_contractions: bool) -> usize {
    let after = |length: usize| match with_contractions {
        true => contraction(&chars[length..], |c| c.to_ascii_lowercase()).unwrap_or(0),
        false => 0,
    };
    cased_word(chars)
        .map(|length| length + after(length))
        .or_else(|| Some(run(chars, Class::Number).min(most_digits)).filter(|digits| *digits > 0))
        .or_else(|| after_space(chars, Class::Other).map(|n| n + newlines_and_slashes(&chars[n..])))
        .or_else(|| spaces_to_last_newline(chars))
        .unwrap_or_else(|| spaces(chars))
}

/// `'s|'t|'re|'ve|'m|'ll|'d`
fn contraction(chars: &[Char], fold: fn(char) -> char) -> Option<usize> {
    let at = |index: usize| chars.get(index).map(|c| fold(c.char));
    if at(0) != Some('\'') {
        return None;
    }
    match (at(1)?, at(2)) {
        ('s' | 't' | 'm' | 'd', _) => Some(2),
        ('r' | 'v', Some('e')) | ('l', Some('l')) => Some(3),
        _ => None,
    }
}

/// ` ?X+`
fn after_space(chars: &[Char], class: Class) -> Option<usize> {
    let space = usize::from(chars[0].char == ' ');
    Some(space + run(&chars[space..], class)).filter(|length| *length > space)
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`
fn letters_after_any(chars: &[Char]) -> Option<usize> {
    let first = &chars[0];
    let before = usize::from(!first.is_newline() && !matches!(first.class, Class::Letter | Class::Number));
    Some(before + run(&chars[before..], Class::Letter)).filter(|length| *length > before)
}

/// `[^\r\n\p{L}\p{N}]?upper*lower+|[^\r\n\p{L}\p{N}]?upper+lower*`
fn cased_word(chars: &[Char]) -> Option<usize> {
    let first = &chars[0];
    let before = usize::from(!first.is_newline() && !matches!(first.class, Class::Letter | Class::Number));
    let is_upper = |c: &Char| c.class == Class::Letter && !c.char.is_ascii_lowercase();
    let is_lower = |c: &Char| c.class == Class::Letter && !c.char.is_ascii_uppercase();
    let word = &chars[before..];
    let upper = word.iter().take_while(|c| is_upper(c)).count();
    let lower = word[upper..].iter().take_while(|c| is_lower(c)).count();
    let letters = match lower {
        // The first alternative goes back to the last letter that can be its `lower`; where there is none, the second
        // takes them all.
        0 => word[..upper].iter().rposition(is_lower).map_or(upper, |last| last + 1),
        _ => upper + lower,
    };
    (letters > 0).then_some(before + letters)
}

/// `\s*[\r\n]+`
fn spaces_to_last_newline(chars: &[Char]) -> Option<usize> {
    let spaces = &chars[..run(chars, Class::Space)];
    spaces.iter().rposition(Char::is_newline).map(|last| last + 1)
}

/// `\s+(?!\S)|\s+`: leaves the last space to the word that follows.
fn spaces(chars: &[Char]) -> usize {
    match run(chars, Class::Space) {
        all if all > 1 && all < chars.len() => all - 1,
        all => all.max(1),
    }
}

fn newlines_and_slashes(chars: &[Char]) -> usize {
    chars.iter().take_while(|c| c.is_newline() || c.char == '/').count()
}

fn newlines(chars: &[Char]) -> usize {
    chars.iter().take_while(|c| c.is_newline()).count()
}

fn run(chars: &[Char], class: Class) -> usize {
    chars.iter().take_while(|c| c.class == class).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(pre: PreTokenizer, text: &str, expected: &[&str]) {
        let mut words = Vec::new();
        pre.words(text, |word| words.push(word));
        assert_eq!(words, expected);
    }

    #[test]
    fn gpt2_keeps_a_space_with_the_word_after_it() {
        check(PreTokenizer::Gpt2, "I'm  a 12\n\n x!?", &["I", "'m", " ", " a", " 12", "\n\n", " x", "!?"]);
        check(PreTokenizer::Gpt2, "DON'T", &["DON", "'", "T"]);
    }

    #[test]
    fn smollm_cuts_at_each_digit_first() {
        check(PreTokenizer::SmolLm, "in 2024  now", &["in", " ", "2", "0", "2", "4", " ", " now"]);
        check(PreTokenizer::SmolLm, "a   1", &["a", "   ", "1"]);
    }

    #[test]
    fn llama3_takes_digits_by_threes_and_any_mark_before_a_word() {
        check(PreTokenizer::Llama3, "12345 (DON'T)\r\n x", &["123", "45", " (", "DON", "'T", ")\r\n", " x"]);
        check(PreTokenizer::Llama3, "\tif \n\n  b", &["\tif", " \n\n", " ", " b"]);
    }

    #[test]
    fn qwen2_takes_digits_singly() {
        check(PreTokenizer::Qwen2, "x12 34", &["x", "1", "2", " ", "3", "4"]);
    }

    #[test]
    fn gpt4o_and_tekken_cut_where_a_capital_follows_a_small_letter() {
        let words = ["camel", "Case", " XMLHttp", "Request", " don't", "\n//x", "123", "45"];
        check(
            PreTokenizer::Gpt4o,
            &words.concat(),
            &["camel", "Case", " XMLHttp", "Request", " don't", "\n", "//", "x", "123", "45"],
        );
        check(
            PreTokenizer::Tekken,
            "don't ABéCD 42!\n/\n",
            &["don", "'t", " ABé", "CD", " ", "4", "2", "!\n/\n"],
        );
    }

    proptest! {
        #[test]
        fn words_together_are_the_text(text in r"[\PC \t\r\n'0-9a-zA-Z\u{0300}]{0,40}") {
            use PreTokenizer::{Gpt2, Gpt4o, Llama3, Qwen2, SmolLm, Tekken};
            for pre in [Gpt2, SmolLm, Llama3, Qwen2, Gpt4o, Tekken] {
                let mut joined = String::new();
                pre.words(&text, |word| {
                    assert!(!word.is_empty());
                    joined.push_str(word);
                });
                prop_assert_eq!(&joined, &text);
            }
        }
    }
}
