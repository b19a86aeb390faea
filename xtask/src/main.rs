//! Beacon.
fn main() {}
