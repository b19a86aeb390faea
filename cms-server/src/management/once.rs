//! `Idempotency-Key`: a write that is sent twice is done once, and answered twice with the same answer.
//!
//! The first answer lies in a cell for a day, under the account and the key. The same key with another
//! request is refused: it is a mistake of the program that sends it.

use std::fmt::Write as _;

use cms_core::{
    id::AccountId,
    store::{CELL_LIMIT, Cell, CellValue, LogError},
};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    delivery::Desk,
    problem::{Code, Problem},
};

/// How long an answer is kept, in milliseconds.
const KEPT: i64 = 24 * 60 * 60 * 1_000;
/// How long a request that gave no answer keeps the key, in milliseconds.
const UNDER_WAY: i64 = 60_000;
/// The longest key, in bytes.
const LONGEST: usize = 255;

/// A request's key, if it has one, and what the request is.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    key: Option<String>,
    /// Method, address and precondition.
    request: String,
}

/// The answer to a write, which can be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The HTTP status.
    pub status: u16,
    /// The header fields that it has of its own.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
}

/// What is kept under a key.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Of which request.
    digest: String,
    /// Its answer; none while it is under way.
    answer: Option<Written>,
}

impl Once {
    /// What the request says.
    pub(crate) fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let key = request.headers().get_one("Idempotency-Key").map(str::to_owned);
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST) {
            return Err(Problem::new(Code::MalformedRequest));
        }
        let precondition = request.headers().get_one("If-Match").unwrap_or_default();
        let request = format!("{} {} {precondition}", request.method(), request.uri());
        Ok(Self { key, request })
    }

    /// Does the work, unless the same request was answered before.
    pub(crate) async fn run(
        &self,
        (desk, account): (&Desk, AccountId),
        body: Option<&Value>,
        work: impl Future<Output = Result<Written, Problem>> + Send,
    ) -> Result<Written, Problem> {
        let Some(key) = &self.key else { return work.await };
        let cell = format!("once/{account}/{}", hex::encode(Sha256::digest(key)));
        let mut request = self.request.clone();
        write!(request, "\n{}", body.unwrap_or(&Value::Null)).map_err(Problem::internal)?;
        let digest = hex::encode(Sha256::digest(request));
        let (log, now) = (desk.cms.log(), desk.cms.clock().now());
        let before = log.cell(&cell).await.map_err(unavailable)?;
        let known = before.as_ref().filter(|cell| cell.expires.is_none_or(|at| now < at));
        if let Some(record) = known.and_then(record) {
            return record.again(&digest);
        }
        let claim = Record { digest: digest.clone(), answer: None };
        let claim = value(&claim, now.plus_millis(UNDER_WAY))?;
        let generation = before.map_or(0, |cell| cell.generation);
        if !log.set_cell(&cell, generation, Some(claim)).await.map_err(unavailable)? {
            return Err(under_way());
        }
        let outcome = work.await;
        let kept = match &outcome {
            Ok(answer) => {
                let record = Record { digest, answer: Some(answer.clone()) };
                Some(value(&record, now.plus_millis(KEPT))?)
            }
            // What may have been done is not to be done again at once.
            Err(problem) if problem.code() == Code::OutcomeUnknown => return outcome,
            Err(_) => None,
        };
        let kept = kept.filter(|kept| kept.value.len() <= CELL_LIMIT);
        let now_there = log.cell(&cell).await.map_err(unavailable)?;
        if let Some(there) = now_there
            && let Err(error) = log.set_cell(&cell, there.generation, kept).await
        {
            tracing::warn!(%error, "an answer was not kept for its Idempotency-Key");
        }
        outcome
    }
}

impl Record {
    /// The answer to the same request, sent again.
    fn again(self, digest: &str) -> Result<Written, Problem> {
        if self.digest != digest {
            return Err(Problem::new(Code::KeyReused));
        }
        self.answer.ok_or_else(under_way)
    }
}

fn record(cell: &Cell) -> Option<Record> {
    serde_json::from_slice(&cell.value).ok()
}

fn value(record: &Record, expires: cms_core::clock::Timestamp) -> Result<CellValue, Problem> {
    let value = serde_json::to_vec(record).map_err(Problem::internal)?;
    Ok(CellValue { value, expires: Some(expires) })
}

fn under_way() -> Problem {
    Problem::new(Code::Conflict).header("Retry-After", "1")
}

fn unavailable(error: LogError) -> Problem {
    Problem::new(Code::Unavailable).because(error)
}

impl<'r> Responder<'r, 'static> for Written {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let body = rocket::serde::json::Json(self.body).respond_to(request)?;
        let mut answer = Response::build_from(body);
        answer.status(Status::new(self.status)).header(ContentType::JSON);
        for (name, value) in self.headers {
            answer.raw_header(name, value);
        }
        answer.ok()
    }
}
