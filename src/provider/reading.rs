//! A reply out of bytes, whatever API and whether it streams: pieces in, a draft out.

use super::call::Draft;
use super::egress::{Flow, Limits};
use super::presets::Api;
use super::sse::{Event, SseState};
use super::transport::Head;
use super::{ProviderError, anthropic, gemini, host, openai};

/// The most bytes that are read of the body of a reply that is an error.
const ERROR_BYTES: usize = 64 << 10;

/// A reply that is being read.
pub(super) struct Reading {
    api: Api,
    event_bytes: usize,
    state: State,
    /// Whether it failed, and then with which status.
    pub failed: Option<u16>,
    /// Bytes that came.
    pub bytes: u64,
    /// What was read.
    pub draft: Draft,
}

enum State {
    /// Nothing came yet.
    New,
    Stream(SseState),
    Whole(Vec<u8>),
}

impl Reading {
    pub fn new(api: Api, limits: &Limits) -> Self {
        Reading {
            api,
            event_bytes: limits.event_bytes,
            state: State::New,
            failed: None,
            bytes: 0,
            draft: Draft::default(),
        }
    }

    /// Reads the next piece.
    pub fn hear(&mut self, head: &Head, piece: &[u8]) -> Result<Flow, ProviderError> {
        self.bytes += piece.len() as u64;
        if let State::New = self.state {
            let streams = head
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"));
            let fine = (200..300).contains(&head.status);
            self.failed = (!fine).then_some(head.status);
            self.state = match streams && fine {
                true => State::Stream(SseState::new(self.event_bytes)),
                false => State::Whole(Vec::new()),
            };
        }
        match &mut self.state {
            State::Stream(state) => {
                let events = state.read(piece)?;
                self.events(events)?;
            }
            State::Whole(bytes) => {
                bytes.extend_from_slice(piece);
                if self.failed.is_some() && bytes.len() > ERROR_BYTES {
                    bytes.truncate(ERROR_BYTES);
                    return Ok(Flow::Enough);
                }
            }
            State::New => {}
        }
        let enough = self.draft.done || self.draft.complaint.is_some();
        Ok(if enough { Flow::Enough } else { Flow::More })
    }

    /// The reply has ended; gives the body of one that failed.
    ///
    /// # Errors
    /// [`ProviderError::Truncated`] where it ended before its end.
    pub fn end(&mut self) -> Result<Option<String>, ProviderError> {
        match std::mem::replace(&mut self.state, State::New) {
            State::New => {}
            State::Stream(state) => {
                let last = state.end()?;
                let bytes = self.bytes;
                self.events(last).map_err(|error| match error {
                    // The end cut an event in half.
                    ProviderError::NotJson { .. } => ProviderError::Truncated { bytes },
                    other => other,
                })?;
            }
            State::Whole(bytes) if self.failed.is_some() => {
                return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
            }
            State::Whole(bytes) => {
                let text = str::from_utf8(&bytes).map_err(|_| ProviderError::NotUtf8)?;
                match self.api {
                    Api::OpenAi => openai::hear_whole(text, &mut self.draft),
                    Api::Anthropic => anthropic::hear_whole(text, &mut self.draft),
                    Api::Gemini => gemini::hear_whole(text, &mut self.draft),
                    Api::Page => {
                        host::hear_whole(text, &mut self.draft);
                        Ok(())
                    }
                }?;
            }
        }
        if self.is_complete() { Ok(None) } else { Err(ProviderError::Truncated { bytes: self.bytes }) }
    }

    fn is_complete(&self) -> bool {
        self.draft.done || self.draft.finish.is_some() || self.draft.complaint.is_some()
    }

    fn events(&mut self, events: impl IntoIterator<Item = Event>) -> Result<(), ProviderError> {
        for event in events {
            if self.draft.done {
                break;
            }
            match self.api {
                Api::OpenAi => openai::hear(&event.data, &mut self.draft),
                Api::Anthropic => anthropic::hear(&event.data, &mut self.draft),
                Api::Gemini => gemini::hear(&event.data, &mut self.draft),
                // A page answers with whole texts.
                Api::Page => Err(ProviderError::WrongShape { field: "a whole text" }),
            }?;
        }
        Ok(())
    }
}
