//! The sanitiser of rendered HTML: the last thing that it passes, whatever came before.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::Builder;

use super::{address, policy};

/// `html` with nothing but what the policy allows, every element closed.
pub(super) fn sanitise(html: &str) -> String {
    with_first_newlines(SANITISER.clean(html).to_string())
}

/// A newline right behind the tag of a `pre` is no part of it (HTML, section 13.1.2.5): one that is part of it has
/// to be written twice, or the next who reads it loses it.
fn with_first_newlines(html: String) -> String {
    const PRE: &str = "<pre";
    if !html.contains(PRE) {
        return html;
    }
    let mut out = String::with_capacity(html.len() + 8);
    let mut rest = html.as_str();
    while let Some((before, tag)) = rest.split_once(PRE) {
        let (attributes, inside) = tag.split_once('>').unwrap_or((tag, ""));
        out.extend([before, PRE, attributes, ">"]);
        if inside.starts_with('\n') {
            out.push('\n');
        }
        rest = inside;
    }
    out.push_str(rest);
    out
}

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(policy::ELEMENTS.into())
        .clean_content_tags(policy::DROPPED_WHOLE.into())
        .generic_attributes(policy::COMMON_ATTRIBUTES.into())
        .tag_attributes(
            policy::ATTRIBUTES
                .into_iter()
                .map(|(element, attributes)| {
                    (element, attributes.iter().copied().collect::<HashSet<_>>())
                })
                .collect(),
        )
        .attribute_filter(|element, attribute, value| {
            policy::allows(element, attribute, value).then_some(Cow::Borrowed(value))
        })
        .set_tag_attribute_value("img", "loading", "lazy")
        // One value an element: several would come in an order that changes from run to run.
        .set_tag_attribute_value("input", "disabled", "")
        .url_schemes(address::LINK_SCHEMES.into())
        // `cut` marks links that leave the site; the others need no `rel`.
        .link_rel(None);
    builder
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(sanitise(html), expected);
    }

    #[test]
    fn only_what_the_policy_allows_is_left() {
        check("<p onclick=x style=y data-a=b>a</p>", "<p>a</p>");
        check("<script>alert(1)</script><style>*{}</style>b", "b");
        check("<a href=javascript:x>c</a>", "<a>c</a>");
        check("<div class=\"x markdown-alert\">d</div>", "<div>d</div>");
        check("<b id=h-x>e</b><b id=location>f</b>", "<b id=\"h-x\">e</b><b>f</b>");
        check("<form action=x><input name=y><button>g</button></form>", "<input disabled=\"\">g");
        check("<img src=x srcset=y onerror=z>", "<img src=\"x\" loading=\"lazy\">");
    }

    #[test]
    fn a_first_newline_that_is_part_of_a_pre_stays() {
        check("<pre>\na</pre>", "<pre>a</pre>");
        check("<pre>\n\na</pre><pre>b</pre>", "<pre>\n\na</pre><pre>b</pre>");
        check("<pre><p>\n</pre>", "<pre><p>\n</p></pre>");
        check("<div><pre>\n<p>\n</pre>", "<div><pre><p>\n</p></pre></div>");
    }

    proptest! {
        #[test]
        fn what_is_sanitised_stays_as_it_is(html in soup()) {
            // A parser may close an element where its output doesn't say so; after that it is at rest.
            let mut once = sanitise(&html);
            for _ in 0..8 {
                once = sanitise(&once);
            }
            prop_assert_eq!(sanitise(&once), once);
        }
    }

    fn soup() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            " ",
            "\n",
            "<b>",
            "</b>",
            "<p>",
            "</p>",
            "<a href=x>",
            "</a>",
            "<div>",
            "</div>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<ul>",
            "<li>",
            "<pre>\n",
            "<svg>",
            "<math>",
            "<style>",
            "</style>",
            "<img src=x>",
            "<script>",
            "&lt;",
            "&amp;lt;",
            "<details>",
            "<br>",
            "<h1>",
            "</h2>",
        ]);
        prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
    }
}
