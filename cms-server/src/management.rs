//! The management API: what administrators and editors do, over HTTP.
//!
//! Each request says who it is from, with a token or in a session ([`guards::bearer`](crate::guards::bearer)); what
//! may be done is decided by the core alone. What one may not see looks as if it weren't there. Answers are for
//! nobody else: they are never kept, and no page of another origin reads them.

use std::time::Duration;

use cms_core::{
    access::{Act, Scope, allows},
    commands::CommandError,
};
use rocket::{
    Route,
    http::Header,
    request::Request,
    response::{self, Responder},
    serde::json::Json,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    config::Limits,
    endpoint::{self, Frame},
    guards::{bearer::Bearer, if_match},
    metrics::Metrics,
    problem::{Code, Problem},
};

pub mod accounts;
pub mod acts;
pub mod agencies;
pub mod aids;
pub mod analysis;
pub mod assets;
pub mod audit;
pub mod backup;
pub mod blobs;
pub mod checks;
pub mod comments;
pub mod duplicates;
pub mod entries;
pub mod exchange;
pub mod export;
pub mod glossary;
pub mod history;
pub mod imports;
pub mod leases;
pub mod links;
pub mod lint;
pub mod locales;
pub mod memory;
pub mod moves;
pub mod once;
pub mod outward;
pub mod partners;
pub mod passwords;
pub(crate) mod place;
pub mod previews;
pub mod proofs;
pub mod rebuilds;
pub mod releases;
pub mod reports;
pub mod routes;
pub mod schedules;
pub mod segments;
pub mod sessions;
pub mod sign_in;
pub mod streamed;
pub mod tokens;
pub mod translations;
pub mod uploads;

/// The endpoints, each in a frame that suits it.
pub(crate) fn framed(limits: &Limits, metrics: &Metrics) -> Vec<Route> {
    let usual = [
        tokens::endpoints(),
        sessions::endpoints(),
        sign_in::endpoints(),
        passwords::endpoints(),
        partners::endpoints(),
        accounts::endpoints(),
        agencies::endpoints(),
        locales::endpoints(),
        entries::endpoints(),
        duplicates::endpoints(),
        moves::endpoints(),
        history::endpoints(),
        lint::endpoints(),
        routes::endpoints(),
        acts::endpoints(),
        schedules::endpoints(),
        leases::endpoints(),
        comments::endpoints(),
        reports::endpoints(),
        links::endpoints(),
        outward::endpoints(),
        analysis::endpoints(),
        export::endpoints(),
        backup::endpoints(),
        proofs::endpoints(),
        audit::endpoints(),
        releases::endpoints(),
        previews::endpoints(),
        segments::endpoints(),
        checks::endpoints(),
        translations::endpoints(),
        exchange::endpoints(),
        memory::endpoints(),
        glossary::endpoints(),
    ];
    // As long as it takes to arrive: whoever stops sending is ended by what stands in front.
    let files = Frame { time: Duration::MAX, body_bytes: limits.upload_bytes };
    let long = Frame { time: Duration::MAX, body_bytes: limits.import_bytes };
    [
        endpoint::framed(usual.concat(), limits, metrics),
        endpoint::framed_with(whole_files(), long, metrics),
        endpoint::framed_with(
            [assets::endpoints(), uploads::endpoints(), blobs::endpoints()].concat(),
            files,
            metrics,
        ),
        endpoint::framed_for(
            [rebuilds::endpoints(), outward::patient_endpoints()].concat(),
            Duration::MAX,
            metrics,
        ),
    ]
    .concat()
}

/// The endpoints that take whole files of text.
fn whole_files() -> Vec<Route> {
    [
        imports::endpoints(),
        exchange::endpoints_of_files(),
        memory::endpoints_of_files(),
        glossary::endpoints_of_files(),
    ]
    .concat()
}

/// Refuses whoever is no administrator.
pub(crate) fn administrator(bearer: &Bearer) -> Result<(), Problem> {
    if allows(&bearer.actor, Act::Administer, &Scope::default()) {
        Ok(())
    } else {
        Err(Problem::new(Code::Forbidden))
    }
}

/// An answer with the number of the event that it made.
#[derive(Debug)]
pub struct Done<T> {
    /// The body.
    pub body: T,
    /// The event, for reads that must know of it.
    pub event: u64,
}

impl<'r, T: Serialize> Responder<'r, 'static> for Done<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = Json(self.body).respond_to(request)?;
        answer.set_header(Header::new("Event", self.event.to_string()));
        Ok(answer)
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let cause = error.to_string();
        match error {
            CommandError::Forbidden => Self::new(Code::Forbidden),
            CommandError::NotFound(_) => Self::new(Code::NotFound),
            CommandError::Invalid(violations) => Self::new(Code::InvalidContent).faults(violations),
            CommandError::InvalidItems(faults) => {
                let items = faults.iter().map(|fault| {
                    let (id, part) = (fault.entry.to_string(), entries::part_name(&fault.part));
                    json!({ "index": fault.at, "id": id, "part": part })
                });
                let items = items.collect();
                let violations = faults.into_iter().flat_map(|fault| {
                    let place = format!("/items/{}", fault.at);
                    fault.violations.into_iter().map(move |violation| violation.under(&place))
                });
                Self::new(Code::InvalidContent).faults(violations).member("items", items)
            }
            CommandError::Stale { current } => if_match::stale(current),
            CommandError::InUse(users) => {
                let used_by = users.iter().map(
                    |(id, part)| json!({ "id": id.to_string(), "part": entries::part_name(part) }),
                );
                Self::new(Code::InUse).member("used_by", used_by.collect())
            }
            CommandError::Conflict(_) | CommandError::Taken(_) => Self::new(Code::Conflict),
            CommandError::Unknown(_) => Self::new(Code::OutcomeUnknown).because(cause),
            CommandError::Unavailable(_) | CommandError::Read(_) => {
                Self::new(Code::Unavailable).because(cause)
            }
        }
    }
}
