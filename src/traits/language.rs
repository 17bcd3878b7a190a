//! Whether a text is in English, in which alone much of the table can be measured, and which of some languages it is in.

use unicode_segmentation::UnicodeSegmentation;

use super::layout::{self, Line};

/// Words that hardly an English sentence does without, and that few other languages have.
const COMMON: [&str; 50] = [
    "the", "and", "that", "it", "you", "with", "are", "this", "your", "can", "have", "not", "from", "which",
    "what", "how", "they", "there", "about", "but", "when", "would", "if", "been", "has", "their", "them",
    "these", "than", "because", "more", "some", "into", "its", "who", "could", "should", "does", "my",
    "it's", "don't", "of", "he", "she", "his", "our", "out", "up", "were", "i'm",
];

/// So many words are looked at…
const LOOKED_AT: usize = 400;

/// … and fewer than this tell nothing.
const FEWEST: usize = 12;

/// English prose has one of the common words in every four; lists of names, tables and logs have next to none.
const SHARE: f64 = 0.08;

/// Letters beyond ASCII, of all: English has next to none, and few other languages of the Latin script write without.
const ACCENTS: f64 = 0.01;

/// Whether a text is in English; none where its prose is too short to tell, or tells nothing: lists of names, tables, logs.
/// Code is in no language of people's, whether it is fenced or not.
///
/// ```
/// use likeness::traits::is_english;
/// let told = "Boil the water first, then add the egg and wait for six minutes, and it is done.";
/// assert_eq!(is_english(told), Some(true));
/// assert_eq!(is_english("Yes."), None);
/// ```
pub fn is_english(text: &str) -> Option<bool> {
    let lines = layout::lines(text).filter_map(|line| match line {
        Line::Blank | Line::Fence | Line::Rule | Line::Code(_) => None,
        Line::Heading(body)
        | Line::Bullet(body)
        | Line::Numbered(body)
        | Line::TableRow(body)
        | Line::Quote(body)
        | Line::Prose(body) => Some(body),
    });
    let prose: Vec<String> = lines.filter(|line| !reads_like_code(line)).map(str::to_lowercase).collect();
    let words = prose.iter().flat_map(|line| line.unicode_words());
    let words: Vec<&str> = words.filter(|word| word.contains(char::is_alphabetic)).take(LOOKED_AT).collect();
    if words.len() < FEWEST {
        return None;
    }
    let letters = words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic());
    let (mut all, mut accented, mut other_script) = (0.0, 0.0, 0.0);
    for letter in letters {
        all += 1.0;
        accented += f64::from(u8::from(!letter.is_ascii()));
        other_script += f64::from(u8::from(letter as u32 >= 0x250));
    }
    let common = counted(words.iter().copied(), &COMMON).1 as f64 >= SHARE * words.len() as f64;
    match language(words.iter().copied()) {
        _ if 2.0 * other_script > all => Some(false),
        Some(told) if told != Language::English => Some(false),
        _ if common => Some(true),
        // A word or two of English's are words of another language, too.
        _ if accented >= ACCENTS * all => Some(false),
        told => told.map(|_| true),
    }
}

/// Signs that stand within the words of code, and seldom within those of prose or alone.
const SIGNS_OF_CODE: &[char] = &[
    '=', '_', '{', '}', '<', '>', '/', '\\', '$', '(', ')', '[', ']', '"', ';', ':', '.', '@', '&', '|', '+',
];

/// Whether a line is code although nothing marks it as such: a third of what stands between its blanks has such signs,
/// other than around a word.
fn reads_like_code(line: &str) -> bool {
    let (mut all, mut odd) = (0, 0);
    for piece in line.split_whitespace() {
        let word = piece.trim_matches(|c| ".,;:!?()[]\"'`*_".contains(c));
        all += 1;
        odd += usize::from(if word.is_empty() {
            piece.contains(['(', ')', '[', ']', ';'])
        } else {
            // Where words are not parted by blanks, a whole sentence is one piece.
            piece.is_ascii() && word.contains(SIGNS_OF_CODE)
                || ["\":", "[\"", "(\""].iter().any(|signs| piece.contains(signs))
        });
    }
    3 * odd >= all
}

/// Languages that are told apart within the Latin script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
}

/// Words that hardly a sentence of each does without, and that are rare in the others.
const USUAL: [(Language, &[&str]); 7] = [
    (
        Language::English,
        &[
            "the", "and", "that", "it", "you", "with", "this", "your", "have", "not", "from", "which",
            "what", "how", "they", "of", "to", "for", "is", "my", "i", "it's", "should",
        ],
    ),
    (
        Language::German,
        &[
            "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "einen", "den", "dem", "mit", "auf",
            "für", "sich", "von", "im", "ich", "wie", "zu", "kann", "oder", "wenn", "wird", "sind", "auch",
            "mein", "meine", "meinen", "warum", "welche",
        ],
    ),
    (
        Language::French,
        &[
            "le", "les", "des", "et", "est", "pas", "dans", "pour", "qui", "sur", "avec", "vous", "je", "du",
            "au", "une", "ce", "mon", "ma", "comment", "pourquoi", "c'est", "être",
        ],
    ),
    (
        Language::Spanish,
        &[
            "el", "los", "las", "y", "una", "por", "para", "con", "del", "más", "qué", "cómo", "está", "mi",
            "puedo", "pero", "es", "lo", "sus",
        ],
    ),
    (
        Language::Italian,
        &[
            "il", "di", "che", "è", "per", "non", "della", "sono", "come", "gli", "nel", "più", "posso",
            "anche", "perché", "una", "mio", "mia",
        ],
    ),
    (
        Language::Portuguese,
        &[
            "os", "do", "da", "em", "um", "uma", "não", "para", "com", "mais", "você", "na", "ao", "são",
            "minha", "meu", "posso", "também",
        ],
    ),
    (
        Language::Dutch,
        &[
            "het", "een", "van", "dat", "niet", "op", "te", "met", "voor", "zijn", "ik", "hoe", "kan",
            "mijn", "wordt", "ook", "is", "veel", "tot", "hem", "naar", "maar", "bij",
        ],
    ),
];

/// Prose has one of its language's usual words in every four, a text on another language a quotation here and there.
const LEAST: usize = 2;
const LEAST_SHARE: f64 = 0.1;

/// The language of a text with these `words`; none where too few of them tell, or as many tell another.
pub(super) fn language<'a>(words: impl Iterator<Item = &'a str>) -> Option<Language> {
    let words: Vec<&str> = words.take(LOOKED_AT).collect();
    let count = |(language, usual): &(Language, &'static [&'static str])| {
        (counted(words.iter().copied(), usual).1, *language, *usual)
    };
    let mut counts = USUAL.each_ref().map(count);
    counts.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let [(most, language, usual), (next, ..), ..] = counts;
    // One word that comes again and again may be a word of another language: "do", "im" for "I'm".
    let different = usual.iter().filter(|usual| words.contains(usual)).count();
    let enough = most as f64 >= LEAST_SHARE * words.len() as f64;
    (different >= LEAST && enough && most >= 2 * next).then_some(language)
}

/// How many words are looked at, and how many of these are in `list`.
fn counted<'a>(words: impl Iterator<Item = &'a str>, list: &[&str]) -> (usize, usize) {
    let (mut all, mut listed) = (0, 0);
    for word in words.take(LOOKED_AT) {
        all += 1;
        listed += usize::from(list.iter().any(|other| other.eq_ignore_ascii_case(word)));
    }
    (all, listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_where_words_tell_them() {
        let check = |text: &str, expected| {
            let words = text.to_lowercase();
            assert_eq!(language(words.unicode_words()), expected, "{text}");
        };
        check("Wie reinige ich einen verstopften Duschabfluss?", Some(Language::German));
        check("How do I clean a blocked drain?", Some(Language::English));
        check("Comment puis-je nettoyer le siphon, et est-ce difficile?", Some(Language::French));
        check("¿Cómo puedo limpiar el desagüe de la ducha?", Some(Language::Spanish));
        check("Come posso pulire il sifone della doccia?", Some(Language::Italian));
        check("Como posso limpar o ralo do chuveiro em casa?", Some(Language::Portuguese));
        check("Hoe kan ik de afvoer van mijn douche reinigen?", Some(Language::Dutch));
        check("Wasser ablaufen lassen, Sieb säubern.", None);
        check("", None);
        check("What do bees do in winter? They do little.", None);
        check("im proud of u and im here", None);
        check("The German articles are der, die and das, and all of them are used with nouns.", None);
    }

    #[test]
    fn prose_and_lists_in_english_are_and_those_of_other_languages_are_not() {
        let check = |text: &str, expected| assert_eq!(is_english(text), expected, "{text}");
        check(
            "Three books: \"The Name of the Rose\" by Umberto Eco, \"Dune\" by Frank Herbert, \"Emma\" by Jane Austen.",
            Some(true),
        );
        check(
            "Gieß die Pflanze weniger: Ist die Erde zwei Zentimeter tief noch feucht, warte ein paar Tage und stell \
             sie dann an ein helles Fenster, aber nicht in die pralle Sonne.",
            Some(false),
        );
        check(
            "Vous arrosez sans doute trop. Attendez que la terre soit sèche, puis placez le pot près d'une fenêtre \
             bien éclairée, à l'abri du soleil direct.",
            Some(false),
        );
        check(
            "Riega menos la planta: espera a que la tierra esté seca y ponla cerca de una ventana con luz.",
            Some(false),
        );
        check(
            "Non annaffiare troppo la pianta: aspetta che la terra sia asciutta, e mettila vicino a una finestra.",
            Some(false),
        );
        check(
            "Je geeft de plant te veel water, of de pot staat te donker: wacht tot de aarde droog is en zet hem licht.",
            Some(false),
        );
        check(
            "Du vanner planten for meget: vent til jorden er tør, og stil den så for et vindue med godt lys.",
            Some(false),
        );
        check(
            "Podlewasz za często, to szkodzi roślinie: poczekaj, aż ziemia wyschnie, i postaw ją przy oknie.",
            Some(false),
        );
        check(
            "水をやりすぎている可能性があります。土が乾くまで待ってから、明るい窓辺に置いてください。",
            Some(false),
        );
        check(
            "أنت تسقي النبتة أكثر من اللازم، انتظر حتى تجف التربة ثم ضعها قرب نافذة مضيئة بعيدا عن الشمس.",
            Some(false),
        );
        check("Well, there is much to say about eggs. Well, there is much to say about eggs.", Some(true));
        check("", None);
        check("12 34 56 78 90 12 34 56 78 90 12 34 56 78", None);
        check(
            "Rosa Parks, Alan Turing, Ada Lovelace, Grace Hopper, Marie Curie, Nikola Tesla, Louis Pasteur.",
            None,
        );
        check(
            "2 cups flour\n1 cup sugar\n3 large eggs\n1 teaspoon vanilla\n1 pinch salt\n200 g butter",
            None,
        );
        check("Old pond\na frog leaps\nwater's sound\nmoon over pines\na bell far off", None);
        check(
            "Once there was a cat. She had a red hat. She sat on a mat, and he sat on his bed.",
            Some(true),
        );
    }

    #[test]
    fn code_is_in_no_language() {
        let rust = "fn main() {\n    let names: Vec<String> = std::env::args().skip(1).collect();\n    for name in \
                    &names {\n        println!(\"Hello, {name}!\");\n    }\n}";
        let curl = "curl -X POST https://example.com/v1/items \\\n  -H \"Content-Type: application/json\" \\\n  -H \
                    \"Authorization: Bearer $KEY\" \\\n  -d '{\"name\": \"x\", \"size\": 3}'";
        let json = "{\n  \"name\": \"likeness\",\n  \"type\": \"module\",\n  \"files\": [\"dist\", \"src\"],\n  \
                    \"scripts\": { \"build\": \"vite build\", \"test\": \"vitest run\" }\n}";
        let sql = "SELECT o.id, o.total, c.name\nFROM orders o\nJOIN customers c ON c.id = o.customer_id\nWHERE \
                   o.total > 100\nORDER BY o.total DESC;";
        let css =
            "body {\n  margin: 0;\n  font-family: sans-serif;\n}\nmain {\n  display: grid;\n  gap: 1rem;\n}";
        let log = "mov eax, ebx\nadd eax, ecx\npush eax\ncall print\npop eax\nmov esp, ebp\npop ebp\nret";
        for code in [rust, curl, json, sql, css, log] {
            assert_ne!(is_english(code), Some(false), "{code}");
        }
        for code in [rust, curl, json] {
            let german =
                "Das ist schnell getan: Lies die Datei, dann zähle die Zeilen und gib sie am Ende aus.";
            for text in [format!("{german}\n\n{code}"), format!("{german}\n\n```\n{code}\n```")] {
                assert_eq!(is_english(&text), Some(false), "{text}");
            }
            let english =
                "Read the file first, then count the lines in it, and print them when you are done.";
            for text in [format!("{english}\n\n{code}"), format!("{english}\n\n```\n{code}\n```")] {
                assert_eq!(is_english(&text), Some(true), "{text}");
            }
        }
        let chinese =
            "请使用Python3.5或更高版本,然后打开example.com/setup并按照说明完成安装,最后重新启动计算机。";
        assert_eq!(is_english(chinese), Some(false));
        let links = "- [Une carte](https://example.com/a), qui montre les chemins\n- [Un livre](https://example.com/b), que \
                     personne ne lit";
        assert_eq!(is_english(links), Some(false));
    }
}
