//! The cms command.
fn main() {}
