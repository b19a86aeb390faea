//! What checks find in translations, over HTTP: of one, or of all that one may read.

use cms_core::{
    access::Act,
    id::{EntryId, TypeName},
    quality::{Level, Told},
    queries::checks::{Checked, Wanted},
};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::{Editor, PartAddress, PartPlace};
use crate::{
    delivery::Desk,
    guards::query::{Parameter, Query},
    message::Reader,
    parameters,
    problem::{Code, Fault, Problem, wire::FaultDocument},
};

/// The most findings that one answer has.
const MOST: usize = 5_000;

parameters! {
    /// What the checks of one translation take.
    pub CheckingOne = [
        Parameter::choice("target", &["draft", "live"], "Which revision of the translation: the newest, or the one that readers get."),
        Parameter::locale(),
    ]
}

parameters! {
    /// What the checks of all translations take.
    pub CheckingAll = [
        Parameter::text("into", 100, "Only translations into this locale."),
        Parameter::text("type", 40, "Only those of entries of this type."),
        Parameter::text("entry", 36, "Only those of this entry, by its id."),
        Parameter::choice("level", &["error", "warning"], "`error` for what keeps a translation from readers alone."),
        Parameter::choice("target", &["draft", "live"], "Which revisions of the translations: the newest, or those that readers get."),
        Parameter::locale(),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![check_translation, check_translations]
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingDocument {
    /// The entry.
    entry: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// Its key outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The translation's locale.
    locale: String,
    /// The segment; none for a field that was written as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// The text that it is in, as a JSON Pointer into the fields.
    pointer: String,
    /// The check.
    check: &'static str,
    /// `error` or `warning`.
    level: &'static str,
    /// What is wrong, in the reader's language.
    detail: String,
    /// Why it is right all the same, where somebody said so of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<String>,
    /// What the source says.
    source: String,
    /// What the translation says.
    target: String,
}

/// What checks found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckReport {
    /// How many translations were looked at.
    pub translations: usize,
    /// How many segments they have.
    pub segments: usize,
    /// What was found.
    pub data: Vec<FindingDocument>,
    /// Whether there is more than an answer has room for.
    pub truncated: bool,
    #[serde(skip)]
    most: usize,
}

impl Default for CheckReport {
    fn default() -> Self {
        Self { translations: 0, segments: 0, data: Vec::new(), truncated: false, most: MOST }
    }
}

impl CheckReport {
    /// A report with room for all.
    pub fn without_limit() -> Self {
        Self { most: usize::MAX, ..Self::default() }
    }

    /// Takes in a translation that was checked; `false` once there is no room for more.
    pub fn take(&mut self, checked: &Checked, errors_alone: bool, reader: &Reader) -> bool {
        self.translations += 1;
        self.segments += checked.found.segments;
        for told in &checked.found.told {
            if errors_alone && told.level != Level::Error {
                continue;
            }
            if self.data.len() >= self.most {
                self.truncated = true;
                return false;
            }
            self.data.push(finding(checked, told, reader));
        }
        true
    }
}

fn finding(checked: &Checked, told: &Told, reader: &Reader) -> FindingDocument {
    let fault = FaultDocument::new(&Fault::from(told.violation("")), &reader.language);
    FindingDocument {
        entry: checked.entry.id.to_string(),
        type_name: checked.entry.type_name.to_string(),
        key: checked.entry.key.as_ref().map(ToString::to_string),
        locale: checked.locale.to_string(),
        segment: told.segment.map(|segment| segment.to_string()),
        pointer: told.pointer.clone(),
        check: told.finding.check.as_str(),
        level: told.level.as_str(),
        detail: fault.detail,
        overridden: told.overridden.clone(),
        source: told.source.clone(),
        target: told.target.clone(),
    }
}

/// What the checks find in a translation: errors, which keep it from being published, and warnings.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/checks",
    params(PartAddress, CheckingOne),
    responses((status = 200, body = CheckReport)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/checks")]
pub(crate) async fn check_translation(
    place: PartPlace,
    query: Query<'_, CheckingOne>,
    reader: Reader,
    desk: &State<Desk>,
) -> Result<Json<CheckReport>, Problem> {
    if !place.at.may(Act::Read, &place.part) {
        return Err(Problem::new(Code::NotFound));
    }
    let wanted = Wanted {
        locale: Some(place.locale()?),
        entry: Some(place.at.entry.id),
        live: query.text("target") == Some("live"),
        type_name: None,
    };
    let actor = &place.at.editor.bearer.actor;
    let mut report = CheckReport::default();
    let mut take = |checked: Checked| report.take(&checked, false, &reader);
    desk.cms.editing().check_translations(actor, &wanted, &mut take).await?;
    if report.translations == 0 {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(Json(report))
}

/// What the checks find in the translations that one may read.
#[utoipa::path(
    tag = "management",
    params(CheckingAll),
    responses((status = 200, body = CheckReport)),
    security(("token" = []))
)]
#[get("/manage/v1/translations/checks")]
pub(crate) async fn check_translations(
    editor: Editor,
    query: Query<'_, CheckingAll>,
    reader: Reader,
    desk: &State<Desk>,
) -> Result<Json<CheckReport>, Problem> {
    let mut faults = Vec::new();
    let mut parsed = |name: &'static str, code: &'static str, is_good: bool| {
        if !is_good {
            faults.push(Fault::parameter(name, code));
        }
    };
    let locale = query.text("into").map(cms_core::locale::Locale::parse);
    parsed("into", "not_a_locale", locale.as_ref().is_none_or(Result::is_ok));
    let type_name = query.text("type").map(TypeName::parse);
    parsed("type", "unknown_type", type_name.as_ref().is_none_or(Result::is_ok));
    let entry = query.text("entry").map(str::parse::<EntryId>);
    parsed("entry", "not_an_id", entry.as_ref().is_none_or(Result::is_ok));
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let wanted = Wanted {
        locale: locale.and_then(Result::ok),
        type_name: type_name.and_then(Result::ok),
        entry: entry.and_then(Result::ok),
        live: query.text("target") == Some("live"),
    };
    let errors_alone = query.text("level") == Some("error");
    let mut report = CheckReport::default();
    let mut take = |checked: Checked| report.take(&checked, errors_alone, &reader);
    desk.cms.editing().check_translations(&editor.bearer.actor, &wanted, &mut take).await?;
    Ok(Json(report))
}
