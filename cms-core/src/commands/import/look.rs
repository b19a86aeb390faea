//! Looks at all lines of an import before anything is written: which are well-formed, which entries and
//! locales they name, and whether what they refer to is there, in the store or among the good lines. What
//! is refused here leaves nothing behind.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{Import, ImportError, ImportOptions, Line, Lines, Name, Named, Numbered};
use crate::{
    commands::{chains, redirects},
    content_type::ContentType,
    event::{Fields, Part},
    id::{EntryId, ExternalKey, FieldName, TypeName},
    locale::Locale,
    slug::Slug,
    violation::{Violation, pointer_step},
};

/// A good line that refers to others.
struct Referring {
    number: u64,
    name: Name,
    is_published: bool,
    locales: [Locale; 2],
    references: References,
    /// The fields by which it makes chains, and the entries that they lead to.
    links: Vec<(FieldName, Name)>,
}

/// How many good lines need a locale.
type Needed = BTreeMap<Locale, u64>;

impl Import<'_> {
    /// Looks at all lines.
    pub(super) async fn look(
        &mut self,
        lines: &mut dyn Lines,
        options: &ImportOptions,
    ) -> Result<(), ImportError> {
        let mut needed = Needed::new();
        let mut referring = Vec::new();
        for read in Numbered::new(lines.open()?) {
            let (number, text) = read?;
            self.report.lines += 1;
            let line = text.and_then(|text| Line::parse(&text, &options.locale_map));
            let looked = match line {
                Ok(line) => self.look_at(&line)?.map(|found| (line, found)),
                Err(violations) => Err(violations),
            };
            let (line, references) = match looked {
                Ok(good) => good,
                Err(violations) => {
                    self.refuse(number, violations);
                    continue;
                }
            };
            let locales = [line.locale.clone(), line.source_locale.clone()];
            for tag in &locales {
                *needed.entry(tag.clone()).or_default() += 1;
            }
            let name = (line.type_name.clone(), line.key.clone());
            let leading = self.links_of(&name, line.shared.as_ref());
            if !references.is_empty() {
                let is_published = line.is_published;
                referring.push(Referring {
                    number,
                    name,
                    is_published,
                    locales,
                    references,
                    links: leading,
                });
            }
        }
        let referring = self.without_circles(referring, &mut needed).await?;
        self.without_missing(referring, &mut needed)?;
        needed.retain(|_, lines| *lines > 0);
        let known = self.means.editing.locales()?;
        needed.retain(|tag, _| known.all().iter().all(|locale| locale.tag != *tag));
        self.report.locales_added = needed.into_keys().collect();
        Ok(())
    }

    /// Refuses lines by which a chain of references would lead back to itself.
    async fn without_circles(
        &mut self,
        referring: Vec<Referring>,
        needed: &mut Needed,
    ) -> Result<Vec<Referring>, ImportError> {
        let mut good = Vec::new();
        for line in referring {
            let mut circles = Vec::new();
            for (field, target) in &line.links {
                if self.leads_back(&line.name, field, target.clone()).await? {
                    let place = format!("/shared{}", pointer_step(field));
                    circles.push(Violation::new(place, "reference_circle").with("field", field));
                }
            }
            if circles.is_empty() {
                good.push(line);
            } else {
                self.forget(&line, needed, circles);
            }
        }
        Ok(good)
    }

    /// Refuses lines that refer to nothing; and then those that refer to what only these would have made.
    fn without_missing(
        &mut self,
        mut referring: Vec<Referring>,
        needed: &mut Needed,
    ) -> Result<(), ImportError> {
        loop {
            let mut good = Vec::new();
            let before = referring.len();
            for line in referring {
                let mut missing = Vec::new();
                for (pointer, types, value) in &line.references {
                    if !self.is_known(types, value)? {
                        missing.push(
                            Violation::new(pointer, "reference_unknown").with("reference", value),
                        );
                    }
                }
                if missing.is_empty() {
                    good.push(line);
                } else {
                    self.forget(&line, needed, missing);
                }
            }
            if good.len() == before {
                return Ok(());
            }
            referring = good;
        }
    }

    /// Refuses a line that was taken for good.
    fn forget(&mut self, line: &Referring, needed: &mut Needed, violations: Vec<Violation>) {
        for tag in &line.locales {
            needed.entry(tag.clone()).and_modify(|lines| *lines = lines.saturating_sub(1));
        }
        if let Some(named) = self.named.get_mut(&line.name) {
            named.lines = named.lines.saturating_sub(1);
            named.published = named.published.saturating_sub(u64::from(line.is_published));
            if named.lines == 0 {
                self.named.remove(&line.name);
            }
        }
        self.refuse(line.number, violations);
    }

    /// Notes where the line's shared fields lead to entries of its own type, and gives it.
    fn links_of(&mut self, name: &Name, shared: Option<&Fields>) -> Vec<(FieldName, Name)> {
        let Some((shared, content_type)) = shared.zip(self.types.get(&name.0)) else {
            return Vec::new();
        };
        let mut links = Vec::new();
        for link in chains::links(content_type).filter(|link| !link.localized) {
            let key = shared.get(&link.name).and_then(Value::as_str);
            let key = key.and_then(|value| ExternalKey::parse(value.strip_prefix("key:")?).ok());
            let target = key.map(|key| (name.0.clone(), key));
            self.links.insert((name.clone(), link.name.clone()), target.clone());
            links.extend(target.map(|target| (link.name.clone(), target)));
        }
        links
    }

    /// Whether a chain that goes on from `at` comes to `name`, through the lines and, where they say
    /// nothing, through the store.
    async fn leads_back(
        &self,
        name: &Name,
        field: &FieldName,
        mut at: Name,
    ) -> Result<bool, ImportError> {
        let mut seen = HashSet::new();
        while seen.insert(at.clone()) {
            if at == *name {
                return Ok(true);
            }
            let next = match self.links.get(&(at.clone(), field.clone())) {
                Some(link) => link.clone(),
                None => self.stored_link(&at, field).await?,
            };
            match next {
                Some(next) => at = next,
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Whether a line leads to another entry of its own type.
    pub(super) fn makes_chain(&self, line: &Line) -> bool {
        let Some((shared, content_type)) =
            line.shared.as_ref().zip(self.types.get(&line.type_name))
        else {
            return false;
        };
        chains::links(content_type).any(|link| shared.contains_key(&link.name))
    }

    async fn stored_link(
        &self,
        name: &Name,
        field: &FieldName,
    ) -> Result<Option<Name>, ImportError> {
        let editing = &self.means.editing;
        let entry =
            editing.entry_by_key(&name.0, &name.1)?.map(|id| editing.entry(id)).transpose()?;
        let Some(head) = entry.flatten().and_then(|entry| entry.heads.get(&Part::Shared).cloned())
        else {
            return Ok(None);
        };
        let fields = editing.fields(head.draft.event).await?;
        let target = fields.get(field).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let target = target.map(|id: EntryId| editing.entry(id)).transpose()?.flatten();
        Ok(target.and_then(|target| Some((target.type_name, target.key?))))
    }

    /// All that is wrong with a line by itself; otherwise the references in it.
    fn look_at(&mut self, line: &Line) -> Result<Result<References, Vec<Violation>>, ImportError> {
        let Some(content_type) = self.types.get(&line.type_name).map(Arc::clone) else {
            let unknown = Violation::new("/type", "unknown_type").with("type", &line.type_name);
            return Ok(Err(vec![unknown]));
        };
        let mut wrong = self.check(line, &content_type);
        let editing = &self.means.editing;
        if editing.is_erased(&line.type_name, &line.key)? {
            wrong.push(Violation::new("/key", "key_erased").with("key", &line.key));
        }
        let agency = line.agency.as_ref().map(|key| self.agencies.get(key).copied());
        if agency == Some(None) {
            wrong.push(
                Violation::new("/agency", "unknown_agency")
                    .with("id", line.agency.iter().map(ToString::to_string).collect::<String>()),
            );
        }
        let name = (line.type_name.clone(), line.key.clone());
        let stored = match editing.entry_by_key(&name.0, &name.1)? {
            Some(id) => editing.entry(id)?,
            None => None,
        };
        let before = self.named.get(&name).map(|named| &named.source_locale);
        let before = before.or(stored.as_ref().map(|entry| &entry.source_locale));
        if let Some(other) = before.filter(|other| **other != line.source_locale) {
            wrong
                .push(Violation::new("/source_locale", "source_locale_differs").with("tag", other));
        }
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        if let Some(slug) = &line.slug {
            self.slugs.insert((name.0.clone(), line.locale.clone(), slug.clone()), name.1.clone());
        }
        let named = self.named.entry(name).or_insert_with(|| Named {
            source_locale: line.source_locale.clone(),
            agency: None,
            lines: 0,
            published: 0,
            id: stored.map(|entry| entry.id),
        });
        named.agency = named.agency.or(agency.flatten());
        named.lines += 1;
        named.published += u64::from(line.is_published);
        Ok(Ok(references(line, &content_type)))
    }

    /// The rules of the type, as far as one line shows.
    fn check(&self, line: &Line, content_type: &ContentType) -> Vec<Violation> {
        let part = Part::Locale(line.locale.clone());
        let under = |parent: &'static str| move |violation: Violation| violation.under(parent);
        let mut wrong: Vec<_> = content_type
            .check_draft(&part, &line.fields)
            .into_iter()
            .map(under("/fields"))
            .collect();
        let shared = line.shared.as_ref();
        let of_shared = shared
            .map(|shared| content_type.check_draft(&Part::Shared, shared))
            .unwrap_or_default();
        wrong.extend(shared.into_iter().flat_map(|shared| {
            let found = redirects::check(&line.type_name, &Part::Shared, shared);
            found.into_iter().map(under("/shared"))
        }));
        wrong.extend(of_shared.into_iter().map(under("/shared")));
        if let Some(slug) = &line.slug {
            if Slug::parse(slug).is_err() {
                wrong.push(Violation::new("/slug", "bad_slug").with("slug", slug));
            }
            let owner =
                self.slugs.get(&(line.type_name.clone(), line.locale.clone(), slug.clone()));
            if owner.is_some_and(|owner| *owner != line.key) {
                wrong.push(Violation::new("/slug", "slug_taken").with("slug", slug));
            }
        }
        if line.translates.is_some() && line.locale == line.source_locale {
            wrong.push(Violation::new("/translates", "source_translates_nothing"));
        }
        wrong
    }

    /// Whether a reference has a target, in the store or among the lines.
    fn is_known(&self, types: &[TypeName], value: &str) -> Result<bool, ImportError> {
        let Some(key) = value.strip_prefix("key:").and_then(|key| ExternalKey::parse(key).ok())
        else {
            let id = value.parse::<EntryId>().ok();
            let entry = id.map(|id| self.means.editing.entry(id)).transpose()?.flatten();
            return Ok(entry.is_some_and(|entry| types.contains(&entry.type_name)));
        };
        for name in types {
            if self.named.contains_key(&(name.clone(), key.clone()))
                || self.means.editing.entry_by_key(name, &key)?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The references in a line: where each stands, which types it may have, what it says.
type References = Vec<(String, Vec<TypeName>, String)>;

fn references(line: &Line, content_type: &ContentType) -> References {
    let of = |parent: &str, fields: &Fields| -> References {
        let found = content_type.references(fields).into_iter();
        found.map(|it| (format!("{parent}{}", it.pointer), it.types.to_vec(), it.value)).collect()
    };
    let mut all = of("/fields", &line.fields);
    all.extend(line.shared.iter().flat_map(|shared| of("/shared", shared)));
    all
}
