//! The one door: every request of ours to the network passes here, and nothing else calls a [`Transport`].
//!
//! The order is the promise. A request is made from released content only ([`Outbound`]); the guard reads it whole;
//! its ledger entry is written; then the key is added, for its own origin alone; then it is sent. A transport takes
//! nothing but what was [`Cleared`], which only this file can make. What comes back is capped in bytes and time.
//! When the caller drops the future, the connection ends and the entry stays [`Outcome::Underway`].

use std::future::Future;

use super::transport::{Body, First, Head, Transport, TransportError, first};
use super::waiting::{SILENT_MS, Waiting, Waits};
use super::{ApiKey, Endpoint, KeyHeader, Origin, ProviderError, Said};
use crate::privacy::{
    EntryId, Ledger, LedgerEntry, LiveConversation, Outcome, Outgoing, Released, Verdict, Watch,
};

/// How often a wait looks whether it was cancelled, in milliseconds.
const CANCEL_LOOK_MS: u32 = 50;

/// What a reply may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a reply's body, at most.
    pub reply_bytes: u64,
    /// Bytes of one event of a stream, at most.
    pub event_bytes: usize,
    /// Until the reply begins, in milliseconds: a local server may load its model first.
    pub head_ms: u32,
    /// Between two pieces of a reply, in milliseconds.
    pub idle_ms: u32,
    /// From sending to the end of the reply, in milliseconds.
    pub total_ms: u32,
}

impl Default for Limits {
    /// 8 MiB, 1 MiB an event; 3 minutes to begin, 1 minute of silence, 10 minutes in all.
    fn default() -> Self {
        Limits {
            reply_bytes: 8 << 20,
            event_bytes: 1 << 20,
            head_ms: 180_000,
            idle_ms: 60_000,
            total_ms: 600_000,
        }
    }
}

/// What a provider makes of released content: where it goes below the endpoint, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The path below the endpoint, with a query where the API has one; begins with `/`.
    pub path: String,
    /// The headers, without the key.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request that wants to leave. It can't be made but from released content.
#[derive(Debug)]
pub struct Outbound<'a> {
    endpoint: &'a Endpoint,
    rendered: Rendered,
    key: Option<(&'a ApiKey, KeyHeader)>,
    purpose: &'a str,
    model: &'a str,
    live: Option<&'a LiveConversation>,
}

impl<'a> Outbound<'a> {
    /// Renders `content` for an endpoint; `purpose` and `model` are for the ledger.
    pub fn new<P>(
        endpoint: &'a Endpoint,
        content: &Released<P>,
        render: impl FnOnce(&P) -> Rendered,
        purpose: &'a str,
        model: &'a str,
    ) -> Self {
        Outbound { endpoint, rendered: render(content.get()), key: None, purpose, model, live: None }
    }

    /// The same with a key, which the door adds behind the guard.
    pub fn with_key(self, key: Option<&'a ApiKey>, header: KeyHeader) -> Self {
        Outbound { key: key.map(|key| (key, header)), ..self }
    }

    /// The same as a part of a live chat.
    pub fn in_live(self, live: Option<&'a LiveConversation>) -> Self {
        Outbound { live, ..self }
    }
}

/// A request that may leave: read by the guard, written into the ledger, its key added. Always a POST.
pub struct Cleared {
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Cleared {
    /// Where it goes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its headers, with the key.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Its body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Whether a reader wants more of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    More,
    /// It has all that it needs; the connection ends here.
    Enough,
}

/// The door.
pub struct Egress<T, W, L> {
    transport: T,
    watch: W,
    ledger: L,
    allowed: Vec<Origin>,
    limits: Limits,
    cancelled: Option<Box<dyn Fn() -> bool>>,
    waits: Waits,
}

impl<T: Transport, W: Watch, L: Ledger> Egress<T, W, L> {
    /// A door to `allowed`, the origins that the person configured, and to nowhere else.
    pub fn new(transport: T, watch: W, ledger: L, allowed: Vec<Origin>) -> Self {
        let limits = Limits::default();
        Egress { transport, watch, ledger, allowed, limits, cancelled: None, waits: Waits::default() }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Egress { limits, ..self }
    }

    /// The same, looking at `cancelled` while it waits.
    pub fn with_cancel(self, cancelled: impl Fn() -> bool + 'static) -> Self {
        Egress { cancelled: Some(Box::new(cancelled)), ..self }
    }

    /// The same, telling while nothing comes.
    pub fn with_waiting(self, tell: impl Fn(Waiting) + 'static) -> Self {
        Egress { waits: Waits::told_to(tell), ..self }
    }

    /// What a reply may take.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was written down.
    pub fn ledger(&self) -> &L {
        &self.ledger
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> f64 {
        self.transport.now_ms()
    }

    /// Whether the network is a browser's.
    pub fn in_browser(&self) -> bool {
        T::IN_BROWSER
    }

    /// Waits `ms` milliseconds before something is asked again.
    ///
    /// # Errors
    /// [`ProviderError::Cancelled`].
    pub async fn pause(&self, ms: u32) -> Result<(), ProviderError> {
        let over = self.within(ms, std::future::pending::<()>());
        self.waits.during(Waiting::ToAskAgain(ms), over).await.map(|_| ())
    }

    /// Sends a request and gives the reply to `hear`, piece by piece, as it comes.
    ///
    /// # Errors
    /// Whatever stops it at the door, what the network does, and what `hear` says. A status that is no success is
    /// none: `hear` sees the head with every piece.
    pub async fn exchange(
        &self,
        outbound: Outbound<'_>,
        mut hear: impl FnMut(&Head, &[u8]) -> Result<Flow, ProviderError>,
    ) -> Result<Head, ProviderError> {
        let (cleared, entry) = self.clear(outbound).await?;
        let mut came = Came::default();
        let result = self.receive(&cleared, &mut came, &mut hear).await;
        let outcome = match &result {
            Ok(head) => Outcome::Answered { status: head.status, bytes: came.bytes },
            Err(error) => {
                Outcome::Broken { status: came.status, bytes: came.bytes, why: cleared.without_key(error) }
            }
        };
        // The reply is here and paid for: a ledger that fails now must not cost it. The entry says that it left.
        let _ = self.ledger.close(entry, outcome).await;
        result
    }

    /// Guard, ledger, key: all that stands before sending.
    async fn clear(&self, outbound: Outbound<'_>) -> Result<(ClearedFor, EntryId), ProviderError> {
        let Outbound { endpoint, rendered, key, purpose, model, live } = outbound;
        let (url, origin) = (endpoint.join(&rendered.path), endpoint.origin());
        let outgoing = Outgoing { url: &url, headers: &rendered.headers, body: &rendered.body, live };
        let verdict = self.unless_cancelled(self.watch.check(&outgoing)).await?;
        let key_header = match key {
            Some((key, header)) => key.value(header, origin).map(|value| (header, value)),
            None => None,
        };
        let stop = if !self.allowed.contains(origin) {
            Some(ProviderError::NotAllowed { origin: origin.to_string() })
        } else if let Some(stop) = refused(&verdict) {
            Some(stop)
        } else if key.is_some() && key_header.is_none() {
            Some(ProviderError::KeyElsewhere { origin: origin.to_string() })
        } else {
            None
        };
        let entry = LedgerEntry {
            when_ms: self.now_ms() as u64,
            url: url.clone(),
            origin: origin.to_string(),
            purpose: purpose.to_owned(),
            model: model.to_owned(),
            bytes: rendered.body.len() as u64,
            body: rendered.body.clone(),
            headers: rendered.headers.clone(),
            key_header: key_header
                .as_ref()
                .filter(|_| stop.is_none())
                .map(|(header, _)| header.name().into()),
            verdict,
            outcome: stop.as_ref().map_or(Outcome::Underway, |stop| Outcome::NotSent(stop.to_string())),
        };
        let id = self.ledger.open(entry).await?;
        if let Some(stop) = stop {
            return Err(stop);
        }
        let Rendered { mut headers, body, .. } = rendered;
        headers.extend(key_header.map(|(header, value)| (header.name().to_owned(), value)));
        let request = Cleared { url, headers, body };
        Ok((ClearedFor { request, origin: origin.to_string() }, id))
    }

    async fn receive(
        &self,
        cleared: &ClearedFor,
        came: &mut Came,
        hear: &mut impl FnMut(&Head, &[u8]) -> Result<Flow, ProviderError>,
    ) -> Result<Head, ProviderError> {
        let until = self.now_ms() + f64::from(self.limits.total_ms);
        let wait = Wait { until, ms: self.limits.head_ms, doing: "to begin its reply" };
        let sent = self.in_time(cleared, wait, self.transport.send(&cleared.request)).await?;
        let (head, mut body) = sent.map_err(|error| cleared.network::<T>(error, came))?;
        came.status = Some(head.status);
        if (300..400).contains(&head.status) {
            return Err(cleared.network::<T>(TransportError::Redirected, came));
        }
        // A reply without a body is heard once too.
        let mut heard = false;
        loop {
            let wait = Wait { until, ms: self.limits.idle_ms, doing: "to go on with its reply" };
            let piece = match self.in_time(cleared, wait, body.next()).await? {
                Some(piece) => piece.map_err(|error| cleared.network::<T>(error, came))?,
                None if heard => return Ok(head),
                None => Vec::new(),
            };
            came.bytes += piece.len() as u64;
            if came.bytes > self.limits.reply_bytes {
                return Err(ProviderError::TooMuch { limit: self.limits.reply_bytes });
            }
            heard = true;
            if hear(&head, &piece)? == Flow::Enough {
                return Ok(head);
            }
        }
    }

    /// What `work` gives, which may take as long as it will: a guard has much to read.
    async fn unless_cancelled<A>(&self, work: impl Future<Output = A>) -> Result<A, ProviderError> {
        if self.cancelled.is_none() {
            return Ok(work.await);
        }
        let cancel = async {
            while !self.is_cancelled() {
                self.transport.sleep(CANCEL_LOOK_MS).await;
            }
        };
        match first(work, cancel).await {
            First::Left(done) => Ok(done),
            First::Right(()) => Err(ProviderError::Cancelled),
        }
    }

    /// Waits for `work`, at most for the wait's time and for what is left of the whole exchange's.
    async fn in_time<A>(
        &self,
        cleared: &ClearedFor,
        wait: Wait,
        work: impl Future<Output = A>,
    ) -> Result<A, ProviderError> {
        let left = (wait.until - self.now_ms()).clamp(0.0, f64::from(self.limits.total_ms)) as u32;
        let (ms, doing, seconds) = if left < wait.ms {
            (left, "in all", self.limits.total_ms / 1000)
        } else {
            (wait.ms, wait.doing, wait.ms / 1000)
        };
        let done = self.within(ms, self.waits.after(self.transport.sleep(SILENT_MS), work)).await?;
        done.ok_or_else(|| ProviderError::TimedOut { origin: cleared.origin.clone(), doing, seconds })
    }

    /// What `work` gives within `ms` milliseconds; `None` when they are over.
    async fn within<A>(&self, ms: u32, work: impl Future<Output = A>) -> Result<Option<A>, ProviderError> {
        // Without anyone who could cancel it sleeps through.
        let look_ms = if self.cancelled.is_some() { CANCEL_LOOK_MS } else { ms };
        let until = self.now_ms() + f64::from(ms);
        let alarm = async {
            while !self.is_cancelled() {
                let left = until - self.now_ms();
                if left <= 0.0 {
                    return;
                }
                self.transport.sleep((left.ceil() as u32).min(look_ms)).await;
            }
        };
        if self.is_cancelled() {
            return Err(ProviderError::Cancelled);
        }
        match first(work, alarm).await {
            First::Left(done) => Ok(Some(done)),
            First::Right(()) if self.is_cancelled() => Err(ProviderError::Cancelled),
            First::Right(()) => Ok(None),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.as_ref().is_some_and(|cancelled| cancelled())
    }
}

/// How long to wait for the next thing.
struct Wait {
    /// When the whole exchange has to end, in milliseconds since 1970.
    until: f64,
    /// For this one thing, in milliseconds.
    ms: u32,
    /// What is waited for, in words that go on from "took longer than 5 s".
    doing: &'static str,
}

/// What came of a reply so far.
#[derive(Default)]
struct Came {
    status: Option<u16>,
    bytes: u64,
}

/// A cleared request and the origin that it was cleared for.
struct ClearedFor {
    request: Cleared,
    origin: String,
}

impl ClearedFor {
    fn network<T: Transport>(&self, error: TransportError, came: &Came) -> ProviderError {
        let origin = self.origin.clone();
        match error {
            TransportError::Redirected => ProviderError::Redirected { origin },
            TransportError::ConnectTimedOut => {
                ProviderError::Unreachable { origin, in_browser: false, said: Said::new("no answer") }
            }
            TransportError::Broken(_) if came.status.is_some() => {
                ProviderError::Truncated { bytes: came.bytes }
            }
            TransportError::Broken(why) => {
                ProviderError::Unreachable { origin, in_browser: T::IN_BROWSER, said: Said::new(&why) }
            }
        }
    }

    /// The error's words; a server that says the key back must not bring it into the ledger.
    fn without_key(&self, error: &ProviderError) -> String {
        let mut words = error.to_string();
        for header in [KeyHeader::Bearer, KeyHeader::XApiKey, KeyHeader::XGoogApiKey] {
            for (_, value) in self.request.headers.iter().filter(|(name, _)| name == header.name()) {
                let secret = value.strip_prefix("Bearer ").unwrap_or(value);
                words = words.replace(secret, "(key)");
            }
        }
        words
    }
}

/// Why a verdict stops a request; one alone lets it go.
pub(super) fn refused(verdict: &Verdict) -> Option<ProviderError> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Refuse(overlaps) => Some(ProviderError::Guarded { overlaps: overlaps.len() }),
        Verdict::Unreadable(why) => Some(ProviderError::Unreadable(*why)),
    }
}
