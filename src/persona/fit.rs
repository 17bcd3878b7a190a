//! Cuts long texts to the tokens that they get, by the tokenizer's own count, and says so where it cut.
//!
//! The middle goes: beginnings and ends of answers tell most of how they are made. A text's count is asked for,
//! never guessed; only where to cut next is.

use super::PersonaError;
use super::evidence::{Evidence, Order, PassageKind};
use super::frame::Frame;
use crate::preference::PairId;

/// Stands where text was left out.
const CUT_MARK: &str = "\n[… cut …]\n";

/// A token takes at most about this many characters, so a text of a megabyte need not be counted to be cut.
const MOST_CHARACTERS_A_TOKEN: usize = 32;

/// Instructions and a question, and a template's marks: what a prompt of one pair holds besides the pair.
const INSTRUCTION_TOKENS: u32 = 160;

/// One choice in words, cut to its room.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub pair: PairId,
    pub tokens: u32,
    /// Whether a passage was too long for its room.
    pub is_cut: bool,
    chosen_first: String,
    chosen_second: String,
    /// What the synthesis is told in place of it, the chosen answer first and second.
    outline: Option<(String, String)>,
}

impl Shown {
    /// A choice of a few words, for tests of what is done with choices.
    #[cfg(test)]
    pub fn short(number: usize) -> Self {
        let pair = crate::preference::PreferencePair::new(Vec::new(), format!("good {number}"), "bad").id;
        let (chosen_first, chosen_second) = (format!("good {number}, bad"), format!("bad, good {number}"));
        Shown { pair, tokens: 8, is_cut: false, chosen_first, chosen_second, outline: None }
    }

    /// The choice with the chosen answer in its place.
    pub fn in_order(&self, order: Order) -> &str {
        match order {
            Order::ChosenFirst => &self.chosen_first,
            Order::ChosenSecond => &self.chosen_second,
        }
    }

    /// What the synthesis is told of the choice, where that is not what is shown.
    pub fn outline(&self, order: Order) -> Option<&str> {
        self.outline.as_ref().map(|(chosen_first, chosen_second)| match order {
            Order::ChosenFirst => chosen_first.as_str(),
            Order::ChosenSecond => chosen_second,
        })
    }
}

/// The tokens that a conversation and an answer get: the settings, or less where the model's context is short.
fn room<P>(frame: &Frame<P>) -> (u32, u32) {
    let settings = &frame.settings;
    let wanted = settings.context_tokens + 2 * settings.answer_tokens;
    // Half of the prompt for the pair that is judged, the rest for examples and for what the model writes.
    let pair = frame.limit_tokens().saturating_sub(INSTRUCTION_TOKENS) / 2;
    if wanted <= pair {
        return (settings.context_tokens, settings.answer_tokens);
    }
    let part = |tokens: u32| (u64::from(tokens) * u64::from(pair) / u64::from(wanted.max(1))) as u32;
    (part(settings.context_tokens).max(1), part(settings.answer_tokens).max(1))
}

/// Renders every choice with its passages cut to their room.
pub(super) async fn fit<E: Evidence>(
    frame: &Frame<E::Prompt>,
    evidence: &[E],
) -> Result<Vec<Shown>, PersonaError> {
    let (context_tokens, answer_tokens) = room(frame);
    let mut cuts = Vec::new();
    for passage in evidence.iter().flat_map(Evidence::passages) {
        let budget = match passage.kind {
            PassageKind::Context => context_tokens,
            PassageKind::Answer => answer_tokens,
        };
        cuts.push(Cut::new(passage.text, budget));
    }
    cut_all(frame, &mut cuts).await?;
    let mut cuts = cuts.into_iter();
    let mut shown: Vec<Shown> = evidence
        .iter()
        .map(|one| {
            let cuts: Vec<Cut> = cuts.by_ref().take(one.passages().len()).collect();
            let is_cut = cuts.iter().any(Cut::is_cut);
            let passages: Vec<String> = cuts.into_iter().map(|cut| cut.shown).collect();
            Shown {
                pair: one.id(),
                tokens: 0,
                is_cut,
                chosen_first: one.render(&passages, Order::ChosenFirst),
                chosen_second: one.render(&passages, Order::ChosenSecond),
                outline: one.outline(Order::ChosenFirst).zip(one.outline(Order::ChosenSecond)),
            }
        })
        .collect();
    let rendered: Vec<String> = shown.iter().map(|one| one.chosen_first.clone()).collect();
    for (one, tokens) in shown.iter_mut().zip(frame.counts(&rendered).await?) {
        one.tokens = tokens;
    }
    Ok(shown)
}

/// A text on its way to its budget.
struct Cut {
    whole: Vec<char>,
    shown: String,
    keep: usize,
    budget: u32,
    fits: bool,
}

impl Cut {
    fn new(text: String, budget: u32) -> Self {
        let most = budget as usize * MOST_CHARACTERS_A_TOKEN;
        let whole: Vec<char> = text.chars().collect();
        let mut cut = Cut { keep: whole.len(), shown: text, whole, budget, fits: false };
        if cut.whole.len() > most {
            cut.cut_to(most);
        }
        cut
    }

    fn is_cut(&self) -> bool {
        self.keep < self.whole.len()
    }

    /// Keeps the first three fifths and the last two of `keep` characters.
    fn cut_to(&mut self, keep: usize) {
        self.keep = keep;
        let head = keep - keep * 2 / 5;
        let tail = self.whole.len() - (keep - head);
        let start: String = self.whole[..head].iter().collect();
        let end: String = self.whole[tail..].iter().collect();
        self.shown = format!("{}{CUT_MARK}{}", start.trim_end(), end.trim_start());
    }

    /// Takes a count of what is shown; cuts again where it is too long.
    fn counted(&mut self, tokens: u32) {
        if tokens <= self.budget || self.shown.is_empty() {
            self.fits = true;
        } else if self.keep == 0 {
            // Not even the mark fits.
            self.shown.clear();
        } else {
            let keep = self.keep as u64 * u64::from(self.budget) * 19 / (u64::from(tokens) * 20);
            self.cut_to((keep as usize).min(self.keep - 1));
        }
    }
}

/// Counts and cuts until every text fits; each round shortens every text that doesn't.
async fn cut_all<P>(frame: &Frame<P>, cuts: &mut [Cut]) -> Result<(), PersonaError> {
    loop {
        let mut open: Vec<&mut Cut> = cuts.iter_mut().filter(|cut| !cut.fits).collect();
        if open.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = open.iter().map(|cut| cut.shown.clone()).collect();
        for (cut, tokens) in open.iter_mut().zip(frame.counts(&texts).await?) {
            cut.counted(tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> u32 {
        text.split_whitespace().count() as u32
    }

    fn settle(text: &str, budget: u32) -> String {
        let mut cut = Cut::new(text.to_owned(), budget);
        while !cut.fits {
            let tokens = words(&cut.shown);
            cut.counted(tokens);
        }
        cut.shown
    }

    #[test]
    fn the_middle_goes_and_it_shows() {
        let text: String = (0..1000).map(|i| format!("{i} ")).collect();
        let shown = settle(&text, 40);
        assert!(words(&shown) <= 40 && words(&shown) > 25, "{shown}");
        assert!(
            shown.starts_with("0 1 2")
                && shown.trim_end().ends_with("998 999")
                && shown.contains("[… cut …]")
        );
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(settle("a b c", 3), "a b c");
        assert_eq!(settle("", 3), "");
    }

    #[test]
    fn no_budget_is_too_small() {
        assert_eq!(settle("a b c d e f g h", 0), "");
        assert_eq!(settle(&"x ".repeat(1_000_000), 1), "");
    }
}
