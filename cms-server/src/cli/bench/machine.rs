//! The machine that figures are of.

use std::fs;

use super::super::output;

/// Prints what the figures below are to be read with: processor, cores, memory, load.
pub(super) fn describe() {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("?", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    output::say(format_args!(
        "machine: {}, {cores} cores, {} memory, load {}; cms {}",
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" "),
        env!("CARGO_PKG_VERSION"),
    ));
}
