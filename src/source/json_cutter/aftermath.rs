//! Where reading goes on behind damage: where the next document may begin, or the damaged one may have ended.
//!
//! Damaged text cannot be trusted about its own braces and quotes. Three things can be, each without the others: documents of one text begin alike
//! (`{"@timestamp":"`), a document is not indented more than the one before it, and braces that still add up say where the damaged one ends.
//! Every byte is looked at a fixed number of times.

/// Bytes of the longest beginning that is looked for.
const LONGEST_OPENING: usize = 128;

/// How a document begins, up to the first byte of its first value; nothing if that cannot be told.
pub fn opening(document: &[u8]) -> &[u8] {
    let head = &document[..document.len().min(LONGEST_OPENING)];
    let blanks = |from: usize| {
        head.get(from..)
            .map_or(from, |rest| from + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len()))
    };
    let key = blanks(1);
    if head.first() != Some(&b'{') || head.get(key) != Some(&b'"') {
        return &[];
    }
    let Some(length) = memchr::memchr2(b'"', b'\\', &head[key + 1..]) else { return &[] };
    let end = key + 1 + length;
    let colon = blanks(end + 1);
    let value = blanks(colon + 1);
    if head[end] != b'"' || head.get(colon) != Some(&b':') || value >= head.len() {
        return &[];
    }
    &head[..=value]
}

/// Where another document seems to begin inside of a damaged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InnerStart {
    /// Its first byte.
    pub at: usize,
    /// Where its line begins, if nothing else stands before it there.
    pub line: Option<usize>,
}

/// The first place behind `from` where another document seems to begin inside of one that cannot be read on; `next` is the byte that did not fit.
///
/// A text that was cut short swallows what follows it: as a value, or as the rest of a string.
pub fn start_inside(
    bytes: &[u8],
    from: usize,
    next: Option<u8>,
    openings: &[&[u8]],
    column: Option<u64>,
) -> Option<InnerStart> {
    let rest = bytes.get(from..)?;
    let known = || openings.iter().filter(|opening| !opening.is_empty());
    let like = known().filter_map(|opening| memchr::memmem::find(rest, opening)).min().map(|at| from + at);
    // `"cmd{"@timestamp":…`: the quote that ended the string begins a name.
    let in_string = if next == Some(b'\n') {
        let begins = |start: &[u8]| {
            bytes.ends_with(&start[..start.len() - 1]) && known().any(|opening| opening.starts_with(start))
        };
        begins(b"{\n") || begins(b"{\r\n")
    } else {
        bytes.ends_with(b"{\"")
    };
    let brace = in_string.then(|| memchr::memrchr(b'{', bytes)).flatten().filter(|&at| at >= from);
    let inline = like.into_iter().chain(brace).min();
    let outdented = column.and_then(|column| start_of_line(bytes, from, column));
    match (inline, outdented) {
        (Some(at), Some(found)) if found.at <= at => Some(found),
        (Some(at), _) => Some(InnerStart { at, line: None }),
        (None, found) => found,
    }
}

/// The first line behind `from` that begins with an object which is indented by `column` at most.
fn start_of_line(bytes: &[u8], from: usize, column: u64) -> Option<InnerStart> {
    let lines = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
    lines.skip_while(|line| *line < from).find_map(|line| {
        let indent = bytes[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let at = line + indent;
        (indent as u64 <= column && bytes.get(at) == Some(&b'{')).then_some(InnerStart { at, line: Some(line) })
    })
}

/// Where reading goes on behind damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// Something begins with this byte.
    Here,
    /// The damaged document ended with this byte.
    Behind,
    /// This byte ends the list.
    EndOfList,
    /// A document began, and this is the last one of so many bytes of it that were met.
    Inside(usize),
}

/// Kind of a member of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutKind {
    /// A document.
    #[default]
    Object,
    /// A text, in which a tool may have kept an event.
    Text,
}

/// Looks for what comes behind damage, byte by byte.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// By how much the damaged document is indented, if that is known.
    column: Option<u64>,
    /// Objects and lists that it has open.
    depth: usize,
    in_list: bool,
    /// Kind of the damaged member.
    kind: CutKind,
    in_text: bool,
    escaped: bool,
    /// How other documents begin; may be empty.
    openings: [Vec<u8>; 2],
    /// The last bytes that were met.
    tail: Vec<u8>,
}

impl Aftermath {
    pub fn new(column: Option<u64>, depth: usize, in_list: bool, openings: [Vec<u8>; 2]) -> Self {
        Self { column, depth, in_list, openings, ..Self::default() }
    }

    /// Sets the kind of the damaged member: others of that kind may follow.
    #[must_use]
    pub fn of(self, kind: CutKind) -> Self {
        Self { kind, ..self }
    }

    /// The last bytes that were met.
    pub fn met(&self, length: usize) -> &[u8] {
        &self.tail[self.tail.len().saturating_sub(length)..]
    }

    /// Takes one byte; its column if only blanks stand before it in its line.
    pub fn see(&mut self, byte: u8, column: Option<u64>) -> Option<Resumption> {
        if self.tail.len() >= 4 * LONGEST_OPENING {
            self.tail.drain(..3 * LONGEST_OPENING);
        }
        self.tail.push(byte);
        let is_met = |opening: &&Vec<u8>| opening.last() == Some(&byte) && self.tail.ends_with(opening);
        if let Some(opening) = self.openings.iter().find(is_met) {
            return Some(Resumption::Inside(opening.len()));
        }
        if byte == b'\n' {
            // No string goes on in the next line.
            (self.in_text, self.escaped) = (false, false);
        }
        if byte.is_ascii_whitespace() {
            return None;
        }
        column.and_then(|column| self.first_of_line(byte, column)).or_else(|| self.by_depth(byte))
    }

    fn first_of_line(&self, byte: u8, column: u64) -> Option<Resumption> {
        if self.kind == CutKind::Text && self.in_list && byte == b'"' {
            return Some(Resumption::Here);
        }
        let is_outdented = column == 0 && byte == b'{' || self.column.is_some_and(|own| column <= own);
        if !is_outdented && (self.in_list || self.depth > 0) {
            return None;
        }
        match byte {
            b'{' => Some(Resumption::Here),
            b'}' => Some(Resumption::Behind),
            b']' if self.in_list => Some(Resumption::EndOfList),
            // Outside of lists any line may be something of its own.
            _ => (!self.in_list).then_some(Resumption::Here),
        }
    }

    fn by_depth(&mut self, byte: u8) -> Option<Resumption> {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_text = false;
                    // Taken for a string because quotes do not add up any more, it is what stands between two documents.
                    if self.tail.ends_with(b"},{\"") || self.tail.ends_with(b"}, {\"") {
                        return Some(Resumption::Inside(2));
                    }
                }
                _ => {}
            }
            return None;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' if self.depth == 0 => return Some(Resumption::Here),
            b'{' | b'[' => self.depth += 1,
            b']' if self.depth == 0 && self.in_list => return Some(Resumption::EndOfList),
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return (self.depth == 0).then_some(Resumption::Behind);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests;
