//! What an account signs in with. It lies in a cell, outside the log: a backup has none of it, and it goes with its
//! account.

use serde::{Deserialize, Serialize};

use super::totp::TotpSecret;
use crate::{clock::Timestamp, id::AccountId};

/// What is kept of a password, and of a device that shows codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// What is kept of the password, in the PHC string format.
    pub password: String,
    /// When it was chosen.
    pub chosen_at: Timestamp,
    /// The device, once it has shown that it works.
    pub totp: Option<Device>,
    /// A device that has not shown yet that it works.
    pub beginning: Option<TotpSecret>,
}

/// A device that shows codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What is shared with it.
    pub secret: TotpSecret,
    /// The newest step whose code was used: none is good twice.
    pub last: u64,
}

/// The cell of an account.
pub fn cell_of(account: AccountId) -> String {
    format!("credentials/{account}")
}
