//! A model's file with its weights as floats, made while it is read: what the engine gives when nothing is rounded.

use likeness::engine::gguf::{Header, TensorInfo, TensorKind};
use likeness::engine::quant::dequantise;
use likeness::engine::{SourceError, TensorSource};

use super::support::f32_to_f16;

/// The floats of a file. Matrices are F32; the embedding, by far the largest, is F16, which takes its numbers of eight bits
/// to within 2^-12.
pub struct Widened<'a> {
    file: &'a [u8],
    /// The file's own tensors, in the order of the header's.
    tensors: Vec<TensorInfo>,
    /// What the widened file would begin with.
    pub header: Header,
}

impl<'a> Widened<'a> {
    pub fn new(file: &'a [u8], header: &Header) -> Widened<'a> {
        let mut widened = Header { tensors: Vec::new(), data_offset: 0, ..header.clone() };
        let mut offset = 0;
        for tensor in &header.tensors {
            let kind = if tensor.name == "token_embd.weight" { TensorKind::F16 } else { TensorKind::F32 };
            let bytes = tensor.items() * kind.block_bytes();
            widened.tensors.push(TensorInfo { kind, offset, bytes, ..tensor.clone() });
            offset += bytes;
        }
        Widened { file, tensors: header.tensors.clone(), header: widened }
    }
}

impl TensorSource for Widened<'_> {
    fn bytes(&self) -> u64 {
        self.header.tensors.iter().map(|tensor| tensor.bytes).sum()
    }

    /// Ranges begin and end with rows: the engine reads no others.
    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let at = self.header.tensors.partition_point(|tensor| tensor.offset + tensor.bytes <= offset);
        let (wide, narrow) = (&self.header.tensors[at], &self.tensors[at]);
        let width = wide.kind.block_bytes();
        let (first, count) = ((offset - wide.offset) / width, into.len() as u64 / width);
        let bytes = |items: u64| (items / narrow.kind.block_items() * narrow.kind.block_bytes()) as usize;
        let from = narrow.offset as usize + bytes(first);
        let mut floats = vec![0.0; count as usize];
        dequantise(narrow.kind, &self.file[from..from + bytes(count)], &mut floats);
        for (slot, float) in into.chunks_exact_mut(width as usize).zip(floats) {
            match wide.kind {
                TensorKind::F16 => slot.copy_from_slice(&f32_to_f16(float).to_le_bytes()),
                _ => slot.copy_from_slice(&float.to_le_bytes()),
            }
        }
        Ok(())
    }
}
