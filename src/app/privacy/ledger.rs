//! The ledger: a line for each request by the job that made it, newest first, each readable as it was sent.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser;
use crate::app::session::{Loader, Session};
use crate::service::{LedgerJob, LedgerLine, LedgerPage};
use crate::view::{Confirm, Failure, Glyph, Icon, sentence, words};

/// Lines shown at first, and more with each press.
const LINES: u32 = 50;

/// The list with its search.
#[component]
pub fn LedgerList() -> impl IntoView {
    let session = Session::here();
    let words_typed = RwSignal::new(String::new());
    let limit = RwSignal::new(LINES);
    let page = Loader::<LedgerPage>::default();
    let clearing = RwSignal::new(false);
    Effect::new(move |_| {
        session.ledger_changes.track();
        let (client, wanted, limit) = (session.client(), words_typed.get(), limit.get());
        page.load(async move { client.ledger(wanted, 0, limit).await });
    });
    let clear = move |()| {
        let client = session.client();
        clearing.set(false);
        spawn_local(async move {
            if let Err(error) = client.clear_ledger().await {
                session.say_error(&error);
            }
        });
    };
    let any = Memo::new(move |_| page.value.read().ready().is_some_and(|page| page.left + page.stopped > 0));
    let lines =
        Memo::new(move |_| page.value.read().ready().map(|page| page.lines.clone()).unwrap_or_default());
    let none = Memo::new(move |_| page.value.read().ready().is_some_and(|page| page.lines.is_empty()));
    let more = Memo::new(move |_| {
        page.value.read().ready().is_some_and(|page| page.total > page.lines.len() as u32)
    });
    let failed = Memo::new(move |_| page.value.read().failure().cloned());
    view! {
        <section class="ledger" aria-labelledby="ledger">
            <h2 id="ledger">"Every request"</h2>
            <Show when=move || any.get()>
                <search class="search">
                    <Icon glyph=Glyph::Search />
                    <input
                        type="search"
                        aria-label="Search in address, purpose and model"
                        placeholder="Search by address, purpose or model"
                        prop:value=words_typed
                        on:input=move |event| words_typed.set(event_target_value(&event))
                    />
                </search>
            </Show>
            {move || failed.get().map(|error| view! { <Failure error=error /> })}
            <Show when=move || none.get()>
                <p class="muted">
                    {move || if any.get() { "No request says that." } else { "No request to a remote model is written down." }}
                </p>
            </Show>
            <For each=move || jobs_of(&lines.read()) key=Clone::clone let:id>
                <Job id=id page=page lines=lines />
            </For>
            <Show when=move || more.get()>
                <button type="button" class="quiet" on:click=move |_| limit.update(|n| *n += LINES)>
                    "Show more"
                </button>
            </Show>
            <Show when=move || any.get()>
                <div class="actions">
                    <Confirm
                        asked=clearing
                        question="Forget what was sent? The receivers do not."
                        yes="Clear"
                        on_yes=clear
                    >
                        <button type="button" class="quiet" on:click=move |_| clearing.set(true)>
                            "Clear the ledger …"
                        </button>
                    </Confirm>
                </div>
            </Show>
        </section>
    }
}

/// The jobs that made these lines, each once; none for lines of no job.
fn jobs_of(lines: &[LedgerLine]) -> Vec<Option<String>> {
    let mut ids = Vec::new();
    for line in lines {
        if !ids.contains(&line.job) {
            ids.push(line.job.clone());
        }
    }
    ids
}

/// The lines of one job, below what it is and comes to.
#[component]
fn Job(id: Option<String>, page: Loader<LedgerPage>, lines: Memo<Vec<LedgerLine>>) -> impl IntoView {
    let id = StoredValue::new(id);
    let job = Memo::new(move |_| {
        let page = page.value.read();
        page.ready()?.jobs.iter().find(|job| id.with_value(|id| id.as_ref() == Some(&job.id))).cloned()
    });
    let mine = Memo::new(move |_| {
        let all = lines.read();
        all.iter().filter(|line| id.with_value(|id| *id == line.job)).cloned().collect::<Vec<_>>()
    });
    let heading = |job: LedgerJob| {
        let figures = figures(&job);
        view! {
            <h3>
                {sentence(&job.what).trim_end_matches('.').to_owned()}
                <span class="figure">{format!("{}, {figures}", browser::moment(job.began_ms))}</span>
            </h3>
        }
    };
    view! {
        <section class="job">
            {move || job.get().map(heading)}
            <ol class="lines">
                // A line stays as it is, opened or not, while new ones come.
                <For each=move || mine.get() key=|line| (line.number as u64, line.outcome.clone()) let:line>
                    <Line line=line />
                </For>
            </ol>
        </section>
    }
}

/// "22 requests, 29 kB, 1 stopped"
fn figures(job: &LedgerJob) -> String {
    let left = words::count(job.left, "request", "requests");
    let stopped = if job.stopped > 0 { format!(", {} stopped", job.stopped) } else { String::new() };
    format!("{left}, {}{stopped}", words::size(job.left_bytes))
}

#[component]
fn Line(line: LedgerLine) -> impl IntoView {
    let session = Session::here();
    let body = RwSignal::new(None::<Result<String, String>>);
    let number = line.number;
    let read = move |_| {
        if body.read_untracked().is_some() {
            return;
        }
        let client = session.client();
        spawn_local(async move {
            let got = client.ledger_body(number).await.map(|text| indented(&text));
            body.try_set(Some(got.map_err(|error| sentence(&error.to_string()))));
        });
    };
    let headers = line.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let headers = headers.chain(line.key_header.iter().map(|name| format!("{name}: (your key)")));
    let headers = headers.collect::<Vec<_>>().join("; ");
    let state = if line.left { "left" } else { "stopped" };
    view! {
        <li class=state>
            <details on:toggle=read>
                <summary>
                    <span class="when">{browser::moment(line.when_ms)}</span>
                    <span class="what">{format!("{} from {}", sentence(&line.purpose).trim_end_matches('.'), line.model)}</span>
                    <span class="figure">{if line.left { words::size(line.bytes) } else { "stopped".to_owned() }}</span>
                </summary>
                <dl class="facts-list">
                    <div><dt>"Where"</dt><dd>{line.url}</dd></div>
                    <div><dt>"Guard"</dt><dd>{sentence(&line.verdict)}</dd></div>
                    <div><dt>"Outcome"</dt><dd>{sentence(&line.outcome)}</dd></div>
                    {(!headers.is_empty()).then(|| view! { <div><dt>"Headers"</dt><dd>{headers}</dd></div> })}
                </dl>
                {move || match body.get() {
                    None => view! { <p class="muted small">"Reading …"</p> }.into_any(),
                    Some(Ok(text)) if text.is_empty() => view! { <p class="muted small">"It was asked for by its address alone: there was no body."</p> }.into_any(),
                    Some(Ok(text)) => view! { <pre class="body" tabindex="0" aria-label="The body as it was sent">{text}</pre> }.into_any(),
                    Some(Err(why)) => view! { <p class="small bad">{why}</p> }.into_any(),
                }}
            </details>
        </li>
    }
}

/// JSON with line breaks, which change nothing of what it says; any other text as it is.
fn indented(body: &str) -> String {
    let json = serde_json::from_str::<serde_json::Value>(body).ok();
    json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or_else(|| body.to_owned())
}
