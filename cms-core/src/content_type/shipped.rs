//! The content types that Beacon comes with, compiled into the program.

use crate::id::TypeName;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../schemas/", $name, ".json")))),*]
    };
}

/// The shipped types with their schema files, by name.
pub fn shipped() -> Vec<(TypeName, &'static str)> {
    let files = files![
        "asset",
        "audience",
        "concern",
        "faq",
        "guidance",
        "notice",
        "organisation",
        "page",
        "redirect",
        "route",
        "statistic",
        "term",
        "topic",
    ];
    files.into_iter().filter_map(|(name, file)| Some((TypeName::parse(name).ok()?, file))).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::PathBuf};

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        content_type::{
            ContentType, normalise,
            samples::{brief, locale, shipped_type},
            unknown_types,
        },
        event::{Fields, Part},
        violation::Violation,
    };

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        fields: Fields,
        shared: Fields,
        #[serde(default)]
        violations: Vec<Violation>,
    }

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas")
    }

    fn all() -> Vec<ContentType> {
        shipped().into_iter().map(|(name, _)| shipped_type(name.as_str())).collect()
    }

    fn example(kind: &ContentType, file: &str) -> Example {
        let path = folder().join("examples").join(kind.name().as_str()).join(file);
        serde_json::from_str(
            &fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display())),
        )
        .unwrap()
    }

    #[test]
    fn every_file_of_the_schemas_folder_is_shipped_under_its_own_name() {
        let names_in = |folder: PathBuf| -> BTreeSet<String> {
            fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        let names: BTreeSet<_> = all().iter().map(|kind| kind.name().to_string()).collect();
        let files = names.iter().map(|name| format!("{name}.json"));
        assert_eq!(
            names_in(folder()),
            files.chain(["README.md".into(), "examples".into()]).collect()
        );
        assert_eq!(names_in(folder().join("examples")), names);
        assert_eq!(
            shipped().into_iter().map(|(name, _)| name.to_string()).collect::<BTreeSet<_>>(),
            names
        );
        assert_eq!(names.len(), 13);
    }

    #[test]
    fn shipped_types_refer_to_shipped_types_alone() {
        assert_eq!(unknown_types(&all()), []);
    }

    #[test]
    fn every_type_says_what_it_and_its_fields_are_for() {
        for kind in all() {
            assert!(!kind.description().is_empty(), "{}", kind.name());
            for field in kind.fields() {
                assert!(!field.description.is_empty(), "{}.{}", kind.name(), field.name);
            }
        }
    }

    #[test]
    fn a_valid_example_shows_every_field_and_can_be_published() {
        for kind in all() {
            let Example { fields, shared, .. } = example(&kind, "valid.json");
            assert_eq!(kind.check_publication(&fields, &shared), [], "{}", kind.name());
            assert_eq!(
                kind.check_draft(&Part::Locale(locale("en")), &fields),
                [],
                "{}",
                kind.name()
            );
            let shown: BTreeSet<_> = fields.keys().chain(shared.keys()).cloned().collect();
            assert_eq!(
                shown,
                kind.fields().map(|field| field.name.clone()).collect(),
                "{}",
                kind.name()
            );
            assert_eq!((normalise(fields.clone()), normalise(shared.clone())), (fields, shared));
        }
    }

    #[test]
    fn an_invalid_example_is_told_all_that_is_wrong_with_it() {
        for kind in all() {
            let Example { fields, shared, violations } = example(&kind, "invalid.json");
            assert_eq!(kind.check_publication(&fields, &shared), violations, "{}", kind.name());
            assert_eq!(brief(violations.clone()).len(), violations.len());
        }
    }

    #[test]
    fn only_title_and_body_are_required_of_guidance_and_pages() {
        for name in ["guidance", "page"] {
            let kind = shipped_type(name);
            let required: Vec<_> =
                kind.fields().filter(|field| field.required).map(|it| it.name.as_str()).collect();
            assert_eq!(required, ["body", "title"]);
        }
    }

    /// What the delivery API makes of a value, in short.
    fn delivered(kind: &ContentType, fields: &Fields) -> Value {
        let target = json!({
            "id": "0197e3a0-0000-7000-8000-000000000001", "type": "page", "slug": "s", "title": "t", "locale": "en"
        });
        let picture = json!({
            "id": "0197e3a0-0000-7000-8000-000000000002", "media_type": "image/png", "src": "/media/ab/a.png",
            "bytes": 7, "alt": "A pier.", "decorative": false, "locale": "en", "dir": "ltr",
        });
        let references: Vec<_> = kind.references(fields);
        let mut data = json!(fields);
        for reference in references {
            let shown = if reference.is_asset { &picture } else { &target };
            *data.pointer_mut(&reference.pointer).unwrap() = shown.clone();
        }
        for field in kind.fields().filter(|it| it.kind == crate::content_type::FieldKind::Markdown)
        {
            if let Some(value) = data.get_mut(field.name.as_str()) {
                let heading = json!({"level": 2, "id": "a", "text": "A"});
                *value = json!({"markdown": value.take(), "html": "<p></p>", "headings": [heading], "reading_minutes": 1});
            }
        }
        data
    }

    #[test]
    fn the_delivered_form_fits_its_schema() {
        for kind in all() {
            let Example { fields, shared, .. } = example(&kind, "valid.json");
            let both: Fields = fields.into_iter().chain(shared).collect();
            let schema = kind.delivered_schema();
            jsonschema::draft202012::meta::validate(&schema).unwrap();
            let rules = jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap();
            let mut data = json!({
                "id": "0197e3a0-0000-7000-8000-000000000001", "type": kind.name(), "key": null, "slug": "s",
                "locale": "en", "dir": "ltr", "agency": null, "revision": 1,
                "published_at": "2026-01-01T00:00:00Z", "first_published_at": "2026-01-01T00:00:00Z",
                "reviewed_at": null, "review_due": "2027-09-01", "fields": delivered(&kind, &both),
                "translation": {"source_locale": "en", "status": "source", "behind": 0, "change_class": null},
                "alternates": [{"locale": "fr", "slug": "s", "href": "/v1/entries/page/s?locale=fr"}],
            });
            let wrong: Vec<_> = rules.iter_errors(&data).map(|error| error.to_string()).collect();
            assert_eq!(wrong, [] as [String; 0], "{}", kind.name());
            data["fields"] = json!({"title": "t"});
            assert_eq!(
                rules.is_valid(&data),
                kind.fields().filter(|field| field.required).count() == 1
            );
            data["withdrawal"] =
                json!({"at": "2026-01-01T00:00:00Z", "notice": null, "replacement": null});
            assert!(rules.is_valid(&data), "{}", kind.name());
        }
    }

    #[test]
    fn no_annotation_is_left_in_a_delivered_schema() {
        for kind in all() {
            let text = kind.delivered_schema().to_string();
            assert!(!text.contains("\"x-"), "{}", kind.name());
            assert!(!text.contains("language-tag"), "{}", kind.name());
        }
    }
}
