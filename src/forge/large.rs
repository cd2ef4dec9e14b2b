//! Large logs: several hosts at ordinary work, with a known number of attacks hidden among it, to measure a scan by and to test it at size.
//!
//! Size, seed and number of attacks determine every byte. Files are written record by record, so that memory does not grow with them.
//! Whether the attacks are found is for the reader to show: this module knows no rules.

mod host;
mod inventory;
mod plant;
mod random;
mod record;
mod routine;
mod words;

use super::file::FileWriter;
use host::ForgedEventData;
use plant::PlantedHost;
use std::io::{self, Seek, Write};

/// Bytes after which a file is ended and another one begun.
const PART: u64 = 256 << 20;
/// A planted attack is given so many bytes of the log at least.
const PER_ATTACK: u64 = 32 << 10;
/// Attacks on each host if nothing else is wanted.
const ATTACKS_PER_HOST: u64 = 10;
/// The minor format version of Windows 10.
const MINOR: u16 = 1;

/// Size, seed and attacks of the logs to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Large {
    size: u64,
    seed: u64,
    attacks: u64,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeFile {
    /// Its name, without a folder.
    pub name: String,
    /// Records in it.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
}

/// Why large logs were not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LargeError {
    /// Too little room.
    #[error("large logs have at least 1 MiB, not {0} bytes")]
    TooSmall(u64),
    /// Too many attacks for the size.
    #[error("at most {most} attacks fit into {size} bytes, not {wanted}")]
    TooManyAttacks {
        /// The number that was wanted.
        wanted: u64,
        /// The largest number that fits.
        most: u64,
        /// Bytes to be written.
        size: u64,
    },
    /// A file could not be written.
    #[error("cannot write {name}")]
    Write {
        /// The file, without a folder.
        name: String,
        /// The error of the system.
        source: io::Error,
    },
}

impl Large {
    /// About `size` bytes in all, with so many attacks, or ten on each host.
    pub fn new(size: u64, seed: u64, attacks: Option<u64>) -> Result<Self, LargeError> {
        if size < 1 << 20 {
            return Err(LargeError::TooSmall(size));
        }
        let most = size / PER_ATTACK;
        let attacks = attacks.unwrap_or_else(|| most.min(ATTACKS_PER_HOST * hosts(size)));
        if attacks > most {
            return Err(LargeError::TooManyAttacks { wanted: attacks, most, size });
        }
        Ok(Self { size, seed, attacks })
    }

    /// Attacks that the built-in rule must find, each once.
    pub const fn attacks(&self) -> u64 {
        self.attacks
    }

    /// Writes all files, one after another: `create` opens a file of a name, `done` hears of each that is finished.
    pub fn write<W, E>(
        &self,
        mut create: impl FnMut(&str) -> Result<W, E>,
        mut done: impl FnMut(&LargeFile) -> Result<(), E>,
    ) -> Result<(), E>
    where
        W: Write + Seek,
        E: From<LargeError>,
    {
        let hosts = hosts(self.size);
        for serial in 1..=hosts {
            let mut log = Log::new(self, serial, hosts);
            let mut part = 1;
            while let Some(mut next) = log.next() {
                let name = format!("host-{serial:02}-{part}.evtx");
                let failed = |source| E::from(LargeError::Write { name: name.clone(), source });
                let mut file = FileWriter::new(create(&name)?, MINOR).map_err(failed)?;
                let mut records = 0;
                loop {
                    file.push(next.number, next.at, &next.instance).map_err(failed)?;
                    records += 1;
                    log.written = log.before + file.filled();
                    if file.filled() >= PART {
                        break;
                    }
                    match log.next() {
                        Some(event) => next = event,
                        None => break,
                    }
                }
                let bytes = file.size();
                log.before += bytes;
                file.finish().map_err(failed)?;
                done(&LargeFile { name, records, bytes })?;
                part += 1;
            }
        }
        Ok(())
    }
}

/// Enough hosts to see several, and not many small files.
fn hosts(size: u64) -> u64 {
    (size / PART).clamp(4, 24)
}

/// The events of one host, until its share of the bytes is reached and all that was planted is done.
struct Log {
    host: PlantedHost,
    wish: u64,
    /// Bytes in files that are finished.
    before: u64,
    /// Bytes in all.
    written: u64,
    attacks: u64,
    look_alikes: u64,
    planted: u64,
}

impl Log {
    fn new(large: &Large, serial: u64, hosts: u64) -> Self {
        let share = |all: u64| all / hosts + u64::from(serial <= all % hosts);
        let attacks = share(large.attacks);
        // Logs without attacks are ordinary work and nothing else: what only looks like an attack would be found by other rules, and rightly.
        let look_alikes = if large.attacks == 0 { 0 } else { attacks.max(4) };
        let host = PlantedHost::new(serial, large.seed);
        Self { host, wish: share(large.size), before: 0, written: 0, attacks, look_alikes, planted: 0 }
    }

    /// The next event, with attacks and look-alikes spread evenly over the log.
    fn next(&mut self) -> Option<ForgedEventData> {
        let waiting = self.attacks + self.look_alikes;
        let (written, wish, planted) = (u128::from(self.written), u128::from(self.wish), u128::from(self.planted));
        let all = planted + u128::from(waiting);
        // Plant k of n is due when k / (n + 1) of the bytes are written. Multiplied out in 128 bits: integers give the same bytes everywhere.
        if waiting > 0 && written * (all + 1) >= wish * (planted + 1) {
            self.plant(waiting);
        }
        if self.written < self.wish {
            return Some(self.host.next());
        }
        self.host.has_planned().then(|| self.host.next_planned()).flatten()
    }

    fn plant(&mut self, waiting: u64) {
        let attack = self.host.host.random.below(waiting) < self.attacks;
        // Drawn without replacement: the numbers of attacks and look-alikes come out exactly, their order is by chance.
        *(if attack { &mut self.attacks } else { &mut self.look_alikes }) -= 1;
        self.planted += 1;
        self.host.plant(attack);
    }
}

#[cfg(test)]
mod tests;
