//! Matrices that are multiplied with the same numbers, laid behind each other, so that one dispatch can multiply them all.
//!
//! A file has them apart. Once all weights are there, those of one format are copied into one buffer, which each keeps its
//! own stretch of: whoever wants one alone has it still. That is done group by group, and what a group lay in before is
//! given back before the next.

use wgpu::Buffer;

use super::memory::Memory;
use super::plan::{Matrix, Part, Slice, Weights};
use crate::engine::EngineError;
use crate::engine::network::{MatrixId, Network, Step};

/// A kernel can bind a buffer from multiples of this on, on every GPU.
const ALIGNED: u64 = 256;

/// Lays what each [`Step::Multiply`] of the network takes together behind each other, where it is of one format, in whole
/// and no larger than a kernel can bind, and where there is memory for both for a moment. What isn't stays as it was.
pub async fn lay_adjacent(
    memory: &Memory,
    weights: &mut Weights,
    network: &Network,
    most_bytes: u64,
) -> Result<(), EngineError> {
    for step in network.layers.iter().flatten() {
        let Step::Multiply { products, .. } = step else { continue };
        let ids: Vec<MatrixId> = products.iter().map(|product| product.matrix).collect();
        let kind = |id: &MatrixId| weights.matrices[id.0].layout.kind;
        let groups: Vec<Vec<MatrixId>> =
            ids.chunk_by(|a, b| kind(a) == kind(b)).map(<[MatrixId]>::to_vec).collect();
        for group in groups.iter().filter(|group| group.len() > 1) {
            lay(memory, weights, group, most_bytes).await?;
        }
    }
    Ok(())
}

async fn lay(
    memory: &Memory,
    weights: &mut Weights,
    group: &[MatrixId],
    most_bytes: u64,
) -> Result<(), EngineError> {
    let parts: Option<Vec<&Part>> = group.iter().map(|id| weights.matrices[id.0].whole()).collect();
    let Some(parts) = parts else { return Ok(()) };
    let codes: Vec<&Slice> = parts.iter().map(|part| &part.codes).collect();
    let scales: Vec<&Slice> = parts.iter().filter_map(|part| part.scales.as_ref()).collect();
    let fit = |slices: &[&Slice]| {
        slices.iter().all(|slice| slice.bytes.is_multiple_of(ALIGNED) && slice.is_whole())
            && slices.iter().map(|slice| slice.bytes).sum::<u64>() <= most_bytes
    };
    if !fit(&codes) || !fit(&scales) {
        return Ok(());
    }
    let Ok(codes) = copy(memory, &codes).await else { return memory.check() };
    let scales = match scales.is_empty() {
        true => Vec::new(),
        false => match copy(memory, &scales).await {
            Ok(scales) => scales,
            Err(_) => {
                codes.iter().take(1).for_each(|all| memory.give_back(&all.buffer));
                return memory.check();
            }
        },
    };
    memory.done().await?;
    let mut scales = scales.into_iter();
    for (id, codes) in group.iter().zip(codes) {
        for part in &mut weights.matrices[id.0].parts {
            memory.give_back(&part.codes.buffer);
            part.codes = codes.clone();
            if let (Some(old), Some(new)) = (&mut part.scales, scales.next()) {
                memory.give_back(&old.buffer);
                *old = new;
            }
        }
    }
    Ok(())
}

/// Copies the slices behind each other into a buffer of their own, and tells where each lies there.
async fn copy(memory: &Memory, slices: &[&Slice]) -> Result<Vec<Slice>, EngineError> {
    let bytes = slices.iter().map(|slice| slice.bytes).sum::<u64>();
    let buffer = memory.storage("matrices behind each other", bytes as usize).await?;
    let mut encoder = memory.device.create_command_encoder(&Default::default());
    let mut laid = Vec::new();
    let mut offset = 0;
    for Slice { buffer: from, offset: start, bytes } in slices {
        encoder.copy_buffer_to_buffer(from, *start, &buffer, offset, *bytes);
        laid.push(Slice { buffer: buffer.clone(), offset, bytes: *bytes });
        offset += bytes;
    }
    memory.queue.submit([encoder.finish()]);
    Ok(laid)
}

impl Slice {
    /// Whether it is all of its buffer.
    fn is_whole(&self) -> bool {
        self.offset == 0 && self.bytes == self.buffer.size()
    }

    /// The stretch that these are together, if they lie behind each other.
    fn of_adjacent(slices: &[&Slice]) -> Option<Slice> {
        let follows = |a: &Slice, b: &Slice| a.buffer == b.buffer && a.offset + a.bytes == b.offset;
        let first = slices.first()?;
        slices.windows(2).all(|pair| follows(pair[0], pair[1])).then(|| Slice {
            buffer: first.buffer.clone(),
            offset: first.offset,
            bytes: slices.iter().map(|slice| slice.bytes).sum(),
        })
    }
}

impl Matrix {
    /// All its rows as one part, if it is in no more.
    fn whole(&self) -> Option<&Part> {
        match &self.parts[..] {
            [part] => Some(part),
            _ => None,
        }
    }
}

impl Part {
    /// The matrices as one of as many rows, if they lie behind each other and are alike.
    pub fn of_adjacent(matrices: &[&Matrix]) -> Option<Part> {
        let layout = matrices.first()?.layout;
        let alike = |matrix: &&Matrix| (matrix.layout.kind, matrix.layout.cols) == (layout.kind, layout.cols);
        let parts: Option<Vec<&Part>> = matrices.iter().map(|matrix| matrix.whole()).collect();
        let parts = parts.filter(|_| matrices.iter().all(alike))?;
        let codes = Slice::of_adjacent(&parts.iter().map(|part| &part.codes).collect::<Vec<_>>())?;
        let scales: Vec<&Slice> = parts.iter().filter_map(|part| part.scales.as_ref()).collect();
        let scales = if scales.is_empty() { None } else { Some(Slice::of_adjacent(&scales)?) };
        Some(Part { first: 0, rows: parts.iter().map(|part| part.rows).sum(), codes, scales })
    }
}

impl Memory {
    /// Buffers' numbers behind each other, in a buffer of its own.
    pub fn behind_each_other(&self, buffers: &[&Buffer]) -> Buffer {
        let size = buffers.iter().map(|buffer| buffer.size()).sum();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let all = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("vectors behind each other"),
            size,
            usage,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut offset = 0;
        for buffer in buffers {
            encoder.copy_buffer_to_buffer(buffer, 0, &all, offset, buffer.size());
            offset += buffer.size();
        }
        self.queue.submit([encoder.finish()]);
        self.keep(&all);
        all
    }
}
