//! `Accept-Language` (RFC 9110, section 12.5.4): its grammar, and the choice among a site's locales.

use super::{Locale, Locales, MAX_LEN};

/// Ranges that are read; browsers send five or so.
const MAX_RANGES: usize = 50;

/// Bytes that are read.
const MAX_BYTES: usize = 2_000;

/// One language range with its weight in thousandths.
struct Range<'a> {
    text: &'a str,
    weight: u16,
}

/// The site's locale that fits best; `None` when none does.
pub(super) fn choose(site: &Locales, header: &str) -> Option<Locale> {
    let ranges = ranges(header);
    let mut wanted: Vec<&Range<'_>> = ranges.iter().filter(|range| range.weight > 0).collect();
    // Stable: ranges of one weight keep the header's order.
    wanted.sort_by_key(|range| std::cmp::Reverse(range.weight));
    wanted.into_iter().find_map(|range| {
        if range.text == "*" { any(site, &ranges) } else { look_up(site, &ranges, range) }
    })
}

/// The ranges that are well formed, in their order.
fn ranges(header: &str) -> Vec<Range<'_>> {
    let end = header.floor_char_boundary(MAX_BYTES);
    let (head, rest) = header.split_at_checked(end).unwrap_or((header, ""));
    // A range that the bound cuts in two would be another.
    let head =
        if rest.is_empty() { head } else { head.rsplit_once(',').map_or("", |(whole, _)| whole) };
    head.split(',').filter_map(range).take(MAX_RANGES).collect()
}

fn range(part: &str) -> Option<Range<'_>> {
    let (text, weight) = match part.split_once(';') {
        Some((text, weight)) => (text, weight_of(trimmed(weight))?),
        None => (part, 1_000),
    };
    let text = trimmed(text);
    let mut subtags = text.split('-');
    let first = |subtag: &str| {
        subtag.bytes().all(|byte| byte.is_ascii_alphabetic()) && matches!(subtag.len(), 1..=8)
    };
    let later = |subtag: &str| {
        subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()) && matches!(subtag.len(), 1..=8)
    };
    let is_range = text.len() <= MAX_LEN && subtags.next().is_some_and(first) && subtags.all(later);
    (text == "*" || is_range).then_some(Range { text, weight })
}

/// White space as HTTP has it: spaces and tabs.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A weight (`q=0.5`) in thousandths: from 0 to 1, three decimals at most.
fn weight_of(text: &str) -> Option<u16> {
    let value = text.strip_prefix("q=").or_else(|| text.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// The first of a range's truncations that the site has and the reader doesn't reject.
fn look_up(site: &Locales, ranges: &[Range<'_>], range: &Range<'_>) -> Option<Locale> {
    let asked = known_part(range.text)?;
    let found = asked.truncations().into_iter().filter_map(|shorter| site.find(&shorter));
    found.map(|found| &found.tag).find(|tag| !is_rejected(tag, ranges)).cloned()
}

/// What `*` gets: the default, or the first locale that the reader doesn't reject.
fn any(site: &Locales, ranges: &[Range<'_>]) -> Option<Locale> {
    let default = site.find(site.default_locale()).into_iter();
    default.chain(site.all()).map(|found| &found.tag).find(|tag| !is_rejected(tag, ranges)).cloned()
}

/// The longest beginning of a range that is a valid tag: a range need not be one (`en-UK`), but what it
/// begins with says enough.
fn known_part(range: &str) -> Option<Locale> {
    let mut rest = Some(range);
    while let Some(text) = rest {
        if let Ok(locale) = Locale::parse(text) {
            return Some(locale);
        }
        rest = text.rsplit_once('-').map(|(shorter, _)| shorter);
    }
    None
}

/// Whether the longest range that covers the locale (RFC 4647, section 3.3.1) has weight 0; `*` covers what
/// no other range does.
fn is_rejected(locale: &Locale, ranges: &[Range<'_>]) -> bool {
    let covering =
        ranges.iter().filter_map(|range| Some((covered(locale, range.text)?, range.weight)));
    // Among equally long ones the more welcoming counts.
    covering.max().is_some_and(|(_, weight)| weight == 0)
}

/// How many of a locale's subtags the range gives, where it is such a beginning.
fn covered(locale: &Locale, range: &str) -> Option<usize> {
    if range == "*" {
        return Some(0);
    }
    let asked = known_part(range)?;
    let tag = locale.as_str();
    let begins = tag
        .strip_prefix(asked.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    (begins || locale.matches(&asked)).then(|| asked.as_str().split('-').count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::SiteLocale;

    fn negotiate(default: &str, site: &str, header: &str) -> String {
        let all = site.split(' ').map(|tag| SiteLocale {
            tag: Locale::parse(tag).unwrap(),
            name: tag.to_owned(),
            fallback: None,
        });
        Locales::new(Locale::parse(default).unwrap(), all.collect()).negotiate(header).to_string()
    }

    #[test]
    fn the_heaviest_range_that_the_site_serves_wins() {
        for (site, header, expected) in [
            ("en fr", "", "en"),
            ("en fr", "fr", "fr"),
            ("en fr", "FR-ca", "fr"),
            ("en fr de", "de;q=0.5, fr;q=0.8", "fr"),
            ("en fr de", "de, fr", "de"),
            ("en fr de", "fr;q=0.8, de;q=0.8", "fr"),
            ("en fr", "fr;q=0.001, sw", "fr"),
            ("en fr", "sw, xh;q=0.9", "en"),
            ("en fr fr-CA", "fr-CA, fr;q=0.9", "fr-CA"),
            ("en fr", "fr-CA, en;q=0.9", "fr"),
            ("en zh-Hans zh-Hant", "zh-HK, en", "zh-Hant"),
            ("en zh-Hans zh-Hant", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
            ("en zh-Hans", "zh-TW", "en"),
            ("en es es-419", "es-AR", "es-419"),
            ("en he", "iw", "he"),
            ("en yue", "zh-yue", "yue"),
            ("en nb", "no-NO", "nb"),
            ("en fr", "fr\t;\tQ=1.000", "fr"),
            // No region of that name is registered, and a reader's browser may send it all the same.
            ("de en", "en-UK", "en"),
        ] {
            assert_eq!(
                negotiate(site.split(' ').next().unwrap(), site, header),
                expected,
                "{site} | {header}"
            );
        }
    }

    #[test]
    fn a_star_is_the_default_and_weighs_what_it_says() {
        for (site, header, expected) in [
            ("en fr", "*", "en"),
            ("en fr", "*, fr;q=0.5", "en"),
            ("en fr", "fr, *;q=0.5", "fr"),
            ("en fr", "sw, *;q=0.1", "en"),
            ("en fr", "en;q=0, *", "fr"),
            ("en fr de", "en;q=0, fr;q=0, *;q=0.1", "de"),
        ] {
            assert_eq!(negotiate("en", site, header), expected, "{site} | {header}");
        }
    }

    #[test]
    fn a_weight_of_zero_rejects_unless_a_longer_range_asks() {
        for (site, header, expected) in [
            ("en fr de", "fr;q=0, fr-CA, de;q=0.1", "de"),
            ("en fr fr-CA", "fr;q=0, fr-CA", "fr-CA"),
            ("en fr fr-CA", "fr-CA;q=0, fr", "fr"),
            ("en fr", "*;q=0, fr;q=0.1", "fr"),
            ("en pt-BR", "pt;q=0, *;q=0.5", "en"),
            // Nothing is left: the default is better than nothing.
            ("en fr", "*;q=0", "en"),
            ("en fr", "en;q=0", "en"),
        ] {
            assert_eq!(negotiate("en", site, header), expected, "{site} | {header}");
        }
    }

    #[test]
    fn a_malformed_part_is_ignored_alone() {
        for malformed in [
            "",
            " ",
            ";",
            "q=1",
            "de;q",
            "de;q=",
            "de;q=2",
            "de;q=1.5",
            "de;q=-1",
            "de;q=0.1234",
            "de;q=1.001",
            "de;q=.5",
            "de;q=+1",
            "de;q=٠.5",
            "de;level=1",
            "de q=1",
            "de;q=0.5;q=0.6",
            "d\u{e9}",
            "de_DE",
            "de-",
            "-de",
            "de--DE",
            "1de",
            "deutschland",
            "*-DE",
            "\u{0}",
            "de fr",
        ] {
            let header = format!("{malformed}, fr;q=0.3, {malformed}");
            assert_eq!(negotiate("en", "en fr de", &header), "fr", "{malformed:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_whole_range() {
        let fifty = "sw,".repeat(50);
        assert_eq!(negotiate("en", "en fr", &format!("{fifty}fr")), "en");
        assert_eq!(negotiate("en", "en fr", &format!("{}fr", "sw,".repeat(49))), "fr");
        // The cut falls within "fr-CA" and must not make "fr" of it.
        let long = format!("{}fr-CA", " ".repeat(MAX_BYTES - 2));
        assert_eq!(negotiate("en", "en fr", &long), "en");
        let odd = format!("fr,{}", "\u{1f600}".repeat(1_000));
        assert_eq!(negotiate("en", "en fr", &odd), "fr");
    }
}
