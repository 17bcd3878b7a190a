//! What came of an induction: what is new, how it was tested, the demos, the prompts to take away, the trace.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser;
use crate::app::session::Session;
use crate::service::{PairView, PortraitView, TraceLine};
use crate::view::{Glyph, Icon, LongText, PairTexts, sentence, words};

/// Lines of the trace that are shown at once.
const TRACE_SHOWN: usize = 60;

/// What changed against the portrait before.
#[component]
pub fn Differences(
    /// One sentence each.
    differences: Vec<String>,
) -> impl IntoView {
    (!differences.is_empty()).then(|| {
        view! {
            <section class="differences" aria-labelledby="differences-heading">
                <h2 id="differences-heading">"New against the last portrait"</h2>
                <ul>{differences.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
            </section>
        }
    })
}

/// Everything that can be taken away or looked into.
#[component]
pub fn Outputs(
    /// The kept portrait.
    portrait: PortraitView,
) -> impl IntoView {
    let cost = format!(
        "{}, {} tokens of prompts, {} of them from the cache.",
        words::count(portrait.calls, "call", "calls"),
        words::grouped(portrait.prompt_tokens),
        words::grouped(portrait.cached_tokens),
    );
    let asked = portrait.model.is_some();
    view! {
        <section class="outputs" aria-labelledby="outputs-heading">
            <h2 id="outputs-heading">"To take along"</h2>
            {if portrait.chat_prompt.is_empty() {
                view! {
                    <p class="small">
                        "There is no prompt for a chat yet: it is made of claims, and none holds so far."
                    </p>
                }
                    .into_any()
            } else {
                view! {
                    <Prompt
                        title="For a chat"
                        what="A system prompt: paste it where a chat model takes your instructions. It holds the claims, no \
                        choice of yours."
                        file="likeness-chat-prompt"
                        text=portrait.chat_prompt
                        private=false
                    />
                }
                    .into_any()
            }}
            <Prompt
                title="For a judge"
                what="The prompt that makes a model choose as you would. It may quote your choices."
                file="likeness-judge-prompt"
                text=portrait.judge_prompt
                private=true
            />
            <LikenessFile />
        </section>
        <section class="inside" aria-labelledby="inside-heading">
            <h2 id="inside-heading">"How it came about"</h2>
            <Validation figures=portrait.validation model_weight=portrait.model_weight />
            <Demos demos=portrait.demos />
            <Dropped dropped=portrait.dropped />
            <Trace lines=portrait.trace />
            {asked.then(|| view! { <p class="small">{cost}</p> })}
        </section>
    }
}

/// A prompt to copy or save.
#[component]
fn Prompt(
    title: &'static str,
    what: &'static str,
    file: &'static str,
    text: String,
    private: bool,
) -> impl IntoView {
    let session = Session::here();
    let text = StoredValue::new(text);
    let copy = move |_| {
        spawn_local(async move {
            let done = browser::copy(text.get_value()).await;
            session.say(if done { "Copied." } else { "The browser did not allow copying; save it instead." });
        });
    };
    let save = move |_| {
        if browser::save(&format!("{file}-{}.txt", browser::day()), "text/plain", &text.get_value()).is_err()
        {
            session.say("The browser did not save the file.");
        }
    };
    // A screen reader lists the buttons of a page without what stands beside them.
    let [copy_label, save_label] =
        ["Copy", "Save"].map(|does| format!("{does} the prompt {}", title.to_lowercase()));
    view! {
        <article class="output">
            <header>
                <h3>{title} {private.then(|| view! { <PrivateMark /> })}</h3>
                <div class="actions">
                    <button type="button" aria-label=copy_label on:click=copy>
                        <Icon glyph=Glyph::Copy />
                        "Copy"
                    </button>
                    <button type="button" class="quiet" aria-label=save_label on:click=save>
                        <Icon glyph=Glyph::Download />
                        "Save"
                    </button>
                </div>
            </header>
            <p class="small">{what}</p>
            <details class="fold">
                <summary>"Show it"</summary>
                <div class="prompt">
                    <LongText text=text.get_value() />
                </div>
            </details>
        </article>
    }
}

#[component]
fn PrivateMark() -> impl IntoView {
    view! {
        <span class="private">
            <Icon glyph=Glyph::Private />
            "private"
        </span>
    }
}

/// The whole likeness as a file.
#[component]
fn LikenessFile() -> impl IntoView {
    let session = Session::here();
    let save = move |_| {
        let Some(profile) = session.current.get_untracked() else { return };
        let client = session.client();
        spawn_local(async move {
            match client.export_likeness(profile).await {
                Ok(text) => {
                    let name = format!("likeness-{}.json", browser::day());
                    if browser::save(&name, "application/json", &text).is_err() {
                        session.say("The browser did not save the file.");
                    }
                }
                Err(error) => session.say_error(&error),
            }
        });
    };
    view! {
        <article class="output">
            <header>
                <h3>"The likeness file" <PrivateMark /></h3>
                <div class="actions">
                    <button type="button" aria-label="Save the likeness file" on:click=save>
                        <Icon glyph=Glyph::Download />
                        "Save"
                    </button>
                </div>
            </header>
            <p class="small">
                "Everything above in one file, for the command-line program or another browser. It holds choices of "
                "yours word for word: give it only to people who may read them."
            </p>
        </article>
    }
}

/// How the parts did on choices that they were not made from.
#[component]
fn Validation(figures: Vec<(String, String)>, model_weight: Option<f32>) -> impl IntoView {
    let weight = model_weight.map(|weight| match weight {
        w if w.abs() < 0.005 => {
            "The model's judgement got no weight: your choices say that it does not help.".to_owned()
        }
        w => format!("The model's judgement counts too, beside the traits (with a weight of {w:.2})."),
    });
    view! {
        {weight.map(|text| view! { <p>{text}</p> })}
        {(!figures.is_empty())
            .then(|| {
                view! {
                    <table class="figures">
                        <caption>"Tested on choices that were left out"</caption>
                        <tbody>
                            {figures
                                .into_iter()
                                .map(|(name, value)| {
                                    view! {
                                        <tr>
                                            <th scope="row">{name}</th>
                                            <td class="figure">{value}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()}
                        </tbody>
                    </table>
                }
            })}
    }
}

/// The choices that are shown to the judge as examples.
#[component]
fn Demos(demos: Vec<PairView>) -> impl IntoView {
    (!demos.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>{words::count(demos.len() as u32, "choice shown", "choices shown")} " to the judge as examples"</summary>
                {demos.into_iter().map(|pair| view! { <PairTexts pair=pair /> }).collect_view()}
            </details>
        }
    })
}

/// Claims that were tried and did not help.
#[component]
fn Dropped(dropped: Vec<(String, String)>) -> impl IntoView {
    (!dropped.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>{words::count(dropped.len() as u32, "claim", "claims")} " tried and dropped"</summary>
                <ul class="dropped">
                    {dropped
                        .into_iter()
                        .map(|(claim, why)| {
                            view! {
                                <li>
                                    <span>{sentence(&claim)}</span>
                                    <span class="small">{sentence(&why)}</span>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </details>
        }
    })
}

/// What happened, line by line.
#[component]
fn Trace(lines: Vec<TraceLine>) -> impl IntoView {
    let shown = RwSignal::new(TRACE_SHOWN);
    let total = lines.len();
    let lines = StoredValue::new(lines);
    let visible = move || {
        let lines = lines.with_value(|lines| lines.iter().take(shown.get()).cloned().collect::<Vec<_>>());
        lines.into_iter().enumerate().collect::<Vec<_>>()
    };
    (total > 0).then(|| {
        view! {
            <details class="fold">
                <summary>"The trace, " {words::count(total as u32, "line", "lines")} " " <PrivateMark /></summary>
                <ol class="trace">
                    <For each=visible key=|(at, _)| *at let:line>
                        <li>
                            <span class="kind">{line.1.kind}</span>
                            <LongText text=line.1.text />
                        </li>
                    </For>
                </ol>
                <Show when=move || { shown.get() < total }>
                    <button type="button" class="link" on:click=move |_| shown.update(|n| *n += 200)>
                        "Show more"
                    </button>
                </Show>
            </details>
        }
    })
}
