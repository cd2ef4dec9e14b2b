//! One numbering of the inputs and hosts of all parts.

use super::error::FleetError;
use super::manifest::PartInput;
use super::part_folder::PartFolder;
use crate::detect::HostNumber;
use crate::source::Input;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The numbers of inputs in a run over all parts.
#[derive(Debug)]
pub struct InputNumbers {
    /// By path, as a search sorts files; the members of an archive in their order.
    inputs: Vec<Input>,
    numbers: HashMap<Arc<str>, u32>,
}

impl InputNumbers {
    /// Numbers the inputs of parts. An error if one changed between two parts that have it.
    pub fn of(folders: &[PartFolder]) -> Result<Self, FleetError> {
        let mut by_path: BTreeMap<&Path, (&PartFolder, &[PartInput])> = BTreeMap::new();
        for folder in folders {
            for of_path in folder.manifest.inputs.chunk_by(|one, next| one.path == next.path) {
                let path = Path::new(&of_path[0].path);
                let (first, there) = *by_path.entry(path).or_insert((folder, of_path));
                if there != of_path {
                    let (one, other) = (first.path.clone(), folder.path.clone());
                    let reason = format!("{} changed between them", path.display());
                    return Err(FleetError::Apart { one, other, reason });
                }
            }
        }
        let named =
            |input: &PartInput| Input::named(PathBuf::from(&input.path), input.name.as_str().into(), input.size);
        let inputs: Vec<Input> = by_path.values().flat_map(|(_, inputs)| inputs.iter().map(named)).collect();
        let numbers = inputs.iter().zip(0..).map(|(input, number)| (input.display.clone(), number)).collect();
        Ok(Self { inputs, numbers })
    }

    /// All of them, in order.
    pub fn inputs(&self) -> Vec<Input> {
        self.inputs.clone()
    }

    /// The number of an input, by its name in outputs.
    pub fn of_path(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The numbers of the inputs of a part, and of its hosts, which `number` gives them by their names.
    pub fn of_part(&self, folder: &PartFolder, hosts: &[String], number: impl Fn(&str) -> HostNumber) -> PartNumbers {
        let input = |input: &PartInput| self.of_path(&input.name).unwrap_or(u32::MAX);
        let inputs = folder.manifest.inputs.iter().map(input).collect();
        PartNumbers { inputs, hosts: hosts.iter().map(|name| number(name)).collect() }
    }
}

/// The numbers that inputs and hosts of a part have in the run over all parts, by those that they have in the part.
#[derive(Debug)]
pub struct PartNumbers {
    inputs: Vec<u32>,
    hosts: Vec<HostNumber>,
}

impl PartNumbers {
    /// The number of an input; one that no input has if the part has no such input.
    pub fn input(&self, number: u32) -> u32 {
        self.inputs.get(number as usize).copied().unwrap_or(u32::MAX)
    }

    /// The number of a host.
    pub fn host(&self, number: HostNumber) -> HostNumber {
        self.hosts.get(number.0 as usize).copied().unwrap_or_default()
    }
}
