//! Writes a part: beside the place that it will take, under another name, and renamed when it is complete. So it is there as a whole or not at all.

use super::error::FleetError;
use super::manifest::{FORMAT, PartComputer, PartFile, PartInput, PartManifest, PartOptions, PartStatus};
use super::part_folder::{ALERTS, EVENTS, FAULTS, MANIFEST, PartFolder, TRIAGE};
use super::records::{HeldHead, HeldWriter, write_faults};
use super::triage_file::write_triage;
use crate::base::CaseKey;
use crate::base::number::hex;
use crate::detect::{HostNumber, crosses_hosts};
use crate::diag::NoticeKind;
use crate::pipeline::{self, PartCandidates, Progress, Stats};
use crate::report::{Exporter, PartAlertsJson};
use crate::rules::Rule;
use crate::scanner::ScanRun;
use crate::source::{self, FaultSeverity, Input, Search};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What a part is to be of.
#[derive(Clone, Debug)]
pub struct PartRequest {
    /// Its folder.
    pub folder: PathBuf,
    /// The key of the case.
    pub key: CaseKey,
    /// The files and folders of evidence.
    pub paths: Vec<PathBuf>,
    /// How they are searched.
    pub search: Search,
    /// The options that decide what is found.
    pub options: PartOptions,
    /// The computers that are asked for, if not all are.
    pub include_computers: Vec<String>,
    /// The computers that are passed over.
    pub exclude_computers: Vec<String>,
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Tells whether rules are the same: see [`rules_digest`](super::rules_digest()).
    pub rules: String,
}

impl PartRequest {
    /// The part, if it is there already: of the same rules, options and evidence. An error if the folder holds anything else.
    pub fn existing(&self, rules: &[Rule]) -> Result<Option<PartFolder>, FleetError> {
        let taken = |holds: String| FleetError::Taken { path: self.folder.clone(), holds };
        if self.is_vacant()? {
            return Ok(None);
        }
        let there = match PartFolder::open(&self.folder) {
            Ok(there) => there,
            Err(FleetError::NoPart { reason, .. }) => return Err(taken(format!("something else ({reason})"))),
            Err(other) => return Err(other),
        };
        let inputs = source::discover(&self.paths, &self.search).inputs;
        let digests = digests(&inputs, self.threads);
        let wanted =
            self.manifest(rules, inputs.iter().map(|input| PartInput::new(input, digests.get(&input.path))))?;
        let difference = there.manifest.difference(&wanted).or_else(|| there.manifest.evidence_difference(&wanted));
        match difference {
            Some(difference) => Err(taken(format!("another part: {difference}"))),
            None => there.verify().map(|()| Some(there)),
        }
    }

    /// Whether nothing is in the folder's place, or an empty folder.
    fn is_vacant(&self) -> Result<bool, FleetError> {
        match std::fs::read_dir(&self.folder) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(FleetError::file(&self.folder, "it cannot be a part's folder")(error)),
        }
    }

    /// What the part is of, before anything is found.
    fn manifest(&self, rules: &[Rule], inputs: impl Iterator<Item = PartInput>) -> Result<PartManifest, FleetError> {
        let name = |path: &PathBuf| path.to_str().map(str::to_owned).ok_or_else(|| FleetError::Unnamed(path.clone()));
        Ok(PartManifest {
            format: FORMAT,
            evql: env!("CARGO_PKG_VERSION").to_owned(),
            rules: self.rules.clone(),
            rule_count: rules.len(),
            case_key: self.key.id(),
            options: self.options.clone(),
            include_computers: self.include_computers.clone(),
            exclude_computers: self.exclude_computers.clone(),
            paths: self.paths.iter().map(name).collect::<Result<_, _>>()?,
            listed: self.search.listed.iter().map(name).collect::<Result<_, _>>()?,
            inputs: inputs.collect(),
            computers: Vec::new(),
            status: PartStatus::Complete,
            alerts: 0,
            left_out: BTreeMap::new(),
            stats: <_>::default(),
            begins: BTreeMap::new(),
            host_addresses: Vec::new(),
            notices: Vec::new(),
            files: BTreeMap::new(),
        })
    }
}

/// A part that is being written.
#[derive(Debug)]
pub struct NewPart {
    request: PartRequest,
    temporary: TempDir,
    files: BTreeMap<String, PartFile>,
}

impl NewPart {
    /// Makes room for a part, so that what is in the way is told before hours of reading.
    pub fn begin(request: PartRequest, rules: &[Rule]) -> Result<Self, FleetError> {
        if request.paths.iter().any(|path| path.as_os_str() == "-") {
            return Err(FleetError::StandardInput);
        }
        if let Some(rule) = rules.iter().find(|rule| is_across(rule)).filter(|_| !cfg!(feature = "parquet")) {
            return Err(FleetError::SightingsWithoutParquet(rule.meta.name.clone()));
        }
        if request.options.triage && !cfg!(feature = "parquet") {
            return Err(FleetError::ValuesWithoutParquet);
        }
        let parent = match request.folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).map_err(FleetError::file(parent, "the folder cannot be made"))?;
        let name = request.folder.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.unfinished-");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As of any folder that is made: others may have to merge the part.
            builder.permissions(std::fs::Permissions::from_mode(0o777));
        }
        let temporary = builder.tempdir_in(parent).map_err(FleetError::file(parent, "nothing can be written there"))?;
        Ok(Self { request, temporary, files: BTreeMap::new() })
    }

    /// The folder that it is written to until it is complete.
    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Adds to a run over the evidence what a scan would look up and what the part says of its files, writes all of it, and lets the part take its place.
    ///
    /// The run has the case key among its options.
    pub fn write(mut self, run: &mut ScanRun, progress: &dyn Progress) -> Result<PartFolder, FleetError> {
        let triage = if self.request.options.triage {
            Some(run.triage_of_part(&self.request.key, progress)?)
        } else {
            run.complete_alerts(progress)?;
            run.learn_addresses(progress)?;
            None
        };
        let digests = run.outcome.digest_files();
        let run = &*run;
        let (outcome, rules) = (&run.outcome, run.detector.rules());
        let inputs = outcome.inputs.iter().map(|input| PartInput::new(input, digests.get(&input.path)));
        let mut manifest = self.request.manifest(rules, inputs)?;
        manifest.computers = outcome.stats.computers.iter().map(PartComputer::from).collect();
        let is_lost = outcome.faults.iter().any(|fault| fault.severity == FaultSeverity::Lost);
        manifest.status = if is_lost { PartStatus::Partial } else { PartStatus::Complete };
        manifest.alerts = outcome.alerts.len() as u64;
        manifest.left_out.clone_from(&outcome.left_out);
        // The computers stand by themselves.
        manifest.stats = Stats { computers: Vec::new(), ..outcome.stats.clone() };
        let addresses = run.results().addresses.iter();
        manifest.host_addresses = addresses.map(|(host, ip)| (host.to_owned(), ip.to_string())).collect();
        let notices = run.notices.iter().filter(|notice| is_of_part(notice.kind));
        manifest.notices = notices.map(|notice| (notice.kind.as_str().to_owned(), notice.text.clone())).collect();
        if let Some(part) = triage {
            self.file(TRIAGE, |out| write_triage(&part, out))?;
            #[cfg(feature = "parquet")]
            manifest.notices.extend(self.values(&part)?);
        }
        self.file(ALERTS, |out| PartAlertsJson.export(&run.results(), out))?;
        self.file(FAULTS, |out| write_faults(&outcome.faults, out))?;
        if let Some(part) = &outcome.part {
            let begins = part.begins.iter().map(|(host, at)| (host.as_ref().to_owned(), at.0));
            manifest.begins = begins.collect();
            self.candidates(run, part)?;
        }
        self.finish(manifest)
    }

    /// Writes the values of all events. Returns notices of those that were left out.
    #[cfg(feature = "parquet")]
    fn values(&mut self, part: &crate::process::TriagePart) -> Result<Vec<(String, String)>, FleetError> {
        use super::values_parquet::{MOST_ROWS, write_values};
        use crate::base::number::{counted, grouped};
        use crate::process::ValueKind;
        let mut left_out = BTreeMap::new();
        self.file(super::part_folder::VALUES, |out| {
            left_out = write_values(out, &part.values, &part.ids().hosts)?;
            Ok(())
        })?;
        let notice = |(kind, count): (ValueKind, u64)| {
            let text = format!(
                "{} of the kind {} not kept, there being more than {}: on how many hosts these were met is not told",
                counted(count, "value"),
                kind.column_name(),
                grouped(MOST_ROWS)
            );
            (NoticeKind::Limit.as_str().to_owned(), text)
        };
        Ok(left_out.into_iter().map(notice).collect())
    }

    /// Writes what a merge needs beside the manifest.
    fn candidates(&mut self, run: &ScanRun, part: &PartCandidates) -> Result<(), FleetError> {
        let names = &part.tables.hosts;
        let number = |at: usize| HostNumber(u32::try_from(at).unwrap_or(u32::MAX));
        let host_names: Vec<String> = (0..names.len()).map(|at| names.name(number(at)).to_string()).collect();
        #[cfg(feature = "parquet")]
        if run.detector.rules().iter().any(is_across) {
            let rules = run.detector.rules();
            let paths: Vec<String> = run.outcome.inputs.iter().map(|input| input.display.to_string()).collect();
            self.file(super::part_folder::SIGHTINGS, |out| {
                let mut writer = super::sightings_parquet::SightingsWriter::new(out, rules, &paths, &host_names)?;
                part.for_each(rules, is_across, |tuple, hits| {
                    hits.iter().try_for_each(|hit| writer.add(super::sighting::Sighting::new(tuple, *hit)))
                })?;
                writer.finish().map(drop)
            })?;
        }
        let (copied_chunks, copied_records) = part.duplicates();
        let head = HeldHead { hosts: host_names, copied_chunks, copied_records };
        self.file(EVENTS, |out| {
            let mut writer = HeldWriter::new(out, &head)?;
            run.outcome.alerts.for_each_held(&mut |alert| writer.item(&alert))
        })
    }

    /// Writes a file, and notes its digest.
    fn file(&mut self, name: &str, write: impl FnOnce(&mut DigestingFile) -> io::Result<()>) -> Result<(), FleetError> {
        let path = self.temporary.path().join(name);
        let written = (|| {
            let mut file = DigestingFile::create(&path)?;
            write(&mut file)?;
            file.finish()
        })();
        self.files.insert(name.to_owned(), written.map_err(FleetError::file(path, "it cannot be written"))?);
        Ok(())
    }

    fn finish(mut self, mut manifest: PartManifest) -> Result<PartFolder, FleetError> {
        manifest.files = std::mem::take(&mut self.files);
        let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other);
        let path = self.temporary.path().join(MANIFEST);
        let mut text = text.map_err(FleetError::file(&path, "it cannot be written"))?;
        text.push('\n');
        self.file(MANIFEST, |out| out.write_all(text.as_bytes()))?;
        let folder = self.request.folder.clone();
        // Where the system does not let a folder take the place of an empty one. If it is not empty any more, the next step says so.
        let _ = std::fs::remove_dir(&folder);
        if let Err(error) = std::fs::rename(self.temporary.path(), &folder) {
            // Another process may have written the same part meanwhile, and is as good.
            return match PartFolder::open(&folder) {
                Ok(there)
                    if there.manifest.difference(&manifest).is_none()
                        && there.manifest.evidence_difference(&manifest).is_none() =>
                {
                    Ok(there)
                }
                Ok(_) => Err(FleetError::Taken { path: folder, holds: "another part by now".to_owned() }),
                Err(_) => Err(FleetError::file(folder, "the part cannot take its place")(error)),
            };
        }
        // Nothing is left to be removed.
        let _ = self.temporary.keep();
        Ok(PartFolder { path: folder, manifest })
    }
}

fn is_across(rule: &Rule) -> bool {
    crosses_hosts(&rule.query)
}

/// Whether notices of a kind are true of the evidence of a part whatever others hold. That no event has a field, another part may disprove.
fn is_of_part(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Window | NoticeKind::Limit | NoticeKind::MissingRecords | NoticeKind::Host)
}

/// The digests of the files of inputs, by path; those that cannot be read to their ends are left out.
pub fn digests(inputs: &[Input], threads: usize) -> BTreeMap<PathBuf, String> {
    let digests = pipeline::file_digests(inputs.iter(), threads).into_iter();
    digests.filter_map(|(path, digest)| Some((path, digest.ok()?))).collect()
}

/// A file that is digested as it is written.
struct DigestingFile {
    out: BufWriter<File>,
    hash: Sha256,
    size: u64,
}

impl DigestingFile {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::with_capacity(1 << 18, File::create(path)?), hash: Sha256::new(), size: 0 })
    }

    fn finish(self) -> io::Result<PartFile> {
        // Before the folder is renamed: a name without its contents must not survive a loss of power.
        self.out.into_inner()?.sync_all()?;
        Ok(PartFile { size: self.size, sha256: hex(&self.hash.finalize()) })
    }
}

impl Write for DigestingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
