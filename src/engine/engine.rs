//! The engine: a model, its threads, and the keys and values of what it has read. It speaks tokens, not text.
//!
//! Every prompt goes through the tree of prefixes, so what two prompts share is computed once however they are
//! interleaved. Long work pauses at [`Pace`] after each layer of a chunk, and ends there if told so; nothing is left
//! half done, since a dropped branch gives its pages back. Results have the same bits for any number of threads, any
//! chunk and any build.

use super::arch::llama::{Llama, Workspace};
use super::cpu::{Kernels, Pool};
use super::gguf::Header;
use super::kv::{Branch, Counters, KvTree};
use super::{EngineError, Pace, TensorSource};

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that compute, the caller counted.
    pub threads: usize,
    /// Bytes for keys and values. A prompt that fits the model but not these fails.
    pub kv_bytes: usize,
    /// Tokens of a prompt that go through the layers together. More is faster up to a point, and pauses less often.
    pub chunk_tokens: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { threads: 1, kv_bytes: 512 << 20, chunk_tokens: 64 }
    }
}

/// A loaded model.
pub struct Engine {
    model: Llama,
    kernels: Kernels,
    pool: Pool,
    work: Workspace,
    tree: KvTree,
    chunk_tokens: usize,
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
    /// Reads the weights that `header` tells of; `progress` is told the bytes read and the bytes of all.
    pub async fn load<S: TensorSource + ?Sized, P: Pace>(
        header: &Header,
        source: &S,
        options: &Options,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<Engine, EngineError> {
        let model = Llama::load(header, source, pace, progress).await?;
        let tree = KvTree::new(model.config().page_floats(), options.kv_bytes);
        Ok(Engine {
            model,
            kernels: Kernels::best(),
            pool: Pool::new(options.threads),
            work: Workspace::default(),
            tree,
            chunk_tokens: options.chunk_tokens.max(1),
        })
    }

    /// Tokens of the longest prompt with its answer: the model's limit, or what the keys' and values' memory holds.
    pub fn context_tokens(&self) -> usize {
        self.model.config().context.min(self.tree.max_tokens())
    }

    /// How many tokens the model has.
    pub fn vocabulary(&self) -> usize {
        self.model.config().vocabulary
    }

    /// Bytes of the weights in memory.
    pub fn model_bytes(&self) -> usize {
        self.model.bytes()
    }

    /// The instruction set that the kernels use.
    pub fn instruction_set(&self) -> &'static str {
        self.kernels.name
    }

    /// Makes the engine compute with other kernels of [`Kernels::available`]: for comparing them.
    pub fn set_kernels(&mut self, kernels: Kernels) {
        self.kernels = kernels;
    }

    /// The pool, for the workers of a browser that are to help.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What all prompts asked of the tree of prefixes and what it had.
    pub fn counters(&self) -> Counters {
        self.tree.counters()
    }

    /// The logits after the last token of `prompt`, all finite.
    pub async fn logits<P: Pace>(&mut self, prompt: &[u32], pace: &mut P) -> Result<&[f32], EngineError> {
        let _branch = self.read(prompt, 0, pace).await?;
        self.last_logits()
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
        let longest = continuations.iter().map(Vec::len).max().unwrap_or(0);
        for continuation in continuations {
            self.check_tokens(continuation)?;
        }
        let branch = self.read(prompt, longest, pace).await?;
        let logits = self.last_logits()?.to_vec();
        let sum = self.kernels.log_sum_exp(&logits);
        let mut scores = Vec::with_capacity(continuations.len());
        for continuation in continuations {
            let Some((first, _)) = continuation.split_first() else {
                scores.push(0.0);
                continue;
            };
            let mut score = logits[*first as usize] - sum;
            if continuation.len() > 1 {
                let mut fork = self.tree.fork(&branch);
                score += self.follow(&mut fork, continuation, pace).await?;
            }
            scores.push(score);
        }
        Ok(scores)
    }

    /// Continues `prompt` token by token: `choose` gets the logits and gives the next token, or none to stop.
    ///
    /// It is asked `max_tokens` times at most, and reads no token after the last.
    pub async fn generate<P: Pace>(
        &mut self,
        prompt: &[u32],
        max_tokens: usize,
        mut choose: impl FnMut(&[f32]) -> Option<u32>,
        pace: &mut P,
    ) -> Result<(), EngineError> {
        let mut branch = self.read(prompt, max_tokens, pace).await?;
        for step in 0..max_tokens {
            let Some(token) = choose(self.last_logits()?) else { break };
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

    /// Reads `tokens` and tells how well each was foreseen. It reads them all, whatever the tree has.
    pub async fn foresee<P: Pace>(&mut self, tokens: &[u32], pace: &mut P) -> Result<Foreseen, EngineError> {
        self.check(tokens, 0)?;
        let mut branch = self.tree.branch(tokens, 0);
        let (mut top1, mut log_probabilities) = (Vec::new(), Vec::new());
        for (chunk, start) in tokens.chunks(self.chunk_tokens).zip((0..).step_by(self.chunk_tokens)) {
            self.step(&mut branch, chunk, pace).await?;
            for row in 0..chunk.len() {
                let logits = self.logits_of(row)?;
                top1.push(arg_max(logits));
                if let Some(next) = tokens.get(start + row + 1) {
                    let logit = logits[*next as usize];
                    let logits = self.logits_of(row)?.to_vec();
                    log_probabilities.push(logit - self.kernels.log_sum_exp(&logits));
                }
            }
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
    async fn follow<P: Pace>(
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
            for (row, next) in continuation[start + 1..=end].iter().enumerate() {
                let logits = self.logits_of(row)?.to_vec();
                score += logits[*next as usize] - self.kernels.log_sum_exp(&logits);
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
        self.tree.reserve(branch, tokens.len())?;
        self.model.forward(&self.kernels, &mut self.pool, &mut self.work, branch, tokens, pace).await
    }

    /// The logits after token `row` of the last chunk.
    fn logits_of(&mut self, row: usize) -> Result<&[f32], EngineError> {
        let rows = row..row + 1;
        let mut logits = self.model.logits(&self.kernels, &mut self.pool, &mut self.work, rows)?;
        logits.next().ok_or(EngineError::EmptyPrompt)
    }

    /// The logits after the last token of the last chunk.
    fn last_logits(&mut self) -> Result<&[f32], EngineError> {
        self.logits_of(self.work.tokens().saturating_sub(1))
    }

    fn check(&self, prompt: &[u32], answer: usize) -> Result<(), EngineError> {
        if prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let (tokens, limit) = (prompt.len().saturating_add(answer), self.context_tokens());
        if tokens > limit {
            return Err(EngineError::TooLong { tokens, limit });
        }
        self.check_tokens(prompt)
    }

    fn check_tokens(&self, tokens: &[u32]) -> Result<(), EngineError> {
        let vocabulary = self.vocabulary();
        match tokens.iter().enumerate().find(|(_, token)| **token as usize >= vocabulary) {
            Some((place, token)) => Err(EngineError::TokenRange { token: *token, place, vocabulary }),
            None => Ok(()),
        }
    }
}

/// The first of the largest.
pub fn arg_max(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (i, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = i;
        }
    }
    best as u32
}
