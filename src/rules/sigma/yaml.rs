//! YAML documents as trees of nodes, each with its place in the file.
//!
//! `saphyr-parser` reads the text; this file keeps what it found. Aliases are followed without copying, and what they stand for counts as often as it is used,
//! so that a few lines that unfold to millions of nodes are refused. What a document means is not known here.

use super::super::codes;
use super::super::place::to_u32;
use crate::base::Span;
use crate::diag::Diagnostic;
use hashbrown::HashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};
use std::sync::Arc;

/// How deep nodes may be nested.
const MAX_DEPTH: usize = 64;

/// Most nodes of a file, those that aliases stand for included. The longest published rule has 2,000.
const MOST_NODES: usize = 1 << 18;

/// A node.
#[derive(Clone, Debug)]
pub struct YamlNode {
    pub kind: YamlKind,
    pub span: Span,
    /// How many nodes it unfolds to.
    size: usize,
}

#[derive(Clone, Debug)]
pub enum YamlKind {
    /// A text, and whether it was written without quotes, so that it may be a number, true, false or null.
    Scalar(Box<str>, bool),
    List(Vec<Arc<YamlNode>>),
    /// Keys and values in order. A key stands once.
    Map(Vec<YamlPair>),
}

/// A key and its value.
pub type YamlPair = (Arc<YamlNode>, Arc<YamlNode>);

/// What a scalar is by YAML's core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'n> {
    Null,
    Boolean(bool),
    /// A number, as it is written.
    Number(&'n str),
    Text(&'n str),
}

impl YamlNode {
    /// Another node in the place of this one.
    pub fn with(&self, kind: YamlKind) -> Self {
        Self { kind, span: self.span, size: self.size }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The place of its first key, to point at a map.
    pub fn first_key(&self) -> Span {
        self.pairs().next().map_or(self.span, |(key, _)| key.span)
    }

    /// The pairs of a map; none of anything else.
    pub fn pairs(&self) -> impl Iterator<Item = (&Self, &Self)> {
        let pairs = match &self.kind {
            YamlKind::Map(pairs) => pairs.as_slice(),
            _ => &[],
        };
        pairs.iter().map(|(key, value)| (&**key, &**value))
    }

    /// The members of a list, or the node itself if it is none.
    pub fn members(&self) -> Vec<&Self> {
        match &self.kind {
            YamlKind::List(members) => members.iter().map(|member| &**member).collect(),
            _ => vec![self],
        }
    }

    /// The text of a scalar, whatever it is.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            YamlKind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self.kind, YamlKind::Map(_))
    }

    /// What a scalar is; `None` for lists and maps.
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        let YamlKind::Scalar(text, is_plain) = &self.kind else { return None };
        let text = &**text;
        Some(match text {
            _ if !is_plain => Scalar::Text(text),
            "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" => Scalar::Boolean(true),
            "false" | "False" | "FALSE" => Scalar::Boolean(false),
            number if is_number(number) => Scalar::Number(text),
            _ => Scalar::Text(text),
        })
    }
}

/// Whether a plain scalar is a number by YAML's core schema.
fn is_number(text: &str) -> bool {
    let digits = |text: &str, is: fn(&char) -> bool| !text.is_empty() && text.chars().all(|c| is(&c));
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, char::is_ascii_hexdigit);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit());
    starts && text.parse::<f64>().is_ok()
}

/// The documents of a file, and the error that ended the reading, if one did.
pub fn documents(text: &str) -> (Vec<Arc<YamlNode>>, Option<Diagnostic>) {
    let mut builder = TreeBuilder::new(text);
    for event in Parser::new_from_str(text) {
        let done = match event {
            Ok((event, marks)) => builder.take(event, &marks),
            Err(error) => {
                // One whole character, unless the text ends there.
                let at = error.marker().index();
                let span = Span::new(builder.offset(at), builder.offset(at.saturating_add(1)));
                Err(Diagnostic::error(codes::BAD_FILE, span, error.info()))
            }
        };
        if let Err(found) = done {
            return (builder.documents, Some(found));
        }
    }
    (builder.documents, None)
}

/// A list or map whose end has not been read.
struct OpenNode {
    start: u32,
    anchor: usize,
    is_map: bool,
    children: Vec<Arc<YamlNode>>,
}

struct TreeBuilder<'t> {
    /// The byte of each character, for texts that are not of ASCII.
    bytes: Vec<u32>,
    text: &'t str,
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Arc<YamlNode>>,
    nodes: usize,
    documents: Vec<Arc<YamlNode>>,
}

impl<'t> TreeBuilder<'t> {
    fn new(text: &'t str) -> Self {
        let bytes =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(byte, _)| to_u32(byte)).collect() };
        Self { bytes, text, open: Vec::new(), anchors: HashMap::new(), nodes: 0, documents: Vec::new() }
    }

    /// The byte of a character.
    fn offset(&self, character: usize) -> u32 {
        let end = to_u32(self.text.len());
        if self.bytes.is_empty() {
            to_u32(character).min(end)
        } else {
            self.bytes.get(character).copied().unwrap_or(end)
        }
    }

    fn span(&self, marks: &Marks) -> Span {
        let start = self.offset(marks.start.index());
        Span::new(start, self.offset(marks.end.index()).max(start))
    }

    fn take(&mut self, event: Event<'_>, marks: &Marks) -> Result<(), Diagnostic> {
        let span = self.span(marks);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let kind = YamlKind::Scalar(text.into(), style == ScalarStyle::Plain && !is_string);
                self.add(YamlNode { kind, span, size: 1 }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(span, anchor, false),
            Event::MappingStart(anchor, _) => self.begin(span, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    let message = "the anchor is not known, or the alias stands inside of it";
                    return Err(Diagnostic::error(codes::BAD_FILE, span, message));
                };
                self.count(node.size, span)?;
                self.push(node);
                Ok(())
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            let message = format!("the file has more than {MOST_NODES} nodes, those that aliases stand for included");
            return Err(Diagnostic::error(codes::BAD_FILE, span, message));
        }
        Ok(())
    }

    fn begin(&mut self, span: Span, anchor: usize, is_map: bool) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nodes are nested deeper than {MAX_DEPTH}");
            return Err(Diagnostic::error(codes::BAD_FILE, span, message));
        }
        self.open.push(OpenNode { start: span.start, anchor, is_map, children: Vec::new() });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Diagnostic> {
        let Some(OpenNode { start, anchor, is_map, children }) = self.open.pop() else { return Ok(()) };
        // A block ends where the next token begins; the node ends with its last child.
        let end = children.last().map_or(span.end, |last| last.span.end).max(start);
        let end = if self.text[..span.end as usize].ends_with([']', '}']) { span.end } else { end };
        let size = children.iter().fold(1, |size: usize, child| size.saturating_add(child.size));
        let kind = if is_map { YamlKind::Map(pairs(children)?) } else { YamlKind::List(children) };
        let node = YamlNode { kind, span: Span::new(start, end), size };
        // The children have been counted.
        self.count(1, span)?;
        self.keep(node, anchor);
        Ok(())
    }

    fn add(&mut self, node: YamlNode, anchor: usize) -> Result<(), Diagnostic> {
        self.count(1, node.span)?;
        self.keep(node, anchor);
        Ok(())
    }

    fn keep(&mut self, node: YamlNode, anchor: usize) {
        let node = Arc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.push(node);
    }

    fn push(&mut self, node: Arc<YamlNode>) {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.documents.push(node),
        }
    }
}

/// Keys and values, one after the other, as pairs. A merge key (`<<`) adds the pairs of another map whose keys are not there.
fn pairs(children: Vec<Arc<YamlNode>>) -> Result<Vec<YamlPair>, Diagnostic> {
    let mut pairs: Vec<YamlPair> = Vec::with_capacity(children.len() / 2);
    let mut merged = Vec::new();
    let mut names: hashbrown::HashSet<Box<str>> = hashbrown::HashSet::new();
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        match &key.kind {
            YamlKind::Scalar(name, true) if &**name == "<<" => merged.push(value),
            YamlKind::Scalar(name, _) => {
                if !names.insert(name.clone()) {
                    let message = format!("the key `{name}` stands twice in one map");
                    return Err(Diagnostic::error(codes::BAD_FILE, key.span, message));
                }
                pairs.push((key, value));
            }
            _ => return Err(Diagnostic::error(codes::BAD_FILE, key.span, "a key must be a text")),
        }
    }
    for other in merged.iter().flat_map(|value| value.members()) {
        let YamlKind::Map(other) = &other.kind else { continue };
        for (key, value) in other {
            if key.text().is_some_and(|name| names.insert(name.into())) {
                pairs.push((key.clone(), value.clone()));
            }
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests;
