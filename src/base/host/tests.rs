use super::*;

#[test]
fn names_are_compared_without_case() {
    assert_eq!(folded("WS-0417.Corp"), "ws-0417.corp");
    assert!(matches!(folded("ws-0417"), Cow::Borrowed(_)));
    assert_eq!(folded("MÜLLER-PC"), folded("müller-pc"));
    assert_eq!(&*folded_bytes("MÜLLER-PC".as_bytes()), "müller-pc".as_bytes());
    assert_eq!(&*folded_bytes(b"\xffA"), b"\xffA");
}

#[test]
fn the_same_writing_is_shown_whichever_was_first() {
    let show_all = |names: [&str; 3]| {
        let mut shown: Arc<str> = "".into();
        for name in names {
            show(&mut shown, &name.into());
        }
        shown
    };
    assert_eq!(&*show_all(["ws", "WS", "Ws"]), "WS");
    assert_eq!(show_all(["WS", "Ws", "ws"]), show_all(["ws", "Ws", "WS"]));
}
