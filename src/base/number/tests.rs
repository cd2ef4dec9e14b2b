use super::*;

#[test]
fn every_writing_of_a_whole_number_is_read() {
    for (writing, number) in [
        ("7404", 7404),
        (" 7404 ", 7404),
        ("0x1cec", 7404),
        ("0X1CEC", 7404),
        ("7,404", 7404),
        ("7 404", 7404),
        ("1'234'567", 1_234_567),
        ("7\u{a0}404", 7404),
        ("-1", -1),
        ("0", 0),
        ("007", 7),
    ] {
        assert_eq!(read(writing), Some(number), "{writing}");
    }
    for other in
        ["", "-", "0x", "1.5", "7,40", "1234,567", "7,,404", "+7", "0x-1", "12a", "99999999999999999999", ",123"]
    {
        assert_eq!(read(other), None, "{other}");
    }
}

#[test]
fn hexadecimal_numbers_are_read_with_their_zeros() {
    assert_eq!(read_hex("0x0000000000029c41"), Some(0x29c41));
    assert_eq!(read_hex(" 0X1FFFFF"), Some(0x1f_ffff));
    assert_eq!(read_hex("0xffffffffffffffff"), Some(u64::MAX));
    for other in ["", "0x", "29c41", "0x+1", "0x1ffffffffffffffff"] {
        assert_eq!(read_hex(other), None, "{other}");
    }
}
