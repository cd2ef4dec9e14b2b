//! Everything that the invented hosts consist of, out of `hosts.toml`: programs with their usual parents and command lines, libraries, files, names, addresses.
//!
//! A table of a thousand texts is data: as TOML it can be read and added to without a compiler. How often something happens is not decided here.

use serde::Deserialize;
use std::sync::LazyLock;

/// The account that a program runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Account {
    System,
    Network,
    Local,
    User,
}

/// The addresses that a program connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Talks {
    Never,
    Inside,
    Anywhere,
}

/// A program: its version resource, its usual command lines and its usual parents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    pub(super) image: String,
    #[serde(default = "build")]
    pub(super) version: String,
    pub(super) description: String,
    #[serde(default = "windows")]
    pub(super) product: String,
    #[serde(default = "microsoft")]
    pub(super) company: String,
    pub(super) original: String,
    pub(super) lines: Vec<String>,
    pub(super) account: Account,
    pub(super) talks: Talks,
    /// File names of programs that start it; none if what starts it is chosen otherwise.
    #[serde(default)]
    pub(super) parents: Vec<String>,
    /// How often it is started, against the others; 0 if it runs from the start of the host on.
    #[serde(default)]
    pub(super) weight: u64,
}

fn build() -> String {
    "10.0.19041.3636 (WinBuild.160101.0800)".to_owned()
}

fn windows() -> String {
    "Microsoft® Windows® Operating System".to_owned()
}

fn microsoft() -> String {
    "Microsoft Corporation".to_owned()
}

/// A library that processes load.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Library {
    pub(super) path: String,
    pub(super) description: String,
    pub(super) original: String,
}

/// Names and addresses; each list is explained in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostWords {
    pub(super) files: Vec<String>,
    pub(super) keys: Vec<String>,
    pub(super) users: Vec<String>,
    pub(super) sites: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) documents: Vec<String>,
    pub(super) entries: Vec<(String, String)>,
    pub(super) public_ports: Vec<(u16, String)>,
    pub(super) private_ports: Vec<(u16, String)>,
    pub(super) public_blocks: Vec<(u8, u8)>,
    pub(super) public_blocks_6: Vec<(u16, u16)>,
}

/// All of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostInventory {
    /// Programs that run from the start of a host on, each after its parent.
    pub(super) base: Vec<Program>,
    /// Programs that come and go.
    #[serde(rename = "program")]
    pub(super) programs: Vec<Program>,
    /// Registration utilities as an attacker, or an administrator, starts them.
    #[serde(rename = "utility")]
    pub(super) utilities: Vec<Program>,
    /// A tool that starts itself on other hosts, as it is started by hand.
    pub(super) mover: Program,
    /// What writes files that come over the network.
    pub(super) system: Program,
    /// The same tool where it arrives.
    pub(super) moved: Program,
    /// The service that installs software.
    pub(super) installer: Program,
    /// The utility as an installation starts it, with System's rights.
    pub(super) installed: Program,
    #[serde(rename = "library")]
    pub(super) libraries: Vec<Library>,
    pub(super) words: HostWords,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test of large logs reads it")]
pub(super) static INVENTORY: LazyLock<HostInventory> =
    LazyLock::new(|| toml::from_str(include_str!("hosts.toml")).expect("hosts.toml is as inventory.rs says"));
