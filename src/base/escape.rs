//! Text from evidence on its way to a person: the only road to a terminal, a spreadsheet or a page.
//!
//! An attacker chooses command lines, host names and paths. Shown raw they could move the cursor, reverse the reading order, run as a formula or become
//! markup.

use super::utf16;
use std::borrow::Cow;

/// Longest text that a spreadsheet cell holds, in UTF-16 code units (Excel's limit).
pub const CELL_LIMIT: usize = 32_767;

/// Mark at the end of a cell that had to be cut.
const CUT: &str = "…[cut]";

/// Makes text safe to print: control characters become `\n`, `\t`, `\xNN` or `\u{NNNN}`; bidirectional and invisible format characters too.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

/// Makes text a code span of Markdown, which shows it as it is: [`terminal`] makes one line of it, and nothing in it is a link, markup or HTML to any reader.
pub fn markdown_code(text: &str) -> String {
    let line = terminal(text);
    if line.is_empty() {
        return String::new();
    }
    // A span ends at as many backticks in a row as it begins with: one more than the text has anywhere.
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A reader takes one blank away on both sides, unless there is nothing but blanks.
    let is_blank = line.chars().all(|c| c == ' ');
    let begins = line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']);
    let pad = if begins && !is_blank { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// Makes text safe in a cell of a spreadsheet: a leading formula character gets a `'` in front, control characters are made visible as [`terminal`] does,
/// but for line breaks and tabs, and too long a text is cut.
///
/// The rest of CSV (quotes, separators, line breaks) is the CSV writer's business.
pub fn cell(text: &str) -> Cow<'_, str> {
    // Excel, LibreOffice and others evaluate a cell that begins so, a command line such as `=cmd|' /C calc'!A0` included; an apostrophe makes it text,
    // and is not shown.
    let formula = begins_formula(text);
    let long = utf16::is_longer(text, CELL_LIMIT);
    let hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if !formula && !long && !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    if formula {
        out.push('\'');
    }
    for c in text.chars() {
        if hidden(c) { push_visible(&mut out, c) } else { out.push(c) }
    }
    match cut(&out, CELL_LIMIT) {
        Cow::Owned(cut) => Cow::Owned(cut),
        Cow::Borrowed(_) => Cow::Owned(out),
    }
}

/// Whether a text is one that [`cell`] leaves as it is and that needs no quotes in CSV, told by its bytes; a doubt counts as no.
pub fn is_plain_cell(text: &str) -> bool {
    // The first byte of what Unicode has of further control characters is C2.
    let is_plain = |byte: &u8| !matches!(byte, 0..0x20 | 0x7f | 0xc2 | b'"' | b',');
    // Every byte is looked at without leaving off, so that many can be at once.
    !begins_formula(text)
        && text.len() <= CELL_LIMIT
        && text.as_bytes().iter().fold(true, |plain, byte| plain & is_plain(byte))
}

/// Whether spreadsheets may take a text for a formula.
fn begins_formula(text: &str) -> bool {
    // The last four are the full-width forms of the first: spreadsheets set to Chinese or Japanese take them for the same signs.
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// At most so many UTF-16 units of a text, with a mark where it was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if !utf16::is_longer(text, most) {
        return Cow::Borrowed(text);
    }
    let limit = most.saturating_sub(utf16::length(CUT));
    let mut units = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        units += c.len_utf16();
        (units > limit).then_some(at)
    });
    Cow::Owned(format!("{}{CUT}", &text[..end.unwrap_or(text.len())]))
}

/// Makes text safe between tags and in quoted attributes of HTML: markup becomes entities, and what [`terminal`] makes visible is made visible.
pub fn html(text: &str) -> Cow<'_, str> {
    markup(text, false)
}

/// Escapes text of several lines: line breaks and tabs stay, a carriage return before a line break goes.
pub fn html_lines(text: &str) -> Cow<'_, str> {
    markup(text, true)
}

fn markup(text: &str, lines: bool) -> Cow<'_, str> {
    // Most texts need nothing, which one pass over the bytes tells without decoding characters.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' if lines => out.push(c),
            // A line break of Windows is one line break; a return alone is shown, since it could hide what stands before it on a terminal.
            '\r' if lines && characters.peek() == Some(&'\n') => {}
            c => push_visible(&mut out, c),
        }
    }
    Cow::Owned(out)
}

/// Makes text safe between quotes in the language of Graphviz: nothing in it ends them, is a line break or an entity; what [`terminal`] makes visible is made
/// visible.
pub fn dot(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in terminal(text).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Makes text safe in a line of Markdown: nothing in it is markup, a link, a mention or a tag, and what [`terminal`] makes visible is made visible.
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Many readers make links of `https://…` and `www.…` with no sign around them, tell whoever `@name` is, and know `#7` as a ticket.
            ':' if rest.starts_with("//") => out.push_str("&#58;"),
            '.' if is_www(&text.as_bytes()[..at]) => out.push_str("&#46;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '^' | '$' => out.extend(['\\', c]),
            // At the start of a line these begin a list or a rule; `1.` and `1)` do too.
            '-' | '+' | '=' if at == 0 => out.extend(['\\', c]),
            '.' | ')' if at > 0 && text[..at].bytes().all(|byte| byte.is_ascii_digit()) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn is_www(before: &[u8]) -> bool {
    before.last_chunk::<3>().is_some_and(|last| last.eq_ignore_ascii_case(b"www"))
}

/// Makes characters of a JSON text visible that [`terminal`] makes visible, as `\uNNNN`, so that it stays the same JSON. Line breaks and tabs stay.
pub fn json(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| is_unsafe(c) && !matches!(c, '\n' | '\t');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            use std::fmt::Write as _;
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters, and format characters that change how the rest of a line reads.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn push_visible(out: &mut String, c: char) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        c if !is_unsafe(c) => write!(out, "{c}"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests;
