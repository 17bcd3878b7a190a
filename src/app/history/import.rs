//! Importing files: picking or dropping them, how far they are, whose lines to take, what came of each.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};
use web_sys::{File, FileList};

use super::import_flow::{FORMATS, ImportFlow, Job, Outcome, Step, matching};
use super::unseal::Unseal;
use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{Event, Flaw, ImportReport, Passphrase, Request, Response, ServiceError};
use crate::view::{Failure, Modal, Progress, sentence, words};

/// People of one file that are listed at once; the rest is found by typing.
const PEOPLE_LISTED: usize = 40;

/// The import that is under way; it goes on when the page is left.
#[derive(Clone, Copy)]
pub struct Importer {
    session: Session,
    flow: RwSignal<ImportFlow<File>, LocalStorage>,
    stop: StoredValue<Option<Stop>, LocalStorage>,
    format: RwSignal<String>,
    /// Whether the dialog is open.
    pub shown: RwSignal<bool>,
}

impl Importer {
    /// An importer with nothing to do.
    pub fn new(session: Session) -> Self {
        Importer {
            session,
            flow: RwSignal::new_local(ImportFlow::default()),
            stop: StoredValue::new_local(None),
            format: RwSignal::new("auto".into()),
            shown: RwSignal::new(false),
        }
    }

    /// The importer of this app.
    pub fn here() -> Self {
        expect_context()
    }

    /// Puts files in line.
    pub fn add_files(self, files: &FileList) {
        let format = self.format.get_untracked();
        self.flow.update(|flow| {
            for file in (0..files.length()).filter_map(|i| files.get(i)) {
                let name = file.name();
                flow.add(file, name, format.clone());
            }
        });
        self.go_on();
    }

    /// Whether a file is read or waits for an answer.
    pub fn is_reading(self) -> bool {
        !matches!(self.flow.read().step(), Step::Idle)
    }

    /// Whether a file waits for an answer.
    pub fn asks(self) -> bool {
        matches!(self.flow.read().step(), Step::Choosing { .. } | Step::Sealed { .. })
    }

    /// What is being done.
    pub fn label(self) -> Signal<String> {
        Signal::derive(move || match self.flow.read().step() {
            Step::Idle => String::new(),
            Step::Reading { job, .. } => format!("Reading {}", job.name),
            Step::Choosing { job, .. } => format!("{} holds the choices of several people", job.name),
            Step::Sealed { job, .. } => format!("{} is sealed with a passphrase", job.name),
        })
    }

    /// The part that is read.
    pub fn fraction(self) -> Signal<Option<f64>> {
        Signal::derive(move || self.flow.read().fraction())
    }

    /// The figures.
    pub fn detail(self) -> Signal<String> {
        Signal::derive(move || match self.flow.read().step() {
            Step::Reading { bytes, of, imported, .. } if *of > 0 => format!(
                "{} of {}, {}",
                words::size(*bytes as f64),
                words::size(*of as f64),
                words::count(*imported, "choice", "choices")
            ),
            _ => String::new(),
        })
    }

    fn go_on(self) {
        let mut next = None;
        self.flow.update(|flow| next = flow.start_next());
        if let Some(job) = next {
            self.read(job);
        }
    }

    fn choose(self, user: String) {
        let mut job = None;
        self.flow.update(|flow| job = flow.choose(user));
        if let Some(job) = job {
            self.read(job);
        }
    }

    /// The sealed file that waits for its passphrase, and whether one was tried that does not fit.
    pub(super) fn sealed(self) -> Option<(String, bool)> {
        match self.flow.read().step() {
            Step::Sealed { job, wrong } => Some((job.name.clone(), *wrong)),
            _ => None,
        }
    }

    pub(super) fn unseal(self, passphrase: Passphrase) {
        let mut job = None;
        self.flow.update(|flow| job = flow.unseal(passphrase));
        if let Some(job) = job {
            self.read(job);
        }
    }

    pub(super) fn skip(self) {
        self.flow.update(ImportFlow::skip);
        self.go_on();
    }

    fn cancel(self) {
        self.flow.update(ImportFlow::drop_waiting);
        self.stop.with_value(|stop| stop.iter().for_each(Stop::now));
    }

    fn read(self, job: Job<File>) {
        spawn_local(async move {
            let result = self.read_to_the_end(job).await;
            self.stop.set_value(None);
            self.flow.update(|flow| flow.finished(result));
            self.session.refresh_profiles();
            self.go_on();
        });
    }

    async fn read_to_the_end(self, job: Job<File>) -> Result<ImportReport, ServiceError> {
        let profile = self.session.someone().await?;
        let whose = self.session.profiles.with_untracked(|all| {
            let person = all.iter().find(|person| person.id == profile);
            person.filter(|_| all.len() > 1).map(|person| person.name.clone())
        });
        self.flow.update(|flow| flow.goes_to(whose));
        let on_event = move |event| {
            if let Event::Importing { bytes, of, imported } = event {
                self.flow.update(|flow| flow.progress(bytes, of, imported));
            }
        };
        let Job { source, name, format, user, passphrase, .. } = job;
        let request = Request::Import { profile, name, format, user, passphrase };
        let asking = self.session.client().ask_with(request, Some(source.into()), on_event);
        self.stop.set_value(Some(asking.stop()));
        match asking.await? {
            Response::Imported(report) => Ok(report),
            _ => Err(ServiceError::Internal("the data worker gave an answer of another kind".into())),
        }
    }
}

/// The dialog.
#[component]
pub fn ImportDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let importer = Importer::here();
    // What was read was seen; what ends while the dialog is closed is told when it opens again.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            importer.flow.update(ImportFlow::clear_outcomes);
        }
        is_open
    });
    view! {
        <Modal title="Import choices" open=open>
            <Show when=move || !importer.is_reading()>
                <Picker />
            </Show>
            <Reading />
            <Show when=move || matches!(importer.flow.read().step(), Step::Choosing { .. })>
                <WhoseLines />
            </Show>
            <Unseal />
            <Reports open=open />
        </Modal>
    }
}

/// The field to drop files on or to pick them with, and the choice of the format.
#[component]
fn Picker() -> impl IntoView {
    let importer = Importer::here();
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let picked = move |_| {
        if let Some(input) = input.get() {
            if let Some(files) = input.files() {
                importer.add_files(&files);
            }
            // The same file can be picked again after it was corrected.
            input.set_value("");
        }
    };
    view! {
        <label
            class="drop"
            class:over=move || over.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |event| {
                event.prevent_default();
                over.set(false);
                if let Some(files) = event.data_transfer().and_then(|transfer| transfer.files()) {
                    importer.add_files(&files);
                }
            }
        >
            <strong>"Drop files here, or choose them"</strong>
            <span>
                "JSON or JSON lines, of any size, or a profile from another place (.age). They are read on this machine and \
                 sent nowhere."
            </span>
            <input
                type="file"
                multiple
                accept=".json,.jsonl,.ndjson,.txt,.age,application/json"
                node_ref=input
                on:change=picked
            />
        </label>
        <div class="field">
            <label for="import-format">"Format"</label>
            <select id="import-format" on:change=move |event| importer.format.set(event_target_value(&event))>
                {FORMATS
                    .map(|(name, text)| {
                        view! {
                            <option value=name selected=move || importer.format.get() == name>
                                {text}
                            </option>
                        }
                    })}
            </select>
        </div>
    }
}

#[component]
fn Reading() -> impl IntoView {
    let importer = Importer::here();
    let waiting = move || match importer.flow.read().waiting() {
        0 => String::new(),
        n => format!("{} more waiting.", words::count(n as u32, "file", "files")),
    };
    view! {
        <Show when=move || matches!(importer.flow.read().step(), Step::Reading { .. })>
            <Progress label=importer.label() fraction=importer.fraction() detail=importer.detail() />
            <div class="actions end">
                <span class="small">{waiting}</span>
                <button type="button" on:click=move |_| importer.cancel()>
                    "Cancel"
                </button>
            </div>
        </Show>
    }
}

/// A file holds several people's choices: whose to take.
#[component]
fn WhoseLines() -> impl IntoView {
    let importer = Importer::here();
    let typed = RwSignal::new(String::new());
    let (file, users) = match importer.flow.read_untracked().step() {
        Step::Choosing { job, users } => (job.name.clone(), users.clone()),
        _ => (String::new(), Vec::new()),
    };
    let count = users.len();
    let listed = move || -> Vec<String> {
        matching(&users, &typed.get(), PEOPLE_LISTED).into_iter().map(str::to_owned).collect()
    };
    view! {
        <div class="whose" role="group" aria-labelledby="whose-heading">
            <h3 id="whose-heading">"Whose choices do you want?"</h3>
            <p>
                {format!("{file} holds the choices of {count} people. A likeness is of one person, so take one of them.")}
            </p>
            <Show when=move || { count > 8 }>
                <input
                    type="search"
                    aria-label="Find a person"
                    placeholder="Find a person"
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                />
            </Show>
            <ul class="choices">
                <For each=listed key=|user| user.clone() let:user>
                    {
                        let chosen = user.clone();
                        view! {
                            <li>
                                <button type="button" on:click=move |_| importer.choose(chosen.clone())>
                                    {user}
                                </button>
                            </li>
                        }
                    }
                </For>
            </ul>
            <div class="actions end">
                <button type="button" class="quiet" on:click=move |_| importer.skip()>
                    "Skip this file"
                </button>
            </div>
        </div>
    }
}

/// What came of each file, the last one first: it is the one that is looked for.
#[component]
fn Reports(open: RwSignal<bool>) -> impl IntoView {
    let importer = Importer::here();
    let outcomes =
        move || importer.flow.read().outcomes().iter().cloned().enumerate().rev().collect::<Vec<_>>();
    view! {
        <Show when=move || !importer.flow.read().outcomes().is_empty()>
            <ul class="reports" aria-live="polite">
                <For each=outcomes key=|(at, _)| *at let:outcome>
                    <Report outcome=outcome.1 />
                </For>
            </ul>
            <div class="actions end">
                <button type="button" class="primary" on:click=move |_| open.set(false)>
                    "Done"
                </button>
            </div>
        </Show>
    }
}

#[component]
fn Report(outcome: Outcome) -> impl IntoView {
    let kept = format!("Before that, {} went in.", words::count(outcome.imported, "choice", "choices"));
    let body = match outcome.result {
        Err(ServiceError::Cancelled) => view! { <p>"Stopped. " {kept}</p> }.into_any(),
        Err(ServiceError::QuotaFull) => view! {
            <Failure error=ServiceError::QuotaFull />
            <p>{kept}</p>
        }
        .into_any(),
        Err(error) => view! { <Failure error=error /> }.into_any(),
        Ok(report) => view! { <Figures report=report /> }.into_any(),
    };
    view! {
        <li class="report">
            <h3>{outcome.name}</h3>
            {outcome.person.map(|person| view! { <p class="small">{format!("For {person}")}</p> })}
            {body}
        </li>
    }
}

#[component]
fn Figures(report: ImportReport) -> impl IntoView {
    let mut facts = vec![format!("{} added", words::count(report.imported, "choice", "choices"))];
    if report.known > 0 {
        facts.push(format!("{} here already", words::grouped(f64::from(report.known))));
    }
    if report.ties > 0 {
        facts.push(format!("{} without a winner kept", words::grouped(f64::from(report.ties))));
    }
    if report.replaced > 0 {
        facts.push(format!(
            "{} that you had changed elsewhere replaced",
            words::grouped(f64::from(report.replaced))
        ));
    }
    if report.skipped > 0 {
        facts.push(format!("{} skipped", words::grouped(f64::from(report.skipped))));
    }
    let more = report.skipped.saturating_sub(report.examples.len() as u32);
    let format = FORMATS.iter().find(|(name, _)| *name == report.format).map(|(_, text)| *text);
    view! {
        <p>
            {sentence(&facts.join(", "))} {format.map(|text| format!(" Read as: {text}."))}
        </p>
        {brought(&report).map(|words| view! { <p>{words}</p> })}
        <Flaws summary="What was skipped, and why" flaws=report.examples more=more open={report.imported == 0} />
        <Flaws summary="What was kept with a doubt, and why" flaws=report.doubts more=0 open=false />
    }
}

/// What is wrong with records of a file, and how many `more` there are; nothing where there are none.
#[component]
fn Flaws(summary: &'static str, flaws: Vec<Flaw>, more: u32, open: bool) -> impl IntoView {
    let row = |flaw: Flaw| {
        let record = flaw.record.map(|at| format!(", record {at}"));
        view! {
            <tr>
                <td>{flaw.line} {record}</td>
                <td>
                    <code>{flaw.field}</code>
                </td>
                <td>{flaw.why}</td>
            </tr>
        }
    };
    (!flaws.is_empty()).then(|| {
        view! {
            <details open=open>
                <summary>{summary}</summary>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Line"</th>
                            <th scope="col">"Field"</th>
                            <th scope="col">"What is wrong"</th>
                        </tr>
                    </thead>
                    <tbody>{flaws.into_iter().map(row).collect_view()}</tbody>
                </table>
                {(more > 0).then(|| view! { <p class="small">{format!("and {} more", words::grouped(f64::from(more)))}</p> })}
            </details>
        }
    })
}

/// What a profile brought along besides choices; nothing where that is nothing.
fn brought(report: &ImportReport) -> Option<String> {
    let portrait =
        report.portrait.then(|| "The portrait is that of the other place, which is newer.".to_owned());
    let claims = words::count(report.claims, "claim", "claims");
    let claims = (report.claims > 0).then(|| format!("What you said there of {claims} counts now."));
    let parts: Vec<String> = portrait.into_iter().chain(claims).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
