//! Databases of addresses out of a folder.

use crate::enrichment::{GeoDatabases, GeoError};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why the databases of a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoFolderError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is none.
    #[error("{folder} holds no database of addresses: there is no .mmdb file in it")]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// One of them is none, broken, or of another kind.
    #[error(transparent)]
    Database(#[from] GeoError),
}

/// Reads the databases (`.mmdb`) of a folder, not those of folders in it. All of them are held in memory as they are on disk.
pub fn read_geoip_folder(folder: &Path) -> Result<GeoDatabases, GeoFolderError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| GeoFolderError::Unreadable { path, source }
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let is_database = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mmdb"));
        if is_database && !path.is_dir() {
            files.insert(path.display().to_string(), fs::read(&path).map_err(unreadable(&path))?);
        }
    }
    if files.is_empty() {
        return Err(GeoFolderError::Empty { folder: folder.to_owned() });
    }
    Ok(GeoDatabases::new(files)?)
}
