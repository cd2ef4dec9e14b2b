use std::fs;

use super::*;

const XML: &str = "<Events></Events>";

fn names(found: &DiscoveredInputs, root: &Path) -> Vec<String> {
    let below = |input: &Input| input.path.strip_prefix(root).expect("below").to_string_lossy().replace('\\', "/");
    found.inputs.iter().map(below).collect()
}

fn kinds(found: &DiscoveredInputs) -> Vec<FaultKind> {
    found.faults.iter().map(|fault| fault.kind).collect()
}

#[test]
fn folders_are_searched_through_and_files_told_by_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("b/c")).expect("folders");
    fs::write(root.join("b/c/log.txt"), XML).expect("write");
    fs::write(root.join("b/a.xml"), XML).expect("write");
    fs::write(root.join("z.evtx"), "PK\x03\x04").expect("write");
    fs::write(root.join("empty.evtx"), "").expect("write");
    fs::write(root.join("short.evtx"), "ElfFile\0").expect("write");
    let found = discover(&[root.to_owned()], &Search::default());
    assert_eq!(names(&found, root), ["b/a.xml", "b/c/log.txt"]);
    assert_eq!(kinds(&found), [FaultKind::EmptyFile, FaultKind::Truncated, FaultKind::Archive]);
    assert_eq!(found.inputs[0].size, XML.len() as u64);
    assert!(found.faults[2].reason.contains("the archive cannot be read"), "{}", found.faults[2].reason);
}

#[test]
fn order_and_repetition_of_paths_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir(root.join("sub")).expect("folder");
    let (one, two) = (root.join("1.xml"), root.join("sub").join("2.xml"));
    fs::write(&one, XML).expect("write");
    fs::write(&two, XML).expect("write");
    let expected = discover(&[root.to_owned()], &Search::default());
    let crooked = root.join("sub").join("..").join("1.xml");
    for paths in
        [vec![two.clone(), one.clone()], vec![root.to_owned(), two, one.clone()], vec![one, crooked, root.to_owned()]]
    {
        assert_eq!(discover(&paths, &Search::default()).inputs, expected.inputs);
    }
}

#[test]
fn a_path_to_nothing_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nothing");
    let found = discover(&[path.clone(), path.clone()], &Search::default());
    assert!(found.inputs.is_empty());
    assert_eq!(kinds(&found), [FaultKind::Missing]);
    assert_eq!(&*found.faults[0].input, path.to_string_lossy());
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_neither_loop_nor_lead_outside() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("other.xml"), XML).expect("write");
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::write(root.join("a.xml"), XML).expect("write");
        symlink(root, root.join("loop")).expect("link");
        symlink(root.join("a.xml"), root.join("same.xml")).expect("link");
        symlink(outside.path(), root.join("out")).expect("link");
        symlink(root.join("gone"), root.join("dangling")).expect("link");
        let found = discover(&[root.to_owned()], &Search::default());
        assert_eq!(names(&found, root), ["a.xml"]);
        assert_eq!(kinds(&found), [FaultKind::Missing, FaultKind::OutsideLink]);
        let named = discover(&[root.join("out"), root.join("same.xml")], &Search::default());
        assert_eq!(names(&named, root), ["out/other.xml", "same.xml"], "links that a person names are followed");
    }

    #[test]
    fn special_files_are_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).expect("a socket");
        for given in [folder.path().to_owned(), path, PathBuf::from("/dev/null")] {
            assert_eq!(kinds(&discover(&[given], &Search::default())), [FaultKind::Special]);
        }
    }
}
