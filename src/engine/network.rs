//! A model as a list of steps over named numbers: what the families are read into and what a device runs.
//!
//! A chunk of tokens goes through the layers' steps one after the other. Each step reads and writes [`Slot`]s, which
//! hold a row of numbers for each token of the chunk; weights are named by the numbers that the device gave them. No
//! device knows a family and no family knows a device.

use super::EngineError;

/// A matrix that a device holds, by the number that it gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixId(pub usize);

/// A vector that a device holds, by the number that it gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VectorId(pub usize);

/// Numbers of each token of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The residual stream: `width`.
    Stream,
    /// What a matrix of the layer multiplies: `width`.
    Normed,
    /// `heads × head_size`.
    Queries,
    /// `kv_heads × head_size`.
    Keys,
    /// `kv_heads × head_size`.
    Values,
    /// What the attention gives: `heads × head_size`.
    Attended,
    /// `hidden`.
    Gate,
    /// `hidden`.
    Up,
    /// What a layer's part adds to the stream, where a norm comes between: `width`.
    Product,
}

impl Slot {
    /// Every slot, in the order of their numbers.
    pub const ALL: [Slot; 9] = [
        Slot::Stream,
        Slot::Normed,
        Slot::Queries,
        Slot::Keys,
        Slot::Values,
        Slot::Attended,
        Slot::Gate,
        Slot::Up,
        Slot::Product,
    ];

    /// Numbers of a token.
    pub fn cols(self, sizes: &Sizes) -> usize {
        match self {
            Slot::Stream | Slot::Normed | Slot::Product => sizes.width,
            Slot::Queries | Slot::Attended => sizes.heads * sizes.head_size,
            Slot::Keys | Slot::Values => sizes.kv_heads * sizes.head_size,
            Slot::Gate | Slot::Up => sizes.hidden,
        }
    }
}

/// A model's sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
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
}

/// Rotary positions (Su et al. 2021, arXiv 2104.09864): pair i of a head turns by
/// `position · slowdown · step^i / divisors[i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// `base^(−2 / rotated numbers of a head)`.
    pub step: f32,
    /// 1, or the inverse of a linear scaling factor.
    pub slowdown: f32,
    /// One for each pair that is turned; 1 but for scalings for long contexts.
    pub divisors: Vec<f32>,
    /// What the turned numbers are multiplied by besides; 1 but for such scalings.
    pub magnitude: f32,
    /// Which numbers of a head are a pair.
    pub pairing: Pairing,
}

/// Which numbers of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// 2 i and 2 i + 1: llama's, as files hold it.
    Neighbours,
    /// i and i + half of the turned numbers: qwen's, gemma's and phi3's.
    Halves,
}

impl Rotation {
    /// Adds the cosine and sine of every pair's angle at these positions, position by position, both times the magnitude.
    ///
    /// Step by step in f32, as llama.cpp does, so that far out both lose the same. `libm` and not the system's
    /// functions, so that every build has the same bits; devices are given the table for the same reason, since a
    /// GPU's sine of a large angle is worth little.
    pub fn angles(&self, positions: impl IntoIterator<Item = usize>, into: &mut Vec<(f32, f32)>) {
        for position in positions {
            let mut angle = position as f32;
            for divisor in &self.divisors {
                let turned = self.slowdown * (angle / divisor);
                into.push((self.magnitude * libm::cosf(turned), self.magnitude * libm::sinf(turned)));
                angle *= self.step;
            }
        }
    }
}

/// The function in a gated unit (Shazeer 2020, arXiv 2002.05202).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `x / (1 + e^−x)`.
    Silu,
    /// `x Φ(x)`, by the hyperbolic tangent (Hendrycks and Gimpel 2016, arXiv 1606.08415).
    Gelu,
}

/// One product of a [`Step::Multiply`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    /// The matrix: a row for each number of the result.
    pub matrix: MatrixId,
    /// Added to each token's result.
    pub bias: Option<VectorId>,
    /// Where the result goes.
    pub into: Slot,
}

/// One step of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// RMS norm of each token's numbers, or of each head's where `weight` is as long as a head. `from` may be `into`.
    Norm {
        /// What to norm.
        from: Slot,
        /// As long as what is normed together.
        weight: VectorId,
        /// Where the result goes.
        into: Slot,
    },
    /// Products of several matrices with the same numbers. Into the stream they are added, elsewhere written.
    Multiply {
        /// What to multiply.
        from: Slot,
        /// The matrices.
        products: Vec<Product>,
    },
    /// Turns queries and keys by their positions and keeps keys and values in the layer's pages.
    Keep {
        /// Which layer's pages.
        layer: usize,
        /// Which of [`Network::rotations`].
        rotation: usize,
    },
    /// Causal attention of the queries over the layer's pages, into [`Slot::Attended`].
    Attend {
        /// Which layer's pages.
        layer: usize,
        /// How many positions a query sees, its own counted; all if none.
        window: Option<usize>,
        /// What a score is multiplied by.
        scale: f32,
    },
    /// `gate = activation(gate) · up`.
    Gate(Activation),
    /// `stream += from`.
    Add {
        /// What to add.
        from: Slot,
    },
}

/// A whole model.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its sizes.
    pub sizes: Sizes,
    /// A row for each token.
    pub embedding: MatrixId,
    /// What an embedding is multiplied by.
    pub embedding_scale: f32,
    /// The rotations that [`Step::Keep`] names.
    pub rotations: Vec<Rotation>,
    /// The steps of each layer.
    pub layers: Vec<Vec<Step>>,
    /// Norm before the output matrix.
    pub output_norm: VectorId,
    /// A row for each token: the embedding's where the file has no other.
    pub output: MatrixId,
    /// Logits are held between minus this and this by `cap · tanh(logit / cap)`.
    pub logit_cap: Option<f32>,
}

impl Sizes {
    /// Keys, and as many values, of one position in one layer.
    pub fn keys(&self) -> usize {
        self.kv_heads * self.head_size
    }
}

/// Memory that was not to be had for `floats` numbers.
pub(super) fn out_of_memory(what: &str, floats: usize) -> EngineError {
    EngineError::OutOfMemory { what: what.to_owned(), bytes: 4 * floats as u64 }
}
