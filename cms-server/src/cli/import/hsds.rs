//! Services of partners' directories (HSDS), turned into import lines: drafts of routes, and the organisations that
//! run them.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, Cursor},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    locale::Locale,
    route::{
        Country,
        hours::Zone,
        hsds::{self, Drafts, Left},
    },
};

use crate::cli::output;

/// How services are to be read.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// Of HSDS: the language that the services are written in.
    #[arg(long, value_name = "TAG", default_value = "en", value_parser = locale)]
    locale: Locale,
    /// Of HSDS: the country of services that name no area, and of numbers without a country's code.
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
    /// Of HSDS: the IANA time zone of the schedules, since the format has none.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    tz: Option<Zone>,
    /// Of HSDS: what a term means here, by its code, id or name: `--map-term SH-1=conduct.cyberbullying`.
    #[arg(long, value_name = "TERM=CONCERN", value_parser = term)]
    map_term: Vec<(String, String)>,
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|error| error.to_string())
}

fn country(text: &str) -> Result<Country, String> {
    text.parse().map_err(|_| format!("{text} is no country of ISO 3166-1"))
}

fn zone(text: &str) -> Result<Zone, String> {
    text.parse().map_err(|_| format!("{text} is no IANA time zone"))
}

fn term(text: &str) -> Result<(String, String), String> {
    let (term, concern) = text.rsplit_once('=').ok_or("it must be TERM=CONCERN")?;
    Ok((term.to_owned(), concern.to_owned()))
}

/// The lines of files of services.
pub(super) struct Hsds(String);

impl Hsds {
    /// Reads the files, and says what isn't in the lines.
    pub(super) fn read(files: &[PathBuf], how: &Reading, as_json: bool) -> anyhow::Result<Self> {
        let options = hsds::Options {
            locale: how.locale.clone(),
            country: how.country,
            zone: how.tz,
            concerns: how.map_term.iter().cloned().collect::<BTreeMap<_, _>>(),
        };
        let mut text = String::new();
        for path in files {
            let file =
                fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
            let drafts = hsds::drafts(&file, &options)
                .with_context(|| format!("{} has no services", path.display()))?;
            if !as_json {
                tell(&drafts);
            }
            for line in drafts.lines {
                text.push_str(&line.to_string());
                text.push('\n');
            }
        }
        Ok(Self(text))
    }
}

/// Says what was left off.
fn tell(drafts: &Drafts) {
    for Left { service, pointer, reason } in &drafts.left {
        let place = if pointer.is_empty() { "/" } else { pointer };
        output::say(format_args!("service {service}: {place}: {reason}"));
    }
    if drafts.inactive > 0 {
        output::say(format_args!("{} services aren't active, and were left out", drafts.inactive));
    }
}

impl cms_core::commands::import::Lines for Hsds {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone().into_bytes())))
    }
}
