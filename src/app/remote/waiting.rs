//! What a job waits for: a remote model that says nothing, or that is asked again in a while; the guard, which has many
//! choices to read.

use std::time::Duration;

use leptos::prelude::*;

use crate::app::browser;
use crate::service::{Event, WaitView};

/// How often the seconds are counted down.
const TICK: Duration = Duration::from_secs(1);

/// How a job waits; copying it copies the handle.
#[derive(Clone, Copy, Default)]
pub struct Waiting(RwSignal<Option<Wait>>);

#[derive(Clone, Debug, PartialEq)]
struct Wait {
    what: WaitView,
    /// When a model is asked again, in milliseconds since 1970.
    again_ms: Option<f64>,
}

impl Waiting {
    /// Takes in what is heard of the job.
    pub fn hear(self, event: &Event) {
        if let Event::Waiting(waiting) = event {
            let wait = |what: WaitView| {
                let ms = if let WaitView::Model { again_ms, .. } = what { again_ms } else { None };
                Wait { what, again_ms: ms.map(|ms| browser::now_ms() + f64::from(ms)) }
            };
            self.0.try_set(waiting.clone().map(wait));
        }
    }

    /// The job has ended.
    pub fn over(self) {
        self.0.try_set(None);
    }
}

/// What is said of it; seconds that run down and shares that grow are not read out.
#[component]
pub fn WaitingFor(
    /// How the job waits.
    waiting: Waiting,
) -> impl IntoView {
    let now = RwSignal::new(browser::now_ms());
    let ticking = set_interval_with_handle(move || now.set(browser::now_ms()), TICK);
    on_cleanup(move || ticking.into_iter().for_each(|ticking| ticking.clear()));
    let left = move |again_ms: f64| ((again_ms - now.get().max(browser::now_ms())) / 1000.0).ceil().max(0.0);
    let said = move |wait: Wait| {
        let again = wait.again_ms.map(|again_ms| move || format!(" (retry in {:.0} s)", left(again_ms)));
        let (waits, read) = match wait.what {
            WaitView::Model { model, .. } => (format!("Waiting for {model}"), None),
            WaitView::Guard { read, of } => (
                "Reading your history, so that none of it leaves".to_owned(),
                Some(format!(": {:.0}%", 100.0 * f64::from(read) / f64::from(of))),
            ),
        };
        view! {
            {waits}
            <span aria-hidden="true">{again} {read}</span>
        }
    };
    view! {
        <div class="small waits-for" aria-live="polite">
            {move || waiting.0.get().map(said)}
        </div>
    }
}
