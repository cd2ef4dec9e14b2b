use super::*;

fn told(process: &str, deed: &str) -> ProcessDeed {
    ProcessDeed { process: process.to_owned(), deed: deed.to_owned() }
}

#[test]
fn deeds_of_other_processes_name_them() {
    let deeds =
        [told("B.EXE", "wrote C:\\x"), told("c.exe", "asked for example.com"), told("", "loaded the driver y.sys")];
    let line = title("a.exe -> b.exe", "b.exe", &deeds, 2);
    assert_eq!(line, "a.exe -> b.exe, wrote C:\\x, c.exe asked for example.com, loaded the driver y.sys, and 2 more");
}

#[test]
fn an_alert_of_no_process_has_its_deed_alone() {
    assert_eq!(title("", "", &[told("", "subscribed to WMI events")], 0), "subscribed to WMI events");
}
