//! Redirects that an editor sets by hand: which old address leads where. Pure.
//!
//! Addresses are compared as paths, decoded and without a slash at their end, whatever host they are
//! asked at: the same redirects serve every site that pulls them. So a redirect whose target would
//! lead back to it is a loop, on whichever host the target is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{event::Fields, id::EntryId, violation::Violation};

/// The name of the content type.
pub const TYPE: &str = "redirect";

/// The path of an old address.
///
/// ```
/// use cms_core::redirect::OldPath;
///
/// let path = OldPath::parse("/caf%C3%A9/").unwrap();
/// assert_eq!(path.as_str(), "/café");
/// assert!(OldPath::parse("//elsewhere.example").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OldPath(String);

/// The text is no path that is read in one way only.
///
/// It does not begin with one slash, has empty steps, steps such as `..`, a backslash, an encoded slash, a
/// query, control characters, or is badly encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a plain path")]
pub struct PathError;

impl OldPath {
    /// Reads a path as it stands in an address or as an editor writes it.
    ///
    /// # Errors
    /// [`PathError`]
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let steps = text.strip_prefix('/').ok_or(PathError)?;
        let steps = steps.strip_suffix('/').unwrap_or(steps);
        let mut path = String::new();
        for step in steps.split('/').filter(|_| !steps.is_empty()) {
            let step = decoded(step).ok_or(PathError)?;
            let is_plain = !matches!(step.as_str(), "" | "." | "..")
                && !step.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
            if !is_plain {
                return Err(PathError);
            }
            path.push('/');
            path.push_str(&step);
        }
        Ok(Self(if path.is_empty() { "/".to_owned() } else { path }))
    }

    /// The path, decoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path and those above it, the longest first, but for the root.
    fn upwards(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |path| Some(path.rsplit_once('/')?.0))
            .filter(|path| !path.is_empty())
    }
}

/// Decodes a step; a query or a fragment has no place in it.
fn decoded(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            b'?' | b'#' => return None,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Where an old address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To an entry, wherever it is by now.
    Entry(EntryId),
    /// To an address, http or https.
    Url(String),
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The old address.
    pub path: OldPath,
    /// Whether it stands for all that begins with it at a slash, too.
    pub is_prefix: bool,
    /// Where it leads.
    pub target: Target,
    /// 301 or 308.
    pub status: u16,
}

impl Redirect {
    /// The redirect that shared fields describe, if they are whole and right.
    pub fn of(shared: &Fields) -> Option<Self> {
        let from = shared.get("from")?;
        let to = shared.get("to")?;
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
        let target = match text(to, "entry") {
            Some(id) => Target::Entry(id.parse().ok()?),
            None => Target::Url(text(to, "url")?),
        };
        Some(Self {
            path: OldPath::parse(&text(from, "path")?).ok()?,
            is_prefix: text(from, "match")? == "prefix",
            target,
            status: u16::try_from(shared.get("status")?.as_u64()?).ok()?,
        })
    }

    /// Where it leads as a path, where it leads to an address.
    fn path_of_target(&self) -> Option<OldPath> {
        match &self.target {
            Target::Entry(_) => None,
            Target::Url(url) => OldPath::parse(url::Url::parse(url).ok()?.path()).ok(),
        }
    }
}

/// What is wrong with the shared fields of a redirect beyond what the type's schema says, with pointers
/// into them.
pub fn check(shared: &Fields) -> Vec<Violation> {
    let from = shared.get("from");
    let member = |name: &str| from.and_then(|from| from.get(name)).and_then(Value::as_str);
    let Some(path) = member("path") else { return Vec::new() };
    match OldPath::parse(path) {
        Err(PathError) => vec![Violation::new("/from/path", "redirect_bad_path")],
        Ok(path) if path.as_str() == "/" && member("match") == Some("prefix") => {
            vec![Violation::new("/from/path", "redirect_too_wide")]
        }
        Ok(_) => Vec::new(),
    }
}

/// All redirects of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects {
    exact: BTreeMap<String, (EntryId, Redirect)>,
    prefixes: BTreeMap<String, (EntryId, Redirect)>,
}

impl Redirects {
    /// Adds one. Of two of the same path, the elder entry's stays.
    pub fn insert(&mut self, entry: EntryId, redirect: Redirect) {
        let of_kind = if redirect.is_prefix { &mut self.prefixes } else { &mut self.exact };
        let path = redirect.path.as_str().to_owned();
        let elder = of_kind.get(&path).is_some_and(|(holder, _)| *holder < entry);
        if !elder {
            of_kind.insert(path, (entry, redirect));
        }
    }

    /// The one that this path is sent on by: its own, or that of the longest path above it.
    pub fn find(&self, path: &OldPath) -> Option<&(EntryId, Redirect)> {
        let of_prefix = || path.upwards().find_map(|prefix| self.prefixes.get(prefix));
        self.exact.get(path.as_str()).or_else(of_prefix)
    }

    /// The one that has the same path and kind, of another entry.
    pub fn rival(&self, entry: EntryId, redirect: &Redirect) -> Option<EntryId> {
        let of_kind = if redirect.is_prefix { &self.prefixes } else { &self.exact };
        let (holder, _) = of_kind.get(redirect.path.as_str())?;
        Some(*holder).filter(|holder| *holder != entry)
    }

    /// Whether following a redirect comes back to it.
    pub fn leads_back(&self, entry: EntryId, redirect: &Redirect) -> bool {
        let mut seen = BTreeSet::new();
        let mut at = redirect.path_of_target();
        while let Some(path) = at {
            let Some((next, found)) = self.find(&path) else { return false };
            if *next == entry {
                return true;
            }
            if !seen.insert(*next) {
                return false;
            }
            at = found.path_of_target();
        }
        false
    }

    /// All of them, by path, the exact ones first.
    pub fn iter(&self) -> impl Iterator<Item = &(EntryId, Redirect)> {
        self.exact.values().chain(self.prefixes.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seed: u8) -> EntryId {
        EntryId::from_bytes([seed; 16])
    }

    fn path(text: &str) -> OldPath {
        OldPath::parse(text).unwrap()
    }

    fn redirect(from: &str, is_prefix: bool, url: &str) -> Redirect {
        let target = Target::Url(url.to_owned());
        Redirect { path: path(from), is_prefix, target, status: 308 }
    }

    fn table(redirects: &[(u8, Redirect)]) -> Redirects {
        let mut table = Redirects::default();
        for (seed, redirect) in redirects {
            table.insert(id(*seed), redirect.clone());
        }
        table
    }

    #[test]
    fn a_path_has_one_spelling() {
        for (text, expected) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a"),
            ("/%61/b%20c", "/a/b c"),
            ("/caf%C3%A9", "/café"),
            ("/café", "/café"),
        ] {
            assert_eq!(path(text).as_str(), expected);
        }
        for text in [
            "",
            "a",
            "//a",
            "///",
            "/a//b",
            "/..",
            "/a/../b",
            "/%2e%2e/a",
            "/.",
            "/a%2Fb",
            "/a%5cb",
            "/\\elsewhere.example",
            "/a?b",
            "/a#b",
            "/%",
            "/%zz",
            "/%00",
            "/a\nb",
            "/%C0%AF",
            "https://a.example/",
        ] {
            assert_eq!(OldPath::parse(text), Err(PathError), "{text}");
        }
    }

    #[test]
    fn the_closest_redirect_sends_on() {
        let all = table(&[
            (1, redirect("/help", true, "https://a.example/one")),
            (2, redirect("/help/me", true, "https://a.example/two")),
            (3, redirect("/help/me", false, "https://a.example/three")),
        ]);
        let found = |text: &str| all.find(&path(text)).map(|(entry, _)| *entry);
        assert_eq!(found("/help"), Some(id(1)));
        assert_eq!(found("/help/you/now"), Some(id(1)));
        assert_eq!(found("/help/me"), Some(id(3)));
        assert_eq!(found("/help/me/now"), Some(id(2)));
        assert_eq!(found("/helper"), None, "a prefix ends at a slash");
        assert_eq!(found("/"), None);
        assert_eq!(all.rival(id(9), &redirect("/help/", true, "https://b.example")), Some(id(1)));
        assert_eq!(all.rival(id(1), &redirect("/help/", true, "https://b.example")), None);
    }

    #[test]
    fn a_loop_is_seen_however_long_and_on_whichever_host() {
        let one = redirect("/a", false, "https://a.example/a/");
        assert!(table(&[(1, one.clone())]).leads_back(id(1), &one));
        let prefix = redirect("/a", true, "https://a.example/a/b");
        assert!(table(&[(1, prefix.clone())]).leads_back(id(1), &prefix));
        let all = table(&[
            (1, redirect("/a", false, "https://a.example/b?x=1")),
            (2, redirect("/b", false, "https://b.example/c")),
            (3, redirect("/c", true, "https://a.example/%61")),
            (4, redirect("/d", true, "https://a.example/a")),
            (5, redirect("/e", true, "https://a.example/f")),
        ]);
        for (entry, redirect) in all.iter() {
            assert_eq!(all.leads_back(*entry, redirect), *entry <= id(3), "{redirect:?}");
        }
    }

    #[test]
    fn what_leads_everywhere_or_nowhere_is_told() {
        let shared = |path: &str, kind: &str| -> Fields {
            [("from".parse().unwrap(), serde_json::json!({"path": path, "match": kind}))].into()
        };
        let codes = |path: &str, kind: &str| -> Vec<String> {
            check(&shared(path, kind)).into_iter().map(|it| it.code).collect()
        };
        assert_eq!(codes("/", "prefix"), ["redirect_too_wide"]);
        assert_eq!(codes("//evil.example", "exact"), ["redirect_bad_path"]);
        assert_eq!(codes("/", "exact"), [] as [&str; 0]);
        assert_eq!(check(&Fields::new()), []);
    }
}
