//! From the first request to the last: launching, and an end that lets requests finish.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rocket::{Build, Orbit, Rocket, error::ErrorKind};

/// How often the end looks whether the last request is done.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Why the server did not start, or ended other than by a signal.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Something else listens there, or the address isn't this machine's.
    #[error("can't listen on {address}: {cause}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        cause: String,
    },
    /// Anything else.
    #[error("the server stopped: {0}")]
    Stopped(String),
}

/// Serves until SIGTERM, SIGINT or [`rocket::Shutdown`]; then requests in flight have the configured
/// grace, and what is still open after it is cut.
///
/// # Errors
/// [`LaunchError`]: never because of requests that were cut.
pub async fn launch(rocket: Rocket<Build>) -> Result<(), LaunchError> {
    let rocket = rocket.ignite().await.map_err(|error| stopped(&error))?;
    let address = SocketAddr::new(rocket.config().address, rocket.config().port);
    let shutdown = &rocket.config().shutdown;
    let patience = Duration::from_secs(u64::from(shutdown.grace) + u64::from(shutdown.mercy));
    let Err(error) = rocket.launch().await else { return Ok(()) };
    // Not a `match`: the kinds of Rocket's errors are not all known, and asking for the kind keeps the
    // error from panicking when it is dropped.
    if let ErrorKind::Bind(cause) | ErrorKind::Io(cause) = error.kind() {
        return Err(LaunchError::Listen { address, cause: cause.to_string() });
    }
    if let ErrorKind::Shutdown(rocket, None) = error.kind() {
        wait_for_the_last(rocket, patience).await;
        return Ok(());
    }
    Err(stopped(&error))
}

fn stopped(error: &rocket::Error) -> LaunchError {
    LaunchError::Stopped(error.to_string())
}

/// Waits until only the error holds the application, or patience is over.
///
/// Rocket waits by itself unless the signal comes just between two looks at it: then it gives up at
/// once, with requests in flight.
async fn wait_for_the_last(rocket: &Arc<Rocket<Orbit>>, patience: Duration) {
    let started = Instant::now();
    while Arc::strong_count(rocket) > 1 && started.elapsed() < patience {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let open = Arc::strong_count(rocket).saturating_sub(1);
    if open > 0 {
        tracing::warn!(open, "connections were cut at the end");
    }
}
