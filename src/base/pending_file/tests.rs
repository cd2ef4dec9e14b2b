#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use std::io::Write;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn begin(target: &Path, clobber: bool, text: &str) -> PendingFile {
    let file = PendingFile::new(target, clobber).unwrap();
    file.begin().unwrap();
    file.file().write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn a_file_takes_its_place_once_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.csv");
    let file = begin(&target, false, "a\n");
    assert_eq!(names(folder.path()), ["out.csv.partial"]);
    file.finish().unwrap();
    assert_eq!(names(folder.path()), ["out.csv"]);
    assert!(matches!(PendingFile::new(&target, false), Err(PendingFileError::Exists(_))));
    begin(&target, true, "b\n").finish().unwrap();
    assert_eq!(
        (names(folder.path()), fs::read_to_string(&target).unwrap()),
        (vec!["out.csv".to_owned()], "b\n".to_owned())
    );
}

#[test]
fn what_is_given_up_leaves_whole_lines_and_the_file_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (target, part) = (folder.path().join("out.csv"), folder.path().join("out.csv.partial"));
    fs::write(&target, "before").unwrap();
    assert_eq!(begin(&target, true, "one\ntw").give_up(4).as_deref(), Some(&*part));
    assert_eq!(fs::read_to_string(&part).unwrap(), "one\n");
    assert_eq!(fs::read_to_string(&target).unwrap(), "before");
    // It was kept for somebody: it is not replaced without a word.
    fs::remove_file(&target).unwrap();
    assert!(matches!(PendingFile::new(&target, false), Err(PendingFileError::LeftOver(_))));
    assert_eq!(begin(&target, true, "").give_up(0), None);
    assert_eq!(names(folder.path()), [""; 0], "a part of no bytes is none");
    drop(begin(&target, false, "half").all_or_nothing());
    assert_eq!(begin(&target, false, "half").all_or_nothing().give_up(2), None);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn two_do_not_write_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.csv");
    let file = begin(&target, false, "a");
    for clobber in [false, true] {
        assert!(matches!(PendingFile::new(&target, clobber), Err(PendingFileError::Busy(_))));
    }
    // Somebody else makes a file of the name.
    fs::write(&target, "theirs").unwrap();
    let error = file.finish().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
    assert_eq!(fs::read_to_string(folder.path().join("out.csv.partial")).unwrap(), "a", "nothing is lost");
}

#[test]
fn long_names_have_a_short_one_until_they_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let targets = ["a", "b"].map(|letter| folder.path().join(letter.repeat(250)));
    let files = targets.each_ref().map(|target| begin(target, false, "x"));
    assert!(names(folder.path()).iter().all(|name| name.len() < 30 && name.ends_with(ENDING)));
    for file in files {
        file.finish().unwrap();
    }
    assert!(targets.iter().all(|target| target.is_file()));
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_stay_and_what_they_lead_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        for (link, to) in [("link", "real/file"), ("dangling", "real/new")] {
            symlink(to, folder.path().join(link)).unwrap();
        }
        fs::write(folder.path().join("real/file"), "before").unwrap();
        for link in ["link", "dangling"] {
            let file = begin(&folder.path().join(link), true, "after");
            assert_eq!(file.path().parent().unwrap(), folder.path().join("real"));
            assert_eq!(file.path(), partial_path(&folder.path().join(link)));
            file.finish().unwrap();
        }
        assert_eq!(names(&folder.path().join("real")), ["file", "new"]);
        assert!(folder.path().join("link").is_symlink());
        assert_eq!(fs::read_to_string(folder.path().join("link")).unwrap(), "after");
    }

    #[test]
    fn a_link_in_the_place_of_the_part_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, other) = (folder.path().join("out"), folder.path().join("other"));
        fs::write(&other, "precious").unwrap();
        symlink(&other, folder.path().join("out.partial")).unwrap();
        assert!(matches!(PendingFile::new(&target, true), Err(PendingFileError::LeftOver(_))));
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    }

    #[test]
    fn who_could_read_a_file_is_who_can_read_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        fs::write(&target, "before").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        let file = begin(&target, true, "after");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        file.finish().unwrap();
        assert_eq!(mode(&target), 0o600);
    }
}
