//! The GPU beside the CPU: the same models, prompts and questions.

use likeness::engine::device::AnyDevice;
use likeness::engine::gguf::{Limits, TensorKind};
use likeness::engine::gpu::{Adapter, Refusal};
use likeness::engine::{Engine, NonStop, Options, read_header};

use super::support::{Random, Tiny, load, now};

fn gpu_engine(file: &[u8], options: &Options) -> Option<Engine> {
    now(async {
        let adapter = Adapter::find().await.ok()?;
        println!("{:?}", adapter.about);
        let gpu = adapter.open(Refusal::default()).await.expect("it opens");
        let header = read_header(file, &Limits::default()).await.expect("a header");
        let device = AnyDevice::Gpu(gpu);
        Some(
            Engine::load_on(device, &header, file, options, &mut NonStop, |_, _| {}).await.expect("it loads"),
        )
    })
}

#[test]
fn tiny_models_have_the_same_logits() {
    let prompt = Random(5).tokens(70);
    for kind in TensorKind::ALL {
        let file = Tiny::new(kind, kind == TensorKind::Q8_0).file();
        let Some(mut gpu) = gpu_engine(&file, &Options::default()) else { return };
        let mut cpu = load(&file, &Options::default()).expect("it loads");
        let ours = now(gpu.logits(&prompt, &mut NonStop)).expect("it runs").to_vec();
        let theirs = now(cpu.logits(&prompt, &mut NonStop)).expect("it runs");
        let most = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{kind:?}: {most} {:?} {:?}", &ours[..4], &theirs[..4]);
    }
}
