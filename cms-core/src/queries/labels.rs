//! Other labels of topics and the like: what they are called besides, which searches take for the same.

use serde_json::Value;

use crate::{
    content_type::{ContentType, FieldKind},
    event::Part,
    filter::TITLE,
    followers::delivery::{
        form::{Form, Segment},
        tables::{self, Delivery},
    },
    id::{FieldName, TypeName},
    locale::Locale,
    store::view::{Reader, ViewError},
};

/// The field of other labels: a localized list of texts.
const LABELS: &str = "alternative_labels";

/// Whether entries of a type have other labels.
pub(super) fn has_labels(content_type: &ContentType) -> bool {
    let field = FieldName::parse(LABELS).ok().and_then(|name| content_type.field(&name));
    field.is_some_and(|field| {
        field.localized && matches!(field.kind, FieldKind::List { options: None })
    })
}

/// What each published entry of a type is called in each locale, where it has more than one name.
pub(super) fn groups(
    reader: &Reader<Delivery>,
    type_name: &TypeName,
) -> Result<Vec<(Locale, Vec<String>)>, ViewError> {
    let mut groups = Vec::new();
    for row in reader.scan(&tables::BY_TYPE, type_name, None) {
        let ((_, id), ()) = row?;
        let Some(entry) = reader.get(&tables::ENTRIES, &id)? else { continue };
        for (locale, _) in entry.readable() {
            let form = reader.get(&tables::FORMS, &(id, Part::Locale(locale.clone())))?;
            let form = form.unwrap_or_default();
            let mut labels = texts(&form, LABELS);
            if !labels.is_empty() {
                labels.extend(texts(&form, TITLE));
                groups.push((locale.clone(), labels));
            }
        }
    }
    Ok(groups)
}

/// The texts of a field that is ready as it stands.
fn texts(form: &Form, name: &str) -> Vec<String> {
    let field = form.fields.iter().find(|field| field.name.as_str() == name);
    let Some([Segment::Ready(json)]) = field.map(|field| field.value.as_slice()) else {
        return Vec::new();
    };
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => vec![text],
        Ok(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | Err(_) => {
            Vec::new()
        }
    }
}
