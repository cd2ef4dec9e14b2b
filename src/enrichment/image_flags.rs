//! What is odd about the image of a process: where it lies, and what it is called.

use super::look_alike::{is_hidden, look_alike};
use super::windows_programs::{WindowsProgram, windows_program};

/// Something odd about an image. It is no verdict: installers and tools of administrators have some of these too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFlag {
    /// The file was given another name than its version resource has.
    Renamed {
        /// The name there.
        original: String,
        /// The program of Windows that it is, if it is one.
        program: Option<&'static str>,
    },
    /// It has the name of a program of Windows, and lies where Windows does not keep it.
    UnusualFolder {
        /// The program.
        program: &'static str,
        /// The folders where it is kept.
        homes: String,
    },
    /// Its name looks like that of a program of Windows.
    LookAlike {
        /// The program.
        program: &'static str,
    },
    /// Its name has characters that change in which order it is read, or that are not seen.
    HiddenCharacters,
    /// Its name ends like a document, and then like the program that it is.
    DoubleEnding {
        /// Both endings: `.pdf.exe`.
        endings: String,
    },
}

impl ImageFlag {
    /// The name in documents.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Renamed { .. } => "renamed",
            Self::UnusualFolder { .. } => "unusual_folder",
            Self::LookAlike { .. } => "look_alike",
            Self::HiddenCharacters => "hidden_characters",
            Self::DoubleEnding { .. } => "double_ending",
        }
    }

    /// The name of the flag and what is odd, in a few words. Texts of the evidence in it are not escaped.
    pub fn text(&self) -> String {
        match self {
            Self::Renamed { original, program: None } => format!("renamed: its original file name is {original}"),
            Self::Renamed { original, program: Some(program) } => {
                format!("renamed: its original file name is {original}, that of Windows' {program}")
            }
            Self::UnusualFolder { program, homes } => {
                format!("unusual folder: Windows keeps {program} in {homes}")
            }
            Self::LookAlike { program } => format!("look-alike: its name is nearly that of Windows' {program}"),
            Self::HiddenCharacters => "hidden characters: its name does not read as it is written".to_owned(),
            Self::DoubleEnding { endings } => format!("double ending: its name ends in {endings}"),
        }
    }
}

/// Longest original file name that is told, in characters. Version resources hold names; evidence can hold anything.
const LONGEST_NAME: usize = 260;

/// What is odd about an image, by its path and by the name in its version resource, if that is known.
pub fn image_flags(image: &str, original_name: Option<&str>) -> Vec<ImageFlag> {
    // Other systems have other paths, and programs of the same names in other places.
    if image.starts_with('/') {
        return Vec::new();
    }
    let image = image.trim();
    let (folder, name) = image.rsplit_once(['\\', '/']).map_or((None, image), |(folder, name)| (Some(folder), name));
    let mut flags = Vec::new();
    flags.extend(original_name.and_then(|original| renamed(name, original)));
    match windows_program(&name.to_ascii_lowercase()) {
        Some(program) => flags.extend(
            folder
                .filter(|folder| !is_at_home(program, folder))
                .map(|_| ImageFlag::UnusualFolder { program: program.name, homes: program.homes() }),
        ),
        None => flags.extend(look_alike(name).map(|program| ImageFlag::LookAlike { program })),
    }
    flags.extend(name.contains(is_hidden).then_some(ImageFlag::HiddenCharacters));
    flags.extend(double_ending(name));
    flags
}

/// Endings of what people open without fear, each in front of one that runs.
const HARMLESS: [&str; 23] = [
    "csv", "doc", "docm", "docx", "exe", "gif", "htm", "html", "jpeg", "jpg", "lnk", "mp3", "mp4", "pdf", "png", "ppt",
    "pptx", "rtf", "txt", "xls", "xlsm", "xlsx", "zip",
];

fn double_ending(name: &str) -> Option<ImageFlag> {
    let (stem, last) = name.rsplit_once('.')?;
    let (_, first) = stem.rsplit_once('.')?;
    let runs = ["exe", "scr", "com", "pif"].iter().any(|ending| last.trim().eq_ignore_ascii_case(ending));
    // Blanks push the real ending out of sight.
    let hides = HARMLESS.iter().any(|ending| first.trim().eq_ignore_ascii_case(ending));
    (runs && hides).then(|| ImageFlag::DoubleEnding { endings: format!(".{}.{}", first.trim(), last.trim()) })
}

/// Whether a folder is one in which Windows keeps a program; a path that does not say which folder it is counts as one.
fn is_at_home(program: &WindowsProgram, folder: &str) -> bool {
    let lower = folder.replace('/', "\\").to_ascii_lowercase();
    let mut path = lower.as_str();
    for prefix in ["\\\\?\\", "\\??\\", "\\\\.\\"] {
        path = path.strip_prefix(prefix).unwrap_or(path);
    }
    let systems = ["\\systemroot", "%systemroot%", "%windir%"];
    if let Some(below) = systems.iter().find_map(|system| path.strip_prefix(system)) {
        return program.is_at_home_in(below.trim_start_matches('\\'));
    }
    // The drive, by its letter or as the kernel calls it.
    let below = match path.strip_prefix("\\device\\") {
        Some(rest) => rest.split_once('\\').map(|(_, below)| below),
        None => path.get(1..3).filter(|colon| *colon == ":\\").map(|_| &path[3..]),
    };
    let Some(below) = below else { return is_no_folder(path) };
    // Images of containers have a Windows of their own below this folder.
    let container = below.strip_prefix("programdata\\microsoft\\windows\\containers\\baseimages\\");
    let below = container.and_then(|rest| rest.split_once("\\files\\")).map_or(below, |(_, below)| below);
    let (root, folder) = below.split_once('\\').unwrap_or((below, ""));
    match root {
        "windows" | "winnt" => program.is_at_home_in(folder),
        // An older Windows, and the next one while it is being set up.
        "windows.old" | "$windows.~bt" => true,
        _ => false,
    }
}

/// Whether a path names no place: it is empty, or of neither a drive nor a share.
fn is_no_folder(path: &str) -> bool {
    path.is_empty() || !path.starts_with("\\\\") && path.get(1..2) != Some(":")
}

/// Names in version resources that say how a file was built, not what it is: packers of installers, and frames that others put their program into.
const BUILDERS: [&str; 16] = [
    "7zs.sfx",
    "7z.sfx",
    "7zsd.sfx",
    "app",
    "bootstrapper",
    "electron",
    "install",
    "installer",
    "launcher",
    "nw",
    "setup",
    "sfxcab",
    "stub",
    "uninstall",
    "uninstaller",
    "wextract",
];

/// That a file has another name than its version resource says.
fn renamed(name: &str, original: &str) -> Option<ImageFlag> {
    let original = original.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let original_name = original.rsplit(['\\', '/']).next().unwrap_or(original).to_lowercase();
    // Resources that are translated are files of their own, and Windows tells the name of those.
    let original_name = original_name.strip_suffix(".mui").unwrap_or(&original_name).trim_end();
    let (stem, original_stem) = (stem(&name.to_lowercase()), stem(original_name));
    if !original_name.contains(char::is_alphanumeric) || stem == original_stem || name.is_empty() {
        return None;
    }
    let program = windows_program(&format!("{original_stem}.exe")).map(|program| program.name);
    // Of what comes with Windows any other name is odd. Of others names go with versions and processors: `procexp64.exe` is `Procexp.exe`, and `App-1.2-setup.exe`
    // is `App.exe`.
    if program.is_none() && (BUILDERS.contains(&original_stem.as_str()) || is_variant(&stem, &original_stem)) {
        return None;
    }
    Some(ImageFlag::Renamed { original: original.chars().take(LONGEST_NAME).collect(), program })
}

/// A file name without its ending, if it has one of at most four letters and numbers.
fn stem(name: &str) -> String {
    let ending = name.rsplit_once('.').filter(|(stem, ending)| {
        !stem.is_empty()
            && ending.len() <= 4
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !ending.is_empty()
    });
    ending.map_or(name, |(stem, _)| stem).to_owned()
}

/// Whether the letters of one name begin the other, or end it.
fn is_variant(name: &str, original: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let (name, original) = (letters(name), letters(original));
    let (short, long) = if name.len() < original.len() { (name, original) } else { (original, name) };
    // Two letters begin too many names.
    short.chars().count() >= 3 && (long.starts_with(&short) || long.ends_with(&short))
}

#[cfg(test)]
mod tests;
