//! The kernels' sources put together, and their pipelines, each made once.
//!
//! A `.wgsl` file has sections that begin with `//! name`; what comes before the first is always taken, the others as a
//! kernel needs them. Names in double braces are replaced by text. So one file serves every format of weights.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;

use wgpu::{ComputePipeline, Device};

use super::weights::code_words;
use crate::engine::gguf::TensorKind;
use crate::engine::network::{Activation, Pairing};

const CHUNK: &str = include_str!("wgsl/chunk.wgsl");
const FORMATS: &str = include_str!("wgsl/formats.wgsl");
const MATVEC: &str = include_str!("wgsl/matvec.wgsl");
const MATMUL: &str = include_str!("wgsl/matmul.wgsl");
const EMBED: &str = include_str!("wgsl/embed.wgsl");
const NORM: &str = include_str!("wgsl/norm.wgsl");
const KEEP: &str = include_str!("wgsl/keep.wgsl");
const ATTEND: &str = include_str!("wgsl/attend.wgsl");
const MERGE: &str = include_str!("wgsl/merge.wgsl");
const GATE: &str = include_str!("wgsl/gate.wgsl");
const ADD: &str = include_str!("wgsl/add.wgsl");
const OUTLOOK: &str = include_str!("wgsl/outlook.wgsl");

/// Workgroups in the first dimension of kernels that go over plain numbers; the second takes what is left.
pub const WIDE: u32 = 32_768;

/// Rows of logits that are computed at a time.
pub const LOGIT_ROWS: usize = 16;

/// Workgroups that share a head's positions where there are few tokens.
pub const SPLITS: u32 = 16;

/// Rows and tokens of a tile of `matmul.wgsl`.
pub const TILE: u32 = 64;

/// Rows and tokens of a tile that an invocation of `matmul.wgsl` computes.
const EACH: u32 = 8;

/// A kernel with all that its source depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// `matvec.wgsl`.
    Matvec(Multiply, Sharing),
    /// `matmul.wgsl`.
    Matmul(Multiply),
    /// `embed.wgsl`.
    Embed(TensorKind),
    /// `norm.wgsl`.
    Norm {
        /// Whether the result goes where the numbers came from.
        in_place: bool,
    },
    /// `keep.wgsl`.
    Keep(Pairing),
    /// `attend.wgsl`, for heads of this size.
    Attend(usize),
    /// The same with [`SPLITS`] workgroups for a head, for `merge.wgsl`.
    AttendInParts(usize),
    /// `merge.wgsl`, for heads of this size.
    Merge(usize),
    /// `gate.wgsl`.
    Gate(Activation),
    /// `add.wgsl`.
    Add,
    /// `outlook.wgsl`.
    Outlook,
}

/// What the products' kernels depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Multiply {
    /// How the weights are stored.
    pub kind: TensorKind,
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

/// How `matvec.wgsl` shares its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sharing {
    /// Invocations of a workgroup.
    pub threads: u32,
    /// Invocations that share a row's columns.
    pub lanes: u32,
    /// Rows that an invocation computes at once.
    pub rows: u32,
}

impl Sharing {
    /// What serves rows of so many blocks best, as measured: more invocations on a row the longer it is. A processor that
    /// plays the GPU has few lanes and pays for every barrier.
    pub fn of(software: bool, blocks: usize) -> Sharing {
        let (threads, lanes) = match blocks {
            _ if software => (16, 4),
            0..48 => (64, 16),
            48..128 => (64, 32),
            _ => (64, 64),
        };
        Sharing { threads, lanes, rows: 4 }
    }

    /// Rows of a workgroup.
    pub fn rows_of_workgroup(self) -> u32 {
        self.threads / self.lanes * self.rows
    }
}

/// The pipelines made so far.
pub struct Kernels {
    device: Device,
    /// Whether a processor plays the GPU.
    pub software: bool,
    made: RefCell<HashMap<Kernel, ComputePipeline>>,
}

impl Kernels {
    /// None made yet.
    pub fn new(device: Device, software: bool) -> Kernels {
        Kernels { device, software, made: RefCell::default() }
    }

    /// The pipeline of `kernel`.
    pub fn pipeline(&self, kernel: Kernel) -> ComputePipeline {
        let mut made = self.made.borrow_mut();
        let make = || {
            let source = source(kernel);
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
        };
        made.entry(kernel).or_insert_with(make).clone()
    }
}

/// The named sections of a file in their order; what comes before the first is taken too.
fn sections(file: &str, names: &[&str]) -> String {
    let mut taken = String::new();
    let mut takes = true;
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("//! ") {
            takes = names.contains(&name);
        } else if takes {
            taken.push_str(line);
            taken.push('\n');
        }
    }
    taken
}

/// One section alone.
fn section(file: &str, name: &str) -> String {
    let from = file.find(&format!("//! {name}\n")).map_or(file.len(), |at| at + name.len() + 5);
    let rest = &file[from..];
    rest[..rest.find("\n//! ").map_or(rest.len(), |at| at + 1)].to_owned()
}

fn fill(mut source: String, names: &[(&str, String)]) -> String {
    for (name, text) in names {
        source = source.replace(&format!("{{{{{name}}}}}"), text);
    }
    debug_assert!(!source.contains("{{"), "a name was left: {source}");
    source
}

/// The functions that unpack a format.
fn format(kind: TensorKind) -> String {
    let names: &[&str] = match kind {
        TensorKind::F32 => &["F32"],
        TensorKind::F16 => &["F16"],
        TensorKind::Q4_0 => &["nibbles", "half", "Q4", "Q4_0"],
        TensorKind::Q4_1 => &["nibbles", "Q4", "Q4_1"],
        TensorKind::Q5_0 => &["nibbles", "half", "Q5_0"],
        TensorKind::Q4_K => &["nibbles", "Q4", "Q4_K"],
        TensorKind::Q8_0 => &["bytes", "half", "Q8_0"],
        TensorKind::Q6_K => &["nibbles", "Q6_K"],
    };
    sections(FORMATS, names)
}

/// How a kernel sees the codes.
fn code_type(kind: TensorKind) -> String {
    if code_words(kind).is_multiple_of(4) { "vec4<u32>".to_owned() } else { "u32".to_owned() }
}

/// Whether a format has scales apart from its codes.
pub fn has_scales(kind: TensorKind) -> bool {
    !matches!(kind, TensorKind::F32 | TensorKind::F16)
}

/// A product's kernel with the sections that its weights and its bias need.
fn multiply(file: &str, m: Multiply) -> String {
    let mut names = vec!["main", "body"];
    names.extend(has_scales(m.kind).then_some("scales"));
    names.extend(m.bias.then_some("bias"));
    CHUNK.to_owned() + &sections(file, &names) + &format(m.kind)
}

/// The statement that stores `sum` of row `into + …` at `at`.
fn store(m: Multiply) -> String {
    let bias = if m.bias { " + bias[at % shape.stride]" } else { "" };
    match m.then {
        Then::Write => format!("y[at] = sum{bias};"),
        Then::Add => format!("y[at] += sum{bias};"),
        Then::Cap(bits) => {
            let cap = f32::from_bits(bits);
            // Beyond ±20 the tangent is ±1; some implementations overflow far out.
            format!("y[at] = {cap:?} * tanh(clamp((sum{bias}) / {cap:?}, -20.0, 20.0));")
        }
    }
}

/// Attention of heads of `size`, shared by `splits` workgroups, which end as the section `finish` says.
fn attend(size: usize, splits: u32, finish: &str) -> String {
    let names = [
        ("FINISH", section(ATTEND, finish)),
        ("SIZE", size.to_string()),
        ("QUADS", (size / 4).to_string()),
        ("EACH", size.div_ceil(64).to_string()),
        ("SPLITS", splits.to_string()),
    ];
    fill(CHUNK.to_owned() + &sections(ATTEND, &[]), &names)
}

/// The WGSL of a kernel.
pub fn source(kernel: Kernel) -> String {
    match kernel {
        Kernel::Matvec(m, sharing) => {
            let row = section(MATVEC, "row");
            let rows: String = (0..sharing.rows).map(|r| row.replace("{{R}}", &r.to_string())).collect();
            let guard =
                if m.ragged { "if (block * 8u + q >= shape.cols / 4u) { return vec4<f32>(); }" } else { "" };
            let names = [
                ("CODE", code_type(m.kind)),
                ("GUARD", guard.to_owned()),
                ("EACH_ROW", rows),
                ("STORE", store(m)),
                ("THREADS", sharing.threads.to_string()),
                ("LANES", sharing.lanes.to_string()),
                ("GROUPS", (sharing.threads / sharing.lanes).to_string()),
                ("ROWS", sharing.rows.to_string()),
            ];
            fill(multiply(MATVEC, m), &names)
        }
        Kernel::Matmul(m) => {
            let guard = if m.ragged {
                "if (at >= quads) { x_tile[quad * 64u + line] = vec4<f32>(); continue; }"
            } else {
                ""
            };
            let cell = section(MATMUL, "store");
            let (mut declare, mut multiply_all, mut store_all) =
                (String::new(), String::new(), String::new());
            let (mut load, each) = (String::new(), 0..EACH);
            for r in each.clone() {
                // Writing to a string can't fail.
                let _ = writeln!(load, "let w{r} = w_tile[q + r0 + {}u];", 8 * r);
            }
            for t in each.clone() {
                let _ = writeln!(multiply_all, "let x{t} = x_tile[q + t0 + {}u];", 8 * t);
                for r in each.clone() {
                    let _ = writeln!(declare, "var y{r}{t} = 0.0;");
                    let _ = writeln!(multiply_all, "y{r}{t} += dot(w{r}, x{t});");
                    store_all += &cell.replace("{{R}}", &r.to_string()).replace("{{T}}", &t.to_string());
                }
            }
            let names = [
                ("CODE", code_type(m.kind)),
                ("GUARD", guard.to_owned()),
                ("DECLARE", declare),
                ("MULTIPLY", load + &multiply_all),
                ("STORE_ALL", store_all),
                ("STORE", store(m)),
            ];
            fill(multiply(MATMUL, m), &names)
        }
        Kernel::Embed(kind) => {
            let mut names = vec!["main", "body"];
            names.extend(has_scales(kind).then_some("scales"));
            fill(sections(EMBED, &names) + &format(kind), &[("CODE", code_type(kind))])
        }
        Kernel::Norm { in_place } => {
            let way = if in_place { "in_place" } else { "apart" };
            CHUNK.to_owned() + &sections(NORM, &[way, "body"])
        }
        Kernel::Keep(pairing) => {
            let pair = match pairing {
                Pairing::Neighbours => "return vec2<u32>(2u * pair, 2u * pair + 1u);",
                Pairing::Halves => "return vec2<u32>(pair, pair + shape.pairs);",
            };
            fill(CHUNK.to_owned() + KEEP, &[("PAIR", pair.to_owned()), ("WIDE", WIDE.to_string())])
        }
        Kernel::Attend(size) => attend(size, 1, "whole"),
        Kernel::AttendInParts(size) => attend(size, SPLITS, "part"),
        Kernel::Merge(size) => {
            let names = [("SIZE", size.to_string()), ("SPLITS", SPLITS.to_string())];
            fill(MERGE.to_owned(), &names)
        }
        Kernel::Gate(activation) => {
            let name = match activation {
                Activation::Silu => "silu",
                Activation::Gelu => "gelu",
            };
            fill(CHUNK.to_owned() + &sections(GATE, &[name, "body"]), &[("WIDE", WIDE.to_string())])
        }
        Kernel::Add => fill(CHUNK.to_owned() + ADD, &[("WIDE", WIDE.to_string())]),
        Kernel::Outlook => fill(CHUNK.to_owned() + OUTLOOK, &[("ROWS", LOGIT_ROWS.to_string())]),
    }
}
