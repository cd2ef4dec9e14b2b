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
//! Damage costs the document that it is in; [`aftermath`] knows where reading goes on. What a document that cannot be read on has swallowed is read
//! again, once: no byte is looked at more often than a fixed number of times.

use aftermath::{Aftermath, CutKind, Resumption};
use response::{ResponsePart, ResponseWatch};

pub use response::Shortfall;

mod aftermath;
mod response;

/// Bytes of the largest document that is cut out.
pub const LARGEST: usize = 16 << 20;

/// Objects and lists inside of each other, at most. (`serde_json` has a lower one; this one bounds what is held of damaged text.)
const DEEPEST: usize = 512;

/// Bytes of a line that is no JSON, as far as it is looked at.
const LONGEST_LINE: usize = 256;

/// Bytes of a name that are looked at: those of the longest one that means something here, and one more.
const LONGEST_KEY: usize = 12;

/// Names under which a response stands in what consoles and clients put around it.
const AROUND_RESPONSES: &[&str] = &["rawResponse", "response", "result", "body", "Events"];

/// Names under which exports have a list of documents or responses. A document may have lists under such names too: see [`Role::MaybeList`].
const LISTS: &[&str] = &[
    "responses",
    "results",
    "hits",
    "docs",
    "documents",
    "events",
    "records",
    "Records",
    "rows",
    "data",
    "value",
    "Events",
    "Event",
];

/// Names that only a document has, not what is around documents. So is `fields` if it is an object: Splunk has a list of that name beside its rows.
const OF_DOCUMENTS: &[&str] =
    &["@timestamp", "timestamp", "_source", "event", "System", "EventID", "EventData", "winlog", "_raw"];

/// A document, or damage, at a place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonCut<'t> {
    /// An object that may be a document; its bytes.
    Document(&'t [u8]),
    /// A text in a list of documents, in its quotes: a tool may have kept an event as text.
    Text(&'t [u8]),
    /// An object or text of more than [`LARGEST`] bytes.
    TooLong,
    /// A value that stands where a document should and is neither object nor text.
    Scalar,
    /// Text that is no JSON, or that ends where it should go on: why.
    Broken(String),
    /// A list or response begins here and does not end.
    Unclosed,
    /// The response that begins here has so many documents in other places than its list of hits, as in an aggregation. They are not read.
    PassedOver(u64),
    /// The response that begins here says that it lacks something.
    Incomplete(Shortfall),
}

/// Role of an open object or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// An object of the outermost level, or of a list there.
    Outermost,
    /// An object that may have a response, or be one.
    Wrapper,
    /// `hits` of a response.
    Hits,
    /// `total` of `hits`.
    Total,
    /// `_shards` of a response.
    Shards,
    /// The list of sequences of a response.
    Sequences,
    /// One of them.
    Sequence,
    /// A list of documents: of the outermost level, or in a response. Its members are as those of the text itself.
    List,
    /// A list that is one of documents if it has an object, and if nothing before it shows that it is part of a document.
    MaybeList,
    /// A part of a document, or of what nobody asks about.
    Plain,
}

/// An open object or list.
#[derive(Clone, Copy, Debug)]
struct JsonFrame {
    is_object: bool,
    role: Role,
}

/// The syntax that may come next.
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
    /// In a line of the outermost level that does not begin as an object or a list; whether its last byte may begin an object.
    Line { brace: bool },
    /// Behind damage, looking for the start of a document.
    Lost,
}

/// The document at hand.
#[derive(Debug)]
struct HeldDocument {
    start: u64,
    /// Its bytes in earlier pieces.
    bytes: Vec<u8>,
    is_too_long: bool,
    /// Open objects and lists around it.
    depth: usize,
    /// By how much it is indented, if it begins a line.
    column: Option<u64>,
    /// Whether its first name stands on its first line, so that an object on a line of its own, and not indented more, is none of its parts.
    is_compact: bool,
    /// Whether it has a name that only documents have.
    is_certain: bool,
    kind: CutKind,
}

impl HeldDocument {
    fn new(start: u64, depth: usize, column: Option<u64>, kind: CutKind) -> Self {
        let (bytes, is_too_long) = (Vec::new(), false);
        Self { start, bytes, is_too_long, depth, column, is_compact: false, is_certain: false, kind }
    }
}

/// Hears of each cut and the offset of its first byte in the text.
pub type CutSink<'s> = &'s mut dyn FnMut(u64, JsonCut<'_>);

/// Cuts documents out of a text that comes in pieces.
#[derive(Debug, Default)]
pub struct JsonCutter {
    /// Bytes before the piece at hand.
    offset: u64,
    mode: Mode,
    expected: Expected,
    frames: Vec<JsonFrame>,
    /// Where the outermost object or list begins.
    outer_start: u64,
    held: Option<HeldDocument>,
    /// Where the part of the piece begins that is still to be held.
    unheld: usize,
    /// The name before the value at hand, or as much of it as may mean something.
    key: Vec<u8>,
    /// Documents of the outermost object that are not in a list of its own.
    passed_over: u64,
    response: ResponseWatch,
    line: Vec<u8>,
    line_start: u64,
    /// Lines that are no JSON, and are told together: where they begin, what the first one is, and how many more follow.
    junk: Option<(u64, String, u64)>,
    /// Where the line at hand begins.
    line_begin: u64,
    /// Whether something other than blanks was met since.
    is_line_used: bool,
    /// How the last document began.
    opening: Vec<u8>,
    aftermath: Aftermath,
    /// Up to here, nothing is read a second time.
    rescanned: u64,
    /// Whether the end of the outermost list may have been lost with the damage.
    is_damaged: bool,
    /// Whether objects are bodies of requests, as in what a console was told.
    is_after_request: bool,
}

impl JsonCutter {
    /// A cutter of a text that begins at some offset.
    pub fn starting_at(offset: u64) -> Self {
        Self { offset, line_begin: offset, ..Self::default() }
    }

    /// Takes the next piece of the text.
    pub fn feed(&mut self, piece: &[u8], sink: CutSink<'_>) {
        self.run(piece, sink);
        self.offset += piece.len() as u64;
    }

    fn run(&mut self, piece: &[u8], sink: CutSink<'_>) {
        self.unheld = 0;
        let mut at = 0;
        while at < piece.len() {
            at = match self.mode {
                Mode::Between => self.between(piece, at, sink),
                Mode::Text { escaped } => self.text(piece, at, escaped, sink),
                Mode::Literal => self.literal(piece, at),
                Mode::Line { brace } => self.line(piece, at, brace, sink),
                Mode::Lost => self.lost(piece, at, sink),
            };
        }
        self.hold(piece, piece.len());
    }

    /// Takes bytes that were met before as what begins at `start`, and goes on at a place in the piece.
    fn resume(&mut self, bytes: &[u8], start: u64, next: usize, sink: CutSink<'_>) -> usize {
        // A reading within a reading: offsets count from `start` until the old bytes are through, and from the piece at hand again behind that.
        let offset = std::mem::replace(&mut self.offset, start);
        (self.mode, self.expected) = (Mode::Between, Expected::Value);
        self.run(bytes, sink);
        (self.offset, self.unheld) = (offset, next);
        next
    }

    /// Tells of what the end of the text leaves open.
    pub fn finish(&mut self, sink: CutSink<'_>) {
        if let Mode::Line { .. } = self.mode {
            self.end_line(sink);
        }
        self.tell_junk(sink);
        let mut is_cut = false;
        while let Some(held) = self.held.take() {
            sink(held.start, JsonCut::Broken("the text ends inside of a document".to_owned()));
            is_cut = true;
            self.frames.truncate(held.depth);
            self.again(held, self.offset, None, sink);
        }
        if !self.frames.is_empty() && !is_cut && !self.is_damaged {
            sink(self.outer_start, JsonCut::Unclosed);
        }
        self.tell_passed_over(sink);
        self.response.tell_pages(&mut |start, shortfall| sink(start, JsonCut::Incomplete(shortfall)));
        *self = Self { offset: self.offset, ..Self::default() };
    }

    /// Bytes that were taken.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn place(&self, at: usize) -> u64 {
        self.offset + at as u64
    }

    fn new_line(&mut self, at: usize) {
        (self.line_begin, self.is_line_used) = (self.place(at) + 1, false);
    }

    /// The column of a byte that is no blank, if it is the first of its line.
    fn column(&mut self, at: usize) -> Option<u64> {
        let is_used = std::mem::replace(&mut self.is_line_used, true);
        (!is_used).then(|| self.place(at).saturating_sub(self.line_begin))
    }

    /// A byte between the parts of JSON, or the first one of the next part.
    fn between(&mut self, piece: &[u8], at: usize, sink: CutSink<'_>) -> usize {
        let byte = piece[at];
        if byte == b'\n' {
            self.new_line(at);
            return at + 1;
        }
        // Zeros around the text come with copies of whole blocks, byte order marks with files that were put together.
        if self.held.is_none() && [0, 0xef, 0xbb, 0xbf].contains(&byte) {
            if !self.is_line_used {
                self.line_begin = self.place(at) + 1;
            }
            return at + 1;
        }
        if byte.is_ascii_whitespace() {
            return at + 1;
        }
        let column = self.column(at);
        // Where a document has lost its end, all documents behind it would be taken for its parts. One that stands no further right than the document
        // itself, which writers of compact JSON never do inside, shows that the end is missing.
        let is_next =
            |held: &HeldDocument| held.is_compact && column.zip(held.column).is_some_and(|(column, own)| column <= own);
        if byte == b'{' && self.held.as_ref().is_some_and(is_next) {
            return self.lose(piece, at, "the document has no end", column, sink);
        }
        let is_outside = self.frames.is_empty();
        let in_object = self.frames.last().is_some_and(|frame| frame.is_object);
        let in_list = self.held.is_none() && self.is_in_list();
        match (byte, self.expected) {
            (b'{' | b'[', Expected::Value | Expected::ValueOrEnd) => return self.open(piece, at, column, sink),
            // Between documents a comma may be missing, or be there twice.
            (b'{' | b'[', Expected::CommaOrEnd) if in_list => return self.open(piece, at, column, sink),
            (b',', Expected::Value | Expected::ValueOrEnd) if in_list || is_outside => {}
            (b'}', Expected::Key | Expected::KeyOrEnd | Expected::CommaOrEnd) if in_object => {
                return self.close(piece, at, sink);
            }
            (b']', Expected::Value | Expected::ValueOrEnd | Expected::CommaOrEnd) if !in_object && !is_outside => {
                return self.close(piece, at, sink);
            }
            (_, Expected::Value) if is_outside => {
                self.line.clear();
                self.line_start = self.place(at);
                self.mode = Mode::Line { brace: false };
                return at;
            }
            (b',', Expected::CommaOrEnd) => self.expected = if in_object { Expected::Key } else { Expected::Value },
            (b':', Expected::Colon) => self.expected = Expected::Value,
            (b'"', Expected::Key | Expected::KeyOrEnd) => self.begin_key(column),
            (b'"' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z', Expected::Value | Expected::ValueOrEnd) => {
                if in_list && byte == b'"' {
                    self.held = Some(HeldDocument::new(self.place(at), self.frames.len(), column, CutKind::Text));
                    self.unheld = at;
                } else if in_list {
                    sink(self.place(at), JsonCut::Scalar);
                } else {
                    self.begin_value();
                    self.response.add_to_value(if byte == b'"' { &[] } else { &piece[at..=at] });
                }
                self.mode = if byte == b'"' { Mode::Text { escaped: false } } else { Mode::Literal };
                self.expected = Expected::CommaOrEnd;
            }
            _ => return self.lose(piece, at, &unexpected(byte), column, sink),
        }
        at + 1
    }

    fn begin_key(&mut self, column: Option<u64>) {
        if let Some(held) = self.held.as_mut().filter(|held| held.depth + 1 == self.frames.len())
            && self.expected == Expected::KeyOrEnd
        {
            held.is_compact = column.is_none();
        }
        self.key.clear();
        (self.mode, self.expected) = (Mode::Text { escaped: false }, Expected::Colon);
    }

    fn end_key(&mut self) {
        let key = self.key.as_slice();
        match (self.frames.last().map(|frame| frame.role), &mut self.held) {
            (Some(Role::Outermost), Some(held)) => {
                held.is_certain |= OF_DOCUMENTS.iter().any(|name| name.as_bytes() == key);
            }
            (Some(Role::Plain), None) if key == b"_source" => self.passed_over += 1,
            _ => {}
        }
    }

    /// Looks whether the value that begins says something of a response.
    fn begin_value(&mut self) {
        let part = match self.frames.last().map(|frame| frame.role) {
            Some(Role::Outermost | Role::Wrapper) => ResponsePart::Top,
            Some(Role::Shards) => ResponsePart::Shards,
            Some(Role::Hits) => ResponsePart::Hits,
            Some(Role::Total) => ResponsePart::Total,
            _ => return,
        };
        self.response.begin_value(part, &self.key);
    }

    fn end_value(&mut self) {
        if self.response.is_in_value() {
            self.response.end_value(self.around());
        }
    }

    /// The outermost object of the response at hand.
    fn around(&self) -> Option<usize> {
        self.frames.iter().rposition(|frame| frame.role == Role::Outermost)
    }

    /// Counts what opens in a response, and begins the response with its list.
    fn note_response(&mut self, role: Role) {
        let [.., outer, list] = self.frames.as_slice() else {
            return;
        };
        if role == Role::Sequence || (list.role, outer.role) == (Role::List, Role::Hits) {
            self.response.count();
        } else if list.role == Role::Hits && matches!(role, Role::List | Role::Sequences) {
            let start = self.held.as_ref().map_or(self.outer_start, |held| held.start);
            self.response.begin_list(self.around().unwrap_or_default(), start);
        }
    }

    /// Whether the innermost open list is one whose members should be documents.
    fn is_in_list(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.role == Role::List)
    }

    fn open(&mut self, piece: &[u8], at: usize, column: Option<u64>, sink: CutSink<'_>) -> usize {
        if self.frames.len() >= DEEPEST {
            return self.too_deep(piece, at, column, sink);
        }
        let is_object = piece[at] == b'{';
        let start = self.place(at);
        if self.frames.is_empty() {
            self.tell_junk(sink);
            (self.outer_start, self.is_damaged, self.passed_over) = (start, false, 0);
        }
        if let Some(list) = self.frames.last_mut().filter(|frame| frame.role == Role::MaybeList) {
            let is_part = !is_object || self.held.as_ref().is_some_and(|held| held.is_certain);
            list.role = if is_part { Role::Plain } else { Role::List };
            if !is_part {
                self.held = None;
            }
        }
        if is_object
            && self.key == b"fields"
            && self.frames.last().is_some_and(|frame| frame.role == Role::Outermost)
            && let Some(held) = &mut self.held
        {
            held.is_certain = true;
        }
        let role = self.role(is_object);
        self.note_response(role);
        if matches!(role, Role::List | Role::Sequences) {
            // What was taken for a document until here is what responses wrap around documents.
            self.held = None;
        }
        let depth = self.frames.len();
        if is_object && (depth == 0 || self.is_in_list()) {
            self.held = Some(HeldDocument::new(start, depth, column, CutKind::Object));
            self.unheld = at;
            self.response.forget_summary();
        }
        self.frames.push(JsonFrame { is_object, role });
        self.expected = if is_object { Expected::KeyOrEnd } else { Expected::ValueOrEnd };
        at + 1
    }

    fn too_deep(&mut self, piece: &[u8], at: usize, column: Option<u64>, sink: CutSink<'_>) -> usize {
        if self.held.is_none() {
            self.frames.clear();
        }
        // Inside of itself, a document may begin as it does itself.
        self.opening.clear();
        if let Some(held) = &mut self.held {
            (held.is_too_long, held.bytes) = (true, Vec::new());
        }
        self.lose(piece, at, &format!("objects and lists are nested more than {DEEPEST} deep"), column, sink)
    }

    /// Role of an object or list that opens here.
    fn role(&self, is_object: bool) -> Role {
        let Some(parent) = self.frames.last() else {
            return if is_object { Role::Outermost } else { Role::List };
        };
        let key = str::from_utf8(&self.key).unwrap_or_default();
        match (parent.role, is_object) {
            (Role::List, true) => Role::Outermost,
            (Role::List, false) => Role::List,
            (Role::Outermost | Role::Wrapper, true) if key == "hits" => Role::Hits,
            (Role::Outermost | Role::Wrapper, true) if key == "_shards" => Role::Shards,
            (Role::Hits, true) if key == "total" => Role::Total,
            (Role::Outermost | Role::Wrapper, true) if AROUND_RESPONSES.contains(&key) => Role::Wrapper,
            (Role::Outermost | Role::Wrapper, false) if LISTS.contains(&key) => Role::MaybeList,
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
        if let Some(held) = self.held.take_if(|held| held.depth == self.frames.len()) {
            self.end_held(held, piece, at, sink);
        }
        self.response.end(self.frames.len(), &mut |start, shortfall| sink(start, JsonCut::Incomplete(shortfall)));
        if self.frames.is_empty() {
            self.tell_passed_over(sink);
        }
        at + 1
    }

    /// Cuts out what ends with a byte of the piece.
    fn end_held(&mut self, mut held: HeldDocument, piece: &[u8], at: usize, sink: CutSink<'_>) {
        // Most documents lie within one piece and are handed on from there; only one across pieces is copied.
        let part = &piece[self.unheld..=at];
        self.unheld = at + 1;
        let is_whole = held.bytes.is_empty();
        if held.is_too_long || held.bytes.len() + part.len() > LARGEST {
            return sink(held.start, JsonCut::TooLong);
        }
        if !is_whole {
            held.bytes.extend_from_slice(part);
        }
        let bytes = if is_whole { part } else { held.bytes.as_slice() };
        if held.kind == CutKind::Text {
            self.is_damaged = false;
            return sink(held.start, JsonCut::Text(bytes));
        }
        let is_request = self.is_after_request && self.frames.is_empty();
        self.end_document(bytes, held.start, is_request, sink);
    }

    fn end_document(&mut self, bytes: &[u8], start: u64, is_request: bool, sink: CutSink<'_>) {
        self.is_damaged = false;
        if is_request {
            return;
        }
        let opening = aftermath::opening(bytes);
        if self.opening != opening {
            self.opening.clear();
            self.opening.extend_from_slice(opening);
        }
        sink(start, JsonCut::Document(bytes));
    }

    fn tell_passed_over(&mut self, sink: CutSink<'_>) {
        let count = std::mem::take(&mut self.passed_over);
        if count > 0 {
            sink(self.outer_start, JsonCut::PassedOver(count));
        }
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
        if escaped && piece[at] != b'\n' {
            self.mode = Mode::Text { escaped: false };
            return at + 1;
        }
        let rest = &piece[at..];
        let length = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
        let is_key = self.expected == Expected::Colon;
        if is_key && self.key.len() < LONGEST_KEY {
            let room = LONGEST_KEY - self.key.len();
            self.key.extend_from_slice(&rest[..length.min(room)]);
        } else if !is_key {
            self.response.add_to_value(&rest[..length]);
        }
        match rest.get(length) {
            None => {}
            Some(b'"') => {
                self.mode = Mode::Between;
                if is_key {
                    self.end_key();
                } else if let Some(held) = self.held.take_if(|held| held.kind == CutKind::Text) {
                    self.end_held(held, piece, at + length, sink);
                } else {
                    self.end_value();
                }
            }
            // A name with escapes is none that means something here.
            Some(b'\\') => {
                self.key.resize(LONGEST_KEY, b'\\');
                self.mode = Mode::Text { escaped: true };
            }
            // A text cannot go on in the next line: its own end is missing.
            Some(_) => return self.lose(piece, at + length, "a text has no end on its line", None, sink),
        }
        (at + length + 1).min(piece.len())
    }

    fn literal(&mut self, piece: &[u8], at: usize) -> usize {
        let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.');
        let length = piece[at..].iter().position(is_end);
        let end = length.map_or(piece.len(), |length| at + length);
        self.response.add_to_value(&piece[at..end]);
        if length.is_some() {
            self.end_value();
            self.mode = Mode::Between;
        }
        end
    }

    /// A line that does not begin as JSON. Tools put their own words before an object, or a cut line has no end: the object is read all the same.
    fn line(&mut self, piece: &[u8], at: usize, brace: bool, sink: CutSink<'_>) -> usize {
        if brace {
            if piece[at] == b'"' && !self.line.starts_with(b"\"") && !is_tool_line(&text_of(&self.line)) {
                let start = self.place(at) - 1;
                self.end_line(sink);
                return self.resume(b"{", start, at, sink);
            }
            self.add_to_line(b"{");
        }
        let rest = &piece[at..];
        let length = memchr::memchr2(b'\n', b'{', rest).unwrap_or(rest.len());
        self.add_to_line(&rest[..length]);
        self.mode = Mode::Line { brace: rest.get(length) == Some(&b'{') };
        match rest.get(length) {
            Some(b'{') => return at + length + 1,
            Some(_) => self.end_line(sink),
            None => {}
        }
        at + length
    }

    fn add_to_line(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Tells what a line is that does not begin as an object or a list.
    fn end_line(&mut self, sink: CutSink<'_>) {
        self.mode = Mode::Between;
        let line = text_of(&self.line);
        self.is_after_request = is_request(&line);
        if is_tool_line(&line) {
            return;
        }
        if serde_json::from_str::<serde_json::Value>(&line).is_ok() {
            self.tell_junk(sink);
            sink(self.line_start, JsonCut::Scalar);
        } else if let Some((_, _, more)) = &mut self.junk {
            *more += 1;
        } else {
            self.junk = Some((self.line_start, format!("not JSON: {}", super::fault::snippet(&line)), 0));
        }
    }

    fn tell_junk(&mut self, sink: CutSink<'_>) {
        if let Some((start, reason, more)) = self.junk.take() {
            let more = match more {
                0 => String::new(),
                1 => " and another line".to_owned(),
                more => format!(" and {more} more lines"),
            };
            sink(start, JsonCut::Broken(reason + &more));
        }
    }

    /// Gives up the document at hand, and looks for the next one from `at` on.
    fn lose(&mut self, piece: &[u8], at: usize, reason: &str, column: Option<u64>, sink: CutSink<'_>) -> usize {
        self.hold(piece, at);
        let place = self.place(at);
        let held = self.held.take();
        let start = held.as_ref().map_or(place, |held| held.start);
        let reason = format!("not JSON: {reason} (byte {} of the document)", place - start + 1);
        sink(start, JsonCut::Broken(reason));
        let depth = held.as_ref().map_or(0, |held| self.depth_behind(held.depth, piece[at]));
        // The lists around it go on.
        let lists = self.frames.iter().rposition(|frame| frame.role == Role::List);
        self.frames.truncate(lists.map_or(0, |last| last + 1));
        self.response.forget(self.frames.len());
        self.is_damaged = true;
        let in_list = !self.frames.is_empty();
        let own = held.as_ref().and_then(|held| held.column).or((!in_list).then_some(0));
        let kind = held.as_ref().map_or(CutKind::Object, |held| held.kind);
        let opening = held.as_ref().map(|held| aftermath::opening(&held.bytes).to_vec()).unwrap_or_default();
        if held.is_some_and(|held| self.again(held, place, Some(piece[at]), sink)) {
            self.unheld = at;
        } else {
            self.mode = Mode::Lost;
            self.aftermath = Aftermath::new(own, depth, in_list, [opening, self.opening.clone()]).of(kind);
        }
        // The byte that did not fit is looked at anew; only an object can begin with it.
        if column.is_some() && piece[at] == b'{' {
            self.is_line_used = false;
        }
        at
    }

    /// How many objects and lists of a damaged document are open, where an end that does not fit ends the innermost that it fits.
    fn depth_behind(&self, outer: usize, byte: u8) -> usize {
        let own = self.frames.get(outer..).unwrap_or_default();
        let ended = match byte {
            b'}' => own.iter().rposition(|frame| frame.is_object),
            b']' => own.iter().rposition(|frame| !frame.is_object),
            _ => None,
        };
        ended.map_or(own.len(), |at| at + 1)
    }

    /// Reads once more what a damaged document has swallowed, if another one seems to begin in it.
    fn again(&mut self, held: HeldDocument, place: u64, next: Option<u8>, sink: CutSink<'_>) -> bool {
        let HeldDocument { start, bytes, is_too_long, column, .. } = held;
        // `rescanned` moves up to the damage each time, so that crafted text that is damaged again and again is still read twice at most.
        let from = usize::try_from(self.rescanned.max(start + 1) - start).unwrap_or(usize::MAX);
        let openings = [aftermath::opening(&bytes), self.opening.as_slice()];
        let found = aftermath::start_inside(&bytes, from, next, &openings, column);
        let Some(found) = found.filter(|_| !is_too_long) else {
            return false;
        };
        self.rescanned = place;
        let line = (self.line_begin, self.is_line_used);
        self.is_line_used = found.line.is_none();
        if let Some(line) = found.line {
            self.line_begin = start + line as u64;
        }
        self.resume(&bytes[found.at..], start + found.at as u64, 0, sink);
        (self.line_begin, self.is_line_used) = line;
        true
    }

    fn lost(&mut self, piece: &[u8], at: usize, sink: CutSink<'_>) -> usize {
        for (place, &byte) in piece.iter().enumerate().skip(at) {
            let was_used = self.is_line_used;
            let column = if byte.is_ascii_whitespace() { None } else { self.column(place) };
            if byte == b'\n' {
                self.new_line(place);
            }
            let Some(resumption) = self.aftermath.see(byte, column) else { continue };
            let is_outside = self.frames.is_empty();
            self.mode = Mode::Between;
            return match resumption {
                Resumption::Here => {
                    (self.expected, self.is_line_used) = (Expected::Value, was_used);
                    place
                }
                Resumption::Behind => {
                    self.expected = if is_outside { Expected::Value } else { Expected::CommaOrEnd };
                    place + 1
                }
                Resumption::EndOfList => {
                    (self.expected, self.is_line_used) = (Expected::CommaOrEnd, was_used);
                    place
                }
                Resumption::Inside(length) => {
                    let opening = self.aftermath.met(length).to_vec();
                    self.resume(&opening, self.place(place + 1) - length as u64, place + 1, sink)
                }
            };
        }
        piece.len()
    }
}

/// A line as text, without what stands around it.
fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches('\0').trim().to_owned()
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
