//! How a tensor's numbers are stored: the kinds that the engine reads, and the names of those that it does not.

/// A storage format of ggml, by its number in the file.
///
/// A row is a whole number of blocks; a block's layout is told where it is unpacked (`engine::quant`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[allow(non_camel_case_types)] // why: these are ggml's names.
pub enum TensorKind {
    /// 32-bit floats.
    F32 = 0,
    /// 16-bit floats.
    F16 = 1,
    /// Blocks of 32: a scale, then 4-bit numbers around 8.
    Q4_0 = 2,
    /// Blocks of 32: a scale, a minimum, then 4-bit numbers.
    Q4_1 = 3,
    /// Blocks of 32: a scale, then 5-bit numbers around 16.
    Q5_0 = 6,
    /// Blocks of 32: a scale, a minimum, then 5-bit numbers.
    Q5_1 = 7,
    /// Blocks of 32: a scale, then 8-bit numbers.
    Q8_0 = 8,
    /// Blocks of 256 in sixteen parts, each with a 4-bit scale and a 4-bit minimum, then 2-bit numbers.
    Q2_K = 10,
    /// Blocks of 256 in sixteen parts, each with a 6-bit scale, then 3-bit numbers around 4.
    Q3_K = 11,
    /// Blocks of 256 in eight parts, each with a 6-bit scale and a 6-bit minimum, then 4-bit numbers.
    Q4_K = 12,
    /// The same with 5-bit numbers.
    Q5_K = 13,
    /// Blocks of 256 in sixteen parts, each with an 8-bit scale, then 6-bit numbers.
    Q6_K = 14,
    /// Blocks of 32: a scale, then 4-bit numbers that stand for sixteen uneven steps.
    IQ4_NL = 20,
    /// The upper halves of 32-bit floats.
    BF16 = 30,
}

impl TensorKind {
    /// Every kind that the engine reads.
    pub const ALL: [TensorKind; 14] = [
        TensorKind::F32,
        TensorKind::F16,
        TensorKind::Q4_0,
        TensorKind::Q4_1,
        TensorKind::Q5_0,
        TensorKind::Q5_1,
        TensorKind::Q8_0,
        TensorKind::Q2_K,
        TensorKind::Q3_K,
        TensorKind::Q4_K,
        TensorKind::Q5_K,
        TensorKind::Q6_K,
        TensorKind::IQ4_NL,
        TensorKind::BF16,
    ];

    /// The kind with ggml's number `id`, if the engine reads it.
    pub fn from_id(id: u32) -> Option<TensorKind> {
        TensorKind::ALL.into_iter().find(|kind| *kind as u32 == id)
    }

    /// Numbers in a block.
    pub const fn block_items(self) -> u64 {
        match self {
            TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 => 1,
            TensorKind::Q4_0
            | TensorKind::Q4_1
            | TensorKind::Q5_0
            | TensorKind::Q5_1
            | TensorKind::Q8_0
            | TensorKind::IQ4_NL => 32,
            TensorKind::Q2_K | TensorKind::Q3_K | TensorKind::Q4_K | TensorKind::Q5_K | TensorKind::Q6_K => {
                256
            }
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> u64 {
        match self {
            TensorKind::F32 => 4,
            TensorKind::F16 | TensorKind::BF16 => 2,
            TensorKind::Q4_0 | TensorKind::IQ4_NL => 2 + 16,
            TensorKind::Q4_1 => 2 + 2 + 16,
            TensorKind::Q5_0 => 2 + 4 + 16,
            TensorKind::Q5_1 => 2 + 2 + 4 + 16,
            TensorKind::Q8_0 => 2 + 32,
            TensorKind::Q2_K => 16 + 64 + 2 + 2,
            TensorKind::Q3_K => 32 + 64 + 12 + 2,
            TensorKind::Q4_K => 2 + 2 + 12 + 128,
            TensorKind::Q5_K => 2 + 2 + 12 + 32 + 128,
            TensorKind::Q6_K => 128 + 64 + 16 + 2,
        }
    }

    /// ggml's name for it.
    pub fn name(self) -> &'static str {
        ggml_name(self as u32).unwrap_or("")
    }
}

/// ggml's name for the kind numbered `id`, so that a refusal can say what the file holds.
pub(super) fn ggml_name(id: u32) -> Option<&'static str> {
    // Numbers 4, 5, 31 to 33 and 36 to 38 were given up by ggml.
    const NAMES: [&str; 41] = [
        "F32", "F16", "Q4_0", "Q4_1", "", "", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
        "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8",
        "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "", "", "", "TQ1_0", "TQ2_0", "", "", "", "MXFP4",
        "NVFP4",
    ];
    NAMES.get(id as usize).copied().filter(|name| !name.is_empty())
}
