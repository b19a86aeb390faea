//! The policy: which HTML may go out, whoever wrote it, as an allow list of elements, attributes and
//! values. Nothing on it runs, loads a frame, styles the page, submits a form, or takes a name that a
//! page's own script may look up.
//!
//! Both the sanitiser of rendered HTML and the filter of raw HTML in delivered Markdown follow it.

use super::{address, anchors::PREFIX};

/// Elements that may go out. What another element holds stays, but for those of [`DROPPED_WHOLE`].
pub(super) const ELEMENTS: [&str; 65] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with all that they hold, which is no text for readers.
pub(super) const DROPPED_WHOLE: [&str; 17] = [
    "applet", "audio", "canvas", "iframe", "math", "noembed", "noframes", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea", "title", "xmp",
];

/// Attributes that any element may have.
pub(super) const COMMON_ATTRIBUTES: [&str; 5] = ["class", "dir", "id", "lang", "title"];

/// Attributes that an element may have besides.
pub(super) const ATTRIBUTES: [(&str, &[&str]); 16] = [
    ("a", &["aria-label", "href", "hreflang", "role"]),
    ("blockquote", &["cite"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("img", &["alt", "height", "src", "width"]),
    ("input", &["checked", "disabled", "type"]),
    ("ins", &["cite", "datetime"]),
    ("li", &["value"]),
    ("ol", &["reversed", "start", "type"]),
    ("q", &["cite"]),
    ("section", &["role"]),
    ("td", &["align", "colspan", "rowspan"]),
    ("th", &["align", "colspan", "rowspan", "scope"]),
    ("time", &["datetime"]),
];

/// What an id may start with: anchors of headings, footnotes and references to them.
const ID_PREFIXES: [&str; 3] = [PREFIX, "fn-", "fnref-"];

/// The classes that rendering makes, and on which elements.
const CLASSES: [(&str, &[&str]); 5] = [
    (
        "div",
        &[
            "markdown-alert",
            "markdown-alert-note",
            "markdown-alert-tip",
            "markdown-alert-important",
            "markdown-alert-warning",
            "markdown-alert-caution",
        ],
    ),
    ("p", &["markdown-alert-title"]),
    ("sup", &["footnote-ref"]),
    ("a", &["footnote-backref"]),
    ("section", &["footnotes"]),
];

/// Whether the policy lets an element have this attribute, whatever its value.
pub(super) fn has_attribute(element: &str, attribute: &str) -> bool {
    COMMON_ATTRIBUTES.contains(&attribute)
        || ATTRIBUTES
            .iter()
            .any(|(name, attributes)| *name == element && attributes.contains(&attribute))
}

/// Whether an attribute that an element may have may have this value.
pub(super) fn allows(element: &str, attribute: &str, value: &str) -> bool {
    match attribute {
        "href" | "cite" => address::is_allowed(value),
        "src" => address::is_allowed_image(value),
        "id" => ID_PREFIXES
            .iter()
            .any(|prefix| value.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())),
        "class" if element == "code" => value.strip_prefix("language-").is_some_and(is_word),
        "class" => CLASSES.iter().filter(|(name, _)| *name == element).any(|(_, classes)| {
            value.split_ascii_whitespace().all(|class| classes.contains(&class))
        }),
        "dir" => matches!(value, "ltr" | "rtl" | "auto"),
        "lang" | "hreflang" => is_simple(value),
        "role" => matches!(value, "doc-noteref" | "doc-backlink" | "doc-endnotes"),
        "scope" => matches!(value, "col" | "row" | "colgroup" | "rowgroup"),
        "align" => matches!(value, "left" | "right" | "center"),
        "type" if element == "input" => value == "checkbox",
        "type" => matches!(value, "1" | "a" | "A" | "i" | "I"),
        "start" | "value" => value.len() <= 10 && value.parse::<i64>().is_ok(),
        "colspan" | "rowspan" | "span" => value.parse::<u16>().is_ok_and(|number| number <= 100),
        "height" | "width" => value.parse::<u16>().is_ok(),
        "datetime" => value.len() <= 40,
        // Words for readers, and attributes whose presence is all that they say.
        _ => true,
    }
}

/// Whether a value is a short word in any script.
fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.chars().count())
        && !text.contains(|c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '"' | '\'' | '<' | '>' | '&' | '`' | '=')
        })
}

/// Whether a value is a short word with nothing odd in it, such as a language's tag.
fn is_simple(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'#' | b'.' | b'_' | b'-')
        })
}
