//! Indicators that were made harmless to click on, and back: `hxxps[:]//evil[.]example` is `https://evil.example`.

use std::borrow::Cow;

/// What stands for a sign, in lower case, and the sign.
const SIGNS: &[(&str, &str)] = &[
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[.", "."),
    (".]", "."),
    ("[:]", ":"),
    ("[://]", "://"),
    ("[:", ":"),
    ("[/]", "/"),
    ("[at]", "@"),
    ("[@]", "@"),
];

/// Schemes as they are written, in lower case, and the schemes that they stand for.
const SCHEMES: &[(&str, &str)] =
    &[("hxxps", "https"), ("hxxp", "http"), ("h**ps", "https"), ("h**p", "http"), ("fxp", "ftp"), ("meow", "http")];

/// The text as it was.
pub fn refanged(text: &str) -> Cow<'_, str> {
    // Most lists are long and have nothing of the kind.
    let has_sign = text.bytes().any(|byte| matches!(byte, b'[' | b'(' | b'{' | b']'));
    let begins = |written: &str| {
        text.as_bytes().get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written.as_bytes()))
    };
    if !has_sign && !SCHEMES.iter().any(|(written, _)| begins(written)) {
        return Cow::Borrowed(text);
    }
    // An address of IPv6 in brackets is none of these: a host in a URL, with its port behind the bracket.
    let is_address = |rest: &str| {
        rest.strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .is_some_and(|(inside, _)| inside.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    if let Some((written, meant)) = SCHEMES.iter().find(|(written, _)| is_scheme(&lower, written)) {
        out.push_str(meant);
        at = written.len();
    }
    while let Some(c) = text[at..].chars().next() {
        let rest = &lower[at..];
        let sign = SIGNS.iter().find(|(written, _)| rest.starts_with(written)).filter(|_| !is_address(rest));
        if let Some((written, meant)) = sign {
            out.push_str(meant);
            at += written.len();
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Whether a text begins with a scheme that is written so.
fn is_scheme(lower: &str, written: &str) -> bool {
    let rest = lower.strip_prefix(written).unwrap_or_default();
    ["://", "[://]", "[:]//", "[:", ":\\\\"].iter().any(|end| rest.starts_with(end))
}

/// The text made harmless: no program makes a link of it. Paths and hashes stay as they are.
pub fn defanged(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let host = host.replace('.', "[.]");
    // Only `hxxp` is understood everywhere.
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "" => String::new(),
        "ftp" => "fxp://".to_owned(),
        other => format!("{}://", other.replacen("http", "hxxp", 1)),
    };
    format!("{scheme}{host}{path}")
}

#[cfg(test)]
mod tests;
