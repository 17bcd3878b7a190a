//! Tests of the models as a whole: recorded replies, real servers on this machine, and a page that is made up.

mod hostile;
mod page;
mod recorded;
mod server;
mod servers;

use crate::model::Prompt;
use crate::preference::{PairId, Role, Turn};
use crate::privacy::testing::released;
use crate::privacy::{Field, MemoryLedger, Outgoing, Overlap, Released, Verdict, Watch};

use super::transport::Transport;
use super::{Egress, Limits, Remote, RemoteSettings};

/// A guard that refuses what holds these words, and passes the rest.
#[derive(Clone, Default)]
pub struct Words(Vec<String>);

impl Watch for Words {
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict {
        let body = String::from_utf8_lossy(outgoing.body);
        let headers = outgoing.headers.iter().map(|(_, value)| value.as_str());
        assert!(headers.clone().all(|value| !value.contains(SECRET)), "the guard saw the key");
        match self.0.iter().find(|word| body.contains(*word)) {
            None => Verdict::Pass,
            Some(word) => {
                let pair = "0".repeat(32).parse::<PairId>().unwrap();
                Verdict::Refuse(vec![Overlap {
                    pair,
                    field: Field::Chosen,
                    text_start: 0,
                    text_end: word.len(),
                }])
            }
        }
    }
}

/// A key that must show nowhere.
pub const SECRET: &str = "sk-this-is-the-secret";

pub fn prompt(question: &str) -> Released<Prompt> {
    let system = Turn { role: Role::System, content: "Be brief.".into() };
    released(Prompt { turns: vec![system, Turn::user(question)], answer_start: String::new() })
}

/// A model behind a door that lets its own origin through; "forbidden" is in the history.
pub fn remote<T: Transport>(
    transport: T,
    settings: RemoteSettings,
    limits: Limits,
) -> Remote<T, Words, MemoryLedger> {
    let allowed = vec![settings.endpoint.origin().clone()];
    let guard = Words(vec!["forbidden".into()]);
    let egress = Egress::new(transport, guard, MemoryLedger::default(), allowed).with_limits(limits);
    Remote::new(settings, egress)
}
