//! `format`, the filter and the method, for formats that are small.
//!
//! `minijinja` asks for as much memory as the method's widths say, whatever fuel is left, and panics at precisions that
//! Rust's own formatting doesn't take and at names that are not ASCII. So a format is looked through first.

use minijinja::formatting::FormatStyle;
use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters};
use minijinja_contrib::pycompat;

/// Digits of a width or a precision.
const MOST_DIGITS: usize = 3;

/// Adds the filter, and Python's methods with the method among them.
pub fn add_formats(environment: &mut Environment<'_>) {
    let filter = |state: &mut State, format: Value, given: Rest<ValueOrKwargs>| {
        check(&format, FormatStyle::Printf)?;
        filters::format(state, &format, given)
    };
    environment.add_filter("format", filter);
    environment.set_unknown_method_callback(|state, value, method, given| {
        if method == "format" {
            check(value, FormatStyle::StrFormat)?;
        }
        pycompat::unknown_method_callback(state, value, method, given)
    });
}

fn check(format: &Value, style: FormatStyle) -> Result<(), Error> {
    if format.as_str().is_none_or(|format| is_small(format, style)) {
        return Ok(());
    }
    let why = format!("a format has widths of up to {MOST_DIGITS} digits, and ASCII alone");
    Err(Error::new(ErrorKind::InvalidOperation, why))
}

fn is_small(format: &str, style: FormatStyle) -> bool {
    let opens = if style == FormatStyle::Printf { '%' } else { '{' };
    let mut rest = format;
    while let Some((_, field)) = rest.split_once(opens) {
        if let Some(text) = field.strip_prefix(opens) {
            rest = text;
            continue;
        }
        let (name, how) = match field.strip_prefix('(') {
            Some(named) if opens == '%' => named.split_once(')').unwrap_or((named, "")),
            _ => ("", field),
        };
        let is_end = |c: char| if opens == '%' { c.is_ascii_alphabetic() } else { c == '}' };
        let (how, text) = how.split_at(how.find(is_end).unwrap_or(how.len()));
        let mut numbers = how.split(|c: char| !c.is_ascii_digit());
        if !name.is_ascii() || !how.is_ascii() || numbers.any(|digits| digits.len() > MOST_DIGITS) {
            return false;
        }
        rest = text;
    }
    true
}
