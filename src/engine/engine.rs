//! The engine: a model, its threads, and the keys and values of what it has read. It speaks tokens, not text.
//!
//! Every prompt goes through the tree of prefixes, so what two prompts share is computed once however they are
//! interleaved. Long work pauses at [`Pace`] after each layer of a chunk, and ends there if told so; nothing is left
//! half done, since a dropped branch gives its pages back. Results have the same bits for any number of threads, any
//! chunk and any build.

use super::arch::Family;
use super::cpu::Cpu;
use super::device::{AnyDevice, Device, Piece};
use super::gguf::Header;
use super::kv::{Branch, Counters, KvTree};
use super::network::Sizes;
use super::scoring::Judgement;
use super::{EngineError, Pace, TensorSource};

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that compute, the caller counted.
    pub threads: usize,
    /// Bytes for keys and values. A prompt that fits the model but not these fails.
    pub kv_bytes: usize,
    /// Tokens of a prompt that go through the layers together; the device's own number if none. More is faster up to a
    /// point, and pauses less often.
    pub chunk_tokens: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Options { threads: 1, kv_bytes: 512 << 20, chunk_tokens: None }
    }
}

/// A loaded model.
pub struct Engine {
    pub(super) device: AnyDevice,
    sizes: Sizes,
    kv_bytes: usize,
    pub(super) tree: KvTree,
    pub(super) chunk_tokens: usize,
    /// Tokens of the last chunk.
    last_chunk: usize,
}

/// How the next token is chosen.
pub enum Choose<'a> {
    /// By all logits after the last token: gives the next token, or none to stop.
    ByLogits(&'a mut dyn FnMut(&[f32]) -> Option<u32>),
    /// The likeliest, which is told; whether to go on after it. The logits stay on the device.
    Likeliest(&'a mut dyn FnMut(u32) -> bool),
}

/// How a model, told each token of a text, foresaw the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// `top1[i]` is the likeliest token after tokens `0..=i`.
    pub top1: Vec<u32>,
    /// The natural logarithm of the probability of token `i + 1` after tokens `0..=i`.
    pub log_probabilities: Vec<f32>,
}

impl Foreseen {
    /// e to the mean of the negative log-probabilities.
    pub fn perplexity(&self) -> f64 {
        let sum: f64 = self.log_probabilities.iter().map(|p| f64::from(*p)).sum();
        libm::exp(-sum / self.log_probabilities.len().max(1) as f64)
    }
}

impl Engine {
    /// Reads the weights that `header` tells of onto `device`; `progress` is told the bytes read and the bytes of all.
    pub async fn load_on<S: TensorSource + ?Sized, P: Pace>(
        mut device: AnyDevice,
        header: &Header,
        source: &S,
        options: &Options,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<Engine, EngineError> {
        let family = Family::read(header)?;
        let sizes = family.sizes;
        let tree = KvTree::new(device.page_bytes(&sizes), options.kv_bytes);
        let context = sizes.context.min(tree.max_tokens());
        let network = family.load(header, source, &mut device, context, pace, progress).await?;
        let chunk_tokens = options.chunk_tokens.unwrap_or_else(|| device.chunk_tokens()).max(1);
        device.prepare(network, chunk_tokens).await?;
        Ok(Engine { device, sizes, kv_bytes: options.kv_bytes, tree, chunk_tokens, last_chunk: 0 })
    }

    /// As [`Engine::load_on`] a processor with [`Options::threads`] threads.
    pub async fn load<S: TensorSource + ?Sized, P: Pace>(
        header: &Header,
        source: &S,
        options: &Options,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<Engine, EngineError> {
        let device = AnyDevice::Cpu(Cpu::new(options.threads));
        Engine::load_on(device, header, source, options, pace, progress).await
    }

    /// Tokens of the longest prompt with its answer: the model's limit, or what the keys' and values' memory holds.
    pub fn context_tokens(&self) -> usize {
        self.sizes.context.min(self.tree.max_tokens())
    }

    /// How many tokens the model has.
    pub fn vocabulary(&self) -> usize {
        self.sizes.vocabulary
    }

    /// Bytes of the weights in memory.
    pub fn model_bytes(&self) -> usize {
        self.device.weight_bytes()
    }

    /// What it runs on.
    pub fn device(&self) -> &AnyDevice {
        &self.device
    }

    /// What it runs on, to be adjusted.
    pub fn device_mut(&mut self) -> &mut AnyDevice {
        &mut self.device
    }

    /// What all prompts asked of the tree of prefixes and what it had.
    pub fn counters(&self) -> Counters {
        self.tree.counters()
    }

    /// Forgets the keys and values of all prompts, and what was counted of them.
    pub fn forget(&mut self) {
        self.tree = KvTree::new(self.device.page_bytes(&self.sizes), self.kv_bytes);
    }

    /// The logits after the last token of `prompt`, all finite.
    pub async fn logits<P: Pace>(&mut self, prompt: &[u32], pace: &mut P) -> Result<&[f32], EngineError> {
        let _branch = self.read(prompt, 0, pace).await?;
        self.last_logits().await
    }

    /// The natural logarithm of the probability of each whole continuation after `prompt`.
    ///
    /// The prompt is read once, each continuation from there; an empty one has probability 1.
    pub async fn score<P: Pace>(
        &mut self,
        prompt: &[u32],
        continuations: &[Vec<u32>],
        pace: &mut P,
    ) -> Result<Vec<f32>, EngineError> {
        let judgement = Judgement { prompt: prompt.to_vec(), continuations: continuations.to_vec() };
        let scored = self.score_all(&[judgement], pace).await?;
        Ok(scored.into_iter().flat_map(|scored| scored.log_probabilities).collect())
    }

    /// Continues `prompt` token by token, `max_tokens` at most; no token after the last is read.
    pub async fn generate<P: Pace>(
        &mut self,
        prompt: &[u32],
        max_tokens: usize,
        mut choose: Choose<'_>,
        pace: &mut P,
    ) -> Result<(), EngineError> {
        let mut branch = self.read(prompt, max_tokens, pace).await?;
        for step in 0..max_tokens {
            let Some(token) = self.next_token(&mut choose).await? else { break };
            if step + 1 == max_tokens {
                break;
            }
            self.check_tokens(&[token])?;
            self.step(&mut branch, &[token], pace).await?;
            pace.pause().await?;
        }
        // An answer is often part of the next prompt.
        self.tree.keep(&mut branch);
        Ok(())
    }

    async fn next_token(&mut self, choose: &mut Choose<'_>) -> Result<Option<u32>, EngineError> {
        match choose {
            Choose::ByLogits(choose) => Ok(choose(self.last_logits().await?)),
            Choose::Likeliest(take) => {
                let likeliest = self.device.outlook(&[self.last_row()], &[]).await?.top1[0];
                Ok(take(likeliest).then_some(likeliest))
            }
        }
    }

    /// Reads `tokens` and tells how well each was foreseen. It reads them all, whatever the tree has.
    pub async fn foresee<P: Pace>(&mut self, tokens: &[u32], pace: &mut P) -> Result<Foreseen, EngineError> {
        self.check(tokens, 0)?;
        let mut branch = self.tree.branch(tokens, 0);
        let (mut top1, mut log_probabilities) = (Vec::new(), Vec::new());
        for (chunk, start) in tokens.chunks(self.chunk_tokens).zip((0..).step_by(self.chunk_tokens)) {
            self.step(&mut branch, chunk, pace).await?;
            let next = &tokens[(start + 1).min(tokens.len())..(start + 1 + chunk.len()).min(tokens.len())];
            let asked: Vec<(usize, u32)> = next.iter().copied().enumerate().collect();
            let outlook = self.device.outlook(&Vec::from_iter(0..chunk.len()), &asked).await?;
            top1.extend(outlook.top1);
            log_probabilities
                .extend(outlook.logits.iter().zip(&outlook.log_sum_exp).map(|(logit, sum)| logit - sum));
            pace.pause().await?;
        }
        Ok(Foreseen { top1, log_probabilities })
    }

    /// A branch with all of `prompt`, kept in the tree, the logits after its last token ready to be asked for.
    async fn read<P: Pace>(
        &mut self,
        prompt: &[u32],
        answer: usize,
        pace: &mut P,
    ) -> Result<Branch, EngineError> {
        self.check(prompt, answer)?;
        let mut branch = self.tree.branch(prompt, prompt.len() - 1);
        while branch.len() < prompt.len() {
            let start = branch.len();
            let end = prompt.len().min(start + self.chunk_tokens);
            self.step(&mut branch, &prompt[start..end], pace).await?;
            // What was read so far serves others even if this prompt is cancelled.
            self.tree.keep(&mut branch);
        }
        Ok(branch)
    }

    /// Reads a continuation but for its last token and adds up the log-probabilities of all but its first.
    pub(super) async fn follow<P: Pace>(
        &mut self,
        branch: &mut Branch,
        continuation: &[u32],
        pace: &mut P,
    ) -> Result<f32, EngineError> {
        let mut score = 0.0;
        let last = continuation.len() - 1;
        for start in (0..last).step_by(self.chunk_tokens) {
            let end = last.min(start + self.chunk_tokens);
            self.step(branch, &continuation[start..end], pace).await?;
            let asked: Vec<(usize, u32)> =
                continuation[start + 1..=end].iter().copied().enumerate().collect();
            let outlook = self.device.outlook(&Vec::from_iter(0..end - start), &asked).await?;
            for (logit, sum) in outlook.logits.iter().zip(&outlook.log_sum_exp) {
                score += logit - sum;
            }
        }
        Ok(score)
    }

    /// Sends a chunk through the model.
    async fn step<P: Pace>(
        &mut self,
        branch: &mut Branch,
        tokens: &[u32],
        pace: &mut P,
    ) -> Result<(), EngineError> {
        self.make_room(branch, tokens.len()).await?;
        self.last_chunk = tokens.len();
        self.device.forward(&mut [Piece { branch, tokens }], pace).await
    }

    /// Pages for `tokens` more, and memory of the device's under them.
    pub(super) async fn make_room(&mut self, branch: &mut Branch, tokens: usize) -> Result<(), EngineError> {
        self.tree.reserve(branch, tokens)?;
        while let Err(pages) = self.device.hold(self.tree.pages_needed()).await {
            // The device has less memory than was promised: go on with what there is, and give up what is old.
            self.tree.shrink(branch, pages);
            self.tree.reserve(branch, tokens)?;
        }
        Ok(())
    }

    /// The logits after the last token of the last chunk.
    async fn last_logits(&mut self) -> Result<&[f32], EngineError> {
        self.device.logits(self.last_row()).await
    }

    fn last_row(&self) -> usize {
        self.last_chunk.saturating_sub(1)
    }

    pub(super) fn check(&self, prompt: &[u32], answer: usize) -> Result<(), EngineError> {
        if prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let (tokens, limit) = (prompt.len().saturating_add(answer), self.context_tokens());
        if tokens > limit {
            return Err(EngineError::TooLong { tokens, limit });
        }
        self.check_tokens(prompt)
    }

    pub(super) fn check_tokens(&self, tokens: &[u32]) -> Result<(), EngineError> {
        let vocabulary = self.vocabulary();
        match tokens.iter().enumerate().find(|(_, token)| **token as usize >= vocabulary) {
            Some((place, token)) => Err(EngineError::TokenRange { token: *token, place, vocabulary }),
            None => Ok(()),
        }
    }
}

/// The first of the largest.
pub fn arg_max(logits: &[f32]) -> u32 {
    // The largest first, in lanes that a processor compares together, then its place: a vocabulary is long.
    const LANES: usize = 16;
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = logits.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, logit) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *logit);
        }
    }
    let most = lanes.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, larger);
    logits.iter().position(|logit| *logit == most).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::arg_max;

    #[test]
    fn the_largest_is_found_wherever_it_is_and_the_first_of_equals() {
        for length in [1, 15, 16, 17, 40, 49_152] {
            for at in [0, length / 2, length - 1] {
                let mut logits = vec![-3.0; length];
                logits[at..].fill(f32::MIN);
                logits[at] = 0.5;
                assert_eq!(arg_max(&logits), at as u32);
                logits[length - 1] = 0.5;
                assert_eq!(arg_max(&logits), at as u32, "of {length}");
            }
        }
        assert_eq!(arg_max(&[f32::NEG_INFINITY; 20]), 0);
    }
}
