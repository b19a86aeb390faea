//! Pieces: what other entries' pages can embed of an entry, made ready when it is published.
//!
//! An entry gives its title as a link, and its embeddable fields. A route gives a card and each of its
//! channels besides, a statistic its claim and its value; an asset is shown.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    form::{self, Embeds, Segment, Shape},
    live::LiveLocale,
};
use crate::{
    asset,
    content_type::{ContentType, FieldKind},
    event::Fields,
    id::{EntryId, TypeName},
    locale::Locale,
    markdown, route, words,
};

/// What can be embedded of an entry in one locale, by the piece's name; the whole under the empty name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pieces(pub BTreeMap<String, Embeddable>);

impl Pieces {
    /// The memory that they take, in bytes, about.
    pub fn weight(&self) -> usize {
        let segment = |segment: &Segment| match segment {
            Segment::Ready(text) => text.len() + 40,
            Segment::References { .. }
            | Segment::Embed { .. }
            | Segment::Asset { .. }
            | Segment::Figure { .. }
            | Segment::Described { .. } => 80,
        };
        let places = self.0.values().flat_map(|piece| {
            [&piece.block_html, &piece.inline_html, &piece.block_markdown, &piece.inline_markdown]
        });
        places.flatten().map(segment).sum()
    }
}

/// One piece, for each place that it may be embedded in. The segments are the insides of JSON strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embeddable {
    /// As blocks of HTML.
    pub block_html: Vec<Segment>,
    /// Within a line of HTML.
    pub inline_html: Vec<Segment>,
    /// As blocks of Markdown.
    pub block_markdown: Vec<Segment>,
    /// Within a line of Markdown.
    pub inline_markdown: Vec<Segment>,
}

impl Embeddable {
    /// The segments for a place.
    pub fn for_place(&self, shape: Shape, block: bool) -> &[Segment] {
        match (shape, block) {
            (Shape::Html, true) => &self.block_html,
            (Shape::Html, false) => &self.inline_html,
            (Shape::Markdown, true) => &self.block_markdown,
            (Shape::Markdown, false) => &self.inline_markdown,
        }
    }

    /// A piece that is the same text in a line and in a block.
    fn inline(html: &str, markdown: &str) -> Self {
        let ready = |text: &str| vec![Segment::Ready(form::escaped(text))];
        Self {
            block_html: ready(&format!("<p>{html}</p>\n")),
            inline_html: ready(html),
            block_markdown: ready(markdown),
            inline_markdown: ready(markdown),
        }
    }
}

/// What the pieces of an entry are made from.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// Its id.
    pub entry: EntryId,
    /// Its type.
    pub content_type: &'a ContentType,
    /// Its slug in the locale.
    pub slug: &'a str,
    /// The locale.
    pub locale: &'a Locale,
    /// Its fields in the locale.
    pub localized: &'a Fields,
    /// What the embeds in those stand for.
    pub embeds: &'a Embeds,
    /// The fields that its locales share.
    pub shared: &'a Fields,
}

impl Whole<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.localized.get(name).or_else(|| self.shared.get(name)).and_then(Value::as_str)
    }
}

/// Whether entries of this type give more than the link that every entry gives.
pub fn gives_more(content_type: &ContentType) -> bool {
    matches!(content_type.name().as_str(), "route" | "statistic" | asset::TYPE)
        || content_type.fields().any(|field| field.embeddable)
}

/// Whether entries of this type give a card with their contacts.
pub fn has_card(content_type: &ContentType) -> bool {
    content_type.name().as_str() == "route"
}

/// Makes the pieces of an entry in one locale, besides its link.
pub fn make(whole: &Whole<'_>) -> Pieces {
    let mut pieces = BTreeMap::new();
    for field in whole.content_type.fields().filter(|field| field.embeddable) {
        let Some(text) = whole.text(field.name.as_str()) else { continue };
        let piece = if matches!(field.kind, FieldKind::Markdown) {
            rendered(whole, text)
        } else {
            Embeddable::inline(&html(text), &markdown_text(text))
        };
        pieces.insert(field.name.as_str().to_owned(), piece);
    }
    if has_card(whole.content_type) {
        card(whole, &mut pieces);
    } else if whole.content_type.name().as_str() == "statistic" {
        statistic(whole, &mut pieces);
    } else if whole.content_type.name().as_str() == asset::TYPE {
        pieces.insert(String::new(), figure(whole.entry));
    }
    Pieces(pieces)
}

/// The title as a link to the entry: what every entry gives.
pub fn link(
    entry: EntryId,
    type_name: &TypeName,
    locale: &Locale,
    live: &LiveLocale,
) -> Embeddable {
    let href = format!("/v1/entries/{type_name}/{}?locale={locale}", percent_encoded(&live.slug));
    Embeddable::inline(
        &format!(
            "<a href=\"{href}\" data-entry=\"{entry}\" data-type=\"{type_name}\">{}</a>",
            html(&live.title)
        ),
        &format!("[{}]({href})", markdown_text(&live.title)),
    )
}

/// A Markdown field, with its own embeds as holes.
fn rendered(whole: &Whole<'_>, source: &str) -> Embeddable {
    let rendered = markdown::rendered(source, whole.locale);
    let plain = rendered.text.split_whitespace().collect::<Vec<_>>().join(" ");
    Embeddable {
        block_html: form::segments(&rendered.html, whole.embeds, Shape::Html),
        inline_html: vec![Segment::Ready(form::escaped(&html(&plain)))],
        block_markdown: form::segments(&rendered.markdown, whole.embeds, Shape::Markdown),
        inline_markdown: vec![Segment::Ready(form::escaped(&markdown_text(&plain)))],
    }
}

/// A card, and each channel under its id.
fn card(whole: &Whole<'_>, pieces: &mut BTreeMap<String, Embeddable>) {
    let channels =
        whole.shared.get("channels").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut rows = (String::new(), String::new());
    for channel in channels {
        let member = |name: &str| channel.get(name).and_then(Value::as_str);
        let (Some(id), Some(kind), Some(value)) = (member("id"), member("kind"), member("value"))
        else {
            continue;
        };
        let number = route::dialled(Some(value), member("e164"), member("shortcode"));
        let (as_html, as_markdown) = contact(&kind.into(), value, number);
        let label = words::text(whole.locale, &format!("embed.channel.{kind}"), &[]);
        let _ = writeln!(rows.0, "<li>{}: {as_html}</li>", html(&label));
        let _ = writeln!(rows.1, "- {}: {as_markdown}", markdown_text(&label));
        pieces.insert(id.to_owned(), Embeddable::inline(&as_html, &as_markdown));
    }
    let title = whole.text("title").unwrap_or(whole.slug);
    let summary = whole.text("summary").unwrap_or_default();
    let card = format!(
        "<aside class=\"route-card\" data-entry=\"{}\">\n<p><strong>{}</strong></p>\n<p>{}</p>\n<ul>\n{}</ul>\n</aside>\n",
        whole.entry,
        html(title),
        html(summary),
        rows.0
    );
    let card_markdown = format!(
        "**{}**\n\n{}\n\n{}",
        markdown_text(title),
        markdown_text(summary),
        rows.1.trim_end()
    );
    let mut piece = Embeddable::inline(&html(title), &markdown_text(title));
    piece.block_html = vec![Segment::Ready(form::escaped(&card))];
    piece.block_markdown = vec![Segment::Ready(form::escaped(&card_markdown))];
    pieces.insert(String::new(), piece);
}

/// An asset as it is shown: made when it is read, since its addresses are the site's business.
fn figure(target: EntryId) -> Embeddable {
    let hole = |shape, block| vec![Segment::Figure { target, shape, block }];
    Embeddable {
        block_html: hole(Shape::Html, true),
        inline_html: hole(Shape::Html, false),
        block_markdown: hole(Shape::Markdown, true),
        inline_markdown: hole(Shape::Markdown, false),
    }
}

/// How a channel is reached: HTML and Markdown.
fn contact(kind: &Value, value: &str, number: Option<&str>) -> (String, String) {
    let kind = serde_json::from_value(kind.clone()).ok();
    match kind.and_then(|kind| route::link(kind, Some(value), number)) {
        Some(href) => (
            format!("<a href=\"{}\">{}</a>", html(&href), html(value)),
            format!("[{}](<{}>)", markdown_text(value), href.replace(['<', '>', '\n', ' '], "")),
        ),
        None => (html(value), markdown_text(value)),
    }
}

/// The claim with its source, and the value with its unit.
fn statistic(whole: &Whole<'_>, pieces: &mut BTreeMap<String, Embeddable>) {
    let unit = whole.text("unit").unwrap_or_default();
    if let Some(value) = whole.shared.get("value") {
        let number = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // A percent sign and the like stand next to the number; a word doesn't.
        let space = if unit.chars().next().is_some_and(char::is_alphanumeric) { " " } else { "" };
        let text = format!("{number}{space}{unit}");
        pieces.insert("value".to_owned(), Embeddable::inline(&html(&text), &markdown_text(&text)));
    }
    let Some(claim) = whole.text("claim") else { return };
    let source = whole.shared.get("primary_source");
    let member = |name: &str| source.and_then(|source| source.get(name));
    let publisher =
        member("publisher").or_else(|| member("title")).and_then(Value::as_str).unwrap_or_default();
    let year = member("year").map(ToString::to_string).unwrap_or_default();
    let cited = [publisher.to_owned(), year]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let (as_html, as_markdown) = match member("url").and_then(Value::as_str) {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => (
            format!(
                "{} (<a href=\"{}\" rel=\"noopener noreferrer external\">{}</a>)",
                html(claim),
                html(url),
                html(&cited)
            ),
            format!(
                "{} ([{}](<{}>))",
                markdown_text(claim),
                markdown_text(&cited),
                url.replace(['<', '>', '\n', ' '], "")
            ),
        ),
        Some(_) | None => (
            format!("{} ({})", html(claim), html(&cited)),
            format!("{} ({})", markdown_text(claim), markdown_text(&cited)),
        ),
    };
    pieces.insert(String::new(), Embeddable::inline(&as_html, &as_markdown));
}

/// Text as HTML that says just this text, in content and in quoted attributes.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text as Markdown that says just this text.
pub fn markdown_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '|'
                | '~'
                | '!'
                | '&'
        ) {
            escaped.push('\\');
        }
        // A line break could start a block.
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}

/// A slug as one segment of a URL's path (RFC 3986).
pub fn percent_encoded(slug: &str) -> String {
    slug.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
