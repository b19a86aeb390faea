//! `cms bench embeds`: a number that very many pages show is changed; how long that takes, and whether every page
//! has it from the acknowledgement on.

use std::{
    io::{self, BufRead, BufReader, Read},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    Cms,
    access::Actor,
    commands::{
        import::{ImportOptions, Lines},
        publish::Publish,
        save_draft::SaveDraft,
    },
    event::{Fields, Part},
    id::{EntryId, ExternalKey, TypeName},
    locale::Locale,
    queries::entry::{EntryFound, EntryQuestion},
};
use serde_json::json;

use super::{
    super::{Failure, Global, output, store},
    content::mixed,
    import::rate,
    publish::tell,
};

/// Fill the empty store of `--data` with pages that all show one route, change its number again and again, and
/// read pages at once: none may show the number before.
#[derive(Debug, Args)]
pub(crate) struct Embeds {
    /// How many pages show the number, each in two languages.
    #[arg(long, default_value_t = 100_000)]
    pages: u64,
    /// How often it is changed.
    #[arg(long, default_value_t = 20)]
    changes: u64,
    /// How many pages are read after each change.
    #[arg(long, default_value_t = 500)]
    reads: u64,
}

/// What the entries are called.
const ROUTE: &str = "bench-line";

impl Embeds {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::runtime(4)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            let actor = store::administrator(&cms)?;
            let begun = Instant::now();
            let (options, mut lines) = (ImportOptions::default(), Pages(self.pages));
            let report = cms.import(&actor, &mut lines, &options, &|_, _| ()).await;
            let report = report.context("the import stopped")?;
            if let Some(refused) = report.refused.first() {
                return Err(Failure::No(format!("the content is refused: {refused:?}")));
            }
            if !cms.settled().await {
                return Err(Failure::No("the followers have stopped".to_owned()));
            }
            output::say(format_args!(
                "{} pages show the number: imported at {:.0} lines/s",
                self.pages * 2,
                rate(report.accepted, begun.elapsed())
            ));
            self.change(&cms, &actor).await
        })
    }

    async fn change(&self, cms: &Cms, actor: &Actor) -> Result<(), Failure> {
        let line = Line::of(cms)?;
        let (mut acknowledged, mut read, mut stale) = (Vec::new(), Vec::new(), 0);
        for change in 0..self.changes {
            let number = format!("01632 96{change:04}");
            acknowledged.push(line.change(cms, actor, &number).await?);
            for at in 0..self.reads {
                let page = mixed(change * self.reads + at, 77) % self.pages.max(1);
                let begun = Instant::now();
                let shows = shows(cms, page, if at % 2 == 0 { "en" } else { "fr" }, &number)?;
                read.push(begun.elapsed());
                stale += u64::from(!shows);
            }
            let file =
                cms.delivery().directory_file(&Locale::english()).context("the directory")?;
            let directory = String::from_utf8_lossy(&file.body).into_owned();
            stale += u64::from(!directory.contains(&number));
        }
        tell("acknowledged", acknowledged);
        tell("a page read after it", read);
        output::say(format_args!(
            "{stale} of {} answers had the number before",
            self.changes * (self.reads + 1)
        ));
        if stale == 0 { Ok(()) } else { Err(Failure::No(format!("{stale} answers were outdated"))) }
    }
}

/// The route whose number is changed.
struct Line {
    entry: EntryId,
    fields: Fields,
}

impl Line {
    fn of(cms: &Cms) -> anyhow::Result<Self> {
        let (name, key) = (TypeName::parse("route")?, ExternalKey::parse(ROUTE)?);
        let entry = cms.editing().entry_by_key(&name, &key)?.context("the route isn't there")?;
        Ok(Self { entry, fields: serde_json::from_value(shared("01632 960000"))? })
    }

    /// Publishes another number; how long until that was acknowledged.
    async fn change(&self, cms: &Cms, actor: &Actor, number: &str) -> anyhow::Result<Duration> {
        let mut fields = self.fields.clone();
        let Some(channels) = shared(number).get("channels").cloned() else {
            return Ok(Duration::ZERO);
        };
        fields.insert("channels".parse()?, channels);
        let save = SaveDraft::new(self.entry, Part::Shared, fields);
        cms.save_draft(actor, save).await?;
        let (entry, part) = (self.entry, Part::Shared);
        let begun = Instant::now();
        cms.publish(
            actor,
            Publish { entry, part, expected: None, published_at: None, change_class: None },
        )
        .await?;
        Ok(begun.elapsed())
    }
}

/// Whether a page as readers get it shows a number, in its card and in its text.
fn shows(cms: &Cms, page: u64, locale: &str, number: &str) -> anyhow::Result<bool> {
    let question = EntryQuestion {
        type_name: &TypeName::parse("guidance")?,
        name: &format!("key:bench-page-{page}"),
        locale: &Locale::parse(locale)?,
        explicit: true,
        fallback: true,
        fields: None,
        include: &[],
    };
    let EntryFound::Entry(answer) = cms.delivery().entry(&question)? else {
        anyhow::bail!("a page isn't there: {page}");
    };
    Ok(String::from_utf8_lossy(&answer.body).matches(number).count() >= 4)
}

fn shared(number: &str) -> serde_json::Value {
    json!({
        "operator": {"kind": "hotline"}, "covers": {"countries": ["GB"]}, "identity": "anonymous_ok",
        "channels": [{"id": "phone", "kind": "phone", "value": number}],
    })
}

/// Import lines: the route, and so many pages in two languages that show it.
struct Pages(u64);

impl Lines for Pages {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let route = json!({
            "type": "route", "key": ROUTE, "source_locale": "en", "locale": "en", "status": "published",
            "shared": shared("01632 960000"), "fields": {"title": "The line"},
        });
        let line = |(page, locale): (u64, &str)| {
            json!({
                "type": "guidance", "key": format!("bench-page-{page}"), "source_locale": "en", "locale": locale,
                "status": "published",
                "fields": {
                    "title": format!("Page {page}"),
                    "body": format!("Call {{{{route:{ROUTE}.phone}}}} about {page}.\n\n{{{{route:{ROUTE}}}}}\n"),
                },
            })
        };
        let pages = (0..self.0).flat_map(|page| [(page, "en"), (page, "fr")]);
        let lines = std::iter::once(route).chain(pages.map(line)).map(|line| format!("{line}\n"));
        Ok(Box::new(BufReader::new(Generated { lines: Box::new(lines), left: Vec::new() })))
    }
}

/// Lines that are made as they are read.
struct Generated {
    lines: Box<dyn Iterator<Item = String> + Send>,
    left: Vec<u8>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            self.left = self.lines.next().unwrap_or_default().into_bytes();
        }
        let count = self.left.len().min(buffer.len());
        let rest = self.left.split_off(count);
        buffer.iter_mut().zip(&self.left).for_each(|(to, from)| *to = *from);
        self.left = rest;
        Ok(count)
    }
}
