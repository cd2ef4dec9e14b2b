//! The look of things on a terminal. All text from evidence passes through `evql::base::escape::terminal` here.

pub mod alerts;
pub mod faults;
pub mod summary;
pub mod survey;
pub mod tree;
pub mod triage;

use anstyle::{AnsiColor, Style};
use evql::base::escape::terminal;
use evql::rules::Level;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const MARK: Style = AnsiColor::Yellow.on_default();

/// Text from evidence, safe to print, cut after `most` characters unless everything is wanted.
pub fn shown(text: &str, most: Option<usize>) -> String {
    let cut = most.and_then(|most| text.char_indices().nth(most).map(|(at, _)| at));
    match cut {
        None => terminal(text).into_owned(),
        Some(at) => {
            let left = text[at..].chars().count();
            format!("{}… (+{} characters; -v or -o shows all)", terminal(&text[..at]), grouped(left as u64))
        }
    }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 alert`, `2 alerts`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// The colour of a severity.
pub fn level_style(level: Level) -> Style {
    match level {
        Level::Low => AnsiColor::Cyan.on_default().bold(),
        Level::Medium => AnsiColor::Yellow.on_default().bold(),
        Level::High => AnsiColor::Red.on_default().bold(),
        Level::Critical => AnsiColor::White.on(AnsiColor::Red).bold(),
    }
}
