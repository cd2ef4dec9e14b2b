//! One invented host: its processes, and what they do one event after another.
//!
//! A process has a parent that runs, an identity of its own and, mostly, an end; times and record numbers rise.
//! Planted attacks are in `plant`; files and their sizes are not known here.

use super::super::binxml::ForgedInstance;
use super::inventory::{Account, INVENTORY, Program, Talks};
use super::network::ForgedNetwork;
use super::random::Random;
use super::record::{ForgedKind, Recorder, SchemaValues};
use super::routine::{ROUTINES, RoutineMoment};
use super::words::{self, GapNames};
use crate::base::Ticks;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

/// Most processes that are remembered. The end of a forgotten one stands in no log, as under a configuration that leaves out most ends.
const MOST_PROCESSES: usize = 120;

/// A process, with what its events repeat.
#[derive(Debug)]
pub(super) struct ForgedProcess {
    pub(super) guid: [u8; 16],
    pub(super) pid: u32,
    pub(super) image: String,
    pub(super) line: String,
    pub(super) account: Account,
    pub(super) program: &'static Program,
    /// What its file's hashes follow from.
    pub(super) hashed: Cow<'static, str>,
}

/// The remote end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) port_name: &'static str,
    pub(super) udp: bool,
}

/// An event ready to be written.
pub(super) struct ForgedEventData {
    pub(super) number: u64,
    pub(super) at: Ticks,
    pub(super) instance: ForgedInstance,
}

/// A host.
pub(super) struct ForgedHost {
    pub(super) random: Random,
    recorder: Recorder,
    computer: String,
    machine: u32,
    names: GapNames,
    ip: Ipv4Addr,
    ip6: Ipv6Addr,
    clock: Ticks,
    number: u64,
    serial: u32,
    /// Running processes, the oldest first; the first ones stay for good.
    running: VecDeque<Rc<ForgedProcess>>,
    stay: usize,
    weights: u64,
    routine_weights: u64,
}

impl ForgedHost {
    /// The host of this number, from 1.
    pub(super) fn new(serial: u64, seed: u64, network: Rc<ForgedNetwork>) -> Self {
        let mut random = Random::new(seed, serial);
        let computer = network.computer(serial);
        let clock = Ticks(network.start.0 + i64::try_from(random.below(36_000_000_000)).unwrap_or_default());
        let sysmon = random.between32(500, 1000) * 4;
        let user = random.pick(&INVENTORY.words.users);
        Self {
            recorder: Recorder::new(&computer, sysmon, ROUTINES.iter().map(|routine| routine.id)),
            computer,
            machine: random.between32(1 << 24, u32::MAX),
            ip: network.address(serial),
            ip6: network.address_6(serial),
            names: GapNames { user, network },
            clock,
            number: random.between(1, 90_000),
            serial: 1,
            running: VecDeque::new(),
            stay: INVENTORY.base.len(),
            weights: INVENTORY.programs.iter().map(|program| program.weight).sum(),
            routine_weights: ROUTINES.iter().map(|routine| routine.weight).sum(),
            random,
        }
    }

    /// The next event of ordinary work, once everything has started that runs for good.
    pub(super) fn next(&mut self) -> ForgedEventData {
        if self.is_booting() { self.boot() } else { self.work() }
    }

    /// Whether something that runs for good has not started yet.
    pub(super) fn is_booting(&self) -> bool {
        self.running.len() < self.stay
    }

    /// The network that it stands in.
    pub(super) fn network(&self) -> &ForgedNetwork {
        &self.names.network
    }

    /// The time of the last record.
    pub(super) fn clock(&self) -> Ticks {
        self.clock
    }

    /// Nothing happens until a time, unless that is past already.
    pub(super) fn sleep_until(&mut self, at: Ticks) {
        self.clock = self.clock.max(at);
    }

    /// The number of the last record.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// A number that nothing else on the host has.
    pub(super) fn next_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// Starts what runs for good, in the order of the table.
    fn boot(&mut self) -> ForgedEventData {
        let program = &INVENTORY.base[self.running.len()];
        self.start_of(program)
    }

    /// One event of ordinary work, in about the proportions of a workstation's log.
    fn work(&mut self) -> ForgedEventData {
        match self.random.below(100) {
            0..33 => self.start_one(),
            33..52 => {
                let process = self.talking();
                let remote = if process.program.talks == Talks::Inside || self.random.percent(30) {
                    self.private()
                } else {
                    self.public()
                };
                self.connection(&process, &remote)
            }
            52..66 => {
                let process = self.any();
                self.load(&process)
            }
            66..77 => self.end_one(),
            77..82 => {
                let process = self.talking();
                self.query(&process)
            }
            82..87 => {
                let process = self.any();
                self.file(&process)
            }
            87..89 => self.key(),
            89..92 => self.entry(),
            _ => self.routine(),
        }
    }

    /// An event of somebody who was there before the log began.
    fn routine(&mut self) -> ForgedEventData {
        let mut at = self.random.below(self.routine_weights);
        let chosen = ROUTINES.iter().find(|routine| {
            let here = at < routine.weight;
            at = at.saturating_sub(routine.weight);
            here
        });
        let routine = chosen.unwrap_or(&ROUTINES[0]);
        self.written(routine.id, |host, seen| {
            let image = words::filled(&routine.by, &host.names, &mut host.random);
            let utc = seen.rfc3339_full().replacen('T', " ", 1).get(..23).unwrap_or_default().to_owned();
            let hashes = hashes(&image);
            let moment = RoutineMoment { utc, user: host.user_name(routine.account), image, hashes };
            let (machine, begin, own) = (host.machine, host.names.network.start, host.ip.to_string());
            let (names, random) = (&host.names, &mut host.random);
            let filled = |text: &str| words::filled(&text.replace("{own}", &own), names, random);
            SchemaValues::of(routine.values(&moment, filled, |image| lasting(machine, begin, image)))
        })
    }

    fn start_one(&mut self) -> ForgedEventData {
        let mut at = self.random.below(self.weights);
        // Weights laid end to end; the program in whose stretch the number falls is chosen.
        let chosen = INVENTORY.programs.iter().find(|program| {
            let here = at < program.weight;
            at = at.saturating_sub(program.weight);
            here
        });
        self.start_of(chosen.unwrap_or(&INVENTORY.programs[0]))
    }

    /// Starts a program from a parent that runs.
    fn start_of(&mut self, program: &'static Program) -> ForgedEventData {
        let mut parent = self.running_named(&program.parents);
        if parent.is_none() && !program.parents.is_empty() {
            parent = self.running_named(&["explorer.exe"]);
        }
        let process = self.process(program);
        self.running.push_back(Rc::clone(&process));
        if self.running.len() > MOST_PROCESSES {
            // The oldest of those that end: what runs for good is before it.
            self.running.remove(self.stay);
        }
        self.start(&process, parent.as_deref())
    }

    fn end_one(&mut self) -> ForgedEventData {
        let others = self.running.len() - self.stay;
        if others == 0 {
            return self.start_one();
        }
        let at = self.stay + self.random.index(others);
        match self.running.remove(at) {
            Some(process) => self.end(&process),
            None => self.start_one(),
        }
    }

    /// A new process of a program, with one of its usual command lines. It does not run yet.
    pub(super) fn process(&mut self, program: &'static Program) -> Rc<ForgedProcess> {
        let line = self.random.pick(&program.lines);
        self.serial += 1;
        Rc::new(ForgedProcess {
            guid: self.guid(self.serial),
            pid: self.random.between32(200, 8000) * 4,
            image: words::filled(&program.image, &self.names, &mut self.random),
            line: words::filled(line, &self.names, &mut self.random),
            account: program.account,
            program,
            hashed: Cow::Borrowed(&program.image),
        })
    }

    /// A new process of a tool that has the same hashes wherever it lies.
    pub(super) fn process_of_tool(&mut self, program: &'static Program, tool: &str, line: String) -> Rc<ForgedProcess> {
        let process = self.process(program);
        Rc::new(ForgedProcess {
            guid: process.guid,
            pid: process.pid,
            image: process.image.replace("{tool}", tool),
            line,
            account: process.account,
            program,
            hashed: Cow::Owned(tool.to_owned()),
        })
    }

    /// A GUID as Sysmon makes them: machine, second of the start, a number that no other process has.
    fn guid(&self, serial: u32) -> [u8; 16] {
        let seconds = u32::try_from(self.clock.unix_seconds()).unwrap_or_default();
        // Sysmon's layout: machine (4 bytes) | seconds of the start since 1970 (4) | numbers that no other process of the host has (8).
        let ([m0, m1, m2, m3], [s0, s1, s2, s3]) = (self.machine.to_le_bytes(), seconds.to_le_bytes());
        let [n3, n2, n1, n0] = serial.to_be_bytes();
        [m0, m1, m2, m3, s0, s1, s2, s3, n2, n1, 0, 0, n3, n0, 0x2e, 0]
    }

    /// A process that runs and has one of these file names; any of them.
    pub(super) fn running_named(&mut self, names: &[impl AsRef<str>]) -> Option<Rc<ForgedProcess>> {
        // A random start and a search in a circle: one draw, however many processes fit, so that later numbers do not depend on it.
        let start = self.random.index(self.running.len());
        let count = self.running.len();
        let found = (0..count).map(|at| &self.running[(start + at) % count]).find(|process| {
            process.image.rsplit('\\').next().is_some_and(|name| names.iter().any(|wanted| wanted.as_ref() == name))
        });
        found.cloned()
    }

    fn any(&mut self) -> Rc<ForgedProcess> {
        let at = self.random.index(self.running.len());
        Rc::clone(&self.running[at])
    }

    /// A process that uses the network.
    fn talking(&mut self) -> Rc<ForgedProcess> {
        let first = self.any();
        if first.program.talks != Talks::Never {
            return first;
        }
        let count = self.running.len();
        let start = self.random.index(count);
        let mut from_start = (0..count).map(|at| &self.running[(start + at) % count]);
        from_start.find(|process| process.program.talks != Talks::Never).map_or(first, Rc::clone)
    }

    /// A public address that answers on a usual port.
    pub(super) fn public(&mut self) -> Remote {
        let (port, port_name) = self.random.pick(&INVENTORY.words.public_ports);
        let (low, high) = (self.random.between32(1, 255), self.random.between32(0, 255));
        let address = if self.random.percent(8) {
            let &(first, second) = self.random.pick(&INVENTORY.words.public_blocks_6);
            let [_, third, _, fourth] = [0, u16::try_from(high).unwrap_or(1), 0, u16::try_from(low).unwrap_or(1)];
            Ipv6Addr::new(first, second, third, 0x80b, 0, 0, 0, fourth).into()
        } else {
            let &(first, second) = self.random.pick(&INVENTORY.words.public_blocks);
            let byte = |number| u8::try_from(number).unwrap_or(1);
            Ipv4Addr::new(first, second, byte(high), byte(low)).into()
        };
        Remote { address, port: *port, port_name, udp: self.random.percent(6) }
    }

    /// An address of the own network.
    pub(super) fn private(&mut self) -> Remote {
        let (port, port_name) = self.random.pick(&INVENTORY.words.private_ports);
        let low = u8::try_from(self.random.between32(1, 255)).unwrap_or(1);
        let network = &self.names.network;
        let blocks = [
            network.server(0, low),
            network.server(1, low),
            Ipv4Addr::new(192, 168, 178, low),
            Ipv4Addr::new(172, 16, 5, low),
        ];
        let address = (*self.random.pick(&blocks)).into();
        Remote { address, port: *port, port_name, udp: *port == 53 }
    }

    fn user_name(&self, account: Account) -> String {
        match account {
            Account::System => r"NT AUTHORITY\SYSTEM".to_owned(),
            Account::Network => r"NT AUTHORITY\NETWORK SERVICE".to_owned(),
            Account::Local => r"NT AUTHORITY\LOCAL SERVICE".to_owned(),
            Account::User => format!(r"{}\{}", self.names.network.short_name(), self.names.user),
        }
    }

    /// Time goes on, by less than a second mostly, and the record gets its number.
    fn written(&mut self, id: u16, fields: impl FnOnce(&mut Self, Ticks) -> SchemaValues) -> ForgedEventData {
        // Bursts and pauses: a bound of 10 ms to 2.56 s in FILETIME's 100 ns, then a pause below it.
        let longest = 100_000 << self.random.below(9);
        let pause = self.random.below(longest);
        self.clock.0 += i64::try_from(pause).unwrap_or_default() + 1_000;
        self.number += 1;
        let at = self.clock;
        // Sysmon looks at its clock a moment before Windows logs the event.
        let seen = Ticks(at.0 - 5_000);
        let fields = fields(self, seen);
        let thread = 3000 + 4 * self.random.between32(1, 40);
        ForgedEventData { number: self.number, at, instance: self.recorder.record(id, self.number, at, thread, fields) }
    }

    /// A process starts.
    pub(super) fn start(&mut self, process: &ForgedProcess, parent: Option<&ForgedProcess>) -> ForgedEventData {
        self.written(ForgedKind::Start.id(), |host, seen| {
            let program = process.program;
            let service = process.account != Account::User;
            let logon = if service { 0x3e7 } else { 0x2_9c41 };
            let folder =
                if service { r"C:\Windows\system32\".to_owned() } else { format!(r"C:\Users\{}\", host.names.user) };
            let integrity = match service {
                true => "System",
                false if host.random.percent(10) => "High",
                false => "Medium",
            };
            let fields = SchemaValues::new()
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(&program.version)
                .text(&program.description)
                .text(&program.product)
                .text(&program.company)
                .text(&program.original)
                .text(&process.line)
                .text(&folder)
                .text(&host.user_name(process.account))
                .guid(host.guid(logon))
                .hex(logon.into())
                .number(u32::from(!service))
                .text(integrity)
                .text(&hashes(&process.hashed));
            match parent {
                Some(parent) => fields
                    .guid(parent.guid)
                    .number(parent.pid)
                    .text(&parent.image)
                    .text(&parent.line)
                    .text(&host.user_name(parent.account)),
                None => fields.guid([0; 16]).number(4).text("-").text("-").text("-"),
            }
        })
    }

    /// A process ends.
    pub(super) fn end(&mut self, process: &ForgedProcess) -> ForgedEventData {
        self.written(ForgedKind::End.id(), |host, seen| {
            let user = host.user_name(process.account);
            SchemaValues::new().time(seen).guid(process.guid).number(process.pid).text(&process.image).text(&user)
        })
    }

    /// A process connects to another host.
    pub(super) fn connection(&mut self, process: &ForgedProcess, remote: &Remote) -> ForgedEventData {
        self.written(ForgedKind::Connection.id(), |host, seen| {
            let six = remote.address.is_ipv6();
            let own = if six { IpAddr::from(host.ip6) } else { host.ip.into() };
            let port = u16::try_from(host.random.between32(49_152, 65_536)).unwrap_or(u16::MAX);
            SchemaValues::new()
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(&host.user_name(process.account))
                .text(if remote.udp { "udp" } else { "tcp" })
                .flag(true)
                .flag(six)
                .text(&own.to_string())
                .text(&host.computer)
                .port(port)
                .text("-")
                .flag(six)
                .text(&remote.address.to_string())
                .text("-")
                .port(remote.port)
                .text(remote.port_name)
        })
    }

    /// A process loads a library.
    pub(super) fn load(&mut self, process: &ForgedProcess) -> ForgedEventData {
        self.written(ForgedKind::Load.id(), |host, seen| {
            let library = host.random.pick(&INVENTORY.libraries);
            let user = host.user_name(process.account);
            SchemaValues::new()
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(&library.path)
                .text(&INVENTORY.base[0].version)
                .text(&library.description)
                .text(&INVENTORY.base[0].product)
                .text(&INVENTORY.base[0].company)
                .text(&library.original)
                .text(&hashes(&library.path))
                .text("true")
                .text("Microsoft Windows")
                .text("Valid")
                .text(&user)
        })
    }

    /// A process asks for the addresses of a name.
    pub(super) fn query(&mut self, process: &ForgedProcess) -> ForgedEventData {
        let site = words::site(&self.names, &mut self.random);
        let found = self.random.percent(94);
        let answer = if site.contains(&self.names.network.domain) { self.private() } else { self.public() };
        let results = match (found, answer.address) {
            (false, _) => "-".to_owned(),
            (true, IpAddr::V4(ip)) if self.random.percent(40) => format!("type:  5 edge.{site};::ffff:{ip};"),
            (true, IpAddr::V4(ip)) => format!("::ffff:{ip};"),
            (true, IpAddr::V6(ip)) => format!("{ip};"),
        };
        self.written(ForgedKind::Query.id(), |host, seen| {
            SchemaValues::new()
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&site)
                .text(if found { "0" } else { "9003" })
                .text(&results)
                .text(&process.image)
                .text(&host.user_name(process.account))
        })
    }

    /// A process writes a file.
    pub(super) fn file(&mut self, process: &ForgedProcess) -> ForgedEventData {
        let path = self.random.pick(&INVENTORY.words.files);
        let path = words::filled(path, &self.names, &mut self.random);
        self.file_at(process, &path)
    }

    /// A process writes a file at a path.
    pub(super) fn file_at(&mut self, process: &ForgedProcess, path: &str) -> ForgedEventData {
        self.written(ForgedKind::File.id(), |host, seen| {
            let user = host.user_name(process.account);
            SchemaValues::new()
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(path)
                .time(seen)
                .text(&user)
        })
    }

    fn key(&mut self) -> ForgedEventData {
        let process = self.any();
        self.written(ForgedKind::Key.id(), |host, seen| {
            let action = *host.random.pick(&["CreateKey", "DeleteKey", "DeleteValue"]);
            let key = host.random.pick(&INVENTORY.words.keys);
            let key = words::filled(key, &host.names, &mut host.random);
            let user = host.user_name(process.account);
            SchemaValues::new()
                .text(action)
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(&key)
                .text(&user)
        })
    }

    fn entry(&mut self) -> ForgedEventData {
        let process = self.any();
        self.written(ForgedKind::Entry.id(), |host, seen| {
            let (value, data) = host.random.pick(&INVENTORY.words.entries);
            let value = words::filled(value, &host.names, &mut host.random);
            let data = words::filled(data, &host.names, &mut host.random);
            let user = host.user_name(process.account);
            SchemaValues::new()
                .text("SetValue")
                .time(seen)
                .guid(process.guid)
                .number(process.pid)
                .text(&process.image)
                .text(&value)
                .text(&data)
                .text(&user)
        })
    }
}

/// The GUID and the id of a process that was there before the log began and stays, by its image.
fn lasting(machine: u32, begin: Ticks, image: &str) -> ([u8; 16], u32) {
    let digest =
        image.bytes().fold(0x811c_9dc5_u32, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let seconds = u32::try_from(begin.unix_seconds()).unwrap_or_default() - 3600;
    let mut guid = [0; 16];
    guid[..4].copy_from_slice(&machine.to_le_bytes());
    guid[4..8].copy_from_slice(&seconds.to_le_bytes());
    guid[8..12].copy_from_slice(&digest.to_be_bytes());
    guid[14] = 0x2e;
    (guid, 400 + digest % 2000 * 4)
}

/// Hashes that look like Sysmon's and are the same for the same file. They are no hashes of anything.
fn hashes(path: &str) -> String {
    let seed = path.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    let mut random = Random::new(seed, 0);
    let mut hex = || format!("{:016X}{:016X}", random.next(), random.next());
    format!("MD5={},SHA256={}{},IMPHASH={}", hex(), hex(), hex(), hex())
}
