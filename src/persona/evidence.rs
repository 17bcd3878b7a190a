//! What the method shows to a model of one choice: the pair itself, or a sketch of it.
//!
//! The method is written once, over this trait. What a prompt made of evidence becomes is part of the evidence's
//! type, and must equal the model's `Input`: raw pairs make `Raw<Prompt>`, which no remote model takes.

use crate::model::Prompt;
use crate::preference::{PairId, PreferencePair, Role, Turn};
use crate::privacy::{Placed, Raw, Released, Sketch};

/// How much room a passage gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageKind {
    /// The conversation before the answers.
    Context,
    /// One of the two answers.
    Answer,
}

/// A stretch of text that may be long; it is cut on its own to the tokens that its kind gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Which share of the prompt it takes.
    pub kind: PassageKind,
    /// The text.
    pub text: String,
}

/// Which of the two answers is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The chosen answer stands first.
    ChosenFirst,
    /// The chosen answer stands second.
    ChosenSecond,
}

impl Order {
    /// Both orders: every judgement is made in each.
    pub const BOTH: [Order; 2] = [Order::ChosenFirst, Order::ChosenSecond];
}

/// One choice as a model sees it.
pub trait Evidence {
    /// What a prompt with this evidence in it is wrapped in; equals the model's `Input`.
    type Prompt;

    /// Whether such prompts leave this device: then nothing stands in them but what may leave with them.
    const LEAVES: bool;

    /// The pair that it tells of.
    fn id(&self) -> PairId;

    /// Its texts, to be cut to what fits.
    fn passages(&self) -> Vec<Passage>;

    /// The choice in words, from its passages as cut, in the order that [`Evidence::passages`] gave them.
    fn render(&self, passages: &[String], order: Order) -> String;

    /// Wraps a prompt that may hold this evidence.
    fn seal(prompt: Prompt) -> Self::Prompt;

    /// Whether the prompts of the synthesis leave this device.
    const SYNTHESIS_LEAVES: bool = Self::LEAVES;

    /// What the synthesis is told of the choice in place of what is shown elsewhere; none where it is told the same.
    fn outline(&self, _: Order) -> Option<String> {
        None
    }

    /// Wraps a prompt of the synthesis.
    fn seal_synthesis(prompt: Prompt) -> Self::Prompt {
        Self::seal(prompt)
    }
}

/// A pair as it is, for a model on this device.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPair(PreferencePair);

impl RawPair {
    /// Shows this pair as it is.
    pub fn new(pair: PreferencePair) -> Self {
        RawPair(pair)
    }

    /// Two answers of which nobody chose yet, the first in the place of the chosen one.
    pub fn unjudged(context: Vec<Turn>, first: &str, second: &str) -> Self {
        RawPair(PreferencePair::new(context, first, second))
    }
}

impl Evidence for RawPair {
    type Prompt = Raw<Prompt>;

    const LEAVES: bool = false;

    fn id(&self) -> PairId {
        self.0.id
    }

    fn passages(&self) -> Vec<Passage> {
        let answer = |text: &str| Passage { kind: PassageKind::Answer, text: text.trim().to_owned() };
        vec![
            Passage { kind: PassageKind::Context, text: conversation(&self.0.context) },
            answer(&self.0.chosen),
            answer(&self.0.rejected),
        ]
    }

    fn render(&self, passages: &[String], order: Order) -> String {
        let [context, chosen, rejected] = passages else { return String::new() };
        let (first, second) = match order {
            Order::ChosenFirst => (chosen, rejected),
            Order::ChosenSecond => (rejected, chosen),
        };
        super::prompts::pair(context, first, second)
    }

    fn seal(prompt: Prompt) -> Raw<Prompt> {
        Raw::new(prompt)
    }
}

/// A pair as a sketch, for a model that is not on this device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SketchedPair(Sketch);

impl SketchedPair {
    /// Shows what the sketch tells of its pair.
    pub fn new(sketch: Sketch) -> Self {
        SketchedPair(sketch)
    }
}

impl Evidence for SketchedPair {
    type Prompt = Released<Prompt>;

    const LEAVES: bool = true;

    fn id(&self) -> PairId {
        self.0.pair()
    }

    fn passages(&self) -> Vec<Passage> {
        Vec::new()
    }

    fn render(&self, _: &[String], order: Order) -> String {
        super::prompts::sketch(&self.0.words(order == Order::ChosenFirst))
    }

    fn seal(prompt: Prompt) -> Released<Prompt> {
        Sketch::release(prompt)
    }
}

/// A pair as it is for a model on this device, and as a sketch for another that sums up.
#[derive(Clone, Debug, PartialEq)]
pub struct DividedPair {
    raw: RawPair,
    sketch: Sketch,
}

impl DividedPair {
    /// Shows this pair as it is here, and its sketch elsewhere.
    pub fn new(pair: PreferencePair, sketch: Sketch) -> Self {
        DividedPair { raw: RawPair::new(pair), sketch }
    }
}

impl Evidence for DividedPair {
    type Prompt = Placed<Prompt>;

    const LEAVES: bool = false;

    fn id(&self) -> PairId {
        self.raw.id()
    }

    fn passages(&self) -> Vec<Passage> {
        self.raw.passages()
    }

    fn render(&self, passages: &[String], order: Order) -> String {
        self.raw.render(passages, order)
    }

    fn seal(prompt: Prompt) -> Placed<Prompt> {
        Placed::Here(RawPair::seal(prompt))
    }

    const SYNTHESIS_LEAVES: bool = true;

    fn outline(&self, order: Order) -> Option<String> {
        Some(SketchedPair::new(self.sketch).render(&[], order))
    }

    fn seal_synthesis(prompt: Prompt) -> Placed<Prompt> {
        Placed::There(SketchedPair::seal(prompt))
    }
}

/// A conversation as text: a lone question stands by itself, more turns are told apart by who speaks.
fn conversation(turns: &[Turn]) -> String {
    if let [Turn { role: Role::User, content }] = turns {
        return content.trim().to_owned();
    }
    let line = |turn: &Turn| {
        let who = match turn.role {
            Role::System => "Instructions",
            Role::User => "Person",
            Role::Assistant => "Assistant",
        };
        format!("{who}: {}", turn.content.trim())
    };
    turns.iter().map(line).collect::<Vec<_>>().join("\n")
}
