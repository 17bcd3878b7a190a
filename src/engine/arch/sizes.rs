//! The sizes and the rotation that a header tells, under the keys that every family has.

use crate::engine::EngineError;
use crate::engine::cpu::{GROUP, HEAD_STEP};
use crate::engine::gguf::Header;
use crate::engine::network::{Pairing, Rotation, Sizes};

/// The divisors of a rotation in a context no longer than the model was first trained with (LongRoPE, Ding et al. 2024,
/// arXiv 2402.13753).
pub(super) const SHORT_FACTORS: &str = "rope_factors_short.weight";
/// The same in a longer one.
pub(super) const LONG_FACTORS: &str = "rope_factors_long.weight";

/// A header's keys that begin with the family's name.
pub(super) struct Keys<'h> {
    /// The header.
    pub header: &'h Header,
    /// The family's name.
    pub prefix: &'static str,
}

impl Keys<'_> {
    /// The whole key.
    pub fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.prefix)
    }

    /// A size that must be there.
    pub fn size(&self, key: &str) -> Result<usize, EngineError> {
        Ok(self.header.require::<u32>(&self.name(key))? as usize)
    }

    /// A size that may be there.
    pub fn optional(&self, key: &str) -> Result<Option<usize>, EngineError> {
        Ok(self.header.get::<u32>(&self.name(key))?.map(|size| size as usize))
    }

    /// A number that may be there.
    pub fn float(&self, key: &str) -> Result<Option<f32>, EngineError> {
        Ok(self.header.get::<f32>(&self.name(key))?)
    }

    /// An error that tells what `key` can be, unless `holds`.
    pub fn check(
        &self,
        key: &str,
        found: impl ToString,
        holds: bool,
        takes: &'static str,
    ) -> Result<(), EngineError> {
        if holds {
            Ok(())
        } else {
            Err(EngineError::Unsupported { key: self.name(key), found: found.to_string(), takes })
        }
    }
}

/// Heads of a layer, at most: more than any model has.
const MOST_HEADS: usize = 256;

/// Numbers of a head, at most: likewise.
const MOST_OF_A_HEAD: usize = 1024;

/// The sizes, held against what the kernels can do.
pub(super) fn read_sizes(keys: &Keys) -> Result<Sizes, EngineError> {
    let (width, heads) = (keys.size("embedding_length")?, keys.size("attention.head_count")?);
    let kv_heads = keys.optional("attention.head_count_kv")?.unwrap_or(heads);
    keys.check(
        "attention.head_count",
        heads,
        (1..=MOST_HEADS).contains(&heads),
        "a whole number from 1 to 256",
    )?;
    let takes = "a divisor of attention.head_count";
    keys.check("attention.head_count_kv", kv_heads, kv_heads > 0 && heads.is_multiple_of(kv_heads), takes)?;
    let head_size = keys.optional("attention.key_length")?.unwrap_or(width / heads);
    let is_step = |size: usize, step: usize| size > 0 && size.is_multiple_of(step);
    let fits = is_step(head_size, HEAD_STEP) && head_size <= MOST_OF_A_HEAD;
    keys.check("attention.key_length", head_size, fits, "a multiple of 16 up to 1024")?;
    // Held against a tensor before anything is made of that size, such as a layer to measure a device with.
    if let Some(output) = keys.header.tensor("blk.0.attn_output.weight")
        && output.dims.first() != Some(&(heads as u64 * head_size as u64))
    {
        let (name, found) = (output.name.clone(), output.dims.clone());
        return Err(EngineError::Shape {
            name,
            found,
            expected: vec![heads as u64 * head_size as u64, width as u64],
        });
    }
    let value_size = keys.optional("attention.value_length")?.unwrap_or(head_size);
    let takes = "the value of attention.key_length";
    keys.check("attention.value_length", value_size, value_size == head_size, takes)?;
    keys.check("embedding_length", width, is_step(width, GROUP), "a multiple of 8")?;
    let hidden = keys.size("feed_forward_length")?;
    keys.check("feed_forward_length", hidden, is_step(hidden, GROUP), "a multiple of 8")?;
    let embedding = keys.header.tensor("token_embd.weight");
    let embedding =
        embedding.ok_or_else(|| EngineError::MissingTensor { name: "token_embd.weight".to_owned() })?;
    // Each layer has tensors of its own, so that a count beyond them is wrong before anything is made for it.
    let (layers, most) = (keys.size("block_count")?, keys.header.tensors.len());
    keys.check(
        "block_count",
        layers,
        (1..=most).contains(&layers),
        "a number above zero, and no more than there are tensors",
    )?;
    let context = keys.size("context_length")?;
    keys.check("context_length", context, context > 0, "a number of tokens above zero")?;
    let epsilon: f32 = keys.header.require(&keys.name("attention.layer_norm_rms_epsilon"))?;
    let is_small = (0.0..1.0).contains(&epsilon);
    keys.check("attention.layer_norm_rms_epsilon", epsilon, is_small, "a number from 0 to 1")?;
    Ok(Sizes {
        layers,
        width,
        hidden,
        heads,
        kv_heads,
        head_size,
        vocabulary: embedding.dims.get(1).map_or(0, |rows| *rows as usize),
        context,
        epsilon,
    })
}

/// The longest context that the model was first trained with: the one that its rotation is made for without a scaling.
pub(super) fn read_original_context(keys: &Keys) -> Result<usize, EngineError> {
    let original = keys.optional("rope.scaling.original_context_length")?;
    original.map_or_else(|| keys.size("context_length"), Ok)
}

/// The rotation under `rope.…`; `base` is what a file means that names none.
pub(super) fn read_rotation(
    keys: &Keys,
    head_size: usize,
    base: f32,
    pairing: Pairing,
) -> Result<Rotation, EngineError> {
    let rotated = keys.optional("rope.dimension_count")?.unwrap_or(head_size);
    let takes = "an even number above zero, up to attention.key_length";
    let fits = rotated > 0 && rotated.is_multiple_of(2) && rotated <= head_size;
    keys.check("rope.dimension_count", rotated, fits, takes)?;
    let base = keys.float("rope.freq_base")?.unwrap_or(base);
    let scaling = keys.header.get::<&str>(&keys.name("rope.scaling.type"))?;
    let factor = match scaling {
        // Its divisors are tensors, which the loader reads.
        Some("longrope") if keys.header.tensor(SHORT_FACTORS).is_some() => {
            keys.float("rope.scaling.factor")?.unwrap_or(1.0)
        }
        None | Some("none") => keys.float("rope.scale_linear")?.unwrap_or(1.0),
        Some("linear") => keys.header.require::<f32>(&keys.name("rope.scaling.factor"))?,
        // Its stretching is in the divisors.
        Some("yarn") => 1.0,
        Some(other) => {
            let takes = "none, linear, yarn, or longrope with its tensors of factors";
            let key = keys.name("rope.scaling.type");
            return Err(EngineError::Unsupported { key, found: other.to_owned(), takes });
        }
    };
    let is_number = |x: f32| x > 0.0 && x.is_finite();
    let sane = is_number(base) && is_number(factor);
    keys.check("rope.freq_base", format!("{base}, scaled by {factor}"), sane, "numbers above zero")?;
    let key = "rope.scaling.attn_factor";
    let magnitude = keys.float(key)?.unwrap_or(1.0);
    keys.check(key, magnitude, is_number(magnitude), "a number above zero")?;
    let plain = rotation(base, factor, rotated, pairing);
    if scaling == Some("yarn") {
        let (divisors, growth) = super::yarn::read(keys, base, rotated / 2)?;
        return Ok(Rotation { divisors, magnitude: magnitude * growth, ..plain });
    }
    Ok(Rotation { magnitude, ..plain })
}

/// A rotation of `rotated` numbers of a head with this base, slowed down by `factor`.
pub(super) fn rotation(base: f32, factor: f32, rotated: usize, pairing: Pairing) -> Rotation {
    Rotation {
        step: libm::powf(base, -2.0 / rotated.max(1) as f32),
        slowdown: 1.0 / factor,
        divisors: vec![1.0; rotated / 2],
        magnitude: 1.0,
        pairing,
    }
}
