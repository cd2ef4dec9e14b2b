//! Splits a Windows command line into arguments, as Elastic's pipeline does it: Go's `os.commandLineToArgv`, the rules of Microsoft's C runtime before 2008.
//!
//! Blanks and tabs outside quotes separate; a line break does not. 2n backslashes before a quote are n backslashes, 2n+1 are n and a literal quote.
//! Inside quotes `""` is a literal quote that also ends the quoted part. The program name gets no special treatment.

/// The arguments of a command line; none for a line of blanks.
pub fn split(command_line: &str) -> Vec<String> {
    let mut args = Vec::new();
    let mut rest = command_line;
    while let Some(start) = rest.find(|c| !is_blank(c)) {
        let (arg, after) = next_argument(&rest[start..]);
        args.push(arg);
        rest = after;
    }
    args
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// The first argument of `text`, which starts with one, and what follows its separator.
fn next_argument(text: &str) -> (String, &str) {
    let mut arg = String::new();
    let mut quoted = false;
    let mut backslashes = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                push_backslashes(&mut arg, backslashes / 2);
                let literal = backslashes % 2 == 1;
                backslashes = 0;
                if literal {
                    arg.push('"');
                    continue;
                }
                if quoted && chars.next_if(|&(_, next)| next == '"').is_some() {
                    arg.push('"');
                }
                quoted = !quoted;
            }
            c => {
                push_backslashes(&mut arg, backslashes);
                backslashes = 0;
                if is_blank(c) && !quoted {
                    return (arg, &text[at + 1..]);
                }
                arg.push(c);
            }
        }
    }
    push_backslashes(&mut arg, backslashes);
    (arg, "")
}

fn push_backslashes(arg: &mut String, count: usize) {
    arg.extend(std::iter::repeat_n('\\', count));
}

#[cfg(test)]
mod tests;
