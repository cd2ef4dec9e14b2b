//! EQL's wildcard patterns: `*` stands for any run of characters, `?` for exactly one, and there is no escape.
//!
//! Used by `:`, `like` and `like~`. The matcher is iterative: at worst it costs pattern length times text length, and never recursion.
//! Texts of ASCII, which nearly all are, are matched in place, by bytes.

/// Whether letter case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseSensitivity {
    /// Characters must be equal.
    Sensitive,
    /// Characters must be equal after Unicode lower-casing.
    Insensitive,
}

/// Folds one character for comparison without case. Characters whose lower case is longer than one character stand for themselves.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The one character beyond ASCII that [`fold`] makes one of ASCII: the Kelvin sign, a `k`. In a text without it, what is beyond ASCII stays so.
pub const KELVIN: char = '\u{212a}';

/// Whether two texts are equal, with or without regard to case.
pub fn equal(left: &str, right: &str, case: CaseSensitivity) -> bool {
    match case {
        CaseSensitivity::Sensitive => left == right,
        CaseSensitivity::Insensitive => left.chars().map(fold).eq(right.chars().map(fold)),
    }
}

/// Whether the pattern has a character with a special meaning.
pub fn is_wild(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    tokens: Vec<WildcardToken>,
    case: CaseSensitivity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WildcardToken {
    Run,
    One,
    Char(char),
}

impl Wildcard {
    /// Compiles `pattern`; every text is a valid pattern.
    pub fn new(pattern: &str, case: CaseSensitivity) -> Self {
        let mut tokens: Vec<WildcardToken> = Vec::with_capacity(pattern.len());
        for c in pattern.chars() {
            match c {
                // `**` is `*`: a row of stars would only multiply the places to go back to.
                '*' if tokens.last() == Some(&WildcardToken::Run) => {}
                '*' => tokens.push(WildcardToken::Run),
                '?' => tokens.push(WildcardToken::One),
                c if case == CaseSensitivity::Insensitive => tokens.push(WildcardToken::Char(fold(c))),
                c => tokens.push(WildcardToken::Char(c)),
            }
        }
        Self { tokens, case }
    }

    /// The pattern of these texts with any text between each two of them; nothing in them is wild.
    pub fn of_parts<'t>(parts: impl IntoIterator<Item = &'t str>, case: CaseSensitivity) -> Self {
        let mut tokens = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 && tokens.last() != Some(&WildcardToken::Run) {
                tokens.push(WildcardToken::Run);
            }
            let folded = |c| if case == CaseSensitivity::Insensitive { fold(c) } else { c };
            tokens.extend(part.chars().map(folded).map(WildcardToken::Char));
        }
        Self { tokens, case }
    }

    /// A character of the pattern that is beyond ASCII, folded if case does not count: a text that fits has it, and no text of ASCII fits. `None` if there is
    /// none.
    pub fn beyond_ascii(&self) -> Option<char> {
        self.tokens.iter().find_map(|token| match token {
            WildcardToken::Char(c) if !c.is_ascii() => Some(*c),
            _ => None,
        })
    }

    /// The longest run of ordinary characters of ASCII in the pattern, folded if case does not count; empty if there is none.
    ///
    /// A text of ASCII that fits has it in it.
    pub fn literal(&self) -> String {
        let ascii = |token: &WildcardToken| matches!(token, WildcardToken::Char(c) if c.is_ascii());
        let runs = self.tokens.chunk_by(|left, right| ascii(left) && ascii(right)).filter(|run| run.iter().all(ascii));
        let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
        let char = |token: &WildcardToken| match token {
            WildcardToken::Char(c) => Some(*c),
            WildcardToken::Run | WildcardToken::One => None,
        };
        longest.iter().filter_map(char).collect()
    }

    /// Whether the whole of `text` fits the pattern.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.fits(text.as_bytes(), |byte| match self.case {
                CaseSensitivity::Sensitive => byte.into(),
                CaseSensitivity::Insensitive => byte.to_ascii_lowercase().into(),
            });
        }
        let text: Vec<char> = text.chars().collect();
        self.fits(&text, |c| match self.case {
            CaseSensitivity::Sensitive => c,
            CaseSensitivity::Insensitive => fold(c),
        })
    }

    /// Matches text of any characters, compared after `folded`.
    fn fits<L: Copy>(&self, text: &[L], folded: impl Fn(L) -> char) -> bool {
        let (mut at, mut token) = (0, 0);
        // Where to take up again: the token after the last `*`, and the place in the text that it was tried on.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let is_fitting = match (self.tokens.get(token), text.get(at)) {
                (Some(WildcardToken::Run), _) => {
                    token += 1;
                    // What comes next is looked for at once.
                    let rest = &text[at..];
                    let next = match self.tokens.get(token) {
                        None => return true,
                        Some(WildcardToken::Char(wanted)) => rest.iter().position(|letter| folded(*letter) == *wanted),
                        Some(WildcardToken::One | WildcardToken::Run) => Some(0),
                    };
                    let Some(next) = next else { return false };
                    at += next;
                    retry = Some((token, at));
                    continue;
                }
                (None, None) => return true,
                (Some(_), None) => return false,
                (None, Some(_)) => false,
                (Some(WildcardToken::One), Some(_)) => true,
                (Some(WildcardToken::Char(wanted)), Some(letter)) => folded(*letter) == *wanted,
            };
            if is_fitting {
                (at, token) = (at + 1, token + 1);
                continue;
            }
            let Some((after, tried)) = retry else { return false };
            // Only the last `*` is ever gone back to. An earlier one could take more letters too, but whatever fits behind it then fits behind the last
            // one as well, which is why no recursion is needed: `*ab*cd` on `abxcabcd` fails at the first `c`, and is taken up again one letter behind
            // it.
            // As if the `*` had taken one letter more.
            (token, at) = (after - 1, tried + 1);
        }
    }
}

#[cfg(test)]
mod tests;
