//! A question to the judge while it is typed in; and what the person themselves says of the two answers.

use crate::app::conversation::Conversation;
use crate::preference::{Answer, Choice, Outcome, Turn};

/// The form's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The conversation so far.
    pub context: Conversation,
    /// One answer.
    pub first: String,
    /// The other.
    pub second: String,
}

/// What the person says of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The first is better.
    First,
    /// The second is.
    Second,
    /// Both are good.
    BothGood,
    /// Neither is.
    BothBad,
}

impl Said {
    /// What comes of it once it is kept: a choice without a winner is kept too, and makes no pair to learn from.
    pub fn once_kept(self) -> &'static str {
        match self {
            Said::First | Said::Second => "Kept. It counts from now on.",
            Said::BothGood | Said::BothBad => "Kept. It has no winner, so nothing is learnt from it.",
        }
    }
}

impl Question {
    /// Something to try the judge on, which is in no sample.
    pub fn example() -> Self {
        Question {
            context: Conversation::of(&[Turn::user("My bread knife has gone blunt. Can I sharpen it at home?")]),
            first: "Yes, for about 12 euros. Buy a tapered ceramic rod of 6 mm, then:\n\n\
                    1. Lay the rod in a groove of the bread knife, from the bevelled side.\n\
                    2. Pull it towards the edge five times, at the angle that the groove already has.\n\
                    3. Do the same in each groove.\n\
                    4. Wipe the flat side once along the whole length to take the burr off.\n\n\
                    That is twenty minutes' work, and the blade needs it every two years or so."
                .into(),
            second: "Sharpening a serrated knife is generally considered more complicated than sharpening an \
                     ordinary one, and whether it's worthwhile may depend on several considerations. Some \
                     manufacturers offer specialised equipment, although results might vary. Alternatively, a \
                     professional sharpening service could perhaps be an option, or possibly a replacement."
                .into(),
        }
    }

    /// The answers change sides: what the judge says must not depend on it.
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.first, &mut self.second);
    }

    /// What is wrong with each answer; empty where nothing is.
    pub fn problems(&self) -> [&'static str; 2] {
        let (first, second) = (self.first.trim(), self.second.trim());
        let missing = |answer: &str| if answer.is_empty() { "Paste two answers to compare." } else { "" };
        if !first.is_empty() && first == second {
            ["", "The two answers are the same."]
        } else {
            [missing(first), missing(second)]
        }
    }

    /// What a judge reads; an empty turn in the form is not part of it.
    pub fn read(&self) -> (Vec<Turn>, String, String) {
        (self.turns(), self.first.clone(), self.second.clone())
    }

    /// The conversation so far; it may be empty, answers can be compared without one.
    pub fn turns(&self) -> Vec<Turn> {
        self.context.written()
    }

    /// The person's own choice between the two, to be kept.
    pub fn choice(&self, said: Said, now_ms: f64) -> Choice {
        let answer = |id: &str, content: &str| Answer { id: id.into(), content: content.into() };
        Choice {
            context: self.turns(),
            answers: vec![answer("first", &self.first), answer("second", &self.second)],
            outcome: match said {
                Said::First => Outcome::Preferred("first".into()),
                Said::Second => Outcome::Preferred("second".into()),
                Said::BothGood => Outcome::AllGood,
                Said::BothBad => Outcome::AllBad,
            },
            at_ms: Some(now_ms as i64),
            origin: Some("the Judge page".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_answers_are_needed() {
        let check = |first: &str, second: &str, wrong: [bool; 2]| {
            let question = Question { first: first.into(), second: second.into(), ..Question::default() };
            assert_eq!(
                question.problems().map(|problem| !problem.is_empty()),
                wrong,
                "{first:?}, {second:?}"
            );
        };
        check("", "", [true, true]);
        check("", "b", [true, false]);
        check("a", " ", [false, true]);
        check("a", "a\n", [false, true]);
        check("a", "b", [false, false]);
        assert_eq!(Question::example().problems(), ["", ""]);
    }

    #[test]
    fn an_empty_turn_makes_no_other_question() {
        let mut question = Question::example();
        let before = question.read();
        question.context.add();
        assert_eq!(question.read(), before);
        question.second.push(' ');
        assert_ne!(question.read(), before);
    }

    #[test]
    fn the_winner_is_told_by_its_id_whatever_its_side() {
        let mut question = Question::example();
        let first = question.first.clone();
        assert_eq!(question.choice(Said::First, 0.0).pairs()[0].chosen, first);
        question.swap();
        assert_eq!(question.choice(Said::Second, 0.0).pairs()[0].chosen, first);
        assert!(question.choice(Said::BothGood, 0.0).pairs().is_empty());
    }

    #[test]
    fn only_a_choice_that_makes_a_pair_is_said_to_count() {
        for said in [Said::First, Said::Second, Said::BothGood, Said::BothBad] {
            let makes_a_pair = !Question::example().choice(said, 0.0).pairs().is_empty();
            assert_eq!(said.once_kept().contains("counts"), makes_a_pair, "{said:?}");
        }
    }
}
