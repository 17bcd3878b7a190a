//! `likeness guard-rate`: how often one person's guard refuses what is another's, question by question apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use clap::Args;
use likeness::persona::TEMPLATES;
use likeness::preference::format::{Event, Options, People, Reader};
use likeness::preference::{PairId, PreferencePair};
use likeness::privacy::{self, Common, Kept, Outgoing, Verdict};
use serde::Serialize;

use super::data::DataFolder;
use super::guard::quoted;
use super::{Failure, Output, say};

#[derive(Args)]
pub struct GuardRate {
    #[command(flatten)]
    data: DataFolder,
    /// Print so many of the shared stretches.
    #[arg(long, default_value_t = 0)]
    examples: usize,
    #[command(flatten)]
    show: Output,
}

/// What was measured on each data set that is at hand.
#[derive(Serialize)]
struct Report {
    rates: Vec<Rate>,
}

/// What was measured on one data set.
#[derive(Serialize)]
struct Rate {
    data: &'static str,
    people: usize,
    /// Answers of others to questions that the person never asked, each in a request of its own.
    texts: usize,
    refused: usize,
    /// The same without the common phrases.
    refused_without_phrases: usize,
}

impl GuardRate {
    pub fn run(self) -> Result<(), Failure> {
        let mut rates = Vec::new();
        for data in ["synthetic_people", "mt_bench_human"] {
            let Some(text) = self.data.text(data)? else { continue };
            say(&format!("reading others' texts by each person's guard: {data}"));
            rates.push(self.rate(data, &people(&text)));
        }
        let words: Vec<String> = rates.iter().map(words).collect();
        self.show.show(&Report { rates }, &words.join("\n"))
    }

    fn rate(&self, data: &'static str, people: &BTreeMap<String, Vec<PreferencePair>>) -> Rate {
        let mut rate = Rate { data, people: people.len(), texts: 0, refused: 0, refused_without_phrases: 0 };
        let mut shown = HashSet::new();
        for (person, history) in people {
            let asked: HashSet<&str> = history.iter().map(question).collect();
            let mut others: Vec<&str> = people
                .iter()
                .filter(|(other, _)| *other != person)
                .flat_map(|(_, pairs)| pairs)
                .filter(|pair| !asked.contains(question(pair)))
                .map(|pair| pair.chosen.as_str())
                .collect();
            others.sort_unstable();
            others.dedup();
            let guards = [Common::shipped(TEMPLATES), Common::default()].map(|common| {
                let mut guard = privacy::Guard::new(common);
                history.iter().for_each(|pair| guard.add(pair));
                guard
            });
            let kept = history.iter().map(|pair| (pair.id, Kept { pair: pair.clone(), went: None }));
            let kept: HashMap<PairId, Kept> = kept.collect();
            rate.texts += others.len();
            for text in others {
                let body = serde_json::json!({"messages": [{"role": "user", "content": text}]}).to_string();
                let outgoing =
                    Outgoing { url: "https://a.invalid/v1", headers: &[], body: body.as_bytes(), live: None };
                let verdicts =
                    guards.each_ref().map(|guard| pollster::block_on(guard.check(&outgoing, &kept)));
                rate.refused += usize::from(verdicts[0] != Verdict::Pass);
                rate.refused_without_phrases += usize::from(verdicts[1] != Verdict::Pass);
                if let Verdict::Refuse(overlaps) = &verdicts[0] {
                    for overlap in overlaps {
                        let words = quoted(&kept, overlap);
                        if shown.len() < self.examples && shown.insert(words.clone()) {
                            say(&words);
                        }
                    }
                }
            }
        }
        rate
    }
}

fn question(pair: &PreferencePair) -> &str {
    pair.context.first().map_or("", |turn| turn.content.as_str())
}

/// Each person's pairs, by their name.
fn people(text: &str) -> BTreeMap<String, Vec<PreferencePair>> {
    let mut people: BTreeMap<String, Vec<PreferencePair>> = BTreeMap::new();
    let mut take = |event| {
        if let Event::Pair { person: Some(person), pair, .. } = event {
            people.entry(person).or_default().push(pair);
        }
    };
    let mut reader = Reader::new(Options { people: People::Everyone, ..Options::default() });
    reader.push(text.as_bytes()).for_each(&mut take);
    if let Ok(events) = reader.finish() {
        events.for_each(take);
    }
    people
}

fn words(rate: &Rate) -> String {
    let Rate { data, people, texts, refused, refused_without_phrases } = rate;
    let percent = |part: usize| 100.0 * part as f64 / (*texts).max(1) as f64;
    format!(
        "{data}: {people} people, {texts} texts of others: {refused} refused ({:.2}%); {refused_without_phrases} ({:.2}%) without the common phrases",
        percent(*refused),
        percent(*refused_without_phrases),
    )
}
