//! The kernels' sources put together.
//!
//! A `.wgsl` file has sections that begin with `//! name`; what comes before the first is always taken, the others as a
//! kernel needs them. Names in double braces are replaced by text. So one file serves every format of weights, and what
//! a GPU offers beyond f32 is another section of the same kernel.

use std::fmt::Write;

use super::kernels::{
    ASKED_AT, Attend, AttendMany, Few, Gives, Kernel, LOGIT_SLICES, Multiply, SPLITS, Then, WIDE,
};
use super::variants::Variants;
use super::weights::code_words;
use crate::engine::gguf::TensorKind;
use crate::engine::network::{Activation, Pairing};

const CHUNK: &str = include_str!("wgsl/chunk.wgsl");
const FORMATS: &str = include_str!("wgsl/formats.wgsl");
const PACKED_FORMATS: &str = include_str!("wgsl/packed_formats.wgsl");
const SCALES: &str = include_str!("wgsl/scales.wgsl");
const MATVEC: &str = include_str!("wgsl/matvec.wgsl");
const MATMUL: &str = include_str!("wgsl/matmul.wgsl");
const PACK: &str = include_str!("wgsl/pack.wgsl");
const PACKED_MATMUL: &str = include_str!("wgsl/packed_matmul.wgsl");
const ADD_UP: &str = include_str!("wgsl/add_up.wgsl");
const FOLD: &str = include_str!("wgsl/fold.wgsl");
const EMBED: &str = include_str!("wgsl/embed.wgsl");
const NORM: &str = include_str!("wgsl/norm.wgsl");
const KEEP: &str = include_str!("wgsl/keep.wgsl");
const ATTEND: &str = include_str!("wgsl/attend.wgsl");
const ATTEND_MANY: &str = include_str!("wgsl/attend_many.wgsl");
const MERGE: &str = include_str!("wgsl/merge.wgsl");
const GATE: &str = include_str!("wgsl/gate.wgsl");
const ADD: &str = include_str!("wgsl/add.wgsl");
const OUTLOOK: &str = include_str!("wgsl/outlook.wgsl");

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
    source
}

/// The functions that unpack a format, to bytes or to floats.
fn format(kind: TensorKind, packed: bool) -> String {
    let names: &[&str] = match (kind, packed) {
        (TensorKind::F32, _) => &["F32"],
        (TensorKind::F16, _) => &["F16"],
        (TensorKind::BF16, _) => &["BF16"],
        (TensorKind::Q2_K, _) => &["Q2_K"],
        (TensorKind::Q4_0 | TensorKind::Q4_1 | TensorKind::Q4_K, _) => &["nibbles", "Q4"],
        (TensorKind::Q5_0, false) => &["nibbles", "fifth", "Q5_0"],
        (TensorKind::Q5_0, true) => &["nibbles", "less", "fifth", "Q5_0"],
        (TensorKind::Q5_1 | TensorKind::Q5_K, _) => &["nibbles", "fifth", "Q5"],
        (TensorKind::Q8_0 | TensorKind::IQ4_NL, false) => &["bytes", "Q8_0"],
        (TensorKind::Q8_0 | TensorKind::IQ4_NL, true) => &["Q8_0"],
        (TensorKind::Q3_K | TensorKind::Q6_K, false) => &["nibbles", "Q6_K"],
        (TensorKind::Q3_K | TensorKind::Q6_K, true) => &["nibbles", "less", "Q6_K"],
    };
    let scales: &[&str] = match kind {
        TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 => return sections(FORMATS, names),
        TensorKind::Q4_0 => &["half", "Q4_0"],
        TensorKind::Q4_1 | TensorKind::Q5_1 => &["Q4_1"],
        TensorKind::Q2_K => &["Q2_K"],
        TensorKind::Q4_K | TensorKind::Q5_K => &["Q4_K"],
        TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => &["half"],
        TensorKind::Q3_K | TensorKind::Q6_K => &["Q6_K"],
    };
    sections(if packed { PACKED_FORMATS } else { FORMATS }, names) + &sections(SCALES, scales)
}

/// How a kernel sees the codes.
fn code_type(kind: TensorKind) -> String {
    if code_words(kind).is_multiple_of(4) { "vec4<u32>".to_owned() } else { "u32".to_owned() }
}

/// Whether a format has scales apart from its codes.
pub fn has_scales(kind: TensorKind) -> bool {
    !matches!(kind, TensorKind::F32 | TensorKind::F16 | TensorKind::BF16)
}

/// The sections that a product's kernel needs for its weights and its bias.
fn product_sections(m: Multiply) -> Vec<&'static str> {
    let mut names = vec!["main", "body"];
    names.extend(has_scales(m.kind).then_some("scales"));
    names.extend(m.bias.then_some("bias"));
    names
}

/// `matvec.wgsl`.
fn matvec(m: Multiply, few: Few, variants: Variants) -> String {
    let Few { sharing, normed, gives } = few;
    let (rows, lanes) = (few.rows(), sharing.lanes);
    let mut names = product_sections(m);
    names.extend(normed.then_some("normed"));
    names.extend((gives == Gives::Several).then_some("several"));
    names.push(if sharing.staged > 0 { "staged" } else { "direct" });
    let squares = normed && sharing.staged > 0;
    names.extend(squares.then_some("squares"));
    let mut file = sections(MATVEC, &names) + &format(m.kind, false);
    if let Gives::Gated(activation) = gives {
        file += &section(GATE, activation_name(activation));
    }
    let by_subgroups = lanes <= variants.subgroups;
    file += &section(ADD_UP, if by_subgroups { "subgroup" } else { "memory" });
    let staged = sharing.staged;
    let mut load = String::new();
    for q in 0..8 {
        // Writing to a string can't fail; so below.
        let _ = match (staged > 0, normed) {
            (true, _) => writeln!(load, "let x{q} = stage[at * 9u + {q}u];"),
            (false, false) => writeln!(load, "let x{q} = quad(base, block, {q}u);"),
            (false, true) => writeln!(
                load,
                "let raw{q} = quad(base, block, {q}u); let x{q} = raw{q} * gain[block * 8u + {q}u]; \
                 total[{}] += dot(raw{q}, raw{q});",
                sharing.rows
            ),
        };
    }
    let (mut read, mut stage) = (String::new(), String::new());
    // Past the last column zeros are multiplied with whatever there is.
    for k in 0..(8 * staged) / sharing.threads {
        let at = format!("(i + {}u)", k * sharing.threads);
        let quad = format!("(first * 8u + {at})");
        let _ =
            writeln!(read, "let raw{k} = select(vec4<f32>(), x[base + min({quad}, last)], {quad} <= last);");
        let mut staged = format!("raw{k}");
        if normed {
            let _ = writeln!(read, "let gain{k} = gain[min({quad}, last)];");
            let _ = writeln!(stage, "own += dot(raw{k}, raw{k});");
            staged += &format!(" * gain{k}");
        }
        let _ = writeln!(stage, "stage[{at} / 8u * 9u + {at} % 8u] = {staged};");
    }
    let blocks = section(MATVEC, if staged > 0 { "blocks staged" } else { "blocks directly" });
    let each_row: String = (0..sharing.rows)
        .map(|r| {
            let row = format!("min(row + {}u, shape.rows - 1u)", r % rows);
            let row = if r < rows { row } else { format!("shape.rows + {row}") };
            section(MATVEC, "row").replace("{{ROW}}", &row).replace("{{R}}", &r.to_string())
        })
        .collect();
    let guard = if m.ragged { "if (block * 8u + q >= shape.cols / 4u) { return vec4<f32>(); }" } else { "" };
    let names = [
        ("BLOCKS", blocks),
        ("MULTIPLY", section(MATVEC, "multiply")),
        ("ADD_UP", add_up(m, few, by_subgroups)),
        ("CODE", code_type(m.kind)),
        ("GUARD", guard.to_owned()),
        ("LOAD", load),
        ("READ", read),
        ("STAGE", stage),
        ("SQUARES", if squares { section(MATVEC, "add up squares") } else { String::new() }),
        ("EACH_ROW", each_row),
        ("STAGED", staged.to_string()),
        ("PLACES", (9 * staged).to_string()),
        ("THREADS", sharing.threads.to_string()),
        ("LANES", lanes.to_string()),
        ("GROUPS", (sharing.threads / lanes).to_string()),
        ("ROWS", sharing.rows.to_string()),
        ("GIVES", rows.to_string()),
        ("SUMS", (sharing.rows + u32::from(normed)).to_string()),
    ];
    fill(file, &names)
}

/// The statements by which invocations that share rows add up what they have, and keep it.
fn add_up(m: Multiply, few: Few, by_subgroups: bool) -> String {
    // What all of a group have together of the row `r`, or `r` and so many on.
    let of_group = |r: Option<u32>, beyond: u32| match r {
        Some(r) => format!("of_group(total[{}])", r + beyond),
        None => format!("of_group(i - lane, r + {beyond}u)"),
    };
    let squares = match by_subgroups {
        true => format!("of_group(total[{}])", few.sharing.rows),
        false => format!("of_group(i - lane, {}u)", few.sharing.rows),
    };
    let scale = if few.normed { format!("let scale = normal({squares});") } else { String::new() };
    let scaled = if few.normed { " * scale" } else { "" };
    let keep = match few.gives {
        Gives::One => format!("let at = token * shape.stride + shape.into + row + r; {}", store(m)),
        Gives::Several => {
            format!("store(token, row + r, sum{});", if m.bias { " + bias[row + r]" } else { "" })
        }
        Gives::Gated(_) => {
            "y[token * shape.stride + row + r] = activation(vec4<f32>(sum)).x * up;".to_owned()
        }
    };
    let rows = |section: String, r: Option<u32>| {
        let also = match few.gives {
            Gives::Gated(_) => format!("let up = {}{scaled};", of_group(r, few.rows())),
            _ => String::new(),
        };
        let names = [
            ("SCALE", scale.clone()),
            ("SUM", of_group(r, 0) + scaled),
            ("ALSO", also),
            ("STORE", keep.clone()),
            ("R", r.unwrap_or(0).to_string()),
        ];
        fill(section, &names)
    };
    if by_subgroups {
        let each = (0..few.rows()).map(|r| rows(section(ADD_UP, "by subgroups"), Some(r)));
        scale.clone() + "\n" + &each.collect::<String>()
    } else {
        rows(section(ADD_UP, "in memory"), None)
    }
}

fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Silu => "silu",
        Activation::Gelu => "gelu",
    }
}

/// What a kernel needs to find a sum or the largest of all (`fold.wgsl`): its parameters and the statements.
fn fold(what: &str, variants: Variants) -> [(&'static str, String); 2] {
    let (parameters, way) = match variants.subgroups {
        0 => (String::new(), "in memory"),
        _ => (section(FOLD, "parameters").trim_end().to_owned(), "by subgroups"),
    };
    [("PARAMETERS", parameters), ("ALL", section(FOLD, &format!("{what} {way}")))]
}

/// How keys and values are kept, and the largest that can be.
fn kept(variants: Variants) -> [(&'static str, String); 2] {
    let (kept, most) = if variants.halves { ("f16", "65504.0") } else { ("f32", "3.4e38") };
    [("KEPT", kept.to_owned()), ("MOST", most.to_owned())]
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

/// `attend.wgsl`.
fn attend(Attend { head_size, splits, keeps }: Attend, variants: Variants) -> String {
    let [parameters, largest] = fold("largest", variants);
    let [_, (_, together)] = fold("sum", variants);
    let names = [
        ("OWN", if keeps.is_some() { section(ATTEND, "own") } else { String::new() }),
        ("TOGETHER", together),
        ("NEW", u32::from(keeps.is_some()).to_string()),
        ("FINISH", section(ATTEND, if splits == 1 { "whole" } else { "part" })),
        ("SIZE", head_size.to_string()),
        ("QUADS", (head_size / 4).to_string()),
        ("EACH", head_size.div_ceil(64).to_string()),
        ("SPLITS", splits.to_string()),
    ];
    let names: Vec<_> = names.into_iter().chain([parameters, largest]).chain(kept(variants)).collect();
    let turned = |pairing| {
        let turned = match pairing {
            Pairing::Neighbours => section(ATTEND, "turned neighbours"),
            Pairing::Halves => section(ATTEND, "turned halves"),
        };
        ["queries", "new_keys"].map(|from| turned.replace("{{FROM}}", from)).concat()
    };
    let which = if keeps.is_some() { "kept here" } else { "kept before" };
    fill(sections(ATTEND, &[which, "main"]) + &keeps.map(turned).unwrap_or_default(), &names)
}

/// `attend_many.wgsl`.
fn attend_many(AttendMany { quads, group, tokens }: AttendMany, variants: Variants) -> String {
    let queries = group * tokens;
    let each_token = |name: &str| -> String {
        (0..tokens).map(|t| section(ATTEND_MANY, name).replace("{{T}}", &t.to_string())).collect()
    };
    let each = |name: &str| -> String {
        let statements = section(ATTEND_MANY, name);
        (0..queries)
            .map(|n| {
                let names = [("N", n), ("T", n / group), ("H", n % group)];
                fill(statements.clone(), &names.map(|(name, number)| (name, number.to_string())))
            })
            .collect()
    };
    let seen = each_token("sees") + &each("masked");
    let [parameters, _] = fold("largest", variants);
    let largest = match variants.subgroups {
        0 => {
            let fold = each("folded in memory");
            let tree = format!(
                "for (var half = 32u; half > 0u; half /= 2u) {{ if (i < half) {{ {fold} }} workgroupBarrier(); }}"
            );
            let [own, all] = ["largest in memory", "all in memory"].map(each);
            format!("{seen}{own}workgroupBarrier();\n{tree}\n{all}")
        }
        _ => {
            let fold = each("folded by subgroups");
            let [own, all] = ["largest by subgroups", "all by subgroups"].map(each);
            let rest = format!("for (var s = 1u; s < subgroups; s++) {{ {fold} }}");
            format!("{seen}{own}workgroupBarrier();\n{all}{rest}")
        }
    };
    let names = [
        ("BEGIN", each_token("begin token") + &each("begin")),
        ("SCORE", each("score")),
        ("LARGEST", largest),
        ("WEIGH", each("weigh")),
        ("ADD", each("add")),
        ("FINISH", each("finish")),
        parameters,
        ("QUERIES", queries.to_string()),
        ("GROUP", group.to_string()),
        ("TOKENS", tokens.to_string()),
        ("QUADS", quads.to_string()),
        ("SHARES", (64 / quads).to_string()),
        ("ALL_QUADS", (queries * quads).to_string()),
        ("ALL_WEIGHTS", (64 * queries).to_string()),
    ];
    let names: Vec<_> = names.into_iter().chain(kept(variants)).collect();
    fill(CHUNK.to_owned() + &sections(ATTEND_MANY, &[]), &names)
}

/// The products of an invocation of `matmul.wgsl` with one quad of columns, of `each` rows and tokens.
fn tile_of_floats(each: u32) -> String {
    let mut load = String::new();
    let mut products = String::new();
    for r in 0..each {
        let _ = writeln!(load, "let w{r} = w_tile[q + r0 + {}u];", 8 * r);
    }
    for t in 0..each {
        let _ = writeln!(products, "let x{t} = x_tile[q + t0 + {}u];", 8 * t);
        for r in 0..each {
            let _ = writeln!(products, "y{r}{t} += dot(w{r}, x{t});");
        }
    }
    load + &products
}

/// The same of `packed_matmul.wgsl` with a block of columns, half of it at a time.
fn tile_of_bytes(each: u32) -> String {
    let mut text = String::new();
    for (half, scale) in ["x", "y"].into_iter().enumerate() {
        text += "{\n";
        for r in 0..each {
            let _ = writeln!(text, "let w{r} = w_tile[r0 + {}u];", 8 * (each * half as u32 + r));
            let _ = writeln!(text, "let s{r} = w_scale[r0 + {}u];", 8 * r);
        }
        for t in 0..each {
            let _ = writeln!(text, "let x{t} = x_tile[t0 + {}u];", 8 * (each * half as u32 + t));
            let _ = writeln!(text, "let d{t} = x_scale[t0 + {}u];", 8 * t);
            for r in 0..each {
                let least = if half == 0 { format!(" + s{r}.z * d{t}.y") } else { String::new() };
                let _ = writeln!(text, "y{r}{t} += f32(dot16(w{r}, x{t})) * (s{r}.{scale} * d{t}.x){least};");
            }
        }
        text += "}\n";
    }
    text
}

/// The WGSL of a kernel. Subgroups need no `enable` here: they are used natively alone, where naga knows no such word.
pub fn source(kernel: Kernel, variants: Variants) -> String {
    let mut enables = String::new();
    if variants.halves && matches!(kernel, Kernel::Keep(_) | Kernel::Attend(_) | Kernel::AttendMany(_)) {
        enables += "enable f16;\n";
    }
    let body = body(kernel, variants);
    debug_assert!(!body.contains("{{"), "a name was left: {body}");
    enables + &body
}

fn body(kernel: Kernel, variants: Variants) -> String {
    match kernel {
        Kernel::Matvec(m, few) => matvec(m, few, variants),
        Kernel::Matmul(m, each) => {
            let guard = if m.ragged {
                "if (at >= quads) { x_tile[quad * {{TILE}}u + line] = vec4<f32>(); continue; }"
            } else {
                ""
            };
            let cell = section(MATMUL, "store");
            let (mut declare, mut store_all) = (String::new(), String::new());
            for (t, r) in (0..each).flat_map(|t| (0..each).map(move |r| (t, r))) {
                let _ = writeln!(declare, "var y{r}{t} = 0.0;");
                store_all += &cell.replace("{{R}}", &r.to_string()).replace("{{T}}", &t.to_string());
            }
            let names = [
                ("CODE", code_type(m.kind)),
                ("GUARD", guard.to_owned()),
                ("DECLARE", declare),
                ("MULTIPLY", if m.packed { tile_of_bytes(each) } else { tile_of_floats(each) }),
                ("STORE_ALL", store_all),
                ("STORE", store(m)),
                ("QUADS", (64 * each).to_string()),
                ("HALVES", (16 * each).to_string()),
                ("TILE", (8 * each).to_string()),
            ];
            let file = sections(if m.packed { PACKED_MATMUL } else { MATMUL }, &product_sections(m));
            fill(CHUNK.to_owned() + &file + &format(m.kind, m.packed), &names)
        }
        Kernel::Pack => fill(CHUNK.to_owned() + PACK, &[("WIDE", WIDE.to_string())]),
        Kernel::Embed(kind) => {
            let mut names = vec!["main", "body"];
            names.extend(has_scales(kind).then_some("scales"));
            fill(sections(EMBED, &names) + &format(kind, false), &[("CODE", code_type(kind))])
        }
        Kernel::Norm { in_place } => {
            let way = if in_place { "in_place" } else { "apart" };
            fill(sections(NORM, &[way, "body"]), &fold("sum", variants))
        }
        Kernel::Keep(pairing) => {
            let pair = match pairing {
                Pairing::Neighbours => "return vec2<u32>(2u * pair, 2u * pair + 1u);",
                Pairing::Halves => "return vec2<u32>(pair, pair + shape.pairs);",
            };
            let names = [("PAIR", pair.to_owned()), ("WIDE", WIDE.to_string())];
            fill(fill(CHUNK.to_owned() + KEEP, &kept(variants)), &names)
        }
        Kernel::Attend(kernel) => attend(kernel, variants),
        Kernel::AttendMany(kernel) => attend_many(kernel, variants),
        Kernel::Merge(size) => {
            let names = [("SIZE", size.to_string()), ("SPLITS", SPLITS.to_string())];
            fill(MERGE.to_owned(), &names)
        }
        Kernel::Gate(activation) => {
            let file = sections(GATE, &[activation_name(activation), "body"]);
            fill(CHUNK.to_owned() + &file, &[("WIDE", WIDE.to_string())])
        }
        Kernel::Add => fill(CHUNK.to_owned() + ADD, &[("WIDE", WIDE.to_string())]),
        Kernel::Outlook => {
            let names = [("SLICES", LOGIT_SLICES.to_string()), ("ASKED", ASKED_AT.to_string())];
            fill(CHUNK.to_owned() + OUTLOOK, &names)
        }
    }
}
