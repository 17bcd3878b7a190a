//! The network of the native command: ureq, which blocks, on a thread of its own for each request.
//!
//! No proxy and no cookie; TLS by rustls with Mozilla's roots. The thread ends with the reply, or, when nobody listens
//! any more, at the next piece, or once the connection has been silent for too long.

use std::future::poll_fn;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::Agent;

use super::{Body, Clock, Head, Transport, TransportError};
use crate::provider::Cleared;

/// How long a connection may take to be made, and how long one may be silent; the door is stricter.
const CONNECT: Duration = Duration::from_secs(10);
const SILENT: Duration = Duration::from_secs(300);

/// Bytes that are read at once, and pieces that wait to be heard.
const PIECE: usize = 16 << 10;
const PIECES_AHEAD: usize = 4;

/// The network of this system.
pub struct NativeTransport {
    agent: Agent,
}

impl NativeTransport {
    /// A client that keeps connections open between requests to one host.
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("likeness")
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(SILENT))
            .build();
        NativeTransport { agent: config.new_agent() }
    }
}

impl Default for NativeTransport {
    fn default() -> Self {
        NativeTransport::new()
    }
}

impl Clock for NativeTransport {
    fn now_ms(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
    }

    async fn sleep(&self, ms: u32) {
        // The sleeper wakes early, and ends, when this future is dropped and with it `_held`.
        let (_held, dropped) = channel::<()>();
        let (over, mut hear) = pipe();
        thread::spawn(move || {
            let waited = dropped.recv_timeout(Duration::from_millis(ms.into()));
            if waited == Err(RecvTimeoutError::Timeout) {
                over.send(());
            }
        });
        hear.next().await;
    }
}

impl Transport for NativeTransport {
    type Body = NativeBody;

    const IN_BROWSER: bool = false;

    async fn send(&self, request: &Cleared) -> Result<(Head, NativeBody), TransportError> {
        let mut builder = self.agent.post(request.url());
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let body = request.body().to_vec();
        let (say, mut hear) = pipe();
        thread::spawn(move || match builder.send(&body[..]) {
            Ok(response) => {
                if say.send(Piece::Head(head(&response))) {
                    read(response.into_body().into_reader(), &say);
                }
            }
            Err(error) => {
                say.send(Piece::Failed(failure(&error)));
            }
        });
        match hear.next().await {
            Some(Piece::Head(head)) => Ok((head, NativeBody(hear))),
            Some(Piece::Failed(error)) => Err(error),
            _ => Err(TransportError::Broken("the connection's thread ended".into())),
        }
    }
}

enum Piece {
    Head(Head),
    Bytes(Vec<u8>),
    Failed(TransportError),
    End,
}

fn head(response: &ureq::http::Response<ureq::Body>) -> Head {
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    Head {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        retry_after: header("retry-after"),
    }
}

fn read(mut body: impl Read, say: &Say<Piece>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match body.read(&mut buffer) {
            Ok(0) => Piece::End,
            Ok(read) => Piece::Bytes(buffer[..read].to_vec()),
            Err(error) => Piece::Failed(TransportError::Broken(error.to_string())),
        };
        let last = !matches!(piece, Piece::Bytes(_));
        if !say.send(piece) || last {
            return;
        }
    }
}

fn failure(error: &ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            TransportError::ConnectTimedOut
        }
        // The address is not repeated: the error above names the origin.
        ureq::Error::BadUri(_) => TransportError::Broken("the address can't be read".into()),
        other => TransportError::Broken(other.to_string()),
    }
}

/// The bytes of a reply, from the thread that reads it.
pub struct NativeBody(Hear<Piece>);

impl Body for NativeBody {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        match self.0.next().await {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::Failed(error)) => Some(Err(error)),
            Some(Piece::End) => None,
            // The thread always says how it ends, so this one was lost.
            Some(Piece::Head(_)) | None => Some(Err(TransportError::Broken("the reading ended".into()))),
        }
    }
}

/// A short queue from a thread to a future.
fn pipe<A>() -> (Say<A>, Hear<A>) {
    let (sender, receiver) = sync_channel(PIECES_AHEAD);
    let waker = Arc::new(Mutex::new(None));
    (Say { sender: Some(sender), waker: Arc::clone(&waker) }, Hear { receiver, waker })
}

type Waiting = Arc<Mutex<Option<Waker>>>;

struct Say<A> {
    sender: Option<SyncSender<A>>,
    waker: Waiting,
}

struct Hear<A> {
    receiver: Receiver<A>,
    waker: Waiting,
}

impl<A> Say<A> {
    /// Waits for room; false where nobody hears any more.
    fn send(&self, item: A) -> bool {
        let sent = self.sender.as_ref().is_some_and(|sender| sender.send(item).is_ok());
        wake(&self.waker);
        sent
    }
}

impl<A> Drop for Say<A> {
    fn drop(&mut self) {
        // First the end of the queue, then the call: whoever is called has to find the end.
        self.sender = None;
        wake(&self.waker);
    }
}

fn wake(waker: &Waiting) {
    if let Some(waker) = waker.lock().ok().and_then(|mut waker| waker.take()) {
        waker.wake();
    }
}

impl<A> Hear<A> {
    /// The next item; `None` where no more can come.
    async fn next(&mut self) -> Option<A> {
        poll_fn(|context| {
            if let Ok(mut waker) = self.waker.lock() {
                *waker = Some(context.waker().clone());
            }
            match self.receiver.try_recv() {
                Ok(item) => Poll::Ready(Some(item)),
                Err(TryRecvError::Disconnected) => Poll::Ready(None),
                Err(TryRecvError::Empty) => Poll::Pending,
            }
        })
        .await
    }
}
