//! The repository's text files, and just enough of a Rust lexer to tell code from comments and strings.
//!
//! No parser crate: the rules look at names and paths only, and a parser would be the largest
//! dependency of the tests.

use std::fs;
use std::path::Path;

use crate::repository::files;

/// One text file: its path from the repository's top, with `/` between folders, and what it holds.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The code of a Rust file as tokens; comments are left out.
    pub fn tokens(&self) -> Vec<Token<'_>> {
        lex(&self.text)
    }
}

/// A word (identifier, keyword or number), a string literal without its quotes, or one sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    /// `::` is one sign, written `':'`; a single colon is left out, since no rule needs it.
    Sign(char),
}

/// Every text file that is part of the repository: what git ignores, having been built or fetched, is not.
pub fn repository() -> Vec<Source> {
    // What is no UTF-8 is an image or a recorded binary: nothing for these rules.
    let source = |path: String| fs::read_to_string(&path).ok().map(|text| Source { path, text });
    let found: Vec<Source> = files(Path::new(".")).into_iter().filter_map(source).collect();
    assert!(found.iter().any(|file| file.path == "src/lib.rs"), "the walk missed src/lib.rs");
    found
}

/// Splits Rust text into tokens. Text that is no Rust gives some tokens too, never a panic.
fn lex(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

/// The token that `rest` begins with, if it is one that counts, and how many bytes it takes.
fn next(rest: &str, first: char) -> (Option<Token<'_>>, usize) {
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, block_comment(rest));
    }
    if let Some((inner, length)) = raw_string(rest).or_else(|| string(rest)) {
        return (Some(Token::Text(inner)), length);
    }
    if first == '\'' {
        return (None, character_or_lifetime(rest));
    }
    if first.is_alphanumeric() || first == '_' {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (Some(Token::Word(&rest[..end])), end);
    }
    if rest.starts_with("::") {
        return (Some(Token::Sign(':')), 2);
    }
    let counts = !first.is_whitespace() && first != ':';
    (counts.then_some(Token::Sign(first)), first.len_utf8())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#`, `cr"…"`: what is inside, and the length of it all.
fn raw_string(rest: &str) -> Option<(&str, usize)> {
    let after_prefix = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
    let inner = after_prefix[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&closing).unwrap_or(inner.len());
    let length = rest.len() - inner.len() + end + closing.len();
    Some((&inner[..end], length.min(rest.len())))
}

fn string(rest: &str) -> Option<(&str, usize)> {
    let inner = ["\"", "b\"", "c\""].iter().find_map(|opening| rest.strip_prefix(opening))?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            '"' if !escaped => return Some((&inner[..at], rest.len() - inner.len() + at + 1)),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some((inner, rest.len()))
}

/// `'a'`, `'\n'`, `'\u{1F600}'` as a whole; of a lifetime, the quote alone.
fn character_or_lifetime(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3.min(rest.len())..].find('\'').map_or(1, |at| at + 4),
        Some((_, _)) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Token]) {
        assert_eq!(lex(text), expected, "{text}");
    }

    #[test]
    fn code_is_told_from_comments_and_strings() {
        use Token::{Sign, Text, Word};
        check("a::b", &[Word("a"), Sign(':'), Word("b")]);
        check("x // crate::y\nz", &[Word("x"), Word("z")]);
        check("/* a /* b */ c */ d", &[Word("d")]);
        check(r#"f("a\"b // c")"#, &[Word("f"), Sign('('), Text(r#"a\"b // c"#), Sign(')')]);
        check(r##"r#"a"b"# c"##, &[Text("a\"b"), Word("c")]);
        check(r"'\'' '\u{41}' '\\' '語' 'a x", &[Word("a"), Word("x")]);
        check("b\"x\" rest", &[Text("x"), Word("rest")]);
        check("t: u8", &[Word("t"), Word("u8")]);
    }

    #[test]
    fn unfinished_text_ends() {
        for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "//", "'語"] {
            lex(text);
        }
    }
}
