//! Which kinds of values a text can be part of that are not stored as text: numbers, GUIDs, times, digests.
//!
//! `mimikatz` is in no number and in no time, and no such value needs to be made for its sake; `2019` may be in all of them. A text is given in lower case, as
//! letter case does not count.

/// A GUID as it is written; `x` stands for any digit.
const GUID: &str = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
/// Times as they are written; `0` stands for any digit.
const TIMES: [&str; 2] = ["0000-00-00t00:00:00.000z", "0000-00-00t00:00:00.0000000z"];
/// Characters of a digest of a network flow: `1:` and 28 of Base64.
const LONGEST_DIGEST: usize = 30;

/// The kinds of values that some texts can be part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderedKinds {
    /// Numbers, GUIDs, security identifiers, flags and bytes.
    pub is_in_value: bool,
    /// Times.
    pub is_in_time: bool,
    /// Digests of network flows.
    pub is_in_digest: bool,
}

impl RenderedKinds {
    /// What one of these texts can be part of.
    pub fn of(texts: &[String]) -> Self {
        let any = |may_be: fn(&str) -> bool| texts.iter().any(|text| may_be(&folded(text)));
        Self { is_in_value: any(may_be_in_value), is_in_time: any(may_be_in_time), is_in_digest: any(may_be_in_digest) }
    }
}

/// A text in lower case; the two letters beyond ASCII that count as letters of ASCII become these.
pub fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        c => c,
    };
    text.chars().map(plain).flat_map(char::to_lowercase).collect()
}

fn may_be_in_value(text: &str) -> bool {
    let is = |allowed: fn(char) -> bool| text.chars().all(allowed);
    is(|c| matches!(c, '0'..='9' | '-'))
        // `0x1f`, and bytes.
        || is(|c| matches!(c, '0'..='9' | 'a'..='f' | 'x')) && !text.char_indices().any(|(at, c)| c == 'x' && at > 1)
        // `S-1-5-18`
        || is(|c| matches!(c, '0'..='9' | '-' | 's'))
        || ["true", "false"].iter().any(|flag| flag.contains(text))
        || fits(text, GUID, |c, wanted| if wanted == 'x' { c.is_ascii_hexdigit() } else { c == wanted })
}

fn may_be_in_time(text: &str) -> bool {
    TIMES.iter().any(|time| fits(text, time, |c, wanted| if wanted == '0' { c.is_ascii_digit() } else { c == wanted }))
}

fn may_be_in_digest(text: &str) -> bool {
    let is_base64 = |text: &str| text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '+' | '/'));
    let behind = text.strip_prefix("1:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    text.len() <= LONGEST_DIGEST && is_base64(behind.strip_suffix('=').unwrap_or(behind))
}

/// Whether a text can be part of one that has a form.
fn fits(text: &str, form: &str, is: impl Fn(char, char) -> bool) -> bool {
    let (text, form): (Vec<char>, Vec<char>) = (text.chars().collect(), form.chars().collect());
    form.windows(text.len().max(1)).any(|part| text.iter().zip(part).all(|(&c, &wanted)| is(c, wanted)))
}
