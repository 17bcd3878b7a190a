//! A network as the GPU's dispatches: made once, run for every chunk.
//!
//! Every dispatch has its pipeline, its buffers bound and its constants ready; what changes from chunk to chunk is in a
//! few buffers that all share (`Chunk`, the tokens, the angles, the places of the positions).

use wgpu::{BindGroup, BindGroupEntry, Buffer, ComputePass, ComputePipeline};

use super::kernels::{Kernel, Kernels, LOGIT_ROWS, Multiply, SPLITS, Sharing, Then, WIDE};
use super::memory::Memory;
use super::weights::{BLOCK, Layout};
use crate::engine::EngineError;
use crate::engine::kv::PAGE;
use crate::engine::network::{MatrixId, Network, Product, Sizes, Slot, Step};

/// Up to so many tokens go through `matvec.wgsl` one by one; more go through `matmul.wgsl` together.
const FEW_TOKENS: u32 = 6;

/// (row, token) pairs whose logits can be asked for at once.
pub const MOST_ASKED: usize = 4096;

/// Words of `Chunk` in `chunk.wgsl`.
pub const CHUNK_WORDS: usize = 4;

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
    pub codes: Buffer,
    /// Their scales, where the format has them apart.
    pub scales: Option<Buffer>,
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
    /// For each position of the branch where its keys and values are.
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
    /// Normed rows of the stream whose logits are asked for.
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

/// Keys and values of a layer.
pub struct LayerPages {
    /// `place × kv_heads × head_size`.
    pub keys: Buffer,
    /// The same.
    pub values: Buffer,
}

/// One dispatch, ready to be recorded.
pub struct Dispatch {
    pipeline: ComputePipeline,
    bind: BindGroup,
    grid: Grid,
}

/// How many workgroups a dispatch has for so many tokens.
#[derive(Clone, Copy)]
enum Grid {
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

/// A step of the plan.
pub enum Work {
    /// However many tokens there are.
    Always(Dispatch),
    /// These for few tokens, one for many.
    ByCount(Vec<Dispatch>, Dispatch),
}

impl Work {
    /// Adds it to a pass.
    pub fn record(&self, pass: &mut ComputePass, tokens: u32) {
        match self {
            Work::Always(dispatch) => dispatch.record(pass, tokens),
            Work::ByCount(few, _) if tokens <= FEW_TOKENS => {
                few.iter().for_each(|few| few.record(pass, tokens))
            }
            Work::ByCount(_, many) => many.record(pass, tokens),
        }
    }
}

impl Dispatch {
    fn record(&self, pass: &mut ComputePass, tokens: u32) {
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
        let found_bytes = 16 * (LOGIT_ROWS + MOST_ASKED);
        let staging = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Ok(Workspace {
            chunk: memory.uniform(&[0; CHUNK_WORDS]),
            look: memory.uniform(&[0; CHUNK_WORDS]),
            tokens: memory.storage("tokens", 4 * chunk_tokens).await?,
            places: memory.storage("places", 4 * sizes.context.next_multiple_of(PAGE)).await?,
            angles,
            slots,
            packed: memory.storage("packed", BLOCK * packed_blocks).await?,
            packed_scales: memory.storage("scales of the packed", 8 * packed_blocks).await?,
            parts: memory.storage("parts of the attention", part_bytes).await?,
            last: memory.storage("last rows", 4 * LOGIT_ROWS * sizes.width).await?,
            logits: memory.storage("logits", 4 * LOGIT_ROWS * sizes.vocabulary).await?,
            asked: memory.storage("asked", 8 * MOST_ASKED).await?,
            found: memory.storage("found", found_bytes).await?,
            staging: memory.buffer("staging", found_bytes.max(4 * sizes.vocabulary), staging).await?,
        })
    }

    fn slot(&self, slot: Slot) -> &Buffer {
        &self.slots[slot as usize]
    }
}

/// Makes dispatches of steps.
pub struct Planner<'a> {
    /// The GPU.
    pub memory: &'a Memory,
    /// Its pipelines.
    pub kernels: &'a Kernels,
    /// The weights.
    pub weights: &'a Weights,
    /// The buffers to work in.
    pub workspace: &'a Workspace,
    /// The layers' keys and values.
    pub pages: &'a [LayerPages],
    /// The network.
    pub network: &'a Network,
}

impl Planner<'_> {
    /// From tokens to the stream after the last layer.
    pub fn layers(&self) -> Vec<Work> {
        let mut work = self.embed();
        for step in self.network.layers.iter().flatten() {
            self.step(step, &mut work);
        }
        work
    }

    /// From rows of the stream to their logits.
    pub fn logits(&self) -> Vec<Work> {
        let (space, sizes, network) = (self.workspace, &self.network.sizes, self.network);
        let weight = &self.weights.vectors[network.output_norm.0];
        let mut work = vec![self.norm(
            &space.look,
            (space.slot(Slot::Stream), &space.last),
            (weight, sizes.width),
            sizes.width,
        )];
        let then = network.logit_cap.map_or(Then::Write, |cap| Then::Cap(cap.to_bits()));
        let to = Target { chunk: &space.look, buffer: &space.logits, stride: sizes.vocabulary, then };
        self.pack(&[network.output], &space.look, &space.last, &mut work);
        self.multiply(network.output, None, &space.last, to, &mut work);
        work
    }

    /// From logits to what is to be known of them.
    pub fn outlook(&self) -> Work {
        let space = self.workspace;
        let shape = self.memory.uniform(&[word(self.network.sizes.vocabulary)]);
        let entries =
            [(0, &space.look), (1, &shape), (2, &space.logits), (3, &space.asked), (4, &space.found)];
        Work::Always(self.dispatch(Kernel::Outlook, &entries, Grid::Tokens))
    }

    fn embed(&self) -> Vec<Work> {
        let (space, network) = (self.workspace, self.network);
        let matrix = &self.weights.matrices[network.embedding.0];
        let dispatch = |part: &Part| {
            let shape = self.memory.uniform(&[
                word(part.rows),
                word(matrix.layout.cols),
                word(part.first),
                network.embedding_scale.to_bits(),
            ]);
            let mut entries = vec![(1, &shape), (2, &part.codes)];
            entries.extend(part.scales.as_ref().map(|scales| (3, scales)));
            entries.extend([(4, &space.tokens), (5, space.slot(Slot::Stream))]);
            Work::Always(self.dispatch(Kernel::Embed(matrix.layout.kind), &entries, Grid::Tokens))
        };
        matrix.parts.iter().map(dispatch).collect()
    }

    fn step(&self, step: &Step, work: &mut Vec<Work>) {
        let (space, sizes) = (self.workspace, &self.network.sizes);
        match step {
            Step::Norm { from, weight, into } => {
                let weight = &self.weights.vectors[weight.0];
                let cols = (weight.size() / 4) as usize;
                let places = (space.slot(*from), space.slot(*into));
                work.push(self.norm(&space.chunk, places, (weight, cols), from.cols(sizes)));
            }
            Step::Multiply { from, products } => {
                let matrices: Vec<MatrixId> = products.iter().map(|product| product.matrix).collect();
                self.pack(&matrices, &space.chunk, space.slot(*from), work);
                for Product { matrix, bias, into } in products {
                    let then = if *into == Slot::Stream { Then::Add } else { Then::Write };
                    let stride = into.cols(sizes);
                    let to = Target { chunk: &space.chunk, buffer: space.slot(*into), stride, then };
                    let bias = bias.map(|bias| &self.weights.vectors[bias.0]);
                    self.multiply(*matrix, bias, space.slot(*from), to, work);
                }
            }
            Step::Keep { layer, rotation } => work.push(self.keep(*layer, *rotation)),
            Step::Attend { layer, window, scale } => work.push(self.attend(*layer, *window, *scale)),
            Step::Gate(activation) => {
                let shape = self.memory.uniform(&[word(sizes.hidden)]);
                let entries =
                    [(0, &space.chunk), (1, &shape), (2, space.slot(Slot::Up)), (3, space.slot(Slot::Gate))];
                let grid = Grid::Items(word(sizes.hidden / 4));
                work.push(Work::Always(self.dispatch(Kernel::Gate(*activation), &entries, grid)));
            }
            Step::Add { from } => {
                let shape = self.memory.uniform(&[word(sizes.width)]);
                let entries =
                    [(0, &space.chunk), (1, &shape), (2, space.slot(*from)), (3, space.slot(Slot::Stream))];
                let grid = Grid::Items(word(sizes.width / 4));
                work.push(Work::Always(self.dispatch(Kernel::Add, &entries, grid)));
            }
        }
    }

    /// Norms rows of `cols` of `width` numbers a token.
    fn norm(
        &self,
        chunk: &Buffer,
        (from, into): (&Buffer, &Buffer),
        (weight, cols): (&Buffer, usize),
        width: usize,
    ) -> Work {
        let per_token = word(width / cols);
        let epsilon = self.network.sizes.epsilon.to_bits();
        let shape = self.memory.uniform(&[word(cols), per_token, epsilon, 0]);
        let in_place = from == into;
        let mut entries = vec![(0, chunk), (1, &shape), (2, weight)];
        if !in_place {
            entries.push((3, from));
        }
        entries.push((4, into));
        Work::Always(self.dispatch(Kernel::Norm { in_place }, &entries, Grid::ByToken(per_token)))
    }

    /// Whether a matrix's products are taken by bytes.
    fn packs(&self, matrix: MatrixId) -> bool {
        let Layout { kind, cols, .. } = self.weights.matrices[matrix.0].layout;
        self.kernels.variants.packs(kind, !cols.is_multiple_of(BLOCK))
    }

    /// Rounds what is to be multiplied with `matrices`, which are all as wide, where one of them takes it so.
    fn pack(&self, matrices: &[MatrixId], chunk: &Buffer, x: &Buffer, work: &mut Vec<Work>) {
        let Some(matrix) = matrices.iter().find(|matrix| self.packs(**matrix)) else { return };
        let (space, layout) = (self.workspace, self.weights.matrices[matrix.0].layout);
        let shape = self.memory.uniform(&[word(layout.cols)]);
        let entries = [(0, chunk), (1, &shape), (2, x), (3, &space.packed), (4, &space.packed_scales)];
        let grid = Grid::Items(word(layout.blocks()));
        work.push(Work::Always(self.dispatch(Kernel::Pack, &entries, grid)));
    }

    fn multiply(
        &self,
        matrix: MatrixId,
        bias: Option<&Buffer>,
        x: &Buffer,
        to: Target,
        work: &mut Vec<Work>,
    ) {
        let Matrix { layout, parts } = &self.weights.matrices[matrix.0];
        let packed = self.packs(matrix);
        let x = if packed { &self.workspace.packed } else { x };
        let kernel = Multiply {
            kind: layout.kind,
            packed,
            ragged: !layout.cols.is_multiple_of(BLOCK),
            then: to.then,
            bias: bias.is_some(),
        };
        for part in parts {
            let words = [part.rows, layout.cols, to.stride, part.first].map(word);
            let shape = self.memory.uniform(&words);
            let entries = |tells_chunk: bool| {
                let mut entries = vec![(1, &shape), (2, &part.codes), (4, x), (5, to.buffer)];
                entries.extend(tells_chunk.then_some((0, to.chunk)));
                entries.extend(part.scales.as_ref().map(|scales| (3, scales)));
                entries.extend(bias.map(|bias| (6, bias)));
                entries.extend(packed.then_some((7, &self.workspace.packed_scales)));
                entries
            };
            let rows = word(part.rows);
            let sharing = Sharing::of(self.kernels.software, layout.blocks());
            let few = Grid::ByToken(rows.div_ceil(sharing.rows_of_workgroup()));
            let few = self.dispatch(Kernel::Matvec(kernel, sharing), &entries(false), few);
            let each = self.kernels.each();
            let many = Grid::Tiles(rows.div_ceil(8 * each), 8 * each);
            let many = self.dispatch(Kernel::Matmul(kernel, each), &entries(true), many);
            work.push(Work::ByCount(vec![few], many));
        }
    }

    fn keep(&self, layer: usize, rotation: usize) -> Work {
        let (space, pages) = (self.workspace, &self.pages[layer]);
        let Sizes { heads, kv_heads, head_size, .. } = self.network.sizes;
        let turns = &self.network.rotations[rotation];
        let shape = self.memory.uniform(&[heads, kv_heads, head_size, turns.divisors.len()].map(word));
        let entries = [
            (0, &space.chunk),
            (1, &shape),
            (2, &space.angles[rotation]),
            (3, &space.places),
            (4, space.slot(Slot::Queries)),
            (5, space.slot(Slot::Keys)),
            (6, space.slot(Slot::Values)),
            (7, &pages.keys),
            (8, &pages.values),
        ];
        let grid = Grid::Items(word((heads + 2 * kv_heads) * head_size / 2));
        Work::Always(self.dispatch(Kernel::Keep(turns.pairing), &entries, grid))
    }

    fn attend(&self, layer: usize, window: Option<usize>, scale: f32) -> Work {
        let (space, pages) = (self.workspace, &self.pages[layer]);
        let Sizes { heads, kv_heads, head_size, .. } = self.network.sizes;
        let window = window.map_or(u32::MAX, word);
        let shape = self.memory.uniform(&[word(heads), word(kv_heads), window, scale.to_bits()]);
        let entries = |out| {
            [
                (0, &space.chunk),
                (1, &shape),
                (2, &space.places),
                (3, space.slot(Slot::Queries)),
                (4, &pages.keys),
                (5, &pages.values),
                (6, out),
            ]
        };
        let attended = space.slot(Slot::Attended);
        let whole = Grid::ByToken(word(heads));
        let many = self.dispatch(Kernel::Attend(head_size), &entries(attended), whole);
        if self.kernels.software {
            return Work::Always(many);
        }
        let shared = Grid::Shared(word(heads), SPLITS);
        let few = self.dispatch(Kernel::AttendInParts(head_size), &entries(&space.parts), shared);
        let merged = [(1, &shape), (2, &space.parts), (3, attended)];
        let merge = self.dispatch(Kernel::Merge(head_size), &merged, whole);
        Work::ByCount(vec![few, merge], many)
    }

    fn dispatch(&self, kernel: Kernel, buffers: &[(u32, &Buffer)], grid: Grid) -> Dispatch {
        let pipeline = self.kernels.pipeline(kernel);
        let entries: Vec<BindGroupEntry> = buffers
            .iter()
            .map(|(binding, buffer)| BindGroupEntry {
                binding: *binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bind = self.memory.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Dispatch { pipeline, bind, grid }
    }
}

/// Where products go.
struct Target<'a> {
    chunk: &'a Buffer,
    buffer: &'a Buffer,
    stride: usize,
    then: Then,
}

/// A size as the kernels have it; buffers of more than 2^32 numbers can't be bound anyway.
fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
