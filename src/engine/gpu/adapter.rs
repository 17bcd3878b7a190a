//! Which GPU there is, and opening it.

use wgpu::{Backends, DeviceType, Limits};

use super::device::Gpu;
use super::variants::Variants;

/// A GPU that was found.
pub struct Adapter {
    adapter: wgpu::Adapter,
    /// What is told of it.
    pub about: About,
}

/// What is told of an adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Its name, as far as the system or the browser tells it.
    pub name: String,
    /// The interface: `WebGPU`, `Vulkan` and so on.
    pub interface: String,
    /// Whether the processor plays the GPU. A browser tells that of few.
    pub software: bool,
    /// What kernels may use beyond f32.
    pub offers: Variants,
    /// Bytes that a kernel may bind as one buffer.
    pub most_binding_bytes: u64,
    /// Bytes that a buffer may have.
    pub most_buffer_bytes: u64,
}

/// Why there is no GPU to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// There is none, or this browser has no WebGPU.
    #[error("no GPU is to be had: {0}")]
    None(String),
    /// There is one and it can't be opened.
    #[error("the GPU can't be opened: {0}")]
    Refused(String),
}

/// What a test may hold back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Take the limits that every WebGPU device has, however much more this one could.
    pub default_limits: bool,
    /// Take a GPU that a processor plays for hardware: for trying the kernels that hardware is given.
    pub as_hardware: bool,
}

/// 16-bit floats and subgroups are features to be asked for; products of bytes belong to the language.
fn offered(adapter: &wgpu::Adapter, bytes: bool) -> Variants {
    let (features, info) = (adapter.features(), adapter.get_info());
    Variants {
        bytes,
        halves: features.contains(wgpu::Features::SHADER_F16),
        subgroups: if features.contains(wgpu::Features::SUBGROUP) { info.subgroup_min_size } else { 0 },
    }
}

impl Adapter {
    /// The GPU that the system would give to heavy work.
    pub async fn find() -> Result<Adapter, AdapterError> {
        let mut all = Adapter::all(Backends::PRIMARY).await?;
        Ok(all.swap_remove(0))
    }

    /// All that are there, the best first: at least one.
    async fn all(backends: Backends) -> Result<Vec<Adapter>, AdapterError> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = backends;
        let instance = wgpu::Instance::new(descriptor);
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let found = instance.request_adapter(&options).await;
        let adapter = found.map_err(|error| AdapterError::None(error.to_string()))?;
        let bytes = wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct;
        let offers = offered(&adapter, instance.wgsl_language_features().contains(bytes));
        Ok(vec![Adapter { about: about(&adapter, offers), adapter }])
    }

    /// Opens it.
    pub async fn open(&self, refusal: Refusal) -> Result<Gpu, AdapterError> {
        let most = self.adapter.limits();
        let mut limits = Limits::default();
        if !refusal.default_limits {
            limits.max_storage_buffer_binding_size = most.max_storage_buffer_binding_size;
            limits.max_buffer_size = most.max_buffer_size;
        }
        let offers = self.about.offers;
        let mut features = wgpu::Features::empty();
        features.set(wgpu::Features::SHADER_F16, offers.halves);
        features.set(wgpu::Features::SUBGROUP, offers.subgroups > 0);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("likeness"),
            required_features: features,
            required_limits: limits.clone(),
            ..Default::default()
        };
        let opened = self.adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| AdapterError::Refused(error.to_string()))?;
        let mut about = self.about.clone();
        about.software &= !refusal.as_hardware;
        about.most_binding_bytes = limits.max_storage_buffer_binding_size;
        about.most_buffer_bytes = limits.max_buffer_size;
        Ok(Gpu::new(about, device, queue))
    }
}

fn about(adapter: &wgpu::Adapter, offers: Variants) -> About {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let interface = match info.backend {
        wgpu::Backend::BrowserWebGpu => "WebGPU".to_owned(),
        other => other.to_string(),
    };
    let described = [info.name, info.driver, info.driver_info].map(|text| text.trim().to_owned());
    let name = described.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(", ");
    About {
        software: info.device_type == DeviceType::Cpu || is_software(&name),
        name,
        interface,
        offers,
        most_binding_bytes: limits.max_storage_buffer_binding_size,
        most_buffer_bytes: limits.max_buffer_size,
    }
}

impl About {
    /// Adds what somebody else tells of the adapter; where nobody tells anything, that.
    pub fn add(&mut self, told: &str) {
        if !told.is_empty() && !self.name.contains(told) {
            let more = if self.name.is_empty() { told.to_owned() } else { format!("{}, {told}", self.name) };
            self.name = more;
        }
        if self.name.is_empty() {
            self.name = "a GPU that the browser doesn't name".to_owned();
        }
        self.software |= is_software(&self.name);
    }
}

/// Whether these are the names of GPUs that a processor plays.
fn is_software(name: &str) -> bool {
    let name = name.to_lowercase();
    ["swiftshader", "llvmpipe", "basic render"].iter().any(|known| name.contains(known))
}
