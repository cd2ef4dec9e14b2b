//! Text files that people write: rules, lists, queries, scenarios. They are UTF-8 or, as PowerShell writes what is sent to a file and as some exports of
//! Windows are, UTF-16 with a byte-order mark.
//!
//! Nothing is replaced by U+FFFD: a rule or a list with other letters than its author wrote would be taken, and find nothing.

use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;

/// The text of a file, without its byte-order mark.
pub fn read(path: &Path) -> io::Result<String> {
    decode(fs::read(path)?).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// The text of the bytes of a file, without its byte-order mark, or why they are none.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes).filter(|(encoding, _)| *encoding != UTF_8) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
        return text.map(Cow::into_owned).ok_or_else(|| format!("it is not {} text", encoding.name()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests;
