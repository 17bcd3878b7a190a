//! The page itself: the form, the verdict with its reasons, and the person's own word on it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::judging::{Judging, Stage};
use super::question::{Question, Said};
use crate::app::browser;
use crate::app::conversation::Conversation;
use crate::app::history::ConversationFields;
use crate::app::remote::{ModelSelect, choice_of};
use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{Response, ServiceError, Verdict};
use crate::view::{Failure, Glyph, Icon, Spinner, TextArea, catch_focus_on, sentence, show_wrong, words};

/// The form.
const FORM: &str = ".judge form";

/// Which of two answers the person would prefer.
#[component]
pub fn JudgePage() -> impl IntoView {
    let session = Session::here();
    let question = RwSignal::new(Question::default());
    let context = RwSignal::new(Conversation::default());
    let with_model = RwSignal::new(false);
    let problems = RwSignal::new([""; 2]);
    let judging = RwSignal::new(Judging::default());
    let stop = StoredValue::new_local(None::<Stop>);
    Effect::new(move |_| {
        let context = context.get();
        question.update(|question| question.context = context);
    });
    let model = Memo::new(move |_| {
        session.models.read().ready().and_then(|models| models.loaded.as_ref().map(|m| m.name.clone()))
    });
    let which = RwSignal::new(String::new());
    let is_remote = Memo::new(move |_| choice_of(&which.get()).remote().is_some());
    let can_ask = Memo::new(move |_| is_remote.get() || model.read().is_some());
    let remote = Memo::new(move |_| session.has_other_models());
    // Where the models are known and none is loaded here, the first remote one is the one to ask.
    Effect::new(move |_| {
        let none_here = session.models.read().ready().is_some_and(|models| models.loaded.is_none());
        let endpoints = session.endpoints.read();
        let first = endpoints.ready().and_then(|all| all.first()).map(|one| one.id.clone());
        let is_open = which.with_untracked(String::is_empty);
        if let (true, true, Some(first)) = (none_here, is_open, first) {
            which.set(first);
        }
    });

    let stop_asking = move || stop.with_value(|stop| stop.iter().for_each(Stop::now));
    // What is said below the form is about what stands in it: an earlier pair must not be kept for the one that is shown.
    let meant = Memo::new(move |_| (session.current.get(), question.with(Question::read)));
    Effect::new(move |before: Option<_>| {
        let now = meant.get();
        if before.is_some_and(|before| before != now) {
            stop_asking();
            judging.update(Judging::forget);
            problems.set([""; 2]);
        }
        now
    });
    let asks = Memo::new(move |_| with_model.get().then(|| which.get()));
    Effect::new(move |before: Option<_>| {
        let now = asks.get();
        if before.is_some_and(|before| before != now) {
            judging.update(Judging::forget_verdict);
        }
        now
    });

    let ask = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        let asked = question.get_untracked();
        problems.set(asked.problems());
        if asked.problems() != [""; 2] {
            return show_wrong(FORM);
        }
        if judging.with_untracked(Judging::is_busy) {
            return;
        }
        let mut turn = 0;
        judging.update(|judging| turn = judging.ask());
        let use_model = with_model.get_untracked() && can_ask.get_untracked();
        let model = use_model.then(|| choice_of(&which.get_untracked()));
        let asking =
            session.client().judge(profile, asked.turns(), asked.first.clone(), asked.second.clone(), model);
        stop.set_value(Some(asking.stop()));
        spawn_local(async move {
            let answer = match asking.await {
                Ok(Response::Verdict(verdict)) => Ok(verdict),
                Ok(_) => Err(ServiceError::Internal("an answer of another kind".into())),
                Err(error) => Err(error),
            };
            let _ = judging.try_update(|judging| judging.end(turn, asked, answer));
        });
    };
    on_cleanup(stop_asking);
    // "Cancel" and "Try again" go when they are pressed.
    Effect::new(move |before: Option<()>| {
        judging.track();
        if before.is_some() {
            catch_focus_on(format!("{FORM} button[type=\"submit\"]"));
        }
    });
    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    let fill = move |_| {
        let example = Question::example();
        context.set(example.context.clone());
        question.set(example);
    };
    view! {
        <section class="page judge">
            <header class="page-head">
                <div>
                    <p class="eyebrow">{name}</p>
                    <h1>"Judge"</h1>
                </div>
                <div class="actions">
                    <button type="button" class="quiet" on:click=fill>
                        "Fill in an example"
                    </button>
                </div>
            </header>
            <p class="lead">"Paste a question and two answers to it. Which one would be preferred, and why?"</p>
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    ask();
                }
            >
                <ConversationFields value=context />
                <div class="sides">
                    <TextArea
                        label="First answer"
                        value=Signal::derive(move || question.get().first)
                        on_input=move |text| question.update(|q| q.first = text)
                        problem=Signal::derive(move || problems.get()[0].to_owned())
                        rows=7
                    />
                    <TextArea
                        label="Second answer"
                        value=Signal::derive(move || question.get().second)
                        on_input=move |text| question.update(|q| q.second = text)
                        problem=Signal::derive(move || problems.get()[1].to_owned())
                        rows=7
                    />
                </div>
                <div class="actions">
                    // Disabled, it would lose the focus.
                    <button
                        type="submit"
                        class="primary"
                        aria-disabled=move || judging.read().is_busy().then_some("true")
                    >
                        "Judge"
                    </button>
                    <label class="check">
                        <input
                            type="checkbox"
                            prop:checked=move || with_model.get() && can_ask.get()
                            disabled=move || !can_ask.get()
                            on:change=move |event| with_model.set(event_target_checked(&event))
                        />
                        <span>
                            {move || match model.get() {
                                Some(name) if !remote.get() => format!("Ask {name} too; that takes longer"),
                                _ => "Ask a language model too".to_owned(),
                            }}
                        </span>
                    </label>
                    <Show when=move || !can_ask.get()>
                        <A href=browser::address("/models") attr:class="small">
                            "Load one first"
                        </A>
                    </Show>
                </div>
                <Show when=move || with_model.get() || !can_ask.get()>
                    <ModelSelect value=which />
                </Show>
            </form>
            <div class="verdict-place" aria-live="polite">
                {move || match judging.read().stage().clone() {
                    Stage::Idle => ().into_any(),
                    Stage::Asking => {
                        view! {
                            <div class="actions">
                                <Spinner text="Judging …" />
                                <button type="button" on:click=move |_| stop_asking()>
                                    "Cancel"
                                </button>
                            </div>
                        }
                            .into_any()
                    }
                    Stage::Failed(error) => {
                        view! { <Failure error=error retry=Callback::new(move |()| ask()) /> }.into_any()
                    }
                    Stage::Answered(verdict, asked) => {
                        view! { <ShowVerdict verdict=verdict asked=asked /> }.into_any()
                    }
                }}
            </div>
        </section>
    }
}

/// The verdict, its reasons, what each part says.
#[component]
fn ShowVerdict(verdict: Verdict, asked: Question) -> impl IntoView {
    let p = verdict.p_first;
    let surest = p.max(1.0 - p);
    let says = match words::preference(p) {
        "Too close to call" => "It could go either way.".to_owned(),
        _ => format!("Right {}, going by your choices so far.", words::tenths(surest)),
    };
    view! {
        <article class="verdict">
            <h2>{words::preference(p)}</h2>
            <p>{says}</p>
            <Balance p_first=p />
            {if verdict.why.is_empty() {
                view! { <p class="muted">"No claim tells these two apart."</p> }.into_any()
            } else {
                view! {
                    <h3>"Why"</h3>
                    <ul class="why">
                        {verdict.why.into_iter().map(|why| view! { <li>{sentence(&why)}</li> }).collect_view()}
                    </ul>
                }
                    .into_any()
            }}
            {(!verdict.parts.is_empty())
                .then(|| {
                    view! {
                        <table class="figures">
                            <caption>"What each part says: how likely the first is"</caption>
                            <tbody>
                                {verdict
                                    .parts
                                    .into_iter()
                                    .map(|(name, p)| {
                                        view! {
                                            <tr>
                                                <th scope="row">{name}</th>
                                                <td class="wide">
                                                    <Balance p_first=p />
                                                </td>
                                                <td class="figure">{words::percent(p)}</td>
                                            </tr>
                                        }
                                    })
                                    .collect_view()}
                            </tbody>
                        </table>
                    }
                })}
            <OwnWord asked=asked />
            <p class="small">{format!("Judged in {}.", words::took(verdict.elapsed_ms))}</p>
        </article>
    }
}

/// A bar that leans to the first or the second.
#[component]
fn Balance(p_first: f32) -> impl IntoView {
    let p = if p_first.is_nan() { 0.5 } else { p_first.clamp(0.0, 1.0) };
    // The first answer is on the left, so a bar towards the left is for it.
    let (from, width) =
        if p >= 0.5 { (100.0 - p * 100.0, (p - 0.5) * 100.0) } else { (50.0, (0.5 - p) * 100.0) };
    view! {
        <svg class="balance" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=format!("first: {}", words::percent(p))>
            <rect class="track" x="0" y="2" width="100" height="2" />
            <rect class="bar" x=from y="1" width=width height="4" />
            <rect class="middle" x="49.8" y="0" width="0.4" height="6" />
        </svg>
    }
}

/// What the person themselves says; it becomes a choice of theirs.
#[component]
fn OwnWord(asked: Question) -> impl IntoView {
    let session = Session::here();
    let kept = RwSignal::new(false);
    let asked = StoredValue::new(asked);
    let say = move |said: Said| {
        let Some(profile) = session.current.get_untracked().filter(|_| !kept.get_untracked()) else { return };
        let choice = asked.with_value(|asked| asked.choice(said, browser::now_ms()));
        let client = session.client();
        kept.set(true);
        spawn_local(async move {
            match client.record_choice(profile, choice).await {
                Ok(_) => session.say(said.once_kept()),
                Err(error) => {
                    let _ = kept.try_set(false);
                    session.say_error(&error);
                }
            }
        });
    };
    let button = move |said: Said, text: &'static str| {
        view! {
            // Disabled, it would lose the focus.
            <button type="button" aria-disabled=move || kept.get().then_some("true") on:click=move |_| say(said)>
                {text}
            </button>
        }
    };
    view! {
        <fieldset class="own-word">
            <legend>"Which do you prefer in fact?"</legend>
            <div class="actions">
                {button(Said::First, "The first")} {button(Said::Second, "The second")}
                {button(Said::BothGood, "Both are good")} {button(Said::BothBad, "Neither is")}
            </div>
            <p class="small">
                <Icon glyph=Glyph::History />
                "What you say is kept in your history. Which one you prefer teaches the next portrait."
            </p>
        </fieldset>
    }
}
