//! Attacks that cross hosts: a tool is started on one host, connects to another, and is copied and started there under its own name.
//!
//! Both hosts write their own log, so that an attack is a matter of time: each log takes its part when its clock reaches it.

use super::host::{ForgedEventData, ForgedHost, Remote};
use super::inventory::INVENTORY;
use super::network::ForgedNetwork;
use super::random::Random;
use crate::base::Ticks;

/// A minute in units of 100 ns.
const MINUTE: i64 = 600_000_000;
/// Minutes from the start of the logs to the first attack: by then all hosts write.
const FIRST: i64 = 90;
/// Streams of random numbers for crossings, beyond those of hosts.
const STREAMS: u64 = 1 << 32;

/// The query that finds each attack that crosses hosts once, and nothing else in large logs.
pub const CROSSING_QUERY: &str = "sequence by process.hash.sha256 with maxspan=10m \
    [process where process.executable : \"?:\\\\Users\\\\*\\\\move-*.exe\"] \
    [process where process.executable : \"?:\\\\Windows\\\\move-*.exe\"]";

/// The part of one host in an attack.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    pub(super) at: Ticks,
    /// The name of the tool, which no other attack has.
    tool: String,
    role: CrossingRole,
}

#[derive(Clone, Debug)]
enum CrossingRole {
    /// The tool is started and connects to the host of this number.
    Source(u64),
    /// The tool arrives as a file and is started.
    Target,
}

/// The parts that a host has in the first `count` attacks, in the order of time. There are at least two hosts.
pub(super) fn crossings(serial: u64, hosts: u64, count: u64, seed: u64, network: &ForgedNetwork) -> Vec<Crossing> {
    let mut parts = Vec::new();
    for attack in 0..count {
        let mut random = Random::new(seed, STREAMS + attack);
        let source = 1 + attack % hosts;
        let target = 1 + (source + random.below(hosts - 1)) % hosts;
        let tool = format!("move-{attack}-{:06x}.exe", random.below(1 << 24));
        let at = Ticks(network.start.0 + (FIRST + 2 * i64::try_from(attack).unwrap_or_default()) * MINUTE);
        if serial == source {
            parts.push(Crossing { at, tool, role: CrossingRole::Source(target) });
        } else if serial == target {
            parts.push(Crossing { at: Ticks(at.0 + MINUTE), tool, role: CrossingRole::Target });
        }
    }
    parts
}

impl Crossing {
    /// The events of the part, one right after the other.
    pub(super) fn events(&self, host: &mut ForgedHost) -> Vec<ForgedEventData> {
        match self.role {
            CrossingRole::Source(target) => {
                let parent = host.running_named(&["cmd.exe", "powershell.exe", "explorer.exe"]);
                let line = format!(r"{} \\{} -c", self.tool, host.network().computer(target));
                let process = host.process_of_tool(&INVENTORY.mover, &self.tool, line);
                let address = host.network().address(target).into();
                let remote = Remote { address, port: 445, port_name: "microsoft-ds", udp: false };
                vec![host.start(&process, parent.as_deref()), host.connection(&process, &remote), host.end(&process)]
            }
            CrossingRole::Target => {
                let system = host.process(&INVENTORY.system);
                let services = host.running_named(&["services.exe"]);
                let process = host.process_of_tool(&INVENTORY.moved, &self.tool, self.tool.clone());
                vec![
                    host.file_at(&system, &process.image),
                    host.start(&process, services.as_deref()),
                    host.end(&process),
                ]
            }
        }
    }
}
