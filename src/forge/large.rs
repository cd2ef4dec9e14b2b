//! Large logs: several hosts at ordinary work, with a known number of attacks hidden among it, to measure a scan by and to test it at size.
//!
//! Size, seed and number of attacks determine every byte. Files are written record by record, so that memory does not grow with them.
//! Whether the attacks are found is for the reader to show: this module knows no rules.

mod crossing;
mod host;
mod inventory;
mod network;
mod plant;
mod random;
mod record;
mod routine;
mod words;

use super::file::FileWriter;
use crate::base::Ticks;
use crossing::Crossing;
use host::ForgedEventData;
use network::ForgedNetwork;
use plant::PlantedHost;
use std::collections::VecDeque;
use std::io::{self, Seek, Write};
use std::rc::Rc;

pub use crossing::CROSSING_QUERY;

/// Bytes after which a file is ended and another one begun.
const PART: u64 = 256 << 20;
/// A planted attack is given so many bytes of the log at least.
const PER_ATTACK: u64 = 32 << 10;
/// A host is given so many bytes at least: a file has a chunk of 64 KiB and a header.
const PER_HOST: u64 = 128 << 10;
/// Most hosts: their numbers are part of their addresses.
const MOST_HOSTS: u64 = 60_000;
/// Attacks on each host if nothing else is wanted.
const ATTACKS_PER_HOST: u64 = 10;
/// The minor format version of Windows 10.
const MINOR: u16 = 1;

/// What the logs are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargeOptions {
    /// About how many bytes in all.
    pub size: u64,
    /// The seed of everything that is left to chance, and of what is not given here.
    pub seed: u64,
    /// How many attacks the built-in rule must find; ten on each host if not given.
    pub attacks: Option<u64>,
    /// How many hosts; 4 to 24, by the size, if not given.
    pub hosts: Option<u64>,
    /// The domain that the hosts are in; `corp-SEED.example` if not given.
    pub domain: Option<String>,
    /// When the logs begin; a morning of the year from March 2024 on, by the seed, if not given.
    pub start: Option<Ticks>,
    /// How many attacks cross from one host to another, each for [`CROSSING_QUERY`] to find.
    pub cross_host: u64,
}

/// Large logs to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Large {
    size: u64,
    seed: u64,
    attacks: u64,
    hosts: u64,
    network: ForgedNetwork,
    cross_host: u64,
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
    /// Too many hosts for the size.
    #[error("1 to {most} hosts fit into {size} bytes, not {wanted}")]
    WrongHosts {
        /// The number that was wanted.
        wanted: u64,
        /// The largest number that fits.
        most: u64,
        /// Bytes to be written.
        size: u64,
    },
    /// Attacks that cross hosts, and only one host.
    #[error("an attack that crosses hosts needs two of them")]
    OneHost,
    /// The name of the domain cannot be one.
    #[error(
        "'{0}' is no name of a domain: write labels of letters, digits and '-' with dots between them, 200 characters at most"
    )]
    WrongDomain(String),
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
        Self::with(&LargeOptions { size, seed, attacks, ..LargeOptions::default() })
    }

    /// Logs as they are wanted. The error says what does not fit.
    pub fn with(options: &LargeOptions) -> Result<Self, LargeError> {
        let &LargeOptions { size, seed, attacks, hosts, ref domain, start, cross_host } = options;
        if size < 1 << 20 {
            return Err(LargeError::TooSmall(size));
        }
        let most_hosts = (size / PER_HOST).min(MOST_HOSTS);
        let hosts = hosts.unwrap_or_else(|| hosts_of(size));
        if !(1..=most_hosts).contains(&hosts) {
            return Err(LargeError::WrongHosts { wanted: hosts, most: most_hosts, size });
        }
        if cross_host > 0 && hosts < 2 {
            return Err(LargeError::OneHost);
        }
        let most = (size / PER_ATTACK).saturating_sub(cross_host);
        let attacks = attacks.unwrap_or_else(|| most.min(ATTACKS_PER_HOST * hosts));
        let wanted = attacks.saturating_add(cross_host);
        if wanted > size / PER_ATTACK {
            return Err(LargeError::TooManyAttacks { wanted, most: size / PER_ATTACK, size });
        }
        if let Some(domain) = domain.as_ref().filter(|domain| !is_domain(domain)) {
            return Err(LargeError::WrongDomain(domain.clone()));
        }
        let network = ForgedNetwork::new(seed, domain.as_deref(), start);
        Ok(Self { size, seed, attacks, hosts, network, cross_host })
    }

    /// Attacks that the built-in rule must find, each once.
    pub const fn attacks(&self) -> u64 {
        self.attacks
    }

    /// Attacks that cross hosts.
    pub const fn cross_host(&self) -> u64 {
        self.cross_host
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
        for serial in 1..=self.hosts {
            let mut log = Log::new(self, serial);
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
fn hosts_of(size: u64) -> u64 {
    (size / PART).clamp(4, 24)
}

fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 200 && name.split('.').all(is_label)
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
    /// The parts in attacks that cross hosts, by time.
    crossings: VecDeque<Crossing>,
    /// Events that come next, one right after the other.
    ready: VecDeque<ForgedEventData>,
}

impl Log {
    fn new(large: &Large, serial: u64) -> Self {
        let share = |all: u64| all / large.hosts + u64::from(serial <= all % large.hosts);
        let attacks = share(large.attacks);
        // Logs without attacks are ordinary work and nothing else: what only looks like an attack would be found by other rules, and rightly.
        let look_alikes = if large.attacks == 0 { 0 } else { attacks.max(4) };
        let network = Rc::new(large.network.clone());
        let crossings = crossing::crossings(serial, large.hosts, large.cross_host, large.seed, &network);
        Self {
            host: PlantedHost::new(serial, large.seed, network),
            wish: share(large.size),
            before: 0,
            written: 0,
            attacks,
            look_alikes,
            planted: 0,
            crossings: crossings.into(),
            ready: VecDeque::new(),
        }
    }

    /// The next event, with attacks and look-alikes spread evenly over the log.
    fn next(&mut self) -> Option<ForgedEventData> {
        if let Some(event) = self.ready.pop_front() {
            return Some(event);
        }
        let is_due = self.crossings.front().is_some_and(|crossing| crossing.at <= self.host.host.clock());
        if is_due && !self.host.host.is_booting() {
            return self.cross();
        }
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
        if self.host.has_planned() {
            return self.host.next_planned();
        }
        // A short log ends before its parts are due: nothing happens on the host until then.
        self.host.host.sleep_until(self.crossings.front()?.at);
        self.cross()
    }

    /// The first event of the next part in an attack that crosses hosts.
    fn cross(&mut self) -> Option<ForgedEventData> {
        let crossing = self.crossings.pop_front()?;
        self.ready.extend(crossing.events(&mut self.host.host));
        self.ready.pop_front()
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
