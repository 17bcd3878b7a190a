//! What the GPU itself can do, by kernels of no art: what the engine's figures are measured by.

use std::time::Instant;

use crate::support::now;
use wgpu::{BindGroupEntry, BufferUsages, Features, PollType};

/// Rows and columns of the matrices.
const SIZE: u64 = 4096;

/// Workgroups that read.
const GROUPS: u32 = 4096;

/// What was measured.
pub struct Plain {
    /// Gigabytes a second that a kernel reads.
    pub read_gb_per_s: f64,
    /// Operations a second, in 10^12, of a product of matrices in 32-bit floats: two for each product and sum.
    pub f32_tflops: f64,
    /// The same in 16-bit floats, where the GPU has them.
    pub f16_tflops: Option<f64>,
}

/// Measures the first GPU there is.
pub fn measure() -> Plain {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    let instance = wgpu::Instance::new(descriptor);
    let adapter = now(instance.request_adapter(&options)).expect("there is a GPU");
    let halves = adapter.features() & Features::SHADER_F16;
    let required_limits = adapter.limits();
    let device = wgpu::DeviceDescriptor { required_features: halves, required_limits, ..Default::default() };
    let (device, queue) = now(adapter.request_device(&device)).expect("it opens");
    let gpu = Gpu { device, queue };
    let bytes =
        (1u64 << 29).min(gpu.device.limits().max_storage_buffer_binding_size).next_multiple_of(1 << 16);
    let reading = include_str!("plain_read.wgsl").replace("GROUPS", &GROUPS.to_string());
    let read_s = gpu.seconds(&reading, &[bytes, 16], (GROUPS, 1));
    let product = |number: &str, bytes: u64| {
        let enable = if number == "f16" { "enable f16;\n" } else { "" };
        let source = include_str!("plain_matmul.wgsl").replace("NUMBER", number);
        let source = enable.to_owned() + &source.replace("SIZE", &SIZE.to_string());
        let tiles = SIZE as u32 / 64;
        let seconds = gpu.seconds(&source, &[bytes * SIZE * SIZE; 3], (tiles, tiles));
        2.0 * (SIZE as f64).powi(3) / seconds / 1e12
    };
    Plain {
        read_gb_per_s: bytes as f64 / read_s / 1e9,
        f32_tflops: product("f32", 4),
        f16_tflops: (!halves.is_empty()).then(|| product("f16", 2)),
    }
}

struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

impl Gpu {
    /// Seconds that a kernel takes on buffers of these sizes: the least of ten.
    fn seconds(&self, source: &str, bytes: &[u64], (x, y): (u32, u32)) -> f64 {
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let buffer = |size: &u64| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: *size,
                usage: BufferUsages::STORAGE,
                mapped_at_creation: false,
            })
        };
        let buffers: Vec<wgpu::Buffer> = bytes.iter().map(buffer).collect();
        let entries: Vec<BindGroupEntry> = (0..)
            .zip(&buffers)
            .map(|(binding, buffer)| BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bind = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let run = || {
            let mut encoder = self.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &bind, &[]);
            pass.dispatch_workgroups(x, y, 1);
            drop(pass);
            let start = Instant::now();
            self.queue.submit([encoder.finish()]);
            self.device.poll(PollType::wait_indefinitely()).expect("it is done");
            start.elapsed().as_secs_f64()
        };
        // The first makes the buffers' memory and compiles.
        (0..11).map(|_| run()).skip(1).fold(f64::INFINITY, f64::min)
    }
}
