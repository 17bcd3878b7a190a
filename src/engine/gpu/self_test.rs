//! Whether a GPU computes what the processor does: a small random model that uses every kernel that the model at hand will.
//!
//! Drivers and browsers have given wrong numbers in silence on some GPUs and not on others, so each is tried before it
//! is believed. The processor runs the same model in floats; what is left is the order of sums.

use super::device::Gpu;
use super::variants::Variants;
use crate::engine::arch::Twin;
use crate::engine::cpu::Cpu;
use crate::engine::device::{Device, Piece};
use crate::engine::kv::KvTree;
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

/// Tokens of the chunks that one branch is read in: more than one tile of the product's kernel, and not a whole number of
/// them; few; one alone.
const CHUNKS: [usize; 3] = [MANY, 3, 1];
const MANY: usize = 75;

/// Tokens of two pieces that then go on from there, together: no few.
const BRANCHES: [usize; 2] = [5, 4];

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

/// Runs the twin of the model at hand on `device`, which has no other, and on the processor: in plain f32 first, then with
/// what else the kernels use. Each format has kernels of its own, others where a bias is added or logits are capped, each
/// size of heads too, and a browser may take a second to compile one: so it is those that the model at hand needs, all of
/// them, and shared out among a GPU's cores as for the model's own sizes. The device is left with the twin.
pub async fn self_test(device: &mut Gpu, twin: &Twin) -> Result<(), Mismatch> {
    let used = device.variants();
    if used != Variants::NONE {
        device.use_variants(Variants::NONE);
        let plain = agrees(device, twin).await;
        device.use_variants(used);
        plain?;
    }
    agrees(device, twin).await
}

/// The same with the variants that `device` uses.
pub(super) async fn agrees(device: &mut Gpu, twin: &Twin) -> Result<(), Mismatch> {
    match device.variants() {
        Variants { bytes: true, .. } => compare(device, Cpu::new(1), twin, TOLERANCE_OF_BYTES).await,
        Variants { halves: true, .. } => {
            compare(device, Cpu::new(1).in_floats(), twin, TOLERANCE_OF_HALVES).await
        }
        _ => compare(device, Cpu::new(1).in_floats(), twin, TOLERANCE).await,
    }
}

async fn compare(device: &mut Gpu, mut cpu: Cpu, twin: &Twin, tolerance: f32) -> Result<(), Mismatch> {
    let expected = answers(&mut cpu, twin).await?;
    device.clear();
    device.stand_for(Some(*twin.stands_for()));
    let found = answers(device, twin).await;
    device.stand_for(None);
    for (place, (found, expected)) in found?.iter().zip(&expected).enumerate() {
        for (found, expected) in found.iter().zip(expected) {
            // Not a number, too.
            if (found - expected).is_nan() || (found - expected).abs() > tolerance {
                return Err(Mismatch::Number { found: *found, expected: *expected, place });
            }
        }
    }
    Ok(())
}

/// For each token: the log-probabilities of some tokens after it. Most are read together, then few, one alone, and then two
/// branches from there.
async fn answers<D: Device>(device: &mut D, twin: &Twin) -> Result<Vec<Vec<f32>>, EngineError> {
    let network = twin.load(device).await?;
    device.prepare(network, MANY).await?;
    let mut random = Pcg32::new(21);
    let mut tokens = |count: usize| Vec::from_iter((0..count).map(|_| random.next_u32() % twin.vocabulary()));
    let mut tree = KvTree::new(1, 1 << 20);
    let mut branch = tree.branch(&[], 0);
    let mut answers = Vec::new();
    for length in CHUNKS {
        let chunk = tokens(length);
        tree.reserve(&mut branch, length)?;
        let pieces = &mut [Piece { branch: &mut branch, tokens: &chunk }];
        answers.extend(told(device, &tree, pieces, twin).await?);
    }
    tree.keep(&mut branch);
    let mut other = tree.fork(&branch);
    let [here, there] = BRANCHES.map(&mut tokens);
    tree.reserve(&mut branch, here.len())?;
    tree.reserve(&mut other, there.len())?;
    let pieces =
        &mut [Piece { branch: &mut branch, tokens: &here }, Piece { branch: &mut other, tokens: &there }];
    answers.extend(told(device, &tree, pieces, twin).await?);
    Ok(answers)
}

/// What is told after each token of a chunk.
async fn told<D: Device>(
    device: &mut D,
    tree: &KvTree,
    pieces: &mut [Piece<'_>],
    twin: &Twin,
) -> Result<Vec<Vec<f32>>, EngineError> {
    let rows: usize = pieces.iter().map(|piece| piece.tokens.len()).sum();
    let no_memory = |_| EngineError::OutOfMemory { what: "the self-test".to_owned(), bytes: 0 };
    device.hold(tree.pages_needed()).await.map_err(no_memory)?;
    device.forward(pieces, &mut NonStop).await?;
    let some = || (0..twin.vocabulary()).step_by(7);
    let asked: Vec<(usize, u32)> = (0..rows).flat_map(|row| some().map(move |token| (row, token))).collect();
    let outlook = device.outlook(&Vec::from_iter(0..rows), &asked).await?;
    let each = outlook.logits.chunks(some().count()).zip(&outlook.log_sum_exp);
    Ok(each.map(|(logits, sum)| logits.iter().map(|logit| logit - sum).collect()).collect())
}
