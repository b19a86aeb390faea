//! Markdown: what an author writes, made ready for readers when it is published.
//!
//! [`render`] gives sanitised HTML and safe Markdown, both cut at their embeds, with the plain text,
//! the headings, the links and the reading time. It leaves to others what the embeds are filled with,
//! and where the result is kept. The only home of comrak and ammonia.

mod address;
mod anchors;
mod blocks;
mod codes;
mod cut;
mod deliver;
mod dialect;
mod edits;
mod format;
mod holes;
mod kept;
mod labels;
mod policy;
mod raw;
mod reading;
mod sanitise;
mod segments;
mod settle;

use std::{collections::BTreeSet, panic};

use comrak::Arena;
use serde::{Deserialize, Serialize};

use self::{dialect::Dialect, holes::Prepared};
use crate::{
    embed::{BadEmbed, EmbedError, EmbedUse, Piece},
    locale::Locale,
};

pub use self::{
    blocks::blocks,
    codes::{codes, is_translatable, keeps_its_place, words},
    deliver::markdown_text,
    dialect::MAX_BYTES,
    kept::rendered,
    reading::summary_of,
    segments::cut,
};

/// A text made ready.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// Sanitised HTML, cut at its embeds: what fills them must be sanitised HTML too ([`html_text`]).
    pub html: Vec<Piece>,
    /// The author's Markdown without unsafe HTML and links, cut at its embeds: what fills them must be
    /// safe Markdown of one line ([`markdown_text`]).
    pub markdown: Vec<Piece>,
    /// What readers see, without markup: blocks on lines of their own, alternative texts and code
    /// included, embeds left out.
    pub text: String,
    /// The headings in order.
    pub headings: Vec<Heading>,
    /// The words of the text.
    pub words: u32,
    /// The minutes that reading takes, at least one.
    pub reading_minutes: u32,
    /// The embeds that are filled, in the order of the source.
    pub embeds: Vec<EmbedUse>,
    /// What looks like an embed and can't be filled.
    pub bad_embeds: Vec<BadEmbed>,
    /// Where links lead, in order, each once; links within the text apart.
    pub links: Vec<String>,
    /// Whether the text was beyond the bounds and is delivered without markup, with nothing filled.
    pub is_plain: bool,
}

/// A heading of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The id of its element in the HTML, unique in the text.
    pub id: String,
    /// Its text without markup.
    pub text: String,
}

/// Renders an author's Markdown in this locale.
///
/// Never fails: a text that is too long ([`MAX_BYTES`]) or too tangled to parse within bounds is
/// delivered as plain text. Time and memory are linear in the length of the source.
///
/// ```
/// use cms_core::{embed::fill, locale::Locale, markdown};
///
/// let locale = Locale::parse("en").unwrap();
/// let rendered = markdown::render("Call **{{route:ceop.phone}}** <script>now</script>", &locale);
/// let html = fill(&rendered.html, |_, _| markdown::html_text("0800 1111"));
/// assert_eq!(html.trim_end(), "<p>Call <strong>0800 1111</strong> </p>");
/// ```
pub fn render(source: &str, locale: &Locale) -> Rendered {
    let mut rendered = guarded(source, locale);
    rendered.words = reading::words(&rendered.text);
    rendered.reading_minutes = reading::minutes(rendered.words, locale);
    rendered
}

/// Plain text as HTML, for holes in HTML and for values in quotes.
pub fn html_text(text: &str) -> String {
    cut::escaped(text)
}

/// What readers see of sanitised HTML: blocks on lines of their own.
pub fn plain_text(html: &str) -> String {
    cut::cut(html, &Prepared::new("")).text
}

/// All but what is counted, for readers in this locale.
fn guarded(source: &str, locale: &Locale) -> Rendered {
    if source.len() > MAX_BYTES {
        return plain(source);
    }
    let prepared = Prepared::new(source);
    // A defect of a parser that others wrote must not stop a publication for good: without markup, the
    // text still reaches its readers.
    let rendered = panic::catch_unwind(|| parsed(source, &prepared, locale));
    if rendered.is_err() {
        tracing::error!(
            bytes = source.len(),
            "a Markdown text made its parser panic; delivered as plain text"
        );
    }
    rendered.ok().flatten().unwrap_or_else(|| plain(source))
}

fn parsed(source: &str, prepared: &Prepared, locale: &Locale) -> Option<Rendered> {
    let arena = Arena::new();
    let options = Dialect::Beacon.options();
    let root = dialect::parse(&arena, &prepared.text, &options)?;
    settle::apply(&settle::settle(root, |_| false));
    let formatted = format::format(root, &options, prepared, locale).ok()?;
    let cut = cut::cut(&sanitise::sanitise(&formatted.html), prepared);
    let misplaced = formatted.misplaced.union(&cut.misplaced).copied().collect();
    let markdown = deliver::deliver(prepared, &cut.filled);
    let (embeds, bad_embeds) = places(source, prepared, &cut, &misplaced);
    Some(Rendered {
        html: cut.pieces,
        markdown,
        text: cut.text,
        headings: formatted.headings,
        embeds,
        bad_embeds,
        links: cut.links,
        ..Rendered::default()
    })
}

/// A text that is not parsed: one paragraph, nothing filled.
fn plain(source: &str) -> Rendered {
    Rendered {
        html: vec![Piece::Text(format!("<p>{}</p>\n", cut::escaped(source)))],
        markdown: vec![Piece::Text(deliver::inert(source))],
        text: source.split_whitespace().collect::<Vec<_>>().join(" "),
        is_plain: true,
        ..Rendered::default()
    }
}

/// Which holes are embeds and which are mistakes, with their places in the source.
fn places(
    source: &str,
    prepared: &Prepared,
    cut: &cut::Cut,
    misplaced: &BTreeSet<usize>,
) -> (Vec<EmbedUse>, Vec<BadEmbed>) {
    let mut embeds = Vec::new();
    let mut bad = Vec::new();
    let (mut line, mut column, mut from) = (1, 1, 0);
    for (index, hole) in prepared.holes.iter().enumerate() {
        (line, column) = advanced(source.get(from..hole.at).unwrap_or_default(), line, column);
        from = hole.at;
        let mistake = |error| BadEmbed { text: hole.source.clone(), error, line, column };
        match &hole.token {
            Ok(token) if cut.filled.contains_key(&index) => {
                embeds.push(EmbedUse { token: token.clone(), line, column });
            }
            Ok(_) if misplaced.contains(&index) => bad.push(mistake(EmbedError::Misplaced)),
            Err(error) if cut.bad.contains(&index) || misplaced.contains(&index) => {
                bad.push(mistake(*error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    (embeds, bad)
}

/// The place after `text`, which begins at this line and column.
fn advanced(text: &str, mut line: usize, mut column: usize) -> (usize, usize) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' || (c == '\r' && chars.peek() != Some(&'\n')) {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embed::fill;

    fn rendered_in(source: &str, tag: &str) -> Rendered {
        render(source, &Locale::parse(tag).unwrap())
    }

    fn rendered(source: &str) -> Rendered {
        rendered_in(source, "en")
    }

    /// The HTML with each hole as `[token]`, or `[[token]]` where a block fits.
    fn html(source: &str) -> String {
        shown(&render(source, &Locale::parse("en").unwrap()).html)
    }

    fn shown(pieces: &[Piece]) -> String {
        fill(
            pieces,
            |token, block| if block { format!("[[{token}]]") } else { format!("[{token}]") },
        )
    }

    fn check(source: &str, expected: &str) {
        assert_eq!(html(source).trim_end(), expected, "{source}");
    }

    #[test]
    fn the_extensions_that_authors_may_use_are_on() {
        check(
            "~~a~~ https://a.example",
            "<p><del>a</del> <a href=\"https://a.example\" class=\"external\" rel=\"noopener noreferrer external\">https://a.example</a></p>",
        );
        check(
            "- [x] a",
            "<ul>\n<li><input type=\"checkbox\" checked=\"\" disabled=\"\"> a</li>\n</ul>",
        );
        check("a\n\n: b", "<dl>\n<dt>a</dt>\n<dd>\n<p>b</p>\n</dd>\n</dl>");
        check("**注意。**読む", "<p><strong>注意。</strong>読む</p>");
    }

    #[test]
    fn an_embed_in_running_text_is_a_hole() {
        check("Call {{route:ceop.phone}} now", "<p>Call [{{route:ceop.phone}}] now</p>");
        check(
            "**{{route:a}}** [b {{entry:c}}](/d)",
            "<p><strong>[{{route:a}}]</strong> <a href=\"/d\">b [{{entry:c}}]</a></p>",
        );
        check("## Call {{route:a}}", "<h2 id=\"h-call\">Call [{{route:a}}]</h2>");
        check(
            "| {{route:a}} |\n|---|\n| {{route:_b_}} |",
            "<table>\n<thead>\n<tr>\n<th scope=\"col\">[{{route:a}}]</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>[{{route:_b_}}]</td>\n</tr>\n</tbody>\n</table>",
        );
    }

    #[test]
    fn an_embed_alone_in_its_paragraph_is_a_hole_for_a_block() {
        check("{{route:a}}", "[[{{route:a}}]]");
        check(
            "> {{route:a}}\n\n- {{route:b}}",
            "<blockquote>\n[[{{route:a}}]]\n</blockquote>\n<ul>\n<li>\n[[{{route:b}}]]\n</li>\n</ul>",
        );
        check("{{route:a}} {{route:b}}", "<p>[{{route:a}}] [{{route:b}}]</p>");
    }

    #[test]
    fn an_embed_in_code_stays_text() {
        check("`{{route:a}}`", "<p><code>{{route:a}}</code></p>");
        check("```\n{{route:a}}\n```", "<pre><code>{{route:a}}\n</code></pre>");
        check("    {{ route:a }}", "<pre><code>{{ route:a }}\n</code></pre>");
        assert_eq!(rendered("`{{route:a}}` \\{{route:b}} <!-- {{route:c}} -->").embeds, []);
        assert_eq!(rendered("`{{route:}}` `{{route:a`").bad_embeds, []);
    }

    #[test]
    fn an_embed_in_an_address_a_title_or_an_image_is_not_filled_and_is_reported() {
        for source in [
            "[a]({{route:b}})",
            "[a](/b \"{{route:b}}\")",
            "![{{route:b}}](/a)",
            "<a title=\"{{route:b}}\">a</a>",
        ] {
            let rendered = rendered(source);
            assert_eq!(rendered.embeds, [], "{source}");
            assert!(
                !rendered.html.iter().any(|piece| matches!(piece, Piece::Embed { .. })),
                "{source}"
            );
            assert_eq!(rendered.bad_embeds[0].error, EmbedError::Misplaced, "{source}");
        }
    }

    #[test]
    fn embeds_and_mistakes_are_told_with_their_places() {
        let rendered = rendered("é {{route:a}}\r\n\r\n> {{route:}} {{entry:b.title}}");
        let places: Vec<_> = rendered
            .embeds
            .iter()
            .map(|found| (found.token.to_string(), found.line, found.column))
            .collect();
        assert_eq!(places, [("{{route:a}}".into(), 1, 3), ("{{entry:b.title}}".into(), 3, 14)]);
        let bad = &rendered.bad_embeds[0];
        assert_eq!(
            (bad.text.as_str(), bad.error, bad.line, bad.column),
            ("{{route:}}", EmbedError::NoTarget, 3, 3)
        );
        assert_eq!(bad.violation("/fields/body").facts["line"], "3");
        assert!(html("{{route:}}").contains("{{route:}}"));
    }

    #[test]
    fn links_that_leave_the_site_are_marked() {
        let rendered = rendered(
            "[a](/a) [b](//b) <a href=\"https://c\" target=_blank rel=opener>c</a> [d](#d) [a](/a)",
        );
        let html = shown(&rendered.html);
        assert_eq!(html.matches("rel=\"noopener noreferrer external\"").count(), 2);
        assert!(!html.contains("target") && !html.contains("\"opener"), "{html}");
        assert_eq!(rendered.links, ["/a", "//b", "https://c"]);
    }

    #[test]
    fn headings_have_anchors_in_any_script() {
        let rendered = rendered(
            "# Privacy & *you*\n## Privacy & you\n## `code` {{route:a}}\n# ?\n# القائمة الرئيسية\n# ความเป็นส่วนตัว\n# 通報・相談",
        );
        let ids: Vec<_> = rendered.headings.iter().map(|heading| heading.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "h-privacy-you",
                "h-privacy-you-2",
                "h-code",
                "h-section",
                "h-القائمة-الرئيسية",
                "h-ความเป็นส่วนตัว",
                "h-通報-相談"
            ]
        );
        assert_eq!(rendered.headings[0].text, "Privacy & you");
        assert_eq!(
            render("# IĞDIR İL", &Locale::parse("tr").unwrap()).headings[0].id,
            "h-ığdır-il"
        );
    }

    #[test]
    fn a_link_to_a_heading_reaches_it() {
        check(
            "[a](#what-to-do)\n# What to do",
            "<p><a href=\"#h-what-to-do\">a</a></p>\n<h1 id=\"h-what-to-do\">What to do</h1>",
        );
        check("[a](#elsewhere)", "<p><a href=\"#elsewhere\">a</a></p>");
    }

    #[test]
    fn the_text_is_what_readers_see() {
        let rendered = rendered(
            "# A *b*\n\nc  \nd `e` ![f](g) {{route:h}}.\n\n> [!NOTE]\n> i[^1]\n\n|j|k|\n|-|-|\n|l|m|\n\n<div>n &amp; <b>o</b></div>\n\n[^1]: p",
        );
        assert_eq!(rendered.text, "A b\nc\nd e f .\ni\nj k\nl m\nn & o\np");
        assert_eq!(rendered.reading_minutes, 1);
        assert_eq!(rendered.words, 14);
    }

    #[test]
    fn footnotes_and_alerts_have_ids_and_classes_of_ours() {
        check(
            "a[^x] b[^x]\n\n[^x]: c",
            "<p>a<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\" role=\"doc-noteref\">1</a></sup> b<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1-2\" role=\"doc-noteref\">1</a></sup></p>\n<section class=\"footnotes\" role=\"doc-endnotes\">\n<ol>\n<li id=\"fn-1\">\n<p>c <a href=\"#fnref-1\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference 1\">↩</a> <a href=\"#fnref-1-2\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference 1-2\">↩<sup>2</sup></a></p>\n</li>\n</ol>\n</section>",
        );
        check(
            "> [!WARNING]\n> a",
            "<div class=\"markdown-alert markdown-alert-warning\">\n<p class=\"markdown-alert-title\">Warning</p>\n<p>a</p>\n</div>",
        );
    }

    #[test]
    fn a_text_beyond_the_bounds_is_delivered_as_plain_text() {
        let source = "<b>a</b> ".repeat(300_000);
        let rendered = rendered(&source);
        assert!(shown(&rendered.html).starts_with("<p>&lt;b&gt;a"));
        assert!(shown(&rendered.markdown).starts_with("&lt;b>a"));
    }

    proptest! {
        #[test]
        fn rendered_html_is_sanitised_again_as_it_is(source in soup()) {
            let html = fill(&rendered(&source).html, |_, _| "x".to_owned());
            prop_assert_eq!(sanitise::sanitise(&html), html);
        }
    }

    /// Markup without links that leave the site, whose marks are added after sanitising.
    const SOUP: &str = "a §\n\n§    §> §- §# §|§\n|a|\n|-|\n|§`§```\n§*§**§[§](/x)§[^1]§\n[^1]: §![§<b>§</b>§<em>§</em>§<div>§\
        </div>§<p>§</p>§<table>§</table>§<tr>§<td>§</td>§</tr>§<a href=\"/x\">§</a>§<ul>§<li>§</li>§</ul>§<pre>§</pre>§\
        <details>§</details>§<summary>§</summary>§<h1>§</h1>§<ruby>§<rt>§</rt>§</ruby>§<br>§<img src=x>§<script>§</script>§\
        <!--§-->§&lt;§{{route:a}}§\n: §> [!NOTE]\n§\n";

    fn soup() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(SOUP.split('§').collect::<Vec<_>>());
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }
}
