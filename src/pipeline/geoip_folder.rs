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
    let mut files = BTreeMap::new();
    for path in geoip_files(folder)? {
        files.insert(path.display().to_string(), fs::read(&path).map_err(|error| unreadable(&path, error))?);
    }
    Ok(GeoDatabases::new(files)?)
}

/// The databases of a folder, of which there is at least one, in any order.
pub fn geoip_files(folder: &Path) -> Result<Vec<PathBuf>, GeoFolderError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let is_database = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mmdb"));
        files.extend(Some(path).filter(|path| is_database && !path.is_dir()));
    }
    if files.is_empty() {
        return Err(GeoFolderError::Empty { folder: folder.to_owned() });
    }
    Ok(files)
}

fn unreadable(path: &Path, source: io::Error) -> GeoFolderError {
    GeoFolderError::Unreadable { path: path.to_owned(), source }
}
