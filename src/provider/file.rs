//! A model's file at the door. The engine's worker fetches it, which knows nothing of a history; before that its address is
//! read by the guard and written into the ledger, as any other request.

use super::ProviderError;
use super::egress::refused;
use crate::privacy::{EntryId, Ledger, LedgerEntry, Outcome, Outgoing, Watch};

/// What it is for, in the ledger.
const PURPOSE: &str = "a file of a model";

/// Reads the address of a file that is to be fetched from `origin`, and writes it down. Once this has come back it may be
/// asked for, by a GET without a body.
///
/// # Errors
/// Where the address holds text of the history, or the ledger can't be written.
pub async fn announce<W: Watch, L: Ledger>(
    watch: &W,
    ledger: &L,
    (url, origin): (&str, &str),
    now_ms: f64,
) -> Result<EntryId, ProviderError> {
    let verdict = watch.check(&Outgoing { url, headers: &[], body: &[], live: None }).await;
    let stop = refused(&verdict);
    let outcome = stop.as_ref().map_or(Outcome::Underway, |stop| Outcome::NotSent(stop.to_string()));
    let entry = LedgerEntry {
        when_ms: now_ms as u64,
        url: url.to_owned(),
        origin: origin.to_owned(),
        purpose: PURPOSE.into(),
        model: origin.to_owned(),
        bytes: 0,
        body: Vec::new(),
        headers: Vec::new(),
        key_header: None,
        verdict,
        outcome,
    };
    let id = ledger.open(entry).await?;
    stop.map_or(Ok(id), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::PreferencePair;
    use crate::privacy::{Common, InMemory, MemoryLedger, Verdict};

    #[test]
    fn an_address_is_written_down_before_it_is_asked_and_may_hold_nothing_of_the_history() {
        let secret = "my landlord keeps the violet heron in a shed behind the old mill and nobody may know";
        let pair = PreferencePair::new(Vec::new(), secret, "no");
        let (watch, ledger) = (InMemory::new(Common::shipped([]), &[pair]), MemoryLedger::default());
        let origin = "https://models.example";
        let ask = |url: &str| pollster::block_on(announce(&watch, &ledger, (url, origin), 7.0));
        let plain = ask("https://models.example/org/small.gguf").unwrap();
        let told = format!("https://models.example/small.gguf?about={}", secret.replace(' ', "%20"));
        assert!(matches!(ask(&told), Err(ProviderError::Guarded { .. })));
        pollster::block_on(ledger.close(plain, Outcome::Answered { status: 200, bytes: 12 })).unwrap();
        let [first, second] = &ledger.entries()[..] else { panic!("two lines: {ledger:?}") };
        assert_eq!((first.bytes, first.when_ms, first.verdict == Verdict::Pass), (0, 7, true));
        assert_eq!(first.outcome, Outcome::Answered { status: 200, bytes: 12 });
        assert!(matches!(second.outcome, Outcome::NotSent(_)), "{second:?}");
    }
}
