//! Imports lines: one revision each, published or not, resumable and idempotent.
//!
//! An administrator's act: it skips review, not violations. Good lines land whatever becomes of the
//! others, unless all or nothing is asked for. The lines are read three times: to look at all of them,
//! then the sources, then the translations, so that a translation is of the source that is live when the
//! import ends; those of assets before all others, since a page is published with what is said of its pictures.
//! Lines that write to the same part of an entry never share an append, so that each is
//! decided on what the last one left; others share one, since a commit costs a sync of the disk.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    io::{self, BufRead},
    sync::Arc,
    time::Duration,
};

use self::{
    line::{Line, LocaleMap},
    numbered::Numbered,
};
use super::{
    CommandError, Decision, Means, configure_site::ConfigureSite, create_entry::CreateEntry,
};
use crate::{
    access::Actor,
    asset,
    content_type::ContentType,
    event::SiteLocale,
    followers::ReadError,
    id::{AgencyId, EntryId, ExternalKey, FieldName, TypeName},
    locale::Locale,
    violation::Violation,
};

pub mod line;

mod land;
mod look;
mod missing;
mod numbered;

pub use self::missing::Unready;

/// How many lines share an append at most.
const TOGETHER: usize = 128;
/// How long the followers are waited for at a time.
const PATIENCE: Duration = Duration::from_mins(1);

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Whether one bad line keeps all lines out.
    pub atomic: bool,
    /// Locale tags to read as others.
    pub locale_map: LocaleMap,
    /// Whether to tell what keeps each draft from being published.
    pub missing: bool,
}

/// Where lines come from: opened anew for each reading.
pub trait Lines: Send {
    /// From the first line on.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>>;
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the source, from 1.
    pub line: u64,
    /// What is wrong with it, with pointers into the line.
    pub violations: Vec<Violation>,
}

/// What became of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Lines read, blank ones apart.
    pub lines: u64,
    /// Lines that landed.
    pub accepted: u64,
    /// Lines that had landed before.
    pub unchanged: u64,
    /// Lines that did not land, in order.
    pub refused: Vec<Refused>,
    /// Entries that were made.
    pub entries_created: u64,
    /// Locales that the site did not have, and has now.
    pub locales_added: Vec<Locale>,
    /// Whether all were kept out because one was refused.
    pub kept_out: bool,
    /// Drafts that landed and can't be published as they are, where that was to be told; in order, and of very many
    /// the first.
    pub unready: Vec<Unready>,
}

/// Why an import could not go on. Lines that had landed stay.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The lines cannot be read.
    #[error("the lines cannot be read: {0}")]
    Source(#[from] io::Error),
    /// As for any act.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The followers don't keep up, or have stopped.
    #[error("what was imported is not applied in time")]
    Lagging,
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        Self::Command(error.into())
    }
}

/// Waits until this node's followers have passed an event.
#[async_trait::async_trait]
pub trait Applied: Send + Sync {
    /// `false` when they have not within the limit.
    async fn passed(&self, number: u64, limit: Duration) -> bool;
}

/// Hears how many lines have been dealt with, of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// An entry that a good line names.
#[derive(Debug, Clone)]
struct Named {
    source_locale: Locale,
    agency: Option<AgencyId>,
    /// How many good lines name it.
    lines: u64,
    /// How many of them publish it.
    published: u64,
    /// Its id, once it is made.
    id: Option<EntryId>,
}

type Name = (TypeName, ExternalKey);

/// An import under way.
struct Import<'a> {
    means: &'a Means,
    actor: &'a Actor,
    applied: &'a dyn Applied,
    types: BTreeMap<TypeName, Arc<ContentType>>,
    agencies: HashMap<ExternalKey, AgencyId>,
    named: HashMap<Name, Named>,
    /// Slugs that lines ask for, and the entry that each is for.
    slugs: HashMap<(TypeName, Locale, String), ExternalKey>,
    /// Where entries that lines name lead by a field that makes chains; `None` where a line says: nowhere.
    links: HashMap<(Name, FieldName), Option<Name>>,
    /// Entries that will be published by a line of this import.
    to_come: HashSet<EntryId>,
    /// The last event that touched an entry in this import.
    touched: HashMap<EntryId, u64>,
    /// The last event of this import.
    last: u64,
    bad: BTreeSet<u64>,
    tells_missing: bool,
    report: ImportReport,
}

impl Means {
    /// Imports lines. An administrator's act.
    ///
    /// # Errors
    /// [`ImportError`]; lines that are refused are no error: they are in the report.
    pub async fn import(
        &self,
        actor: &Actor,
        lines: &mut dyn Lines,
        options: &ImportOptions,
        (applied, progress): (&dyn Applied, Progress<'_>),
    ) -> Result<ImportReport, ImportError> {
        Self::check_administrator(actor)?;
        let types = self.editing.content_types()?;
        let agencies =
            self.editing.agencies()?.into_values().map(|agency| (agency.key, agency.id)).collect();
        let mut import = Import {
            means: self,
            actor,
            applied,
            types,
            agencies,
            named: HashMap::new(),
            slugs: HashMap::new(),
            links: HashMap::new(),
            to_come: HashSet::new(),
            touched: HashMap::new(),
            last: 0,
            bad: BTreeSet::new(),
            tells_missing: options.missing,
            report: ImportReport::default(),
        };
        import.look(lines, options).await?;
        if options.atomic && !import.report.refused.is_empty() {
            import.report.kept_out = true;
            return Ok(import.report);
        }
        import.make_locales().await?;
        import.make_entries().await?;
        let total = import.report.lines;
        let hear = |done| progress(done, total);
        // What shows an asset is decided on what is said of it in each language.
        if import.named.keys().any(|(type_name, _)| type_name.as_str() == asset::TYPE) {
            land::land_all(&mut import, lines, options, (Pass::Assets, &hear)).await?;
            land::land_all(&mut import, lines, options, (Pass::AssetsTranslations, &hear)).await?;
        }
        land::land_all(&mut import, lines, options, (Pass::Sources, &hear)).await?;
        land::land_all(&mut import, lines, options, (Pass::Translations, &hear)).await?;
        import.report.refused.sort_by_key(|refused| refused.line);
        let Import { bad, report, .. } = &mut import;
        report.unready.retain(|unready| !bad.contains(&unready.line));
        report.unready.sort_by_key(|unready| unready.line);
        Ok(import.report)
    }
}

/// Which lines a reading lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Assets in the language that they are described in first.
    Assets,
    /// Assets in all others.
    AssetsTranslations,
    Sources,
    Translations,
}

impl Pass {
    fn takes(self, line: &Line) -> bool {
        let is_source = matches!(self, Self::Assets | Self::Sources);
        let of_assets = matches!(self, Self::Assets | Self::AssetsTranslations);
        (line.locale == line.source_locale) == is_source
            && (line.type_name.as_str() == asset::TYPE) == of_assets
    }
}

impl Import<'_> {
    fn refuse(&mut self, line: u64, violations: Vec<Violation>) {
        // A line is refused once, whatever else is found later.
        if self.bad.insert(line) {
            self.report.refused.push(Refused { line, violations });
        }
    }

    /// Adds the locales that the lines need and the site lacks.
    async fn make_locales(&mut self) -> Result<(), ImportError> {
        if self.report.locales_added.is_empty() {
            return Ok(());
        }
        let site = self.means.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        let mut locales = site.locales;
        locales.extend(self.report.locales_added.iter().map(|tag| SiteLocale {
            tag: tag.clone(),
            name: tag.own_name().to_owned(),
            fallback: None,
        }));
        let act = ConfigureSite {
            default_locale: site.default_locale,
            locales,
            default_agency: site.default_agency,
        };
        self.last = self.means.configure_site(self.actor, act).await?.event;
        self.catch_up(self.last).await
    }

    /// Makes the entries that the lines name and the store lacks, so that references find them.
    async fn make_entries(&mut self) -> Result<(), ImportError> {
        let mut new: Vec<_> = self.named.iter().filter(|(_, named)| named.id.is_none()).collect();
        new.sort_by_key(|(name, _)| *name);
        let mut made = Vec::new();
        for together in new.chunks(TOGETHER) {
            let mut decision = Decision::default();
            for (name, named) in together {
                let act = CreateEntry {
                    type_name: name.0.clone(),
                    agency: named.agency,
                    source_locale: named.source_locale.clone(),
                    key: Some(name.1.clone()),
                };
                let (id, one) = self.means.decide_create(self.actor, &act)?;
                decision.merge(one);
                made.push(((*name).clone(), id));
            }
            self.last = self.means.append(self.actor, decision).await?.last;
        }
        self.report.entries_created = u64::try_from(made.len()).unwrap_or(u64::MAX);
        for (name, id) in made {
            if let Some(named) = self.named.get_mut(&name) {
                named.id = Some(id);
            }
        }
        let to_come =
            self.named.values().filter(|named| named.published > 0).filter_map(|named| named.id);
        self.to_come = to_come.collect();
        self.catch_up(self.last).await
    }

    /// Waits until what was appended is known to the questions that decisions rest on.
    async fn catch_up(&self, event: u64) -> Result<(), ImportError> {
        if self.applied.passed(event, PATIENCE).await { Ok(()) } else { Err(ImportError::Lagging) }
    }
}
