//! "Somebody is editing this": leases on parts of entries. They keep nobody from anything, and are kept in the memory of
//! this process alone: what counts is `If-Match`.

use std::collections::HashMap;

use cms_core::{
    access::Act,
    clock::Timestamp,
    event::Part,
    id::{AccountId, EntryId},
};
use parking_lot::Mutex;
use rocket::{
    Route, State, delete, get, put, response::status::NoContent, routes, serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::{PartAddress, PartPlace};
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Query},
    problem::{Code, Problem},
};

/// How long a lease is good for when it isn't renewed, in milliseconds.
const GOOD_FOR: i64 = 2 * 60 * 1_000;
/// The most leases that are kept.
const MOST: usize = 10_000;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_leases, take_lease, give_back_lease]
}

/// Who is editing what, as far as this process was told.
#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<(EntryId, Part, AccountId), Lease>>);

/// Somebody who is editing.
#[derive(Debug, Clone, Copy)]
struct Lease {
    since: Timestamp,
    expires: Timestamp,
}

impl Leases {
    /// Takes a lease, or renews it. `false` when too many are kept.
    fn take(&self, key: (EntryId, Part, AccountId), now: Timestamp) -> bool {
        let mut all = self.0.lock();
        let expires = now.plus_millis(GOOD_FOR);
        if let Some(lease) = all.get_mut(&key).filter(|lease| now < lease.expires) {
            lease.expires = expires;
            return true;
        }
        if all.len() >= MOST {
            all.retain(|_, lease| now < lease.expires);
        }
        if all.len() >= MOST {
            return false;
        }
        all.insert(key, Lease { since: now, expires });
        true
    }

    fn give_back(&self, key: &(EntryId, Part, AccountId)) {
        self.0.lock().remove(key);
    }

    /// Who is editing a part, the first who began first.
    fn of(&self, (entry, part): (EntryId, &Part), now: Timestamp) -> Vec<(AccountId, Lease)> {
        let all = self.0.lock();
        let of_it = all
            .iter()
            .filter(|((id, of, _), lease)| *id == entry && of == part && now < lease.expires);
        let mut found: Vec<_> = of_it.map(|((_, _, account), lease)| (*account, *lease)).collect();
        found.sort_by_key(|(account, lease)| (lease.since, *account));
        found
    }
}

/// Somebody who is editing.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaseDocument {
    /// The account.
    account: String,
    /// Since when.
    since: String,
    /// Until when, unless it is renewed.
    expires: String,
    /// Whether it is you.
    own: bool,
}

/// Who is editing.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaseList {
    /// Who began first comes first.
    data: Vec<LeaseDocument>,
}

fn told(leases: &Leases, place: &PartPlace, desk: &Desk) -> Json<LeaseList> {
    let now = desk.cms.clock().now();
    let own = place.at.editor.bearer.actor.account;
    let all = leases.of((place.at.entry.id, &place.part), now);
    let data = all.into_iter().map(|(account, lease)| LeaseDocument {
        account: account.to_string(),
        since: lease.since.to_string(),
        expires: lease.expires.to_string(),
        own: account == own,
    });
    Json(LeaseList { data: data.collect() })
}

fn key(place: &PartPlace) -> (EntryId, Part, AccountId) {
    (place.at.entry.id, place.part.clone(), place.at.editor.bearer.actor.account)
}

/// Who is editing a part now, as far as they have said.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/lease",
    params(PartAddress, Nothing),
    responses((status = 200, body = LeaseList)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/lease")]
pub(crate) fn list_leases(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    leases: &State<Leases>,
) -> Result<Json<LeaseList>, Problem> {
    if place.at.may(Act::Read, &place.part) {
        Ok(told(leases, &place, desk))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

/// Says that you are editing a part, for two minutes; again, to go on. It keeps nobody from saving: it tells them.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/lease",
    params(PartAddress, Nothing),
    responses((status = 200, body = LeaseList)),
    security(("token" = []))
)]
#[put("/manage/v1/entries/<_>/<_>/<_>/lease")]
pub(crate) fn take_lease(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    leases: &State<Leases>,
) -> Result<Json<LeaseList>, Problem> {
    let may_read = place.at.may(Act::Read, &place.part);
    if !may_read || !place.at.may(Act::Write, &place.part) {
        return Err(Problem::new(if may_read { Code::Forbidden } else { Code::NotFound }));
    }
    if leases.take(key(&place), desk.cms.clock().now()) {
        Ok(told(leases, &place, desk))
    } else {
        Err(Problem::new(Code::TooManyRequests).header("Retry-After", "60"))
    }
}

/// Says that you are editing it no more.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/lease",
    params(PartAddress, Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/entries/<_>/<_>/<_>/lease")]
pub(crate) fn give_back_lease(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    leases: &State<Leases>,
) -> NoContent {
    leases.give_back(&key(&place));
    NoContent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_what_has_ended_makes_room() {
        let leases = Leases::default();
        let at = Timestamp::from_millis;
        let entry = EntryId::from_bytes([1; 16]);
        let account = |number: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            AccountId::from_bytes(bytes)
        };
        for number in 0..MOST {
            assert!(leases.take((entry, Part::Shared, account(number)), at(0)));
        }
        let late = (entry, Part::Shared, account(MOST));
        assert!(!leases.take(late.clone(), at(GOOD_FOR - 1)));
        assert!(leases.take((entry, Part::Shared, account(7)), at(GOOD_FOR - 1)), "renewed");
        assert!(leases.take(late, at(GOOD_FOR)));
        let left: Vec<_> = leases.of((entry, &Part::Shared), at(GOOD_FOR)).into_iter().collect();
        assert_eq!(left.len(), 2);
        assert_eq!(left[0].0, account(7), "who began first");
    }
}
