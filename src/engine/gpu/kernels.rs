//! The kernels, and their pipelines, each made once.

use std::cell::RefCell;
use std::collections::HashMap;

use wgpu::{ComputePipeline, Device};

use super::source::source;
use super::variants::Variants;
use crate::engine::gguf::TensorKind;
use crate::engine::network::{Activation, Pairing, Sizes};

/// Workgroups in the first dimension of kernels that go over plain numbers; the second takes what is left.
pub const WIDE: u32 = 32_768;

/// Rows of logits that are computed at a time.
pub const LOGIT_ROWS: usize = 32;

/// Workgroups that share a row of logits.
pub const LOGIT_SLICES: usize = 16;

/// Where single logits that are asked for begin in what `outlook.wgsl` found, after all slices of all rows.
pub const ASKED_AT: usize = LOGIT_ROWS * LOGIT_SLICES;

/// Workgroups that share a head's positions where there are few tokens.
pub const SPLITS: u32 = 16;

/// A kernel with all that its source depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// `matvec.wgsl`.
    Matvec(Multiply, Few),
    /// `matmul.wgsl` or `packed_matmul.wgsl`.
    /// Its tile is eight times as many rows and tokens as this, those of an invocation.
    Matmul(Multiply, u32),
    /// `pack.wgsl`.
    Pack,
    /// `embed.wgsl`.
    Embed(TensorKind),
    /// `norm.wgsl`.
    Norm {
        /// Whether the result goes where the numbers came from.
        in_place: bool,
    },
    /// `keep.wgsl`.
    Keep(Pairing),
    /// `attend.wgsl`.
    Attend(Attend),
    /// `attend_many.wgsl`.
    AttendMany(AttendMany),
    /// `merge.wgsl`, for heads of this size.
    Merge(usize),
    /// `gate.wgsl`.
    Gate(Activation),
    /// `add.wgsl`.
    Add,
    /// `outlook.wgsl`.
    Outlook,
}

/// What `attend.wgsl` depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attend {
    /// Numbers of a head.
    pub head_size: usize,
    /// How many workgroups share a head's positions; more than one leave what they find to `merge.wgsl`.
    pub splits: u32,
    /// Whether a token alone turns and keeps what is its own, and how.
    pub keeps: Option<Pairing>,
}

/// What `attend_many.wgsl` depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttendMany {
    /// Quads of a head's numbers, 64 at most.
    pub quads: u32,
    /// Heads that are taken together; they share keys.
    pub group: u32,
    /// Tokens that are taken together.
    pub tokens: u32,
}

impl AttendMany {
    /// Queries that a workgroup takes: more of them read less, and fewer leave workgroups to as many cores.
    const MOST_QUERIES: u32 = 8;

    /// For `heads` query heads of `head_size` numbers over `kv_heads`; none where a head is too large for a workgroup's memory.
    pub fn of(heads: u32, kv_heads: u32, head_size: u32) -> Option<AttendMany> {
        let sharing = heads / kv_heads;
        let group = (1..=sharing.min(Self::MOST_QUERIES)).rfind(|group| sharing.is_multiple_of(*group))?;
        let quads = head_size / 4;
        (quads <= 64).then_some(AttendMany { quads, group, tokens: Self::MOST_QUERIES / group })
    }
}

/// What the products' kernels depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Multiply {
    /// How the weights are stored.
    pub kind: TensorKind,
    /// Whether activations come rounded to 8 bits.
    pub packed: bool,
    /// Whether the columns are no multiple of a block.
    pub ragged: bool,
    /// What happens to a product.
    pub then: Then,
    /// Whether a bias is added.
    pub bias: bool,
}

/// What happens to a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// It is written.
    Write,
    /// It is added to what is there.
    Add,
    /// It is held between minus and plus the bits' float, by the hyperbolic tangent.
    Cap(u32),
}

/// What `matvec.wgsl` does beyond products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Few {
    /// How it shares its work.
    pub sharing: Sharing,
    /// Whether it norms what it multiplies.
    pub normed: bool,
    /// What becomes of the rows.
    pub gives: Gives,
}

/// What becomes of the rows of a matrix, or of some that lie behind each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gives {
    /// One result.
    One,
    /// Two or three results.
    Several,
    /// The first half gates the second.
    Gated(Activation),
}

impl Few {
    /// Rows of the result that an invocation computes.
    pub fn rows(self) -> u32 {
        let Sharing { rows, .. } = self.sharing;
        if matches!(self.gives, Gives::Gated(_)) { rows / 2 } else { rows }
    }

    /// Rows of the result that a workgroup computes.
    pub fn rows_of_workgroup(self) -> u32 {
        self.sharing.threads / self.sharing.lanes * self.rows()
    }
}

/// How `matvec.wgsl` shares its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sharing {
    /// Invocations of a workgroup.
    pub threads: u32,
    /// Invocations that share a row's columns.
    pub lanes: u32,
    /// Rows that an invocation computes at once.
    pub rows: u32,
    /// Blocks of a token's numbers that a workgroup stages in its memory at a time, the same number of quads for each
    /// invocation; each reads its own blocks if 0.
    pub staged: u32,
}

impl Sharing {
    /// What serves so many rows of so many blocks best, as measured on an NVIDIA H200: few invocations on a row where there
    /// are many rows, else more of them the longer it is, so that all of a GPU has something to do. A processor that plays
    /// the GPU has few lanes and pays for every barrier.
    pub fn of(software: bool, rows: usize, blocks: usize) -> Sharing {
        let (threads, lanes, staged) = match blocks {
            _ if software => (16, 4, 0),
            0..48 => (64, 16, 48),
            _ if rows >= 8192 => (128, 16, 64),
            48..96 => (64, 32, 64),
            96..192 => (128, 32, 64),
            _ => (128, 64, 64),
        };
        Sharing { threads, lanes, rows: 4, staged }
    }
}

/// The pipelines made so far.
pub struct Kernels {
    device: Device,
    /// Whether a processor plays the GPU.
    pub software: bool,
    /// What they use beyond f32.
    pub variants: Variants,
    /// The sizes that the work of few tokens is shared out for, where they are not those of the model at hand.
    pub stands_for: Option<Sizes>,
    made: RefCell<HashMap<(Variants, Kernel), ComputePipeline>>,
    /// The same by their source: most kernels use one of the variants at most.
    by_source: RefCell<HashMap<String, ComputePipeline>>,
}

impl Kernels {
    /// None made yet; plain f32.
    pub fn new(device: Device, software: bool) -> Kernels {
        let (made, by_source) = Default::default();
        Kernels { device, software, variants: Variants::NONE, stands_for: None, made, by_source }
    }

    /// Rows and tokens of a tile that an invocation of `matmul.wgsl` computes. A processor that plays the GPU has fewer
    /// registers, and takes six times as long to compile the larger.
    pub fn each(&self) -> u32 {
        if self.software { 4 } else { 8 }
    }

    /// The pipeline of `kernel`.
    pub fn pipeline(&self, kernel: Kernel) -> ComputePipeline {
        let known = || {
            let source = source(kernel, self.variants);
            let mut by_source = self.by_source.borrow_mut();
            by_source.entry(source).or_insert_with_key(|source| self.make(kernel, source)).clone()
        };
        self.made.borrow_mut().entry((self.variants, kernel)).or_insert_with(known).clone()
    }

    fn make(&self, kernel: Kernel, source: &str) -> ComputePipeline {
        let label = format!("{kernel:?}");
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&label),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&label),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        })
    }
}
