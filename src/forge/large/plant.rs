//! Events planted among the ordinary work: attacks that the built-in rule must find, and events that only look like them.
//!
//! Which rule that is, is known here in words only: a registration utility is started and then, as the same process, connects to a public address by
//! something other than DNS. That an image load counts as a start is why nothing is loaded after the first connection.

use super::host::{ForgedEventData, ForgedHost, ForgedProcess, Remote};
use super::inventory::INVENTORY;
use super::network::ForgedNetwork;
use super::random::Random;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// A host with attacks, and what looks like them, planted among its ordinary work.
pub(super) struct PlantedHost {
    pub(super) host: ForgedHost,
    /// Plants, by the record number that their next event comes after.
    planned: BTreeMap<(u64, u64), Plant>,
}

impl PlantedHost {
    /// The host of this number, from 1, with nothing planted yet.
    pub(super) fn new(serial: u64, seed: u64, network: Rc<ForgedNetwork>) -> Self {
        Self { host: ForgedHost::new(serial, seed, network), planned: BTreeMap::new() }
    }

    /// The next event: what is planted and due, or else ordinary work.
    pub(super) fn next(&mut self) -> ForgedEventData {
        // While the system starts there is no parent that an attack could come from.
        let is_due = |(due, _): &(u64, u64)| *due <= self.host.number();
        if !self.host.is_booting() && self.planned.first_key_value().is_some_and(|(key, _)| is_due(key)) {
            return self.next_planned().unwrap_or_else(|| self.host.next());
        }
        self.host.next()
    }

    /// The next event of what is planted, due or not.
    pub(super) fn next_planned(&mut self) -> Option<ForgedEventData> {
        let ((_, serial), mut plant) = self.planned.pop_first()?;
        let written = plant.next(&mut self.host)?;
        if !plant.is_done() {
            // A few records of ordinary work in between, so that the parts of an attack do not stand side by side.
            let due = self.host.number() + self.host.random.between(1, 30);
            self.planned.insert((due, serial), plant);
        }
        Some(written)
    }

    /// Plants an attack or something that looks like one; its first event is the next one.
    pub(super) fn plant(&mut self, attack: bool) {
        let plant = if attack { Plant::attack(&mut self.host) } else { Plant::look_alike(&mut self.host) };
        self.planned.insert((0, self.host.next_serial().into()), plant);
    }

    /// Whether something that is planted has not ended.
    pub(super) fn has_planned(&self) -> bool {
        !self.planned.is_empty()
    }
}

/// Events still to come, in order.
struct Plant(VecDeque<AttackStep>);

struct AttackStep {
    process: Rc<ForgedProcess>,
    what: AttackAction,
}

enum AttackAction {
    Start(Option<Rc<ForgedProcess>>),
    Load,
    Query,
    Connect(Remote),
    File,
    End,
}

/// Collects the steps of one process.
struct Script {
    steps: VecDeque<AttackStep>,
    process: Rc<ForgedProcess>,
}

impl Script {
    fn then(mut self, what: AttackAction) -> Self {
        self.steps.push_back(AttackStep { process: Rc::clone(&self.process), what });
        self
    }

    fn maybe(self, random: &mut Random, chance: u64, what: AttackAction) -> Self {
        if random.percent(chance) { self.then(what) } else { self }
    }

    fn of(process: Rc<ForgedProcess>) -> Self {
        Self { steps: VecDeque::new(), process }
    }

    fn ends(self) -> Plant {
        Plant(self.then(AttackAction::End).steps)
    }
}

impl Plant {
    /// A registration utility is started and connects to a public address.
    fn attack(host: &mut ForgedHost) -> Self {
        let (mut script, parent) = by_hand(host);
        script = script.then(AttackAction::Start(parent));
        let random = &mut host.random;
        script = script.maybe(random, 40, AttackAction::Load).maybe(random, 50, AttackAction::Query);
        script = script.then(AttackAction::Connect(host.public()));
        let again = AttackAction::Connect(host.public());
        let random = &mut host.random;
        script.maybe(random, 30, again).maybe(random, 30, AttackAction::File).ends()
    }

    /// One of the things that must not be found.
    fn look_alike(host: &mut ForgedHost) -> Self {
        match host.random.below(4) {
            // Only the own network is asked.
            0 => {
                let (script, parent) = by_hand(host);
                let remote = host.private();
                script
                    .then(AttackAction::Start(parent))
                    .then(AttackAction::Query)
                    .then(AttackAction::Connect(remote))
                    .ends()
            }
            // An installation that runs as System.
            1 => {
                let installer = host.process(&INVENTORY.installer);
                let services = host.running_named(&["services.exe"]);
                let process = host.process(&INVENTORY.installed);
                let mut script = Script::of(Rc::clone(&installer)).then(AttackAction::Start(services));
                script.process = process;
                script = script
                    .then(AttackAction::Start(Some(Rc::clone(&installer))))
                    .then(AttackAction::Connect(host.public()));
                script = script.then(AttackAction::End);
                script.process = installer;
                script.ends()
            }
            // Only a name server is asked.
            2 => {
                let (script, parent) = by_hand(host);
                let remote = Remote { port: 53, port_name: "dns", udp: true, ..host.public() };
                script
                    .then(AttackAction::Start(parent))
                    .then(AttackAction::Query)
                    .then(AttackAction::Connect(remote))
                    .ends()
            }
            // One process is started, and another one, whose start was never logged, connects.
            _ => {
                let (mut script, parent) = by_hand(host);
                let started = Rc::clone(&script.process);
                script = script.then(AttackAction::Start(parent));
                script.process = host.process(started.program);
                script = script.then(AttackAction::Connect(host.public()));
                script.process = started;
                script.ends()
            }
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the next event; `None` if there is none.
    fn next(&mut self, host: &mut ForgedHost) -> Option<ForgedEventData> {
        let AttackStep { process, what } = self.0.pop_front()?;
        Some(match what {
            AttackAction::Start(parent) => host.start(&process, parent.as_deref()),
            AttackAction::Load => host.load(&process),
            AttackAction::Query => host.query(&process),
            AttackAction::Connect(remote) => host.connection(&process, &remote),
            AttackAction::File => host.file(&process),
            AttackAction::End => host.end(&process),
        })
    }
}

/// A utility that the user starts from something that runs, and its parent.
fn by_hand(host: &mut ForgedHost) -> (Script, Option<Rc<ForgedProcess>>) {
    let program = host.random.pick(&INVENTORY.utilities);
    let parent = host.running_named(&["cmd.exe", "powershell.exe", "explorer.exe", "WINWORD.EXE"]);
    (Script::of(host.process(program)), parent)
}
