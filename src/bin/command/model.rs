//! The model of a task: which file it is, how it is loaded, and how Ctrl-C stops it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use clap::Args;
use likeness::engine::message::DeviceChoice;
use likeness::persona::{DriveError, Remaining};
use likeness::provider::{InProcess, Local};

use super::remote::RemoteFlags;
use super::{Failure, say};

/// The embedded model's name, and the file that the set-up keeps in the models folder.
const EMBEDDED: (&str, &str) = ("embedded", "SmolLM2-135M-Instruct.Q4_1.gguf");

/// Seconds between two lines of progress.
const PROGRESS_SECONDS: u64 = 5;

/// Which model to use.
#[derive(Args, Clone)]
pub struct ModelFile {
    /// A GGUF file, one of several that a model is in, or `embedded` for the model that the set-up fetched.
    #[arg(long, value_name = "M.gguf")]
    model: PathBuf,
    #[command(flatten)]
    machine: Machine,
}

/// The same where a task can do without one.
#[derive(Args, Clone)]
pub struct OptionalModelFile {
    /// A GGUF file, one of several that a model is in, or `embedded` for the model that the set-up fetched.
    #[arg(long, value_name = "M.gguf")]
    model: Option<PathBuf>,
    #[command(flatten)]
    machine: Machine,
}

/// What it runs on.
#[derive(Args, Clone, Copy)]
struct Machine {
    /// Threads that compute; as many as the machine has processors otherwise.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Where to compute; `auto` measures and takes the faster.
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    device: Device,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Device {
    Cpu,
    Gpu,
    Auto,
}

impl Machine {
    fn threads(self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(all, usize::from)
    }

    fn choice(self) -> DeviceChoice {
        match self.device {
            Device::Cpu => DeviceChoice::Cpu,
            Device::Gpu => DeviceChoice::Gpu,
            Device::Auto => DeviceChoice::Measured,
        }
    }
}

/// A loaded model and the flag that stops it.
pub struct Loaded {
    pub link: InProcess,
    pub model: Local<InProcess>,
    pub stop: Arc<AtomicBool>,
}

impl ModelFile {
    /// The same for what computes nothing, so that no GPU is looked for.
    pub fn on_processor(mut self) -> Self {
        self.machine.device = Device::Cpu;
        self
    }

    pub fn load(&self) -> Result<Loaded, Failure> {
        load(&self.model, self.machine)
    }
}

impl OptionalModelFile {
    /// The file that is named.
    pub fn path(&self) -> Option<&Path> {
        self.model.as_deref()
    }

    /// Refuses a local and a remote model where one of them is asked.
    pub fn or(&self, remote: &RemoteFlags) -> Result<(), Failure> {
        if self.model.is_some() && remote.is_given() {
            return Err(Failure::Usage("--model can't go with --endpoint here: one model is asked".into()));
        }
        Ok(())
    }

    pub fn load(&self) -> Result<Option<Loaded>, Failure> {
        self.model.as_deref().map(|path| load(path, self.machine)).transpose()
    }
}

impl Loaded {
    /// Whether Ctrl-C was pressed.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn load(path: &Path, machine: Machine) -> Result<Loaded, Failure> {
    let path = found(path)?;
    let stop = interrupt()?;
    let choice = machine.choice();
    let loading = InProcess::load(&path, machine.threads(), choice, Arc::clone(&stop), |_, _| ());
    let link = pollster::block_on(loading).map_err(|error| Failure::file(&path, error))?;
    let device = &link.loaded().device;
    if choice == DeviceChoice::Gpu && !device.gpu {
        return Err(Failure::Input(format!("the GPU can't be used: {}", device.why)));
    }
    if device.gpu {
        say(&format!("on {}: {}", device.name, device.why));
    }
    let model = Local::new(link.clone(), link.loaded());
    Ok(Loaded { link, model, stop })
}

/// The file that is meant: a path, or the embedded model by its name.
fn found(path: &Path) -> Result<PathBuf, Failure> {
    if path != Path::new(EMBEDDED.0) || path.exists() {
        return Ok(path.to_owned());
    }
    let folder = models_folder()
        .ok_or_else(|| Failure::Input("there is no home folder to look for models in".into()))?;
    let file = folder.join(EMBEDDED.1);
    if file.exists() {
        Ok(file)
    } else {
        Err(Failure::file(&file, "the embedded model is not here; ./check fetches it"))
    }
}

/// The folder of models: `$LIKENESS_CACHE/models`, or below the user's cache folder.
fn models_folder() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    folder("LIKENESS_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("likeness")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache").join("likeness")))
        .map(|cache| cache.join("models"))
}

/// A flag that the first Ctrl-C sets; the second one ends the process at once.
pub fn interrupt() -> Result<Arc<AtomicBool>, Failure> {
    // A local and a remote model of one job hear of the same.
    static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(stop) = STOP.get() {
        return Ok(Arc::clone(stop));
    }
    let stop = Arc::clone(STOP.get_or_init(Arc::default));
    let seen = Arc::clone(&stop);
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::Input(format!("Ctrl-C can't be heard: {error}")))?;
    Ok(stop)
}

/// What a model's failure is to the command.
pub fn failure(error: DriveError) -> Failure {
    match error {
        DriveError::Cancelled => Failure::Stopped("stopped".into()),
        other => Failure::Input(other.to_string()),
    }
}

/// Tells on standard error how far a job is: at each new phase and every few seconds.
pub struct Ticker {
    phase: &'static str,
    told: Instant,
}

impl Ticker {
    pub fn new() -> Self {
        Ticker { phase: "", told: Instant::now() }
    }

    pub fn hear(&mut self, remaining: &Remaining) {
        let new = remaining.phase != self.phase;
        if !new && self.told.elapsed().as_secs() < PROGRESS_SECONDS {
            return;
        }
        (self.phase, self.told) = (remaining.phase, Instant::now());
        say(&progress(remaining));
    }
}

fn progress(remaining: &Remaining) -> String {
    let Remaining { phase, calls_done, left, .. } = remaining;
    let done = if *calls_done == 1 { "1 call".into() } else { format!("{calls_done} calls") };
    if left.calls == 0 {
        return format!("{phase}: {done} done");
    }
    let time = remaining.sure_ms().map_or_else(String::new, |ms| format!(", {} left at most", duration(ms)));
    let sure = remaining.sure().calls;
    let more = match left.calls - sure {
        0 => String::new(),
        calls => format!("; {calls} beyond that where claims are found that have to be tested"),
    };
    format!("{phase}: {done} done, {sure} more at most{time}{more}")
}

fn duration(ms: f64) -> String {
    let seconds = (ms / 1000.0).ceil() as u64;
    match seconds {
        0..=90 => format!("{seconds} s"),
        _ => format!("{} min", seconds.div_ceil(60)),
    }
}
