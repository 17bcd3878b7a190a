//! `likeness guard`: whether a body shares text with a history, and which.
//!
//! The offsets that it prints are bytes of UTF-8 in one text of a pair: a turn of its context, an answer, or its note,
//! as `field` says.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use clap::Args;
use likeness::persona::TEMPLATES;
use likeness::preference::PairId;
use likeness::privacy::{self, Common, Kept, LiveConversation, Outgoing, Overlap, Verdict};
use serde::Serialize;

use super::files::HistoryFile;
use super::{Failure, Output, say};

/// A body larger than this is not read.
const MOST_BYTES: u64 = 256 << 20;

/// Stands for the one endpoint of the live chat: here a body has no address.
const ENDPOINT: &str = "https://endpoint.invalid";

#[derive(Args)]
pub struct Guard {
    #[command(flatten)]
    history: HistoryFile,
    /// The chat that the body continues, by the history's `conversation_id`: its own turns may leave.
    #[arg(long, value_name = "CONVERSATION_ID")]
    live: Option<String>,
    #[command(flatten)]
    show: Output,
}

/// What the guard says of a body.
pub enum May {
    Leave,
    Stay,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: &'static str,
    overlaps: &'a [Overlap],
    /// Where nothing was found, and it is refused all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Records of the history that could not be read: nothing is known of them.
    #[serde(skip_serializing_if = "is_zero")]
    unread: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Guard {
    pub fn run(self) -> Result<May, Failure> {
        if self.history.is_standard_input() {
            return Err(Failure::Usage("--history needs a file: standard input is the body".into()));
        }
        let history = self.history.read()?;
        let chat = match &self.live {
            Some(id) => self.history.conversation(id)?,
            None => HashSet::new(),
        };
        if let Some(id) = self.live.as_ref().filter(|_| chat.is_empty()) {
            say(&format!("likeness: no pair of the history is of the conversation {}", super::one_line(id)));
        }
        let mut body = Vec::new();
        let read = std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut body);
        read.map_err(|error| Failure::Input(format!("standard input: {error}")))?;
        if body.len() as u64 > MOST_BYTES {
            return Err(Failure::Input(format!("standard input: larger than {MOST_BYTES} bytes")));
        }
        let mut guard = privacy::Guard::new(Common::shipped(TEMPLATES));
        let live = self.live.clone().map(|id| LiveConversation { id, origin: ENDPOINT.to_owned() });
        let mut kept = HashMap::new();
        for pair in history.guarded() {
            guard.add(pair);
            let went = live.clone().filter(|_| chat.contains(&pair.id));
            kept.insert(pair.id, Kept { pair: pair.clone(), went });
        }
        let outgoing = Outgoing { url: ENDPOINT, headers: &[], body: &body, live: live.as_ref() };
        let verdict = pollster::block_on(guard.check(&outgoing, &kept));
        self.show(&verdict, &kept, history.unread)
    }

    fn show(&self, verdict: &Verdict, kept: &HashMap<PairId, Kept>, unread: usize) -> Result<May, Failure> {
        let report = |verdict, overlaps, why| Report { verdict, overlaps, why, unread };
        let (may, report, words) = match verdict {
            Verdict::Pass => {
                let of_it = match unread {
                    0 => String::new(),
                    1 => ", of which a record could not be read".to_owned(),
                    unread => format!(", of which {unread} records could not be read"),
                };
                let words = format!("pass: it shares nothing with the history{of_it}");
                (May::Leave, report("pass", &[], None), words)
            }
            Verdict::Refuse(overlaps) => {
                let lines = overlaps.iter().map(|overlap| quoted(kept, overlap)).collect::<Vec<_>>();
                let words = format!("refuse: it shares text with the history\n{}", lines.join("\n"));
                (May::Stay, report("refuse", overlaps, None), words)
            }
            Verdict::Unreadable(why) => {
                (May::Stay, report("refuse", &[], Some(why.to_string())), format!("refuse: {why}"))
            }
        };
        self.show.show(&report, &words)?;
        Ok(may)
    }
}

/// An overlap with the words that it quotes.
pub fn quoted(kept: &HashMap<PairId, Kept>, overlap: &Overlap) -> String {
    let Overlap { pair, field, text_start, text_end } = overlap;
    let text = kept.get(pair).and_then(|kept| field.of(&kept.pair));
    let stretch = text.and_then(|text| text.get(*text_start..*text_end)).unwrap_or_default();
    format!("pair {pair}, {field}, bytes {text_start} to {text_end}: {}", super::one_line(stretch))
}
