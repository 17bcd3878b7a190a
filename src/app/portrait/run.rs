//! An induction as the page sees it: how much to search, how far it is, how it ended.

use crate::service::{
    EstimateView, InductionProgress, InductionSettings, ModelChoice, PendingInduction, ServiceError,
};
use crate::view::{sentence, words};

/// The searches: the name on the wire, what a person calls it, and what it is for.
pub const SEARCHES: [(&str, &str, &str); 2] = [
    ("small", "Small", "A few candidates. Made for the embedded model on a processor: some minutes."),
    ("full", "Full", "The whole search of the paper. For a strong model or a long break."),
];

/// The form above the button.
#[derive(Clone, Debug, PartialEq)]
pub struct RunForm {
    /// The search's name on the wire.
    pub search: String,
    /// Where chance starts from, as typed.
    pub seed: String,
    /// Candidates in each search, as typed; empty for the search's own number.
    pub candidates: String,
    /// Which model reads.
    pub model: ModelChoice,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The seed.
    Seed,
    /// The number of candidates.
    Candidates,
}

impl Default for RunForm {
    fn default() -> Self {
        RunForm {
            search: "small".into(),
            seed: "0".into(),
            candidates: String::new(),
            model: ModelChoice::OnDevice,
        }
    }
}

impl RunForm {
    /// The settings, or what is wrong with a field.
    pub fn settings(&self) -> Result<InductionSettings, (Field, &'static str)> {
        let seed =
            self.seed.trim().parse().map_err(|_| (Field::Seed, "A whole number from 0 to 4294967295."))?;
        let candidates = match self.candidates.trim() {
            "" => None,
            typed => match typed.parse() {
                Ok(number @ 1..=100) => Some(number),
                _ => return Err((Field::Candidates, "A whole number from 1 to 100, or nothing.")),
            },
        };
        let divided = matches!(self.model, ModelChoice::Divided(_));
        let remote = self.model.clone().remote();
        Ok(InductionSettings { search: self.search.clone(), seed, candidates, remote, divided })
    }
}

/// Where an induction stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Run {
    /// None is under way.
    #[default]
    Idle,
    /// It is under way.
    Running(InductionProgress),
    /// It was asked to stop and has not yet.
    Stopping(InductionProgress),
    /// It failed.
    Failed(ServiceError),
}

impl Run {
    /// It begins.
    pub fn start(&mut self) {
        *self = Run::Running(InductionProgress { stage: "Starting".into(), ..Default::default() });
    }

    /// How far it is now.
    pub fn progress(&mut self, now: InductionProgress) {
        if let Run::Running(progress) | Run::Stopping(progress) = self {
            *progress = now;
        }
    }

    /// It shall stop.
    pub fn stop(&mut self) {
        if let Run::Running(progress) = self {
            *self = Run::Stopping(std::mem::take(progress));
        }
    }

    /// It ended. Being stopped is no failure: what was answered is kept, and the page offers to go on.
    pub fn ended(&mut self, failure: Option<ServiceError>) {
        *self = match failure {
            Some(error) if error != ServiceError::Cancelled => Run::Failed(error),
            _ => Run::Idle,
        };
    }

    /// Whether it is under way.
    pub fn is_busy(&self) -> bool {
        matches!(self, Run::Running(_) | Run::Stopping(_))
    }

    /// The part that is done; none before the number of calls is known.
    pub fn fraction(&self) -> Option<f64> {
        match self {
            Run::Running(p) | Run::Stopping(p) if p.of > 0 => {
                Some(f64::from(p.calls.min(p.of)) / f64::from(p.of))
            }
            _ => None,
        }
    }

    /// What is being done.
    pub fn label(&self) -> String {
        match self {
            Run::Running(progress) => words::capital(&progress.stage),
            Run::Stopping(_) => "Stopping; what was answered is kept".into(),
            _ => String::new(),
        }
    }

    /// The figures beside the bar.
    pub fn detail(&self) -> String {
        let Run::Running(p) = self else { return String::new() };
        let mut facts = Vec::new();
        if p.of > 0 {
            facts.push(format!("{} of at most {}", p.calls, words::count(p.of, "call", "calls")));
        }
        if let Some(seconds) = p.seconds_left {
            facts.push(words::left(seconds));
        }
        facts.join(", ")
    }

    /// What may come on top.
    pub fn further(&self) -> Option<String> {
        let Run::Running(p) = self else { return None };
        let calls = words::count(p.of_more, "call", "calls");
        (p.of_more > 0).then(|| match p.seconds_more {
            Some(seconds) if seconds >= 55.0 => {
                let minutes = words::count((seconds / 60.0).round() as u32, "minute", "minutes");
                format!("If it finds claims that have to be tested, up to {calls} and {minutes} more.")
            }
            _ => format!("If it finds claims that have to be tested, up to {calls} more."),
        })
    }

    /// What happened on the way that the person should know of.
    pub fn note(&self) -> Option<String> {
        match self {
            Run::Running(p) | Run::Stopping(p) => p.note.as_deref().map(sentence),
            _ => None,
        }
    }

    /// What the cache and the kept answers saved.
    pub fn saved(&self) -> String {
        let (Run::Running(p) | Run::Stopping(p)) = self else { return String::new() };
        let mut facts = Vec::new();
        if p.prompt_tokens > 0.0 {
            facts.push(format!(
                "{} tokens of prompts, {} of them from the cache",
                words::grouped(p.prompt_tokens),
                words::percent((p.cached_tokens / p.prompt_tokens) as f32)
            ));
        }
        if p.resumed > 0 {
            facts.push(format!("{} kept from before", words::count(p.resumed, "answer", "answers")));
        }
        facts.join("; ")
    }
}

/// What a run on a remote model will take, in words.
pub fn estimate_text(estimate: &EstimateView) -> String {
    let mut text = format!(
        "At most {}, {} tokens of sketches and instructions to read and {} to write",
        words::count(estimate.calls, "call", "calls"),
        words::grouped(estimate.prompt_tokens),
        words::grouped(estimate.generated_tokens)
    );
    let money = |cost: f64| if cost < 0.005 { "less than 0.01".into() } else { format!("at most {cost:.2}") };
    if let Some(cost) = estimate.cost {
        text += &format!("; {} at your prices", money(cost));
    }
    if let Some((calls, cost)) = estimate.untested {
        text += &format!(
            ". Where no claim is found that has to be tested, at most {}{}",
            words::count(calls, "call", "calls"),
            cost.map_or_else(String::new, |cost| format!(", for {}", money(cost)))
        );
    }
    if estimate.kept > 0 {
        text += &format!(". {} kept from before", words::count(estimate.kept, "answer is", "answers are"));
    }
    text + "."
}

/// Whether it asks the model that is loaded on this device.
pub fn needs_model_here(settings: &InductionSettings) -> bool {
    settings.divided || settings.remote.is_none()
}

/// What the page says of an interrupted induction; `when` is not known of one whose tab was closed or died.
pub fn pending_text(pending: &PendingInduction, when: Option<&str>, can_go_on: bool) -> String {
    let when = when.map(|when| format!(" {when}")).unwrap_or_default();
    let answers = words::count(pending.calls, "answer", "answers");
    let then = if can_go_on {
        "It goes on where it stopped."
    } else {
        "Nothing is lost: load the model again, and it can go on where it stopped."
    };
    format!("An induction was interrupted{when}, after {answers}. {then}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(calls: u32, of: u32) -> InductionProgress {
        InductionProgress {
            stage: "Reasoning".into(),
            calls,
            of,
            seconds_left: Some(70.0),
            ..Default::default()
        }
    }

    #[test]
    fn a_run_goes_from_start_to_end() {
        let mut run = Run::default();
        run.progress(progress(1, 10));
        assert_eq!(run, Run::Idle);
        run.start();
        assert_eq!(run.fraction(), None);
        run.progress(progress(4, 10));
        assert_eq!(run.fraction(), Some(0.4));
        assert_eq!(run.detail(), "4 of at most 10 calls, at most a minute left");
        assert_eq!(run.further(), None);
        run.progress(InductionProgress { of_more: 30, seconds_more: Some(300.0), ..progress(4, 10) });
        let more = "If it finds claims that have to be tested, up to 30 calls and 5 minutes more.";
        assert_eq!(run.further().as_deref(), Some(more));
        run.ended(None);
        assert!(!run.is_busy());
    }

    #[test]
    fn more_calls_than_expected_never_overfill_the_bar() {
        let mut run = Run::default();
        run.start();
        run.progress(progress(12, 10));
        assert_eq!(run.fraction(), Some(1.0));
    }

    #[test]
    fn being_stopped_is_no_failure() {
        let mut run = Run::default();
        run.start();
        run.stop();
        assert!(run.is_busy() && run.label().starts_with("Stopping"));
        run.ended(Some(ServiceError::Cancelled));
        assert_eq!(run, Run::Idle);
        run.start();
        run.ended(Some(ServiceError::NoModel));
        assert_eq!(run, Run::Failed(ServiceError::NoModel));
    }

    #[test]
    fn what_is_being_done_begins_with_a_capital() {
        let mut run = Run::default();
        run.start();
        run.progress(InductionProgress { stage: "measuring the prompts".into(), ..progress(0, 0) });
        assert_eq!(run.label(), "Measuring the prompts");
    }

    #[test]
    fn an_interrupted_run_says_how_far_it_got_and_what_it_takes_to_go_on() {
        let here = RunForm::default().settings().unwrap();
        let check = |calls, when, can_go_on, expected: &str| {
            let pending = PendingInduction { settings: here.clone(), calls, stopped_ms: None };
            assert_eq!(pending_text(&pending, when, can_go_on), expected);
        };
        check(
            5,
            Some("just now"),
            true,
            "An induction was interrupted just now, after 5 answers. It goes on where it stopped.",
        );
        check(
            1,
            None,
            false,
            "An induction was interrupted, after 1 answer. Nothing is lost: load the model again, and it can go on \
             where it stopped.",
        );
        assert!(needs_model_here(&here));
        let remote = InductionSettings { remote: Some("one".into()), ..here };
        assert!(
            !needs_model_here(&remote) && needs_model_here(&InductionSettings { divided: true, ..remote })
        );
    }

    #[test]
    fn a_seed_is_a_whole_number() {
        let with =
            |seed: &str| RunForm { seed: seed.into(), ..RunForm::default() }.settings().map(|s| s.seed);
        assert_eq!(with(" 7 "), Ok(7));
        assert!(with("-1").is_err() && with("").is_err() && with("4294967296").is_err());
    }

    #[test]
    fn an_estimate_says_most_and_money_only_where_it_is_known() {
        let mut estimate = EstimateView {
            calls: 90,
            prompt_tokens: 21_000.0,
            generated_tokens: 900.0,
            ..Default::default()
        };
        assert_eq!(
            estimate_text(&estimate),
            "At most 90 calls, 21,000 tokens of sketches and instructions to read and 900 to write."
        );
        estimate.cost = Some(0.0123);
        assert!(estimate_text(&estimate).ends_with("; at most 0.01 at your prices."));
        estimate.untested = Some((40, Some(0.0061)));
        let untested = "Where no claim is found that has to be tested, at most 40 calls, for at most 0.01.";
        assert!(estimate_text(&estimate).ends_with(&format!("at most 0.01 at your prices. {untested}")));
        (estimate.cost, estimate.kept, estimate.untested) = (Some(0.001), 3, None);
        assert!(
            estimate_text(&estimate)
                .ends_with("; less than 0.01 at your prices. 3 answers are kept from before.")
        );
    }

    #[test]
    fn candidates_may_be_left_to_the_search() {
        let with = |candidates: &str| {
            let form = RunForm { candidates: candidates.into(), ..RunForm::default() };
            form.settings().map(|s| s.candidates).map_err(|(field, _)| field)
        };
        assert_eq!((with(""), with("3")), (Ok(None), Ok(Some(3))));
        assert_eq!((with("0"), with("x")), (Err(Field::Candidates), Err(Field::Candidates)));
    }
}
