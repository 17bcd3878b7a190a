//! What an HTML entity stands for: by number, by name, and by the old names that need no semicolon.
//!
//! Of HTML's 2,125 names these are kept: those of letters, most by a rule, and those of the signs that escape something
//! or part words. Any other name stands for a sign, and signs say nothing.

use super::charsets::latin_character;

/// Greek by its usual names; a capital first letter makes a capital.
const GREEK: &str = "alpha α beta β gamma γ delta δ epsilon ε epsi ε zeta ζ eta η theta θ thetasym θ iota ι kappa κ lambda λ \
    mu μ nu ν xi ξ omicron ο pi π rho ρ sigma σ sigmaf σ tau τ upsilon υ upsi υ upsih υ phi φ chi χ psi ψ omega ω ohm ω \
    digamma ϝ gammad ϝ";

/// Cyrillic, as what stands before `cy`.
const CYRILLIC: &str = "a а b б v в g г d д ie е io ё zh ж z з i и j й k к l л m м n н o о p п r р s с t т u у f ф kh х \
    ts ц ch ч sh ш shch щ hard ъ y ы soft ь e э yu ю ya я dj ђ gj ѓ juk є ds ѕ iuk і yi ї jser ј lj љ nj њ tsh ћ kj ќ \
    ubr ў dz џ";

/// Other letters.
const LETTERS: &str = "szlig ß aelig æ AElig Æ oelig œ OElig Œ thorn þ THORN Þ eth ð ETH Ð ijlig ĳ IJlig Ĳ eng ŋ ENG Ŋ \
    inodot ı imath ı jmath ȷ kgreen ĸ napos ŉ fflig ﬀ filig ﬁ fllig ﬂ ffilig ﬃ ffllig ﬄ ordf ª ordm º micro µ fnof ƒ \
    sup1 ¹ sup2 ² sup3 ³ half ½ frac12 ½ frac13 ⅓ frac14 ¼ frac15 ⅕ frac16 ⅙ frac18 ⅛ frac23 ⅔ frac25 ⅖ frac34 ¾ \
    frac35 ⅗ frac38 ⅜ frac45 ⅘ frac56 ⅚ frac58 ⅝ frac78 ⅞ trade ™ TRADE ™ numero № ell ℓ alefsym ℵ aleph ℵ beth ℶ \
    gimel ℷ daleth ℸ hbar ħ planck ħ plankv ħ planckh ℎ angst Å bernou ℬ Bernoullis ℬ Cayleys ℭ complexes ℂ \
    integers ℤ naturals ℕ primes ℙ quaternions ℍ rationals ℚ reals ℝ real ℜ realpart ℜ Re ℜ realine ℛ image ℑ \
    imagpart ℑ Im ℑ imagline ℐ hamilt ℋ HilbertSpace ℋ lagran ℒ Laplacetrf ℒ order ℴ orderof ℴ oS s circledS s phmmat ℳ \
    Mellintrf ℳ expectation ℰ Fouriertrf ℱ Poincareplane ℌ zeetrf ℨ dd d DD d DifferentialD d CapitalDifferentialD d \
    ee e exponentiale e ExponentialE e ii i ImaginaryI i incare ℅ imped z";

/// The signs of ASCII, which may escape or separate something in their turn.
const SIGNS: &str = "amp & AMP & lt < LT < gt > GT > quot \" QUOT \" apos ' rsquo ' lsquo ' bsol \\ percnt % lowbar _ \
    UnderBar _ num # equals = sol / plus + ast * midast * excl ! dollar $ lpar ( rpar ) comma , period . colon : semi ; \
    quest ? commat @ lsqb [ lbrack [ rsqb ] rbrack ] lcub { lbrace { rcub } rbrace } verbar | vert | VerticalLine | \
    Hat ^ grave ` DiacriticalGrave ` hyphen - dash -";

/// An accented letter, a letter in another hand: the letter is what it is folded to.
const MARKS: [&str; 20] = [
    "acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash", "caron", "breve", "macr", "ogon",
    "dot", "dblac", "strok", "midot", "fr", "scr", "opf", "tail",
];

/// The names that HTML knows without a semicolon, those of accented letters left out.
const BARE: [&str; 50] = [
    "amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT", "nbsp", "shy", "copy", "COPY", "reg", "REG",
    "laquo", "raquo", "deg", "middot", "sect", "para", "iexcl", "iquest", "cent", "pound", "yen", "curren",
    "brvbar", "not", "macr", "plusmn", "sup1", "sup2", "sup3", "acute", "micro", "cedil", "ordm", "ordf",
    "frac14", "frac12", "frac34", "times", "divide", "szlig", "aelig", "AElig", "eth", "ETH", "thorn",
    "THORN",
];

/// Those of accented letters, as what stands behind the letter.
const BARE_MARKS: [&str; 8] = ["acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash"];

/// A name is so long at most.
const LONGEST_NAME: usize = 31;

/// A number has so many digits at most, zeros before it included.
const LONGEST_NUMBER: usize = 40;

/// What the entity that the bytes start with stands for, perhaps nothing, and how long it is.
pub fn entity(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    if bytes.get(1) == Some(&b'#') {
        return numbered(bytes);
    }
    let body = &bytes[1..bytes.len().min(LONGEST_NAME + 2)];
    let length = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let name = std::str::from_utf8(&body[..length]).ok()?;
    if body.get(length) == Some(&b';') && length >= 2 {
        return Some((named(name), length + 2));
    }
    let accented = |mark: &&&str| name.get(1..).is_some_and(|rest| rest.starts_with(**mark));
    let bare = match BARE.iter().filter(|bare| name.starts_with(**bare)).max_by_key(|bare| bare.len()) {
        Some(bare) => bare.len(),
        None => 1 + BARE_MARKS.iter().find(accented)?.len(),
    };
    // A name of a query.
    let is_field = body.get(bare) == Some(&b'=');
    (!is_field).then(|| (named(&name[..bare]), bare + 1))
}

/// `&#65;`, `&#x41;`; the closing semicolon may be missing.
fn numbered(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    let is_hex = matches!(bytes.get(2), Some(b'x' | b'X'));
    let from = if is_hex { 3 } else { 2 };
    let base = if is_hex { 16 } else { 10 };
    let digits = bytes[from.min(bytes.len())..].iter().take(LONGEST_NUMBER);
    let digits: Vec<u32> = digits.map_while(|byte| char::from(*byte).to_digit(base)).collect();
    if digits.is_empty() {
        return None;
    }
    let code = digits.iter().fold(0u32, |code, digit| code.saturating_mul(base).saturating_add(*digit));
    let end = from + digits.len();
    // As browsers read what windows-1252 has there.
    let character = match u8::try_from(code) {
        Ok(byte @ 0x80..=0x9F) => Some(latin_character(byte)),
        _ => char::from_u32(code),
    };
    Some((character, end + usize::from(bytes.get(end) == Some(&b';'))))
}

/// The character of this name; none where it says nothing.
fn named(name: &str) -> Option<char> {
    if let Some(sign) = listed(SIGNS, name) {
        return Some(sign);
    }
    let parts_words = ["nbsp", "Tab", "NewLine", "mdash", "ndash", "horbar"].contains(&name)
        || (name.ends_with("sp") || name.ends_with("Space"))
            && name != "ZeroWidthSpace"
            && name != "HilbertSpace";
    if parts_words {
        return Some(' ');
    }
    let mut letters = name.chars();
    let first = letters.next()?;
    if MARKS.contains(&letters.as_str()) {
        return Some(first);
    }
    let cased = |c: char| if first.is_ascii_uppercase() { c.to_uppercase().next() } else { Some(c) };
    let small = name.to_ascii_lowercase();
    if let Some(letter) = small.strip_suffix("cy").and_then(|stem| listed(CYRILLIC, stem)) {
        return cased(letter);
    }
    let plain = small.trim_start_matches("var").trim_start_matches("straight").trim_end_matches('v');
    let greek = || listed(GREEK, &small).or_else(|| listed(GREEK, plain)).and_then(cased);
    listed(LETTERS, name).or_else(greek)
}

/// What stands behind a name in a list of names and characters.
fn listed(list: &str, name: &str) -> Option<char> {
    let mut words = list.split_ascii_whitespace();
    while let (Some(word), Some(character)) = (words.next(), words.next()) {
        if word == name {
            return character.chars().next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<char>, left: &str) {
        let (found, length) = entity(text.as_bytes()).expect("an entity");
        assert_eq!((found, &text[length..]), (expected, left), "{text}");
    }

    #[test]
    fn an_entity_stands_for_its_character() {
        check("&amp;lt;", Some('&'), "lt;");
        check("&#0000000000000000084;x", Some('T'), "x");
        check("&#x41bc", char::from_u32(0x41bc), "");
        check("&#xD800;x", None, "x");
        check("&#99999999999;x", None, "x");
        check("&eacute;", Some('e'), "");
        check("&Eacutete", Some('E'), "te");
        check("&tfr;", Some('t'), "");
        check("&khcy;", Some('х'), "");
        check("&SHCHcy;", Some('Щ'), "");
        check("&Omega;", Some('Ω'), "");
        check("&sigmaf;", Some('σ'), "");
        check("&varepsilon;", Some('ε'), "");
        check("&szlig;", Some('ß'), "");
        check("&nbspword", Some(' '), "word");
        check("&mdash;a", Some(' '), "a");
        check("&ZeroWidthSpace;a", None, "a");
        check("&CounterClockwiseContourIntegral;a", None, "a");
        check("&frac14", Some('¼'), "");
    }

    #[test]
    fn what_is_no_entity_stays() {
        for text in [
            "&",
            "& co;",
            "&&",
            "&#",
            "&#x;",
            "&b;",
            "&copy=1",
            "&page=2",
            "&ThisNameIsMuchTooLongForAnEntity;",
        ] {
            assert_eq!(entity(text.as_bytes()), None, "{text}");
        }
    }
}
