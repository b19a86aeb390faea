//! Atom feeds (RFC 4287) of what was published last in a locale, with tombstones (RFC 6721) of what was
//! taken away.

use cms_core::{
    filter::{Condition, Filter, FilterValue, SortKey},
    id::{FieldName, TypeName},
    locale::Locale,
    queries::{
        Delivery,
        answer::Answer,
        fill::href,
        list::{ListError, ListQuestion},
    },
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use rocket::{Route, State, get, routes};
use serde_json::Value;

use super::{Desk, Languages, cache::Prepared, known_type, ready::Ready};
use crate::{
    config::Config,
    guards::{
        codings::Codings,
        query::{Parameter, Query},
    },
    parameters,
    problem::Problem,
};

parameters! {
    /// What a feed takes.
    pub FeedOf = [
        Parameter::locale(),
        Parameter::text("type", 40, "The content type; `guidance` and `notice` without it."),
        Parameter::text("topic", 200, "The id, key or slug of a topic."),
    ]
}

/// How many entries a feed has.
const ENTRIES: usize = 50;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_feed]
}

/// What was published last in a locale, as an Atom feed.
#[utoipa::path(
    tag = "delivery",
    params(FeedOf),
    responses((status = 200, body = String, content_type = "application/atom+xml"), (status = 304))
)]
#[get("/v1/feed.atom")]
pub(crate) async fn read_feed(
    query: Query<'_, FeedOf>,
    languages: Languages<'_>,
    codings: Codings,
    config: &State<Config>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &languages)?;
    let site = desk.delivery().site()?;
    let types = match query.text("type") {
        Some(name) => vec![known_type(&site, name)?],
        None => ["guidance", "notice"]
            .into_iter()
            .filter_map(|name| TypeName::parse(name).ok())
            .filter(|name| site.types.contains_key(name))
            .collect(),
    };
    let topic = query.text("topic").map(str::to_owned);
    let base = config.public_url.trim_end_matches('/').to_owned();
    let locale = asked.locale.clone();
    let answer =
        desk.ask(move |delivery| Ok(feed(delivery, types, topic, &locale, &base)?)).await?;
    let location = (!asked.explicit).then(|| format!("/v1/feed.atom?locale={}", answer.locale));
    Prepared::new(answer, None, location)
        .of_type("application/atom+xml; charset=utf-8")
        .ready(codings)
}

fn feed(
    delivery: &Delivery,
    types: Vec<TypeName>,
    topic: Option<String>,
    locale: &Locale,
    base: &str,
) -> Result<Answer, ListError> {
    let mut filter = Filter::default();
    if let (Some(topic), Ok(field)) = (&topic, FieldName::parse("topics")) {
        filter = filter.with(field, Condition::one_of(vec![FilterValue::Keyword(topic.clone())]));
    }
    let found = delivery.list(&ListQuestion {
        types: &types,
        locale,
        fallback: true,
        filter,
        sort: Vec::<SortKey>::new(),
        limit: ENTRIES,
        after: None,
        facets: Vec::new(),
        count: false,
        fields: None,
        include: &[],
    })?;
    let mut answer = found.answer;
    let list: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let tombstones = delivery.tombstones(&answer.locale, ENTRIES)?;
    let items = list.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let newest = items
        .iter()
        .filter_map(|item| text(item, "/published_at"))
        .max()
        .unwrap_or("1970-01-01T00:00:00Z");
    let gone: Vec<_> = tombstones
        .iter()
        .filter(|(_, tombstone)| types.contains(&tombstone.type_name))
        .map(|(id, tombstone)| (id.to_string(), tombstone.at.to_string()))
        .collect();
    let updated = gone.iter().map(|(_, at)| at.as_str()).chain([newest]).max().unwrap_or(newest);
    let address = format!("{base}/v1/feed.atom?locale={}", answer.locale);
    // Writing to memory cannot fail.
    answer.body =
        write(items, &gone, (&answer.locale, updated, &address, base)).unwrap_or_default();
    Ok(answer)
}

fn write(
    items: &[Value],
    gone: &[(String, String)],
    (locale, updated, address, base): (&Locale, &str, &str, &str),
) -> std::io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let title = cms_core::words::text(locale, "feed.title", &[]);
    let feed = writer.create_element("feed").with_attributes([
        ("xmlns", "http://www.w3.org/2005/Atom"),
        ("xmlns:at", "http://purl.org/atompub/tombstones/1.0"),
        ("xml:lang", locale.as_str()),
    ]);
    feed.write_inner_content(|writer| {
        element(writer, "id", address)?;
        element(writer, "title", &title)?;
        element(writer, "updated", updated)?;
        writer
            .create_element("author")
            .write_inner_content(|writer| element(writer, "name", "Beacon"))?;
        writer
            .create_element("link")
            .with_attributes([("rel", "self"), ("href", address)])
            .write_empty()?;
        for item in items {
            entry(writer, item, base)?;
        }
        for (id, at) in gone {
            let reference = format!("urn:uuid:{id}");
            let attributes = [("ref", reference.as_str()), ("when", at.as_str())];
            writer.create_element("at:deleted-entry").with_attributes(attributes).write_empty()?;
        }
        Ok(())
    })?;
    Ok(writer.into_inner())
}

fn entry(writer: &mut Writer<Vec<u8>>, item: &Value, base: &str) -> std::io::Result<()> {
    let locale = text(item, "/locale").unwrap_or_default();
    let address = match (text(item, "/type"), text(item, "/slug"), Locale::parse(locale)) {
        (Some(type_name), Some(slug), Ok(locale)) => TypeName::parse(type_name)
            .map(|name| format!("{base}{}", href(&name, slug, &locale)))
            .unwrap_or_default(),
        _ => String::new(),
    };
    writer.create_element("entry").with_attribute(("xml:lang", locale)).write_inner_content(
        |writer| {
            element(writer, "id", &format!("urn:uuid:{}", text(item, "/id").unwrap_or_default()))?;
            element(writer, "title", text(item, "/fields/title").unwrap_or_default())?;
            element(writer, "updated", text(item, "/published_at").unwrap_or_default())?;
            element(writer, "published", text(item, "/first_published_at").unwrap_or_default())?;
            writer
                .create_element("link")
                .with_attributes([
                    ("rel", "alternate"),
                    ("type", "application/json"),
                    ("href", &*address),
                ])
                .write_empty()?;
            if let Some(summary) = text(item, "/fields/summary") {
                element(writer, "summary", summary)?;
            }
            Ok(())
        },
    )?;
    Ok(())
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> std::io::Result<()> {
    // XML 1.0 has no way to say control characters.
    let text: String =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    writer.create_element(name).write_text_content(BytesText::new(&text))?;
    Ok(())
}

fn text<'a>(item: &'a Value, pointer: &str) -> Option<&'a str> {
    item.pointer(pointer).and_then(Value::as_str)
}
