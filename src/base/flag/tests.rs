use super::*;

#[test]
fn every_writing_of_a_flag_is_read() {
    for (writing, flag) in
        [("true", true), (" True ", true), ("TRUE", true), ("1", true), ("False", false), ("0", false)]
    {
        assert_eq!(read(writing), Some(flag), "{writing}");
    }
    for other in ["", "-", "yes", "10", "truee", "failed: true"] {
        assert_eq!(read(other), None, "{other}");
    }
}
