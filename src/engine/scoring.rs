//! Many judgements at once: what their prompts share is read once, and what they differ in goes through the layers
//! together.
//!
//! Prompts are a tree of their own. Its inner nodes, the stretches that several share, are read first, level by level, so
//! that they are in the tree of prefixes when the rest is read; the tokens of one level fill chunks regardless of whose
//! they are. On a GPU, where a chunk of 24 tokens takes little less time than one of 512, that is most of the time
//! saved; on a processor it fills the tiles of the products. Numbers have the same bits as one prompt at a time on a
//! processor.

use std::collections::VecDeque;

use super::device::{Device, Outlook, Piece};
use super::kv::Branch;
use super::{Engine, EngineError, Pace};

/// Shared stretches of fewer tokens are read by each prompt for itself: a level costs a chunk of its own.
const WORTH_A_LEVEL: usize = 16;

/// A prompt and what might follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The prompt's tokens, at least one.
    pub prompt: Vec<u32>,
    /// What might follow; an empty continuation has probability 1.
    pub continuations: Vec<Vec<u32>>,
}

/// What is found of a [`Judgement`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// The natural logarithm of the probability of each whole continuation.
    pub log_probabilities: Vec<f32>,
    /// Tokens of the prompt that had to be computed for it; what several share counts for one of them.
    pub computed: usize,
}

/// A stretch to be read: the first `to` tokens of a prompt, which may be there in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    /// Whose.
    prompt: usize,
    /// One past its last token.
    to: usize,
    /// Whether the prompt ends there, so that its logits are wanted.
    ends: bool,
}

/// A stretch that is being read, and how much of it this chunk takes.
struct Reading {
    stretch: Stretch,
    branch: Branch,
    takes: usize,
}

impl Engine {
    /// Judges all of them. The order changes nothing but the time.
    ///
    /// # Errors
    /// One prompt that can't be judged fails all; what was read is kept for the next time.
    pub async fn score_all<P: Pace>(
        &mut self,
        judgements: &[Judgement],
        pace: &mut P,
    ) -> Result<Vec<Scored>, EngineError> {
        for Judgement { prompt, continuations } in judgements {
            self.check(prompt, continuations.iter().map(Vec::len).max().unwrap_or(0))?;
            continuations.iter().try_for_each(|tokens| self.check_tokens(tokens))?;
        }
        let prompts: Vec<&[u32]> = judgements.iter().map(|judgement| &judgement.prompt[..]).collect();
        let mut scored = vec![Scored::default(); judgements.len()];
        for level in levels(&prompts) {
            self.read_level(level, judgements, &mut scored, pace).await?;
        }
        for (prompt, scored) in prompts.iter().zip(&scored) {
            self.tree.count(prompt.len(), prompt.len().saturating_sub(scored.computed));
        }
        Ok(scored)
    }

    /// Reads the stretches of a level, chunk by chunk, and scores the prompts that end in it.
    async fn read_level<P: Pace>(
        &mut self,
        level: Vec<Stretch>,
        judgements: &[Judgement],
        scored: &mut [Scored],
        pace: &mut P,
    ) -> Result<(), EngineError> {
        let mut waiting: VecDeque<Stretch> = level.into();
        loop {
            let mut chunk = self.next_chunk(&mut waiting, judgements).await?;
            if chunk.is_empty() {
                return Ok(());
            }
            let mut pieces: Vec<Piece> = chunk
                .iter_mut()
                .map(|reading| {
                    let from = reading.branch.len();
                    let prompt = &judgements[reading.stretch.prompt].prompt;
                    Piece { tokens: &prompt[from..from + reading.takes], branch: &mut reading.branch }
                })
                .collect();
            self.device.forward(&mut pieces, pace).await?;
            for reading in &mut chunk {
                // What was read serves others even if this work is cancelled.
                self.tree.keep(&mut reading.branch);
                scored[reading.stretch.prompt].computed += reading.takes;
            }
            self.score_ended(&chunk, judgements, scored, pace).await?;
            // What was read in part goes on in the next chunk, first.
            let open = chunk.last().filter(|reading| reading.branch.len() < reading.stretch.to);
            if let Some(reading) = open {
                waiting.push_front(reading.stretch);
            }
        }
    }

    /// As many of the waiting stretches as a chunk and the memory for keys and values take; only the last in part.
    async fn next_chunk(
        &mut self,
        waiting: &mut VecDeque<Stretch>,
        judgements: &[Judgement],
    ) -> Result<Vec<Reading>, EngineError> {
        let (mut tokens, mut positions) = (self.chunk_tokens, self.device.most_positions());
        let mut chunk: Vec<Reading> = Vec::new();
        while tokens > 0
            && let Some(stretch) = waiting.front().copied()
        {
            let prompt = &judgements[stretch.prompt].prompt;
            // The last token is computed anew, since its logits are wanted.
            let mut branch = self.tree.stand(prompt, stretch.to - usize::from(stretch.ends));
            let takes = (stretch.to - branch.len()).min(tokens);
            let length = branch.len() + takes;
            if takes == 0 {
                waiting.pop_front();
                continue;
            }
            if !chunk.is_empty() && length > positions {
                break;
            }
            match self.make_room(&mut branch, takes).await {
                Err(EngineError::NoRoom(_)) if !chunk.is_empty() => break,
                done => done?,
            }
            waiting.pop_front();
            (tokens, positions) = (tokens - takes, positions.saturating_sub(length));
            chunk.push(Reading { stretch, branch, takes });
        }
        Ok(chunk)
    }

    /// Scores the continuations of the prompts that end in the last chunk.
    async fn score_ended<P: Pace>(
        &mut self,
        chunk: &[Reading],
        judgements: &[Judgement],
        scored: &mut [Scored],
        pace: &mut P,
    ) -> Result<(), EngineError> {
        let (mut rows, mut asked, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        let mut next_row = 0;
        for reading in chunk {
            next_row += reading.takes;
            if reading.stretch.ends && reading.branch.len() == reading.stretch.to {
                let firsts = judgements[reading.stretch.prompt].continuations.iter();
                asked.extend(firsts.filter_map(|tokens| Some((next_row - 1, *tokens.first()?))));
                rows.push(next_row - 1);
                ended.push(reading);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let Outlook { log_sum_exp, logits, .. } = self.device.outlook(&rows, &asked).await?;
        let mut logits = logits.into_iter();
        for (reading, log_sum_exp) in ended.iter().zip(log_sum_exp) {
            let scored = &mut scored[reading.stretch.prompt];
            for continuation in &judgements[reading.stretch.prompt].continuations {
                // An empty one has nothing to be foreseen.
                let first = if continuation.is_empty() { None } else { logits.next() };
                scored.log_probabilities.push(first.map_or(0.0, |logit| logit - log_sum_exp));
            }
        }
        // Only now: reading on ends what is known of the chunk.
        for reading in ended {
            for (i, continuation) in judgements[reading.stretch.prompt].continuations.iter().enumerate() {
                if continuation.len() > 1 {
                    let mut fork = self.tree.fork(&reading.branch);
                    let rest = self.follow(&mut fork, continuation, pace).await?;
                    scored[reading.stretch.prompt].log_probabilities[i] += rest;
                }
            }
        }
        Ok(())
    }
}

/// What is to be read of the prompts, level by level: a level's stretches begin where those of the levels before end.
fn levels(prompts: &[&[u32]]) -> Vec<Vec<Stretch>> {
    let mut order: Vec<usize> = (0..prompts.len()).collect();
    order.sort_by_key(|i| prompts[*i]);
    let mut levels = Vec::new();
    divide(prompts, &order, (0, 0), &mut levels);
    levels
}

/// Adds the stretches of prompts that stand in `order` and of which `read` tokens are read on levels before `level`.
fn divide(
    prompts: &[&[u32]],
    order: &[usize],
    (level, read): (usize, usize),
    levels: &mut Vec<Vec<Stretch>>,
) {
    let (Some(first), Some(last)) = (order.first(), order.last()) else { return };
    if order.len() == 1 {
        return add(levels, level, Stretch { prompt: *first, to: prompts[*first].len(), ends: true });
    }
    // In sorted order what the first and the last share, all share.
    let shared = prompts[*first].iter().zip(prompts[*last]).take_while(|(a, b)| a == b).count();
    let mut next = (level, read);
    if shared - read >= WORTH_A_LEVEL {
        add(levels, level, Stretch { prompt: *first, to: shared, ends: false });
        next = (level + 1, shared);
    }
    for group in order.chunk_by(|a, b| prompts[*a].get(shared) == prompts[*b].get(shared)) {
        if prompts[group[0]].len() == shared {
            // They end here, and are all the same.
            group.iter().for_each(|i| add(levels, next.0, Stretch { prompt: *i, to: shared, ends: true }));
        } else {
            divide(prompts, group, next, levels);
        }
    }
}

fn add(levels: &mut Vec<Vec<Stretch>>, level: usize, stretch: Stretch) {
    levels.resize_with(levels.len().max(level + 1), Vec::new);
    levels[level].push(stretch);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_several_share_is_read_before() {
        let [shared, deeper] = [vec![7; 40], vec![8; 20]];
        let prompts = [
            [&shared[..], &deeper, &[1, 2, 3]].concat(),
            [&shared[..], &[9; 5]].concat(),
            [&shared[..], &deeper, &[1, 4]].concat(),
            shared.clone(),
        ];
        let prompts: Vec<&[u32]> = prompts.iter().map(|prompt| &prompt[..]).collect();
        let stretch = |prompt, to, ends| Stretch { prompt, to, ends };
        assert_eq!(
            levels(&prompts),
            [
                vec![stretch(3, 40, false)],
                // One shared token more is not worth a level.
                vec![stretch(3, 40, true), stretch(0, 61, false), stretch(1, 45, true)],
                vec![stretch(0, 63, true), stretch(2, 62, true)],
            ]
        );
    }

    proptest! {
        /// Every prompt ends once, and what is read before it on levels before is a beginning of it.
        #[test]
        fn every_prompt_ends_once(
            choices in prop::collection::vec(prop::collection::vec(0..3_u32, 0..5), 0..12),
        ) {
            let prompts: Vec<Vec<u32>> = choices
                .iter()
                .map(|stretches| std::iter::once(&5).chain(stretches).flat_map(|token| [*token; 10]).collect())
                .collect();
            let prompts: Vec<&[u32]> = prompts.iter().map(|prompt| &prompt[..]).collect();
            let levels = levels(&prompts);
            let mut ends: Vec<usize> =
                levels.iter().flatten().filter(|stretch| stretch.ends).map(|stretch| stretch.prompt).collect();
            ends.sort_unstable();
            prop_assert_eq!(ends, (0..prompts.len()).collect::<Vec<_>>());
            for stretch in levels.iter().flatten() {
                prop_assert!(stretch.to <= prompts[stretch.prompt].len());
                prop_assert!(!stretch.ends || stretch.to == prompts[stretch.prompt].len());
            }
        }
    }
}
