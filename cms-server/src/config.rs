//! What an operator may set: defaults, under a TOML file, under `CMS_*` of the environment, under flags.
//!
//! A key that isn't known or a value that makes no sense stops the start with the key and the reason
//! ([`ConfigError`]); nothing is ignored. Keys of the environment nest by two underscores:
//! `CMS_LIMITS__BODY_BYTES=65536`.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::Path,
};

use cms_core::{
    access::session::SessionLimits,
    cms::MediaOptions,
    locale::Locale,
    media::{self, Sizes, UploadOptions},
    queries::picture::Offer,
};
use rocket::{
    config::{Ident, LogLevel, Shutdown, Sig},
    data::{Limits as BodyLimits, ToByteUnit as _},
    figment::{
        Figment, Profile,
        providers::{Env, Format as _, Serialized, Toml},
        value::Dict,
    },
};
use serde::{Deserialize, Serialize};

pub mod bucket;
pub mod links;
pub mod origins;
pub mod providers;

pub use bucket::S3;
pub use links::Links;
pub use origins::Origins;
pub use providers::SignIn;

/// Variables of the environment that belong to the command line and not to the configuration.
const NOT_SETTINGS: [&str; 6] = ["config", "data", "json", "schemas", "token", "url"];

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on. Loopback by default: the open internet gets a reverse proxy in
    /// front, since slow clients are not timed out here.
    pub listen: SocketAddr,
    /// The address that readers reach this server at, for feeds and sitemaps.
    pub public_url: String,
    /// Threads that serve requests; 0 is one for each core.
    pub workers: usize,
    /// The web origins whose scripts may read the delivery API: `"*"` or a list.
    pub cors_origins: Origins,
    /// What a request may ask of the server.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
    /// What happens between the signal to stop and the end.
    pub shutdown: Stop,
    /// What search knows besides the content.
    pub search: Search,
    /// How long a browser stays signed in.
    pub sessions: Sessions,
    /// How assets are offered to readers.
    pub media: Media,
    /// The machine that proposes translations.
    pub machine: Machine,
    /// How people sign in besides passwords.
    pub sign_in: SignIn,
    /// How links that leave the site are looked at.
    pub links: Links,
}

/// A machine that proposes translations: a server that speaks `LibreTranslate`'s API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Where it is, beginning with `http://`; empty for none.
    pub url: String,
    /// What it asks for, if it asks for a key.
    pub key: String,
    /// Seconds that it may take for an answer.
    pub seconds: u64,
}

/// How long a browser stays signed in. What is set counts for sessions that begin after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Minutes without a request.
    pub idle_minutes: u32,
    /// Minutes altogether.
    pub absolute_minutes: u32,
}

impl From<&Sessions> for SessionLimits {
    fn from(sessions: &Sessions) -> Self {
        let millis = |minutes: u32| i64::from(minutes) * 60_000;
        Self { idle: millis(sessions.idle_minutes), absolute: millis(sessions.absolute_minutes) }
    }
}

/// How assets are offered to readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// What addresses of bytes begin with, where they have an origin of their own: `https://media.example.org`. Empty
    /// for this server's own.
    pub origin: String,
    /// The widths that renditions are made in, in pixels, ascending.
    pub widths: Vec<u32>,
    /// A bucket that the bytes lie in, instead of the store's folder.
    pub s3: S3,
}

/// What search knows besides the content.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// By locale, groups of words that mean the same to those who search. The other labels of topics and
    /// the like are known without.
    pub synonyms: BTreeMap<Locale, Vec<Vec<String>>>,
}

impl Search {
    /// The groups, each with its locale.
    pub fn groups(&self) -> Vec<(Locale, Vec<String>)> {
        let groups = |(locale, groups): (&Locale, &Vec<Vec<String>>)| -> Vec<_> {
            groups.iter().map(|group| (locale.clone(), group.clone())).collect()
        };
        self.synonyms.iter().flat_map(groups).collect()
    }
}

/// What a request may ask of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes in a request's body, but for imports.
    pub body_bytes: u64,
    /// Bytes in the body of an import; they lie on disk while it runs.
    pub import_bytes: u64,
    /// Bytes in a file that is uploaded.
    pub upload_bytes: u64,
    /// Bytes in a request's path and query together.
    pub uri_bytes: usize,
    /// Seconds a handler may take before the answer is 503.
    pub handler_seconds: u64,
    /// Events a follower may be behind the log before `/readyz` says no.
    pub follower_lag: u64,
}

/// What is logged, and how. Never an address, a query or a user agent of a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// One JSON object a line, or lines for people.
    pub format: LogFormat,
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) or directives such as `info,cms_core=debug`.
    pub level: String,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object.
    Json,
    /// Text for people.
    Pretty,
}

/// What happens between the signal to stop and the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Seconds that requests in flight have to finish.
    pub grace_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            public_url: "http://127.0.0.1:8000".to_owned(),
            workers: 0,
            cors_origins: Origins::Any,
            limits: Limits {
                body_bytes: 2 << 20,
                import_bytes: 4 << 30,
                upload_bytes: 64_000_000,
                uri_bytes: 8 << 10,
                handler_seconds: 10,
                follower_lag: 1_000,
            },
            log: Log { format: LogFormat::Pretty, level: "info".to_owned() },
            shutdown: Stop { grace_seconds: 5 },
            search: Search::default(),
            sessions: Sessions { idle_minutes: 30, absolute_minutes: 12 * 60 },
            media: Media {
                origin: String::new(),
                widths: Sizes::default().widths,
                s3: S3::default(),
            },
            machine: Machine { url: String::new(), key: String::new(), seconds: 60 },
            sign_in: SignIn::default(),
            links: Links::default(),
        }
    }
}

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {key}: {reason}")]
pub struct ConfigError {
    /// Which setting, such as `limits.uri_bytes`; where it was set, too, when that is known.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Config {
    /// Reads the configuration: defaults, the file, the environment, then `flags`.
    ///
    /// # Errors
    /// [`ConfigError`] when the file isn't there, when a key is unknown, or when a value is no good.
    pub fn load(file: Option<&Path>, flags: Dict) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment
            .merge(Env::prefixed("CMS_").ignore(&NOT_SETTINGS).split("__"))
            .merge(Serialized::from(flags, Profile::Default));
        let mut config: Self = figment.extract()?;
        config.media.s3.fill();
        config.check()?;
        Ok(config)
    }

    /// Whether each number lies where it makes sense.
    fn check(&self) -> Result<(), ConfigError> {
        let within = |key: &str, value: u64, range: RangeInclusive<u64>| {
            if range.contains(&value) {
                return Ok(());
            }
            let reason = format!("{value} lies outside {} to {}", range.start(), range.end());
            Err(ConfigError { key: key.to_owned(), reason })
        };
        within("workers", self.workers as u64, 0..=1_024)?;
        within("limits.body_bytes", self.limits.body_bytes, 1..=(1 << 30))?;
        within("limits.upload_bytes", self.limits.upload_bytes, 1..=(1 << 30))?;
        within("limits.import_bytes", self.limits.import_bytes, 1..=(1 << 50))?;
        // The HTTP library refuses more than 65,534 bytes by itself, with an empty answer.
        within("limits.uri_bytes", self.limits.uri_bytes as u64, 256..=65_000)?;
        self.check_media()?;
        within("limits.handler_seconds", self.limits.handler_seconds, 1..=600)?;
        within("sessions.idle_minutes", u64::from(self.sessions.idle_minutes), 1..=1_440)?;
        // A month: no cookie is a way in for ever.
        within("sessions.absolute_minutes", u64::from(self.sessions.absolute_minutes), 1..=44_640)?;
        within("machine.seconds", self.machine.seconds, 1..=3_600)?;
        self.sign_in.check()?;
        self.links.check()?;
        within("shutdown.grace_seconds", u64::from(self.shutdown.grace_seconds), 0..=600)
    }

    /// Whether addresses of bytes and the sizes of renditions make sense.
    fn check_media(&self) -> Result<(), ConfigError> {
        let refuse = |key: &str, reason: String| Err(ConfigError { key: key.to_owned(), reason });
        let Media { origin, widths, s3 } = &self.media;
        s3.check()?;
        if !origin.is_empty() && !origins::is_origin(origin) {
            return refuse("media.origin", format!("{origin:?} is no web origin"));
        }
        let is_ascending = widths.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        let is_good = (1..=20).contains(&widths.len())
            && is_ascending
            && widths.iter().all(|width| (16..=8_192).contains(width));
        if is_good {
            return Ok(());
        }
        refuse(
            "media.widths",
            "1 to 20 widths of 16 to 8192 pixels, ascending, are taken".to_owned(),
        )
    }

    /// How assets are kept and offered.
    ///
    /// # Errors
    /// [`ConfigError`] when there can't be such a bucket.
    pub fn media_options(&self) -> Result<MediaOptions, ConfigError> {
        let bytes = self.limits.upload_bytes;
        let sizes = Sizes { widths: self.media.widths.clone(), ..Sizes::default() };
        Ok(MediaOptions {
            blobs: self.media.s3.blobs()?,
            offer: Offer { origin: self.media.origin.clone(), sizes },
            limits: media::Limits { bytes, ..media::Limits::default() },
            uploads: UploadOptions { bytes, ..UploadOptions::default() },
            ..MediaOptions::default()
        })
    }

    /// Threads that serve requests.
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.workers == 0 { cores() } else { self.workers }
    }

    /// The same for Rocket: no name in the `Server` header, no header that names a reader's address is
    /// believed, and none of Rocket's own log, which has URIs in it.
    pub fn for_rocket(&self) -> rocket::Config {
        let body = self.limits.body_bytes.bytes();
        rocket::Config {
            address: self.listen.ip(),
            port: self.listen.port(),
            workers: self.workers(),
            ident: Ident::none(),
            ip_header: None,
            limits: BodyLimits::new()
                .limit("json", body)
                .limit("bytes", body)
                .limit("string", body),
            shutdown: Shutdown {
                ctrlc: true,
                signals: [Sig::Term].into(),
                grace: self.shutdown.grace_seconds,
                mercy: 1,
                ..Shutdown::default()
            },
            log_level: LogLevel::Off,
            cli_colors: false,
            ..rocket::Config::release_default()
        }
    }
}

impl From<rocket::figment::Error> for ConfigError {
    fn from(error: rocket::figment::Error) -> Self {
        let path = error.path.join(".");
        let source = error.metadata.as_ref().map(|from| match &from.source {
            Some(place) => format!("{}, {place}", from.name),
            None => from.name.to_string(),
        });
        let key = if path.is_empty() { "file".to_owned() } else { path };
        Self {
            key: source.map_or_else(|| key.clone(), |source| format!("{key} ({source})")),
            reason: error.kind.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(toml.as_bytes()).unwrap();
        Config::load(Some(file.path()), Dict::new())
    }

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let config = load("workers = 3\n[limits]\nbody_bytes = 100\n").unwrap();
        assert_eq!(config.workers, 3);
        assert_eq!(config.limits, Limits { body_bytes: 100, ..Config::default().limits });
        assert_eq!(config.listen, Config::default().listen);
    }

    #[test]
    fn flags_win_over_the_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"listen = '127.0.0.1:1'").unwrap();
        let flags = Dict::from([("listen".to_owned(), "127.0.0.1:2".into())]);
        let config = Config::load(Some(file.path()), flags).unwrap();
        assert_eq!(config.listen.port(), 2);
    }

    #[test]
    fn synonyms_are_groups_by_locale() {
        let config =
            load("[search.synonyms]\nfr = [['mdp', 'mot de passe'], ['sms', 'texto']]\n").unwrap();
        let groups = config.search.groups();
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].0.as_str(), groups[0].1[1].as_str()), ("fr", "mot de passe"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        for (toml, key) in [
            ("listne = 1", "listne"),
            ("[limits]\nuri_bytes = 1", "limits.uri_bytes"),
            ("[limits]\nuri_bytes = 'many'", "limits.uri_bytes"),
            ("[log]\nformat = 'xml'", "log.format"),
            ("cors_origins = 'example.org'", "cors_origins"),
            ("workers = 1_000_000", "workers"),
            ("[sessions]\nidle_minutes = 0", "sessions.idle_minutes"),
            ("[sessions]\nabsolute_minutes = 1_000_000", "sessions.absolute_minutes"),
            ("[media]\norigin = 'media.example.org'", "media.origin"),
            ("[media]\nwidths = [640, 320]", "media.widths"),
            ("[media]\nwidths = []", "media.widths"),
            ("[search.synonyms]\nklingon_ = [['a', 'b']]", "search.synonyms"),
        ] {
            let error = load(toml).unwrap_err().to_string();
            assert!(error.contains(key), "{toml}: {error}");
        }
        assert!(Config::load(Some(Path::new("/nowhere/cms.toml")), Dict::new()).is_err());
    }
}
