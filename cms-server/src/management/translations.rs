//! How far the translations are, over HTTP: a report for coordinators, as JSON or CSV.

use cms_core::{
    access::{Act, Actor, Scope, allows},
    id::{AgencyId, TypeName},
    locale::Locale,
    queries::coverage::{Coverage, CoverageKey},
};
use rocket::{
    Route, State, get, http::ContentType, response::Responder, routes, serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::Editor;
use crate::{
    delivery::Desk,
    guards::query::{Parameter, Query},
    parameters,
    problem::{Fault, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![report_translations]
}

parameters! {
    /// What the report takes.
    pub Reporting = [
        Parameter::locale(),
        Parameter::text("type", 40, "Only entries of this type."),
        Parameter::text("agency", 200, "Only entries of this agency, by its key."),
        Parameter::choice("format", &["json", "csv"], "`csv` for a table of a spreadsheet."),
    ]
}

/// How far the translations of some entries into a locale are.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageDocument {
    /// The locale that is translated into.
    locale: String,
    /// The entries' type.
    #[serde(rename = "type")]
    type_name: String,
    /// Whose the entries are, by key.
    agency: String,
    /// Entries that are published in another source locale.
    entries: u64,
    /// The share of them with a current translation, in per cent.
    per_cent: u64,
    /// Those with a current translation.
    current: u64,
    /// Those with a translation that is outdated by changes that are no matter of safety.
    outdated: u64,
    /// Those with a translation that is outdated by a change of safety.
    outdated_by_safety: u64,
    /// Of these, those of which readers get less than the translation, or not that.
    held_back: u64,
    /// Those without a translation.
    missing: u64,
    /// Those without one that their type must have.
    must_have: u64,
    /// The segments to look at in what is outdated.
    segments: u64,
    /// Since when the oldest has been outdated.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
}

/// The report.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageReport {
    /// By locale, type and agency.
    data: Vec<CoverageDocument>,
}

/// The report in the form that was asked for.
#[derive(Debug, Responder)]
pub enum Report {
    /// For programs.
    Json(Json<CoverageReport>),
    /// For tables.
    Csv(String, ContentType),
}

impl CoverageDocument {
    /// A row of the report.
    pub fn of(key: &CoverageKey, agency: String, found: &Coverage) -> Self {
        Self {
            locale: key.locale.to_string(),
            type_name: key.type_name.to_string(),
            agency,
            entries: found.entries,
            per_cent: found.per_cent(),
            current: found.current,
            outdated: found.outdated,
            outdated_by_safety: found.outdated_by_safety,
            held_back: found.held_back,
            missing: found.missing,
            must_have: found.must_have,
            segments: found.segments,
            oldest: found.oldest.map(|at| at.to_string()),
        }
    }
}

impl CoverageReport {
    /// What an actor may see of the report, for these locales, types and agencies.
    fn of(desk: &Desk, actor: &Actor, wanted: &Wanted) -> Result<Self, Problem> {
        let agencies = desk.cms.editing().agencies()?;
        let is_wanted = |key: &CoverageKey| {
            let scope = Scope {
                agency: Some(key.agency),
                type_name: Some(&key.type_name),
                locale: Some(&key.locale),
            };
            wanted.locale.as_ref().is_none_or(|locale| *locale == key.locale)
                && wanted.type_name.as_ref().is_none_or(|name| *name == key.type_name)
                && wanted.agency.is_none_or(|agency| agency == key.agency)
                && allows(actor, Act::Read, &scope)
        };
        let found = desk.cms.delivery().coverage()?;
        let rows = found.iter().filter(|(key, _)| is_wanted(key)).map(|(key, found)| {
            let agency = agencies.get(&key.agency).map(|agency| agency.key.to_string());
            CoverageDocument::of(key, agency.unwrap_or_default(), found)
        });
        Ok(Self { data: rows.collect() })
    }

    /// The report as CSV (RFC 4180). What a spreadsheet would take for a formula can't be in it: names are keys.
    fn to_csv(&self) -> String {
        let mut csv = "locale,type,agency,entries,per_cent,current,outdated,outdated_by_safety,held_back,missing,must_have,segments,oldest\r\n".to_owned();
        for row in &self.data {
            let counts = [
                row.entries,
                row.per_cent,
                row.current,
                row.outdated,
                row.outdated_by_safety,
                row.held_back,
                row.missing,
                row.must_have,
                row.segments,
            ];
            let counts = counts.map(|count| count.to_string()).join(",");
            let names =
                [&row.locale, &row.type_name, &row.agency].map(|name| quoted(name)).join(",");
            let oldest = row.oldest.as_deref().unwrap_or_default();
            csv.extend([&names, ",", &counts, ",", oldest, "\r\n"]);
        }
        csv
    }
}

fn quoted(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    if is_plain && !name.starts_with('-') {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What of the report is wanted.
#[derive(Debug, Default)]
pub struct Wanted {
    locale: Option<Locale>,
    type_name: Option<TypeName>,
    agency: Option<AgencyId>,
}

/// How far the translations are: for each locale, type and agency that one may read, how many published entries are
/// translated, outdated (and by what), missing, and since when.
#[utoipa::path(
    tag = "management",
    params(Reporting),
    responses((status = 200, body = CoverageReport)),
    security(("token" = []))
)]
#[get("/manage/v1/translations/status")]
pub(crate) fn report_translations(
    editor: Editor,
    query: Query<'_, Reporting>,
    desk: &State<Desk>,
) -> Result<Report, Problem> {
    let mut faults = Vec::new();
    let type_name = query.text("type").and_then(|text| {
        let name = TypeName::parse(text).ok();
        let known =
            name.filter(|name| matches!(desk.cms.editing().content_type(name), Ok(Some(_))));
        if known.is_none() {
            faults.push(Fault::parameter("type", "unknown_type").with("type", text));
        }
        known
    });
    let agencies = desk.cms.editing().agencies()?;
    let agency = query.text("agency").and_then(|key| {
        let known = agencies.values().find(|agency| agency.key.as_str() == key);
        if known.is_none() {
            faults.push(Fault::parameter("agency", "unknown_agency_key"));
        }
        known.map(|agency| agency.id)
    });
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let wanted = Wanted { locale: query.locale("locale").cloned(), type_name, agency };
    let report = CoverageReport::of(desk, &editor.bearer.actor, &wanted)?;
    Ok(match query.text("format") {
        Some("csv") => Report::Csv(report.to_csv(), ContentType::CSV),
        _ => Report::Json(Json(report)),
    })
}
