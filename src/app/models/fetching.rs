//! A download that the person clicked on. The page's policy has to let it reach the address first, and does so until the
//! file is whole or deleted.
//!
//! The policy comes with the page, so the page is loaded anew in between, and goes on with the download by itself: the
//! click was given before.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::catalogue::origins;
use super::page::ModelLoading;
use crate::app::browser;
use crate::app::portrait::Induction;
use crate::app::remote::{Policy, Reach};
use crate::app::session::Session;
use crate::service::{ModelSource, PartFile};

/// What this tab keeps over a reload: the address, the name and the digest of the download that it is for.
const PENDING: &str = "download";

/// Whether the page has to be loaded anew before it can reach an address.
pub fn needs_reload(session: Session, url: &str) -> bool {
    any_after_reload(&session.policy.read(), url)
}

fn any_after_reload(policy: &Policy, url: &str) -> bool {
    origins(url).iter().any(|origin| policy.reaches(origin) == Reach::AfterReload)
}

/// Whether the service worker has to be told first. What was taken back since this page was loaded is in its policy yet.
fn must_ask(session: Session, url: &str) -> bool {
    let policy = session.policy.read_untracked();
    let taken_back = |origin: &String| policy.applied.contains(origin) && !policy.configured.contains(origin);
    any_after_reload(&policy, url) || origins(url).iter().any(taken_back)
}

/// Starts a download, as soon as the policy lets it; not one that would stop the induction that is under way.
pub fn begin(loading: ModelLoading, session: Session, induction: Induction, source: ModelSource) {
    let ModelSource::Url { url, .. } = &source else { return loading.start(session, source, None) };
    if loading.label.read_untracked().is_some() {
        return;
    }
    if !must_ask(session, url) {
        return loading.start(session, source, None);
    }
    if induction.is_busy() {
        return session.say(
            "This page has to be loaded anew to reach that address, which would stop the induction that is under way. Try \
             again when that is done.",
        );
    }
    let mut allowed = session.policy.with_untracked(|policy| policy.configured.clone());
    allowed.extend(origins(url));
    loading.label.set(Some("Telling the browser which address may be reached".into()));
    spawn_local(async move {
        let answer = Policy::allow(allowed).await;
        loading.label.set(None);
        match answer {
            Ok(true) if keep(&source) => drop(window().location().reload()),
            Err(why) => {
                session.say(format!("The browser could not be told to allow that address: {why}."));
                // The server may allow it all the same.
                loading.start(session, source, None);
            }
            _ => loading.start(session, source, None),
        }
    });
}

/// Goes on with the download that the page was loaded anew for.
pub fn go_on(loading: ModelLoading, session: Session) {
    let pending = browser::take_for_reload(PENDING);
    if let Some(source) = pending.and_then(|text| serde_json::from_str(&text).ok()) {
        loading.start(session, source, None);
    }
}

fn keep(source: &ModelSource) -> bool {
    serde_json::to_string(source).is_ok_and(|text| browser::keep_for_reload(PENDING, &text))
}

/// Takes back what was allowed for downloads that are whole or deleted by now; pages loaded from now on can't reach it.
pub fn lapse(session: Session) {
    let endpoints = session.endpoints.with_untracked(|all| all.ready().cloned());
    let models = session.models.with_untracked(|models| models.ready().cloned());
    let (Some(endpoints), Some(models)) = (endpoints, models) else { return };
    let mut wanted: Vec<String> = endpoints.into_iter().map(|endpoint| endpoint.origin).collect();
    wanted.extend(models.parts.iter().flat_map(|PartFile { url, .. }| origins(url)));
    let configured = session.policy.with_untracked(|policy| policy.configured.clone());
    let still: Vec<String> = configured.iter().filter(|origin| wanted.contains(origin)).cloned().collect();
    if still.len() < configured.len() {
        spawn_local(async move {
            // Where it fails, the list stays longer than it need be until the next change.
            let _ = Policy::allow(still).await;
            session.refresh_policy();
        });
    }
}
