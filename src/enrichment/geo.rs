//! Where an address is, and whose network it is of: databases in MaxMind's format that a person has on disk.
//!
//! The layouts of several vendors are understood, since they differ in little: MaxMind (GeoIP2, GeoLite2) and DB-IP nest names by language, IPinfo has flat
//! texts.
//!
//! ```text
//! {"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}, …}        MaxMind, DB-IP
//! {"country_code": "NL", "country": "Netherlands", "asn": "AS64500", …}     IPinfo
//! ```
//!
//! The databases are held in memory as they are, and looked up where they stand; nothing is ever fetched. This file opens no files.

use super::geo_record::{GeoFacts, GeoRecord};
use maxminddb::{MaxMindDbError, Reader};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Mutex;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoError {
    /// It is no database, or broken.
    #[error("{file} is no database in MaxMind's format, or is broken: {reason}")]
    Broken {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// It knows other things of addresses than where they are or whose.
    #[error("{file} is a database of the type '{kind}', which has neither countries nor autonomous systems")]
    OtherKind {
        /// The file.
        file: String,
        /// The type that it says it is of.
        kind: String,
    },
}

/// Databases to look addresses up in.
#[derive(Debug)]
pub struct GeoDatabases {
    /// By name of file: where two say something of an address, the first one counts.
    databases: Vec<GeoDatabase>,
}

#[derive(Debug)]
struct GeoDatabase {
    file: String,
    reader: Reader<Vec<u8>>,
    /// The lowest address that could not be looked up, with the reason: the same for any order of look-ups.
    failed: Mutex<Option<(IpAddr, String)>>,
}

/// Words in the types of databases that say where addresses are or whose. Vendors put their own name in front, and some a word about what it is compatible to.
const KINDS: [&str; 8] = ["city", "country", "enterprise", "location", "asn", "isp", "ipinfo", "geo-whois"];

impl GeoDatabases {
    /// The databases in some files, by name.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Result<Self, GeoError> {
        let databases = files.into_iter().map(|(file, bytes)| GeoDatabase::new(file, bytes));
        Ok(Self { databases: databases.collect::<Result<_, _>>()? })
    }

    /// What the databases say of an address.
    pub fn look_up(&self, address: IpAddr) -> GeoFacts {
        // An IPv4 address within IPv6 stands in the databases as what it is.
        let address = address.to_canonical();
        let mut facts = GeoFacts::default();
        for database in &self.databases {
            database.look_up(address, &mut facts);
        }
        facts
    }

    /// What each database is, for people: file, type, and the day when it was built, in seconds since 1970.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.databases.iter().map(|database| {
            let metadata = database.reader.metadata();
            (database.file.as_str(), metadata.database_type.as_str(), metadata.build_epoch)
        })
    }

    /// What went wrong in look-ups so far, a line for each database that is broken inside.
    pub fn failures(&self) -> Vec<String> {
        let failure = |database: &GeoDatabase| {
            let failed = database.failed.lock().ok()?;
            let (address, reason) = failed.as_ref()?;
            Some(format!("{}: {address} and perhaps others could not be looked up: {reason}", database.file))
        };
        self.databases.iter().filter_map(failure).collect()
    }
}

impl GeoDatabase {
    fn new(file: String, bytes: Vec<u8>) -> Result<Self, GeoError> {
        let reader = match Reader::from_source(bytes) {
            Ok(reader) => reader,
            Err(error) => return Err(GeoError::Broken { file, reason: error.to_string() }),
        };
        let kind = reader.metadata().database_type.to_ascii_lowercase();
        if !KINDS.iter().any(|word| kind.contains(word)) {
            let kind = reader.metadata().database_type.clone();
            return Err(GeoError::OtherKind { file, kind });
        }
        Ok(Self { file, reader, failed: Mutex::new(None) })
    }

    fn look_up(&self, address: IpAddr, facts: &mut GeoFacts) {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return;
        }
        let found = self.reader.lookup(address).and_then(|found| found.decode::<GeoRecord<'_>>());
        match found {
            Ok(Some(record)) => record.add_to(facts),
            Ok(None) => {}
            Err(error) => self.fail(address, &error),
        }
    }

    fn fail(&self, address: IpAddr, error: &MaxMindDbError) {
        if let Ok(mut failed) = self.failed.lock()
            && failed.as_ref().is_none_or(|(lowest, _)| address < *lowest)
        {
            *failed = Some((address, error.to_string()));
        }
    }
}

/// Databases that live as long as the program, to be handed to every thread with the mapping.
#[derive(Clone, Copy, Debug)]
pub struct GeoLookup(pub &'static GeoDatabases);

impl PartialEq for GeoLookup {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for GeoLookup {}

impl Hash for GeoLookup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

#[cfg(test)]
mod tests;
