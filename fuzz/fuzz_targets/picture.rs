//! Feeds bytes to [`bodies::picture`].
#![no_main]

#[path = "../bodies.rs"]
#[allow(dead_code, reason = "each target feeds one body")]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::picture(data));
