//! The claims: each with its certainty, its counts, the choices behind it, and what the person says to it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::claim_list::{ClaimList, counts, gain, gain_figure, is_pinned, marks, source};
use super::decisions::Decisions;
use crate::app::session::Session;
use crate::preference::PairId;
use crate::service::{ClaimChange, ClaimState, ClaimView, PairView, PortraitView, ServiceError};
use crate::view::{
    CertaintyMark, Failure, Glyph, Icon, PairTexts, Spinner, TextArea, catch_focus_on, focus_soon, sentence,
    words,
};

/// Choices shown at once behind a claim; more come on request.
const SHOWN: usize = 3;

/// All claims.
#[component]
pub fn Claims(
    /// Those of the portrait, or of the reading while there is none.
    claims: Memo<Vec<ClaimView>>,
    /// Whether they belong to a kept portrait.
    kept: Memo<bool>,
    /// What the person decided and is not answered yet.
    decisions: RwSignal<Decisions>,
    /// Called with the portrait as it is after a claim was changed.
    changed: Callback<(Option<Box<PortraitView>>,)>,
) -> impl IntoView {
    let list = Memo::new(move |_| ClaimList::of(&decisions.read().over(claims.get())));
    // A row stays as long as its claim does: someone may be typing in it when an answer comes.
    let row =
        move |claim: ClaimView| view! { <Claim claim=claim list=list decisions=decisions changed=changed /> };
    let key = |claim: &ClaimView| claim.id.clone();
    view! {
        <section class="claims" aria-labelledby="claims-heading">
            <h2 id="claims-heading">"Claims"</h2>
            <Show when=move || list.read().standing.is_empty()>
                <p class="muted">
                    "No claim holds yet. That is an answer too: no prompt is changed until something helps."
                </p>
            </Show>
            <ul class="claim-list">
                <For each=move || list.get().standing key=key children=row />
            </ul>
            <Show when=move || !list.read().refused.is_empty()>
                <details class="fold">
                    <summary>
                        {move || words::count(list.read().refused.len() as u32, "refused claim", "refused claims")}
                    </summary>
                    <ul class="claim-list">
                        <For each=move || list.get().refused key=key children=row />
                    </ul>
                </details>
            </Show>
            <Show when=move || !kept.get() && !claims.read().is_empty()>
                <p class="small">
                    "These come from measuring the answers; no language model was asked. They follow your choices; what "
                    "you change, pin or refuse stays as you leave it."
                </p>
            </Show>
        </section>
    }
}

/// One claim.
#[component]
fn Claim(
    /// As it is when its row is made.
    claim: ClaimView,
    /// Where it is found later.
    list: Memo<ClaimList>,
    decisions: RwSignal<Decisions>,
    changed: Callback<(Option<Box<PortraitView>>,)>,
) -> impl IntoView {
    let session = Session::here();
    // What the field begins with while the claim is put in other words.
    let editing = RwSignal::new(None::<String>);
    let behind = RwSignal::new(false);
    let id = StoredValue::new(claim.id.clone());
    let row_id = format!("claim-{}", claim.id);
    let claim = Memo::new(move |last: Option<&ClaimView>| {
        // A row may outlive its claim by a moment.
        let now = id.with_value(|id| list.read().find(id).cloned());
        now.unwrap_or_else(|| last.unwrap_or(&claim).clone())
    });
    let state = Memo::new(move |_| claim.read().state);
    let certainty = Memo::new(move |_| claim.read().certainty);
    let supports = Memo::new(move |_| claim.read().supports.clone());
    let contradicts = Memo::new(move |_| claim.read().contradicts.clone());

    let change = move |change: ClaimChange| {
        let Some(profile) = session.current.get_untracked() else { return };
        let (client, id) = (session.client(), id.get_value());
        let mut turn = 0;
        decisions.update(|all| turn = all.decide(id.clone(), change.clone()));
        focus_claim(&id);
        spawn_local(async move {
            let answer = client.change_claim(profile, id, change.clone()).await;
            let shows = decisions.try_update(|all| all.answer(turn)).unwrap_or(false);
            match answer {
                Ok(portrait) if shows => drop(changed.try_run((portrait,))),
                Ok(_) => {}
                Err(error) => {
                    session.say_error(&error);
                    // What they wrote is theirs to send again.
                    if let ClaimChange::Edit(text) = change {
                        let _ = editing.try_set(Some(text));
                    }
                }
            }
        });
    };
    view! {
        <li
            class="claim"
            class:refused=move || state.get() == ClaimState::Refused
            id=row_id
            aria-busy=move || id.with_value(|id| decisions.read().is_open(id)).to_string()
        >
            {move || view! { <CertaintyMark p=certainty.get() /> }}
            <div class="claim-body">
                <Show
                    when=move || editing.read().is_some()
                    fallback=move || {
                        view! { <p class="claim-text" dir="auto">{move || sentence(&claim.read().text)}</p> }
                    }
                >
                    <EditClaim
                        text=editing.get_untracked().unwrap_or_default()
                        save=move |text| {
                            editing.set(None);
                            change(ClaimChange::Edit(text));
                        }
                        cancel=move || {
                            editing.set(None);
                            id.with_value(|id| focus_claim(id));
                        }
                    />
                </Show>
                <p class="claim-facts">
                    {move || {
                        marks(state.get()).iter().map(|mark| view! { <span class="mark">{*mark}</span> }).collect_view()
                    }}
                    // How sure it is was measured for other words.
                    {move || {
                        (state.get() != ClaimState::Edited)
                            .then(|| view! { <span>{words::certainty(certainty.get())}</span> })
                    }}
                    <button
                        type="button"
                        class="link"
                        aria-expanded=move || behind.get().to_string()
                        on:click=move |_| behind.update(|open| *open = !*open)
                    >
                        {move || counts(&claim.read())}
                    </button>
                    <span>{move || source(&claim.read())}</span>
                </p>
                <Show when=move || behind.get()>
                    {move || {
                        let claim = claim.read();
                        gain(&claim)
                            .map(|text| view! { <p class="small" title=gain_figure(&claim)>{sentence(text)}</p> })
                    }}
                    {move || view! { <Behind title="Choices for it" ids=supports.get() /> }}
                    {move || view! { <Behind title="Choices against it" ids=contradicts.get() /> }}
                </Show>
            </div>
            <div class="claim-tools" role="group" aria-label="What to do with this claim">
                <Show when=move || state.get() != ClaimState::Refused>
                    <Tool
                        glyph=Glyph::Edit
                        label="Put it in my words"
                        press=move || {
                            editing.set(Some(claim.get_untracked().text));
                            id.with_value(|id| focus_soon(format!("[id=\"claim-{id}\"] textarea")));
                        }
                    />
                    <Show when=move || !is_pinned(state.get())>
                        <Tool
                            glyph=Glyph::Pin
                            label="Pin: keep it, whatever comes"
                            press=move || change(ClaimChange::Pin)
                        />
                    </Show>
                    <Tool
                        glyph=Glyph::Refuse
                        label="Refuse: never use it"
                        press=move || change(ClaimChange::Refuse)
                    />
                </Show>
                <Show when=move || state.get() != ClaimState::Found>
                    <Tool
                        glyph=Glyph::Restore
                        label="Restore it as it was found"
                        press=move || change(ClaimChange::Restore)
                    />
                </Show>
            </div>
        </li>
    }
}

/// What the person pressed may have gone with their decision: the focus goes back to the claim, so that a keyboard's place
/// is not lost, unless they have put it elsewhere meanwhile.
fn focus_claim(id: &str) {
    catch_focus_on(format!("[id=\"claim-{id}\"] .claim-tools button"));
}

#[component]
fn Tool(glyph: Glyph, label: &'static str, #[prop(into)] press: Callback<()>) -> impl IntoView {
    view! {
        <button type="button" class="quiet icon-only" aria-label=label title=label on:click=move |_| press.run(())>
            <Icon glyph=glyph />
        </button>
    }
}

/// The field for a claim in the person's own words.
#[component]
fn EditClaim(
    text: String,
    #[prop(into)] save: Callback<(String,)>,
    #[prop(into)] cancel: Callback<()>,
) -> impl IntoView {
    let typed = RwSignal::new(text);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = typed.get().trim().to_owned();
        if text.is_empty() { cancel.run(()) } else { save.run((text,)) }
    };
    view! {
        <form class="edit-claim" on:submit=submit>
            <TextArea label="The claim in your words" value=typed on_input=move |text| typed.set(text) rows=2 />
            <div class="actions">
                <button type="submit" class="primary">
                    "Save"
                </button>
                <button type="button" class="quiet" on:click=move |_| cancel.run(())>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// The choices behind a claim, a few at a time.
#[component]
fn Behind(title: &'static str, ids: Vec<PairId>) -> impl IntoView {
    let session = Session::here();
    let pairs = RwSignal::new(Vec::<PairView>::new());
    let failed = RwSignal::new(None::<ServiceError>);
    let loading = RwSignal::new(false);
    let total = ids.len();
    let ids = StoredValue::new(ids);
    let more = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        let from = pairs.read_untracked().len();
        let next: Vec<PairId> = ids.with_value(|ids| ids.iter().skip(from).take(SHOWN).copied().collect());
        let client = session.client();
        loading.set(true);
        failed.set(None);
        spawn_local(async move {
            for id in next {
                let pair = client.pair(profile.clone(), id).await;
                let told = match pair {
                    Ok(pair) => pairs.try_update(|pairs| pairs.push(pair)),
                    Err(error) => failed.try_set(Some(error)).map_or(Some(()), |_| None),
                };
                if told.is_none() || failed.try_get_untracked().flatten().is_some() {
                    break;
                }
            }
            let _ = loading.try_set(false);
        });
    };
    if total > 0 {
        more();
    }
    view! {
        <Show when=move || { total > 0 }>
            <div class="behind">
                <h3>{format!("{title} ({total})")}</h3>
                <For each=move || pairs.get() key=|pair| pair.id let:pair>
                    <details class="fold behind-pair">
                        <summary dir="auto">{question(&pair)}</summary>
                        <PairTexts pair=pair />
                    </details>
                </For>
                {move || failed.get().map(|error| view! { <Failure error=error retry=Callback::new(move |()| more()) /> })}
                <Show when=move || loading.get()>
                    <Spinner text="Reading …" />
                </Show>
                <Show when=move || { !loading.get() && pairs.read().len() < total && failed.read().is_none() }>
                    <button type="button" class="link" on:click=move |_| more()>
                        {move || format!("Show more ({} left)", total - pairs.read().len())}
                    </button>
                </Show>
            </div>
        </Show>
    }
}

/// The last thing that was asked, as the pair's name.
fn question(pair: &PairView) -> String {
    let asked = pair.context.last().map(|turn| turn.content.as_str()).unwrap_or("(nothing was asked)");
    let line = asked.lines().find(|line| !line.trim().is_empty()).unwrap_or(asked);
    crate::view::excerpt::excerpt(line, 160).to_owned()
}
