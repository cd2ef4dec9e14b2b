//! The network that the invented hosts stand in: its name, its addresses and when its logs begin, by the seed unless they are given.

use super::random::Random;
use crate::base::Ticks;
use std::net::{Ipv4Addr, Ipv6Addr};

/// 2024-03-04T06:00:00Z, a Monday.
const FIRST_MORNING: Ticks = Ticks(133_540_056_000_000_000);
/// A day in units of 100 ns.
const DAY: i64 = 864_000_000_000;
/// The stream of random numbers that hosts, which are counted from 1, do not have.
const STREAM: u64 = 0;
/// Hosts of one block of addresses: the last part of an address is 1 to 254.
const HOSTS_OF_BLOCK: u64 = 254;

/// The network of all hosts of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForgedNetwork {
    pub(super) domain: String,
    /// When the first host may begin to write.
    pub(super) start: Ticks,
    /// The second part of its private addresses.
    second: u8,
}

impl ForgedNetwork {
    /// The network of a seed; another seed has another one.
    pub(super) fn new(seed: u64, domain: Option<&str>, start: Option<Ticks>) -> Self {
        let mut random = Random::new(seed, STREAM);
        let days = i64::try_from(random.below(360)).unwrap_or_default();
        let minutes = i64::try_from(random.below(240)).unwrap_or_default();
        Self {
            domain: domain.map_or_else(|| format!("corp-{seed}.example"), str::to_owned),
            start: start.unwrap_or(Ticks(FIRST_MORNING.0 + days * DAY + minutes * (DAY / 1440))),
            second: u8::try_from(random.between(20, 250)).unwrap_or(20),
        }
    }

    /// The name of the host of a number, from 1.
    pub(super) fn computer(&self, serial: u64) -> String {
        format!("host-{serial:02}.{}", self.domain)
    }

    /// What stands before the names of its users.
    pub(super) fn short_name(&self) -> String {
        self.domain.split('.').next().unwrap_or_default().to_uppercase()
    }

    /// The first two parts of its private addresses.
    pub(super) fn block(&self) -> String {
        format!("10.{}", self.second)
    }

    /// The address of the host of a number, from 1.
    pub(super) fn address(&self, serial: u64) -> Ipv4Addr {
        let at = serial.saturating_sub(1);
        let third = u8::try_from(4 + at / HOSTS_OF_BLOCK % 250).unwrap_or(4);
        Ipv4Addr::new(10, self.second, third, u8::try_from(at % HOSTS_OF_BLOCK + 1).unwrap_or(1))
    }

    /// The address of version 6 of the host of a number, from 1.
    pub(super) fn address_6(&self, serial: u64) -> Ipv6Addr {
        Ipv6Addr::new(0x2001, 0x0db8, self.second.into(), 4, 0, 0, 0, u16::try_from(serial).unwrap_or(u16::MAX))
    }

    /// An address of a server in it.
    pub(super) fn server(&self, third: u8, fourth: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.second, third, fourth)
    }
}
