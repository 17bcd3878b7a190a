//! How sure something is, as a small mark beside its words.

use leptos::prelude::*;

use crate::view::words;

/// The ring's circumference: its radius is chosen so that arcs are plain hundredths.
const AROUND: f32 = 100.0;

/// A ring that closes as certainty goes from one half (knowing nothing) to one.
#[component]
pub fn CertaintyMark(
    /// The probability that the claim holds, 0.5 to 1.
    p: f32,
) -> impl IntoView {
    let part = ((p - 0.5) * 2.0).clamp(0.0, 1.0);
    let part = if part.is_nan() { 0.0 } else { part };
    let label = format!("{}: {}", words::certainty(p), words::percent(p));
    let title = label.clone();
    view! {
        <span class="certainty" title=title>
            <svg viewBox="0 0 36 36" role="img" aria-label=label>
                <circle class="ring" cx="18" cy="18" r="15.915" />
                <circle
                    class="arc"
                    cx="18"
                    cy="18"
                    r="15.915"
                    stroke-dasharray=format!("{:.1} {AROUND}", part * AROUND)
                    transform="rotate(-90 18 18)"
                />
            </svg>
        </span>
    }
}

/// A trait's weight as a bar with its deviation as a whisker; the words and figures beside it say the same.
#[component]
pub fn LeaningBar(
    /// The weight, in log-odds a step.
    weight: f32,
    /// Its standard deviation.
    deviation: f32,
    /// The longest that any bar gets.
    scale: f32,
) -> impl IntoView {
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let place = move |x: f32| (x / scale).clamp(0.0, 1.0) * 100.0;
    let (low, at, high) =
        (place(weight.abs() - deviation), place(weight.abs()), place(weight.abs() + deviation));
    view! {
        <svg class="leaning" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" x="0" y="3.5" width="100" height="1" />
            <rect class="bar" x="0" y="2" width=at height="4" />
            <rect class="whisker" x=low y="3.5" width=(high - low).max(0.0) height="1" />
        </svg>
    }
}
