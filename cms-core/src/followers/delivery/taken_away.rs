//! What the delivery follower does when readers lose something: a locale withdrawn, an entry erased.

use super::{
    assets, count,
    generations::Touched,
    live::LiveEntry,
    put_change, put_form,
    tables::{
        self, AGEING, BY_TYPE, CHANGES, Change, ChangeOp, ENTRIES, KEYS, PIECES, RECALLS, Recalled,
        SLUGS, TOMBSTONES, Tombstone,
    },
};
use crate::{
    event::{Event, Part, Withdrawal},
    id::{EntryId, TypeName},
    locale::Locale,
    store::view::{Batch, ViewError},
};

pub(super) fn unpublished(
    batch: &mut Batch<'_>,
    event: &Event,
    (id, locale): (EntryId, &Locale),
    (withdrawal, recall): (&Withdrawal, bool),
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    let Some(live) = entry.locales.get_mut(locale) else { return Ok(()) };
    let was_published = live.withdrawal.is_none();
    live.withdrawal = Some((event.at, withdrawal.clone()));
    live.changed = event.number;
    let op = match withdrawal {
        Withdrawal::Withdrawn { .. } => ChangeOp::Withdrawn,
        Withdrawal::Gone { .. } => {
            live.title.clear();
            ChangeOp::Gone
        }
    };
    if recall {
        let notice = match withdrawal {
            Withdrawal::Withdrawn { notice, .. } => notice.clone(),
            Withdrawal::Gone { .. } => None,
        };
        let recalled = Recalled {
            type_name: entry.type_name.clone(),
            slug: live.slug.clone(),
            at: event.at,
            event: event.number,
            notice,
        };
        batch.put(&RECALLS, &(id, locale.clone()), &recalled)?;
    }
    put_form(batch, id, &Part::Locale(locale.clone()), None)?;
    batch.remove(&PIECES, &(id, locale.clone()));
    batch.remove(&AGEING, &(id, locale.clone()));
    assets::take_away(batch, id, locale)?;
    if was_published {
        take_away(batch, event, &entry, locale)?;
    }
    touched
        .slugs
        .extend(entry.locales.get(locale).map(|live| (entry.type_name.clone(), live.slug.clone())));
    put_change(batch, event, &entry, (Some(locale), op), touched)?;
    batch.put(&ENTRIES, &id, &entry)
}

/// One published locale less.
fn take_away(
    batch: &mut Batch<'_>,
    event: &Event,
    entry: &LiveEntry,
    locale: &Locale,
) -> Result<(), ViewError> {
    count(batch, locale, &entry.type_name, -1)?;
    if entry.published().next().is_none() {
        batch.remove(&BY_TYPE, &(entry.type_name.clone(), entry.id));
    }
    put_tombstone(batch, event, (entry.id, &entry.type_name), locale)
}

fn put_tombstone(
    batch: &mut Batch<'_>,
    event: &Event,
    (id, type_name): (EntryId, &TypeName),
    locale: &Locale,
) -> Result<(), ViewError> {
    // Newest first: the key counts down.
    let place = u64::MAX - event.number;
    let tombstone = Tombstone { type_name: type_name.clone(), at: event.at };
    batch.put(&TOMBSTONES, &(locale.clone(), place, id), &tombstone)
}

/// Takes an entry out of the tables as if it had never been: for a batch in which it is made again, and that is never
/// written. Its slugs stay: they lead to it by its id.
///
/// # Errors
/// [`ViewError`] when the view cannot be read.
pub fn forget(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    let Some(entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    put_form(batch, id, &Part::Shared, None)?;
    for locale in entry.locales.keys() {
        put_form(batch, id, &Part::Locale(locale.clone()), None)?;
        batch.remove(&PIECES, &(id, locale.clone()));
        batch.remove(&RECALLS, &(id, locale.clone()));
        batch.remove(&AGEING, &(id, locale.clone()));
    }
    batch.remove(&ENTRIES, &id);
    Ok(())
}

pub(super) fn erased(
    batch: &mut Batch<'_>,
    event: &Event,
    (id, type_name, locales): (EntryId, &TypeName, &[Locale]),
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let change = Change {
        op: ChangeOp::Erased,
        entry: id,
        type_name: type_name.clone(),
        locale: None,
        at: event.at,
    };
    batch.put(&CHANGES, &event.number, &change)?;
    touched.entries.push(id);
    touched.types.push(type_name.clone());
    // By what the event says: in a view that is made again, the entry has never been.
    for locale in locales {
        put_tombstone(batch, event, (id, type_name), locale)?;
    }
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    if let Some(key) = &entry.key {
        batch.remove(&KEYS, &(type_name.clone(), key.as_str().to_owned()));
    }
    assets::forget(batch, id)?;
    put_form(batch, id, &Part::Shared, None)?;
    for (locale, live) in std::mem::take(&mut entry.locales) {
        put_form(batch, id, &Part::Locale(locale.clone()), None)?;
        batch.remove(&PIECES, &(id, locale.clone()));
        batch.remove(&RECALLS, &(id, locale.clone()));
        batch.remove(&AGEING, &(id, locale.clone()));
        if live.withdrawal.is_none() {
            take_away(batch, event, &entry, &locale)?;
        }
        touched.slugs.push((type_name.clone(), live.slug));
    }
    // Slugs that it had and gave up point to it, too.
    for (key, mut row) in batch.scan(&SLUGS, type_name)? {
        if row.live == Some(id) || row.former == Some(id) {
            row.live = row.live.filter(|holder| *holder != id);
            row.former = row.former.filter(|holder| *holder != id);
            if row == tables::SlugRow::default() {
                batch.remove(&SLUGS, &key);
            } else {
                batch.put(&SLUGS, &key, &row)?;
            }
        }
    }
    batch.remove(&ENTRIES, &id);
    Ok(())
}
