//! Server-sent events out of bytes as they come, cut anywhere (WHATWG HTML, "Interpreting an event stream").
//!
//! Pure: bytes in, events out, and the same events for any split of the same bytes. Ids and retry times are left
//! out, since a reply is never resumed. Two departures: text that is not UTF-8 is an error and not repaired, and an
//! event that the end of the stream cuts from its empty line is given out, since some servers forget that line; the
//! reader finds out whether it is whole.

use super::ProviderError;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type; empty where the server gave none.
    pub name: String,
    /// Its data, lines joined by `\n`.
    pub data: String,
}

/// What is known of a stream so far.
#[derive(Debug)]
pub struct SseState {
    /// The most bytes that one event may take.
    event_bytes: usize,
    line: Vec<u8>,
    /// The last byte ended a line as `\r`, so a `\n` that follows belongs to it.
    after_return: bool,
    /// Nothing was read yet: a byte-order mark may come.
    first_line: bool,
    name: String,
    data: String,
    has_data: bool,
}

impl SseState {
    /// A stream whose events take `event_bytes` at most.
    pub fn new(event_bytes: usize) -> Self {
        SseState {
            event_bytes,
            line: Vec::new(),
            after_return: false,
            first_line: true,
            name: String::new(),
            data: String::new(),
            has_data: false,
        }
    }

    /// Reads the next bytes and gives the events that they complete.
    ///
    /// # Errors
    /// [`ProviderError::TooMuch`] where an event outgrows its limit, [`ProviderError::NotUtf8`].
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, ProviderError> {
        let mut events = Vec::new();
        for &byte in bytes {
            let joined = std::mem::replace(&mut self.after_return, byte == b'\r') && byte == b'\n';
            if joined {
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                events.extend(self.end_line()?);
            } else if self.line.len() + self.data.len() + self.name.len() >= self.event_bytes {
                return Err(ProviderError::TooMuch { limit: self.event_bytes as u64 });
            } else {
                self.line.push(byte);
            }
        }
        Ok(events)
    }

    /// The stream has ended; gives the event that it left open.
    ///
    /// # Errors
    /// [`ProviderError::NotUtf8`].
    pub fn end(mut self) -> Result<Option<Event>, ProviderError> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.dispatch())
    }

    fn end_line(&mut self) -> Result<Option<Event>, ProviderError> {
        let bytes = std::mem::take(&mut self.line);
        let text = str::from_utf8(&bytes).map_err(|_| ProviderError::NotUtf8)?;
        let line = if std::mem::take(&mut self.first_line) {
            text.strip_prefix('\u{feff}').unwrap_or(text)
        } else {
            text
        };
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        // A line that begins with a colon is a comment: its field has no name.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        Ok(None)
    }

    /// An event without data is none, as the standard says.
    fn dispatch(&mut self) -> Option<Event> {
        let event = Event { name: std::mem::take(&mut self.name), data: std::mem::take(&mut self.data) };
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, ProviderError> {
        let mut state = SseState::new(1 << 16);
        let mut events = Vec::new();
        for piece in pieces {
            events.extend(state.read(piece)?);
        }
        events.extend(state.end()?);
        Ok(events)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<Event> = expected
            .iter()
            .map(|(name, data)| Event { name: (*name).to_owned(), data: (*data).to_owned() })
            .collect();
        assert_eq!(all([text.as_bytes()]).unwrap(), expected, "{text:?}");
        assert_eq!(all(text.as_bytes().chunks(1)).unwrap(), expected, "{text:?} byte by byte");
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        check("data: a\n\n", &[("", "a")]);
        check("data:a\r\n\r\ndata: b\r\rdata:  c\n\n", &[("", "a"), ("", "b"), ("", " c")]);
        check("event: x\ndata: a\ndata: b\n\n", &[("x", "a\nb")]);
        check(": ping\n\n\u{feff}data: a\n\n", &[]);
        check("\u{feff}data: a\n\nid: 1\nretry: 5\nevent: y\n\ndata\n\n", &[("", "a"), ("", "")]);
        check("data: größe 👍\n\ndata: left open", &[("", "größe 👍"), ("", "left open")]);
    }

    #[test]
    fn an_event_without_end_ends_by_its_limit() {
        let mut state = SseState::new(100);
        let flood = [b'x'; 64];
        assert!(state.read(b"data: ").is_ok() && state.read(&flood).is_ok());
        assert_eq!(state.read(&flood), Err(ProviderError::TooMuch { limit: 100 }));
        let mut lines = SseState::new(100);
        let told = (0..50).try_for_each(|_| lines.read(b"data: some more\n").map(|_| ()));
        assert_eq!(told, Err(ProviderError::TooMuch { limit: 100 }));
    }

    #[test]
    fn what_is_not_utf8_is_told() {
        assert_eq!(all([&b"data: \xff\n\n"[..]]), Err(ProviderError::NotUtf8));
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod property {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn any_split_gives_the_same_events(
                text in "(data: ?|event:|: |\\n|\\r|\\r\\n|[a-c]|ä|👍|\\n\\n){0,60}",
                cuts in prop::collection::vec(0usize..400, 0..12),
            ) {
                let bytes = text.as_bytes();
                let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
                cuts.push(bytes.len());
                cuts.sort_unstable();
                let mut from = 0;
                let pieces = cuts.iter().map(|to| { let piece = &bytes[from..*to]; from = *to; piece });
                let split = all(pieces.collect::<Vec<_>>());
                prop_assert_eq!(split, all([bytes]));
            }

            #[test]
            fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
                let _ = all([&bytes[..]]);
            }
        }
    }
}
