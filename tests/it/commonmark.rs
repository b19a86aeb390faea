//! `CommonMark`'s own examples, all of them, against what the library makes of them.
//!
//! The specification (CC BY-SA) isn't part of the repository: `cargo xtask test` fetches it by npm and tells
//! its path as `COMMONMARK_SPEC`; without that there is nothing to compare with. What differs and why is listed in `docs/markdown.md`, and that list is
//! checked in both directions.

use std::{collections::BTreeMap, env, fs, path::Path};

use cms_core::{embed, locale::Locale, markdown};

use crate::html::{Item, items};

const BLOCKS: [&str; 26] = [
    "blockquote",
    "br",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "ul",
];

#[test]
fn every_example_of_the_specification_passes_or_is_a_listed_exception() {
    let Some(path) = env::var_os("COMMONMARK_SPEC") else {
        return;
    };
    let examples = examples(&fs::read_to_string(path).unwrap());
    assert_eq!(examples.len(), 652);
    let exceptions = exceptions();
    let mut wrong = Vec::new();
    for (number, (source, expected)) in (1..).zip(&examples) {
        let html = rendered(source);
        let passes = normal(&html) == normal(expected);
        if passes == exceptions.contains_key(&number) {
            wrong.push(format!(
                "{number}: {source:?}\n  expected {expected:?}\n  rendered {html:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} examples:\n{}", wrong.len(), wrong.join("\n"));
}

fn rendered(source: &str) -> String {
    let rendered = markdown::render(source, &Locale::english());
    embed::fill(&rendered.html, |token, _| token.to_string())
}

/// The examples in order: source and HTML. Tabs are written as arrows there.
pub fn examples(spec: &str) -> Vec<(String, String)> {
    let fence = "`".repeat(32);
    let mut examples = Vec::new();
    let mut rest = spec.split("<!-- END TESTS -->").next().unwrap();
    while let Some((_, from)) = rest.split_once(&format!("\n{fence} example\n")) {
        let (example, after) = from.split_once(&format!("\n{fence}\n")).unwrap();
        let example = format!("\n{example}\n").replace('→', "\t");
        let (source, html) = example.split_once("\n.\n").unwrap();
        examples.push((
            format!("{}\n", source.strip_prefix('\n').unwrap_or_default()),
            html.to_owned(),
        ));
        rest = after;
    }
    examples
}

/// The rows `| number | reason |` of the list in the documentation.
fn exceptions() -> BTreeMap<usize, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/markdown.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (number, reason) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((number.parse().ok()?, reason.trim_end_matches(" |").to_owned()))
    });
    rows.collect()
}

/// HTML in a form in which two that mean the same are equal: by html5ever, attributes in order, white space
/// collapsed as browsers do, and without the attributes that rendering adds by design.
fn normal(html: &str) -> String {
    let mut out = String::new();
    let mut depth_in_pre = 0_usize;
    for item in items(html) {
        match item {
            Item::Start(name, mut attributes) => {
                depth_in_pre += usize::from(name == "pre");
                attributes.retain(|(attribute, value)| !is_added(&name, attribute, value));
                attributes.sort();
                push_tag(&mut out, &name, &format!("<{name} {attributes:?}>"));
            }
            Item::End(name) => {
                depth_in_pre -= usize::from(name == "pre");
                push_tag(&mut out, &name, &format!("</{name}>"));
            }
            Item::Text(text) if depth_in_pre > 0 => out.push_str(&text),
            Item::Text(text) => {
                for c in text.chars() {
                    let is_white = matches!(c, ' ' | '\n' | '\t');
                    if !is_white {
                        out.push(c);
                    } else if !out.is_empty() && !out.ends_with([' ', '\u{1}']) {
                        out.push(' ');
                    }
                }
            }
            Item::Other => out.push_str("<!>"),
        }
    }
    out.trim_end().to_owned()
}

/// White space next to a block means nothing; U+0001 marks where one began or ended.
fn push_tag(out: &mut String, name: &str, tag: &str) {
    let is_block = BLOCKS.contains(&name);
    if is_block {
        out.truncate(out.trim_end_matches(' ').len());
    }
    out.push_str(tag);
    if is_block {
        out.push('\u{1}');
    }
}

fn is_added(element: &str, attribute: &str, value: &str) -> bool {
    match attribute {
        "id" => element.starts_with('h') && value.starts_with("h-"),
        "rel" => element == "a" && value == "noopener noreferrer external",
        "class" => element == "a" && value == "external",
        "loading" => element == "img",
        _ => false,
    }
}
