//! Alerts that were saved: JSON, one alert a line, or in one array, or one after another over several lines; gzip and UTF-16 are undone on the way.
//!
//! A line that is no alert costs that line. Nothing is held but the alert at hand, of at most [`LARGEST_DOCUMENT`] bytes, and the reader of JSON has an
//! end to nesting.

use super::html_report::HtmlReport;
use crate::source::{JsonCut, JsonCutter, LARGEST_DOCUMENT};
use encoding_rs_io::DecodeReaderBytes;
use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read};

/// A piece of a file that is no alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedAlert {
    /// Its line, from 1, or where lines mean nothing the byte where it starts.
    pub place: String,
    /// Why it is none.
    pub reason: String,
}

impl HtmlReport {
    /// Adds the alerts of a file, and tells what in it is none. An error is that the file could not be read further.
    pub fn add_saved(&mut self, source: &mut dyn Read, refused: &mut dyn FnMut(RefusedAlert)) -> io::Result<()> {
        let mut source = BufReader::new(source);
        if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            self.add_text(MultiGzDecoder::new(source), refused)
        } else {
            self.add_text(source, refused)
        }
    }

    fn add_text(&mut self, source: impl Read, refused: &mut dyn FnMut(RefusedAlert)) -> io::Result<()> {
        // A shell may have written UTF-16: Windows PowerShell does.
        let mut source = BufReader::with_capacity(1 << 16, DecodeReaderBytes::new(source));
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            // One byte more than may be: a line of exactly the limit is still told from a longer one.
            let read = Read::by_ref(&mut source).take(LARGEST_DOCUMENT as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(());
            }
            let content = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
            // The first line tells the layout: a bracket begins an array, and a brace alone a document that goes over several lines. Lines of documents
            // are read one by one, which is quicker and names the line of a fault.
            if number == 1 && (content.starts_with(b"[") || content == b"{") {
                return self.add_cut(line.as_slice().chain(source), refused);
            }
            if line.len() > LARGEST_DOCUMENT && !line.ends_with(b"\n") {
                refused(RefusedAlert {
                    place: format!("line {number}"),
                    reason: "it is too long to be an alert".to_owned(),
                });
                source.skip_until(b'\n')?;
                continue;
            }
            if !content.is_empty() {
                self.add_bytes(content, || format!("line {number}"), refused);
            }
        }
        Ok(())
    }

    /// Alerts that are not one a line, cut out by their braces.
    fn add_cut(&mut self, source: impl Read, refused: &mut dyn FnMut(RefusedAlert)) -> io::Result<()> {
        let mut cutter = JsonCutter::default();
        let mut source = BufReader::new(source);
        let mut add = |start: u64, cut: JsonCut<'_>| {
            let place = || format!("byte {start}");
            let reason = match cut {
                JsonCut::Document(bytes) => return self.add_bytes(bytes, place, refused),
                JsonCut::TooLong => "it is too long to be an alert".to_owned(),
                JsonCut::Scalar | JsonCut::Text(_) => "it is no alert".to_owned(),
                JsonCut::Broken(reason) => reason,
                JsonCut::PassedOver(_) | JsonCut::Incomplete(_) => return,
                JsonCut::Unclosed => "the list that begins here has no end".to_owned(),
            };
            refused(RefusedAlert { place: place(), reason });
        };
        loop {
            let piece = source.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            cutter.feed(piece, &mut add);
            let length = piece.len();
            source.consume(length);
        }
        cutter.finish(&mut add);
        Ok(())
    }

    fn add_bytes(&mut self, bytes: &[u8], place: impl FnOnce() -> String, refused: &mut dyn FnMut(RefusedAlert)) {
        let added = match serde_json::from_slice::<Value>(bytes) {
            Ok(document) => self.add(&document).map_err(str::to_owned),
            Err(error) => {
                let text = error.to_string();
                let reason = text.split(" at line ").next().unwrap_or(&text);
                Err(format!("it is not JSON: {reason} (byte {})", error.column()))
            }
        };
        if let Err(reason) = added {
            refused(RefusedAlert { place: place(), reason });
        }
    }
}

#[cfg(test)]
mod tests;
