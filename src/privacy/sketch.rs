//! A sketch: all that a remote model may know of a pair, computed on this device.
//!
//! It tells one difference between the two answers, in which direction and no more: "the first is shorter". Which
//! traits it may tell of is fixed for a person: the few that say most about their choices, none that hints at a
//! subject. Of these it tells the one that matters most to them and leans the way that all their tastes together lean, so
//! that it does not speak for one answer where the rest speaks for the other. So a sketch takes one of nine values, and
//! nobody can tell by it which text it came from; what each field can reveal, and the attack that measures it, stand in
//! `PRIVACY.md`.
//!
//! No word of the pair is ever in it: its words are those of the table of traits.

use serde::{Deserialize, Serialize};

use super::Released;
use crate::preference::PairId;
use crate::traits::{Difference, Reveals, TABLE, Trait};

/// The most traits that the sketches of a person may tell of. With four, the right one of 100 texts is guessed
/// in less than one case in ten; with five, in more.
const MOST_TRAITS: usize = 4;

/// A difference is told where it moves the person's log-odds by at least this.
const TELLING: f64 = 0.1;

/// What a told difference is to a reward that learns of sketches: those told are larger than usual ones.
const TOLD_DIFFERENCE: f64 = 1.6;

/// Makes the sketches of one person's pairs. In a file it is the traits by id, each with its weight, those that are told
/// of first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<(String, f64)>", from = "Vec<(String, f64)>")]
pub struct Sketcher {
    /// What may be told of: places in the table, with the weight that the person gives each.
    told: Vec<(usize, f64)>,
    /// The others that the person gives a weight, in the order of the table.
    others: Vec<(usize, f64)>,
}

/// What a sketch tells: that the chosen (or first) answer has more of a trait, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The trait's place in the table.
    index: usize,
    more: bool,
}

/// A pair as a remote model may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    pair: PairId,
    told: Option<Told>,
}

impl Sketcher {
    /// Chooses the traits by the person's weights, in the order of the table, and by how much their pairs differ.
    ///
    /// Without pairs every trait is taken to differ usually.
    pub fn new(weights: &[f64], differences: &[Difference]) -> Self {
        let spread = |index: usize| {
            let squares: f64 = differences.iter().map(|one| one.values()[index].powi(2)).sum();
            if differences.is_empty() { 1.0 } else { (squares / differences.len() as f64).sqrt() }
        };
        let mut told: Vec<(f64, usize, f64)> = TABLE
            .iter()
            .zip(weights)
            .enumerate()
            .filter(|(_, (row, weight))| row.reveals < Reveals::Subject && **weight != 0.0)
            .map(|(index, (_, &weight))| ((weight * spread(index)).abs(), index, weight))
            .collect();
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        told.truncate(MOST_TRAITS);
        let told: Vec<(usize, f64)> = told.into_iter().map(|(_, index, weight)| (index, weight)).collect();
        let is_other =
            |&(index, weight): &(usize, f64)| weight != 0.0 && told.iter().all(|(told, _)| *told != index);
        let others = weights.iter().copied().enumerate().filter(is_other).collect();
        Sketcher { told, others }
    }

    /// The sketch of a pair whose chosen answer differs so from the rejected one.
    pub fn sketch(&self, pair: PairId, difference: &Difference) -> Sketch {
        let moves = |&(index, weight): &(usize, f64)| (index, weight * difference.values()[index]);
        let lean: f64 = self.told.iter().chain(&self.others).map(|one| moves(one).1).sum();
        let along = self.told.iter().map(moves).filter(|(_, part)| part * lean >= 0.0);
        let strongest = along.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let told = strongest.filter(|(_, part)| part.abs() >= TELLING);
        let told = told.map(|(index, _)| Told { index, more: difference.values()[index] > 0.0 });
        Sketch { pair, told }
    }

    /// The traits that these sketches may tell of.
    pub fn traits(&self) -> impl Iterator<Item = &'static Trait> {
        self.told.iter().map(|(index, _)| &TABLE[*index])
    }
}

impl From<Sketcher> for Vec<(String, f64)> {
    fn from(sketcher: Sketcher) -> Self {
        let all = sketcher.told.into_iter().chain(sketcher.others);
        all.map(|(index, weight)| (TABLE[index].id.to_owned(), weight)).collect()
    }
}

impl From<Vec<(String, f64)>> for Sketcher {
    /// What a sketch may not tell of is not told of, whatever a file says.
    fn from(written: Vec<(String, f64)>) -> Self {
        let (mut told, mut others) = (Vec::new(), Vec::new());
        for (id, weight) in written {
            let Some((index, row)) = Trait::find(&id).filter(|_| weight.is_finite()) else { continue };
            let may_be_told = row.reveals < Reveals::Subject && told.len() < MOST_TRAITS;
            if may_be_told { &mut told } else { &mut others }.push((index, weight));
        }
        Sketcher { told, others }
    }
}

impl Told {
    /// The trait.
    pub fn row(&self) -> &'static Trait {
        &TABLE[self.index]
    }

    /// Whether the chosen answer has more of it.
    pub fn more(&self) -> bool {
        self.more
    }
}

impl Sketch {
    /// The pair that it is of.
    pub fn pair(&self) -> PairId {
        self.pair
    }

    /// What it tells, if the answers differ in anything that it may tell of.
    pub fn told(&self) -> Option<Told> {
        self.told
    }

    /// The same as a difference between two answers: what a reward can learn of sketches.
    pub fn difference(&self) -> Difference {
        let mut values = vec![0.0; TABLE.len()];
        if let Some(Told { index, more }) = self.told {
            values[index] = if more { TOLD_DIFFERENCE } else { -TOLD_DIFFERENCE };
        }
        Difference::from_values(values)
    }

    /// The sketch in a sentence, the chosen answer as the first or as the second.
    pub fn words(&self, chosen_first: bool) -> String {
        match self.told {
            None => "The two answers differ in nothing that may be told.".to_owned(),
            Some(told) => {
                let (row, more) = (told.row(), told.more);
                let verb = if row.verb == "are" { "is" } else { "has" };
                let words = if more == chosen_first { row.more } else { row.less };
                format!("The first answer {verb} {words}, compared with the second.")
            }
        }
    }

    /// Marks as fit to leave what was made of sketches alone.
    ///
    /// `persona/evidence.rs` is the one that calls it (a test looks), on prompts whose only evidence is sketches; the
    /// guard reads them once more at the door.
    pub fn release<T>(made_of_sketches: T) -> Released<T> {
        Released::new(made_of_sketches)
    }
}

/// A sketch in a file: its trait, its direction, its words.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "trait")]
    id: Option<&'a str>,
    more: Option<bool>,
    words: String,
}

impl Serialize for Sketch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            id: self.told.map(|told| told.row().id),
            more: self.told.map(|told| told.more),
            words: self.words(true),
        };
        written.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::{PreferencePair, Turn};
    use crate::traits::difference;

    fn weights(of: &[(&str, f64)]) -> Vec<f64> {
        let mut weights = vec![0.0; TABLE.len()];
        of.iter().for_each(|(id, weight)| weights[Trait::find(id).unwrap().0] = *weight);
        weights
    }

    fn sketch(sketcher: &Sketcher, chosen: &str, rejected: &str) -> Sketch {
        let asked = [Turn::user("How do I boil an egg?")];
        let pair = PreferencePair::new(asked.to_vec(), chosen, rejected);
        sketcher.sketch(pair.id, &difference(&asked, chosen, rejected))
    }

    #[test]
    fn it_tells_one_difference_and_its_direction() {
        let sketcher = Sketcher::new(&weights(&[("length", -2.0), ("hedges", -0.5)]), &[]);
        let told =
            sketch(&sketcher, "Boil it.", "You boil the egg in plenty of water for seven long minutes.");
        assert_eq!(told.words(true), "The first answer is shorter, compared with the second.");
        assert_eq!(told.words(false), "The first answer is longer, compared with the second.");
        assert_eq!(told.told().map(|told| (told.row().id, told.more())), Some(("length", false)));
        assert_eq!(
            sketch(&sketcher, "a", "a").words(true),
            "The two answers differ in nothing that may be told."
        );
    }

    /// What matters most alone may speak for the answer that the rest speaks against.
    #[test]
    fn what_it_tells_leans_as_the_whole_does() {
        let sketcher =
            Sketcher::new(&weights(&[("length", -1.0), ("hedges", -0.8), ("questions", -0.7)]), &[]);
        let told = |of: &[(&str, f64)]| {
            let sketch = sketcher.sketch(PairId::of(&[], "", ""), &Difference::from_values(weights(of)));
            sketch.told().map(|told| (told.row().id, told.more()))
        };
        assert_eq!(told(&[("length", 1.0), ("hedges", -0.8)]), Some(("length", true)));
        assert_eq!(told(&[("length", 1.0), ("hedges", -0.8), ("questions", -0.8)]), Some(("hedges", false)));
        // The same pair the other way round is told the other way round.
        assert_eq!(told(&[("length", -1.0), ("hedges", 0.8), ("questions", 0.8)]), Some(("hedges", true)));
    }

    /// What is never told of leans too: here it is all there is against the rest.
    #[test]
    fn a_lean_that_nothing_told_shares_is_not_told() {
        let sketcher = Sketcher::new(&weights(&[("code", 2.0), ("length", -0.5)]), &[]);
        let difference = Difference::from_values(weights(&[("code", 1.0), ("length", 1.0)]));
        assert_eq!(sketcher.sketch(PairId::of(&[], "", ""), &difference).told(), None);
    }

    #[test]
    fn what_hints_at_a_subject_is_never_told() {
        let sketcher = Sketcher::new(&weights(&[("code", 9.0), ("numbers", 9.0), ("length", 0.5)]), &[]);
        assert_eq!(sketcher.traits().map(|row| row.id).collect::<Vec<_>>(), ["length"]);
    }

    #[test]
    fn a_person_has_nine_sketches_at_most() {
        let all: Vec<f64> = (0..TABLE.len()).map(|index| 1.0 + index as f64).collect();
        assert_eq!(Sketcher::new(&all, &[]).traits().count(), MOST_TRAITS);
    }

    #[test]
    fn a_file_brings_back_the_same_and_no_more_than_may_be_told() {
        let sketcher = Sketcher::new(&weights(&[("length", -2.0), ("hedges", 0.5), ("code", 3.0)]), &[]);
        let written = serde_json::to_string(&sketcher).unwrap();
        assert_eq!(written, r#"[["length",-2.0],["hedges",0.5],["code",3.0]]"#);
        assert_eq!(serde_json::from_str::<Sketcher>(&written).unwrap(), sketcher);
        let forged = r#"[["code",9.0],["no such trait",1.0],["length",-2.0]]"#;
        let read: Sketcher = serde_json::from_str(forged).unwrap();
        assert_eq!(read.traits().map(|row| row.id).collect::<Vec<_>>(), ["length"]);
    }

    #[test]
    fn no_word_of_the_pair_is_in_it() {
        let sketcher = Sketcher::new(&weights(&[("length", 1.0)]), &[]);
        let told = serde_json::to_string(&sketch(&sketcher, "Zanzibar 4711 is the key", "no")).unwrap();
        assert_eq!(
            told,
            r#"{"trait":"length","more":true,"words":"The first answer is longer, compared with the second."}"#
        );
    }
}
