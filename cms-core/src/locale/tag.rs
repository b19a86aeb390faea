//! The grammar of tags (RFC 5646, section 2.1), checked against the registry, and their canonical form.
//!
//! A tag is refused when it breaks the grammar or names a subtag that isn't registered, before ICU sees it:
//! ICU asks only for the shape. What is valid is then canonicalised by ICU, after CLDR: case, order,
//! deprecated subtags and values.

use std::{iter::Peekable, str::Split};

use icu_locale::{
    Locale, LocaleCanonicalizer,
    subtags::{Language, Variant},
};

use super::{LocaleError, MAX_LEN, subtags};

/// The canonical form of a tag.
pub(super) fn canonical(text: &str) -> Result<Locale, LocaleError> {
    if text.len() > MAX_LEN {
        return Err(LocaleError::TooLong);
    }
    let malformed = || LocaleError::Malformed { tag: text.to_owned() };
    let plain = |subtag: &str| {
        matches!(subtag.len(), 1..=8) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !text.split('-').all(plain) {
        return Err(malformed());
    }
    let tag = match subtags::grandfathered(&text.to_ascii_lowercase()) {
        Some(preferred) => preferred.to_owned(),
        // All of it is private use: Unicode locale identifiers put "und" before it (UTS 35, section 3.4).
        None if text.as_bytes().starts_with(b"x-") || text.as_bytes().starts_with(b"X-") => {
            format!("und-{text}")
        }
        None => Reader {
            tag: text,
            rest: text.split('-').peekable(),
            read: String::with_capacity(text.len()),
        }
        .read()?,
    };
    let mut locale = Locale::try_from_str(&tag).map_err(|_| malformed())?;
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Ok(locale)
}

/// Goes through a tag's subtags in the grammar's order and writes down those to keep.
struct Reader<'a> {
    tag: &'a str,
    rest: Peekable<Split<'a, char>>,
    read: String,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<String, LocaleError> {
        self.language()?;
        self.script()?;
        self.region()?;
        self.variants()?;
        self.extensions()?;
        self.private_use()?;
        if self.rest.next().is_some() { Err(self.malformed()) } else { Ok(self.read) }
    }

    fn malformed(&self) -> LocaleError {
        LocaleError::Malformed { tag: self.tag.to_owned() }
    }

    fn unknown(&self, subtag: &str) -> LocaleError {
        LocaleError::Unknown { tag: self.tag.to_owned(), subtag: subtag.to_owned() }
    }

    /// The next subtag, where it has this shape.
    fn take(&mut self, shape: impl Fn(&str) -> bool) -> Option<&'a str> {
        self.rest.next_if(|subtag| shape(subtag))
    }

    fn keep(&mut self, subtag: &str) {
        if !self.read.is_empty() {
            self.read.push('-');
        }
        self.read.push_str(subtag);
    }

    /// The language, replaced by the extended language where there is one: `zh-yue` is `yue`.
    fn language(&mut self) -> Result<(), LocaleError> {
        let text = self
            .take(|subtag| is_alphabetic(subtag) && subtag.len() > 1)
            .ok_or_else(|| self.malformed())?;
        let language = known(text, subtags::is_language).ok_or_else(|| self.unknown(text))?;
        let Some(extended) = self.take(|subtag| subtag.len() == 3 && is_alphabetic(subtag)) else {
            self.keep(text);
            return Ok(());
        };
        known(extended, |extlang: Language| subtags::is_extlang(language, extlang))
            .ok_or_else(|| self.unknown(extended))?;
        self.keep(extended);
        Ok(())
    }

    fn script(&mut self) -> Result<(), LocaleError> {
        let Some(text) = self.take(|subtag| subtag.len() == 4 && is_alphabetic(subtag)) else {
            return Ok(());
        };
        known(text, subtags::is_script).ok_or_else(|| self.unknown(text))?;
        self.keep(text);
        Ok(())
    }

    fn region(&mut self) -> Result<(), LocaleError> {
        let is_region = |subtag: &str| match subtag.len() {
            2 => is_alphabetic(subtag),
            3 => subtag.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        let Some(text) = self.take(is_region) else { return Ok(()) };
        known(text, subtags::is_region).ok_or_else(|| self.unknown(text))?;
        self.keep(text);
        Ok(())
    }

    fn variants(&mut self) -> Result<(), LocaleError> {
        let is_variant = |subtag: &str| {
            subtag.len() >= 5
                || (subtag.len() == 4 && subtag.as_bytes().first().is_some_and(u8::is_ascii_digit))
        };
        let mut seen: Vec<Variant> = Vec::new();
        while let Some(text) = self.take(is_variant) {
            let variant = known(text, subtags::is_variant).ok_or_else(|| self.unknown(text))?;
            if seen.contains(&variant) {
                return Err(self.malformed());
            }
            seen.push(variant);
            self.keep(text);
        }
        Ok(())
    }

    /// The extensions: `t` (RFC 6497) and `u` (RFC 6067) are the registered ones.
    fn extensions(&mut self) -> Result<(), LocaleError> {
        let mut seen = String::new();
        while let Some(text) =
            self.take(|subtag| subtag.len() == 1 && !subtag.eq_ignore_ascii_case("x"))
        {
            let singleton = text.to_ascii_lowercase();
            if !["t", "u"].contains(&singleton.as_str()) {
                return Err(self.unknown(text));
            }
            if seen.contains(&singleton) {
                return Err(self.malformed());
            }
            seen.push_str(&singleton);
            self.keep(text);
            self.rest_of_extension(singleton == "u")?;
        }
        Ok(())
    }

    /// At least one subtag of two characters or more. Of a `u` key that comes twice the first counts
    /// (RFC 6067, section 2.1.1).
    fn rest_of_extension(&mut self, unicode: bool) -> Result<(), LocaleError> {
        let mut keys: Vec<String> = Vec::new();
        let mut skip = false;
        let mut count = 0;
        while let Some(text) = self.take(|subtag| subtag.len() > 1) {
            count += 1;
            if unicode && text.len() == 2 {
                let key = text.to_ascii_lowercase();
                skip = keys.contains(&key);
                keys.push(key);
            }
            if !skip {
                self.keep(text);
            }
        }
        if count == 0 { Err(self.malformed()) } else { Ok(()) }
    }

    fn private_use(&mut self) -> Result<(), LocaleError> {
        let Some(text) = self.take(|subtag| subtag.eq_ignore_ascii_case("x")) else {
            return Ok(());
        };
        self.keep(text);
        let mut count = 0;
        while let Some(text) = self.rest.next() {
            count += 1;
            self.keep(text);
        }
        if count == 0 { Err(self.malformed()) } else { Ok(()) }
    }
}

fn is_alphabetic(subtag: &str) -> bool {
    subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The subtag, where ICU can read it and the registry has it.
fn known<T: std::str::FromStr + Copy>(text: &str, is_registered: impl Fn(T) -> bool) -> Option<T> {
    text.parse().ok().filter(|subtag| is_registered(*subtag))
}
