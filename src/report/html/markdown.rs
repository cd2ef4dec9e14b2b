//! Investigation guides: Markdown becomes a small, safe part of HTML.
//!
//! Raw HTML is text, images are their descriptions, links lead to web pages only, and nesting has an end. Elastic's own inline queries for Osquery and
//! Timeline are shown as what they ask.

use super::text::{cut, grouped, lines, link};
use crate::base::escape;
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Most characters of a guide that are shown.
const MOST: usize = 60_000;

/// How deep lists and quotations nest; what is deeper stands at this depth.
const DEEPEST: usize = 12;

/// Renders a guide.
pub fn guide(text: &str) -> Markup {
    let (shown, left) = cut(text, MOST);
    // Before the Markdown is read: the JSON inside of a plug-in has characters that mean something in Markdown.
    let prepared = plugins(shown);
    let mut writer = MarkdownWriter::default();
    for event in Parser::new_ext(&prepared, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        writer.event(event);
    }
    if left > 0 {
        let _ = write!(writer.out, "<p class=\"cut\">… {} more characters</p>", grouped(left as u64)); // writing to a String cannot fail
    }
    PreEscaped(writer.out)
}

#[derive(Default)]
struct MarkdownWriter {
    out: String,
    /// Open elements, and whether their tag was written.
    open: Vec<(&'static str, bool)>,
    /// For each open link whether it leads anywhere.
    links: Vec<bool>,
    in_head: bool,
}

impl MarkdownWriter {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.out.push_str(&escape::html_lines(&text));
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                let _ = write!(self.out, "<code>{}</code>", escape::html(&text)); // writing to a String cannot fail
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.push("p"),
            Tag::Heading { level, .. } => self.push(heading(level)),
            Tag::BlockQuote(_) => self.push("blockquote"),
            Tag::CodeBlock(_) => self.push("pre"),
            Tag::List(Some(_)) => self.push("ol"),
            Tag::List(None) => self.push("ul"),
            Tag::Item => self.push("li"),
            Tag::Table(_) => self.push("table"),
            Tag::TableHead => {
                self.in_head = true;
                self.push("tr");
            }
            Tag::TableRow => self.push("tr"),
            Tag::TableCell => self.push(if self.in_head { "th" } else { "td" }),
            Tag::Emphasis => self.push("em"),
            Tag::Strong => self.push("strong"),
            Tag::Strikethrough => self.push("s"),
            Tag::Link { dest_url, .. } => {
                // The one place that decides which links may be followed is asked for an empty link, whose end is taken off again: the text of the link
                // comes as events of its own.
                let made = link(&dest_url, &"").into_string();
                self.links.push(!made.is_empty());
                self.out.push_str(made.strip_suffix("</a>").unwrap_or(&made));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => self.out.push_str(if self.links.pop() == Some(true) { "</a>" } else { "" }),
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough => {
                self.in_head &= tag != TagEnd::TableHead;
                if let Some((name, true)) = self.open.pop() {
                    self.close(name);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, name: &'static str) {
        // Depth is counted on, so that each end finds its start; only the tags are left out.
        let written = self.open.len() < DEEPEST;
        self.open.push((name, written));
        if written {
            let _ = write!(self.out, "<{name}>"); // writing to a String cannot fail
        }
    }

    fn close(&mut self, name: &'static str) {
        let _ = write!(self.out, "</{name}>"); // writing to a String cannot fail
    }
}

/// The page has headings of its own down to the third level.
const fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}

/// Puts Elastic's inline plug-ins, `!{osquery{…}}` and `!{investigate{…}}`, into plain Markdown, each on a line of its own.
fn plugins(text: &str) -> Cow<'_, str> {
    if !text.contains("!{") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(&plugin(line).unwrap_or(Cow::Borrowed(line)));
        out.push('\n');
    }
    Cow::Owned(out)
}

fn plugin(line: &str) -> Option<Cow<'_, str>> {
    let start = line.find("!{")?;
    let rest = line.get(start + 2..)?.trim_end();
    let brace = rest.find('{')?;
    let object: Value = serde_json::from_str(rest.get(brace..)?.strip_suffix('}')?).ok()?;
    let part = |name| object.get(name).and_then(Value::as_str).unwrap_or_default().replace('`', "'");
    let before = line.get(..start)?;
    Some(Cow::Owned(match rest.get(..brace)? {
        "osquery" => format!("{before}**{}**: `{}`", part("label"), part("query")),
        "investigate" => {
            let description = part("description");
            let about = if description.is_empty() { String::new() } else { format!(": {description}") };
            format!("{before}**{}**{about}", part("label"))
        }
        _ => return None,
    }))
}

/// Text of several lines, as it stands.
pub fn code(text: &str) -> Markup {
    maud::html! { pre.code { code { (lines(text, MOST)) } } }
}

#[cfg(test)]
mod tests;
