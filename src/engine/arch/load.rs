//! Tensors from the file onto a device: read in pieces, checked, handed on as they come.

use crate::engine::device::Device;
use crate::engine::gguf::{Header, TensorInfo};
use crate::engine::network::{MatrixId, VectorId};
use crate::engine::{EngineError, Pace, TensorSource, quant};

/// Bytes read at once, about; the only copy of weights besides the device's.
const PIECE: usize = 1 << 20;

/// Rows are handed on in multiples of this, but for the last: both devices pack so many together.
pub const ROW_STEP: usize = 8;

/// Reads tensors by name and remembers which were asked for.
pub(super) struct Loader<'a, D, S: ?Sized, P, F> {
    header: &'a Header,
    source: &'a S,
    device: &'a mut D,
    pace: &'a mut P,
    /// Told the bytes read so far and the bytes of all tensors.
    progress: F,
    taken: Vec<&'a str>,
    bytes_done: u64,
    piece: Vec<u8>,
}

impl<'a, D: Device, S: TensorSource + ?Sized, P: Pace, F: FnMut(u64, u64)> Loader<'a, D, S, P, F> {
    pub fn new(header: &'a Header, source: &'a S, device: &'a mut D, pace: &'a mut P, progress: F) -> Self {
        Loader { header, source, device, pace, progress, taken: Vec::new(), bytes_done: 0, piece: Vec::new() }
    }

    /// A matrix of `rows` × `cols`.
    pub async fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<MatrixId, EngineError> {
        let [matrix] = self.stacked(name, [rows], cols).await?;
        Ok(matrix)
    }

    /// The matrices that a tensor holds one below the other: of `rows` rows each, and all of `cols` columns.
    pub async fn stacked<const N: usize>(
        &mut self,
        name: &str,
        rows: [usize; N],
        cols: usize,
    ) -> Result<[MatrixId; N], EngineError> {
        let all: usize = rows.iter().sum();
        let info = self.take(name, &[cols as u64, all as u64])?;
        let row_bytes = info.bytes as usize / all;
        let batch = (PIECE / (ROW_STEP * row_bytes)).max(1) * ROW_STEP;
        let (mut matrices, mut start) = ([MatrixId(0); N], 0);
        for (matrix, rows) in matrices.iter_mut().zip(rows) {
            self.device.begin_matrix(name, info.kind, rows, cols).await?;
            for first in (0..rows).step_by(batch) {
                let count = batch.min(rows - first);
                self.read(info, ((start + first) * row_bytes) as u64, count * row_bytes).await?;
                self.device.push_rows(&self.piece).await?;
            }
            *matrix = self.device.end_matrix();
            start += rows;
        }
        Ok(matrices)
    }

    /// A vector of `length` floats, on the device.
    pub async fn vector(&mut self, name: &str, length: usize) -> Result<VectorId, EngineError> {
        let floats = self.floats(name, length).await?;
        self.device.vector(floats).await
    }

    /// A vector of `length` floats.
    pub async fn floats(&mut self, name: &str, length: usize) -> Result<Vec<f32>, EngineError> {
        let info = self.take(name, &[length as u64])?;
        self.read(info, 0, info.bytes as usize).await?;
        let mut floats = vec![0.0; length];
        quant::dequantise(info.kind, &self.piece, &mut floats);
        Ok(floats)
    }

    /// Fails if the file has a tensor that nobody asked for.
    pub fn finish(self) -> Result<(), EngineError> {
        let left = self.header.tensors.iter().find(|tensor| !self.taken.contains(&tensor.name.as_str()));
        left.map_or(Ok(()), |tensor| Err(EngineError::UnexpectedTensor { name: tensor.name.clone() }))
    }

    fn take(&mut self, name: &str, expected: &[u64]) -> Result<&'a TensorInfo, EngineError> {
        let info =
            self.header.tensor(name).ok_or_else(|| EngineError::MissingTensor { name: name.to_owned() })?;
        // Sizes of one at the end are written by some and left out by others.
        let mut found = info.dims.clone();
        while found.len() > expected.len() && found.last() == Some(&1) {
            found.pop();
        }
        if found != expected {
            let (found, expected) = (info.dims.clone(), expected.to_vec());
            return Err(EngineError::Shape { name: name.to_owned(), found, expected });
        }
        self.taken.push(&info.name);
        Ok(info)
    }

    /// Reads a piece of a tensor, holding it against infinities and NaNs.
    async fn read(&mut self, info: &TensorInfo, from: u64, length: usize) -> Result<(), EngineError> {
        let missing = length.saturating_sub(self.piece.len());
        if self.piece.try_reserve_exact(missing).is_err() {
            let what = "reading the model".to_owned();
            return Err(EngineError::OutOfMemory { what, bytes: length as u64 });
        }
        self.piece.resize(length, 0);
        self.source.read(info.offset + from, &mut self.piece).await?;
        if !quant::scales_are_finite(info.kind, &self.piece) {
            return Err(EngineError::NotFinite { name: info.name.clone() });
        }
        self.bytes_done += length as u64;
        (self.progress)(self.bytes_done, self.header.tensors.iter().map(|tensor| tensor.bytes).sum());
        self.pace.pause().await?;
        Ok(())
    }
}
