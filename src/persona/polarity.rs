//! Which words of a claim are said and which are denied: in "short answers without jargon" jargon is, and nothing else.
//!
//! English, read from left to right, and no grammar: a negator denies the words behind it up to where its phrase seems
//! to end, and a verb of dislike all that is disliked. What may be meant either way, as the lists of "no headings and
//! lists", is open rather than guessed: a claim in the wrong direction is worse than one about no trait.

/// How a word is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// As something liked, or said to be there.
    Said,
    /// As something that is not.
    Denied,
    /// It can't be told.
    Open,
}

impl Sense {
    /// The other sense of the two that can be told.
    fn flipped(self) -> Self {
        match self {
            Sense::Said => Sense::Denied,
            Sense::Denied => Sense::Said,
            Sense::Open => Sense::Open,
        }
    }
}

/// Deny what stands behind them. All that ends in "n't" does too.
const NEGATORS: &[&str] = &[
    "no",
    "not",
    "non",
    "never",
    "none",
    "nothing",
    "neither",
    "nor",
    "cannot",
    "dont",
    "without",
    "fewer",
    "less",
    "few",
    "little",
    "minimal",
    "minimize",
    "minimise",
    "limited",
    "reduced",
    "reduce",
    "zero",
    "rarely",
    "seldom",
    "hardly",
    "barely",
    "scarcely",
    "lack",
    "lacks",
    "lacking",
    "omit",
    "omits",
    "omitting",
    "exclude",
    "excludes",
    "excluding",
    "except",
];

/// Verbs that deny all that they are said of where they are the claim's own, and what stands behind them elsewhere.
const DISLIKING: &[&str] = &[
    "dislike", "dislikes", "avoid", "avoids", "avoiding", "hate", "hates", "detest", "skip", "skips",
    "skipping", "reject", "rejects", "oppose", "resent",
];

/// Verbs that say all of it.
const LIKING: &[&str] = &[
    "prefer",
    "prefers",
    "like",
    "likes",
    "value",
    "values",
    "enjoy",
    "enjoys",
    "appreciate",
    "appreciates",
    "favour",
    "favours",
    "favor",
    "favors",
    "want",
    "wants",
    "love",
    "loves",
    "need",
    "needs",
];

/// May stand between who likes and the verb.
const BEFORE_A_VERB: &[&str] = &[
    "do",
    "does",
    "did",
    "would",
    "will",
    "can",
    "also",
    "really",
    "generally",
    "usually",
    "often",
    "tend",
    "to",
];

/// Deny what stands before them.
const BEHIND: &[&str] =
    &["minimum", "avoided", "omitted", "excluded", "absent", "disliked", "unwelcome", "sparingly"];

/// A phrase of something denied ends before these, and what follows may be denied as well or not.
const ENDS_A_PHRASE: &[&str] = &[
    "that", "which", "who", "to", "by", "from", "through", "as", "after", "before", "in", "on", "at", "for",
    "about", "when", "where", "if", "unless", "while", "because", "since", "during",
];

/// The same after a verb of dislike: of these alone it is in doubt whether what follows is disliked too.
const ENDS_A_DISLIKE: &[&str] = &[
    "in", "on", "at", "for", "about", "when", "where", "if", "unless", "while", "because", "since", "during",
];

/// What follows is said again, where something was denied before.
const SAID_AGAIN: &[&str] = &["with", "more", "many", "much", "lot", "lots", "plenty", "instead", "only"];

/// Of two things joined by "and" the second is said again where it begins with one of these.
const A_PREDICATE: &[&str] = &[
    "use",
    "uses",
    "using",
    "include",
    "includes",
    "including",
    "contain",
    "contains",
    "have",
    "has",
    "having",
    "are",
    "is",
    "keep",
    "keeps",
    "give",
    "gives",
    "get",
    "gets",
];

/// The same of a comparative: "less formal and warmer".
const COMPARATIVES: &[&str] = &[
    "longer",
    "shorter",
    "briefer",
    "harder",
    "easier",
    "simpler",
    "clearer",
    "richer",
    "plainer",
    "warmer",
    "cooler",
    "friendlier",
    "kinder",
    "funnier",
];

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In small letters.
    pub word: String,
    pub sense: Sense,
    /// Which phrase it stands in, counted from the beginning: "longer words" are one, "longer, with words" are two.
    pub phrase: usize,
}

/// The words of a text, and how each is meant. Those of which `says_nothing` tells so are left out, and so are most of
/// those that only tell how others are meant.
pub(super) fn read(text: &str, says_nothing: fn(&str) -> bool) -> Vec<Word> {
    let tokens = tokens(text);
    let mut reader =
        Reader { says_nothing, read: Vec::new(), phrase: 0, now: Place::default(), outside: None };
    for (at, token) in tokens.iter().enumerate() {
        let word = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
            Some(Token::Word(word)) => word.as_str(),
            Some(Token::Break(',')) => ",",
            _ => "",
        };
        match token {
            Token::Word(this) => {
                let around = [word(at.checked_sub(2)), word(at.checked_sub(1)), word(Some(at + 1))];
                reader.word(this, around);
            }
            Token::Compound(parts) => reader.compound(parts),
            Token::Break(sign) => reader.pause(*sign),
        }
    }
    reader.end();
    reader.read
}

enum Token {
    Word(String),
    /// Words joined by hyphens.
    Compound(Vec<String>),
    /// A sign that parts what stands before it from what follows.
    Break(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '‐' | '‑');
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if length == 0 {
            rest = &rest[first.len_utf8()..];
            // A point within a number or a name parts nothing.
            let parts = match first {
                '.' | '!' | '?' | ';' | ':' | ',' => rest.chars().next().is_none_or(|c| !is_word(c)),
                '(' | ')' | '—' | '–' | '\n' => true,
                _ => false,
            };
            tokens.extend(parts.then_some(Token::Break(first)));
            continue;
        }
        let words = rest[..length].to_lowercase().replace('’', "'").replace(['‐', '‑'], "-");
        let mut words: Vec<String> = words
            .split('-')
            .map(|word| word.trim_matches('\'').to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        match words.len() {
            // A hyphen that stands alone is a dash.
            0 => tokens.push(Token::Break('—')),
            1 => tokens.extend(words.pop().map(Token::Word)),
            _ => tokens.push(Token::Compound(words)),
        }
        rest = &rest[length..];
    }
    tokens
}

/// Where in a claim the reader is.
#[derive(Clone, Copy)]
struct Place {
    /// Behind a verb of dislike that is the claim's own.
    disliked: bool,
    /// Behind a negator.
    negated: bool,
    /// Behind the end of a denied phrase: what is read now may be meant either way.
    open: bool,
    /// Whether a word was read since the negator or the verb.
    any: bool,
    /// Whether a joint was: "few or no" denies once.
    joined: bool,
    /// Whether a verb that comes now is the claim's own.
    subject: bool,
    /// Within what is said of the answers, and not of the person.
    relative: bool,
    /// Where the phrase begins, among the words read, and where the one before it did.
    begins: usize,
    before: usize,
}

impl Default for Place {
    fn default() -> Self {
        Place {
            disliked: false,
            negated: false,
            open: false,
            any: false,
            joined: false,
            subject: true,
            relative: false,
            begins: 0,
            before: 0,
        }
    }
}

struct Reader {
    says_nothing: fn(&str) -> bool,
    read: Vec<Word>,
    phrase: usize,
    now: Place,
    /// The place before a bracket opened.
    outside: Option<Place>,
}

impl Reader {
    fn word(&mut self, word: &str, [second_last, last, next]: [&str; 3]) {
        let subject = self.now.subject;
        let contrast = matches!((word, next), ("rather", "than") | ("instead", "of") | ("anything", "but"))
            || matches!(word, "versus" | "vs" | "opposed")
            || word == "over" && !matches!(next, "several" | "many" | "multiple" | "time" | "the");
        match word {
            "you" | "they" => (self.now.subject, self.now.relative) = (true, false),
            "than" if last == "rather" => {}
            "but" if last == "anything" => {}
            "only" | "just" | "merely" | "simply" if last == "not" => {}
            "not" if matches!(next, "only" | "just" | "merely" | "simply") => {}
            "necessarily" | "always" | "mind" | "care" if self.is_pending() => self.now.open = true,
            "do" | "does" | "did" if matches!(next, "not" | "never") => {}
            "few" | "little" if last == "a" => {
                // "A few examples" are some; of "only a few" it can't be told.
                if matches!(second_last, "only" | "just") {
                    self.begin();
                    self.now.open = true;
                }
            }
            _ if LIKING.contains(&word) && subject && (word, last) != ("like", ",") => self.verb(false),
            _ if DISLIKING.contains(&word) && subject => self.verb(true),
            _ if contrast => self.deny(true),
            _ if NEGATORS.contains(&word)
                || DISLIKING.contains(&word)
                || word.ends_with("n't")
                || (word, last) == ("most", "at")
                || word == "free" && matches!(next, "of" | "from")
                || matches!(word, "leave" | "leaves" | "leaving") && next == "out" =>
            {
                self.deny(false);
                self.now.subject = subject;
            }
            "out" if matches!(last, "leave" | "leaves" | "leaving" | "left") => {}
            _ if BEHIND.contains(&word) || (word, next) == ("left", "out") => {
                let begins = self.now.begins;
                self.read[begins..].iter_mut().for_each(|word| word.sense = word.sense.flipped());
            }
            "but" | "yet" => {
                self.say_again();
                self.now.subject = !self.now.relative;
            }
            "and" => self.join(','),
            "or" => {
                self.now.open &= !self.now.negated;
                self.now.joined = true;
                self.now.subject = !self.now.relative;
            }
            "than" => self.than(last),
            _ if SAID_AGAIN.contains(&word) => {
                if self.now.open || self.now.negated && self.now.any {
                    self.say_again();
                } else if !self.now.negated {
                    self.begin();
                }
                self.now.subject = false;
            }
            _ => self.plain(word, last),
        }
    }

    /// A word that may carry meaning of its own.
    fn plain(&mut self, word: &str, last: &str) {
        let joined = self.now.open && matches!(last, "and" | ",");
        if joined && A_PREDICATE.contains(&word) || self.now.open && COMPARATIVES.contains(&word) {
            self.say_again();
        }
        let ends = ENDS_A_PHRASE.contains(&word);
        let denied = self.now.negated && ends || self.now.disliked && ENDS_A_DISLIKE.contains(&word);
        self.now.open |= denied && self.now.any;
        if matches!(word, "that" | "which" | "who" | "to") {
            self.now.relative |= !(word == "to" && self.now.subject);
            self.now.joined |= word == "to";
        }
        self.now.subject &= BEFORE_A_VERB.contains(&word);
        if !(self.says_nothing)(word) && !self.now.subject {
            let sense = self.sense();
            self.read.push(Word { word: word.to_owned(), sense, phrase: self.phrase });
            self.now.any |= !ends;
        }
        // "To" may lead to what denies the words before it: "kept to a minimum".
        if ends && !self.now.negated && word != "to" {
            self.begin();
        }
    }

    /// "no-nonsense", "jargon-free": the hyphens tell what is denied, and nothing behind them is. Any other compound is its
    /// words.
    fn compound(&mut self, parts: &[String]) {
        let first = parts.first().map_or("", String::as_str);
        let last = parts.last().map_or("", String::as_str);
        let denied = if matches!(first, "no" | "non" | "not" | "less" | "low" | "zero" | "anti") {
            &parts[1..]
        } else if last == "free" {
            &parts[..parts.len() - 1]
        } else {
            return parts.iter().for_each(|part| self.word(part, [""; 3]));
        };
        let sense = self.sense().flipped();
        let words = denied.iter().filter(|word| !(self.says_nothing)(word));
        let phrase = self.phrase;
        self.read.extend(words.map(|word| Word { word: word.clone(), sense, phrase }));
        (self.now.any, self.now.subject) = (true, false);
    }

    fn pause(&mut self, sign: char) {
        match sign {
            '.' | '!' | '?' => {
                self.end();
                self.now = Place { begins: self.read.len(), before: self.read.len(), ..Place::default() };
            }
            '(' => {
                self.outside = Some(self.now);
                self.now.open |= self.now.negated && self.now.any;
            }
            ')' => self.now = self.outside.take().unwrap_or(self.now),
            _ => self.join(sign),
        }
    }

    /// Of what is joined to something denied it is open whether it is denied too; what is disliked goes on.
    fn join(&mut self, sign: char) {
        self.now.open |= self.now.negated && self.now.any || self.now.disliked && sign == ';';
        self.now.joined = true;
        self.now.subject = !self.now.relative;
        self.phrase += 1;
        if !self.now.negated {
            self.begin();
        }
    }

    /// "Fewer than three" denies on; what stands behind any other "than" is only compared with.
    fn than(&mut self, last: &str) {
        let less = matches!(last, "less" | "fewer") && self.leaves_open();
        self.now.open |= self.now.any || less;
        self.now.subject = false;
    }

    /// The end of a sentence: "You like headings less." denies what stands before it.
    fn end(&mut self) {
        self.leaves_open();
    }

    /// A negator with nothing behind it may speak of what is before it; gives whether there is something.
    fn leaves_open(&mut self) -> bool {
        let Place { begins, before, .. } = self.now;
        let is_pending = self.is_pending() && begins == self.read.len();
        let told = if is_pending { &mut self.read[before..] } else { &mut [] };
        told.iter_mut().for_each(|word| word.sense = Sense::Open);
        !told.is_empty()
    }

    /// Whether a negator waits for what it denies.
    fn is_pending(&self) -> bool {
        self.now.negated && !self.now.any && !self.now.open
    }

    fn verb(&mut self, dislikes: bool) {
        let disliked = dislikes != self.is_pending();
        self.begin();
        self.now.before = self.now.begins;
        self.now =
            Place { disliked, negated: false, open: false, relative: false, subject: false, ..self.now };
    }

    /// A negator. Two that follow each other say it again, as in "not without humour", unless the second of two things is
    /// only named beside the first.
    fn deny(&mut self, beside: bool) {
        let twice = self.is_pending() && !self.now.joined && !beside;
        self.begin();
        self.now = Place { negated: !twice, open: false, subject: false, ..self.now };
    }

    fn say_again(&mut self) {
        self.begin();
        self.now = Place { negated: false, open: false, ..self.now };
    }

    fn begin(&mut self) {
        self.phrase += 1;
        let before = self.now.begins;
        self.now = Place { before, begins: self.read.len(), any: false, joined: false, ..self.now };
    }

    fn sense(&self) -> Sense {
        match self.now {
            Place { open: true, .. } => Sense::Open,
            now if now.disliked != now.negated => Sense::Denied,
            _ => Sense::Said,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of each word: "-" denied, "?" open.
    fn check(text: &str, expected: &str) {
        let nothing = |word: &str| {
            [
                "you", "answers", "the", "a", "are", "of", "too", "very", "any", "prefer", "is", "being",
                "when", "to",
            ]
            .contains(&word)
        };
        let told: Vec<String> = read(text, nothing)
            .into_iter()
            .map(|Word { word, sense, .. }| match sense {
                Sense::Said => word,
                Sense::Denied => format!("-{word}"),
                Sense::Open => format!("?{word}"),
            })
            .collect();
        assert_eq!(told.join(" "), expected, "{text}");
    }

    #[test]
    fn a_negator_denies_its_phrase_alone() {
        check("You prefer concise answers without jargon.", "concise -jargon");
        check("You prefer short answers with no fluff.", "short -fluff");
        check("You prefer no fluff and more examples.", "-fluff examples");
        check("You prefer fewer headings (8 of 9) with examples.", "-headings ?8 ?9 examples");
        check("You prefer short answers (no emoji) and lists.", "short -emoji lists");
        check("You prefer answers that are not long but warm.", "that -long warm");
        check("You prefer headings, not lists.", "headings -lists");
        check("You prefer no-nonsense, warm answers.", "-nonsense warm");
        check("You prefer jargon-free, warm answers.", "-jargon warm");
        check("You prefer well-structured answers.", "well structured");
        check("You prefer no more than two headings.", "-two -headings");
        check("You prefer fewer than two headings.", "-two -headings");
        check("You prefer at most two headings.", "at -two -headings");
        check("You prefer at least two headings.", "at least two headings");
        check("You prefer answers no longer than needed.", "-longer ?needed");
        check("You prefer answers free of jargon.", "-jargon");
        check("You prefer answers that leave out jargon.", "that -jargon");
        check("You prefer not too many headings.", "-headings");
    }

    #[test]
    fn what_is_joined_to_something_denied_is_denied_where_that_is_plain() {
        check("You prefer answers without headings or lists.", "-headings -lists");
        check("You prefer answers without headings, lists, or emoji.", "-headings ?lists -emoji");
        check("You prefer answers without headings and lists.", "-headings ?lists");
        check("You prefer answers without headings and without lists.", "-headings -lists");
        check("You prefer no emoji and no headings.", "-emoji -headings");
        check("You like neither headings nor lists.", "-headings -lists");
        check("You prefer less formal and warmer answers.", "-formal warmer");
        check("You prefer answers that avoid headings and use lists.", "that -headings use lists");
        check(
            "You prefer answers that don't use headings or include tables.",
            "that -use -headings -include -tables",
        );
        check("You prefer answers that avoid headings, using lists instead.", "that -headings using lists");
        check("You prefer no headings in short answers.", "-headings ?in ?short");
        check("You prefer less formal answers that use headings.", "-formal ?that ?use ?headings");
    }

    #[test]
    fn a_verb_of_dislike_denies_all_that_is_disliked() {
        check("You dislike headings and lists.", "-headings -lists");
        check("You avoid headings, lists and emoji.", "-headings -lists -emoji");
        check("You don't like headings and lists.", "-headings -lists");
        check("You do not really want headings.", "-headings");
        check("You never want headings.", "-headings");
        check("You don't dislike headings.", "headings");
        check("You dislike headings but like lists.", "-headings lists");
        check("You dislike headings and prefer lists.", "-headings lists");
        check("You dislike headings, prefer lists.", "-headings lists");
        check("You dislike headings but not lists.", "-headings lists");
        check("You prefer lists and dislike headings.", "lists -headings");
        check("You dislike headings in short answers.", "-headings ?in ?short");
        check("You dislike answers in bullet points.", "-in -bullet -points");
        check("You dislike answers that sound like a lecture.", "-that -sound -like -lecture");
    }

    #[test]
    fn two_negators_say_it_again() {
        check("You dislike answers without examples.", "examples");
        check("You dislike a lack of examples.", "examples");
        check("You dislike it when answers lack examples.", "-it examples");
        check("You prefer answers that are not without humour.", "that humour");
        check("You prefer few or no headings.", "-headings");
        check("You prefer little to no formality.", "-formality");
        check("You prefer few, if any, headings.", "-if -headings");
    }

    #[test]
    fn what_comes_second_in_a_comparison_is_denied() {
        check("You prefer short answers over long ones.", "short -long -ones");
        check("You prefer lists rather than headings.", "lists -headings");
        check("You prefer lists instead of headings.", "lists -headings");
        check("You prefer anything but headings.", "-headings");
        check("You prefer lists as opposed to headings.", "lists as -headings");
        check("You prefer answers more concise than detailed.", "concise ?detailed");
        check("You prefer answers spread over several paragraphs.", "spread over several paragraphs");
    }

    #[test]
    fn what_only_looks_like_a_negator_denies_nothing() {
        check("You prefer answers that are not only short but also warm.", "that short also warm");
        check("You prefer not just facts but examples.", "facts examples");
        check("You prefer a few headings.", "headings");
        check("You prefer only a few headings.", "?headings");
        check("You don't mind headings.", "?headings");
        check("You prefer answers that are not necessarily long.", "that ?long");
        check("You prefer headings kept to a minimum.", "-headings -kept");
        check("You prefer answers where headings are avoided.", "where -headings");
        check("You prefer answers with headings left out.", "-headings");
        check("You prefer headings used sparingly.", "-headings -used");
        check("You like headings less.", "?headings");
        check("You like headings less than lists.", "?headings ?lists");
        check("", "");
        check("- — ' ( ) . ' no", "");
    }
}
