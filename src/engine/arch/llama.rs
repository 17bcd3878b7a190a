//! The llama family (Touvron et al. 2023, arXiv 2302.13971): Llama 1 to 3, Mistral, SmolLM, TinyLlama and others.
//!
//! A layer is RMS norm, grouped-query attention with rotary positions, a residual, RMS norm, SwiGLU, a residual. A
//! chunk of tokens goes through all layers; its keys and values are written to the branch's pages before its queries
//! attend. Logits are computed only for the tokens asked for. Experts, sliding windows, biases and YaRN are not done:
//! a file that needs them is refused.

use std::ops::Range;

use super::load::Loader;
use crate::engine::cpu::{
    Activations, Attention, GROUP, HEAD_STEP, Kernels, PAGE, Packed, Pool, Span, grow, rotate,
};
use crate::engine::gguf::Header;
use crate::engine::kv::Branch;
use crate::engine::{EngineError, Pace, TensorSource};

/// A model's sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Layers.
    pub layers: usize,
    /// Numbers of a token between layers.
    pub width: usize,
    /// Numbers of a token inside the feed-forward part.
    pub hidden: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Numbers of a head.
    pub head_size: usize,
    /// Tokens.
    pub vocabulary: usize,
    /// Tokens that a prompt may have.
    pub context: usize,
    /// Added to the mean square in a norm.
    pub epsilon: f32,
    /// How heads are turned by their position.
    pub rotation: Rotation,
}

/// Rotary positions: pair i of a head turns by `position · slowdown · step^i / divisors[i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// `base^(−2 / rotated numbers of a head)`.
    pub step: f32,
    /// 1, or the inverse of a linear scaling factor.
    pub slowdown: f32,
    /// One for each pair that is turned; 1 but for Llama 3's scaling for long contexts.
    pub divisors: Vec<f32>,
}

/// A model's weights.
pub struct Llama {
    config: Config,
    /// Also the output matrix where the file has none of its own.
    embedding: Packed,
    output: Option<Packed>,
    output_norm: Vec<f32>,
    layers: Vec<Layer>,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Packed,
    key: Packed,
    value: Packed,
    attention_output: Packed,
    feed_forward_norm: Vec<f32>,
    gate: Packed,
    up: Packed,
    down: Packed,
}

/// What a forward pass works in; it is kept between passes and grows to the largest.
#[derive(Default)]
pub struct Workspace {
    tokens: usize,
    /// Tokens × width, the residual stream.
    stream: Vec<f32>,
    normed: Activations,
    attended: Activations,
    gated: Activations,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    up: Vec<f32>,
    product: Vec<f32>,
    angles: Vec<(f32, f32)>,
    scratch: Vec<f32>,
    logits: Vec<f32>,
}

impl Config {
    /// The sizes that a header tells.
    pub fn read(header: &Header) -> Result<Config, EngineError> {
        let architecture: &str = header.require("general.architecture")?;
        if architecture != "llama" {
            return Err(EngineError::Architecture { found: architecture.to_owned() });
        }
        let size =
            |key: &str| -> Result<usize, EngineError> { Ok(header.require::<u32>(&llama(key))? as usize) };
        let optional = |key: &str| -> Result<Option<usize>, EngineError> {
            Ok(header.get::<u32>(&llama(key))?.map(|size| size as usize))
        };
        let (width, heads) = (size("embedding_length")?, size("attention.head_count")?);
        let kv_heads = optional("attention.head_count_kv")?.unwrap_or(heads);
        check("attention.head_count", heads, heads > 0, "a whole number above zero")?;
        let takes = "a divisor of attention.head_count";
        check("attention.head_count_kv", kv_heads, kv_heads > 0 && heads.is_multiple_of(kv_heads), takes)?;
        let head_size = optional("attention.key_length")?.unwrap_or(width / heads);
        let is_step = |size: usize, step: usize| size > 0 && size.is_multiple_of(step);
        check("attention.key_length", head_size, is_step(head_size, HEAD_STEP), "a multiple of 16")?;
        let value_size = optional("attention.value_length")?.unwrap_or(head_size);
        check(
            "attention.value_length",
            value_size,
            value_size == head_size,
            "the value of attention.key_length",
        )?;
        check("embedding_length", width, is_step(width, GROUP), "a multiple of 8")?;
        let hidden = size("feed_forward_length")?;
        check("feed_forward_length", hidden, is_step(hidden, GROUP), "a multiple of 8")?;
        let experts = optional("expert_count")?.unwrap_or(0);
        check("expert_count", experts, experts == 0, "0: it runs no mixture of experts")?;
        let embedding = header.tensor("token_embd.weight");
        let embedding =
            embedding.ok_or_else(|| EngineError::MissingTensor { name: "token_embd.weight".to_owned() })?;
        let rotated = optional("rope.dimension_count")?.unwrap_or(head_size);
        let takes = "an even number up to attention.key_length";
        check("rope.dimension_count", rotated, rotated.is_multiple_of(2) && rotated <= head_size, takes)?;
        Ok(Config {
            layers: size("block_count")?,
            width,
            hidden,
            heads,
            kv_heads,
            head_size,
            vocabulary: embedding.dims.get(1).map_or(0, |rows| *rows as usize),
            context: size("context_length")?,
            epsilon: header.require(&llama("attention.layer_norm_rms_epsilon"))?,
            rotation: rotation(header, rotated)?,
        })
    }

    /// Floats of a page of keys and values, all layers together.
    pub fn page_floats(&self) -> usize {
        self.layers * self.layer_floats()
    }

    /// Floats of one layer in a page: keys, then as many of values.
    fn layer_floats(&self) -> usize {
        2 * self.kv_heads * self.head_size * PAGE
    }
}

fn llama(key: &str) -> String {
    format!("llama.{key}")
}

fn check(key: &str, found: usize, holds: bool, takes: &'static str) -> Result<(), EngineError> {
    if holds {
        Ok(())
    } else {
        Err(EngineError::Unsupported { key: llama(key), found: found.to_string(), takes })
    }
}

fn rotation(header: &Header, rotated: usize) -> Result<Rotation, EngineError> {
    let base = header.get::<f32>("llama.rope.freq_base")?.unwrap_or(10_000.0);
    let scaling = header.get::<&str>("llama.rope.scaling.type")?;
    let factor = match scaling {
        None | Some("none") => header.get::<f32>("llama.rope.scale_linear")?.unwrap_or(1.0),
        Some("linear") => header.require::<f32>("llama.rope.scaling.factor")?,
        Some(other) => {
            let key = llama("rope.scaling.type");
            return Err(EngineError::Unsupported { key, found: other.to_owned(), takes: "none or linear" });
        }
    };
    if !(base > 0.0 && base.is_finite() && factor > 0.0 && factor.is_finite()) {
        let found = format!("{base}, scaled by {factor}");
        let key = llama("rope.freq_base");
        return Err(EngineError::Unsupported { key, found, takes: "numbers above zero" });
    }
    Ok(Rotation {
        step: libm::powf(base, -2.0 / rotated.max(1) as f32),
        slowdown: 1.0 / factor,
        divisors: vec![1.0; rotated / 2],
    })
}

impl Llama {
    /// Reads the weights; `progress` is told the bytes read and the bytes of all.
    pub async fn load<S: TensorSource + ?Sized, P: Pace>(
        header: &Header,
        source: &S,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<Llama, EngineError> {
        let mut config = Config::read(header)?;
        let c = config.clone();
        let mut loader = Loader::new(header, source, pace, progress);
        if header.tensor("rope_freqs.weight").is_some() {
            // Llama 3's long-context scaling: each frequency has its own divisor.
            let pairs = config.rotation.divisors.len();
            config.rotation.divisors = loader.vector("rope_freqs.weight", pairs).await?;
        }
        let embedding = loader.matrix("token_embd.weight", c.vocabulary, c.width).await?;
        let mut layers = Vec::new();
        for layer in 0..c.layers {
            layers.push(Layer::load(&mut loader, &c, layer).await?);
        }
        let output_norm = loader.vector("output_norm.weight", c.width).await?;
        let output = match header.tensor("output.weight") {
            Some(_) => Some(loader.matrix("output.weight", c.vocabulary, c.width).await?),
            None => None,
        };
        loader.finish()?;
        Ok(Llama { config, embedding, output, output_norm, layers })
    }

    /// The sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bytes of all matrices in memory.
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter().flat_map(Layer::matrices).map(Packed::bytes).sum::<usize>();
        layers + self.embedding.bytes() + self.output.as_ref().map_or(0, Packed::bytes)
    }

    /// Sends `tokens` through the layers; the branch has room for them reserved.
    ///
    /// Afterwards [`Llama::logits`] gives what follows each of them. It pauses after each layer.
    pub async fn forward<P: Pace>(
        &self,
        kernels: &Kernels,
        pool: &mut Pool,
        work: &mut Workspace,
        branch: &mut Branch,
        tokens: &[u32],
        pace: &mut P,
    ) -> Result<(), EngineError> {
        let c = &self.config;
        let first = branch.len();
        work.resize(c, tokens.len(), first, pool.threads())?;
        branch.push(tokens);
        for (token, row) in tokens.iter().zip(work.stream.chunks_exact_mut(c.width)) {
            self.embedding.row(*token as usize, row);
        }
        work.tokens = tokens.len();
        work.turn_to(c, first, tokens.len());
        for (index, layer) in self.layers.iter().enumerate() {
            layer.attention(c, kernels, pool, work, branch, (index, first, tokens.len()));
            layer.feed_forward(c, kernels, pool, work, tokens.len());
            // A token alone takes a millisecond or so a layer on a large model, less on a small one.
            if tokens.len() > 1 {
                pace.pause().await?;
            }
        }
        Ok(())
    }

    /// The logits after the tokens `rows` of the last [`Llama::forward`]: `vocabulary` numbers each, every one finite.
    pub fn logits<'w>(
        &self,
        kernels: &Kernels,
        pool: &mut Pool,
        work: &'w mut Workspace,
        rows: Range<usize>,
    ) -> Result<impl Iterator<Item = &'w [f32]>, EngineError> {
        let c = &self.config;
        let matrix = self.output.as_ref().unwrap_or(&self.embedding);
        let (count, stride) = (rows.len(), matrix.groups() * GROUP);
        if !work.normed.resize(count, c.width) || !grow(&mut work.logits, count * stride) {
            return Err(out_of_memory("logits", count * stride));
        }
        let stream = &work.stream[rows.start * c.width..rows.end * c.width];
        kernels.rms_norm(pool, stream, &self.output_norm, c.epsilon, work.normed.floats_mut());
        kernels.quantise(pool, &mut work.normed);
        let logits = &mut work.logits[..count * stride];
        kernels.matmul(pool, matrix, &work.normed, logits, stride);
        let (logits, vocabulary) = (&work.logits[..count * stride], c.vocabulary);
        let rows = logits.chunks_exact(stride).map(move |row| &row[..vocabulary]);
        if rows.clone().flatten().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotANumber);
        }
        Ok(rows)
    }
}

impl Layer {
    async fn load<S: TensorSource + ?Sized, P: Pace, F: FnMut(u64, u64)>(
        loader: &mut Loader<'_, S, P, F>,
        c: &Config,
        layer: usize,
    ) -> Result<Layer, EngineError> {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        let (queries, keys) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        Ok(Layer {
            attention_norm: loader.vector(&name("attn_norm"), c.width).await?,
            query: loader.matrix(&name("attn_q"), queries, c.width).await?,
            key: loader.matrix(&name("attn_k"), keys, c.width).await?,
            value: loader.matrix(&name("attn_v"), keys, c.width).await?,
            attention_output: loader.matrix(&name("attn_output"), c.width, queries).await?,
            feed_forward_norm: loader.vector(&name("ffn_norm"), c.width).await?,
            gate: loader.matrix(&name("ffn_gate"), c.hidden, c.width).await?,
            up: loader.matrix(&name("ffn_up"), c.hidden, c.width).await?,
            down: loader.matrix(&name("ffn_down"), c.width, c.hidden).await?,
        })
    }

    fn matrices(&self) -> [&Packed; 7] {
        [&self.query, &self.key, &self.value, &self.attention_output, &self.gate, &self.up, &self.down]
    }

    /// `stream += W_o attention(norm(stream))` for `count` tokens from position `first`, in layer `index`.
    fn attention(
        &self,
        c: &Config,
        kernels: &Kernels,
        pool: &mut Pool,
        work: &mut Workspace,
        branch: &mut Branch,
        (index, first, count): (usize, usize, usize),
    ) {
        let (queries, keys) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        let stream = &mut work.stream[..count * c.width];
        kernels.rms_norm(pool, stream, &self.attention_norm, c.epsilon, work.normed.floats_mut());
        kernels.quantise(pool, &mut work.normed);
        let q = &mut work.queries[..count * queries];
        let (k, v) = (&mut work.keys[..count * keys], &mut work.values[..count * keys]);
        let products =
            &mut [(&self.query, &mut *q, queries), (&self.key, &mut *k, keys), (&self.value, &mut *v, keys)];
        kernels.matmul_all(pool, &work.normed, products);

        let pairs = c.rotation.divisors.len();
        let offset = index * c.layer_floats();
        for token in 0..count {
            let angles = &work.angles[token * pairs..][..pairs];
            let q = &mut q[token * queries..][..queries];
            let k = &mut k[token * keys..][..keys];
            rotate(q, c.head_size, angles);
            rotate(k, c.head_size, angles);
            if let Some((page, slot)) = branch.slot(first + token) {
                write_page(&mut page[offset..], slot, k, &v[token * keys..][..keys], c.head_size);
            }
        }

        let spans: Vec<Span> = branch
            .runs()
            .map(|run| {
                let (keys, values) =
                    run.page.floats()[offset..offset + c.layer_floats()].split_at(c.layer_floats() / 2);
                Span { keys, values, range: (run.from, run.to) }
            })
            .collect();
        let attention = Attention {
            queries: q,
            spans: &spans,
            first_position: first,
            tokens: count,
            heads: c.heads,
            kv_heads: c.kv_heads,
            head_size: c.head_size,
            first_key: 0,
            window: None,
            scale: 1.0 / (c.head_size as f32).sqrt(),
        };
        kernels.attend(pool, &attention, work.attended.floats_mut(), &mut work.scratch);
        kernels.quantise(pool, &mut work.attended);
        let product = &mut work.product[..count * c.width];
        kernels.matmul(pool, &self.attention_output, &work.attended, product, c.width);
        add(stream, product);
    }

    /// `stream += W_down (silu(W_gate x) · W_up x)` with `x = norm(stream)`.
    fn feed_forward(
        &self,
        c: &Config,
        kernels: &Kernels,
        pool: &mut Pool,
        work: &mut Workspace,
        count: usize,
    ) {
        let stream = &mut work.stream[..count * c.width];
        kernels.rms_norm(pool, stream, &self.feed_forward_norm, c.epsilon, work.normed.floats_mut());
        kernels.quantise(pool, &mut work.normed);
        let up = &mut work.up[..count * c.hidden];
        let gate = work.gated.floats_mut();
        let products = &mut [(&self.gate, &mut *gate, c.hidden), (&self.up, &mut *up, c.hidden)];
        kernels.matmul_all(pool, &work.normed, products);
        kernels.silu_mul(pool, gate, up, c.hidden);
        kernels.quantise(pool, &mut work.gated);
        let product = &mut work.product[..count * c.width];
        kernels.matmul(pool, &self.down, &work.gated, product, c.width);
        add(stream, product);
    }
}

/// Writes one position's keys (transposed) and values into a layer of a page; `attention.rs` has the layout.
fn write_page(layer: &mut [f32], slot: usize, keys: &[f32], values: &[f32], head_size: usize) {
    let (page_keys, page_values) = layer.split_at_mut(keys.len() * PAGE);
    for (column, key) in page_keys.chunks_exact_mut(PAGE).zip(keys) {
        column[slot] = *key;
    }
    for (head, value) in page_values.chunks_exact_mut(head_size * PAGE).zip(values.chunks_exact(head_size)) {
        head[slot * head_size..(slot + 1) * head_size].copy_from_slice(value);
    }
}

fn add(stream: &mut [f32], product: &[f32]) {
    for (x, y) in stream.iter_mut().zip(product) {
        *x += y;
    }
}

fn out_of_memory(what: &str, floats: usize) -> EngineError {
    EngineError::OutOfMemory { what: what.to_owned(), bytes: 4 * floats as u64 }
}

impl Workspace {
    /// Tokens of the last chunk.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Room for a chunk of `count` tokens from position `first`.
    fn resize(&mut self, c: &Config, count: usize, first: usize, threads: usize) -> Result<(), EngineError> {
        let (queries, keys) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        let scratch = Attention {
            queries: &[],
            spans: &[],
            first_position: first,
            tokens: count,
            heads: c.heads,
            kv_heads: c.kv_heads,
            head_size: c.head_size,
            first_key: 0,
            window: None,
            scale: 1.0,
        }
        .scratch();
        let there = grow(&mut self.stream, count * c.width)
            && self.normed.resize(count, c.width)
            && self.attended.resize(count, queries)
            && self.gated.resize(count, c.hidden)
            && grow(&mut self.queries, count * queries)
            && grow(&mut self.keys, count * keys)
            && grow(&mut self.values, count * keys)
            && grow(&mut self.up, count * c.hidden)
            && grow(&mut self.product, count * c.width)
            && grow(&mut self.angles, count * c.rotation.divisors.len())
            && grow(&mut self.scratch, threads * scratch);
        let floats = count * (3 * c.width + 2 * queries + 2 * keys + 2 * c.hidden) + threads * scratch;
        if there { Ok(()) } else { Err(out_of_memory("a chunk of the prompt", floats)) }
    }

    /// Fills in the angles of `count` positions from `first`.
    ///
    /// Step by step in f32, as llama.cpp does, so that far out both lose the same. `libm` and not the system's functions, so that every build has the same bits.
    fn turn_to(&mut self, c: &Config, first: usize, count: usize) {
        let Rotation { step, slowdown, divisors } = &c.rotation;
        for (angles, position) in
            self.angles.chunks_exact_mut(divisors.len().max(1)).zip(first..first + count)
        {
            let mut angle = position as f32;
            for (slot, divisor) in angles.iter_mut().zip(divisors) {
                let turned = slowdown * (angle / divisor);
                *slot = (libm::cosf(turned), libm::sinf(turned));
                angle *= step;
            }
        }
    }
}
