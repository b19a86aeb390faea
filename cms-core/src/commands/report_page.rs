//! A reader says that something is wrong with a page. It reaches the list of the agency that answers for it.
//!
//! Reports lie in cells: what strangers write has no place in a log that is never edited, and they end by themselves.

use parking_lot::Mutex;

use super::{CommandError, Means, none_of};
use crate::{
    clock::Timestamp,
    entry::report::{REPORT_CELLS, ReaderReport, Reason, check_text, day_of},
    event::Part,
    followers::ReadError,
    id::{EntryId, TokenId},
    locale::Locale,
    store::CellValue,
};

/// How long a report is kept, in milliseconds: half a year.
const KEPT: i64 = 183 * 24 * 60 * 60 * 1_000;
/// The most reports that are kept.
const MOST: usize = 5_000;
/// The most about one page.
const MOST_OF_A_PAGE: usize = 50;
/// How many may come at once.
const BURST: i64 = 30;
/// How long it takes until one more may come, in milliseconds.
const EACH: i64 = 2_000;

/// A report to keep.
#[derive(Debug, Clone)]
pub struct ReportPage {
    /// About which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// What is wrong.
    pub reason: Reason,
    /// What is said of it.
    pub text: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It is kept.
    Kept,
    /// There are as many about this page as anybody will read: it adds nothing to them.
    Enough,
    /// Too many come, from whomever: there is a time to wait, in milliseconds.
    Wait(i64),
}

/// How fast reports may come, all together: who sends them isn't known.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Option<(i64, Timestamp)>>);

impl Throttle {
    /// Whether one more may come now.
    ///
    /// # Errors
    /// How many milliseconds it is too early.
    pub fn pass(&self, now: Timestamp) -> Result<(), i64> {
        let mut state = self.0.lock();
        let (left, at) = state.unwrap_or((BURST * EACH, now));
        let left = (left + (now.millis() - at.millis()).max(0)).min(BURST * EACH);
        if left < EACH {
            *state = Some((left, now));
            return Err(EACH - left);
        }
        *state = Some((left - EACH, now));
        Ok(())
    }
}

impl Means {
    /// Keeps a report about a page that readers get.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when readers get no such page, `Invalid` for a text that is none.
    pub async fn report_page(
        &self,
        throttle: &Throttle,
        act: ReportPage,
    ) -> Result<Reported, CommandError> {
        let now = self.clock.now();
        none_of(act.text.as_deref().and_then(check_text).into_iter().collect())?;
        let missing = || CommandError::NotFound("page");
        let entry = self.editing.entry(act.entry)?.ok_or_else(missing)?;
        let head = entry.heads.get(&Part::Locale(act.locale.clone()));
        let live = head.and_then(|head| head.published()).ok_or_else(missing)?;
        if let Err(wait) = throttle.pass(now) {
            return Ok(Reported::Wait(wait));
        }
        let mut kept = Vec::new();
        for (cell, found) in self.log.cells(REPORT_CELLS).await.map_err(ReadError::from)? {
            let known = serde_json::from_slice::<ReaderReport>(&found.value).ok();
            if let Some(known) = known.filter(|_| found.expires.is_none_or(|at| now < at)) {
                kept.push(known);
            } else {
                let removed = self.log.set_cell(&cell, found.generation, None).await;
                removed.map_err(ReadError::from)?;
            }
        }
        let of_page = kept.iter().filter(|it| it.entry == act.entry && it.locale == act.locale);
        if kept.len() >= MOST || of_page.count() >= MOST_OF_A_PAGE {
            return Ok(Reported::Enough);
        }
        let report = ReaderReport {
            id: TokenId::from_bytes(rand::random()),
            entry: act.entry,
            locale: act.locale,
            revision: live.saved.revision,
            reason: act.reason,
            text: act.text,
            day: day_of(now),
        };
        let value = serde_json::to_vec(&report)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(report.day.plus_millis(KEPT)) };
        let cell = format!("{REPORT_CELLS}{}", report.id);
        self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)?;
        Ok(Reported::Kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_come_at_once_and_then_one_each_two_seconds() {
        let throttle = Throttle::default();
        let at = |millis: i64| Timestamp::from_millis(1_790_000_000_000 + millis);
        for _ in 0..BURST {
            assert_eq!(throttle.pass(at(0)), Ok(()));
        }
        assert_eq!(throttle.pass(at(0)), Err(EACH));
        assert_eq!(throttle.pass(at(EACH - 1)), Err(1));
        assert_eq!(throttle.pass(at(EACH)), Ok(()));
        assert_eq!(throttle.pass(at(-100_000)), Err(EACH), "a clock set back lets nobody through");
        assert_eq!(throttle.pass(at(1_000_000_000)), Ok(()));
        for _ in 1..BURST {
            assert_eq!(
                throttle.pass(at(1_000_000_000)),
                Ok(()),
                "no more than a burst is saved up"
            );
        }
        assert_eq!(throttle.pass(at(1_000_000_000)), Err(EACH));
    }
}
