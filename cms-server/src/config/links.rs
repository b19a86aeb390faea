//! How the links that leave the site are looked at.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::links::address::network;

/// How the links of published pages that leave the site are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// Whether this server looks by itself. It asks other sites then; without, `cms links check` does.
    pub background: bool,
    /// Minutes between its looks for what is due.
    pub every_minutes: u32,
    /// Milliseconds between two questions to the same site.
    pub pause_millis: u64,
    /// Seconds that an answer may take.
    pub timeout_seconds: u64,
    /// Links that are looked at in one round, at most.
    pub per_round: usize,
    /// Addresses and networks that may be asked although they are not of the open internet, such as `10.1.0.0/16`.
    pub allow_networks: Vec<String>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            background: false,
            every_minutes: 60,
            pause_millis: 5_000,
            timeout_seconds: 20,
            per_round: 2_000,
            allow_networks: Vec::new(),
        }
    }
}

impl Links {
    /// The networks that may be asked all the same.
    pub(crate) fn networks(&self) -> Vec<(IpAddr, u8)> {
        self.allow_networks.iter().filter_map(|text| network(text)).collect()
    }

    /// Whether each setting makes sense.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = self.allow_networks.iter().find(|text| network(text).is_none());
        if let Some(wrong) = wrong {
            let reason = format!("{wrong} is no address and no network");
            return Err(ConfigError { key: "links.allow_networks".to_owned(), reason });
        }
        let within = |key: &str, value: u64, (low, high): (u64, u64)| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            let reason = format!("{value} lies outside {low} to {high}");
            Err(ConfigError { key: format!("links.{key}"), reason })
        };
        within("every_minutes", u64::from(self.every_minutes), (1, 44_640))?;
        within("pause_millis", self.pause_millis, (0, 600_000))?;
        within("timeout_seconds", self.timeout_seconds, (1, 120))?;
        within("per_round", self.per_round as u64, (1, 100_000))
    }
}
