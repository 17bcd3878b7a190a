//! A network's steps for few tokens, in as few dispatches as can be: what a GPU does in each is little then, and each
//! waits for the one before.
//!
//! Queries, keys and values come of one dispatch where their matrices lie behind each other (`adjacent.rs`), a gate and
//! what it gates of another, and either norms what it reads. A token alone keeps its own key and value in the dispatch that
//! attends. Products are of floats whatever the variants are: few tokens wait for the weights, not for arithmetic.

use wgpu::Buffer;

use super::kernels::{Few, Gives, Kernel, Multiply, SPLITS, Sharing, Then};
use super::plan::{Dispatch, Grid, Matrix, Part};
use super::planner::{Attention, Planner, Target, bindings, product, word};
use super::weights::{BLOCK, Layout};
use crate::engine::network::{Activation, MatrixId, Product, Sizes, Slot, Step};

/// What is multiplied: its buffer, the weights of the norm that comes before, and what it is.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// Its numbers.
    pub buffer: &'a Buffer,
    /// The weights of the norm.
    pub gain: Option<&'a Buffer>,
    /// Which numbers they are.
    pub slot: Slot,
}

/// Rows and columns that products are shared out by.
type Size = [usize; 2];

/// Products of one dispatch.
struct Together<'a> {
    layout: Layout,
    part: Part,
    products: &'a [Product],
}

impl Planner<'_> {
    /// From tokens to the stream after the last layer, for a token alone or for few.
    pub(super) fn for_few(&self, steps: &[&Step], alone: bool) -> Vec<Dispatch> {
        let mut work = self.embed();
        let mut rest = steps;
        while !rest.is_empty() {
            rest = &rest[self.few(rest, alone, &mut work)..];
        }
        work
    }

    /// Adds the dispatches of the first of `steps` and of those after it that are done in the same; tells how many steps
    /// that was.
    fn few(&self, steps: &[&Step], alone: bool, work: &mut Vec<Dispatch>) -> usize {
        match steps {
            [
                Step::Norm { from, weight, into: Slot::Normed },
                Step::Multiply { from: Slot::Normed, products },
                after @ ..,
            ] => {
                let input = self.input(*from, Some(&self.weights.vectors[weight.0]));
                if let Some(Step::Gate(activation)) = after.first()
                    && let Some(gated) = self.gated(products, input, *activation)
                {
                    work.push(gated);
                    return 3;
                }
                self.products(products, input, work);
                2
            }
            [Step::Multiply { from, products }, ..] => {
                self.products(products, self.input(*from, None), work);
                1
            }
            [Step::Keep { rotation, .. }, Step::Attend { layer, window, scale }, ..] if alone => {
                let attention = Attention { layer: *layer, window: *window, scale: *scale };
                self.attend_few(attention, Some(*rotation), work);
                2
            }
            [Step::Attend { layer, window, scale }, ..] => {
                let attention = Attention { layer: *layer, window: *window, scale: *scale };
                self.attend_few(attention, None, work);
                1
            }
            [step, ..] => {
                self.step(step, work);
                1
            }
            [] => 0,
        }
    }

    fn input<'a>(&'a self, slot: Slot, gain: Option<&'a Buffer>) -> Input<'a> {
        Input { buffer: self.workspace.slot(slot), gain, slot }
    }

    /// What products are shared out by: what lies in the part, unless the model stands for another.
    fn size(&self, (layout, part): (Layout, &Part), rows: impl Fn(&Sizes) -> usize, input: Input) -> Size {
        match &self.kernels.stands_for {
            Some(sizes) => [rows(sizes), input.slot.cols(sizes)],
            None => [part.rows, layout.cols],
        }
    }

    fn products(&self, products: &[Product], input: Input, work: &mut Vec<Dispatch>) {
        let mut rest = products;
        while let Some(first) = rest.first() {
            let together = (2..=rest.len().min(3)).rev().find_map(|count| self.together(&rest[..count]));
            let done = match together {
                Some(together) => {
                    work.push(self.several(&together, input));
                    together.products.len()
                }
                None => {
                    let (matrix, bias) = (first.matrix, self.bias(first));
                    let rows = |sizes: &Sizes| first.into.cols(sizes);
                    self.multiply_few((matrix, bias), rows, input, self.target(first), work);
                    1
                }
            };
            rest = &rest[done..];
        }
    }

    /// The products as of one matrix, where theirs lie behind each other.
    fn together<'p>(&self, products: &'p [Product]) -> Option<Together<'p>> {
        let alike = |a: &Product, b: &Product| a.bias.is_some() == b.bias.is_some();
        let written = products.iter().all(|product| product.into != Slot::Stream);
        let matrices: Vec<&Matrix> =
            products.iter().map(|product| &self.weights.matrices[product.matrix.0]).collect();
        let part = Part::of_adjacent(&matrices)?;
        let layout = matrices[0].layout;
        let all = written && products.windows(2).all(|pair| alike(&pair[0], &pair[1]));
        all.then_some(Together { layout, part, products })
    }

    /// A matrix's products alone; `rows` are those that it has in a model of given sizes.
    pub(super) fn multiply_few(
        &self,
        (matrix, bias): (MatrixId, Option<&Buffer>),
        rows: impl Fn(&Sizes) -> usize,
        input: Input,
        to: Target,
        work: &mut Vec<Dispatch>,
    ) {
        let Matrix { layout, parts } = &self.weights.matrices[matrix.0];
        let kernel = product(*layout, to.then, bias);
        for part in parts {
            let shape = [part.rows, to.stride, part.first, 0, 0].map(word);
            let outputs = [to.buffer];
            let size = self.size((*layout, part), &rows, input);
            work.push(self.matvec(
                (*layout, part, size),
                (kernel, Gives::One),
                shape,
                input,
                (bias, &outputs),
            ));
        }
    }

    /// Products of which each goes to its own slot.
    fn several(&self, together: &Together, input: Input) -> Dispatch {
        let Together { layout, part, products } = together;
        let biases: Vec<&Buffer> = products.iter().filter_map(|product| self.bias(product)).collect();
        let bias = (!biases.is_empty()).then(|| self.memory.behind_each_other(&biases));
        let rows = |count: usize| {
            products[..count].iter().map(|product| self.weights.matrices[product.matrix.0].layout.rows).sum()
        };
        let shape = [part.rows, 0, 0, rows(1), rows(2)].map(word);
        // A third that no row comes to, where there are two.
        let outputs: Vec<Slot> = products.iter().map(|product| product.into).chain([Slot::Product]).collect();
        let outputs: Vec<&Buffer> = outputs[..3].iter().map(|slot| self.workspace.slot(*slot)).collect();
        let kernel = product(*layout, Then::Write, bias.as_ref());
        let all = |sizes: &Sizes| products.iter().map(|product| product.into.cols(sizes)).sum();
        let size = self.size((*layout, part), all, input);
        self.matvec((*layout, part, size), (kernel, Gives::Several), shape, input, (bias.as_ref(), &outputs))
    }

    /// A gate and what it gates, where their matrices lie behind each other.
    fn gated(&self, products: &[Product], input: Input, activation: Activation) -> Option<Dispatch> {
        let [Product { bias: None, into: Slot::Gate, .. }, Product { bias: None, into: Slot::Up, .. }] =
            products
        else {
            return None;
        };
        let Together { layout, part, .. } = self.together(products)?;
        let hidden = self.network.sizes.hidden;
        let shape = [hidden, hidden, 0, 0, 0].map(word);
        let kernel = product(layout, Then::Write, None);
        let outputs = [self.workspace.slot(Slot::Gate)];
        let gives = Gives::Gated(activation);
        let size = self.size((layout, &part), |sizes| 2 * sizes.hidden, input);
        Some(self.matvec((layout, &part, size), (kernel, gives), shape, input, (None, &outputs)))
    }

    /// `shape`: rows, stride, first row, ends of the first and the second of several results.
    fn matvec(
        &self,
        (layout, part, [all_rows, cols]): (Layout, &Part, Size),
        (kernel, gives): (Multiply, Gives),
        [rows, stride, into, first_end, second_end]: [u32; 5],
        Input { buffer: x, gain, .. }: Input,
        (bias, outputs): (Option<&Buffer>, &[&Buffer]),
    ) -> Dispatch {
        let epsilon = self.network.sizes.epsilon.to_bits();
        let shape = [rows, word(layout.cols), stride, into, first_end, second_end, epsilon];
        let shape = self.memory.uniform(&shape);
        let mut entries = part.entries();
        entries.extend(bindings([(1, &shape), (4, x), (5, outputs[0])]));
        entries.extend(bindings(bias.map(|bias| (6, bias))));
        entries.extend(bindings(gain.map(|gain| (7, gain))));
        entries.extend(bindings((8..).zip(outputs[1..].iter().copied())));
        let sharing = Sharing::of(self.kernels.software, all_rows, cols.div_ceil(BLOCK));
        let few = Few { sharing, normed: gain.is_some(), gives };
        let grid = Grid::ByToken(rows.div_ceil(few.rows_of_workgroup()));
        self.bound(Kernel::Matvec(kernel, few), entries, grid)
    }

    fn attend_few(&self, attention: Attention, rotation: Option<usize>, work: &mut Vec<Dispatch>) {
        let space = self.workspace;
        let attended = space.slot(Slot::Attended);
        // A processor that plays the GPU has no use for more workgroups.
        if self.kernels.software {
            work.push(self.attend(attention, rotation, attended, 1));
            return;
        }
        let Sizes { heads, head_size, .. } = self.network.sizes;
        work.push(self.attend(attention, rotation, &space.parts, SPLITS));
        let shape = self.memory.uniform(&[word(heads)]);
        let entries = [(1, &shape), (2, &space.parts), (3, attended)];
        work.push(self.dispatch(Kernel::Merge(head_size), &entries, Grid::ByToken(word(heads))));
    }
}
