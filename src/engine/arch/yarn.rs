//! YaRN (Peng et al. 2023, arXiv 2309.00071), as llama.cpp has it: for a context longer than the model was first trained
//! with, slow frequencies are stretched by a factor, fast ones stay, those between are blended; and what is turned grows a
//! little, which sharpens the attention. All of it fits a rotation's divisors and its magnitude, and holds for short
//! prompts too: their keys are shared with long ones.

use std::f32::consts::TAU;

use super::sizes::{Keys, read_original_context};
use crate::engine::EngineError;

/// Of a rotation of so many pairs and this base: the divisors of its frequencies, and its magnitude.
pub(super) fn read(keys: &Keys, base: f32, pairs: usize) -> Result<(Vec<f32>, f32), EngineError> {
    let number = |key: &str, otherwise: f32| -> Result<f32, EngineError> {
        let found = keys.float(key)?.unwrap_or(otherwise);
        keys.check(key, found, found > 0.0 && found.is_finite(), "a number above zero")?;
        Ok(found)
    };
    let factor = number("rope.scaling.factor", 1.0)?;
    let fast = number("rope.scaling.yarn_beta_fast", 32.0)?;
    let slow = number("rope.scaling.yarn_beta_slow", 1.0)?;
    let blend = number("rope.scaling.yarn_ext_factor", 1.0)?;
    keys.check("rope.scaling.yarn_ext_factor", blend, blend == 1.0, "1")?;
    let multiplier = keys.float("rope.scaling.yarn_log_multiplier")?.unwrap_or(0.0);
    let sane = multiplier >= 0.0 && multiplier.is_finite();
    keys.check("rope.scaling.yarn_log_multiplier", multiplier, sane, "0 or a number above it")?;

    // The pair that turns this often within the first context.
    let original = read_original_context(keys)? as f32;
    let pair_of = |turns: f32| pairs as f32 * libm::logf(original / (turns * TAU)) / libm::logf(base);
    let first = libm::floorf(pair_of(fast)).max(0.0);
    let last = libm::ceilf(pair_of(slow)).min(2.0 * pairs as f32 - 1.0);
    let divisor = |pair: usize| {
        let stretched = ((pair as f32 - first) / (last - first).max(0.001)).clamp(0.0, 1.0);
        1.0 / (stretched / factor + (1.0 - stretched))
    };
    // A multiplier takes its share of the growth back.
    let growth = |share: f32| if factor > 1.0 { 1.0 + 0.1 * share * libm::logf(factor) } else { 1.0 };
    Ok(((0..pairs).map(divisor).collect(), growth(1.0) / growth(multiplier)))
}
