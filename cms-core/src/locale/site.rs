//! The locales of a site: which of them a reader gets, and where to look when content is missing there.
//!
//! Whether content exists is not known here: [`Locales::chain`] says in which order to look.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Locale, accept};
use crate::violation::{Violation, pointer_step};

/// A locale of the site, as an administrator configured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLocale {
    /// Its tag.
    pub tag: Locale,
    /// Its name in its own language.
    pub name: String,
    /// Where to look next, in order, when content is missing in it. Absent: the tag's truncations, the
    /// entry's source locale, the site's default.
    #[serde(default)]
    pub fallback: Option<Vec<Locale>>,
}

/// The locales that a site publishes in, and its default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locales {
    default: Locale,
    all: Vec<SiteLocale>,
}

impl Locales {
    /// The site's locales as they are configured. Any configuration is taken: [`Self::check`] judges it, and
    /// a wrong one still gives chains without end or repetition.
    pub fn new(default: Locale, all: Vec<SiteLocale>) -> Self {
        Self { default, all }
    }

    /// Where content without a better choice comes from.
    pub fn default_locale(&self) -> &Locale {
        &self.default
    }

    /// All locales of the site, in the order of its configuration.
    pub fn all(&self) -> &[SiteLocale] {
        &self.all
    }

    /// The site's locale that means the same as the one asked for: the same tag, or else the first that
    /// [matches](Locale::matches). One with a private use part is only found by its tag.
    pub fn find(&self, asked: &Locale) -> Option<&SiteLocale> {
        let same_tag = self.all.iter().find(|site| site.tag == *asked);
        same_tag
            .or_else(|| self.all.iter().find(|site| !site.tag.0.private && site.tag.matches(asked)))
    }

    /// The site's locale that serves the one asked for best: RFC 4647 look-up, by
    /// [truncations](Locale::truncations). `None` where the site has nothing in that language and script.
    pub fn look_up(&self, asked: &Locale) -> Option<&SiteLocale> {
        asked.truncations().iter().find_map(|shorter| self.find(shorter))
    }

    /// The locales to look in, in order, each once, for content that is asked for in one locale and was
    /// written in `source`.
    ///
    /// First what [`Self::look_up`] finds. Where that locale has a chain, its members follow and then theirs
    /// and nothing else; where it has none, all the site's locales that mean the same as one of the truncations
    /// of the one asked for follow (content in `de-DE` serves readers of `de`), then the source and the site's
    /// default.
    pub fn chain(&self, asked: &Locale, source: &Locale) -> Vec<Locale> {
        let mut chain = Chain { site: self, found: Vec::new() };
        let first = self.look_up(asked);
        chain.found.extend(first.map(|site| site.tag.clone()));
        if let Some(configured) = first.and_then(|site| site.fallback.as_deref()) {
            chain.add_configured(configured);
        } else {
            for shorter in asked.truncations() {
                chain.found.extend(self.find(&shorter).map(|site| site.tag.clone()));
                let alike = self.all.iter().filter(|site| !site.tag.0.private);
                chain.found.extend(
                    alike.filter(|site| site.tag.matches(&shorter)).map(|site| site.tag.clone()),
                );
            }
            let mut seen = BTreeSet::new();
            chain.found.retain(|tag| seen.insert(tag.clone()));
            chain.add(source);
            chain.add(&self.default);
        }
        chain.found
    }

    /// The site's locale that fits a request's `Accept-Language` best (RFC 9110, section 12.5.4); the default
    /// when none does.
    ///
    /// Look-up of each range by falling weight, and in the header's order where weights are equal; a locale
    /// that a range of weight 0 rejects is passed over, unless a longer range asks for it. Parts that break
    /// the grammar are ignored one by one, and so is what comes after 50 ranges or 2,000 bytes.
    pub fn negotiate(&self, accept_language: &str) -> Locale {
        accept::choose(self, accept_language).unwrap_or_else(|| self.default.clone())
    }

    /// What is wrong with the configuration: a default or a fallback that is no locale of the site, two
    /// locales of one tag, a fallback that names one twice, chains that lead back to where they began.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if !self.has(&self.default) {
            found.push(
                Violation::new("/default_locale", "unknown_locale").with("tag", &self.default),
            );
        }
        for (at, site) in self.all.iter().enumerate() {
            let pointer = format!("/locales{}", pointer_step(at));
            let earlier = self.all.iter().take(at).find(|other| other.tag == site.tag);
            if let Some(other) = earlier {
                let violation = Violation::new(format!("{pointer}/tag"), "duplicate_locale");
                found.push(violation.with("tag", &site.tag).with("other", &other.tag));
            }
            self.check_fallback(site, &format!("{pointer}/fallback"), &mut found);
        }
        found
    }

    fn check_fallback(&self, site: &SiteLocale, pointer: &str, found: &mut Vec<Violation>) {
        let mut seen: Vec<&Locale> = Vec::new();
        for (at, next) in site.fallback.iter().flatten().enumerate() {
            let pointer = format!("{pointer}{}", pointer_step(at));
            let wrong = if !self.has(next) {
                Violation::new(pointer, "unknown_locale")
            } else if seen.contains(&next) {
                Violation::new(pointer, "duplicate_locale").with("other", next)
            } else if self.leads_to(next, &site.tag) {
                Violation::new(pointer, "fallback_cycle").with("other", &site.tag)
            } else {
                seen.push(next);
                continue;
            };
            found.push(wrong.with("tag", next));
        }
    }

    fn has(&self, locale: &Locale) -> bool {
        self.all.iter().any(|site| site.tag == *locale)
    }

    /// Whether the chains from here come by there.
    fn leads_to(&self, from: &Locale, there: &Locale) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            if next == there {
                return true;
            }
            if seen.insert(next) {
                open.extend(
                    self.all
                        .iter()
                        .filter(|site| site.tag == *next)
                        .flat_map(|site| site.fallback.iter().flatten()),
                );
            }
        }
        false
    }
}

/// A chain while it is made: each locale once.
struct Chain<'a> {
    site: &'a Locales,
    found: Vec<Locale>,
}

impl Chain<'_> {
    fn add(&mut self, locale: &Locale) {
        let locale = self.site.find(locale).map_or(locale, |site| &site.tag);
        if !self.found.contains(locale) {
            self.found.push(locale.clone());
        }
    }

    /// The members of a configured chain, and then those of their own, nearest first.
    fn add_configured(&mut self, configured: &[Locale]) {
        let mut at = self.found.len();
        for locale in configured {
            self.add(locale);
        }
        while let Some(member) = self.found.get(at).cloned() {
            let next = self
                .site
                .find(&member)
                .and_then(|site| site.fallback.as_deref())
                .unwrap_or_default();
            for locale in next {
                self.add(locale);
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Locale {
        Locale::parse(text).unwrap()
    }

    /// A site from lines such as `fr-CA > fr en`; without `>` no chain is configured.
    fn site(default: &str, lines: &[&str]) -> Locales {
        let all = lines.iter().map(|line| {
            let (own, chain) =
                line.split_once('>').map_or((*line, None), |(own, chain)| (own, Some(chain)));
            let own = tag(own.trim());
            let fallback = chain.map(|chain| chain.split_whitespace().map(tag).collect());
            SiteLocale { name: own.own_name().to_owned(), tag: own, fallback }
        });
        Locales::new(tag(default), all.collect())
    }

    fn chain(site: &Locales, asked: &str, source: &str) -> String {
        let chain = site.chain(&tag(asked), &tag(source));
        chain.iter().map(Locale::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn without_a_configured_chain_come_truncations_then_source_then_default() {
        let site = site("en", &["en", "fr", "fr-CA", "de", "zh-Hans", "zh-Hant", "es", "es-419"]);
        for (asked, source, expected) in [
            ("fr-CA", "de", "fr-CA fr de en"),
            ("fr-CA", "en", "fr-CA fr en"),
            ("fr-CA-u-nu-latn-x-beta", "en", "fr-CA fr en"),
            ("fr-CM", "en", "fr en"),
            ("en", "en", "en"),
            ("en-GB", "fr", "en fr"),
            ("zh-TW", "en", "zh-Hant en"),
            ("zh", "en", "zh-Hans en"),
            ("es-MX", "en", "es-419 es en"),
            ("sw", "de", "de en"),
            // A source that the site has dropped is still where the content is.
            ("fr", "it", "fr it en"),
        ] {
            assert_eq!(chain(&site, asked, source), expected, "{asked} {source}");
        }
    }

    #[test]
    fn another_script_is_never_a_fallback_by_itself() {
        let site = site("en", &["en", "zh", "sr-Latn", "uz-Cyrl"]);
        assert_eq!(chain(&site, "zh-TW", "en"), "en");
        assert_eq!(chain(&site, "sr-RS", "en"), "en");
        assert_eq!(chain(&site, "uz", "en"), "en");
        assert_eq!(chain(&site, "sr-Latn-RS", "en"), "sr-Latn en");
    }

    #[test]
    fn a_configured_chain_is_all_there_is() {
        let site = site("en", &["en", "fr", "fr-CA > en", "cy >", "gd > ga", "ga > cy de", "de"]);
        assert_eq!(chain(&site, "fr-CA", "de"), "fr-CA en");
        assert_eq!(chain(&site, "cy", "de"), "cy");
        assert_eq!(chain(&site, "gd-GB", "fr"), "gd ga cy de");
    }

    #[test]
    fn a_circle_of_chains_ends() {
        let site = site("en", &["en > fr", "fr > de", "de > en fr de"]);
        assert_eq!(chain(&site, "en", "en"), "en fr de");
        assert_eq!(chain(&site, "de", "en"), "de en fr");
    }

    #[test]
    fn a_locale_is_found_by_what_it_means() {
        let site =
            site("en", &["en", "pt-BR", "pt-PT", "zh-Hant-TW", "nb", "de", "de-x-leicht", "he"]);
        for (asked, expected) in [
            ("en-US", Some("en")),
            ("en-GB", None),
            ("pt", Some("pt-BR")),
            ("pt-PT", Some("pt-PT")),
            ("pt-AO", None),
            ("zh-TW", Some("zh-Hant-TW")),
            ("zh-Hant", Some("zh-Hant-TW")),
            ("zh", None),
            ("no", Some("nb")),
            ("de-x-leicht", Some("de-x-leicht")),
            ("de-DE-x-other", Some("de")),
            ("iw", Some("he")),
        ] {
            let found = site.find(&tag(asked)).map(|site| site.tag.as_str());
            assert_eq!(found, expected, "{asked}");
        }
        assert_eq!(site.look_up(&tag("pt-AO")).unwrap().tag.as_str(), "pt-PT");
    }

    #[test]
    fn a_sound_configuration_has_no_violations() {
        assert_eq!(
            site("en", &["en", "fr", "fr-CA > fr en", "de", "de-x-leicht > de"]).check(),
            []
        );
    }

    #[test]
    fn all_that_is_wrong_with_a_configuration_is_told_at_once() {
        let site =
            site("it", &["en > cy", "cy > en", "zh-TW", "zh-TW", "fr > fr", "ga > en en sw"]);
        let found: Vec<_> = site
            .check()
            .into_iter()
            .map(|wrong| format!("{} {}", wrong.pointer, wrong.code))
            .collect();
        assert_eq!(
            found,
            [
                "/default_locale unknown_locale",
                "/locales/0/fallback/0 fallback_cycle",
                "/locales/1/fallback/0 fallback_cycle",
                "/locales/3/tag duplicate_locale",
                "/locales/4/fallback/0 fallback_cycle",
                "/locales/5/fallback/1 duplicate_locale",
                "/locales/5/fallback/2 unknown_locale",
            ]
        );
    }
}
