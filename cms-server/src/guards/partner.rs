//! Partners' keys on the delivery API: a request with one counts against that partner's share.
//!
//! A request without a key is answered as ever. One with a key that is good for nothing is refused, so that a partner
//! learns of it; any other `Authorization` is none of delivery's business. Answers say nothing of the share, since caches
//! keep them for everybody: only a refusal does.

use std::collections::HashMap;

use cms_core::{
    access::{
        partner::{Left, PartnerKey, Share},
        token::{Kind, Secret},
    },
    id::TokenId,
};
use parking_lot::Mutex;
use rocket::Request;

use crate::{
    delivery::Desk,
    guards::bearer::invalid,
    problem::{Code, Problem},
};

/// The most shares that are kept in mind: as many as there may be keys, and some.
const MOST: usize = 2_000;

/// What each partner has used of its share, as this process knows.
#[derive(Debug, Default)]
pub struct Shares(Mutex<HashMap<TokenId, Share>>);

impl Shares {
    fn take(&self, key: &PartnerKey, now: cms_core::clock::Timestamp) -> Result<Left, Left> {
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.entry(key.id).or_insert_with(|| Share::begun(now)).take(key.per_minute, now)
    }
}

/// Counts a request of delivery that has a partner's key.
///
/// # Errors
/// 401 for a key that is good for nothing, 429 when the share is used up.
pub(crate) async fn count(request: &Request<'_>) -> Result<(), Problem> {
    let Some(field) = request.headers().get_one("Authorization") else { return Ok(()) };
    let Some(text) = partner_s(field).filter(|_| is_delivery(request)) else { return Ok(()) };
    let secret = Secret::parse(text).map_err(|_| invalid())?;
    let state = (request.rocket().state::<Desk>(), request.rocket().state::<Shares>());
    let (Some(desk), Some(shares)) = state else {
        return Err(Problem::internal("the application has no desk"));
    };
    let now = desk.cms.clock().now();
    let key = desk.cms.editing().partner_key(&secret, now).await?.ok_or_else(invalid)?;
    shares.take(&key, now).map(drop).map_err(|left| used_up(&key, left))
}

/// The share is used up (draft-ietf-httpapi-ratelimit-headers).
fn used_up(key: &PartnerKey, left: Left) -> Problem {
    let seconds = left.millis.max(0).unsigned_abs().div_ceil(1_000);
    Problem::new(Code::TooManyRequests)
        .header("Retry-After", seconds.to_string())
        .header("RateLimit", format!("\"minute\";r={};t={seconds}", left.requests))
        .header("RateLimit-Policy", format!("\"minute\";q={};w=60", key.per_minute))
}

fn is_delivery(request: &Request<'_>) -> bool {
    let path = request.uri().path().as_str();
    path == "/v1" || path.starts_with("/v1/")
}

/// What stands in `Authorization`, if it is or wants to be a partner's key.
fn partner_s(field: &str) -> Option<&str> {
    let (scheme, text) = field.split_once(' ')?;
    let text = text.trim_matches(' ');
    let is_one = scheme.eq_ignore_ascii_case("bearer") && text.starts_with(Kind::Partner.prefix());
    is_one.then_some(text)
}
