//! The log: one line for each failure at the boundary, as JSON or for people, on standard error.
//!
//! Rocket's own log stays off: it names the URI of every request.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    config::{ConfigError, Log, LogFormat},
    fairings::panics,
};

/// Starts the log, once in a process, and has panics written to it.
///
/// # Errors
/// [`ConfigError`] when the level can't be read.
pub fn start(log: &Log) -> Result<(), ConfigError> {
    let wrong = |reason: String| ConfigError { key: "log.level".to_owned(), reason };
    let filter = EnvFilter::try_new(&log.level).map_err(|error| wrong(error.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true).with_writer(io::stderr))
            .try_init(),
        LogFormat::Pretty => registry
            .with(
                fmt::layer()
                    .with_target(false)
                    .with_ansi(io::stderr().is_terminal())
                    .with_writer(io::stderr),
            )
            .try_init(),
    };
    started.map_err(|error| wrong(error.to_string()))?;
    panics::install();
    Ok(())
}
