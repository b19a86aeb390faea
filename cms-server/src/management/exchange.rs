//! Translations as files over HTTP: out to translators who work elsewhere, back in, and filled from what is known.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, Write as _},
};

use cms_core::{
    access::Actor,
    cms::translations::{
        import::{File, ImportTranslation, ImportTranslationError, Refused, Report as Imported},
        pretranslate::{Filled, Like, Pretranslate, PretranslateError},
    },
    exchange::{Fault as FileFault, Languages},
    locale::Locale,
    queries::translation_export::{ExportError, Format, Wanted, wanted_entries},
    segment::SegmentId,
    translation::{
        machine::{Provider, ProviderError, pseudo::Pseudo},
        memory::Direction,
    },
    violation::Violation,
};
use rocket::{
    Data, Request, Route, State, get,
    http::ContentType,
    post,
    request::{FromRequest, Outcome},
    routes,
};
use serde::Serialize;
use tokio::runtime::Handle;
use utoipa::ToSchema;

use super::{
    Done,
    imports::Spooled,
    memory::direction,
    place::Editor,
    streamed::{Streamed, wait_for},
};
use crate::{
    config::{Config, Limits},
    delivery::Desk,
    guards::query::{Parameter, Query},
    libre::LibreTranslate,
    message::Reader,
    parameters,
    problem::{Code, Fault, Problem, wire::FaultDocument},
};

parameters! {
    /// What an export of translations takes.
    pub ExportingTranslations = [
        Parameter::text("to", 100, "The locale that is translated into.").required(),
        Parameter::text("from", 100, "The locale that is translated; without it the site's default."),
        Parameter::choice("format", &["xliff", "po", "tmx"], "`xliff` for XLIFF 2.1, `po` for gettext, `tmx` for the translation memory."),
        Parameter::text("type", 40, "Only entries of this type."),
        Parameter::text("agency", 200, "Only entries of this agency, by its key."),
        Parameter::text("entries", 2_000, "Only these entries, by their ids, with commas between them."),
        Parameter::choice("open", &["true", "false"], "Whether only segments go out that are missing, outdated or not done; all do without it."),
    ]
}

parameters! {
    /// What an import of translations takes.
    pub ImportingTranslations = [
        Parameter::choice("format", &["xliff", "po"], "What the file is; without it that is found by its beginning."),
        Parameter::choice("dry_run", &["true", "false"], "Whether it is only told what would become of the file."),
        Parameter::text("note", 2_000, "What is said of it to colleagues."),
    ]
}

parameters! {
    /// What filling gaps takes.
    pub Pretranslating = [
        Parameter::text("to", 100, "The locale that is translated into.").required(),
        Parameter::text("from", 100, "The locale that is translated; without it the site's default."),
        Parameter::choice("provider", &["pseudo", "libretranslate"], "The machine that is asked where the memory knows nothing; none without it."),
        Parameter::text("type", 40, "Only entries of this type."),
        Parameter::text("agency", 200, "Only entries of this agency, by its key."),
        Parameter::text("entries", 2_000, "Only these entries, by their ids, with commas between them."),
        Parameter::choice("dry_run", &["true", "false"], "Whether it is only told what would be filled."),
    ]
}

/// The endpoints of this file that answer as others do.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![export_translations]
}

/// The endpoints of this file that take whole files, or as long as a machine needs.
pub(crate) fn endpoints_of_files() -> Vec<Route> {
    routes![import_translation, pretranslate]
}

/// The segments of translations for translators who work elsewhere: XLIFF 2.1 with inline codes, context and proposals of
/// the memory, or PO; or the memory itself as TMX. Only what one may read.
#[utoipa::path(
    tag = "management",
    params(ExportingTranslations),
    responses((status = 200, body = String, content_type = "application/xliff+xml")),
    security(("token" = []))
)]
#[get("/manage/v1/translations/export")]
pub(crate) fn export_translations(
    editor: Editor,
    query: Query<'_, ExportingTranslations>,
    desk: &State<Desk>,
) -> Result<Streamed, Problem> {
    let ask = |name: &str| query.text(name);
    let wanted = wanted(desk, &ask)?;
    let (cms, actor, runtime) = (desk.cms.clone(), editor.bearer.actor, Handle::current());
    let (kind, format) = match query.text("format") {
        Some("po") => (ContentType::new("text", "x-gettext-translation"), Some(Format::Po)),
        Some("tmx") => (ContentType::new("application", "x-tmx+xml"), None),
        Some(_) | None => (ContentType::new("application", "xliff+xml"), Some(Format::Xliff)),
    };
    Ok(Streamed::by(kind, move |out| {
        let _runtime = runtime.enter();
        if let Some(format) = format {
            wait_for(cms.export_translations(&actor, &wanted, (format, &mut *out)))?;
        } else {
            let Languages { source, target } = wanted.languages;
            cms.export_memory(&actor, &Direction { source, target }, &mut *out)?;
        }
        Ok::<_, ExportError>(out.flush()?)
    }))
}

/// What a query wants.
fn wanted<'q>(desk: &Desk, ask: &dyn Fn(&str) -> Option<&'q str>) -> Result<Wanted, Problem> {
    let Direction { source, target } = direction(desk, ask)?;
    let mut faults = Vec::new();
    let type_name = ask("type").and_then(|text| {
        let name = text.parse().ok();
        let known =
            name.filter(|name| matches!(desk.cms.editing().content_type(name), Ok(Some(_))));
        if known.is_none() {
            faults.push(Fault::parameter("type", "unknown_type").with("type", text));
        }
        known
    });
    let agencies = desk.cms.editing().agencies()?;
    let agency = ask("agency").and_then(|key| {
        let known = agencies.values().find(|agency| agency.key.as_str() == key);
        if known.is_none() {
            faults.push(Fault::parameter("agency", "unknown_agency_key"));
        }
        known.map(|agency| agency.id)
    });
    let mut entries = BTreeSet::new();
    for id in ask("entries").into_iter().flat_map(|ids| ids.split(',')) {
        match id.trim().parse() {
            Ok(id) => drop(entries.insert(id)),
            Err(_) => faults.push(Fault::parameter("entries", "not_an_id")),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let open = ask("open") == Some("true");
    Ok(Wanted { languages: Languages { source, target }, type_name, agency, entries, open })
}

/// Who asks, and in which language they are answered.
#[derive(Debug)]
pub(crate) struct Sender {
    actor: Actor,
    language: Locale,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Sender {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Editor::from_request(request).await.map(|editor| Self {
            actor: editor.bearer.actor,
            language: Reader::of(request).language,
        })
    }
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedDocument {
    /// The locale that was translated.
    from: String,
    /// The locale that it was translated into.
    to: String,
    /// Segments in the file.
    segments: u64,
    /// Those that were taken.
    taken: u64,
    /// Those that say what the translation says.
    unchanged: u64,
    /// Those without a translation.
    empty: u64,
    /// How many were not taken.
    refused: u64,
    /// Entries of which something was taken.
    entries: u64,
    /// Those that were not taken; of very many, the first.
    errors: Vec<RefusedSegment>,
}

/// A segment that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedSegment {
    /// The line of the file.
    line: u64,
    /// The entry, as the file says.
    entry: String,
    /// The segment, as the file says.
    segment: String,
    /// Why.
    errors: Vec<FaultDocument>,
}

fn told(violations: Vec<Violation>, language: &Locale) -> Vec<FaultDocument> {
    let faults = violations.into_iter().map(Fault::from);
    faults.map(|fault| FaultDocument::new(&fault, language)).collect()
}

impl ImportedDocument {
    /// The report, in a language.
    pub fn of(report: Imported, language: &Locale) -> Self {
        let refused = |one: Refused| RefusedSegment {
            line: one.line,
            entry: one.entry,
            segment: one.segment,
            errors: told(one.violations, language),
        };
        let languages = report.languages.as_ref();
        Self {
            from: languages.map(|it| it.source.to_string()).unwrap_or_default(),
            to: languages.map(|it| it.target.to_string()).unwrap_or_default(),
            segments: report.segments,
            taken: report.taken,
            unchanged: report.unchanged,
            empty: report.empty,
            refused: report.refused,
            entries: report.entries,
            errors: report.named.into_iter().map(refused).collect(),
        }
    }
}

/// Takes in a file that comes back, XLIFF (2.0, 2.1 or 2.2) or PO: each segment that still fits what the source and the
/// translation say is saved, the rest is in the answer with the reason. A file that can't be read changes nothing.
#[utoipa::path(
    tag = "management",
    params(ImportingTranslations),
    request_body(content = String, content_type = "application/xliff+xml"),
    responses((status = 200, body = ImportedDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/translations/import", data = "<body>")]
pub(crate) async fn import_translation(
    sender: Sender,
    query: Query<'_, ImportingTranslations>,
    desk: &State<Desk>,
    limits: &State<Limits>,
    body: Data<'_>,
) -> Result<Done<ImportedDocument>, Problem> {
    let mut file = Spooled::take(body, limits.import_bytes).await?;
    let format = match query.text("format") {
        Some("po") => Format::Po,
        Some(_) => Format::Xliff,
        None => recognised(&mut file)?,
    };
    let act = ImportTranslation {
        format,
        dry_run: query.text("dry_run") == Some("true"),
        note: query.text("note").map(str::to_owned),
    };
    let (cms, actor, runtime) = (desk.cms.clone(), sender.actor, Handle::current());
    let import =
        move || runtime.block_on(async { cms.import_translation(&actor, &mut file, &act).await });
    // Reading and comparing keep a thread busy: not one that serves readers.
    let done = tokio::task::spawn_blocking(import).await.map_err(Problem::internal)?;
    let report = done.map_err(refused)?;
    let event = report.event;
    Ok(Done { body: ImportedDocument::of(report, &sender.language), event })
}

/// What a file is, by its beginning.
fn recognised(file: &mut Spooled) -> Result<Format, Problem> {
    let unreadable = |error| Problem::new(Code::Unavailable).because(error);
    let mut begins = File::open(file).map_err(unreadable)?;
    let bytes = begins.fill_buf().map_err(unreadable)?;
    let first = bytes.iter().find(|byte| byte.is_ascii_graphic());
    Ok(if first == Some(&b'<') { Format::Xliff } else { Format::Po })
}

/// Why a file was not taken in.
pub(super) fn refused(error: ImportTranslationError) -> Problem {
    match error {
        ImportTranslationError::Fault(FileFault { line, violation }) => {
            let violation = Violation { pointer: format!("/lines/{line}"), ..violation };
            Problem::new(Code::InvalidContent).faults(vec![violation]).member("line", line.into())
        }
        ImportTranslationError::File(error) => Problem::new(Code::Unavailable).because(error),
        ImportTranslationError::Command(error) => error.into(),
    }
}

/// What translations were filled with.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct FilledDocument {
    /// Entries that were looked at.
    entries: u64,
    /// Segments that the memory filled.
    memory: u64,
    /// Segments that a machine filled.
    machine: u64,
    /// Segments that are left without a translation.
    left: u64,
    /// What was translated before that is like a segment that is left; of very many, the first.
    like: Vec<LikeDocument>,
    /// What was not taken, and why; of very many, the first.
    dropped: Vec<DroppedDocument>,
}

/// What is like a segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct LikeDocument {
    /// The entry.
    entry: String,
    /// The segment.
    segment: String,
    /// What it says.
    source: String,
    /// How like, in per cent.
    percent: u8,
    /// What is like it.
    said: String,
    /// How that was translated.
    target: String,
    /// Where that is from.
    origin: String,
}

/// A proposal that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct DroppedDocument {
    /// The entry.
    entry: String,
    /// The segment.
    segment: String,
    /// Why.
    errors: Vec<FaultDocument>,
}

/// How much of each kind an answer names.
const NAMED: usize = 1_000;

impl FilledDocument {
    /// Takes in what an entry was filled with.
    pub fn add(&mut self, entry: &str, filled: Filled, language: &Locale) {
        self.entries += 1;
        self.memory += filled.memory;
        self.machine += filled.machine;
        self.left += filled.left;
        let like = |like: Like| LikeDocument {
            entry: entry.to_owned(),
            segment: like.segment.to_string(),
            source: like.source,
            percent: like.likely.percent,
            said: like.likely.pair.source,
            target: like.likely.pair.target,
            origin: like.origin,
        };
        let dropped = |(segment, violations): (SegmentId, Vec<Violation>)| DroppedDocument {
            entry: entry.to_owned(),
            segment: segment.to_string(),
            errors: told(violations, language),
        };
        let room = |listed: usize| NAMED.saturating_sub(listed);
        self.like.extend(filled.like.into_iter().take(room(self.like.len())).map(like));
        let room = room(self.dropped.len());
        self.dropped.extend(filled.dropped.into_iter().take(room).map(dropped));
    }
}

/// Fills the gaps of translations: what was translated word for word before is taken from the memory, and where it knows
/// nothing a machine is asked, if one is named. All of it are drafts that nobody has looked at, and are marked.
#[utoipa::path(
    tag = "management",
    params(Pretranslating),
    responses((status = 200, body = FilledDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/translations/pretranslate")]
pub(crate) async fn pretranslate(
    sender: Sender,
    query: Query<'_, Pretranslating>,
    desk: &State<Desk>,
    config: &State<Config>,
) -> Result<Done<FilledDocument>, Problem> {
    let ask = |name: &str| query.text(name);
    let wanted = wanted(desk, &ask)?;
    let provider: Option<Box<dyn Provider>> = match query.text("provider") {
        Some("pseudo") => Some(Box::new(Pseudo)),
        Some(_) => Some(Box::new(LibreTranslate::new(&config.machine).map_err(unavailable)?)),
        None => None,
    };
    let dry_run = query.text("dry_run") == Some("true");
    let actor = &sender.actor;
    let (mut filled, mut event) = (FilledDocument::default(), 0);
    for entry in wanted_entries(&desk.cms.editing(), actor, &wanted)? {
        let act = Pretranslate { entry, locale: wanted.languages.target.clone(), dry_run };
        let done = desk.cms.pretranslate(actor, &act, provider.as_deref()).await;
        let done = done.map_err(|error| match error {
            PretranslateError::Command(error) => error.into(),
            PretranslateError::Provider(error) => unavailable(error),
        })?;
        event = event.max(done.event);
        filled.add(&entry.to_string(), done, &sender.language);
    }
    Ok(Done { body: filled, event })
}

fn unavailable(error: ProviderError) -> Problem {
    match error {
        ProviderError::Direction(..) => {
            Problem::parameters(vec![Fault::parameter("provider", "provider_direction")])
        }
        ProviderError::Unavailable(_) | ProviderError::Answer(_) => {
            Problem::new(Code::Unavailable).because(error)
        }
    }
}
