//! The processor as a [`Device`]: runs a network's steps with the kernels of this folder.
//!
//! A chunk of tokens goes through all layers; its keys and values are written to its branches' pages before its queries
//! attend, each piece's to its own branch. A page holds all layers, each `[kv_heads][head_size][PAGE]` keys and then `[kv_heads][PAGE][head_size]`
//! values (`attention.rs` says why). Logits are computed only for the tokens asked for.

use std::rc::Rc;

use smallvec::SmallVec;

use super::activations::{Activations, grow};
use super::attention::{Attention, Span};
use super::{GROUP, Kernels, Packed, Packer, Pool, TOGETHER, rotate, rotate_halves};
use crate::engine::device::{Device, Laid, Outlook, Piece, lay_out};
use crate::engine::engine::arg_max;
use crate::engine::gguf::TensorKind;
use crate::engine::kv::PAGE;
use crate::engine::network::{
    Activation, MatrixId, Network, Pairing, Product, Sizes, Slot, Step, VectorId, out_of_memory,
};
use crate::engine::{EngineError, Pace, quant};

/// Rows of logits computed together: the output matrix, the largest, is read once for all of them.
const LOGIT_ROWS: usize = 8;

/// The processor with a model's weights.
pub struct Cpu {
    kernels: Kernels,
    pool: Pool,
    matrices: Vec<Packed>,
    vectors: Vec<Vec<f32>>,
    loading: Option<Packer>,
    /// Where matrices are widened as they come: what they hold in the file.
    widened: Option<TensorKind>,
    in_floats: bool,
    network: Option<Rc<Network>>,
    pages: Vec<Vec<f32>>,
    work: Workspace,
}

/// What a forward pass works in; it is kept between passes and grows to the largest.
#[derive(Default)]
struct Workspace {
    tokens: usize,
    slots: [Activations; Slot::ALL.len()],
    /// For each rotation, for each token, for each pair: cosine and sine.
    angles: Vec<Vec<(f32, f32)>>,
    scratch: Vec<f32>,
    /// Empty between layers: only its memory is kept.
    spans: Vec<Span<'static>>,
    /// What a product into the stream is added from.
    product: Vec<f32>,
    /// Rows of the stream whose logits are asked for.
    looked_at: Vec<f32>,
    last: Activations,
    logits: Vec<f32>,
}

impl Cpu {
    /// A processor that computes on `threads` threads, the caller's counted.
    pub fn new(threads: usize) -> Cpu {
        Cpu {
            kernels: Kernels::best(),
            pool: Pool::new(threads),
            matrices: Vec::new(),
            vectors: Vec::new(),
            loading: None,
            widened: None,
            in_floats: false,
            network: None,
            pages: Vec::new(),
            work: Workspace::default(),
        }
    }

    /// Makes it widen the weights that come from now on to floats, and so round no activation either: a reference for
    /// other devices. It takes several times the memory and the time.
    pub fn in_floats(mut self) -> Cpu {
        self.in_floats = true;
        self
    }

    /// The kernels in use.
    pub fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    /// Makes it compute with other kernels of [`Kernels::available`]: for comparing them.
    pub fn set_kernels(&mut self, kernels: Kernels) {
        self.kernels = kernels;
    }

    /// The pool, for the workers of a browser that are to help.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    fn network(&self) -> Result<Rc<Network>, EngineError> {
        self.network.clone().ok_or(EngineError::NotPrepared)
    }

    /// The logits after tokens `rows` of the last chunk, every one finite.
    fn compute_logits(&mut self, rows: &[usize]) -> Result<impl Iterator<Item = &[f32]>, EngineError> {
        let Cpu { kernels, pool, matrices, vectors, network, work, .. } = self;
        let network = network.as_ref().ok_or(EngineError::NotPrepared)?;
        let matrix = &matrices[network.output.0];
        let stride = matrix.groups() * GROUP;
        let width = network.sizes.width;
        let (count, floats) = (rows.len(), rows.len() * stride);
        if !work.last.resize(count, width) || !grow(&mut work.logits, floats) {
            return Err(out_of_memory("logits", floats));
        }
        let stream = work.slots[Slot::Stream as usize].floats();
        work.looked_at.clear();
        rows.iter().for_each(|row| work.looked_at.extend_from_slice(&stream[row * width..][..width]));
        let weight = &vectors[network.output_norm.0];
        kernels.rms_norm(pool, &work.looked_at, weight, network.sizes.epsilon, work.last.floats_mut());
        kernels.quantise(pool, &mut work.last);
        kernels.matmul(pool, matrix, &work.last, &mut work.logits[..floats], stride);
        let vocabulary = network.sizes.vocabulary;
        for logits in work.logits[..floats].chunks_exact_mut(stride) {
            if let Some(cap) = network.logit_cap {
                for logit in &mut logits[..vocabulary] {
                    *logit = cap * libm::tanhf(*logit / cap);
                }
            }
            if logits[..vocabulary].iter().any(|logit| !logit.is_finite()) {
                return Err(EngineError::NotANumber);
            }
        }
        Ok(work.logits[..floats].chunks_exact(stride).map(move |logits| &logits[..vocabulary]))
    }
}

impl Cpu {
    /// Makes room for a chunk and puts its embeddings into the stream.
    fn begin(&mut self, network: &Network, laid: &[Laid], tokens: &[u32]) -> Result<(), EngineError> {
        let (work, sizes, count) = (&mut self.work, &network.sizes, tokens.len());
        let mut there = true;
        for slot in Slot::ALL {
            let cols = slot.cols(sizes);
            let place = &mut work.slots[slot as usize];
            there &= if is_multiplied(slot) {
                place.resize(count, cols)
            } else {
                place.resize_floats(count, cols)
            };
        }
        let furthest = laid.iter().map(|piece| piece.branch.len()).max().unwrap_or(0);
        let scratch = self.pool.threads() * attention(sizes, (None, 1.0), &[], &[], furthest, 0).scratch();
        there &= grow(&mut work.scratch, scratch) && grow(&mut work.product, count * sizes.width);
        if !there {
            let floats: usize = Slot::ALL.iter().map(|slot| count * slot.cols(sizes)).sum();
            return Err(out_of_memory("a chunk of the prompt", floats + scratch));
        }
        work.tokens = count;
        for (angles, rotation) in work.angles.iter_mut().zip(&network.rotations) {
            angles.clear();
            rotation.angles(positions(laid), angles);
        }
        let embedding = &self.matrices[network.embedding.0];
        let stream = work.slots[Slot::Stream as usize].floats_mut();
        for (token, row) in tokens.iter().zip(stream.chunks_exact_mut(sizes.width)) {
            embedding.row(*token as usize, row);
            if network.embedding_scale != 1.0 {
                row.iter_mut().for_each(|x| *x *= network.embedding_scale);
            }
        }
        Ok(())
    }

    fn step(&mut self, network: &Network, step: &Step, laid: &[Laid]) {
        match step {
            Step::Norm { from, weight, into } => self.norm(network.sizes.epsilon, *from, *weight, *into),
            Step::Multiply { from, products } => self.multiply(*from, products),
            Step::Keep { layer, rotation } => self.keep(network, (*layer, *rotation), laid),
            Step::Attend { layer, window, scale } => {
                self.attend(&network.sizes, *layer, (*window, *scale), laid)
            }
            Step::Gate(activation) => self.gate(*activation),
            Step::Add { from } => {
                let Workspace { slots, .. } = &mut self.work;
                let from = std::mem::take(&mut slots[*from as usize]);
                add(slots[Slot::Stream as usize].floats_mut(), from.floats());
                slots[Slot::Product as usize] = from;
            }
        }
    }

    fn norm(&mut self, epsilon: f32, from: Slot, weight: VectorId, into: Slot) {
        let (kernels, pool, slots) = (&self.kernels, &mut self.pool, &mut self.work.slots);
        let weight = &self.vectors[weight.0];
        if from == into {
            kernels.rms_norm_in_place(pool, slots[into as usize].floats_mut(), weight, epsilon);
        } else {
            let source = std::mem::take(&mut slots[from as usize]);
            kernels.rms_norm(pool, source.floats(), weight, epsilon, slots[into as usize].floats_mut());
            slots[from as usize] = source;
        }
        if is_multiplied(into) {
            kernels.quantise(pool, &mut slots[into as usize]);
        }
    }

    fn multiply(&mut self, from: Slot, products: &[Product]) {
        let Workspace { slots, product, .. } = &mut self.work;
        let source = std::mem::take(&mut slots[from as usize]);
        let mut targets: SmallVec<[Activations; TOGETHER]> =
            products.iter().map(|product| std::mem::take(&mut slots[product.into as usize])).collect();
        let mut all = SmallVec::<[_; TOGETHER]>::new();
        let mut added = Some(&mut product[..]);
        for (Product { matrix, into, .. }, target) in products.iter().zip(&mut targets) {
            let (matrix, cols) = (&self.matrices[matrix.0], target.cols());
            let place = match added.take_if(|_| *into == Slot::Stream) {
                Some(product) => &mut product[..source.tokens() * cols],
                None => target.floats_mut(),
            };
            all.push((matrix, place, cols));
        }
        self.kernels.matmul_all(&mut self.pool, &source, &mut all);
        drop(all);
        for (Product { bias, into, .. }, mut target) in products.iter().zip(targets) {
            if *into == Slot::Stream {
                add(target.floats_mut(), product);
            }
            if let Some(bias) = bias {
                let bias = &self.vectors[bias.0];
                target.floats_mut().chunks_exact_mut(bias.len()).for_each(|row| add(row, bias));
            }
            slots[*into as usize] = target;
        }
        slots[from as usize] = source;
    }

    /// Turns queries and keys, and writes keys (transposed) and values into the layer's part of the pages.
    fn keep(&mut self, network: &Network, (layer, rotation): (usize, usize), laid: &[Laid]) {
        let (sizes, slots) = (&network.sizes, &mut self.work.slots);
        let pairs = network.rotations[rotation].divisors.len();
        let turn = match network.rotations[rotation].pairing {
            Pairing::Neighbours => rotate,
            Pairing::Halves => rotate_halves,
        };
        let (queries, keys) = (sizes.heads * sizes.head_size, sizes.keys());
        let offset = layer * layer_floats(sizes);
        let mut all = std::mem::take(&mut slots[Slot::Queries as usize]);
        let places = laid
            .iter()
            .flat_map(|piece| (piece.first..).zip(piece.rows.clone()).map(|at| (piece.branch, at)));
        for (branch, (position, token)) in places {
            let angles = &self.work.angles[rotation][token * pairs..][..pairs];
            turn(&mut all.floats_mut()[token * queries..][..queries], sizes.head_size, angles);
            let k = &mut slots[Slot::Keys as usize].floats_mut()[token * keys..][..keys];
            turn(k, sizes.head_size, angles);
            if let Some((page, slot)) = branch.slot(position) {
                let page = &mut self.pages[page][offset..offset + layer_floats(sizes)];
                let k = &slots[Slot::Keys as usize].floats()[token * keys..][..keys];
                let v = &slots[Slot::Values as usize].floats()[token * keys..][..keys];
                write_page(page, slot, k, v, sizes.head_size);
            }
        }
        slots[Slot::Queries as usize] = all;
    }

    fn attend(&mut self, sizes: &Sizes, layer: usize, reach: (Option<usize>, f32), laid: &[Laid]) {
        let (floats, work) = (layer_floats(sizes), &mut self.work);
        let mut attended = std::mem::take(&mut work.slots[Slot::Attended as usize]);
        let width = sizes.heads * sizes.head_size;
        let mut spans = emptied(std::mem::take(&mut work.spans));
        for Laid { branch, first, rows } in laid {
            spans.clear();
            spans.extend(branch.runs().map(|run| {
                let page = &self.pages[run.page.number()][layer * floats..][..floats];
                let (keys, values) = page.split_at(floats / 2);
                Span { keys, values, range: (run.from, run.to) }
            }));
            let numbers = rows.start * width..rows.end * width;
            let queries = &work.slots[Slot::Queries as usize].floats()[numbers.clone()];
            let attention = attention(sizes, reach, queries, &spans, *first, rows.len());
            let out = &mut attended.floats_mut()[numbers];
            self.kernels.attend(&mut self.pool, &attention, out, &mut work.scratch);
        }
        work.spans = emptied(spans);
        self.kernels.quantise(&mut self.pool, &mut attended);
        work.slots[Slot::Attended as usize] = attended;
    }

    fn gate(&mut self, activation: Activation) {
        let (kernels, pool, slots) = (&self.kernels, &mut self.pool, &mut self.work.slots);
        let mut gate = std::mem::take(&mut slots[Slot::Gate as usize]);
        let up = &slots[Slot::Up as usize];
        match activation {
            Activation::Silu => kernels.silu_mul(pool, gate.floats_mut(), up.floats(), up.cols()),
            Activation::Gelu => kernels.gelu_mul(pool, gate.floats_mut(), up.floats(), up.cols()),
        }
        kernels.quantise(pool, &mut gate);
        slots[Slot::Gate as usize] = gate;
    }
}

/// The memory of a vector of spans, for spans of other pages: where it is collected again, the standard library takes it as
/// it is.
fn emptied<'a>(mut spans: Vec<Span<'_>>) -> Vec<Span<'a>> {
    spans.clear();
    spans.into_iter().map(|_| Span { keys: &[], values: &[], range: (0, 0) }).collect()
}

/// The position of each token of a chunk.
fn positions<'a>(laid: &'a [Laid]) -> impl Iterator<Item = usize> + 'a {
    laid.iter().flat_map(|piece| piece.first..piece.branch.len())
}

/// Whether matrices multiply what is in this slot, so that it is quantised.
fn is_multiplied(slot: Slot) -> bool {
    matches!(slot, Slot::Normed | Slot::Attended | Slot::Gate)
}

/// Floats of one layer in a page: keys, then as many of values.
fn layer_floats(sizes: &Sizes) -> usize {
    2 * sizes.keys() * PAGE
}

fn attention<'a>(
    sizes: &Sizes,
    (window, scale): (Option<usize>, f32),
    queries: &'a [f32],
    spans: &'a [Span<'a>],
    first: usize,
    count: usize,
) -> Attention<'a> {
    let Sizes { heads, kv_heads, head_size, .. } = *sizes;
    Attention {
        queries,
        spans,
        first_key: 0,
        first_position: first,
        tokens: count,
        heads,
        kv_heads,
        head_size,
        window,
        scale,
    }
}

/// Writes one position's keys (transposed) and values into a layer of a page.
fn write_page(layer: &mut [f32], slot: usize, keys: &[f32], values: &[f32], head_size: usize) {
    let (page_keys, page_values) = layer.split_at_mut(keys.len() * PAGE);
    for (column, key) in page_keys.as_chunks_mut::<PAGE>().0.iter_mut().zip(keys) {
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

impl Device for Cpu {
    async fn begin_matrix(
        &mut self,
        name: &str,
        kind: TensorKind,
        rows: usize,
        cols: usize,
    ) -> Result<(), EngineError> {
        self.widened = (self.in_floats && kind != TensorKind::F32).then_some(kind);
        let kind = if self.in_floats { TensorKind::F32 } else { kind };
        let bytes = kind.block_bytes() * (rows * cols) as u64 / kind.block_items();
        let memory = EngineError::OutOfMemory { what: format!("tensor {name}"), bytes };
        self.loading = Some(Packer::new(kind, rows, cols).ok_or(memory)?);
        Ok(())
    }

    async fn push_rows(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let Some(packer) = &mut self.loading else { return Ok(()) };
        let Some(kind) = self.widened else {
            packer.push(bytes);
            return Ok(());
        };
        let mut floats = vec![0.0; bytes.len() / kind.block_bytes() as usize * kind.block_items() as usize];
        quant::dequantise(kind, bytes, &mut floats);
        packer.push(&floats.iter().flat_map(|float| float.to_le_bytes()).collect::<Vec<u8>>());
        Ok(())
    }

    fn end_matrix(&mut self) -> MatrixId {
        self.matrices.extend(self.loading.take().map(Packer::finish));
        MatrixId(self.matrices.len() - 1)
    }

    async fn vector(&mut self, floats: Vec<f32>) -> Result<VectorId, EngineError> {
        self.vectors.push(floats);
        Ok(VectorId(self.vectors.len() - 1))
    }

    async fn prepare(&mut self, network: Network, _chunk_tokens: usize) -> Result<(), EngineError> {
        self.work.angles = vec![Vec::new(); network.rotations.len()];
        self.network = Some(Rc::new(network));
        Ok(())
    }

    fn clear(&mut self) {
        (self.matrices, self.vectors, self.pages) = Default::default();
        (self.loading, self.network, self.work) = Default::default();
    }

    fn weight_bytes(&self) -> usize {
        self.matrices.iter().map(Packed::bytes).sum()
    }

    fn chunk_tokens(&self) -> usize {
        64
    }

    fn page_bytes(&self, sizes: &Sizes) -> usize {
        sizes.layers * layer_floats(sizes) * size_of::<f32>()
    }

    async fn hold(&mut self, pages: usize) -> Result<(), usize> {
        let Some(network) = &self.network else { return Err(0) };
        let floats = network.sizes.layers * layer_floats(&network.sizes);
        while self.pages.len() < pages {
            let mut page = Vec::new();
            if page.try_reserve_exact(floats).is_err() {
                return Err(self.pages.len());
            }
            page.resize(floats, 0.0);
            self.pages.push(page);
        }
        Ok(())
    }

    fn most_positions(&self) -> usize {
        usize::MAX
    }

    /// Pauses after each layer.
    async fn forward<P: Pace>(&mut self, pieces: &mut [Piece<'_>], pace: &mut P) -> Result<(), EngineError> {
        let network = self.network()?;
        let (laid, tokens) = lay_out(pieces);
        self.begin(&network, &laid, &tokens)?;
        for steps in &network.layers {
            for step in steps {
                self.step(&network, step, &laid);
            }
            // A token alone takes a millisecond or so a layer on a large model, less on a small one.
            if tokens.len() > 1 {
                pace.pause().await?;
            }
        }
        Ok(())
    }

    async fn logits(&mut self, row: usize) -> Result<&[f32], EngineError> {
        self.compute_logits(&[row])?.next().ok_or(EngineError::NotPrepared)
    }

    async fn outlook(&mut self, rows: &[usize], asked: &[(usize, u32)]) -> Result<Outlook, EngineError> {
        let mut outlook = Outlook { logits: vec![0.0; asked.len()], ..Outlook::default() };
        let kernels = self.kernels;
        for together in rows.chunks(LOGIT_ROWS) {
            for (row, logits) in together.iter().zip(self.compute_logits(together)?) {
                outlook.top1.push(arg_max(logits));
                outlook.log_sum_exp.push(kernels.log_sum_exp(logits));
                for (slot, (_, token)) in
                    outlook.logits.iter_mut().zip(asked).filter(|(_, (asked, _))| asked == row)
                {
                    *slot = logits[*token as usize];
                }
            }
        }
        Ok(outlook)
    }
}
