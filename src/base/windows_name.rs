//! Names of files that are none on Windows: devices of MS-DOS, which are there in every folder and whatever ending is put behind them (`case\aux.csv`), and
//! names with a colon, which are streams of another file (`12:30.jsonl` is `30.jsonl` in `12`). A program that writes to them has written nothing that anybody
//! finds again.

/// Why a file cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowsNameError {
    /// It is that of a device.
    #[error("is the name of a device on Windows")]
    Device,
    /// It names a stream of another file.
    #[error("has a colon in it, behind which Windows takes the name of a stream in another file")]
    Stream,
}

/// The devices with one name each.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The devices with a number.
const NUMBERED: &[&str] = &["com", "lpt"];

/// Whether a file of Windows can have this name, which has no folder and no drive before it.
pub fn check(name: &str) -> Result<(), WindowsNameError> {
    if is_device(name) {
        return Err(WindowsNameError::Device);
    }
    if name.contains(':') { Err(WindowsNameError::Stream) } else { Ok(()) }
}

/// Whether the name is that of the device that takes everything and keeps nothing.
pub fn is_null_device(name: &str) -> bool {
    name.trim_end_matches(':').eq_ignore_ascii_case("nul")
}

fn is_device(name: &str) -> bool {
    // Older Windows looks no further than the first of these; `NUL .txt` is NUL.
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ');
    let is = |device: &&str| stem.eq_ignore_ascii_case(device);
    let is_numbered = || {
        let Some((number, (at, _))) = stem.chars().next_back().zip(stem.char_indices().next_back()) else {
            return false;
        };
        // The superscript digits of Latin-1 count as digits there.
        (number.is_ascii_digit() || "¹²³".contains(number))
            && NUMBERED.iter().any(|device| stem[..at].eq_ignore_ascii_case(device))
    };
    DEVICES.iter().any(is) || is_numbered()
}

#[cfg(test)]
mod tests;
