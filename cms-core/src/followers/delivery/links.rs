//! Links of published pages that leave the site: which page has which, and the other way round.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tables::Delivery;
use crate::{
    event::Part,
    id::EntryId,
    link::LONGEST,
    store::view::{Batch, Table, ViewError},
};

/// The addresses that a part links to, in their order.
pub const LINKS: Table<Delivery, (EntryId, Part), Vec<String>> = Table::new(0x2a, "delivery.links");
/// Who links to an address: the address, the page, its part.
pub const LINKED_BY: Table<Delivery, (String, EntryId, Part), ()> =
    Table::new(0x2b, "delivery.linked_by");

/// How many links of one part are kept.
const MOST: usize = 2_000;

/// Whether an address is one to look at: of the web, and not beyond bounds.
pub(super) fn is_outward(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    url.len() <= LONGEST && matches!(scheme.as_deref(), Some("http" | "https"))
}

/// All texts in a value that are such addresses.
pub(super) fn in_value(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_outward(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| in_value(item, found)),
        Value::Object(members) => members.values().for_each(|member| in_value(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Sets the links of a part.
pub(super) fn put(
    batch: &mut Batch<'_>,
    (id, part): &(EntryId, Part),
    links: BTreeSet<String>,
) -> Result<(), ViewError> {
    let key = (*id, part.clone());
    let before: BTreeSet<String> =
        batch.get(&LINKS, &key)?.unwrap_or_default().into_iter().collect();
    let links: BTreeSet<String> = links.into_iter().take(MOST).collect();
    if before == links {
        return Ok(());
    }
    for url in before.difference(&links) {
        batch.remove(&LINKED_BY, &(url.clone(), *id, part.clone()));
    }
    for url in links.difference(&before) {
        batch.put(&LINKED_BY, &(url.clone(), *id, part.clone()), &())?;
    }
    if links.is_empty() {
        batch.remove(&LINKS, &key);
        return Ok(());
    }
    batch.put(&LINKS, &key, &links.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_are_found_in_values_however_deep() {
        let value = serde_json::json!({
            "url": "https://example.org/a", "channels": [{ "kind": "web", "url": "HTTP://example.org/b" }],
            "phone": "tel:+44", "text": "see https://example.org/c", "path": "/d", "n": 1,
        });
        let mut found = BTreeSet::new();
        in_value(&value, &mut found);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["HTTP://example.org/b", "https://example.org/a"]
        );
        assert!(!is_outward(&format!("https://example.org/{}", "a".repeat(LONGEST))));
    }
}
