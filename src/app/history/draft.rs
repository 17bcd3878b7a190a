//! A pair while it is typed in or changed, and what is still wrong with it.

use crate::app::conversation::Conversation;
use crate::preference::PairId;
use crate::service::{DraftPair, PairView};

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The conversation.
    Context,
    /// The preferred answer.
    Chosen,
    /// The other one.
    Rejected,
}

/// The form's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairDraft {
    /// The conversation so far.
    pub context: Conversation,
    /// The preferred answer.
    pub chosen: String,
    /// The other one.
    pub rejected: String,
    /// The person's remark.
    pub note: String,
    /// The pair that is changed; none for a new one.
    pub supersedes: Option<PairId>,
}

impl PairDraft {
    /// The form filled with a kept pair.
    pub fn of(pair: &PairView) -> Self {
        PairDraft {
            context: Conversation::of(&pair.context),
            chosen: pair.chosen.clone(),
            rejected: pair.rejected.clone(),
            note: pair.note.clone().unwrap_or_default(),
            supersedes: Some(pair.id),
        }
    }

    /// The two answers change sides: the other one was meant.
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.chosen, &mut self.rejected);
    }

    /// What is wrong, field by field, in the order of the form; empty when it can be saved.
    pub fn problems(&self) -> Vec<(Field, &'static str)> {
        let mut problems = Vec::new();
        if self.context.written().is_empty() {
            problems.push((Field::Context, "Write what was asked."));
        }
        if self.chosen.trim().is_empty() {
            problems.push((Field::Chosen, "Paste the answer you preferred."));
        }
        if self.rejected.trim().is_empty() {
            problems.push((Field::Rejected, "Paste the other answer."));
        } else if self.rejected.trim() == self.chosen.trim() {
            problems.push((Field::Rejected, "The two answers are the same; there is nothing to choose."));
        }
        problems
    }

    /// The pair to save, or the first thing that is wrong. The texts are kept as typed: spaces are taste too.
    pub fn finish(&self) -> Result<DraftPair, (Field, &'static str)> {
        if let Some(problem) = self.problems().into_iter().next() {
            return Err(problem);
        }
        let note = self.note.trim();
        Ok(DraftPair {
            context: self.context.written(),
            chosen: self.chosen.clone(),
            rejected: self.rejected.clone(),
            note: (!note.is_empty()).then(|| note.to_owned()),
            origin: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::Turn;

    fn draft(question: &str, chosen: &str, rejected: &str) -> PairDraft {
        PairDraft {
            context: Conversation::of(&[Turn::user(question)]),
            chosen: chosen.into(),
            rejected: rejected.into(),
            ..PairDraft::default()
        }
    }

    #[test]
    fn says_what_is_missing_in_the_order_of_the_form() {
        let fields = |d: PairDraft| d.problems().into_iter().map(|(f, _)| f).collect::<Vec<_>>();
        assert_eq!(fields(PairDraft::default()), [Field::Context, Field::Chosen, Field::Rejected]);
        assert_eq!(fields(draft("q", "a", " a\n")), [Field::Rejected]);
        assert_eq!(fields(draft("q", "a", "b")), []);
    }

    #[test]
    fn keeps_texts_as_typed_and_drops_an_empty_note() {
        let saved = draft("q", " a ", "b").finish().unwrap();
        assert_eq!((saved.chosen.as_str(), saved.note), (" a ", None));
    }

    #[test]
    fn swapping_twice_changes_nothing() {
        let mut twice = draft("q", "a", "b");
        twice.swap();
        assert_eq!(twice.chosen, "b");
        twice.swap();
        assert_eq!(twice, draft("q", "a", "b"));
    }
}
