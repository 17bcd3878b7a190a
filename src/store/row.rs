//! What a row holds, and how it becomes a domain type and back.
//!
//! A pair's texts lie one after the other in one piece of UTF-8, with the lengths beside them: a search runs
//! over that piece as it is, without a parser, and it goes to and from the browser in one copy.

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::preference::{Answer, Choice, Outcome, PairId, PreferencePair, Role, Standing, Turn};

/// Between two texts, so that no search matches across them. The lengths tell where a text ends, not this.
const BETWEEN: u8 = b'\n';

/// A pair as it is stored, but for its key and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct PairRow {
    /// All texts: the context's, the chosen, the rejected, the note, the origin.
    pub text: Vec<u8>,
    /// Everything else.
    pub shape: Shape,
}

/// Where the texts of a pair lie, and what else is known of it. Stored as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Of each turn, the role (`s`, `u` or `a`) and the bytes.
    context: Vec<(char, u32)>,
    chosen: u32,
    rejected: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    supersedes: Option<PairId>,
}

fn letter(role: Role) -> char {
    match role {
        Role::System => 's',
        Role::User => 'u',
        Role::Assistant => 'a',
    }
}

fn role(letter: char) -> Option<Role> {
    [Role::System, Role::User, Role::Assistant].into_iter().find(|role| self::letter(*role) == letter)
}

impl PairRow {
    /// The row of a pair.
    pub fn new(pair: &PreferencePair) -> Self {
        let mut text = Vec::with_capacity(pair.chosen.len() + pair.rejected.len() + 256);
        let mut put = |part: &str| {
            text.extend_from_slice(part.as_bytes());
            text.push(BETWEEN);
            part.len() as u32
        };
        let shape = Shape {
            context: pair.context.iter().map(|turn| (letter(turn.role), put(&turn.content))).collect(),
            chosen: put(&pair.chosen),
            rejected: put(&pair.rejected),
            note: pair.note.as_deref().map(&mut put),
            origin: pair.origin.as_deref().map(&mut put),
            at_ms: pair.at_ms,
            inferred: pair.standing == Standing::Inferred,
            supersedes: pair.supersedes,
        };
        PairRow { text, shape }
    }

    /// The pair; its id is computed from the texts, so a damaged row can't pass for another pair.
    ///
    /// # Errors
    /// When lengths and text do not fit each other.
    pub fn pair(&self) -> Result<PreferencePair, StoreError> {
        let mut texts = Texts { rest: &self.text };
        let mut context = Vec::with_capacity(self.shape.context.len());
        for (letter, bytes) in &self.shape.context {
            let role = role(*letter).ok_or(DAMAGED)?;
            context.push(Turn { role, content: texts.next(*bytes)?.to_owned() });
        }
        let (chosen, rejected) = (texts.next(self.shape.chosen)?, texts.next(self.shape.rejected)?);
        let note = self.shape.note.map(|bytes| texts.next(bytes)).transpose()?;
        let origin = self.shape.origin.map(|bytes| texts.next(bytes)).transpose()?;
        Ok(PreferencePair {
            at_ms: self.shape.at_ms,
            note: note.map(str::to_owned),
            origin: origin.map(str::to_owned),
            standing: if self.shape.inferred { Standing::Inferred } else { Standing::Stated },
            supersedes: self.shape.supersedes,
            ..PreferencePair::new(context, chosen, rejected)
        })
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "pair" };

/// Cuts the piece of text into its texts.
struct Texts<'a> {
    rest: &'a [u8],
}

impl<'a> Texts<'a> {
    fn next(&mut self, bytes: u32) -> Result<&'a str, StoreError> {
        let (text, rest) = self.rest.split_at_checked(bytes as usize).ok_or(DAMAGED)?;
        self.rest = rest.get(1..).ok_or(DAMAGED)?;
        std::str::from_utf8(text).map_err(|_| DAMAGED)
    }
}

/// A choice as it is stored. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceRow {
    context: Vec<(char, String)>,
    answers: Vec<(String, String)>,
    outcome: OutcomeRow,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeRow {
    Preferred(String),
    AllGood,
    AllBad,
}

impl ChoiceRow {
    /// The row of a choice.
    pub fn new(choice: &Choice) -> Self {
        ChoiceRow {
            context: choice.context.iter().map(|turn| (letter(turn.role), turn.content.clone())).collect(),
            answers: choice.answers.iter().map(|a| (a.id.clone(), a.content.clone())).collect(),
            outcome: match &choice.outcome {
                Outcome::Preferred(winner) => OutcomeRow::Preferred(winner.clone()),
                Outcome::AllGood => OutcomeRow::AllGood,
                Outcome::AllBad => OutcomeRow::AllBad,
            },
            at_ms: choice.at_ms,
            origin: choice.origin.clone(),
        }
    }

    /// The choice.
    ///
    /// # Errors
    /// When a role is none.
    pub fn choice(&self) -> Result<Choice, StoreError> {
        let turn = |(letter, content): &(char, String)| {
            let role = role(*letter).ok_or(StoreError::Damaged { what: "choice" })?;
            Ok(Turn { role, content: content.clone() })
        };
        Ok(Choice {
            context: self.context.iter().map(turn).collect::<Result<_, StoreError>>()?,
            answers: self
                .answers
                .iter()
                .map(|(id, content)| Answer { id: id.clone(), content: content.clone() })
                .collect(),
            outcome: match &self.outcome {
                OutcomeRow::Preferred(winner) => Outcome::Preferred(winner.clone()),
                OutcomeRow::AllGood => Outcome::AllGood,
                OutcomeRow::AllBad => Outcome::AllBad,
            },
            at_ms: self.at_ms,
            origin: self.origin.clone(),
        })
    }

    /// Names the choice, as [`Choice::id`] does: importing twice adds nothing, here as in a file.
    pub fn id(choice: &Choice) -> String {
        choice.id()
    }
}

/// What is left of a choice when the pair of its winner and one other answer is deleted: the choice without that
/// answer, or nothing when no two answers are left.
pub fn without_pair(choice: &Choice, gone: PairId) -> Option<Choice> {
    let Outcome::Preferred(winner) = &choice.outcome else { return Some(choice.clone()) };
    let chosen = choice.answers.iter().find(|answer| answer.id == *winner)?;
    let mut left = choice.clone();
    left.answers.retain(|answer| {
        answer.id == *winner || PairId::of(&choice.context, &chosen.content, &answer.content) != gone
    });
    (left.answers.len() > 1).then_some(left)
}

/// A person as stored. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileRow {
    /// What they are called.
    pub name: String,
    /// When they were added, in milliseconds since 1970.
    pub created_ms: f64,
    /// How many pairs are kept of them, deletions that can still be undone not counted off.
    pub pairs: u32,
    /// Gives places to what comes in.
    pub sequence: super::order::Sequence,
    /// Grows with each change of the person's pairs, so that a tab sees that what it remembers of them is old.
    #[serde(default)]
    pub revision: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_pair() -> impl Strategy<Value = PreferencePair> {
        let role = prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant)];
        let turn = (role, any::<String>()).prop_map(|(role, content)| Turn { role, content });
        let context = prop::collection::vec(turn, 0..4);
        let rest = (
            any::<String>(),
            any::<String>(),
            any::<Option<String>>(),
            any::<Option<String>>(),
            any::<Option<i64>>(),
            any::<bool>(),
        );
        (context, rest).prop_map(|(context, (chosen, rejected, note, origin, at_ms, inferred))| {
            let standing = if inferred { Standing::Inferred } else { Standing::Stated };
            let supersedes = inferred.then(|| PairId::of(&context, &rejected, &chosen));
            let pair = PreferencePair::new(context, chosen, rejected);
            PreferencePair { note, origin, at_ms, standing, supersedes, ..pair }
        })
    }

    proptest! {
        #[test]
        fn a_pair_survives_its_row(pair in any_pair()) {
            let row = PairRow::new(&pair);
            let shape = serde_json::from_str(&serde_json::to_string(&row.shape).unwrap()).unwrap();
            prop_assert_eq!(PairRow { text: row.text, shape }.pair(), Ok(pair));
        }

        #[test]
        fn a_damaged_row_is_told(pair in any_pair(), cut in any::<prop::sample::Index>()) {
            let mut row = PairRow::new(&pair);
            row.text.truncate(cut.index(row.text.len()));
            prop_assert!(row.pair().is_err());
        }
    }

    fn choice(outcome: Outcome) -> Choice {
        let answer = |id: &str| Answer { id: id.into(), content: id.to_uppercase() };
        Choice {
            context: vec![Turn::user("q")],
            answers: vec![answer("a"), answer("b"), answer("c")],
            outcome,
            at_ms: Some(5),
            origin: Some("here".into()),
        }
    }

    #[test]
    fn a_choice_survives_its_row() {
        for outcome in [Outcome::Preferred("b".into()), Outcome::AllGood, Outcome::AllBad] {
            let choice = choice(outcome);
            let json = serde_json::to_string(&ChoiceRow::new(&choice)).unwrap();
            assert_eq!(serde_json::from_str::<ChoiceRow>(&json).unwrap().choice(), Ok(choice));
        }
    }

    #[test]
    fn a_deleted_pair_takes_its_answer_out_of_the_choice() {
        let all = choice(Outcome::Preferred("a".into()));
        let pairs = all.pairs();
        let left = without_pair(&all, pairs[0].id).expect("two answers are left");
        assert_eq!(left.answers.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(without_pair(&left, pairs[1].id), None);
    }

    #[test]
    fn a_choices_id_leaves_time_and_origin_out() {
        let (one, mut other) = (choice(Outcome::AllBad), choice(Outcome::AllBad));
        (other.at_ms, other.origin) = (None, None);
        assert_eq!(ChoiceRow::id(&one), ChoiceRow::id(&other));
        assert_ne!(ChoiceRow::id(&one), ChoiceRow::id(&choice(Outcome::AllGood)));
        // Kept choices lie under these names.
        assert_eq!(ChoiceRow::id(&choice(Outcome::AllBad)), "a8f9d8e7bfc5203b32fb5bafe21489a6");
    }
}
