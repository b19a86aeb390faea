//! Builds anew when the words change: the macro that reads them doesn't tell Cargo.

fn main() {
    println!("cargo::rerun-if-changed=../locales");
}
