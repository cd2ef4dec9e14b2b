#![no_main]

#[path = "../../support/hostile.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::documents(data));
