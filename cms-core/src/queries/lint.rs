//! What in a draft is doubtful without being wrong: figures that nobody can check. For editors, and never a reason to
//! refuse.

use crate::{
    access::{Act, Actor, Scope, allows},
    clock::Timestamp,
    content_type::FieldKind,
    event::{Fields, Part},
    followers::{ReadError, editing::reader::Editing},
    glossary::Glossary,
    id::EntryId,
    locale::Locale,
    markdown,
    quality::{shown, terms},
    segment::{self, Unit},
    statistic::{self, prose},
    violation::{Violation, pointer_step},
};

impl Editing {
    /// What is doubtful in the draft of one part of an entry, with places in it. `None` where there is no such part
    /// that the actor may read.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the log cannot be read.
    pub async fn lint(
        &self,
        actor: &Actor,
        (id, part): (EntryId, &Part),
        now: Timestamp,
    ) -> Result<Option<Vec<Violation>>, ReadError> {
        let Some(entry) = self.entry(id)? else { return Ok(None) };
        let locale = match part {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        };
        let scope = Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale };
        let Some(head) = entry.heads.get(part).filter(|_| allows(actor, Act::Read, &scope)) else {
            return Ok(None);
        };
        let fields = self.fields(head.draft.event).await?;
        let Some((content_type, _)) = self.content_type(&entry.type_name)? else {
            return Ok(None);
        };
        let found = match (content_type.name().as_str(), part) {
            ("statistic", part) => {
                let is_shared = *part == Part::Shared;
                now.day().map(|day| statistic::lint(&fields, is_shared, day)).unwrap_or_default()
            }
            // What a route or a redirect says is no prose.
            ("route" | "redirect", _) | (_, Part::Shared) => Vec::new(),
            (_, Part::Locale(locale)) => {
                let is_text =
                    |kind: &FieldKind| matches!(kind, FieldKind::Text | FieldKind::Markdown);
                let texts = content_type.fields().filter(|field| is_text(&field.kind));
                let said = |fields: &Fields, name: &crate::id::FieldName| {
                    let text =
                        fields.get(name).and_then(|value| value.as_str()).unwrap_or_default();
                    prose::figures(text, locale)
                };
                let found = texts.flat_map(|field| {
                    let pointer = pointer_step(&field.name);
                    let figures = said(&fields, &field.name).into_iter();
                    figures.map(move |figure| told(&pointer, &figure))
                });
                found.collect()
            }
        };
        let mut found = found;
        if let Part::Locale(locale) = part {
            let units = segment::units(&content_type, &fields, markdown::cut);
            let glossary = self.glossary().await?;
            found.extend(units.iter().flat_map(|unit| discouraged(unit, locale, &glossary)));
        }
        Ok(Some(found.into_iter().map(|it| it.under("/fields")).collect()))
    }
}

/// Wording to avoid, where it stands, and what to say instead: what the site's own glossary says goes first.
fn discouraged(unit: &Unit, locale: &Locale, glossary: &Glossary) -> Vec<Violation> {
    let text = shown(&unit.segment.text, &markdown::codes(&unit.segment));
    let misused = glossary.forbidden_in(&text, locale);
    let rest = glossary.without_exempt(&text, locale);
    let is_new =
        |it: &terms::Discouraged| misused.iter().all(|own| own.found.to_lowercase() != it.found);
    let others = terms::discouraged(&rest, locale.language()).into_iter().filter(is_new);
    let told = |found: &str, instead: &str| {
        Violation::new(&unit.pointer, "discouraged_term")
            .with("found", found)
            .with("instead", instead)
    };
    let others: Vec<_> = others.map(|it| told(&it.found, it.instead)).collect();
    let own = misused.iter().map(|it| match &it.reason {
        None => told(&it.found, &it.instead),
        Some(reason) => Violation::new(&unit.pointer, "forbidden_term")
            .with("found", &it.found)
            .with("instead", &it.instead)
            .with("reason", reason),
    });
    own.chain(others).collect()
}

fn told(pointer: &str, found: &prose::Figure) -> Violation {
    let code = if found.is_second_hand { "figure_second_hand" } else { "figure_without_statistic" };
    Violation::new(pointer, code).with("figure", &found.figure).with("line", found.line)
}
