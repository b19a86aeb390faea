//! The sitemap (sitemaps.org 0.9) with each entry's other languages: an index, and a file for each type
//! and stretch of entries.

use cms_core::{
    id::{EntryId, TypeName},
    queries::{Delivery, ReadError, answer::Answer, fill::href},
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use rocket::{Route, State, get, routes};

use super::{Desk, cache::Prepared, ready::Ready};
use crate::{
    config::Config,
    guards::{
        codings::Codings,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Fault, Problem},
};

parameters! {
    /// What the sitemap takes.
    pub Stretch = [
        Parameter::text("type", 40, "The content type whose pages are listed; the index of all without it."),
        Parameter::id("after", "The id of the last entry of the stretch before."),
    ]
}

/// How many entries a file has: the format allows 50,000 addresses and 50 MB.
const ENTRIES: usize = 1_000;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_sitemap]
}

/// The sitemap: an index, or with `type` the pages of a type.
#[utoipa::path(
    tag = "delivery",
    params(Stretch),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 304))
)]
#[get("/v1/sitemap.xml")]
pub(crate) async fn read_sitemap(
    query: Query<'_, Stretch>,
    codings: Codings,
    config: &State<Config>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let base = config.public_url.trim_end_matches('/').to_owned();
    let after = query.text("after").map(str::parse::<EntryId>).transpose();
    let after =
        after.map_err(|_| Problem::parameters(vec![Fault::parameter("after", "not_an_id")]))?;
    let site = desk.delivery().site()?;
    let type_name = query.text("type").map(|name| super::known_type(&site, name)).transpose()?;
    let answer = desk
        .ask(move |delivery| {
            Ok(match type_name {
                Some(name) => pages(delivery, &name, after, &base)?,
                None => index(delivery, &base)?,
            })
        })
        .await?;
    Prepared::new(answer, None, None).of_type("application/xml; charset=utf-8").ready(codings)
}

/// The files there are.
fn index(delivery: &Delivery, base: &str) -> Result<Answer, ReadError> {
    let site = delivery.site()?;
    let mut files = Vec::new();
    for type_name in site.types.keys() {
        for after in delivery.stretches(type_name, ENTRIES)? {
            let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
            files.push(format!("{base}/v1/sitemap.xml?type={type_name}{after}"));
        }
    }
    let mut writer = begun();
    let root = writer.create_element("sitemapindex").with_attribute(("xmlns", NAMESPACE));
    let written = root.write_inner_content(|writer| {
        for file in &files {
            writer.create_element("sitemap").write_inner_content(|writer| located(writer, file))?;
        }
        Ok(())
    });
    // Writing to memory cannot fail.
    drop(written);
    Ok(Answer::of(writer.into_inner(), site.default_locale.clone()))
}

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The pages of a stretch of entries.
fn pages(
    delivery: &Delivery,
    type_name: &TypeName,
    after: Option<EntryId>,
    base: &str,
) -> Result<Answer, ReadError> {
    let entries = delivery.published_pages(type_name, after, ENTRIES)?;
    let mut writer = begun();
    let root = writer
        .create_element("urlset")
        .with_attributes([("xmlns", NAMESPACE), ("xmlns:xhtml", "http://www.w3.org/1999/xhtml")]);
    let written = root.write_inner_content(|writer| {
        for locales in &entries {
            let pages: Vec<_> = locales
                .iter()
                .map(|(locale, slug, at)| {
                    (locale, format!("{base}{}", href(type_name, slug, locale)), at)
                })
                .collect();
            for (_, address, at) in &pages {
                writer.create_element("url").write_inner_content(|writer| {
                    located(writer, address)?;
                    writer
                        .create_element("lastmod")
                        .write_text_content(BytesText::new(&at.to_string()))?;
                    for (locale, other, _) in &pages {
                        let attributes =
                            [("rel", "alternate"), ("hreflang", locale.as_str()), ("href", other)];
                        writer
                            .create_element("xhtml:link")
                            .with_attributes(attributes)
                            .write_empty()?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    });
    drop(written);
    Ok(Answer::of(writer.into_inner(), delivery.site()?.default_locale.clone()))
}

fn begun() -> Writer<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    drop(writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))));
    writer
}

fn located(writer: &mut Writer<Vec<u8>>, address: &str) -> std::io::Result<()> {
    writer.create_element("loc").write_text_content(BytesText::new(address))?;
    Ok(())
}
