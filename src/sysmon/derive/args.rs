//! Splits a Windows command line into arguments, as Elastic's pipeline does it: Go's `os.commandLineToArgv`, the rules of Microsoft's C runtime before 2008.
//!
//! Blanks and tabs outside quotes separate; a line break does not. 2n backslashes before a quote are n backslashes, 2n+1 are n and a literal quote.
//! Inside quotes `""` is a literal quote that also ends the quoted part. The program name gets no special treatment.

/// The arguments of a command line; none for a line of blanks.
pub fn split(command_line: &str) -> Vec<String> {
    let mut args = Vec::new();
    let mut rest = command_line;
    while let Some(start) = rest.find(|c| !is_blank(c)) {
        rest = &rest[start..];
        // Most arguments have nothing in them that means more than itself.
        let end = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
        if rest[end..].starts_with('"') {
            let mut arg = String::new();
            rest = next_argument(rest, &mut arg);
            args.push(arg);
        } else {
            args.push(rest[..end].to_owned());
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    args
}

/// How many arguments a command line has.
pub fn count(command_line: &str) -> usize {
    let mut rest = command_line.as_bytes();
    let mut count = 0;
    while let Some(start) = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
        count += 1;
        rest = &rest[start..];
        rest = &rest[length(rest)..];
    }
    count
}

/// Which bytes mean more than themselves.
const TELLING: [bool; 256] = {
    let mut telling = [false; 256];
    telling[b' ' as usize] = true;
    telling[b'\t' as usize] = true;
    telling[b'"' as usize] = true;
    telling[b'\\' as usize] = true;
    telling
};

/// How many bytes the first argument of a text takes, which starts with one: where [`next_argument`] ends, without what it says. Every start of a process
/// is counted, and few are split.
fn length(text: &[u8]) -> usize {
    let (mut at, mut backslashes, mut quoted) = (0, 0, false);
    // A table look-up per byte and no text put together. Blanks and quotes are ASCII, and no byte of a longer UTF-8 sequence equals one: bytes will do.
    while let Some(skipped) = text[at..].iter().position(|byte| TELLING[usize::from(*byte)]) {
        if skipped > 0 {
            backslashes = 0;
        }
        let byte = text[at + skipped];
        at += skipped + 1;
        match byte {
            b'\\' => backslashes += 1,
            b'"' if backslashes % 2 == 0 => {
                if quoted && text.get(at) == Some(&b'"') {
                    at += 1;
                }
                quoted = !quoted;
                backslashes = 0;
            }
            b' ' | b'\t' if !quoted => return at,
            _ => backslashes = 0,
        }
    }
    text.len()
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Adds the first argument of `text`, which starts with one; gives what follows its separator.
fn next_argument<'t>(text: &'t str, arg: &mut String) -> &'t str {
    let mut quoted = false;
    let mut rest = text;
    loop {
        let Some(at) = rest.find(['\\', '"', ' ', '\t']) else {
            arg.push_str(rest);
            return "";
        };
        arg.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = rest.trim_start_matches('\\');
        let backslashes = rest.len() - after.len();
        rest = after;
        if let Some(after) = rest.strip_prefix('"') {
            push_backslashes(arg, backslashes / 2);
            rest = after;
            if backslashes % 2 == 1 {
                arg.push('"');
                continue;
            }
            if quoted && let Some(after) = rest.strip_prefix('"') {
                arg.push('"');
                rest = after;
            }
            quoted = !quoted;
            continue;
        }
        push_backslashes(arg, backslashes);
        if let Some(after) = rest.strip_prefix([' ', '\t']) {
            if !quoted {
                return after;
            }
            arg.push_str(&rest[..1]);
            rest = after;
        }
    }
}

fn push_backslashes(arg: &mut String, count: usize) {
    arg.extend(std::iter::repeat_n('\\', count));
}

#[cfg(test)]
mod tests;
