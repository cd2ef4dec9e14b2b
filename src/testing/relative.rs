//! Paths as a test file names them: from the folder that it lies in.

use std::path::{Component, Path, PathBuf};

/// The path that leads from a folder to a file or folder, with `/` between its parts on every system. It is the absolute path if no way leads there, as between
/// two drives of Windows.
pub fn relative_path(path: &Path, folder: &Path) -> String {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (path, folder) = (real_path(path), real_path(folder));
    let (to, from): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (path.components().collect(), folder.components().collect());
    let common = to.iter().zip(&from).take_while(|(left, right)| left == right).count();
    if common == 0 {
        return path.display().to_string();
    }
    let up = std::iter::repeat_n(PathBuf::from(".."), from.len() - common);
    let parts: Vec<String> =
        up.chain(to[common..].iter().map(PathBuf::from)).map(|part| part.display().to_string()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A path with links resolved as far as it leads to something that is there. On Windows all of them begin in one way then (`\\?\C:\`), so that they have common
/// parts.
fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for there in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (there.canonicalize(), path.strip_prefix(there)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
}

#[cfg(test)]
mod tests;
