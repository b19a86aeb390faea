//! The directory: all published routes in one locale, as one file.
//!
//! It holds dates and rules and nothing that the clock changes, so that it stays the same bytes until an
//! editor publishes something, and a copy answers questions while the server is away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Route;
use crate::{
    id::EntryId,
    locale::{Direction, Locale},
};

/// The most routes that a directory holds.
pub const MAX_ROUTES: usize = 10_000;

/// All published routes in one locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// A digest of all the rest.
    pub version: String,
    /// The language asked for; a route says its own.
    pub locale: Locale,
    /// Which way that runs.
    pub dir: Direction,
    /// What to tell readers besides routes.
    pub texts: Texts,
    /// What a question can name as a concern.
    pub concerns: Vec<Concern>,
    /// What a question can name as an audience.
    pub audiences: Vec<Audience>,
    /// The routes, by slug.
    pub routes: Vec<Route>,
    /// How many routes found no room.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_off: usize,
}

/// What to tell readers besides routes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Texts {
    /// Where no emergency number is known.
    pub call_local_number: String,
    /// Where the country is not known.
    pub ask_for_country: String,
    /// By the fallback's name: what is left to do.
    pub fallback: BTreeMap<String, String>,
}

/// What somebody is worried about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// Its key, or else its id: what routes call it.
    pub name: String,
    /// The entry.
    pub id: EntryId,
    /// Its slug.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// What it is called when speaking to one audience.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The group that it is in, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// What a concern is called when speaking to one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The audience, by name.
    pub audience: String,
    /// What it is called.
    pub label: String,
}

/// A group of readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Its key, or else its id: what routes call it.
    pub name: String,
    /// The entry.
    pub id: EntryId,
    /// Its slug.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// The lowest age, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_min: Option<u8>,
    /// The highest age, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_max: Option<u8>,
}

/// The file, as `GET /v1/routes.json` gives it.
#[derive(Deserialize)]
struct File {
    data: Directory,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Directory {
    /// Puts a directory together, in its own order and with its version. Where there are more routes than
    /// [`MAX_ROUTES`], those of the lowest weight find no room.
    pub fn new(
        locale: Locale,
        texts: Texts,
        concerns: Vec<Concern>,
        audiences: Vec<Audience>,
        mut routes: Vec<Route>,
    ) -> Self {
        let left_off = routes.len().saturating_sub(MAX_ROUTES);
        if left_off > 0 {
            routes.sort_by(|a, b| (b.weight, &a.slug, a.id).cmp(&(a.weight, &b.slug, b.id)));
            routes.truncate(MAX_ROUTES);
        }
        routes.sort_by(|a, b| (&a.slug, a.id).cmp(&(&b.slug, b.id)));
        let dir = locale.direction();
        let mut directory = Self {
            version: String::new(),
            locale,
            dir,
            texts,
            concerns,
            audiences,
            routes,
            left_off,
        };
        // What is all text and numbers can be written.
        let bytes = serde_json::to_vec(&directory).unwrap_or_default();
        let mut digest = hex::encode(Sha256::digest(bytes));
        digest.truncate(32);
        directory.version = digest;
        directory
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it is not the file of `GET /v1/routes.json`.
    pub fn parse(file: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<File>(file).map(|file| file.data)
    }
}
