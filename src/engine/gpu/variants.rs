//! What kernels may use beyond what every WebGPU device has. Plain f32 always works; the rest is used where it is
//! offered.

use crate::engine::gguf::TensorKind;

/// What is offered, or used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variants {
    /// Four products of signed bytes in one instruction: activations are rounded to 8 bits as the processor rounds them,
    /// so that products of quantised weights are exact sums of whole numbers.
    pub bytes: bool,
    /// 16-bit floats: keys and values are kept in them.
    pub halves: bool,
    /// The fewest invocations that exchange numbers without workgroup memory; none if 0.
    pub subgroups: u32,
}

impl Variants {
    /// Plain f32.
    pub const NONE: Variants = Variants { bytes: false, halves: false, subgroups: 0 };

    /// All that there is.
    pub const ALL: Variants = Variants { bytes: true, halves: true, subgroups: u32::MAX };

    /// What both have.
    pub fn and(self, other: Variants) -> Variants {
        Variants {
            bytes: self.bytes && other.bytes,
            halves: self.halves && other.halves,
            subgroups: self.subgroups.min(other.subgroups),
        }
    }

    /// Whether products of a matrix with many tokens are taken by bytes: of weights that are whole numbers, in whole blocks. Q2_K has
    /// minimums of half blocks, which that kernel does not know.
    pub fn packs(self, kind: TensorKind, ragged: bool) -> bool {
        self.bytes
            && !ragged
            && !matches!(kind, TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 | TensorKind::Q2_K)
    }

    /// For people: which are in use, `f32` if none.
    pub fn names(self) -> String {
        let names = [
            (self.bytes, "8-bit products"),
            (self.halves, "16-bit cache"),
            (self.subgroups > 0, "subgroups"),
        ];
        let used: Vec<&str> = names.iter().filter(|(used, _)| *used).map(|(_, name)| *name).collect();
        if used.is_empty() { "f32".to_owned() } else { used.join(", ") }
    }
}
