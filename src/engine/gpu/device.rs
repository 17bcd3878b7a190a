//! The GPU as a [`Device`].

use std::rc::Rc;

use wgpu::{CommandBuffer, CommandEncoder, ComputePass};

use super::adapter::About;
use super::adjacent::lay_adjacent;
use super::kernels::{ASKED_AT, Kernels, LOGIT_ROWS, LOGIT_SLICES};
use super::memory::{Memory, bytes_of, take_floats, to_word, words};
use super::pages::{Pages, layer_bytes};
use super::plan::{Dispatch, MOST_ASKED, Matrix, Part, Plan, Slice, Weights, Workspace, most_positions};
use super::planner::Planner;
use super::variants::Variants;
use super::weights::Layout;
use crate::engine::device::{Device, Laid, Outlook, Piece, lay_out};
use crate::engine::gguf::TensorKind;
use crate::engine::kv::PAGE;
use crate::engine::network::{MatrixId, Network, Sizes, Slot, VectorId};
use crate::engine::{EngineError, Pace};

/// Bytes of weights that may be on their way to the GPU before it is waited for: they are in memory meanwhile.
const MOST_ON_THE_WAY: usize = 32 << 20;

/// A GPU with a model's weights.
pub struct Gpu {
    about: About,
    memory: Memory,
    kernels: Kernels,
    weights: Weights,
    loading: Option<Loading>,
    on_the_way: usize,
    model: Option<Model>,
}

/// A matrix that is being filled.
struct Loading {
    matrix: Matrix,
    rows_done: usize,
    codes: Vec<u8>,
    scales: Vec<u8>,
}

/// A network, ready to run.
struct Model {
    network: Rc<Network>,
    workspace: Workspace,
    pages: Pages,
    layers: Plan,
    logits: Plan,
    outlook: Dispatch,
    /// A forward pass that waits to be submitted with what is asked of it.
    recorded: Option<CommandBuffer>,
    /// The forward pass of a token alone, recorded while the GPU was busy with the one before.
    ahead: Option<CommandBuffer>,
    /// Whether the last forward pass was of a token alone.
    alone: bool,
    read: Vec<f32>,
}

impl Gpu {
    pub(super) fn new(about: About, device: wgpu::Device, queue: wgpu::Queue) -> Gpu {
        let kernels = Kernels::new(device.clone(), about.software);
        let weights = Weights { matrices: Vec::new(), vectors: Vec::new() };
        let memory = Memory::new(device, queue);
        Gpu { about, memory, kernels, weights, loading: None, on_the_way: 0, model: None }
    }

    /// What is told of the adapter, with the limits in use.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Uses these from the next model on, as far as the GPU offers them; plain f32 until then. The model is let go.
    pub fn use_variants(&mut self, variants: Variants) {
        self.clear();
        self.kernels.variants = variants.and(self.about.offers);
    }

    /// What it uses beyond f32.
    pub fn variants(&self) -> Variants {
        self.kernels.variants
    }

    /// Has the work of few tokens shared out as for a model of these sizes, from the next model on: a small one then runs the
    /// kernels of a large one.
    pub(super) fn stand_for(&mut self, sizes: Option<Sizes>) {
        self.kernels.stands_for = sizes;
    }

    /// The kernels that the model at hand runs, by name: for tests.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn kernels(&self) -> std::collections::BTreeSet<String> {
        let plans = self.model.iter().flat_map(|model| [&model.layers, &model.logits]);
        let dispatches = plans.flat_map(|plan| plan.one.iter().chain(&plan.few).chain(&plan.many));
        dispatches.map(|dispatch| format!("{:?}", dispatch.kernel)).collect()
    }

    /// Kernels that are run for a token alone, and for what is to be known of its logits; none without a model.
    pub fn dispatches_of_a_token(&self) -> usize {
        let of = |model: &Model| model.layers.one.len() + model.logits.one.len() + 1;
        self.model.as_ref().map_or(0, of)
    }

    /// Bytes of the GPU's memory that were made and not given back.
    pub fn memory_bytes(&self) -> u64 {
        self.memory.bytes()
    }

    /// The dispatches of a token alone, and where the processor reads from: for the bench.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn token(&self) -> Option<(&Memory, Vec<&Dispatch>, &wgpu::Buffer)> {
        let model = self.model.as_ref()?;
        let all = model.layers.one.iter().chain(&model.logits.one).chain([&model.outlook]);
        Some((&self.memory, all.collect(), &model.workspace.staging))
    }

    /// Has the weights that come from now on split as if a kernel could bind no more than so many bytes: for trying out
    /// what larger models need.
    pub fn with_most_binding_bytes(mut self, bytes: u64) -> Gpu {
        self.about.most_binding_bytes = self.about.most_binding_bytes.min(bytes);
        self
    }

    /// Closes the GPU, as if it had been taken away: what is asked afterwards fails.
    pub fn destroy(&self) {
        self.memory.device.destroy();
    }

    async fn wait_if_much_is_on_the_way(&mut self, bytes: usize) -> Result<(), EngineError> {
        self.on_the_way += bytes;
        if self.on_the_way >= MOST_ON_THE_WAY {
            self.on_the_way = 0;
            self.memory.queue.submit([]);
            self.memory.done().await?;
        }
        Ok(())
    }
}

impl Device for Gpu {
    async fn begin_matrix(
        &mut self,
        name: &str,
        kind: TensorKind,
        rows: usize,
        cols: usize,
    ) -> Result<(), EngineError> {
        let layout = Layout { kind, rows, cols };
        let most = self.about.most_binding_bytes.min(self.about.most_buffer_bytes) as usize;
        let mut parts = Vec::new();
        for (first, rows) in layout.parts(most) {
            let codes = Slice::whole(self.memory.storage(name, rows * layout.code_bytes()).await?);
            let scales = match layout.scale_bytes(rows) {
                0 => None,
                bytes => Some(Slice::whole(self.memory.storage(name, bytes).await?)),
            };
            parts.push(Part { first, rows, codes, scales });
        }
        let matrix = Matrix { layout, parts };
        self.loading = Some(Loading { matrix, rows_done: 0, codes: Vec::new(), scales: Vec::new() });
        Ok(())
    }

    async fn push_rows(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let Some(loading) = &mut self.loading else { return Ok(()) };
        let layout = loading.matrix.layout;
        let items = layout.kind.block_items() as usize;
        let row_bytes = layout.cols / items * layout.kind.block_bytes() as usize;
        let mut rest = bytes;
        // A piece may end one part and begin the next.
        for part in &loading.matrix.parts {
            let at = loading.rows_done;
            if rest.is_empty() || at >= part.first + part.rows || at < part.first {
                continue;
            }
            let rows = (rest.len() / row_bytes).min(part.first + part.rows - at);
            let (now, later) = rest.split_at(rows * row_bytes);
            layout.pack(now, &mut loading.codes, &mut loading.scales);
            let offset = at - part.first;
            let queue = &self.memory.queue;
            queue.write_buffer(&part.codes.buffer, (offset * layout.code_bytes()) as u64, &loading.codes);
            if let Some(scales) = &part.scales {
                queue.write_buffer(&scales.buffer, layout.scale_bytes(offset) as u64, &loading.scales);
            }
            loading.rows_done += rows;
            rest = later;
        }
        self.wait_if_much_is_on_the_way(bytes.len()).await
    }

    fn end_matrix(&mut self) -> MatrixId {
        self.weights.matrices.extend(self.loading.take().map(|loading| loading.matrix));
        MatrixId(self.weights.matrices.len() - 1)
    }

    async fn vector(&mut self, floats: Vec<f32>) -> Result<VectorId, EngineError> {
        let buffer = self.memory.storage("vector", 4 * floats.len()).await?;
        self.memory.queue.write_buffer(&buffer, 0, &bytes_of(&floats));
        self.weights.vectors.push(buffer);
        Ok(VectorId(self.weights.vectors.len() - 1))
    }

    async fn prepare(&mut self, network: Network, chunk_tokens: usize) -> Result<(), EngineError> {
        self.memory.queue.submit([]);
        self.memory.done().await?;
        let most = self.about.most_binding_bytes.min(self.about.most_buffer_bytes);
        lay_adjacent(&self.memory, &mut self.weights, &network, most).await?;
        let workspace = Workspace::new(&self.memory, &network, chunk_tokens).await?;
        let pages = Pages::new(&self.memory, &network.sizes, self.kernels.variants).await?;
        let planner = Planner {
            memory: &self.memory,
            kernels: &self.kernels,
            weights: &self.weights,
            workspace: &workspace,
            pages: pages.layers(),
            network: &network,
        };
        let (layers, logits, outlook) = (planner.layers(), planner.logits(), planner.outlook());
        self.memory.check()?;
        self.model = Some(Model {
            network: Rc::new(network),
            workspace,
            pages,
            layers,
            logits,
            outlook,
            recorded: None,
            ahead: None,
            alone: false,
            read: Vec::new(),
        });
        Ok(())
    }

    fn clear(&mut self) {
        (self.loading, self.model) = (None, None);
        (self.weights.matrices, self.weights.vectors) = (Vec::new(), Vec::new());
        self.memory.give_back_all();
    }

    fn weight_bytes(&self) -> usize {
        let parts = self.weights.matrices.iter().flat_map(|matrix| &matrix.parts);
        let bytes = |part: &Part| part.codes.bytes + part.scales.as_ref().map_or(0, |scales| scales.bytes);
        parts.map(|part| bytes(part) as usize).sum()
    }

    /// One that a processor plays is not idle with a tile of tokens, and would not hear a cancel for long with more.
    fn chunk_tokens(&self) -> usize {
        if self.about.software { 64 } else { 512 }
    }

    fn page_bytes(&self, sizes: &Sizes) -> usize {
        2 * sizes.layers * layer_bytes(sizes, self.kernels.variants)
    }

    async fn hold(&mut self, pages: usize) -> Result<(), usize> {
        let Some(model) = &mut self.model else { return Err(0) };
        if pages <= model.pages.held() {
            return Ok(());
        }
        model.submit(&self.memory);
        let most = self.about.most_binding_bytes.min(self.about.most_buffer_bytes) as usize;
        let held = model.pages.grow(&self.memory, pages, most).await;
        // Also where it did not grow as asked: some layers may have other buffers than before.
        let planner = Planner {
            memory: &self.memory,
            kernels: &self.kernels,
            weights: &self.weights,
            workspace: &model.workspace,
            pages: model.pages.layers(),
            network: &model.network,
        };
        model.layers = planner.layers();
        model.ahead = None;
        if held < pages { Err(held) } else { Ok(()) }
    }

    fn most_positions(&self) -> usize {
        self.model.as_ref().map_or(0, |model| most_positions(&model.network.sizes))
    }

    /// Records the pass. It is submitted with what is asked of it, or when the next one comes; a long one is waited for,
    /// so that the GPU's queue does not fill up and a cancel takes effect.
    async fn forward<P: Pace>(&mut self, pieces: &mut [Piece<'_>], pace: &mut P) -> Result<(), EngineError> {
        self.memory.check()?;
        let Gpu { memory, model, .. } = self;
        let model = model.as_mut().ok_or(EngineError::NotPrepared)?;
        model.submit(memory);
        let (laid, tokens) = lay_out(pieces);
        model.tell(memory, &laid, &tokens);
        let ahead = if tokens.len() == 1 { model.ahead.take() } else { None };
        let commands = ahead.unwrap_or_else(|| model.record_layers(memory, tokens.len() as u32));
        model.recorded = Some(commands);
        model.alone = tokens.len() == 1;
        if tokens.len() > 1 {
            model.submit(memory);
            memory.done().await?;
            pace.pause().await?;
        }
        Ok(())
    }

    async fn logits(&mut self, row: usize) -> Result<&[f32], EngineError> {
        let Gpu { memory, model, .. } = self;
        let model = model.as_mut().ok_or(EngineError::NotPrepared)?;
        let bytes = 4 * model.network.sizes.vocabulary;
        memory.queue.write_buffer(&model.workspace.look, 0, &words(&[1, 0]));
        let mut encoder = memory.device.create_command_encoder(&Default::default());
        model.take(&mut encoder, &[row]);
        record(&mut encoder, |pass| model.logits.record(pass, 1));
        encoder.copy_buffer_to_buffer(&model.workspace.logits, 0, &model.workspace.staging, 0, bytes as u64);
        model.submit_with(memory, encoder);
        let Model { read, workspace, .. } = model;
        let finite = memory.read(&workspace.staging, bytes, |bytes| take_floats(bytes, read)).await?;
        if finite { Ok(read) } else { Err(EngineError::NotANumber) }
    }

    async fn outlook(&mut self, rows: &[usize], asked: &[(usize, u32)]) -> Result<Outlook, EngineError> {
        let Gpu { memory, model, .. } = self;
        let model = model.as_mut().ok_or(EngineError::NotPrepared)?;
        let mut outlook = Outlook { logits: vec![0.0; asked.len()], ..Outlook::default() };
        for group in rows.chunks(LOGIT_ROWS) {
            let here: Vec<usize> = (0..asked.len()).filter(|i| group.contains(&asked[*i].0)).collect();
            let mut first = true;
            // Once where nothing is asked, too: the rows themselves are wanted.
            for here in here.chunks(MOST_ASKED).chain(here.is_empty().then_some(&[][..])) {
                let pairs: Vec<(usize, u32)> = here.iter().map(|i| asked[*i]).collect();
                let found = model.look(memory, group, &pairs).await?;
                let (rows, logits) = found.split_at(group.len() * LOGIT_SLICES);
                for slices in rows.chunks(LOGIT_SLICES).filter(|_| first) {
                    let (likeliest, log_sum_exp) = put_together(slices)?;
                    outlook.top1.push(likeliest);
                    outlook.log_sum_exp.push(log_sum_exp);
                }
                for (i, found) in here.iter().zip(logits) {
                    outlook.logits[*i] = f32::from_bits(found[0]);
                }
                first = false;
            }
        }
        Ok(outlook)
    }
}

impl Model {
    /// Records the forward pass of so many tokens.
    fn record_layers(&self, memory: &Memory, tokens: u32) -> CommandBuffer {
        let mut encoder = memory.device.create_command_encoder(&Default::default());
        record(&mut encoder, |pass| self.layers.record(pass, tokens));
        encoder.finish()
    }

    /// Submits what is recorded.
    fn submit(&mut self, memory: &Memory) {
        memory.queue.submit(self.recorded.take());
    }

    /// Submits what is recorded and what is asked of it. While the GPU is busy with a token alone, the next one's forward
    /// pass is recorded: it is the same but for what the buffers hold.
    fn submit_with(&mut self, memory: &Memory, asked: CommandEncoder) {
        memory.queue.submit(self.recorded.take().into_iter().chain([asked.finish()]));
        if self.alone && self.ahead.is_none() {
            self.ahead = Some(self.record_layers(memory, 1));
        }
    }

    /// Writes what the kernels are told of a chunk.
    fn tell(&self, memory: &Memory, laid: &[Laid], tokens: &[u32]) {
        let (queue, space) = (&memory.queue, &self.workspace);
        queue.write_buffer(&space.chunk, 0, &words(&[tokens.len() as u32, 0]));
        queue.write_buffer(&space.tokens, 0, &words(tokens));
        let (mut places, mut lists) = (Vec::new(), Vec::new());
        for piece in laid {
            let list = (2 * tokens.len() + lists.len()) as u32;
            places.extend((piece.first..piece.branch.len()).flat_map(|position| [list, position as u32]));
            let runs = piece.branch.runs();
            lists.extend(
                runs.flat_map(|run| (run.from..run.to).map(|at| (run.page.number() * PAGE + at) as u32)),
            );
        }
        places.extend(lists);
        queue.write_buffer(&space.places, 0, &words(&places));
        let mut angles = Vec::new();
        for (buffer, rotation) in space.angles.iter().zip(&self.network.rotations) {
            angles.clear();
            rotation.angles(laid.iter().flat_map(|piece| piece.first..piece.branch.len()), &mut angles);
            let floats: Vec<f32> = angles.iter().flat_map(|(cos, sin)| [*cos, *sin]).collect();
            queue.write_buffer(buffer, 0, &bytes_of(&floats));
        }
    }

    /// Copies up to [`LOGIT_ROWS`] rows of the stream, in ascending order, to where the logits' kernels look.
    fn take(&self, encoder: &mut CommandEncoder, rows: &[usize]) {
        let bytes = 4 * self.network.sizes.width as u64;
        let stream = &self.workspace.slots[Slot::Stream as usize];
        let mut taken = 0;
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            let (from, into, count) = (run[0] as u64 * bytes, taken * bytes, run.len() as u64);
            encoder.copy_buffer_to_buffer(stream, from, &self.workspace.looked_at, into, count * bytes);
            taken += count;
        }
    }

    /// Looks at the logits of up to [`LOGIT_ROWS`] rows.
    async fn look(
        &mut self,
        memory: &Memory,
        rows: &[usize],
        asked: &[(usize, u32)],
    ) -> Result<Vec<[u32; 4]>, EngineError> {
        let look = words(&[rows.len() as u32, asked.len() as u32]);
        memory.queue.write_buffer(&self.workspace.look, 0, &look);
        let place = |row: &usize| rows.binary_search(row).unwrap_or(0) as u32;
        let pairs: Vec<u32> = asked.iter().flat_map(|(row, token)| [place(row), *token]).collect();
        memory.queue.write_buffer(&self.workspace.asked, 0, &words(&pairs));
        let mut encoder = memory.device.create_command_encoder(&Default::default());
        self.take(&mut encoder, rows);
        record(&mut encoder, |pass| {
            self.logits.record(pass, rows.len() as u32);
            self.outlook.record(pass, rows.len() as u32);
        });
        let (of_rows, of_asked) = (rows.len() * LOGIT_SLICES, asked.len());
        let bytes = |count: usize| 16 * count as u64;
        let Workspace { found, staging, .. } = &self.workspace;
        encoder.copy_buffer_to_buffer(found, 0, staging, 0, bytes(of_rows));
        encoder.copy_buffer_to_buffer(found, bytes(ASKED_AT), staging, bytes(of_rows), bytes(of_asked));
        self.submit_with(memory, encoder);
        let four = |bytes: &[u8; 16]| std::array::from_fn(|i| to_word(&bytes[4 * i..4 * i + 4]));
        let count = 16 * (of_rows + of_asked);
        memory
            .read(&self.workspace.staging, count, |read| read.as_chunks().0.iter().map(four).collect())
            .await
    }
}

/// The likeliest token and the logarithm of `Σ e^logit`, of what `outlook.wgsl` found in a row's slices.
fn put_together(slices: &[[u32; 4]]) -> Result<(u32, f32), EngineError> {
    if slices.iter().any(|slice| slice[3] != 0) {
        return Err(EngineError::NotANumber);
    }
    let largest = |slice: &[u32; 4]| f32::from_bits(slice[1]);
    // The first of equals: a row's slices are in the order of its tokens.
    let best = slices.iter().reduce(|best, slice| if largest(slice) > largest(best) { slice } else { best });
    let best = best.ok_or(EngineError::NotPrepared)?;
    let sum_of = |slice: &[u32; 4]| {
        f64::from(f32::from_bits(slice[2])) * libm::exp(f64::from(largest(slice)) - f64::from(largest(best)))
    };
    let sum: f64 = slices.iter().map(sum_of).sum();
    Ok((best[0], (f64::from(largest(best)) + libm::log(sum)) as f32))
}

/// Records what is added in one compute pass.
pub(super) fn record(encoder: &mut CommandEncoder, add: impl FnOnce(&mut ComputePass)) {
    add(&mut encoder.begin_compute_pass(&Default::default()));
}
