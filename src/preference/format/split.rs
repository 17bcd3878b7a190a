//! Cuts a stream of bytes into records: the lines of JSON Lines, or the elements of a JSON list.
//!
//! It holds one record at a time and knows only as much of JSON as it takes to see where a record ends; what
//! is in it is parsed by `serde_json`. A record that doesn't end as it should is told as a fault, and reading
//! goes on at the next place that looks like the beginning of one: records of one file are written by one
//! program, so each begins with the same bytes up to its first key, and inside a JSON text those bytes can't
//! occur, since quotes are escaped there.

use super::problem::{FormatError, Why};

/// Bounds on what a file may ask of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record. A PRISM conversation of 22 turns takes 100 kB; a text of 1 MB in three places fits.
    pub record_bytes: usize,
    /// The deepest nesting of lists and objects; real files have 5 levels. At most 64: the brackets are kept
    /// in the bits of a word.
    pub nesting: u32,
    /// How many people's names are remembered.
    pub people: usize,
    /// How many records may be of no known format before a file is given up, when none was of one.
    pub unrecognised: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { record_bytes: 32 << 20, nesting: 64, people: 100_000, unrecognised: 1_000 }
    }
}

/// A piece of the stream.
pub(super) enum Piece<'a> {
    /// A record's bytes, and where it begins.
    Record { place: Place, bytes: &'a [u8] },
    /// A record that can't be read, or something in its place.
    Fault { place: Place, why: Why },
    /// Something wrong between the records, which costs none of them.
    Doubt { place: Place, why: Why },
}

/// Where in the stream something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The line, from 1.
    pub line: u64,
    /// In a list, which record, from 1.
    pub record: Option<u64>,
}

impl Place {
    fn of_line(line: u64) -> Self {
        Place { line, record: None }
    }
}

/// Where in the stream we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first byte that tells what file this is.
    Head,
    /// Before the first byte that is not blank.
    Start,
    /// After a `{` at the start: a line break right behind it means records over several lines.
    FirstBrace,
    /// Each line is a record.
    Lines,
    /// In a line that was too long; it ends at the line break.
    LongLine,
    /// Between two values.
    Between,
    /// In a value.
    Value,
    /// Looking for the next record's beginning, after a fault.
    Lost,
    /// After the list's end.
    End,
}

/// The cutter.
pub(super) struct Splitter {
    limits: Limits,
    state: State,
    /// The beginning of the file, then the record at hand.
    buffer: Vec<u8>,
    /// Of a broken record, what is to be read again, from the next mark on.
    again: Option<Vec<u8>>,
    line: u64,
    record_line: u64,
    /// Records of the list that began so far.
    records: u64,
    in_list: bool,
    /// In a list: a record was read since the last comma, a comma since the last record.
    after_record: bool,
    after_comma: bool,
    depth: u32,
    /// One bit a level: set for a list, clear for an object.
    brackets: u64,
    in_string: bool,
    escaped: bool,
    /// The bytes that every record begins with, through its first key.
    mark: Vec<u8>,
}

/// A mark longer than this is no key.
const MARK_BYTES: usize = 256;

impl Splitter {
    pub fn new(limits: Limits) -> Self {
        Splitter {
            limits: Limits { nesting: limits.nesting.min(64), ..limits },
            state: State::Head,
            buffer: Vec::new(),
            again: None,
            line: 1,
            record_line: 1,
            records: 0,
            in_list: false,
            after_record: false,
            after_comma: false,
            depth: 0,
            brackets: 0,
            in_string: false,
            escaped: false,
            mark: Vec::new(),
        }
    }

    /// Takes the next bytes and hands out every record that ends in them.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> Result<(), FormatError> {
        if self.state != State::Head {
            self.feed(bytes, out);
            return Ok(());
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < 4 {
            return Ok(());
        }
        self.begin(out)
    }

    /// Ends the stream.
    pub fn finish(&mut self, out: &mut dyn FnMut(Piece<'_>)) -> Result<(), FormatError> {
        if self.state == State::Head {
            self.begin(out)?;
        }
        // A fault at the end may leave whole records behind it; each round drops at least one byte.
        loop {
            match self.state {
                // After a first brace no line break came: the brace is all of the record that there is.
                State::Lines | State::FirstBrace => self.end_line(out),
                State::Value if self.depth == 0 && !self.in_string => self.end_value(out),
                State::Value => {
                    self.fault(Why::Truncated, out);
                    self.read_again(out);
                    if self.state != State::Lost {
                        continue;
                    }
                }
                State::Between if self.in_list => {
                    out(Piece::Doubt { place: Place::of_line(self.line), why: Why::OpenList });
                }
                _ => {}
            }
            return Ok(());
        }
    }

    /// Looks at the first bytes for files that are no text, and drops a byte order mark.
    fn begin(&mut self, out: &mut dyn FnMut(Piece<'_>)) -> Result<(), FormatError> {
        const UTF_16: (&str, &str) = ("a text in UTF-16, not in UTF-8", "save it as UTF-8");
        const MAGIC: [(&[u8], (&str, &str)); 10] = [
            (b"PK\x03\x04", ("a ZIP archive, not text", "unpack it and import the JSON file in it")),
            (b"\x1f\x8b", ("a gzip file, not text", "unpack it and import the JSON file in it")),
            (b"PAR1", ("a Parquet file, not text", "convert it to JSON Lines first")),
            (b"SQLi", ("an SQLite database, not text", "export the records as JSON Lines first")),
            (b"\xff\xfe", UTF_16),
            (b"\xfe\xff", UTF_16),
            // The same without its mark.
            (b"[\0", UTF_16),
            (b"{\0", UTF_16),
            (b"\0[", UTF_16),
            (b"\0{", UTF_16),
        ];
        let head = std::mem::take(&mut self.buffer);
        if let Some((_, (kind, advice))) = MAGIC.into_iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(FormatError::NotText { kind, advice });
        }
        self.state = State::Start;
        self.feed(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head), out);
        Ok(())
    }

    fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            let taken = self.step(bytes, out);
            bytes = &bytes[taken..];
            self.read_again(out);
        }
    }

    /// Takes some of these bytes, at least one or a step to another state.
    fn step(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> usize {
        match self.state {
            // `push` leaves this state before it feeds anything.
            State::Head => bytes.len(),
            State::End => self.end(bytes, out),
            State::Start => self.start(bytes),
            State::FirstBrace => self.first_brace(bytes),
            State::Lines => self.lines(bytes, out),
            State::LongLine => self.long_line(bytes),
            State::Between => self.between(bytes, out),
            State::Value => self.value(bytes, out),
            State::Lost => self.lost(bytes),
        }
    }

    /// Reads what a fault left of its record. That may be broken in its turn, as deep as records can be nested: its
    /// rest is then a part of the same bytes, so going back in them is enough and nothing more is kept.
    fn read_again(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        let Some(bytes) = self.again.take() else { return };
        let mut at = 0;
        while at < bytes.len() {
            at += self.step(&bytes[at..], out);
            if let Some(unread) = self.again.take() {
                at -= unread.len();
            }
        }
    }

    fn start(&mut self, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        if byte.is_ascii_whitespace() {
            self.line += u64::from(byte == b'\n');
            return 1;
        }
        self.record_line = self.line;
        match byte {
            b'[' => {
                (self.in_list, self.state) = (true, State::Between);
                1
            }
            b'{' => {
                self.buffer.push(byte);
                self.state = State::FirstBrace;
                1
            }
            _ => {
                self.state = State::Lines;
                0
            }
        }
    }

    fn first_brace(&mut self, bytes: &[u8]) -> usize {
        match bytes[0] {
            b'\n' => {
                // `{` alone on its line: the record goes on over the next ones.
                let head = std::mem::take(&mut self.buffer);
                self.state = State::Between;
                let mut nothing = |_: Piece<'_>| {};
                self.feed(&head, &mut nothing);
                0
            }
            b' ' | b'\t' | b'\r' if self.buffer.len() < MARK_BYTES => {
                self.buffer.push(bytes[0]);
                1
            }
            _ => {
                self.state = State::Lines;
                0
            }
        }
    }

    fn lines(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> usize {
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        if self.buffer.len() + part.len() > self.limits.record_bytes {
            let why = Why::TooLong { limit: self.limits.record_bytes as u64 };
            out(Piece::Fault { place: Place::of_line(self.line), why });
            self.buffer.clear();
            self.state = State::LongLine;
            return part.len();
        }
        self.record_line = self.line;
        let Some(end) = end else {
            self.buffer.extend_from_slice(part);
            return part.len();
        };
        if self.buffer.is_empty() {
            hand_out_line(self.line, part, out);
        } else {
            self.buffer.extend_from_slice(part);
            self.end_line(out);
        }
        self.line += 1;
        end + 1
    }

    fn end_line(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        hand_out_line(self.line, &self.buffer, out);
        self.buffer.clear();
    }

    fn long_line(&mut self, bytes: &[u8]) -> usize {
        match memchr::memchr(b'\n', bytes) {
            Some(end) => {
                self.line += 1;
                self.state = State::Lines;
                end + 1
            }
            None => bytes.len(),
        }
    }

    fn between(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> usize {
        let byte = bytes[0];
        match byte {
            b'\n' => self.line += 1,
            _ if byte.is_ascii_whitespace() => {}
            b',' => {
                if !self.in_list || !self.after_record {
                    out(Piece::Doubt { place: Place::of_line(self.line), why: Why::StrayComma });
                }
                (self.after_record, self.after_comma) = (false, true);
            }
            b']' if self.in_list => {
                if self.after_comma {
                    out(Piece::Doubt { place: Place::of_line(self.line), why: Why::StrayComma });
                }
                self.state = State::End;
            }
            _ => {
                if self.in_list && self.after_record {
                    out(Piece::Doubt { place: Place::of_line(self.line), why: Why::MissingComma });
                }
                self.record_line = self.line;
                self.records += 1;
                (self.depth, self.brackets, self.in_string, self.escaped) = (0, 0, false, false);
                self.state = State::Value;
                return 0;
            }
        }
        1
    }

    fn end(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> usize {
        match bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
            None => {
                self.line += newlines(bytes);
                bytes.len()
            }
            Some(at) => {
                self.line += newlines(&bytes[..at]);
                out(Piece::Fault { place: Place::of_line(self.line), why: Why::AfterEnd });
                self.state = State::Lost;
                at
            }
        }
    }

    fn value(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) -> usize {
        let room = self.limits.record_bytes.saturating_sub(self.buffer.len());
        let seen = self.scan(&bytes[..bytes.len().min(room)]);
        self.buffer.extend_from_slice(&bytes[..seen.taken]);
        self.line += seen.lines;
        match seen.end {
            Some(End::Closed) => self.end_value(out),
            Some(End::Wrong(why)) => self.fault(why, out),
            None if self.buffer.len() >= self.limits.record_bytes => {
                self.fault(Why::TooLong { limit: self.limits.record_bytes as u64 }, out);
            }
            None => {}
        }
        seen.taken
    }

    fn record_place(&self) -> Place {
        Place { line: self.record_line, record: self.in_list.then_some(self.records) }
    }

    fn end_value(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        self.note_mark();
        out(Piece::Record { place: self.record_place(), bytes: &self.buffer });
        self.buffer.clear();
        (self.after_record, self.after_comma) = (true, false);
        self.state = State::Between;
    }

    /// The first record's beginning, through the colon of its first key.
    fn note_mark(&mut self) {
        if self.mark.is_empty() && self.buffer.first() == Some(&b'{') {
            let head = &self.buffer[..self.buffer.len().min(MARK_BYTES)];
            if let Some(colon) = memchr::memchr(b':', head) {
                self.mark = head[..=colon].to_vec();
            }
        }
    }

    /// Tells the fault, and goes on at the next mark: in what is held of the broken record, which is left to be read
    /// again, or further on.
    fn fault(&mut self, why: Why, out: &mut dyn FnMut(Piece<'_>)) {
        out(Piece::Fault { place: self.record_place(), why });
        self.note_mark();
        self.state = State::Lost;
        (self.after_record, self.after_comma) = (false, false);
        let mut broken = std::mem::take(&mut self.buffer);
        let next = (!self.mark.is_empty())
            .then(|| memchr::memmem::find(&broken[1.min(broken.len())..], &self.mark))
            .flatten();
        self.line -= newlines(&broken);
        match next.map(|at| at + 1) {
            Some(at) => {
                self.line += newlines(&broken[..at]);
                self.state = State::Between;
                broken.drain(..at);
                self.again = Some(broken);
            }
            None => {
                let kept = broken.len().min(self.mark.len().saturating_sub(1));
                self.line += newlines(&broken[..broken.len() - kept]);
                // The first byte may be the broken record's own mark.
                self.buffer = broken[(broken.len() - kept).max(1.min(broken.len()))..].to_vec();
            }
        }
    }

    /// Reads on until the mark: what is held is less than a mark long, so a mark over two chunks is found too.
    fn lost(&mut self, bytes: &[u8]) -> usize {
        if self.mark.is_empty() {
            self.line += newlines(bytes);
            return bytes.len();
        }
        // A mark can only end within the next bytes; they are taken in pieces so that the buffer stays small.
        let taken = bytes.len().min(1 << 16);
        self.buffer.extend_from_slice(&bytes[..taken]);
        let found = memchr::memmem::find(&self.buffer, &self.mark);
        match found {
            Some(at) => {
                // What was held before was not counted yet, and neither was this.
                self.line += newlines(&self.buffer[..at]);
                let unread = self.buffer.split_off(at);
                self.buffer.clear();
                self.state = State::Between;
                let mut nothing = |_: Piece<'_>| {};
                let mark = self.mark.len();
                self.feed(&unread[..mark], &mut nothing);
                taken - (unread.len() - mark)
            }
            None => {
                let drop = self.buffer.len().saturating_sub(self.mark.len() - 1);
                self.line += newlines(&self.buffer[..drop]);
                self.buffer.drain(..drop);
                taken
            }
        }
    }

    /// Follows strings and brackets until the value ends, something is wrong, or the bytes are over.
    fn scan(&mut self, bytes: &[u8]) -> Seen {
        let mut seen = Seen { taken: bytes.len(), lines: 0, end: None };
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at = self.scan_string(bytes, at, &mut seen);
                if seen.end.is_some() {
                    return seen;
                }
                continue;
            }
            let byte = bytes[at];
            let end = match byte {
                b'"' => {
                    self.in_string = true;
                    None
                }
                b'{' | b'[' => self.open(byte),
                b'}' | b']' if self.depth == 0 => {
                    // The end of the list, right after a value that is no object.
                    seen.taken = at;
                    seen.end = Some(if at == 0 && self.buffer.is_empty() {
                        seen.taken = 1;
                        End::Wrong(Why::Brackets)
                    } else {
                        End::Closed
                    });
                    return seen;
                }
                b'}' | b']' => self.close(byte),
                b',' | b'\n' if self.depth == 0 => {
                    seen.taken = at;
                    seen.end = Some(End::Closed);
                    return seen;
                }
                b'\n' => {
                    seen.lines += 1;
                    None
                }
                _ => None,
            };
            at += 1;
            if end.is_some() {
                (seen.taken, seen.end) = (at, end);
                return seen;
            }
        }
        seen
    }

    /// Follows a string from `at`; gives where it goes on.
    fn scan_string(&mut self, bytes: &[u8], at: usize, seen: &mut Seen) -> usize {
        if self.escaped {
            self.escaped = false;
            if bytes[at] != b'\n' {
                return at + 1;
            }
        }
        let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]) else { return bytes.len() };
        match bytes[at + next] {
            b'"' => {
                self.in_string = false;
                if self.depth == 0 {
                    (seen.taken, seen.end) = (at + next + 1, Some(End::Closed));
                }
            }
            b'\\' => self.escaped = true,
            // Left for the next step, so that the line is counted there.
            _ => (seen.taken, seen.end) = (at + next, Some(End::Wrong(Why::OpenString))),
        }
        at + next + 1
    }

    fn open(&mut self, byte: u8) -> Option<End> {
        if self.depth >= self.limits.nesting {
            return Some(End::Wrong(Why::TooDeep { limit: self.limits.nesting }));
        }
        let bit = 1_u64 << self.depth;
        self.brackets = if byte == b'[' { self.brackets | bit } else { self.brackets & !bit };
        self.depth += 1;
        None
    }

    fn close(&mut self, byte: u8) -> Option<End> {
        self.depth -= 1;
        let is_list = self.brackets >> self.depth & 1 == 1;
        if is_list != (byte == b']') {
            return Some(End::Wrong(Why::Brackets));
        }
        (self.depth == 0).then_some(End::Closed)
    }
}

/// What a scan saw.
struct Seen {
    taken: usize,
    lines: u64,
    end: Option<End>,
}

enum End {
    Closed,
    Wrong(Why),
}

fn hand_out_line(line: u64, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
    if !bytes.trim_ascii().is_empty() {
        out(Piece::Record { place: Place::of_line(line), bytes });
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that holds the beginnings of `deep` others in each other and ends in a wrong bracket.
    fn nested(deep: usize, text: usize) -> String {
        format!("[{}\"{}\"]", "{\"a\":".repeat(deep), "x".repeat(text))
    }

    #[test]
    fn records_broken_in_each_other_cost_one_buffer() {
        let text = 1 << 20;
        let file = nested(60, text) + ",{\"a\":1}";
        let mut splitter = Splitter::new(Limits::default());
        let (mut faults, mut records) = (0, Vec::new());
        for chunk in file.as_bytes().chunks(1 << 16) {
            let mut out = |piece: Piece<'_>| match piece {
                Piece::Record { bytes, .. } => records.push(String::from_utf8_lossy(bytes).into_owned()),
                Piece::Fault { .. } => faults += 1,
                Piece::Doubt { .. } => {}
            };
            splitter.push(chunk, &mut out).expect("it is text");
            assert!(splitter.buffer.capacity() <= 4 * text && splitter.again.is_none());
        }
        assert_eq!((faults, records), (60, vec!["{\"a\":1}".to_owned()]));
    }
}
