//! What runs a [`Network`]: the trait that the CPU and the GPU implement, and the choice between them as one type.
//!
//! A device takes the weights as they are read, then the network, then chunks of tokens. Everything that may wait for
//! hardware is async, so a worker reads its messages meanwhile.

use std::ops::Range;

use smallvec::SmallVec;

use super::cpu::Cpu;
use super::gguf::TensorKind;
#[cfg(feature = "gpu")]
use super::gpu::Gpu;
use super::kv::Branch;
use super::network::{MatrixId, Network, Sizes, VectorId};
use super::{EngineError, Pace};

/// What is known of the logits after some tokens, without the logits themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// For each row: the first of the likeliest tokens.
    pub top1: SmallVec<[u32; 1]>,
    /// For each row: the natural logarithm of `Σ e^logit`.
    pub log_sum_exp: SmallVec<[f32; 1]>,
    /// For each asked (row, token): its logit.
    pub logits: Vec<f32>,
}

/// Tokens that go on from a branch: a part of a chunk, which may go on from several.
pub struct Piece<'a> {
    /// What was read before; it grows by the tokens.
    pub branch: &'a mut Branch,
    /// At least one.
    pub tokens: &'a [u32],
}

/// Where a piece lies, once its branch has grown.
pub struct Laid<'a> {
    /// The branch, the piece's tokens its last.
    pub branch: &'a Branch,
    /// The position of the first of them.
    pub first: usize,
    /// Which of the chunk's tokens they are.
    pub rows: Range<usize>,
}

/// Lets the branches grow; tells where each piece's tokens lie in the chunk, and the chunk's tokens. For a token alone no
/// memory is asked for.
pub fn lay_out<'a>(pieces: &'a mut [Piece<'_>]) -> (SmallVec<[Laid<'a>; 1]>, SmallVec<[u32; 1]>) {
    let (mut laid, mut tokens) = (SmallVec::with_capacity(pieces.len()), SmallVec::new());
    for piece in pieces {
        let (first, row) = (piece.branch.len(), tokens.len());
        piece.branch.push(piece.tokens);
        tokens.extend_from_slice(piece.tokens);
        laid.push(Laid { branch: piece.branch, first, rows: row..tokens.len() });
    }
    (laid, tokens)
}

/// Something that computes.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Device {
    /// Begins a matrix of `rows` × `cols`; its rows follow in order through [`Device::push_rows`].
    async fn begin_matrix(
        &mut self,
        name: &str,
        kind: TensorKind,
        rows: usize,
        cols: usize,
    ) -> Result<(), EngineError>;

    /// The next rows of the matrix, whole ones, as the file has them.
    async fn push_rows(&mut self, bytes: &[u8]) -> Result<(), EngineError>;

    /// Ends the matrix.
    fn end_matrix(&mut self) -> MatrixId;

    /// Takes a vector.
    async fn vector(&mut self, floats: Vec<f32>) -> Result<VectorId, EngineError>;

    /// Takes the network, whose weights are all there.
    async fn prepare(&mut self, network: Network, chunk_tokens: usize) -> Result<(), EngineError>;

    /// Forgets the network and all weights, pages and all, and can be given others.
    fn clear(&mut self);

    /// Bytes of the weights in its memory.
    fn weight_bytes(&self) -> usize;

    /// Tokens of a prompt that it reads together best.
    fn chunk_tokens(&self) -> usize;

    /// Bytes of a page of keys and values, all layers together.
    fn page_bytes(&self, sizes: &Sizes) -> usize;

    /// Sees to it that there is memory for pages `0..pages`; what they hold stays. If there is not, tells how many
    /// there are.
    async fn hold(&mut self, pages: usize) -> Result<(), usize>;

    /// Positions of all of a chunk's branches together, at most.
    fn most_positions(&self) -> usize;

    /// Sends a chunk through the layers: all pieces at once, none of which sees another's tokens. The branches have room
    /// for them reserved, and the device memory for its pages.
    async fn forward<P: Pace>(&mut self, pieces: &mut [Piece<'_>], pace: &mut P) -> Result<(), EngineError>;

    /// The logits after token `row` of the last chunk: `vocabulary` numbers, every one finite.
    async fn logits(&mut self, row: usize) -> Result<&[f32], EngineError>;

    /// What is to be known of the logits after tokens `rows` of the last chunk, in ascending order, and of single tokens
    /// there: of `asked`, each a row from `rows` and a token. All logits are finite.
    async fn outlook(&mut self, rows: &[usize], asked: &[(usize, u32)]) -> Result<Outlook, EngineError>;
}

/// The devices that an engine can run on.
// why: there is one of it for each model.
#[allow(clippy::large_enum_variant)]
pub enum AnyDevice {
    /// The processor.
    Cpu(Cpu),
    /// A GPU through WebGPU, Vulkan, Metal or Direct3D.
    #[cfg(feature = "gpu")]
    Gpu(Gpu),
}

impl AnyDevice {
    /// The processor, if it is that.
    pub fn cpu(&self) -> Option<&Cpu> {
        match self {
            AnyDevice::Cpu(cpu) => Some(cpu),
            #[cfg(feature = "gpu")]
            AnyDevice::Gpu(_) => None,
        }
    }

    /// The processor, if it is that, to be adjusted.
    pub fn cpu_mut(&mut self) -> Option<&mut Cpu> {
        match self {
            AnyDevice::Cpu(cpu) => Some(cpu),
            #[cfg(feature = "gpu")]
            AnyDevice::Gpu(_) => None,
        }
    }
}

/// Hands a call on to whichever device it is.
macro_rules! on {
    ($any:expr, $device:ident => $call:expr) => {
        match $any {
            AnyDevice::Cpu($device) => $call,
            #[cfg(feature = "gpu")]
            AnyDevice::Gpu($device) => $call,
        }
    };
}

impl Device for AnyDevice {
    async fn begin_matrix(
        &mut self,
        name: &str,
        kind: TensorKind,
        rows: usize,
        cols: usize,
    ) -> Result<(), EngineError> {
        on!(self, device => device.begin_matrix(name, kind, rows, cols).await)
    }

    async fn push_rows(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        on!(self, device => device.push_rows(bytes).await)
    }

    fn end_matrix(&mut self) -> MatrixId {
        on!(self, device => device.end_matrix())
    }

    async fn vector(&mut self, floats: Vec<f32>) -> Result<VectorId, EngineError> {
        on!(self, device => device.vector(floats).await)
    }

    async fn prepare(&mut self, network: Network, chunk_tokens: usize) -> Result<(), EngineError> {
        on!(self, device => device.prepare(network, chunk_tokens).await)
    }

    fn clear(&mut self) {
        on!(self, device => device.clear())
    }

    fn weight_bytes(&self) -> usize {
        on!(self, device => device.weight_bytes())
    }

    fn chunk_tokens(&self) -> usize {
        on!(self, device => device.chunk_tokens())
    }

    fn page_bytes(&self, sizes: &Sizes) -> usize {
        on!(self, device => device.page_bytes(sizes))
    }

    async fn hold(&mut self, pages: usize) -> Result<(), usize> {
        on!(self, device => device.hold(pages).await)
    }

    fn most_positions(&self) -> usize {
        on!(self, device => device.most_positions())
    }

    async fn forward<P: Pace>(&mut self, pieces: &mut [Piece<'_>], pace: &mut P) -> Result<(), EngineError> {
        on!(self, device => device.forward(pieces, pace).await)
    }

    async fn logits(&mut self, row: usize) -> Result<&[f32], EngineError> {
        on!(self, device => device.logits(row).await)
    }

    async fn outlook(&mut self, rows: &[usize], asked: &[(usize, u32)]) -> Result<Outlook, EngineError> {
        on!(self, device => device.outlook(rows, asked).await)
    }
}
