//! Memory for the layers' keys and values: as many pages of positions as were needed at once so far, and some more.

use wgpu::Buffer;

use super::memory::Memory;
use super::variants::Variants;
use crate::engine::EngineError;
use crate::engine::kv::PAGE;
use crate::engine::network::Sizes;

/// Pages that the first prompt gets memory for, so that it need not be made anew at once.
const FIRST_PAGES: usize = 64;

/// Keys and values of a layer.
pub struct LayerPages {
    /// `place × kv_heads × head_size`.
    pub keys: Buffer,
    /// The same.
    pub values: Buffer,
}

/// The pages of all layers.
pub struct Pages {
    layers: Vec<LayerPages>,
    held: usize,
    /// Bytes of keys, or of values, of a page in one layer.
    page_bytes: usize,
}

impl Pages {
    /// The first ones of a model of these sizes.
    pub async fn new(memory: &Memory, sizes: &Sizes, variants: Variants) -> Result<Pages, EngineError> {
        let page_bytes = layer_bytes(sizes, variants);
        let mut layers = Vec::new();
        for _ in 0..sizes.layers {
            layers.push(layer_pages(memory, page_bytes * FIRST_PAGES).await?);
        }
        Ok(Pages { layers, held: FIRST_PAGES, page_bytes })
    }

    /// Each layer's.
    pub fn layers(&self) -> &[LayerPages] {
        &self.layers
    }

    /// For how many there is memory.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Gets memory for `pages`, and for twice what there was where a kernel can bind so much: so it seldom has to. What they
    /// hold stays; the work that writes it has been submitted. Tells for how many there is memory then; some layers may lie
    /// elsewhere than before, even where that is no more.
    pub async fn grow(&mut self, memory: &Memory, pages: usize, most_binding_bytes: usize) -> usize {
        let most = most_binding_bytes / self.page_bytes;
        let held = self.grow_to(memory, pages.max(2 * self.held).min(most)).await;
        if held < pages.min(most) { self.grow_to(memory, pages.min(most)).await } else { held }
    }

    async fn grow_to(&mut self, memory: &Memory, pages: usize) -> usize {
        if pages <= self.held {
            return self.held;
        }
        let bytes = (self.page_bytes * self.held) as u64;
        for layer in &mut self.layers {
            let Ok(larger) = layer_pages(memory, self.page_bytes * pages).await else { return self.held };
            let mut encoder = memory.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(&layer.keys, 0, &larger.keys, 0, bytes);
            encoder.copy_buffer_to_buffer(&layer.values, 0, &larger.values, 0, bytes);
            memory.queue.submit([encoder.finish()]);
            let smaller = std::mem::replace(layer, larger);
            memory.give_back(&smaller.keys);
            memory.give_back(&smaller.values);
        }
        self.held = pages;
        pages
    }
}

/// Bytes of keys, or of values, of a page in one layer.
pub fn layer_bytes(sizes: &Sizes, variants: Variants) -> usize {
    (if variants.halves { 2 } else { 4 }) * sizes.keys() * PAGE
}

async fn layer_pages(memory: &Memory, bytes: usize) -> Result<LayerPages, EngineError> {
    let keys = memory.storage("keys", bytes).await?;
    match memory.storage("values", bytes).await {
        Ok(values) => Ok(LayerPages { keys, values }),
        Err(error) => {
            memory.give_back(&keys);
            Err(error)
        }
    }
}
