//! A network's steps as dispatches, and how kernels are bound to their buffers; for few tokens see `few.rs`.

use wgpu::{BindGroupEntry, BindingResource, Buffer};

use super::few::Input;
use super::kernels::{Attend, AttendMany, Kernel, Kernels, LOGIT_SLICES, Multiply, Then};
use super::memory::Memory;
use super::pages::LayerPages;
use super::plan::{Dispatch, Grid, Matrix, Part, Plan, Weights, Workspace};
use super::weights::{BLOCK, Layout};
use crate::engine::network::{MatrixId, Network, Product, Sizes, Slot, Step};

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
    pub fn layers(&self) -> Plan {
        let steps: Vec<&Step> = self.network.layers.iter().flatten().collect();
        let mut many = self.embed();
        steps.iter().for_each(|step| self.step(step, &mut many));
        Plan { one: self.for_few(&steps, true), few: self.for_few(&steps, false), many }
    }

    /// From rows of the stream to their logits.
    pub fn logits(&self) -> Plan {
        let (space, sizes, network) = (self.workspace, &self.network.sizes, self.network);
        let weight = &self.weights.vectors[network.output_norm.0];
        let then = network.logit_cap.map_or(Then::Write, |cap| Then::Cap(cap.to_bits()));
        let to = Target { chunk: &space.look, buffer: &space.logits, stride: sizes.vocabulary, then };
        let few = || {
            let mut few = Vec::new();
            let input = Input { buffer: &space.looked_at, gain: Some(weight), slot: Slot::Stream };
            self.multiply_few((network.output, None), |sizes| sizes.vocabulary, input, to, &mut few);
            few
        };
        let mut many = vec![self.norm((&space.looked_at, &space.last), (weight, sizes.width), sizes.width)];
        self.pack(&[network.output], &space.look, &space.last, &mut many);
        self.multiply(network.output, None, &space.last, to, &mut many);
        Plan { one: few(), few: few(), many }
    }

    /// From logits to what is to be known of them.
    pub fn outlook(&self) -> Dispatch {
        let space = self.workspace;
        let shape = self.memory.uniform(&[word(self.network.sizes.vocabulary)]);
        let entries =
            [(0, &space.look), (1, &shape), (2, &space.logits), (3, &space.asked), (4, &space.found)];
        self.dispatch(Kernel::Outlook, &entries, Grid::ByToken(LOGIT_SLICES as u32))
    }

    pub(super) fn embed(&self) -> Vec<Dispatch> {
        let (space, network) = (self.workspace, self.network);
        let matrix = &self.weights.matrices[network.embedding.0];
        let dispatch = |part: &Part| {
            let shape = self.memory.uniform(&[
                word(part.rows),
                word(matrix.layout.cols),
                word(part.first),
                network.embedding_scale.to_bits(),
            ]);
            let mut entries = part.entries();
            entries.extend(bindings([(1, &shape), (4, &space.tokens), (5, space.slot(Slot::Stream))]));
            self.bound(Kernel::Embed(matrix.layout.kind), entries, Grid::Tokens)
        };
        matrix.parts.iter().map(dispatch).collect()
    }

    /// The dispatches of a step, for many tokens or where a step is the same for few.
    pub(super) fn step(&self, step: &Step, work: &mut Vec<Dispatch>) {
        let (space, sizes) = (self.workspace, &self.network.sizes);
        match step {
            Step::Norm { from, weight, into } => {
                let weight = &self.weights.vectors[weight.0];
                let cols = (weight.size() / 4) as usize;
                let places = (space.slot(*from), space.slot(*into));
                work.push(self.norm(places, (weight, cols), from.cols(sizes)));
            }
            Step::Multiply { from, products } => {
                let matrices: Vec<MatrixId> = products.iter().map(|product| product.matrix).collect();
                self.pack(&matrices, &space.chunk, space.slot(*from), work);
                for product in products {
                    let bias = self.bias(product);
                    self.multiply(product.matrix, bias, space.slot(*from), self.target(product), work);
                }
            }
            Step::Keep { layer, rotation } => work.push(self.keep(*layer, *rotation)),
            Step::Attend { layer, window, scale } => {
                let attention = Attention { layer: *layer, window: *window, scale: *scale };
                work.push(self.attend_many(attention, space.slot(Slot::Attended)));
            }
            Step::Gate(activation) => {
                let shape = self.memory.uniform(&[word(sizes.hidden)]);
                let entries =
                    [(0, &space.chunk), (1, &shape), (2, space.slot(Slot::Up)), (3, space.slot(Slot::Gate))];
                let grid = Grid::Items(word(sizes.hidden / 4));
                work.push(self.dispatch(Kernel::Gate(*activation), &entries, grid));
            }
            Step::Add { from } => {
                let shape = self.memory.uniform(&[word(sizes.width)]);
                let entries =
                    [(0, &space.chunk), (1, &shape), (2, space.slot(*from)), (3, space.slot(Slot::Stream))];
                let grid = Grid::Items(word(sizes.width / 4));
                work.push(self.dispatch(Kernel::Add, &entries, grid));
            }
        }
    }

    /// Where a product goes.
    pub(super) fn target(&self, product: &Product) -> Target<'_> {
        let (space, into) = (self.workspace, product.into);
        let then = if into == Slot::Stream { Then::Add } else { Then::Write };
        let stride = into.cols(&self.network.sizes);
        Target { chunk: &space.chunk, buffer: space.slot(into), stride, then }
    }

    pub(super) fn bias(&self, product: &Product) -> Option<&Buffer> {
        product.bias.map(|bias| &self.weights.vectors[bias.0])
    }

    /// Norms rows of `cols` of `width` numbers a token.
    fn norm(
        &self,
        (from, into): (&Buffer, &Buffer),
        (weight, cols): (&Buffer, usize),
        width: usize,
    ) -> Dispatch {
        let per_token = word(width / cols);
        let epsilon = self.network.sizes.epsilon.to_bits();
        let shape = self.memory.uniform(&[word(cols), per_token, epsilon, 0]);
        let in_place = from == into;
        let mut entries = vec![(1, &shape), (2, weight)];
        if !in_place {
            entries.push((3, from));
        }
        entries.push((4, into));
        self.dispatch(Kernel::Norm { in_place }, &entries, Grid::ByToken(per_token))
    }

    /// Whether a matrix's products are taken by bytes.
    fn packs(&self, matrix: MatrixId) -> bool {
        let Layout { kind, cols, .. } = self.weights.matrices[matrix.0].layout;
        self.kernels.variants.packs(kind, !cols.is_multiple_of(BLOCK))
    }

    /// Rounds what is to be multiplied with `matrices`, which are all as wide, where one of them takes it so.
    fn pack(&self, matrices: &[MatrixId], chunk: &Buffer, x: &Buffer, work: &mut Vec<Dispatch>) {
        let Some(matrix) = matrices.iter().find(|matrix| self.packs(**matrix)) else { return };
        let (space, layout) = (self.workspace, self.weights.matrices[matrix.0].layout);
        let shape = self.memory.uniform(&[word(layout.cols)]);
        let entries = [(0, chunk), (1, &shape), (2, x), (3, &space.packed), (4, &space.packed_scales)];
        let grid = Grid::Items(word(layout.blocks()));
        work.push(self.dispatch(Kernel::Pack, &entries, grid));
    }

    fn multiply(
        &self,
        matrix: MatrixId,
        bias: Option<&Buffer>,
        x: &Buffer,
        to: Target,
        work: &mut Vec<Dispatch>,
    ) {
        let Matrix { layout, parts } = &self.weights.matrices[matrix.0];
        let packed = self.packs(matrix);
        let x = if packed { &self.workspace.packed } else { x };
        let kernel = Multiply { packed, ..product(*layout, to.then, bias) };
        for part in parts {
            let shape = self.memory.uniform(&[part.rows, layout.cols, to.stride, part.first].map(word));
            let mut entries = part.entries();
            entries.extend(bindings([(0, to.chunk), (1, &shape), (4, x), (5, to.buffer)]));
            entries.extend(bias.map(|bias| (6, bias.as_entire_binding())));
            entries.extend(packed.then(|| (7, self.workspace.packed_scales.as_entire_binding())));
            let each = self.kernels.each();
            let grid = Grid::Tiles(word(part.rows).div_ceil(8 * each), 8 * each);
            work.push(self.bound(Kernel::Matmul(kernel, each), entries, grid));
        }
    }

    fn keep(&self, layer: usize, rotation: usize) -> Dispatch {
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
        self.dispatch(Kernel::Keep(turns.pairing), &entries, grid)
    }

    /// The attention of a layer; `splits` workgroups share a head's positions. A token alone keeps its own key and value
    /// on the way, turned by `rotation`, where there is one.
    pub(super) fn attend(
        &self,
        Attention { layer, window, scale }: Attention,
        rotation: Option<usize>,
        out: &Buffer,
        splits: u32,
    ) -> Dispatch {
        let space = self.workspace;
        let Sizes { heads, kv_heads, head_size, .. } = self.network.sizes;
        let turns = rotation.map(|rotation| &self.network.rotations[rotation]);
        let window = window.map_or(u32::MAX, word);
        let pairs = turns.map_or(0, |turns| word(turns.divisors.len()));
        let shape = self.memory.uniform(&[word(heads), word(kv_heads), window, scale.to_bits(), pairs]);
        let mut entries = self.attention_entries(layer, &shape, out);
        if let Some(rotation) = rotation {
            let new = [space.slot(Slot::Keys), space.slot(Slot::Values)];
            entries.extend([(7, &space.angles[rotation]), (8, new[0]), (9, new[1])]);
        }
        let kernel = Attend { head_size, splits, keeps: turns.map(|turns| turns.pairing) };
        let grid = match splits {
            1 => Grid::ByToken(word(heads)),
            _ => Grid::Shared(word(heads), splits),
        };
        self.dispatch(Kernel::Attend(kernel), &entries, grid)
    }

    /// The same for many tokens.
    fn attend_many(&self, attention: Attention, out: &Buffer) -> Dispatch {
        let Sizes { heads, kv_heads, head_size, .. } = self.network.sizes;
        let [heads, kv_heads, head_size] = [heads, kv_heads, head_size].map(word);
        let Some(kernel) = AttendMany::of(heads, kv_heads, head_size) else {
            return self.attend(attention, None, out, 1);
        };
        let Attention { window, scale, .. } = attention;
        let shape = self.memory.uniform(&[heads, kv_heads, window.map_or(u32::MAX, word), scale.to_bits()]);
        let mut entries = self.attention_entries(attention.layer, &shape, out);
        entries.push((0, &self.workspace.chunk));
        let grid = Grid::Tiles(heads / kernel.group, kernel.tokens);
        self.dispatch(Kernel::AttendMany(kernel), &entries, grid)
    }

    /// What every attention of a layer reads, and where it goes.
    fn attention_entries<'a>(
        &'a self,
        layer: usize,
        shape: &'a Buffer,
        out: &'a Buffer,
    ) -> Vec<(u32, &'a Buffer)> {
        let (space, pages) = (self.workspace, &self.pages[layer]);
        vec![
            (1, shape),
            (2, &space.places),
            (3, space.slot(Slot::Queries)),
            (4, &pages.keys),
            (5, &pages.values),
            (6, out),
        ]
    }

    pub(super) fn dispatch(&self, kernel: Kernel, buffers: &[(u32, &Buffer)], grid: Grid) -> Dispatch {
        self.bound(kernel, bindings(buffers.iter().copied()).collect(), grid)
    }

    pub(super) fn bound(
        &self,
        kernel: Kernel,
        bindings: Vec<(u32, BindingResource<'_>)>,
        grid: Grid,
    ) -> Dispatch {
        let pipeline = self.kernels.pipeline(kernel);
        let entry = |(binding, resource)| BindGroupEntry { binding, resource };
        let entries: Vec<BindGroupEntry> = bindings.into_iter().map(entry).collect();
        let bind = self.memory.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Dispatch {
            #[cfg(not(target_arch = "wasm32"))]
            kernel,
            pipeline,
            bind,
            grid,
        }
    }
}

impl Part {
    /// Its codes and its scales, where kernels of products look for them.
    pub fn entries(&self) -> Vec<(u32, BindingResource<'_>)> {
        let scales = self.scales.as_ref().map(|scales| (3, scales.binding()));
        [(2, self.codes.binding())].into_iter().chain(scales).collect()
    }
}

/// Whole buffers, as kernels are given them.
pub(super) fn bindings<'a>(
    buffers: impl IntoIterator<Item = (u32, &'a Buffer)>,
) -> impl Iterator<Item = (u32, BindingResource<'a>)> {
    buffers.into_iter().map(|(binding, buffer)| (binding, buffer.as_entire_binding()))
}

/// The kernel of a matrix that lies so, of what is not rounded.
pub(super) fn product(layout: Layout, then: Then, bias: Option<&Buffer>) -> Multiply {
    let ragged = !layout.cols.is_multiple_of(BLOCK);
    Multiply { kind: layout.kind, packed: false, ragged, then, bias: bias.is_some() }
}

/// A [`Step::Attend`].
#[derive(Clone, Copy)]
pub(super) struct Attention {
    /// Which layer's pages.
    pub layer: usize,
    /// How many positions a query sees.
    pub window: Option<usize>,
    /// What a score is multiplied by.
    pub scale: f32,
}

/// Where products go.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// What kernels are told of the chunk.
    pub chunk: &'a Buffer,
    /// Rows of `stride` numbers a token.
    pub buffer: &'a Buffer,
    /// See `buffer`.
    pub stride: usize,
    /// What happens to what is there.
    pub then: Then,
}

/// A size as the kernels have it; buffers of more than 2^32 numbers can't be bound anyway.
pub(super) fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
