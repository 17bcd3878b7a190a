//! A history as sketches: what a model that isn't on this device may know of it, and what a reward can learn of that.
//!
//! The method is the same; only the evidence differs. The traits that the sketches tell of are chosen by the person's
//! reward, and by the training part alone, so that the validation pairs stay fresh.

use super::claims::Claim;
use super::dialogue::Machine;
use super::evidence::{DividedPair, Evidence, SketchedPair};
use super::frame::Frame;
use super::induce::{Induction, from_observations, with_model};
use super::likeness::Likeness;
use super::progress::Plan;
use super::settings::Settings;
use super::synthesis::most_of_outlines;
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

/// Starts an induction in which a model on this device reads the pairs, and one elsewhere writes claims from sketches
/// of those whose choice was foreseen.
///
/// `earlier` are the claims of the likeness before, with what the person decided about them.
pub fn divided_induction(
    history: History,
    settings: Settings,
    capabilities: Capabilities,
    earlier: Vec<Claim>,
) -> Induction<<DividedPair as Evidence>::Prompt> {
    Machine::new(move |dialogue| async move {
        let frame = Frame::of::<DividedPair>(dialogue, capabilities, settings);
        let texts: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
        let sketcher = sketcher(&history, &texts);
        let divided = |(pair, text): (&PreferencePair, &Observation)| {
            DividedPair::new(pair.clone(), sketcher.sketch(pair.id, &text.difference))
        };
        let evidence = history.pairs().iter().zip(&texts).map(divided).collect();
        // It has no sketcher: the judge reads pairs as they are, on this device.
        with_model(&frame, &history, texts, evidence, &earlier).await
    })
}

/// What the model elsewhere is asked at most in a [`divided_induction`].
pub fn divided_plan(settings: &Settings) -> Plan {
    most_of_outlines(settings)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Generation, Scores, Usage};
    use crate::persona::dialogue::Step;
    use crate::persona::question::{Answer, Ask};
    use crate::persona::scripted::cat_person;
    use crate::privacy::Placed;

    /// What leaves in a divided induction whose model here foresees whatever comes first.
    fn told_elsewhere(history: &History) -> (Vec<String>, Likeness) {
        let capabilities = Capabilities {
            name: "divided".into(),
            fingerprint: "divided".into(),
            context_tokens: 4096,
            log_probabilities: true,
            billions: None,
        };
        let mut machine = divided_induction(history.clone(), Settings::small(0), capabilities, Vec::new());
        let (mut told, mut scored) = (Vec::new(), 0);
        loop {
            let questions = match machine.step([]).unwrap() {
                Step::Done(likeness) => return (told, likeness),
                Step::Ask(questions) => questions,
            };
            for question in questions {
                let written = |text: &str| {
                    let (text, usage) = (text.to_owned(), Usage::default());
                    Answer::Generation(Generation { text, finished: true, usage })
                };
                let answer = match question.ask {
                    Ask::Count(text) => Answer::Count(text.split_whitespace().count() as u32),
                    Ask::Score(Placed::Here(_), _) => {
                        // Both orders are asked, one after the other: now the one is right, now the other.
                        scored += 1;
                        let log_probabilities =
                            if scored % 2 == 1 { vec![0.0, -1.0] } else { vec![-1.0, 0.0] };
                        Answer::Scores(Scores { log_probabilities, usage: Usage::default() })
                    }
                    Ask::Generate(Placed::Here(_), _) => written("It is kinder.\nPreferred: First"),
                    Ask::Generate(Placed::There(prompt), _) => {
                        told.extend(prompt.get().turns.iter().map(|turn| turn.content.clone()));
                        written("You prefer answers that are warmer.")
                    }
                    Ask::Score(Placed::There(_), _) => panic!("no judgement is asked for elsewhere"),
                };
                machine.hear(question.id, answer);
            }
        }
    }

    #[test]
    fn a_divided_induction_tells_sketches_and_nothing_else() {
        let history = cat_person(24);
        let (told, likeness) = told_elsewhere(&history);
        let all = told.join("\n");
        assert!(all.contains("foreseen") && all.contains("Their texts are private"), "{all}");
        for pair in history.pairs() {
            for text in [&pair.context[0].content, &pair.chosen, &pair.rejected] {
                assert!(!all.contains(text.as_str()), "{text:?} in {all}");
            }
        }
        assert!(!all.contains("kinder"), "a reasoning left: {all}");
        let written = likeness.claims.iter().find(|claim| claim.text.contains("warmer"));
        assert!(written.is_some_and(|claim| claim.of_sketches), "{:?}", likeness.claims);
        assert!(likeness.sketcher.is_none());
        // Two turns a prompt: the instructions and what is asked.
        assert!(told.len() as u64 <= 2 * divided_plan(&Settings::small(0)).calls);
    }
}
