//! Writes every published page of a store as a file of HTML: a site without a server.

use std::{fs, path::Path};

use cms_core::{
    Cms,
    id::TypeName,
    locale::Locale,
    queries::entry::{EntryFound, EntryQuestion},
};
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Writes the pages of a type to `out`, one folder for each locale, and gives their number.
///
/// # Errors
/// When the store or the folder refuses.
pub fn write_site(cms: &Cms, type_name: &TypeName, out: &Path) -> Outcome<usize> {
    let delivery = cms.delivery();
    let mut written = 0;
    let mut after = None;
    loop {
        let entries = delivery.published(type_name, after, 100)?;
        let Some(last) = entries.last() else { return Ok(written) };
        for pages in delivery.published_pages(type_name, after, entries.len())? {
            for (locale, slug, _) in pages {
                write_page(cms, type_name, (&locale, &slug), out)?;
                written += 1;
            }
        }
        after = Some(*last);
    }
}

fn write_page(cms: &Cms, type_name: &TypeName, page: (&Locale, &str), out: &Path) -> Outcome<()> {
    let (locale, slug) = page;
    let question = EntryQuestion {
        type_name,
        name: slug,
        locale,
        explicit: true,
        fallback: false,
        fields: None,
        include: &[],
    };
    let EntryFound::Entry(answer) = cms.delivery().entry(&question)? else { return Ok(()) };
    let page: Value = serde_json::from_slice(&answer.body)?;
    let text = |pointer: &str| page.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let title = text("/data/fields/title").replace('&', "&amp;").replace('<', "&lt;");
    let (dir, body) = (text("/data/dir"), text("/data/fields/body/html"));
    let html = format!(
        "<!doctype html>\n<html lang=\"{locale}\" dir=\"{dir}\">\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<h1>{title}</h1>\n{body}</html>\n"
    );
    let folder = out.join(locale.as_str());
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{slug}.html")), html)?;
    Ok(())
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(data), Some(out)) = (arguments.next(), arguments.next()) else {
        println!(
            "static_site DATA OUT: writes the guidance of the store in DATA to the folder OUT"
        );
        return Ok(());
    };
    let cms = Cms::open(data).await?;
    println!("{} pages", write_site(&cms, &TypeName::parse("guidance")?, Path::new(&out))?);
    Ok(())
}
