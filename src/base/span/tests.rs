use super::*;

#[test]
fn offsets_become_lines_and_columns() {
    let index = LineIndex::new("ab\nçd\r\n\nx");
    let at = |offset| {
        let LineColumn { line, column } = index.locate(offset);
        (line, column)
    };
    assert_eq!(at(0), (1, 1));
    assert_eq!(at(2), (1, 3));
    assert_eq!(at(3), (2, 1));
    assert_eq!(at(4), (2, 1), "inside the two bytes of ç");
    assert_eq!(at(5), (2, 2));
    assert_eq!(at(8), (3, 1));
    assert_eq!(at(9), (4, 1));
    assert_eq!(at(4_000_000_000), (4, 2));
}

#[test]
fn spans_join_and_shift() {
    let span = Span::new(4, 6).to(Span::new(1, 5));
    assert_eq!(span, Span::new(1, 6));
    assert_eq!(span.shifted(10).range(), 11..16);
    assert_eq!(span.shifted(u32::MAX), Span::new(u32::MAX, u32::MAX));
}
