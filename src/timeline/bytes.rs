//! Reading and writing of the parts that rows are made of. Reading is total: bytes that end too early give nothing.

/// Adds a text with its length before it.
pub fn push_text(bytes: &mut Vec<u8>, text: &str) {
    // Texts come from records and documents of far less than 4 GiB.
    bytes.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Takes a fixed number of bytes from the front.
pub fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// Takes a length of four bytes.
pub fn take_length(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(take(rest)?)).ok()
}

/// Takes a text with its length before it, if it is UTF-8.
pub fn take_text<'r>(rest: &mut &'r [u8]) -> Option<&'r str> {
    let length = take_length(rest)?;
    let (text, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    simdutf8::basic::from_utf8(text).ok()
}
