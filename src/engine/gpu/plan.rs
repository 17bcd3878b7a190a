//! A network as the GPU's dispatches: made once, run for every chunk.
//!
//! Every dispatch has its pipeline, its buffers bound and its constants ready; what changes from chunk to chunk is in a
//! few buffers that all share (`Chunk`, the tokens, the angles, the places of the positions).

use wgpu::{BindGroup, BindingResource, Buffer, BufferBinding, BufferSize, ComputePass, ComputePipeline};

use super::kernels::{ASKED_AT, LOGIT_ROWS, SPLITS, WIDE};
use super::memory::Memory;
use super::weights::{BLOCK, Layout};
use crate::engine::EngineError;
use crate::engine::kv::PAGE;
use crate::engine::network::{Network, Sizes, Slot};

/// Up to so many tokens go through `matvec.wgsl` one by one; more go through `matmul.wgsl` together.
pub const FEW_TOKENS: u32 = 6;

/// (row, token) pairs whose logits can be asked for at once.
pub const MOST_ASKED: usize = 4096;

/// Words of `Chunk` in `chunk.wgsl`.
pub const CHUNK_WORDS: usize = 2;

/// Positions that a chunk's branches may have in all: one of the longest, or many short ones.
pub fn most_positions(sizes: &Sizes) -> usize {
    sizes.context.next_multiple_of(PAGE).max(1 << 16)
}

/// A matrix in the GPU's memory.
pub struct Matrix {
    /// How it lies there.
    pub layout: Layout,
    /// Its rows, in order.
    pub parts: Vec<Part>,
}

/// Some rows of a matrix.
pub struct Part {
    /// The first row.
    pub first: usize,
    /// How many.
    pub rows: usize,
    /// Their codes.
    pub codes: Slice,
    /// Their scales, where the format has them apart.
    pub scales: Option<Slice>,
}

/// A stretch of a buffer that kernels read.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The buffer.
    pub buffer: Buffer,
    /// Where the stretch begins, in bytes.
    pub offset: u64,
    /// Its bytes; never none.
    pub bytes: u64,
}

impl Slice {
    /// A whole buffer.
    pub fn whole(buffer: Buffer) -> Slice {
        Slice { offset: 0, bytes: buffer.size(), buffer }
    }

    /// As a kernel is given it.
    pub fn binding(&self) -> BindingResource<'_> {
        let size = BufferSize::new(self.bytes);
        BindingResource::Buffer(BufferBinding { buffer: &self.buffer, offset: self.offset, size })
    }
}

/// The weights that steps name.
pub struct Weights {
    /// By [`MatrixId`].
    pub matrices: Vec<Matrix>,
    /// By `VectorId`.
    pub vectors: Vec<Buffer>,
}

/// Buffers that a forward pass works in.
pub struct Workspace {
    /// Uniform: what all kernels are told of the chunk.
    pub chunk: Buffer,
    /// Uniform: the same for the rows whose logits are asked for.
    pub look: Buffer,
    /// The chunk's tokens.
    pub tokens: Buffer,
    /// For each token where the list of its branch begins in this, and its position; then the lists: for each position
    /// where its keys and values are.
    pub places: Buffer,
    /// For each rotation: cosines and sines.
    pub angles: Vec<Buffer>,
    /// By [`Slot`].
    pub slots: Vec<Buffer>,
    /// What is to be multiplied, rounded to 8 bits.
    pub packed: Buffer,
    /// Its scales.
    pub packed_scales: Buffer,
    /// What workgroups that share a head's positions have found.
    pub parts: Buffer,
    /// Rows of the stream whose logits are asked for.
    pub looked_at: Buffer,
    /// The same, normed.
    pub last: Buffer,
    /// Rows of logits.
    pub logits: Buffer,
    /// (row, token) pairs.
    pub asked: Buffer,
    /// What `outlook.wgsl` found.
    pub found: Buffer,
    /// Where the processor reads from.
    pub staging: Buffer,
}

/// One dispatch, ready to be recorded.
pub struct Dispatch {
    /// What is run, for the bench to tell.
    #[cfg(not(target_arch = "wasm32"))]
    pub kernel: super::kernels::Kernel,
    /// The same, made.
    pub pipeline: ComputePipeline,
    /// On which buffers.
    pub bind: BindGroup,
    /// How often.
    pub grid: Grid,
}

/// How many workgroups a dispatch has for so many tokens.
#[derive(Clone, Copy, Debug)]
pub enum Grid {
    /// (these, tokens, 1).
    ByToken(u32),
    /// (these, tokens, those).
    Shared(u32, u32),
    /// (tokens, 1, 1).
    Tokens,
    /// So many items a token, 64 in a workgroup, in two dimensions.
    Items(u32),
    /// (these, ⌈tokens / those⌉, 1).
    Tiles(u32, u32),
}

/// A forward pass, or a part of one, by how many tokens there are.
pub struct Plan {
    /// For a token alone.
    pub one: Vec<Dispatch>,
    /// For up to [`FEW_TOKENS`].
    pub few: Vec<Dispatch>,
    /// For more.
    pub many: Vec<Dispatch>,
}

impl Plan {
    /// Adds it to a pass.
    pub fn record(&self, pass: &mut ComputePass, tokens: u32) {
        let dispatches = match tokens {
            1 => &self.one,
            2..=FEW_TOKENS => &self.few,
            _ => &self.many,
        };
        dispatches.iter().for_each(|dispatch| dispatch.record(pass, tokens));
    }
}

impl Dispatch {
    /// Adds it to a pass.
    pub fn record(&self, pass: &mut ComputePass, tokens: u32) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind, &[]);
        let (x, y, z) = match self.grid {
            Grid::ByToken(x) => (x, tokens, 1),
            Grid::Shared(x, z) => (x, tokens, z),
            Grid::Tokens => (tokens, 1, 1),
            Grid::Items(per_token) => {
                let groups = (tokens * per_token).div_ceil(64);
                (groups.min(WIDE), groups.div_ceil(WIDE), 1)
            }
            Grid::Tiles(x, tile) => (x, tokens.div_ceil(tile), 1),
        };
        pass.dispatch_workgroups(x, y, z);
    }
}

impl Workspace {
    /// Room for chunks of `chunk_tokens`.
    pub async fn new(
        memory: &Memory,
        network: &Network,
        chunk_tokens: usize,
    ) -> Result<Workspace, EngineError> {
        let sizes = &network.sizes;
        let mut slots = Vec::new();
        for slot in Slot::ALL {
            let floats = chunk_tokens * slot.cols(sizes);
            slots.push(memory.storage(&format!("{slot:?}"), 4 * floats).await?);
        }
        let mut angles = Vec::new();
        for rotation in &network.rotations {
            angles.push(memory.storage("angles", 8 * chunk_tokens * rotation.divisors.len()).await?);
        }
        let widest = Slot::ALL.iter().map(|slot| slot.cols(sizes)).max().unwrap_or(0).max(sizes.width);
        let packed_blocks = chunk_tokens.max(LOGIT_ROWS) * widest.div_ceil(BLOCK);
        let part_bytes = 4 * FEW_TOKENS as usize * sizes.heads * SPLITS as usize * (sizes.head_size + 2);
        let found_bytes = 16 * (ASKED_AT + MOST_ASKED);
        let staging = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Ok(Workspace {
            chunk: memory.uniform(&[0; CHUNK_WORDS]),
            look: memory.uniform(&[0; CHUNK_WORDS]),
            tokens: memory.storage("tokens", 4 * chunk_tokens).await?,
            places: memory.storage("places", 4 * (2 * chunk_tokens + most_positions(sizes))).await?,
            angles,
            slots,
            packed: memory.storage("packed", BLOCK * packed_blocks).await?,
            packed_scales: memory.storage("scales of the packed", 8 * packed_blocks).await?,
            parts: memory.storage("parts of the attention", part_bytes).await?,
            looked_at: memory.storage("rows looked at", 4 * LOGIT_ROWS * sizes.width).await?,
            last: memory.storage("last rows", 4 * LOGIT_ROWS * sizes.width).await?,
            logits: memory.storage("logits", 4 * LOGIT_ROWS * sizes.vocabulary).await?,
            asked: memory.storage("asked", 8 * MOST_ASKED).await?,
            found: memory.storage("found", found_bytes).await?,
            staging: memory.buffer("staging", found_bytes.max(4 * sizes.vocabulary), staging).await?,
        })
    }

    /// What holds a slot.
    pub fn slot(&self, slot: Slot) -> &Buffer {
        &self.slots[slot as usize]
    }
}
