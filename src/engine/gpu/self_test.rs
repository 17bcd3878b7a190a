//! Whether a GPU computes what the processor does: a tiny random model that uses every kernel that the model at hand will.
//!
//! Drivers and browsers have given wrong numbers in silence on some GPUs and not on others, so each is tried before it
//! is believed. The processor runs the same model in floats; what is left is the order of sums.

use super::device::Gpu;
use super::variants::Variants;
use crate::engine::cpu::Cpu;
use crate::engine::device::{Device, Piece};
use crate::engine::gguf::TensorKind;
use crate::engine::kv::KvTree;
use crate::engine::network::{
    Activation, MatrixId, Network, Outline, Pairing, Product, Rotation, Sizes, Slot, Step, VectorId,
};
use crate::engine::random::Pcg32;
use crate::engine::{EngineError, NonStop};

/// What a log-probability may be off by: logits are some units large, and sums of 256 floats in another order differ by
/// less than a thousandth of this.
const TOLERANCE: f32 = 1e-3;

/// The same where keys and values are kept in 11 bits of each number.
const TOLERANCE_OF_HALVES: f32 = 1e-2;

/// The same where activations are rounded to 8 bits. The processor rounds them too, but what lies between two whole
/// numbers goes the other way after the least difference, and two layers make 0.1 of it. A kernel that unpacks a format
/// wrongly is off by whole units, and the plain kernels were held to far less before.
const TOLERANCE_OF_BYTES: f32 = 0.25;

/// Tokens of the chunks: more than one tile of the product's kernel, and not a whole number of them; few; one alone.
const CHUNKS: [usize; 3] = [MANY, 3, 1];
const MANY: usize = 75;

/// But for how many layers there are.
pub(super) const SIZES: Sizes = Sizes {
    layers: 0,
    width: 256,
    hidden: 256,
    heads: 4,
    kv_heads: 2,
    head_size: 64,
    vocabulary: 70,
    context: 128,
    epsilon: 1e-5,
};

/// How a GPU failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// It gave another number than the processor.
    #[error("the GPU computes wrongly: {found} where the processor has {expected} (after token {place})")]
    Number {
        /// Its number.
        found: f32,
        /// The processor's.
        expected: f32,
        /// After which token.
        place: usize,
    },
    /// It did not get so far.
    #[error(transparent)]
    Failed(#[from] EngineError),
}

/// Runs a model with all that `outline` has, but for its sizes, on `device`, which has no other, and on the processor: in
/// plain f32 first, then with what else the kernels use. Each format has kernels of its own, others where a bias is added
/// or logits are capped, and a browser may take a second to compile one: so it is what the model at hand needs.
pub async fn self_test(device: &mut Gpu, outline: &Outline) -> Result<(), Mismatch> {
    let used = device.variants();
    device.use_variants(Variants::NONE);
    let plain = agrees(device, outline).await;
    device.use_variants(used);
    plain?;
    if used == Variants::NONE { Ok(()) } else { agrees(device, outline).await }
}

/// The same with the variants that `device` uses.
pub(super) async fn agrees(device: &mut Gpu, outline: &Outline) -> Result<(), Mismatch> {
    match device.variants() {
        Variants { bytes: true, .. } => compare(device, Cpu::new(1), outline, TOLERANCE_OF_BYTES).await,
        Variants { halves: true, .. } => {
            compare(device, Cpu::new(1).in_floats(), outline, TOLERANCE_OF_HALVES).await
        }
        _ => compare(device, Cpu::new(1).in_floats(), outline, TOLERANCE).await,
    }
}

async fn compare(device: &mut Gpu, mut cpu: Cpu, outline: &Outline, tolerance: f32) -> Result<(), Mismatch> {
    let expected = answers(&mut cpu, outline).await?;
    let found = answers(device, outline).await?;
    for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
        for (found, expected) in found.iter().zip(expected) {
            // Not a number, too.
            if (found - expected).is_nan() || (found - expected).abs() > tolerance {
                return Err(Mismatch::Number { found: *found, expected: *expected, place });
            }
        }
    }
    Ok(())
}

/// For each token: the log-probabilities of some tokens after it. Most are read together, then few, the last one alone.
async fn answers<D: Device>(device: &mut D, outline: &Outline) -> Result<Vec<Vec<f32>>, EngineError> {
    let network = Maker { device, outline, random: Pcg32::new(20) }.network().await?;
    let vocabulary = network.sizes.vocabulary as u32;
    device.prepare(network, MANY).await?;
    let mut random = Pcg32::new(21);
    let tokens: Vec<u32> = (0..CHUNKS.iter().sum()).map(|_| random.next_u32() % vocabulary).collect();
    let mut tree = KvTree::new(1, 1 << 20);
    let mut branch = tree.branch(&tokens, 0);
    let mut answers = Vec::new();
    let mut rest = &tokens[..];
    for length in CHUNKS {
        let (chunk, after) = rest.split_at(length);
        rest = after;
        tree.reserve(&mut branch, chunk.len())?;
        let no_memory = |_| EngineError::OutOfMemory { what: "the self-test".to_owned(), bytes: 0 };
        device.hold(tree.pages_needed()).await.map_err(no_memory)?;
        device.forward(&mut [Piece { branch: &mut branch, tokens: chunk }], &mut NonStop).await?;
        let asked: Vec<(usize, u32)> = (0..chunk.len())
            .flat_map(|row| (0..vocabulary).step_by(7).map(move |token| (row, token)))
            .collect();
        let outlook = device.outlook(&Vec::from_iter(0..chunk.len()), &asked).await?;
        for row in 0..chunk.len() {
            let here = asked.iter().zip(&outlook.logits).filter(|((asked, _), _)| *asked == row);
            answers.push(here.map(|(_, logit)| logit - outlook.log_sum_exp[row]).collect());
        }
    }
    Ok(answers)
}

struct Maker<'d, D> {
    device: &'d mut D,
    outline: &'d Outline,
    random: Pcg32,
}

impl<D: Device> Maker<'_, D> {
    /// Two layers that differ in all that families differ in, and between them use each of up to fourteen formats; then
    /// layers with matrices of one format where several multiply the same, which are multiplied together, until each
    /// format has been in one. The embedding is of the first format.
    async fn network(&mut self) -> Result<Network, EngineError> {
        let Outline { formats, capped, .. } = self.outline;
        let Sizes { width, vocabulary, .. } = SIZES;
        let first = formats.first().copied().unwrap_or(TensorKind::F32);
        let mut any = formats.iter().copied().cycle();
        let mut next = || any.next().unwrap_or(first);
        let mut kinds = vec![[(); 7].map(|()| next()), [(); 7].map(|()| next())];
        for together in formats.chunks(2) {
            let [queries, gate] = [together[0], together[together.len() - 1]];
            kinds.push([queries, queries, queries, gate, gate, gate, queries]);
        }
        let embedding = self.matrix(first, vocabulary, width).await?;
        let mut layers = Vec::new();
        for (layer, kinds) in kinds.into_iter().enumerate() {
            layers.push(self.layer(layer, kinds).await?);
        }
        let rotation = |pairing, pairs| {
            let divisors = vec![1.0; pairs];
            Rotation { step: 0.7, slowdown: 1.0, divisors, magnitude: 1.0, pairing }
        };
        Ok(Network {
            sizes: Sizes { layers: layers.len(), ..SIZES },
            embedding,
            embedding_scale: 1.5,
            rotations: vec![rotation(Pairing::Neighbours, 32), rotation(Pairing::Halves, 24)],
            layers,
            output_norm: self.vector(width).await?,
            output: self.matrix(first, vocabulary, width).await?,
            logit_cap: capped.then_some(30.0),
        })
    }

    async fn layer(&mut self, layer: usize, kinds: [TensorKind; 7]) -> Result<Vec<Step>, EngineError> {
        let Sizes { width, hidden, heads, head_size, .. } = SIZES;
        let (queries, keys) = (heads * head_size, SIZES.keys());
        let (first, second) = (layer.is_multiple_of(2), layer == 1);
        let mut steps = vec![self.norm(Slot::Stream, width, Slot::Normed).await?];
        let mut products = Vec::new();
        for (kind, rows, into) in
            [(kinds[0], queries, Slot::Queries), (kinds[1], keys, Slot::Keys), (kinds[2], keys, Slot::Values)]
        {
            let biased = self.outline.biases && !first;
            let bias = if biased { Some(self.vector(rows).await?) } else { None };
            products.push(Product { matrix: self.matrix(kind, rows, width).await?, bias, into });
        }
        steps.push(Step::Multiply { from: Slot::Normed, products });
        if second {
            steps.push(self.norm(Slot::Queries, head_size, Slot::Queries).await?);
        }
        steps.push(Step::Keep { layer, rotation: usize::from(!first) });
        steps.push(Step::Attend { layer, window: second.then_some(20), scale: 0.125 });
        self.add(&mut steps, second, Slot::Attended, (kinds[3], queries)).await?;
        steps.push(self.norm(Slot::Stream, width, Slot::Normed).await?);
        let mut products = Vec::new();
        for (kind, into) in [(kinds[4], Slot::Gate), (kinds[5], Slot::Up)] {
            products.push(Product { matrix: self.matrix(kind, hidden, width).await?, bias: None, into });
        }
        steps.push(Step::Multiply { from: Slot::Normed, products });
        steps.push(Step::Gate(if first { Activation::Silu } else { Activation::Gelu }));
        self.add(&mut steps, second, Slot::Gate, (kinds[6], hidden)).await?;
        Ok(steps)
    }

    async fn add(
        &mut self,
        steps: &mut Vec<Step>,
        normed: bool,
        from: Slot,
        (kind, cols): (TensorKind, usize),
    ) -> Result<(), EngineError> {
        let matrix = self.matrix(kind, SIZES.width, cols).await?;
        let into = if normed { Slot::Product } else { Slot::Stream };
        steps.push(Step::Multiply { from, products: vec![Product { matrix, bias: None, into }] });
        if normed {
            steps.push(self.norm(Slot::Product, SIZES.width, Slot::Product).await?);
            steps.push(Step::Add { from: Slot::Product });
        }
        Ok(())
    }

    async fn norm(&mut self, from: Slot, cols: usize, into: Slot) -> Result<Step, EngineError> {
        Ok(Step::Norm { from, weight: self.vector(cols).await?, into })
    }

    /// Numbers about 1.
    async fn vector(&mut self, length: usize) -> Result<VectorId, EngineError> {
        let floats = (0..length).map(|_| 0.8 + 0.4 * self.unit()).collect();
        self.device.vector(floats).await
    }

    /// Weights of about ±0.1, every code used.
    async fn matrix(&mut self, kind: TensorKind, rows: usize, cols: usize) -> Result<MatrixId, EngineError> {
        self.device.begin_matrix("the self-test's", kind, rows, cols).await?;
        let blocks = rows * cols / kind.block_items() as usize;
        let mut bytes = Vec::new();
        for _ in 0..blocks {
            self.block(kind, &mut bytes);
        }
        self.device.push_rows(&bytes).await?;
        Ok(self.device.end_matrix())
    }

    fn block(&mut self, kind: TensorKind, bytes: &mut Vec<u8>) {
        // Halves with this exponent: smaller for formats whose codes reach further.
        let scale = |exponent: u16, random: &mut Pcg32| {
            ((exponent << 10) | (random.next_u32() as u16 & 0x3ff)).to_le_bytes()
        };
        let at = bytes.len();
        let length = kind.block_bytes() as usize;
        bytes.extend((0..length).map(|_| self.random.next_u32() as u8));
        let block = &mut bytes[at..];
        let random = &mut self.random;
        match kind {
            TensorKind::F32 => {
                let float = (random.next_u32() >> 8) as f32 / (1u32 << 23) as f32 - 1.0;
                block.copy_from_slice(&(0.1 * float).to_le_bytes());
            }
            TensorKind::F16 => {
                let sign = random.next_u32() as u16 & 0x8000;
                let half = u16::from_le_bytes(scale(11, random)) | sign;
                block.copy_from_slice(&half.to_le_bytes());
            }
            TensorKind::BF16 => {
                let sign = random.next_u32() as u16 & 0x8000;
                block.copy_from_slice(&(123 << 7 | random.next_u32() as u16 & 0x7f | sign).to_le_bytes());
            }
            TensorKind::Q4_0 => block[..2].copy_from_slice(&scale(8, random)),
            TensorKind::Q5_0 => block[..2].copy_from_slice(&scale(7, random)),
            TensorKind::Q4_1 => {
                block[..2].copy_from_slice(&scale(8, random));
                let min = u16::from_le_bytes(scale(11, random)) | 0x8000;
                block[2..4].copy_from_slice(&min.to_le_bytes());
            }
            TensorKind::Q5_1 => {
                block[..2].copy_from_slice(&scale(7, random));
                let min = u16::from_le_bytes(scale(11, random)) | 0x8000;
                block[2..4].copy_from_slice(&min.to_le_bytes());
            }
            TensorKind::Q8_0 | TensorKind::IQ4_NL => block[..2].copy_from_slice(&scale(4, random)),
            // Its own scales reach 15. Smaller than the others: the processor rounds what it multiplies these with to 8
            // bits, and no kernel of the GPU does.
            TensorKind::Q2_K => {
                block[80..82].copy_from_slice(&scale(5, random));
                block[82..].copy_from_slice(&scale(5, random));
            }
            // Its own scales reach 31.
            TensorKind::Q3_K => block[108..].copy_from_slice(&scale(3, random)),
            // Its own scales reach 63.
            TensorKind::Q4_K | TensorKind::Q5_K => {
                let bits = if kind == TensorKind::Q4_K { 3 } else { 2 };
                block[..2].copy_from_slice(&scale(bits, random));
                block[2..4].copy_from_slice(&scale(5, random));
            }
            // Its own scales reach 127, so that this is as small as a half with a leading one can't be.
            TensorKind::Q6_K => block[208..].copy_from_slice(&400u16.to_le_bytes()),
        }
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.random.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }
}
