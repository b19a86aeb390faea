//! The names of languages in themselves, from CLDR, compiled in (`data/README.md`).

use std::sync::LazyLock;

/// Tag and name, sorted by tag.
static NAMES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("data/names.txt").lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<_> = rows.filter_map(|row| row.split_once('\t')).collect();
    names.sort_unstable();
    names
});

/// The name of exactly this locale.
pub(super) fn own_name(tag: &str) -> Option<&'static str> {
    let at = NAMES.binary_search_by_key(&tag, |(known, _)| known).ok()?;
    NAMES.get(at).map(|(_, name)| *name)
}

#[cfg(test)]
pub(super) fn tags() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(tag, _)| *tag)
}
