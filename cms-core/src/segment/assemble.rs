//! Puts the words of a translation into the shape of its source.

use serde_json::{Map, Value};

use super::{Cut, Cutter, kind_of};
use crate::{
    content_type::{ContentType, Field},
    event::Fields,
    violation::pointer_step,
};

/// What a text of the source becomes: given its place, as a JSON Pointer into the fields, and its pieces.
pub type Say<'a> = &'a mut dyn FnMut(&str, &Cut) -> String;

/// The source's fields with other words: each text that is translated is what `say` makes of it. Readers' own questions
/// are left out, since each language has its own.
pub fn assemble(
    content_type: &ContentType,
    source: &Fields,
    markdown: Cutter,
    say: Say<'_>,
) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in source {
        let Some(field) = content_type.field(name).filter(|field| field.localized && !field.pins)
        else {
            continue;
        };
        let said = said(value, &pointer_step(name), (field, markdown), say);
        fields.insert(name.clone(), said);
    }
    fields
}

/// A value of the source with other words. What is no text stays what it is.
fn said(value: &Value, pointer: &str, cut: (&Field, Cutter), say: Say<'_>) -> Value {
    match value {
        Value::String(text) => {
            let pieces = match kind_of(cut.0) {
                None => cut.1(text),
                Some(kind) => Cut::whole(kind, text),
            };
            Value::String(say(pointer, &pieces))
        }
        Value::Array(items) => {
            let item = |(index, item): (usize, &Value)| {
                said(item, &format!("{pointer}/{index}"), cut, &mut *say)
            };
            Value::Array(items.iter().enumerate().map(item).collect())
        }
        Value::Object(members) => {
            let mut made = Map::new();
            for (name, member) in members {
                let place = format!("{pointer}{}", pointer_step(name));
                made.insert(name.clone(), said(member, &place, cut, &mut *say));
            }
            Value::Object(made)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::segment::SegmentKind;

    #[test]
    fn words_are_put_in_at_their_places_and_all_else_is_the_source_s() {
        let shipped = crate::content_type::shipped();
        let file = shipped.iter().find(|(name, _)| name.as_str() == "guidance").unwrap().1;
        let guidance = ContentType::parse(&serde_json::from_str(file).unwrap()).unwrap();
        let source: Fields = serde_json::from_value(json!({
            "title": "Stop", "body": "One.", "steps": [{"title": "Go", "text": "Now"}, {"title": "On"}],
            "best_bets": ["how?"], "age_min": 3,
        }))
        .unwrap();
        let one: Cutter = |text| Cut::whole(SegmentKind::Paragraph, text);
        let mut told = Vec::new();
        let fields = assemble(&guidance, &source, one, &mut |pointer, cut| {
            told.push(pointer.to_owned());
            cut.join().to_uppercase()
        });
        assert_eq!(
            json!(fields),
            json!({"title": "STOP", "body": "ONE.", "steps": [{"title": "GO", "text": "NOW"}, {"title": "ON"}]})
        );
        assert_eq!(told, ["/body", "/steps/0/text", "/steps/0/title", "/steps/1/title", "/title"]);
    }
}
