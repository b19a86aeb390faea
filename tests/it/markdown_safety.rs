//! Nothing active comes out of Markdown, whatever went in: neither in the HTML nor in the delivered Markdown
//! when others render it.
//!
//! Two renderers that share no code with ours stand for those of partners. All that comes out is read as a
//! browser reads it and held against a list of what is harmless, which is written here anew.

use cms_core::{
    embed::{self, Piece},
    locale::Locale,
    markdown,
};
use proptest::prelude::*;

use crate::html::{Item, items};

/// Payloads in the spirit of the public cheat sheets. `§` stands for what runs.
const PAYLOADS: &[&str] = &[
    // Elements that run or load.
    "<script>§</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<script\n>§</script\n>",
    "<scr<script>ipt>§</scr</script>ipt>",
    "<script/src=//x.example></script>",
    "</script><script>§</script>",
    "<<script>§//<</script>",
    "<script>§",
    "<iframe src=\"javascript:§\"></iframe>",
    "<iframe srcdoc=\"<script>§</script>\"></iframe>",
    "<object data=\"javascript:§\"></object>",
    "<embed src=\"javascript:§\">",
    "<applet code=x></applet>",
    "<base href=\"javascript:§//\">",
    "<link rel=stylesheet href=//x.example/x.css>",
    "<meta http-equiv=refresh content=\"0;url=javascript:§\">",
    "<style>@import '//x.example/x.css';</style>",
    "<style>*{background:url(javascript:§)}</style>",
    "<frameset><frame src=\"javascript:§\"></frameset>",
    "<template><script>§</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=§>\">",
    "<noembed><img src=x onerror=§></noembed>",
    "<xmp><img src=x onerror=§></xmp>",
    "<plaintext><img src=x onerror=§>",
    "<textarea><img title=\"</textarea><img src=x onerror=§>\">",
    "<title><a title=\"</title><img src=x onerror=§>\">",
    "<select><style></select><img src=x onerror=§></style>",
    // Handlers.
    "<img src=x onerror=§>",
    "<img src=x onerror=\"§\">",
    "<img src=x onerror='§'>",
    "<img src=x ONERROR=§>",
    "<img/src=x/onerror=§>",
    "<img src=\"x\"onerror=§>",
    "<img src=x\nonerror=§>",
    "<img src='x' title='\" onerror=§ \"'>",
    "<img \"\"\"><script>§</script>\">",
    "<img src=x:x onerror=§ alt=`>",
    "<img src=`x` onerror=§>",
    "<body onload=§>",
    "<div onmouseover=§>a</div>",
    "<b onclick=§>a</b>",
    "<details open ontoggle=§><summary>a</summary></details>",
    "<a href=# onclick=§>a</a>",
    "<a autofocus onfocus=§ tabindex=0>a</a>",
    "<input autofocus onfocus=§>",
    "<button formaction=\"javascript:§\">a</button>",
    "<form action=\"javascript:§\"><input type=submit></form>",
    "<video src=x onerror=§></video>",
    "<audio src=x onerror=§></audio>",
    "<marquee onstart=§>a</marquee>",
    "<p style=\"background:url(javascript:§)\">a</p>",
    "<p style=\"width:expression(§)\">a</p>",
    "<div style=position:fixed;inset:0>a</div>",
    // Foreign content and parsers that disagree.
    "<svg onload=§>",
    "<svg><script>§</script></svg>",
    "<svg><a xlink:href=\"javascript:§\"><text>a</text></a></svg>",
    "<svg><animate attributeName=href values=\"javascript:§\" /></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=§>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=§&gt;\">",
    "<math href=\"javascript:§\">a</math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=§>",
    "<table><td><select><script>§</script>",
    "<!--><img src=x onerror=§>-->",
    "<!--[if gte IE 4]><script>§</script><![endif]-->",
    "<!-- --!><img src=x onerror=§>",
    "<![CDATA[<img src=x onerror=§>]]>",
    "<?xml version=\"1.0\"?><script>§</script>",
    "<!DOCTYPE html [<!ENTITY x \"§\">]>",
    "<a href=\"x\" href=\"javascript:§\">a</a>",
    "<a title='<script>§</script>'>a</a>",
    "<a title=\"`<img src=x onerror=§>`\">a</a>",
    "<a\u{c}href=javascript:§>a</a>",
    "<\u{0}script>§</script>",
    "<img src=x onerror\u{0}=§>",
    // Addresses.
    "<a href=\"javascript:§\">a</a>",
    "<a href=\" javascript:§\">a</a>",
    "<a href=\"\u{1}javascript:§\">a</a>",
    "<a href=\"java\tscript:§\">a</a>",
    "<a href=\"java&Tab;script:§\">a</a>",
    "<a href=\"java&#10;script:§\">a</a>",
    "<a href=\"&#106;&#97;vascript:§\">a</a>",
    "<a href=\"&#x6A&#x61vascript:§\">a</a>",
    "<a href=\"javascript&colon;§\">a</a>",
    "<a href=\"data:text/html,<script>§</script>\">a</a>",
    "<a href=\"vbscript:§\">a</a>",
    "<img src=\"data:image/svg+xml,<svg onload=§>\">",
    "<img src=\"javascript:§\">",
    "<blockquote cite=\"javascript:§\">a</blockquote>",
    "[a](javascript:§)",
    "[a](JaVaScRiPt:§)",
    "[a](<javascript:§>)",
    "[a](<java\tscript:§>)",
    "[a](javascript&colon;§)",
    "[a](&#106;avascript:§)",
    "[a](javascript\\:§)",
    "[a](\\javascript:§)",
    "[a]( javascript:§ \"b\")",
    "[a](\njavascript:§)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:§)",
    "[a](file:///etc/passwd)",
    "[a](x:y)",
    "[](javascript:§)",
    "[*a* `b`](javascript:§)",
    "[a]\\](javascript:§)",
    "[![a](javascript:§)](javascript:§)",
    "![a](javascript:§)",
    "![a](data:image/svg+xml;base64,PHN2Zz4=)",
    "[a][b]\n\n[b]: javascript:§",
    "[b]\n\n[b]: <javascript:§> \"c\"",
    "[b]\n\n[b]:\n  javascript:§",
    "[b][]\n\n> [b]: javascript&#58;§",
    "[b]: javascript:§",
    "![b]\n\n[b]: data:,§",
    "<javascript:§>",
    "<JAVASCRIPT:§>",
    "<data:text/html,§>",
    "[a](/x \"\\\" onclick=§ \\\"\")",
    "[a](/x '\"><script>§</script>')",
    "[a](/x\" onclick=\"§)",
    "[a](<x\"onclick=§>)",
    "![a\" onerror=\"§](x)",
    "![<script>§</script>](x)",
    "https://x.example/\"onclick=\"§",
    "<https://x.example/\"onclick=\"§>",
    "mailto:a@x.example\"onclick=\"§",
    // What is code to one renderer and not to another.
    "| ` |\n|---|\n| `<img src=x onerror=§>` |",
    "| `a | b` <script>§</script> |\n|---|---|\n| c | d |",
    "[^1]\n\n[^1]: javascript:§",
    "[^1]\n\n[^1]: `\n    <img src=x onerror=§>\n    `",
    "[^1]:\n    ```\n    <script>§</script>\n    ```",
    "a `\n\n: b ` <img src=x onerror=§> `",
    "a\n\n:   `\n    <script>§</script> `",
    "``` <script>§</script>\n```",
    "```\"><script>§</script>\na\n```",
    "~~~js\" onclick=§\na\n~~~",
    "- `\n- <img src=x onerror=§> `",
    "> [!NOTE] <script>§</script>\n> a",
    "# <script>§</script> `a",
    "~~a `~~ <b onclick=§>`</b>",
    "<div>\n\n`</div>\n<img src=x onerror=§>`",
    // Embeds that pretend.
    "<b title=\"{{entry:\"x\" onclick=§ \"}}\">a</b>",
    "<img alt=\"{{entry:\"x\".y}}\" src=x>",
    "[a]({{route:javascript:§}})",
    "[a](javascript:{{route:x}})",
    "{{route:<script>§</script>}}",
    "{{route:x\"><script>§</script>}}",
    "\u{fdd0}\u{fdd3}\u{fdd2}&#xFDD0;&#xFDD3;&#xFDD2; {{route:x}}",
    // Names that a page's script may look up.
    "<a id=location name=location>a</a>",
    "<img id=cookie name=cookie src=x>",
    "<form id=x><input id=attributes></form>",
    "# location",
    "<p class=\"modal admin\" id=app is=x-y slot=z>a</p>",
];

/// Where a payload may stand; `§` is its place.
const CONTEXTS: &[&str] = &[
    "§",
    "a § b",
    "> §",
    "- §",
    "1. a\n\n   §",
    "# §",
    "| a |\n|---|\n| § |",
    "a[^1]\n\n[^1]: §",
    "a\n\n: §",
    "> [!WARNING]\n> §",
    "*§*",
    "[§](/x)",
    "`a` § `b`",
    "<div>\n§\n</div>",
    "<b>§</b>",
    "{{route:x}}\n§",
];

const ELEMENTS: &str = " a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em \
    figcaption figure h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q rp rt ruby s samp section small span \
    strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr ";
const ATTRIBUTES: &str = " align alt aria-label checked cite class colspan datetime dir disabled height href hreflang id \
    lang loading open rel reversed role rowspan scope span src start title type value width ";
const SCHEMES: [&str; 8] = ["http", "https", "mailto", "tel", "sms", "sip", "xmpp", "geo"];

#[test]
#[should_panic(expected = "onerror")]
fn the_check_sees_what_is_not_harmless() {
    assert_harmless("<p>a</p><img src=x onerror=y>", "", "");
}

#[test]
fn no_payload_survives_anywhere() {
    let run = "alert(1)";
    let mut tried = 0;
    for payload in PAYLOADS {
        for context in CONTEXTS {
            check_again(&check(&context.replace('§', &payload.replace('§', run))));
            tried += 1;
        }
    }
    assert!(PAYLOADS.len() >= 80 && tried >= 1_000);
}

#[test]
fn what_is_harmless_is_not_touched() {
    for source in [
        "a <b>b</b> <a href=\"/x?a=1&amp;b\" title='c'>d</a>\n\n<details>\n<summary>e</summary>\n\nf *g*\n\n</details>",
        "[a](/b \"c\") ![d](e.png) <https://f.example> [g]\n\n[g]: https://h.example 'i'",
        "`<script>` and\n\n```html\n<img src=x onerror=y>\n```\n\n    <b onclick=c>",
        "1 < 2 & 3 > 2 \\<b> &lt;script&gt; a<b",
        "Line\r\nends\r\n\r\n- and\ttabs  \n- *too*",
        "| a | b |\n|--|:-:|\n| `c` | <kbd>d</kbd><br>e |",
    ] {
        let rendered = markdown::render(source, &Locale::english());
        assert_eq!(rendered.markdown, [Piece::Text(source.to_owned())], "{source}");
    }
}

#[test]
fn what_is_taken_out_of_the_markdown_leaves_the_rest_as_it_was() {
    for (source, expected) in [
        ("a <script>b</script> c", "a  c"),
        ("a <b onclick=x lang=fr>b</b> c", "a <b lang=\"fr\">b</b> c"),
        ("a\n<!-- b -->\nc", "a\n\nc"),
        (
            "<div>\n<script>\nx\n</script>\n<p>*a*</p>\n</div>\n\nb",
            "<div>\n<p>*a*</p>\n</div>\n\nb",
        ),
        ("> <div onclick=x>\n> a\n> </div>", "> <div>\n> a\n> </div>"),
        ("[*a* b](javascript:x \"t\") c", "*a* b c"),
        ("![a](data:x) b", "a b"),
        ("<javascript:x> b", "javascript:x b"),
        ("[a][b] [b]\n\n[b]: javascript:x \"t\"", "a b\n\n[b]: # \"t\""),
        ("<div>a\n\nb", "a\n\nb"),
        ("a <b>b <i>c</b> d</i>", "a <b>b c</b> d"),
    ] {
        let rendered = markdown::render(source, &Locale::english());
        assert_eq!(filled(&rendered.markdown), expected, "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_soup_of_markup_survives(source in soup()) {
        check(&source);
    }

    #[test]
    fn any_text_is_rendered(source in any::<String>()) {
        check(&source);
    }

    #[test]
    fn each_embed_is_filled_at_most_once_and_none_is_made_up(source in soup()) {
        let rendered = markdown::render(&source, &Locale::english());
        let holes = |pieces: &[Piece]| {
            let tokens = pieces.iter().filter_map(|piece| match piece {
                Piece::Embed { token, .. } => Some(token.to_string()),
                Piece::Text(_) => None,
            });
            let mut tokens: Vec<_> = tokens.collect();
            tokens.sort();
            tokens
        };
        let mut told: Vec<_> = rendered.embeds.iter().map(|found| found.token.to_string()).collect();
        told.sort();
        prop_assert_eq!(holes(&rendered.html), told.clone());
        for token in holes(&rendered.markdown) {
            prop_assert!(told.contains(&token), "{}", token);
        }
        let left_over = filled(&rendered.html).contains('\u{fdd0}');
        prop_assert!(!left_over);
    }

    #[test]
    fn delivered_markdown_is_delivered_again_as_it_is(source in soup()) {
        let delivered = |source: &str| filled(&markdown::render(source, &Locale::english()).markdown);
        let once = delivered(&source.replace("{{", ""));
        let twice = delivered(&once);
        prop_assert_eq!(once, twice);
    }
}

/// Pieces of markup.
const SOUP: &[&str] = &[
    "a",
    "b ",
    " ",
    "\n",
    "\n\n",
    "    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "|",
    "|-|\n",
    "\n|a|\n|-|\n|",
    "`",
    "``",
    "```\n",
    "*",
    "**",
    "~~",
    "_",
    "[",
    "]",
    "](",
    ")",
    "](/x)",
    "](javascript:x)",
    "[^1]",
    "\n[^1]: ",
    "\n[a]: javascript:x\n",
    "[a]",
    "![",
    "<",
    ">",
    "</",
    "<b>",
    "</b>",
    "<b onclick=x>",
    "<div>",
    "</div>",
    "<div\n",
    "<p>",
    "<table><tr><td>",
    "<script>",
    "</script>",
    "<style>",
    "<img src=x onerror=x>",
    "<img src=x>",
    "<a href=\"/x\">",
    "</a>",
    "<a href=javascript:x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "\"",
    "'",
    "=",
    "/",
    "\\",
    "&",
    "&lt;",
    "&#60;",
    "&colon;",
    "javascript:",
    "onclick=x",
    "https://x.example",
    "{{route:a}}",
    "{{entry:\"b.c\".d}}",
    "{{route:",
    "}}",
    "\n: ",
    "> [!NOTE]\n",
    "\t",
    "\r\n",
    "\0",
    "é",
    "日本",
    "\u{200b}",
    "<details>",
    "</details>",
    "<svg>",
    "<br>",
];

/// Markup in any order: what a random text hardly ever is.
fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(SOUP), 0..40).prop_map(|pieces| pieces.concat())
}

/// Checks the HTML, and the delivered Markdown as rendered by one parser; gives the latter.
fn check(source: &str) -> String {
    let rendered = markdown::render(source, &Locale::english());
    assert_harmless(&filled(&rendered.html), source, "rendered");
    let markdown = filled(&rendered.markdown);
    let tables = pulldown_cmark::Options::ENABLE_TABLES
        | pulldown_cmark::Options::ENABLE_STRIKETHROUGH
        | pulldown_cmark::Options::ENABLE_TASKLISTS;
    for options in [pulldown_cmark::Options::empty(), tables] {
        let place = format!("{source}\n--- delivered\n{markdown}");
        assert_harmless(&pulldown(&markdown, options), &place, "pulldown-cmark");
    }
    markdown
}

/// The same by another parser, which has faults of its own in texts that nobody writes: it takes an indented
/// code block that a quotation begins with for text when a paragraph is before it.
fn check_again(markdown: &str) {
    // Footnotes have ids of the parser's own making.
    let github = ::markdown::Constructs {
        gfm_footnote_definition: false,
        gfm_label_start_footnote: false,
        ..::markdown::Constructs::gfm()
    };
    for constructs in [::markdown::Constructs::default(), github] {
        assert_harmless(&micromark(markdown, constructs), markdown, "markdown-rs");
    }
}

fn filled(pieces: &[Piece]) -> String {
    embed::fill(pieces, |_, _| "0800 1111".to_owned())
}

fn pulldown(source: &str, options: pulldown_cmark::Options) -> String {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(source, options));
    html
}

fn micromark(source: &str, constructs: ::markdown::Constructs) -> String {
    let options = ::markdown::Options {
        parse: ::markdown::ParseOptions { constructs, ..Default::default() },
        compile: ::markdown::CompileOptions {
            allow_dangerous_html: true,
            allow_dangerous_protocol: true,
            gfm_tagfilter: false,
            ..Default::default()
        },
    };
    ::markdown::to_html_with_options(source, &options).unwrap()
}

fn assert_harmless(html: &str, source: &str, renderer: &str) {
    for item in items(html) {
        let is_harmless = match &item {
            Item::Start(name, attributes) => {
                ELEMENTS.contains(&format!(" {name} "))
                    && attributes
                        .iter()
                        .all(|(attribute, value)| is_harmless_attribute(attribute, value))
                    && (name != "input"
                        || attributes.iter().any(|(attribute, _)| attribute == "disabled"))
            }
            Item::End(_) | Item::Text(_) => true,
            Item::Other => false,
        };
        assert!(is_harmless, "{renderer}: {item:?}\n--- html\n{html}\n--- source\n{source}");
    }
}

fn is_harmless_attribute(attribute: &str, value: &str) -> bool {
    ATTRIBUTES.contains(&format!(" {attribute} "))
        && match attribute {
            "href" | "src" | "cite" => is_harmless_address(value),
            "id" => ["h-", "fn-", "fnref-"].iter().any(|prefix| value.starts_with(prefix)),
            "type" => matches!(value, "checkbox" | "1" | "a" | "A" | "i" | "I"),
            _ => true,
        }
}

fn is_harmless_address(value: &str) -> bool {
    // A base, so that what browsers do with odd beginnings is done; its own scheme stands for "relative".
    let base = reqwest::Url::parse("https://base.example/").unwrap();
    base.join(value).map_or(true, |url| SCHEMES.contains(&url.scheme()))
}
