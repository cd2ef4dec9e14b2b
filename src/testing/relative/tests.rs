use super::*;

#[test]
fn a_path_leads_from_the_folder_of_the_test_file() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, tests) = (folder.path().join("logs"), folder.path().join("tests/deep"));
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::create_dir_all(&tests).unwrap();
    assert_eq!(relative_path(&logs.join("a.evtx"), &tests), "../../logs/a.evtx");
    assert_eq!(relative_path(&tests.join("a.evtx"), &tests), "a.evtx");
    assert_eq!(relative_path(&tests, &tests), ".");
}
