//! An expression of Lucene as it was read: all its shorthands are classes of characters, so that whoever runs it knows few kinds of nodes.

use std::fmt::Write as _;

/// Ranges of characters, both ends included.
pub type Ranges = Vec<(u32, u32)>;

/// The last character there is.
pub const LAST: u32 = 0x0010_ffff;

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegexTree {
    /// One character of a class.
    Class(Ranges),
    Concat(Vec<RegexTree>),
    Union(Vec<RegexTree>),
    Intersection(Vec<RegexTree>),
    Complement(Box<RegexTree>),
    /// An expression repeated: the fewest times, and the most, if there is a limit.
    Repeat(Box<RegexTree>, u32, Option<u32>),
}

/// A range whose ends are characters: halves of surrogate pairs are none.
fn without_surrogates((first, last): (u32, u32)) -> (u32, u32) {
    let halves = 0xd800..=0xdfff;
    let first = if halves.contains(&first) { 0xe000 } else { first };
    (first, if halves.contains(&last) { 0xd7ff } else { last })
}

impl RegexTree {
    /// One character.
    pub fn character(c: char) -> Self {
        Self::Class(vec![(c.into(), c.into())])
    }

    /// Any character.
    pub fn any() -> Self {
        Self::Class(vec![(0, LAST)])
    }

    /// Whether only an automaton can match it.
    pub fn needs_automaton(&self) -> bool {
        match self {
            Self::Class(_) => false,
            Self::Concat(each) | Self::Union(each) => each.iter().any(Self::needs_automaton),
            Self::Repeat(inner, ..) => inner.needs_automaton(),
            Self::Intersection(_) | Self::Complement(_) => true,
        }
    }

    /// Visits all classes.
    pub fn for_each_class(&self, visit: &mut dyn FnMut(&Ranges)) {
        match self {
            Self::Class(ranges) => visit(ranges),
            Self::Concat(each) | Self::Union(each) | Self::Intersection(each) => {
                for tree in each {
                    tree.for_each_class(visit);
                }
            }
            Self::Complement(inner) | Self::Repeat(inner, ..) => inner.for_each_class(visit),
        }
    }

    /// Extends every class that has a letter of ASCII by its other case.
    pub fn caseless(self) -> Self {
        let each = |trees: Vec<Self>| trees.into_iter().map(Self::caseless).collect();
        match self {
            Self::Class(mut ranges) => {
                // Only letters of ASCII, as Lucene's own flag does. The part of a range that lies within the letters is added once more, moved by 32:
                // `[Y-b]` gets `y-z` and `A-B`.
                for (letters, to_other) in [(0x41..=0x5a, 0x20_i32), (0x61..=0x7a, -0x20)] {
                    for at in 0..ranges.len() {
                        let (first, last) = ranges[at];
                        let (first, last) = (first.max(*letters.start()), last.min(*letters.end()));
                        if first <= last {
                            ranges.push((first.wrapping_add_signed(to_other), last.wrapping_add_signed(to_other)));
                        }
                    }
                }
                Self::Class(ranges)
            }
            Self::Concat(trees) => Self::Concat(each(trees)),
            Self::Union(trees) => Self::Union(each(trees)),
            Self::Intersection(trees) => Self::Intersection(each(trees)),
            Self::Complement(inner) => Self::Complement(Box::new(inner.caseless())),
            Self::Repeat(inner, least, most) => Self::Repeat(Box::new(inner.caseless()), least, most),
        }
    }

    /// Writes it in the syntax of the `regex` crate. Complement and intersection have none, and match nothing.
    pub fn write(&self, out: &mut String) {
        // Writing to a String cannot fail.
        match self {
            Self::Class(ranges) if ranges.as_slice() == [(0, LAST)] => out.push('.'),
            Self::Class(ranges) => {
                out.push('[');
                for (first, last) in ranges.iter().map(|&range| without_surrogates(range)) {
                    if first > last {
                        continue;
                    }
                    let _ = write!(out, "\\x{{{first:x}}}");
                    if first < last {
                        let _ = write!(out, "-\\x{{{last:x}}}");
                    }
                }
                out.push(']');
            }
            Self::Concat(each) => each.iter().for_each(|tree| tree.write(out)),
            Self::Union(each) if each.is_empty() => out.push_str("[^\\s\\S]"),
            Self::Union(each) => {
                out.push_str("(?:");
                for (at, tree) in each.iter().enumerate() {
                    if at > 0 {
                        out.push('|');
                    }
                    tree.write(out);
                }
                out.push(')');
            }
            Self::Repeat(inner, least, most) => {
                // A group of its own, or the second operator of `a**` and `a*?` would make the first one lazy.
                out.push_str("(?:");
                inner.write(out);
                out.push(')');
                let _ = match (least, most) {
                    (0, None) => write!(out, "*"),
                    (1, None) => write!(out, "+"),
                    (0, Some(1)) => write!(out, "?"),
                    (least, None) => write!(out, "{{{least},}}"),
                    (least, Some(most)) => write!(out, "{{{least},{most}}}"),
                };
            }
            Self::Intersection(_) | Self::Complement(_) => out.push_str("[^\\s\\S]"),
        }
    }
}
