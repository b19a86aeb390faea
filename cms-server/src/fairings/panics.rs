//! Where a panic happened, kept for the line in the log.
//!
//! Rocket catches a panic and calls the catcher for 500 on the same thread, before anything else runs
//! there: a thread's own note is enough to join the two.

use std::{cell::RefCell, panic};

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a panic leaves a note instead of printing. Its message may quote what a reader sent, so
/// only the place is kept.
pub fn install() {
    panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "a panic: this is a bug");
        LAST.set(Some(format!("a panic at {place}")));
    }));
}

/// The place of this thread's last panic, once.
pub(crate) fn take() -> Option<String> {
    LAST.take()
}
