//! Buffers on the GPU, reading them back, and what the GPU reports while nobody waits for it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::oneshot;
use wgpu::{Buffer, BufferUsages, ErrorFilter};

use crate::engine::EngineError;

/// A device, its queue, and what it has reported. The device goes with it.
pub struct Memory {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    reported: Arc<Mutex<Option<EngineError>>>,
    /// Every buffer that was made and not given back.
    given: RefCell<Vec<Buffer>>,
}

impl Drop for Memory {
    /// A browser would keep the GPU's memory until it next collects what nobody refers to.
    fn drop(&mut self) {
        self.device.destroy();
    }
}

impl Memory {
    /// Listens to what the device reports from now on.
    pub fn new(device: wgpu::Device, queue: wgpu::Queue) -> Memory {
        let reported: Arc<Mutex<Option<EngineError>>> = Arc::default();
        let note = |reported: &Arc<Mutex<Option<EngineError>>>, error: EngineError| {
            let mut first = reported.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(error);
        };
        let lost = Arc::clone(&reported);
        device.set_device_lost_callback(move |reason, message| {
            let why = match message.trim_end_matches('.') {
                "" => format!("{reason:?}"),
                message => message.to_owned(),
            };
            note(&lost, EngineError::DeviceLost { why });
        });
        let wrong = Arc::clone(&reported);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let error = match error {
                wgpu::Error::OutOfMemory { .. } => {
                    EngineError::OutOfMemory { what: "computing on the GPU".to_owned(), bytes: 0 }
                }
                other => EngineError::Device { why: other.to_string() },
            };
            note(&wrong, error);
        }));
        Memory { device, queue, reported, given: RefCell::default() }
    }

    /// Fails with what the device reported, if it did.
    pub fn check(&self) -> Result<(), EngineError> {
        match &*self.reported.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// A buffer of `bytes` (made a multiple of four, at least sixteen), filled with zeros.
    pub async fn buffer(&self, what: &str, bytes: usize, usage: BufferUsages) -> Result<Buffer, EngineError> {
        let size = bytes.next_multiple_of(4).max(16) as u64;
        if size > self.device.limits().max_buffer_size {
            return Err(EngineError::OutOfMemory { what: what.to_owned(), bytes: size });
        }
        let scope = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let descriptor = wgpu::BufferDescriptor { label: Some(what), size, usage, mapped_at_creation: false };
        let buffer = self.device.create_buffer(&descriptor);
        match scope.pop().await {
            None => {
                self.keep(&buffer);
                Ok(buffer)
            }
            Some(_) => Err(EngineError::OutOfMemory { what: what.to_owned(), bytes: size }),
        }
    }

    /// A buffer for kernels to read and write.
    pub async fn storage(&self, what: &str, bytes: usize) -> Result<Buffer, EngineError> {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        self.buffer(what, bytes, usage).await
    }

    /// A small buffer of constants.
    pub fn uniform(&self, words: &[u32]) -> Buffer {
        let bytes = self::words(words);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("constants"),
            size: (bytes.len() as u64).next_multiple_of(16),
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.queue.write_buffer(&buffer, 0, &bytes);
        self.keep(&buffer);
        buffer
    }

    /// Knows a buffer that was made, so that it is given back with all others.
    pub fn keep(&self, buffer: &Buffer) {
        self.given.borrow_mut().push(buffer.clone());
    }

    /// Bytes of all that was made and not given back.
    pub fn bytes(&self) -> u64 {
        self.given.borrow().iter().map(Buffer::size).sum()
    }

    /// Gives a buffer back at once, once what was submitted is done with it. A browser would keep what nobody refers to
    /// until it next collects it.
    pub fn give_back(&self, buffer: &Buffer) {
        buffer.destroy();
        self.given.borrow_mut().retain(|given| given != buffer);
    }

    /// Gives all buffers back.
    pub fn give_back_all(&self) {
        self.given.take().iter().for_each(Buffer::destroy);
    }

    /// Waits until all that was submitted is done.
    pub async fn done(&self) -> Result<(), EngineError> {
        let (tell, told) = oneshot::channel();
        // Who no longer waits needs not be told; so below.
        self.queue.on_submitted_work_done(move || {
            let _ = tell.send(());
        });
        self.wait_for(told).await?;
        self.check()
    }

    /// The first `bytes` of a buffer that can be mapped, once all that was submitted is done: what `take` makes of them.
    pub async fn read<T>(
        &self,
        staging: &Buffer,
        bytes: usize,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, EngineError> {
        let (tell, told) = oneshot::channel();
        let slice = staging.slice(..bytes as u64);
        slice.map_async(wgpu::MapMode::Read, move |outcome| {
            drop(tell.send(outcome.map_err(|e| e.to_string())))
        });
        let outcome = self.wait_for(told).await?;
        self.check()?;
        outcome.map_err(|why| EngineError::Device { why })?;
        let view = slice.get_mapped_range().map_err(|e| EngineError::Device { why: e.to_string() })?;
        let read = take(&view);
        drop(view);
        staging.unmap();
        Ok(read)
    }

    /// Natively somebody has to ask the device whether it is done; a browser tells by itself.
    async fn wait_for<T>(&self, told: oneshot::Receiver<T>) -> Result<T, EngineError> {
        #[cfg(not(target_arch = "wasm32"))]
        if let Err(error) = self.device.poll(wgpu::PollType::wait_indefinitely()) {
            self.check()?;
            return Err(EngineError::Device { why: error.to_string() });
        }
        let gone = || EngineError::DeviceLost { why: "it gave no answer".to_owned() };
        told.await.map_err(|_| gone())
    }
}

/// Takes floats over; tells whether all are finite. Once through a vocabulary, for each token that is written.
pub fn take_floats(bytes: &[u8], into: &mut Vec<f32>) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let mut odd = false;
    into.clear();
    into.extend(bytes.as_chunks::<4>().0.iter().map(|word| {
        let bits = to_word(word);
        odd |= bits & EXPONENT == EXPONENT;
        f32::from_bits(bits)
    }));
    !odd
}

/// A word of four bytes as the GPU has them.
pub fn to_word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Words as the GPU has them.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Floats as the GPU has them.
pub fn bytes_of(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}
