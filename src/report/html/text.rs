//! Text on its way into the page. What comes out of evidence, rules or JSON is spliced through these types, which escape it and cut it.
//!
//! The page's own words are literals of the templates; nothing else may be spliced as it is. This module does not know what a text says.

use crate::base::escape;
pub use crate::base::number::{counted, grouped};
use maud::{Markup, Render, html};

/// Most characters of one value that a card shows. The record below has more, and the evidence all.
pub const MOST: usize = 2_000;

/// Most characters of a value in a list, where a line has to do.
pub const SHORT: usize = 300;

/// One line of text: control and invisible characters are visible, and what is too long is cut and says so.
#[derive(Clone, Copy, Debug)]
pub struct TextLine<'a> {
    text: &'a str,
    most: usize,
}

impl Render for TextLine<'_> {
    fn render_to(&self, out: &mut String) {
        let (shown, left) = cut(self.text, self.most);
        out.push_str(&escape::html(shown));
        if left > 0 {
            cut_note(left).render_to(out);
        }
    }
}

/// A value of a card.
pub const fn line(text: &str) -> TextLine<'_> {
    TextLine { text, most: MOST }
}

/// A value of a list.
pub const fn short(text: &str) -> TextLine<'_> {
    TextLine { text, most: SHORT }
}

/// Text of several lines.
#[derive(Clone, Copy, Debug)]
pub struct TextLines<'a> {
    text: &'a str,
    most: usize,
}

impl Render for TextLines<'_> {
    fn render_to(&self, out: &mut String) {
        let (shown, left) = cut(self.text, self.most);
        out.push_str(&escape::html_lines(shown));
        if left > 0 {
            cut_note(left).render_to(out);
        }
    }
}

/// Lines, cut after so many characters.
pub const fn lines(text: &str, most: usize) -> TextLines<'_> {
    TextLines { text, most }
}

/// Text as an attribute: the same, cut without a note.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a>(pub &'a str);

impl Render for Attribute<'_> {
    fn render_to(&self, out: &mut String) {
        out.push_str(&escape::html(cut(self.0, SHORT).0));
    }
}

/// The first `most` characters of a text, and how many more there are.
pub fn cut(text: &str, most: usize) -> (&str, usize) {
    if text.len() <= most {
        return (text, 0);
    }
    match text.char_indices().nth(most) {
        None => (text, 0),
        Some((at, _)) => (&text[..at], text[at..].chars().count()),
    }
}

fn cut_note(left: usize) -> Markup {
    html! { span.cut { "… " (grouped(left as u64)) " more characters" } }
}

/// A number of bytes as people write it: `68.0 KiB`.
pub fn bytes(size: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if size < 1024 {
        return counted(size, "byte");
    }
    // In whole tenths, so that no float has to be rounded: 1,023 KiB stay KiB, and 1,024 become 1.0 MiB.
    let (mut tenths, mut unit) = (u128::from(size) * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

/// Longest address of a link.
const LONGEST_LINK: usize = 2_000;

/// The address of a link that may be followed: `http` and `https` only, without blanks, quotes or anything that is not visible ASCII.
pub fn safe_address(address: &str) -> Option<&str> {
    let lower = address.get(..8.min(address.len()))?.to_ascii_lowercase();
    let known = lower.starts_with("https://") || lower.starts_with("http://");
    let plain = address
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\'));
    (known && plain && address.len() <= LONGEST_LINK).then_some(address)
}

/// A link out of the page, or only its text if the address is not one to follow.
pub fn link(address: &str, label: &dyn Render) -> Markup {
    html! {
        @if let Some(address) = safe_address(address) { a href=(address) rel="noopener noreferrer" target="_blank" { (label) } }
        @else { (label) }
    }
}

/// An instant as people read it: `2024-03-05 09:14:04.609`; UTC goes without saying on the page.
pub fn instant(at: crate::base::Ticks) -> String {
    at.rfc3339().replacen('T', " ", 1).trim_end_matches('Z').to_owned()
}

/// An instant to the millisecond, where more digits would only be noise.
pub fn millis(at: crate::base::Ticks) -> String {
    let text = instant(at);
    text.get(..23).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests;
