//! A history as sketches: what a model that isn't on this device may know of it, and what a reward can learn of that.
//!
//! The method is the same; only the evidence differs. The traits that the sketches tell of are chosen by the person's
//! reward, and by the training part alone, so that the validation pairs stay fresh.

use super::claims::Claim;
use super::dialogue::Machine;
use super::evidence::{Evidence, SketchedPair};
use super::frame::Frame;
use super::induce::{Induction, from_observations, with_model};
use super::likeness::Likeness;
use super::settings::Settings;
use crate::model::Capabilities;
use crate::preference::{History, PreferencePair};
use crate::privacy::Sketcher;
use crate::reward::{Observation, Prior, Reward};

/// What the reward learns from; it never leaves the device, so it may read the texts whatever the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnsFrom {
    /// The texts: it learns the most.
    Texts,
    /// Sketches: what everything would be worth that sees no more.
    Sketches,
}

/// What makes the sketches of a person's pairs, when all that is known of the person is a likeness, or not even that.
pub fn sketcher_of(likeness: Option<&Likeness>) -> Sketcher {
    match likeness {
        Some(Likeness { sketcher: Some(sketcher), .. }) => sketcher.clone(),
        Some(likeness) => Sketcher::new(&likeness.reward.weights(), &[]),
        None => Sketcher::new(&Prior::shipped().usual_deviations(), &[]),
    }
}

/// Starts an induction of a model that sees sketches alone.
///
/// `earlier` are the claims of the likeness before, with what the person decided about them.
pub fn induction_of_sketches(
    history: History,
    learns_from: LearnsFrom,
    settings: Settings,
    capabilities: Capabilities,
    earlier: Vec<Claim>,
) -> Induction<<SketchedPair as Evidence>::Prompt> {
    Machine::new(move |dialogue| async move {
        let frame = Frame::of::<SketchedPair>(dialogue, capabilities, settings);
        let texts: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
        let sketcher = sketcher(&history, &texts);
        let evidence = history.pairs().iter().zip(&texts);
        let evidence =
            evidence.map(|(pair, text)| SketchedPair::new(sketcher.sketch(pair.id, &text.difference)));
        let evidence = evidence.collect();
        let shown = match learns_from {
            LearnsFrom::Texts => texts,
            LearnsFrom::Sketches => sketched(&sketcher, history.pairs(), &texts),
        };
        let likeness = with_model(&frame, &history, shown, evidence, &earlier).await?;
        Ok(made_with(sketcher, likeness))
    })
}

/// What sketches tell without a model: done at once.
pub fn from_sketches(history: &History, seed: u64, earlier: &[Claim]) -> Likeness {
    let texts: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
    let sketcher = sketcher(history, &texts);
    let shown = sketched(&sketcher, history.pairs(), &texts);
    made_with(sketcher, from_observations(history, shown, seed, earlier))
}

/// What makes the sketches of a history whose pairs show these `texts`.
fn sketcher(history: &History, texts: &[Observation]) -> Sketcher {
    let train = &texts[..history.split().train.len()];
    let differences: Vec<_> = train.iter().map(|one| one.difference.clone()).collect();
    Sketcher::new(&Reward::learn(Prior::shipped(), train).weights(), &differences)
}

fn sketched(sketcher: &Sketcher, pairs: &[PreferencePair], texts: &[Observation]) -> Vec<Observation> {
    let sketch = |(pair, text): (&PreferencePair, &Observation)| Observation {
        difference: sketcher.sketch(pair.id, &text.difference).difference(),
        weight: text.weight,
    };
    pairs.iter().zip(texts).map(sketch).collect()
}

fn made_with(sketcher: Sketcher, likeness: Likeness) -> Likeness {
    let mut likeness = Likeness { sketcher: Some(sketcher), ..likeness };
    likeness.render_prompts();
    likeness
}
