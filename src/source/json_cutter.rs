//! Cuts the documents out of JSON text of any layout: one a line, pretty-printed, one after another, in arrays, or in the responses of Elasticsearch.
//!
//! The text is looked at once, byte by byte, in pieces of any size; nothing is held but the document at hand. A grammar that knows only where values and
//! names may stand finds where a document ends, and where it cannot go on. The values themselves are somebody else's business: `serde_json` reads what
//! was cut out.
//!
//! ```text
//! {"took":3,"hits":{"total":…,"hits":[ {"_id":"1","_source":{…}}, {"_id":"2","_source":{…}} ]}}
//! └ Outermost      └ Hits     └ List └ document                  └ document
//! ```
//!
//! An outermost object is a document until a list of documents opens inside of it; then it is a wrapper, and what was held of it is given up. So a response
//! of gigabytes on one line is read in the memory of its largest document.
//!
//! Damage costs the document that it is in. Reading goes on at the next place where a document may begin: at an object on a new line or, inside of a list,
//! behind a comma.

/// Bytes of the largest document that is cut out.
pub const LARGEST: usize = 16 << 20;

/// Objects and lists inside of each other, at most. (`serde_json` has a lower one; this one bounds what is held of damaged text.)
const DEEPEST: usize = 512;

/// Bytes of a line that is no JSON, as far as it is looked at.
const LONGEST_LINE: usize = 256;

/// Bytes of a name that are looked at: those of the longest one that means something here, and one more.
const LONGEST_KEY: usize = 12;

/// Names under which a response stands in what consoles and clients put around it.
const AROUND_RESPONSES: &[&str] =
    &["rawResponse", "response", "responses", "result", "results", "body", "data", "value"];

/// What was found at a place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonCut {
    /// An object that may be a document; its bytes.
    Document(Vec<u8>),
    /// An object of more than [`LARGEST`] bytes.
    TooLong,
    /// A value that stands where a document should and is no object.
    Scalar,
    /// Text that is no JSON, or that ends where it should go on: why.
    Broken(String),
    /// A list or response begins here and does not end.
    Unclosed,
}

/// What an open object or list is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// An object of the outermost level, or of a list there.
    Outermost,
    /// An object that may have a response, or be one.
    Wrapper,
    /// A list of responses.
    Wrappers,
    /// `hits` of a response.
    Hits,
    /// The list of sequences of a response.
    Sequences,
    /// One of them.
    Sequence,
    /// A list of the outermost level, whose members are as those of the text itself.
    OuterList,
    /// A list of documents in a response.
    List,
    /// A part of a document, or of what nobody asks about.
    Plain,
}

/// An open object or list.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_object: bool,
    role: Role,
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expected {
    #[default]
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// Where the cutter is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Between the parts of JSON.
    #[default]
    Between,
    /// In a text; whether its next byte is escaped.
    Text { escaped: bool },
    /// In a number or a literal.
    Literal,
    /// In a line of the outermost level that does not begin as an object or a list.
    Line,
    /// Behind damage, looking for the start of a document.
    Lost,
}

/// The document at hand.
#[derive(Debug)]
struct Held {
    start: u64,
    bytes: Vec<u8>,
    is_too_long: bool,
    /// Open objects and lists around it.
    depth: usize,
}

/// Hears of each cut and the offset of its first byte in the text.
pub type CutSink<'s> = &'s mut dyn FnMut(u64, JsonCut);

/// Cuts documents out of a text that comes in pieces.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the line or the list at hand; none excludes another"
)]
#[derive(Debug, Default)]
pub struct JsonCutter {
    /// Bytes before the piece at hand.
    offset: u64,
    mode: Mode,
    expected: Expected,
    frames: Vec<Frame>,
    /// Where the outermost object or list begins.
    outer_start: u64,
    held: Option<Held>,
    /// Where the part of the piece begins that is still to be held.
    unheld: usize,
    /// The name before the value at hand, or as much of it as may mean something.
    key: Vec<u8>,
    line: Vec<u8>,
    line_start: u64,
    /// Whether only blanks were met since the line began.
    is_fresh_line: bool,
    /// Whether nothing at all was met since the line began.
    is_line_start: bool,
    /// The last byte that was no blank, while lost.
    before: u8,
    /// Whether the end of the outermost list may have been lost with the damage.
    is_damaged: bool,
    /// Whether objects are bodies of requests, as in what a console was told.
    is_after_request: bool,
}

impl JsonCutter {
    /// Takes the next piece of the text.
    pub fn feed(&mut self, piece: &[u8], sink: CutSink<'_>) {
        if self.offset == 0 {
            (self.is_fresh_line, self.is_line_start) = (true, true);
        }
        self.unheld = 0;
        let mut at = 0;
        while at < piece.len() {
            at = match self.mode {
                Mode::Between => self.between(piece, at, sink),
                Mode::Text { escaped } => self.text(piece, at, escaped, sink),
                Mode::Literal => self.literal(piece, at),
                Mode::Line => self.line(piece, at, sink),
                Mode::Lost => self.lost(piece, at),
            };
        }
        self.hold(piece, piece.len());
        self.offset += piece.len() as u64;
    }

    /// Tells of what the end of the text leaves open.
    pub fn finish(&mut self, sink: CutSink<'_>) {
        if self.mode == Mode::Line {
            self.end_line(sink);
        } else if let Some(held) = self.held.take() {
            sink(held.start, JsonCut::Broken("the text ends inside of a document".to_owned()));
        } else if !self.frames.is_empty() && !self.is_damaged {
            sink(self.outer_start, JsonCut::Unclosed);
        }
        *self = Self { offset: self.offset, ..Self::default() };
    }

    /// Bytes that were taken.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// A byte between the parts of JSON, or the first one of the next part.
    fn between(&mut self, piece: &[u8], at: usize, sink: CutSink<'_>) -> usize {
        let byte = piece[at];
        if byte == b'\n' {
            (self.is_fresh_line, self.is_line_start) = (true, true);
            return at + 1;
        }
        let is_outside = self.frames.is_empty();
        let is_line_start = std::mem::take(&mut self.is_line_start);
        // Zeros around the text come with copies of whole blocks, byte order marks with files that were put together.
        let is_blank = byte.is_ascii_whitespace() || (is_outside && [0, 0xef, 0xbb, 0xbf].contains(&byte));
        if is_blank {
            return at + 1;
        }
        // Nobody indents nothing: an object at the very start of a line is the next document, whatever the one before it still waits for.
        if byte == b'{' && is_line_start && self.held.is_some() {
            self.is_line_start = true;
            return self.lose(piece, at, "the document has no end", sink);
        }
        self.is_fresh_line = false;
        let in_object = self.frames.last().is_some_and(|frame| frame.is_object);
        match (byte, self.expected) {
            (b'{' | b'[', Expected::Value | Expected::ValueOrEnd) => return self.open(piece, at, byte == b'{', sink),
            (b'}', Expected::KeyOrEnd | Expected::CommaOrEnd) if in_object => return self.close(piece, at, sink),
            (b']', Expected::ValueOrEnd | Expected::CommaOrEnd) if !in_object => return self.close(piece, at, sink),
            // Some tools write a comma between documents without a list around them.
            (b',', Expected::Value) if is_outside => {}
            (_, Expected::Value) if is_outside => {
                self.line.clear();
                self.line_start = self.offset + at as u64;
                self.mode = Mode::Line;
                return at;
            }
            (b',', Expected::CommaOrEnd) => self.expected = if in_object { Expected::Key } else { Expected::Value },
            (b':', Expected::Colon) => self.expected = Expected::Value,
            (b'"', Expected::Key | Expected::KeyOrEnd) => {
                self.key.clear();
                (self.mode, self.expected) = (Mode::Text { escaped: false }, Expected::Colon);
            }
            (b'"' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z', Expected::Value | Expected::ValueOrEnd) => {
                if self.held.is_none() && self.is_in_list() {
                    sink(self.offset + at as u64, JsonCut::Scalar);
                }
                self.mode = if byte == b'"' { Mode::Text { escaped: false } } else { Mode::Literal };
                self.expected = Expected::CommaOrEnd;
            }
            _ => return self.lose(piece, at, &unexpected(byte), sink),
        }
        at + 1
    }

    /// Whether the innermost open list is one whose members should be documents.
    fn is_in_list(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.role, Role::OuterList | Role::List))
    }

    fn open(&mut self, piece: &[u8], at: usize, is_object: bool, sink: CutSink<'_>) -> usize {
        if self.frames.len() >= DEEPEST {
            return self.lose(piece, at, &format!("objects and lists are nested more than {DEEPEST} deep"), sink);
        }
        let start = self.offset + at as u64;
        if self.frames.is_empty() {
            (self.outer_start, self.is_damaged) = (start, false);
        }
        let role = self.role(is_object);
        if matches!(role, Role::List | Role::Sequences) {
            // What was taken for a document until here is what responses wrap around documents.
            self.held = None;
        }
        let is_document = is_object && (self.frames.is_empty() || self.is_in_list());
        if is_document {
            self.held = Some(Held { start, bytes: Vec::new(), is_too_long: false, depth: self.frames.len() });
            self.unheld = at;
        }
        self.frames.push(Frame { is_object, role });
        self.expected = if is_object { Expected::KeyOrEnd } else { Expected::ValueOrEnd };
        at + 1
    }

    /// What an object or list is that opens here.
    fn role(&self, is_object: bool) -> Role {
        let Some(parent) = self.frames.last() else {
            return if is_object { Role::Outermost } else { Role::OuterList };
        };
        let key = str::from_utf8(&self.key).unwrap_or_default();
        let is_around = AROUND_RESPONSES.contains(&key);
        match (parent.role, is_object) {
            (Role::OuterList, true) => Role::Outermost,
            (Role::OuterList, false) => Role::OuterList,
            (Role::Outermost | Role::Wrapper, true) if key == "hits" => Role::Hits,
            (Role::Outermost | Role::Wrapper, true) if is_around => Role::Wrapper,
            (Role::Outermost | Role::Wrapper, false) if is_around => Role::Wrappers,
            (Role::Wrappers, true) => Role::Wrapper,
            (Role::Hits, false) if matches!(key, "hits" | "events") => Role::List,
            (Role::Hits, false) if key == "sequences" => Role::Sequences,
            (Role::Sequences, true) => Role::Sequence,
            (Role::Sequence, false) if key == "events" => Role::List,
            _ => Role::Plain,
        }
    }

    fn close(&mut self, piece: &[u8], at: usize, sink: CutSink<'_>) -> usize {
        self.frames.pop();
        self.expected = if self.frames.is_empty() { Expected::Value } else { Expected::CommaOrEnd };
        if self.held.as_ref().is_some_and(|held| held.depth == self.frames.len()) {
            self.hold(piece, at + 1);
            if let Some(held) = self.held.take() {
                let is_request = self.is_after_request && self.frames.is_empty();
                match held.is_too_long {
                    _ if is_request => {}
                    true => sink(held.start, JsonCut::TooLong),
                    false => sink(held.start, JsonCut::Document(held.bytes)),
                }
            }
        }
        at + 1
    }

    /// Holds what belongs to the document at hand, up to a place in the piece.
    fn hold(&mut self, piece: &[u8], to: usize) {
        if let Some(held) = self.held.as_mut().filter(|held| !held.is_too_long) {
            let part = &piece[self.unheld..to];
            if held.bytes.len() + part.len() > LARGEST {
                (held.is_too_long, held.bytes) = (true, Vec::new());
            } else {
                held.bytes.extend_from_slice(part);
            }
        }
        self.unheld = to;
    }

    fn text(&mut self, piece: &[u8], at: usize, escaped: bool, sink: CutSink<'_>) -> usize {
        if escaped {
            self.mode = Mode::Text { escaped: false };
            return at + 1;
        }
        let rest = &piece[at..];
        let length = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
        if self.expected == Expected::Colon && self.key.len() < LONGEST_KEY {
            let room = LONGEST_KEY - self.key.len();
            self.key.extend_from_slice(&rest[..length.min(room)]);
        }
        match rest.get(length) {
            None => {}
            Some(b'"') => self.mode = Mode::Between,
            // A name with escapes is none that means something here.
            Some(b'\\') => {
                self.key.resize(LONGEST_KEY, b'\\');
                self.mode = Mode::Text { escaped: true };
            }
            // A text cannot go on in the next line: its own end is missing.
            Some(_) => return self.lose(piece, at + length, "a text has no end on its line", sink),
        }
        (at + length + 1).min(piece.len())
    }

    fn literal(&mut self, piece: &[u8], at: usize) -> usize {
        let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.');
        match piece[at..].iter().position(is_end) {
            Some(length) => {
                self.mode = Mode::Between;
                at + length
            }
            None => piece.len(),
        }
    }

    fn line(&mut self, piece: &[u8], at: usize, sink: CutSink<'_>) -> usize {
        let rest = &piece[at..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&rest[..length.min(room)]);
        if length < rest.len() {
            self.end_line(sink);
        }
        at + length
    }

    /// Tells what a line is that does not begin as an object or a list.
    fn end_line(&mut self, sink: CutSink<'_>) {
        self.mode = Mode::Between;
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end_matches('\0').trim();
        self.is_after_request = is_request(line);
        if is_tool_line(line) {
            return;
        }
        let cut = match serde_json::from_str::<serde_json::Value>(line) {
            Ok(_) => JsonCut::Scalar,
            Err(_) => JsonCut::Broken(format!("not JSON: {}", super::fault::snippet(line))),
        };
        sink(self.line_start, cut);
    }

    /// Gives up the document at hand, and looks for the next one from `at` on.
    fn lose(&mut self, piece: &[u8], at: usize, reason: &str, sink: CutSink<'_>) -> usize {
        self.hold(piece, at);
        let place = self.offset + at as u64;
        let start = self.held.as_ref().map_or(place, |held| held.start);
        let reason = format!("not JSON: {reason} (byte {} of the document)", place - start + 1);
        sink(start, JsonCut::Broken(reason));
        self.held = None;
        // The lists around it go on.
        let lists = self.frames.iter().rposition(|frame| matches!(frame.role, Role::OuterList | Role::List));
        self.frames.truncate(lists.map_or(0, |last| last + 1));
        self.is_damaged = true;
        self.mode = Mode::Lost;
        self.before = 0;
        at
    }

    fn lost(&mut self, piece: &[u8], at: usize) -> usize {
        for (place, &byte) in piece.iter().enumerate().skip(at) {
            if byte == b'\n' {
                (self.is_fresh_line, self.is_line_start) = (true, true);
                continue;
            }
            if byte.is_ascii_whitespace() {
                self.is_line_start = false;
                continue;
            }
            let in_list = !self.frames.is_empty();
            let may_begin = match byte {
                b'{' => self.is_fresh_line || (in_list && matches!(self.before, b',' | b'[')),
                b'[' => self.is_fresh_line && !in_list,
                _ => false,
            };
            // Outside of lists any line may be a document, or something that is told by itself.
            if may_begin || (self.is_fresh_line && !in_list) {
                (self.mode, self.expected) = (Mode::Between, Expected::Value);
                return place;
            }
            (self.is_fresh_line, self.is_line_start, self.before) = (false, false, byte);
        }
        piece.len()
    }
}

/// Why a byte cannot stand where it does.
fn unexpected(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("unexpected `{}`", char::from(byte))
    } else {
        format!("unexpected byte 0x{byte:02x}")
    }
}

/// Whether a line is what a console was asked: a method of HTTP and a path.
fn is_request(line: &str) -> bool {
    const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];
    line.split_once(' ').is_some_and(|(method, _)| METHODS.contains(&method))
}

/// Whether a line is what tools write between documents: requests and comments of a console, and the numbers that `evtx_dump` gives.
pub(super) fn is_tool_line(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    line.is_empty() || line.starts_with('#') || is_request(line) || line.strip_prefix("Record ").is_some_and(is_number)
}

#[cfg(test)]
mod tests;
