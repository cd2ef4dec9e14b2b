//! Lucene's regular expressions, read with Lucene's own grammar and run by the `regex` crate, or by an automaton of their own.
//!
//! The two dialects differ where it hurts: in Lucene the whole value must match, `.` matches line feeds, `^` and `$` are ordinary, `"..."` quotes,
//! `@` is any text, `#` is no text, `<1-20>` is a range of numbers, and `~`, `&` are complement and intersection, which the crate has not. The grammar followed
//! is that of Lucene's own parser, oddities included: an operator where an operand is wanted stands for itself, so `*a` is a star and an `a`.

mod automaton;
mod tree;

use automaton::LuceneAutomaton;
use regex::{Regex, RegexBuilder};
use tree::{LAST, Ranges, RegexTree};

/// Why an expression cannot be used, and up to which of its bytes it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegexRefusal {
    /// It breaks Lucene's syntax.
    Invalid(String, usize),
    /// Lucene understands it, this translation does not.
    Unsupported(String, usize),
}

impl RegexRefusal {
    /// Sets the offset up to which the expression was read.
    fn at(self, offset: usize) -> Self {
        match self {
            Self::Invalid(reason, _) => Self::Invalid(reason, offset),
            Self::Unsupported(reason, _) => Self::Unsupported(reason, offset),
        }
    }
}

/// How deeply groups may be nested.
const MAX_DEPTH: usize = 100;

/// Most times that something is repeated; more would not fit into any automaton.
const MOST_REPEATS: u32 = 100_000;

/// An expression that texts are matched with.
#[derive(Clone, Debug)]
pub enum LuceneRegex {
    /// By the crate.
    Plain(Regex),
    /// By an automaton, for what the crate has not.
    Automaton(LuceneAutomaton),
}

impl LuceneRegex {
    /// Whether a text matches: as a whole, unless the expression was compiled to be [searched](search) for.
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Plain(regex) => regex.is_match(text),
            Self::Automaton(automaton) => automaton.is_match(text),
        }
    }
}

/// Compiles alternatives, any of which may match the whole of a text.
pub fn compile<'t>(
    patterns: impl IntoIterator<Item = &'t str>,
    insensitive: bool,
) -> Result<LuceneRegex, RegexRefusal> {
    let trees = patterns.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let tree = RegexTree::Union(trees);
    // Complement and intersection have no equivalent in the `regex` crate, and look-around of a backtracking engine could take exponential time
    // on crafted values. One pass over an automaton that was built beforehand cannot.
    if tree.needs_automaton() {
        let tree = if insensitive { tree.caseless() } else { tree };
        let automaton = LuceneAutomaton::new(&tree);
        return automaton
            .map_or_else(|| unsupported("the expression is too large"), |found| Ok(LuceneRegex::Automaton(found)));
    }
    // Lucene matches whole values. The group keeps the anchors outside of alternatives: `\Aa|b\z` would match whatever begins with `a`.
    let mut text = String::from("\\A(?:");
    tree.write(&mut text);
    text.push_str(")\\z");
    let regex = RegexBuilder::new(&text).case_insensitive(insensitive).dot_matches_new_line(true).build();
    regex.map(LuceneRegex::Plain).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => RegexRefusal::Unsupported("the expression is too large".into(), 0),
        _ => RegexRefusal::Invalid("the expression cannot be read".into(), 0),
    })
}

/// Compiles an expression of the usual dialect, which may fit any part of a text; `^` and `$` are its ends. Gives the reason if that cannot be.
pub fn search(pattern: &str, insensitive: bool) -> Result<LuceneRegex, String> {
    let regex = RegexBuilder::new(pattern).case_insensitive(insensitive).build();
    regex.map(LuceneRegex::Plain).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The crate draws the expression over several lines, and says in the last one what is wrong.
        error => {
            let shown = error.to_string();
            let last = shown.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    })
}

/// Reads one expression.
fn read(pattern: &str) -> Result<RegexTree, RegexRefusal> {
    let mut reader = LuceneReader { rest: pattern, depth: 0 };
    let read = if pattern.is_empty() { Ok(RegexTree::Concat(Vec::new())) } else { reader.union() };
    let read =
        read.and_then(|tree| if reader.rest.is_empty() { Ok(tree) } else { invalid("there is a `)` without `(`") });
    // Places are offsets into the expression. The reader keeps no position, only the rest that is still to be read, from whose length the position
    // follows.
    // A fault is known when its last character was read.
    let last = pattern[..pattern.len() - reader.rest.len()].char_indices().next_back();
    read.map_err(|refusal| refusal.at(last.map_or(0, |(at, _)| at)))
}

/// Whether an expression has what other dialects take for an anchor or a flag, and Lucene for ordinary characters.
pub fn looks_foreign(pattern: &str) -> Option<&'static str> {
    let escaped = |text: &str| text.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
    if pattern.starts_with('^') {
        return Some("^");
    }
    if pattern.strip_suffix('$').is_some_and(|before| !escaped(before)) {
        return Some("$");
    }
    let has = |sign: &&str| pattern.match_indices(sign).any(|(at, _)| !escaped(&pattern[..at]));
    // Groups with flags or names, and the ends of words and texts; Lucene reads the letter behind the backslash as itself.
    ["(?", "\\b", "\\B", "\\A", "\\z", "\\Z"].into_iter().find(has)
}

fn invalid<T>(message: &str) -> Result<T, RegexRefusal> {
    Err(RegexRefusal::Invalid(message.into(), 0))
}

fn unsupported<T>(message: &str) -> Result<T, RegexRefusal> {
    Err(RegexRefusal::Unsupported(message.into(), 0))
}

struct LuceneReader<'p> {
    rest: &'p str,
    depth: usize,
}

/// The meaning of a backslash and a character.
enum Escaped {
    Class(Ranges),
    Character(char),
}

/// The class that a shorthand stands for.
fn shorthand(c: char) -> Option<Ranges> {
    let of =
        |ranges: &[(char, char)]| ranges.iter().map(|&(first, last)| (first.into(), last.into())).collect::<Ranges>();
    // Lucene's classes are of ASCII alone and exactly these; `\s` has neither form feed nor vertical tab.
    let class = match c.to_ascii_lowercase() {
        'd' => of(&[('0', '9')]),
        's' => of(&[('\t', '\n'), ('\r', '\r'), (' ', ' ')]),
        'w' => of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        _ => return None,
    };
    Some(if c.is_ascii_uppercase() { all_but(class) } else { class })
}

/// All characters that are not in a class.
fn all_but(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut others = Ranges::new();
    let mut from = 0;
    for (first, last) in ranges {
        if first > from {
            others.push((from, first - 1));
        }
        from = from.max(last + 1);
    }
    if from <= LAST {
        others.push((from, LAST));
    }
    others
}

impl<'p> LuceneReader<'p> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn next(&mut self) -> Result<char, RegexRefusal> {
        let Some(c) = self.peek() else { return invalid("the expression ends too early") };
        self.rest = &self.rest[c.len_utf8()..];
        Ok(c)
    }

    /// Consumes the text up to and including `end`, and returns the part before it; `None` if `end` does not follow.
    fn until(&mut self, end: char) -> Option<&'p str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    fn union(&mut self) -> Result<RegexTree, RegexRefusal> {
        if self.depth > MAX_DEPTH {
            return unsupported("groups are nested too deeply");
        }
        self.depth += 1;
        let mut each = vec![self.intersection()?];
        while self.eat('|') {
            each.push(self.intersection()?);
        }
        self.depth -= 1;
        Ok(if each.len() == 1 { each.remove(0) } else { RegexTree::Union(each) })
    }

    fn intersection(&mut self) -> Result<RegexTree, RegexRefusal> {
        let mut each = vec![self.concatenation()?];
        while self.eat('&') {
            each.push(self.concatenation()?);
        }
        Ok(if each.len() == 1 { each.remove(0) } else { RegexTree::Intersection(each) })
    }

    fn concatenation(&mut self) -> Result<RegexTree, RegexRefusal> {
        let mut each = Vec::new();
        loop {
            each.push(self.repetition()?);
            if matches!(self.peek(), None | Some(')' | '|' | '&')) {
                return Ok(RegexTree::Concat(each));
            }
        }
    }

    fn repetition(&mut self) -> Result<RegexTree, RegexRefusal> {
        let mut tree = self.complement()?;
        // Operators pile up: `a*?` is an optional `a*` here, and not the lazy one of other dialects.
        while let Some(c) = self.peek().filter(|c| matches!(c, '?' | '*' | '+' | '{')) {
            self.rest = &self.rest[1..];
            let (least, most) = match c {
                '?' => (0, Some(1)),
                '*' => (0, None),
                '+' => (1, None),
                _ => self.bounds()?,
            };
            tree = RegexTree::Repeat(Box::new(tree), least, most);
        }
        Ok(tree)
    }

    /// `~` binds closer than what repeats, and may stand several times.
    fn complement(&mut self) -> Result<RegexTree, RegexRefusal> {
        let mut signs = 0;
        while self.eat('~') {
            signs += 1;
        }
        let operand = self.operand()?;
        let twice = |tree| RegexTree::Complement(Box::new(RegexTree::Complement(Box::new(tree))));
        Ok(match signs {
            0 => operand,
            signs if signs % 2 == 1 => RegexTree::Complement(Box::new(operand)),
            _ => twice(operand),
        })
    }

    fn bounds(&mut self) -> Result<(u32, Option<u32>), RegexRefusal> {
        let Some(inside) = self.until('}') else { return invalid("`{` is not closed") };
        let (least, most) = inside.split_once(',').map_or((inside, None), |(least, most)| (least, Some(most)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(least) || !most.is_none_or(|most| most.is_empty() || is_number(most)) {
            return invalid("a repetition is written `{n}`, `{n,}` or `{n,m}`");
        }
        // Java's integers are of 32 bits.
        let bound = |text: &str| {
            let number = text.parse::<i32>().ok().and_then(|number| u32::try_from(number).ok());
            number.ok_or_else(|| RegexRefusal::Invalid("a repetition is too large".into(), 0))
        };
        let least = bound(least)?;
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => Some(bound(most)?),
        };
        if most.is_some_and(|most| least > most) {
            return invalid("the bounds of a repetition run backwards");
        }
        if least.max(most.unwrap_or_default()) > MOST_REPEATS {
            return unsupported("a repetition is too large");
        }
        Ok((least, most))
    }

    fn operand(&mut self) -> Result<RegexTree, RegexRefusal> {
        Ok(match self.next()? {
            '[' => return self.class(),
            '.' => RegexTree::any(),
            '#' => RegexTree::Union(Vec::new()),
            '@' => RegexTree::Repeat(Box::new(RegexTree::any()), 0, None),
            '"' => {
                let Some(quoted) = self.until('"') else { return invalid("`\"` is not closed") };
                RegexTree::Concat(quoted.chars().map(RegexTree::character).collect())
            }
            '(' if self.eat(')') => RegexTree::Concat(Vec::new()),
            '(' => {
                let tree = self.union()?;
                if !self.eat(')') {
                    return invalid("`(` is not closed");
                }
                tree
            }
            '<' => return self.interval(),
            '\\' => match self.escaped()? {
                Escaped::Class(class) => RegexTree::Class(class),
                Escaped::Character(c) => RegexTree::character(c),
            },
            c => RegexTree::character(c),
        })
    }

    /// An escape behind its backslash. Before a letter it must make a class: in Lucene `\b`, `\n` and `\x41` are errors, and not what they are elsewhere.
    fn escaped(&mut self) -> Result<Escaped, RegexRefusal> {
        let c = self.next()?;
        match shorthand(c) {
            Some(class) => Ok(Escaped::Class(class)),
            None if c.is_ascii_alphabetic() => Err(RegexRefusal::Invalid(format!("there is no `\\{c}`"), 0)),
            None => Ok(Escaped::Character(c)),
        }
    }

    /// A bracket expression, its `[` being consumed. A `]` directly at the beginning is a member, and so is one after `-`, as the end of a range.
    fn class(&mut self) -> Result<RegexTree, RegexRefusal> {
        let negated = self.eat('^');
        let mut ranges = Ranges::new();
        loop {
            let first = self.next()?;
            let member = if first == '\\' { self.escaped()? } else { Escaped::Character(first) };
            match member {
                Escaped::Class(class) => ranges.extend(class),
                Escaped::Character(c) => {
                    let mut last = c;
                    if c != '\\' && self.eat('-') {
                        let end = self.next()?;
                        last = if end == '\\' { self.next()? } else { end };
                        if last < c {
                            return invalid("a range in brackets runs backwards");
                        }
                    }
                    ranges.push((c.into(), last.into()));
                }
            }
            if self.eat(']') {
                let ranges = if negated { all_but(ranges) } else { ranges };
                return Ok(if ranges.is_empty() { RegexTree::Union(Vec::new()) } else { RegexTree::Class(ranges) });
            }
            if self.rest.is_empty() {
                return invalid("`[` is not closed");
            }
        }
    }

    /// `<n-m>`, its `<` being consumed.
    fn interval(&mut self) -> Result<RegexTree, RegexRefusal> {
        let Some(inside) = self.until('>') else { return invalid("`<` is not closed") };
        // `<name>` would be an automaton that Java code registers by name, of which Elasticsearch has none.
        let Some((low, high)) = inside.split_once('-') else {
            return invalid("there is no named automaton");
        };
        let number = |text: &str| text.parse::<i32>().ok().and_then(|number| u32::try_from(number).ok());
        let (Some(from), Some(to)) = (number(low), number(high)) else {
            return invalid("a range of numbers is written `<n-m>`");
        };
        let (from, to) = (from.min(to), from.max(to));
        if low.len() == high.len() {
            let width = low.len();
            return Ok(digits(&format!("{from:0width$}"), &format!("{to:0width$}")));
        }
        // Without a fixed width, any number of leading zeros is accepted.
        let (shortest, longest) = (from.to_string().len(), to.to_string().len());
        let of_width = |width: usize| {
            let low = if width == shortest { from.to_string() } else { format!("1{}", "0".repeat(width - 1)) };
            let high = if width == longest { to.to_string() } else { "9".repeat(width) };
            digits(&low, &high)
        };
        let zeros = RegexTree::Repeat(Box::new(RegexTree::character('0')), 0, None);
        Ok(RegexTree::Concat(vec![zeros, RegexTree::Union((shortest..=longest).map(of_width).collect())]))
    }
}

/// An expression for all numbers from `low` to `high`, which have equally many digits.
fn digits(low: &str, high: &str) -> RegexTree {
    let (Some(first), Some(last)) = (low.chars().next(), high.chars().next()) else {
        return RegexTree::Concat(Vec::new());
    };
    let (low, high) = (&low[1..], &high[1..]);
    if first == last {
        return RegexTree::Concat(vec![RegexTree::character(first), digits(low, high)]);
    }
    let (zeros, nines) = ("0".repeat(low.len()), "9".repeat(low.len()));
    let mut each = vec![RegexTree::Concat(vec![RegexTree::character(first), digits(low, &nines)])];
    let (after, before) = (u32::from(first) + 1, u32::from(last) - 1);
    if after <= before {
        each.push(RegexTree::Concat(vec![RegexTree::Class(vec![(after, before)]), digits(&zeros, &nines)]));
    }
    each.push(RegexTree::Concat(vec![RegexTree::character(last), digits(&zeros, high)]));
    RegexTree::Union(each)
}

#[cfg(test)]
mod tests;
