//! The `cms` command: see `cli/` for what it does.

use std::process::ExitCode;

mod cli;

/// A server allocates and frees small things on many threads all the time; the system's allocator takes a third
/// more of the processor for it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run()
}
