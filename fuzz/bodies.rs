//! What each fuzz target does with its bytes, and what must be true whatever they are. Shared by cargo-fuzz
//! and by the tests; a broken property is a panic.

use std::sync::LazyLock;

use cms_core::{
    commands::import::line::{Line, LocaleMap},
    content_type::{self, ContentType},
    embed::{self, EmbedToken},
    event::{Part, SiteLocale},
    filter::{Filter, SortKey, sort},
    id::{FieldName, TypeName},
    locale::{Locale, Locales},
    markdown,
    media::{Kind, Limits, Rendition, render, take_in},
    redirect::OldPath,
    search::{ListQuery, Passages, Position, syntax},
};
use cms_server::{
    delivery::{cursor as wire, entries::EntryList},
    guards::query::Query,
};

/// A target: its name, its body, and what to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static str]);

/// All targets.
pub const TARGETS: &[Target] = &[
    ("locale", locale, LOCALES),
    ("cursor", cursor, CURSORS),
    ("filter", filter, FILTERS),
    ("import_line", import_line, LINES),
    ("markdown", markdown, TEXTS),
    ("old_path", old_path, PATHS),
    ("picture", picture, PICTURES),
    ("rendition", rendition, RENDITIONS),
    ("search", search, QUESTIONS),
];

static TYPES: LazyLock<Vec<ContentType>> = LazyLock::new(|| {
    let parse = |(_, file): (TypeName, &str)| {
        ContentType::parse(&serde_json::from_str(file).unwrap()).unwrap()
    };
    content_type::shipped().into_iter().map(parse).collect()
});

static SITE: LazyLock<Locales> = LazyLock::new(|| {
    let tags = ["en", "fr", "zh-Hant", "sr-Latn", "ar", "pt-BR"].map(|tag| SiteLocale {
        tag: Locale::parse(tag).unwrap(),
        name: tag.to_owned(),
        fallback: None,
    });
    Locales::new(Locale::english(), tags.to_vec())
});

const PICTURES: &[&str] = &[
    "GIF89a\u{2}\0\u{1}\0\u{80}\0\0\0\0\0\u{ff}\u{ff}\u{ff},\0\0\0\0\u{2}\0\u{1}\0\0\u{2}\u{2}D\n\0;",
    "GIF89a\u{1}\0\u{1}\0\0\0\0!\u{fe}\u{3}abc\0,\0\0\0\0\u{1}\0\u{1}\0\u{80}\0\0\0\u{ff}\u{ff}\u{ff}\u{2}\u{2}D\u{1}\0;",
    "\u{89}PNG\r\n\u{1a}\n\0\0\0\rIHDR\0\0\0\u{1}\0\0\0\u{1}\u{8}\0\0\0\0:~\u{9b}U\0\0\0\u{8}tEXtAuthor\0a\u{90}\u{19}\u{d9}-\0\0\0\nIDATx\u{9c}c\u{a8}\u{7}\0\0\u{81}\0\u{80}\u{d3}\u{94}SJ\0\0\0\0IEND\u{ae}B`\u{82}",
    "RIFF\u{1a}\0\0\0WEBPVP8L\u{d}\0\0\0/\0\0\0\u{10}\u{7}\u{10}\u{11}\u{11}\u{88}\u{88}\u{fe}\u{7}\0",
    "\u{ff}\u{d8}\u{ff}\u{e1}\0\u{10}Exif\0\0II*\0\u{8}\0\0\0\u{ff}\u{d9}",
    "\0\0\0\u{14}ftypavif\0\0\0\0mif1\0\0\0\u{8}meta",
    "<svg viewBox=\"0 0 1 1\"><style>a{fill:url(#a)}</style><path d=\"M0 0h1\"/><use href=\"#a\"/></svg>",
    "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>a</script></svg>",
    "%PDF-1.7\n1 0 obj<</A/B>>endobj\nstartxref\n9\n%%EOF\n",
    "WEBVTT\n\nSTYLE\na{}\n\n1\n00:01.000 --> 00:02.000\na\n",
];

const RENDITIONS: &[&str] = &[
    "640.webp",
    "640x360-cover.avif",
    "640x360-contain.png",
    "640x360-cover-f500.250-c0.0.1000.800.jpg",
];

const LOCALES: &[&str] = &[
    "en",
    "fr-CA",
    "zh-tw",
    "sr-Latn-RS",
    "de-DE-1996-x-leicht",
    "iw",
    "i-klingon",
    "x-private",
    "und",
    "en-u-ca-buddhist-t-fr",
    "sl-rozaj-biske-1994",
    "fr-CA, *;q=0.5, en;q=0, ;;",
    "da, en-gb;q=0.8, en;q=0.7",
];

/// A tag has one canonical spelling, and looking for content ends, in a locale of the site.
pub fn locale(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let negotiated = SITE.negotiate(text);
    assert!(SITE.all().iter().any(|site| site.tag == negotiated));
    let Ok(locale) = Locale::parse(text) else { return };
    assert_eq!(Locale::parse(locale.as_str()).unwrap().as_str(), locale.as_str());
    assert!(!locale.own_name().is_empty());
    let shorter = locale.truncations();
    assert_eq!(shorter.first(), Some(&locale));
    assert!(shorter.len() <= 40);
    assert!(locale.matches(&locale.matching()) || locale.as_str().starts_with("x-"));
    let chain = SITE.chain(&locale, &negotiated);
    assert!(chain.iter().all(|step| SITE.all().iter().any(|site| site.tag == *step)));
    assert!((1..=SITE.all().len()).contains(&chain.len()));
}

const CURSORS: &[&str] = &[
    "AAAAAAAAeyJlIjowLCJuIjowLCJjIjpbMCwwLDAsMCwwLDAsMCwwXX0",
    "Zm9vYmFyeyJlIjoxfQ",
    "%",
    "eyJlIjoxLCJuIjoyfQ==",
];

/// What is no cursor of this server is refused, and what is read says the same again.
pub fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(place) = wire::to_changes(text) {
        assert_eq!(wire::to_changes(&wire::of_changes(&place)), Ok(place));
    }
    let query = ListQuery {
        types: vec![TypeName::parse("guidance").unwrap()],
        locale: Locale::english(),
        exact: false,
        filter: Filter::default(),
        sort: Vec::new(),
        limit: 20,
        after: None,
        facets: Vec::new(),
        count: false,
    };
    if let Ok(position) = Position::from_cursor(text, &query) {
        let again = position.to_cursor(&query);
        assert_eq!(Position::from_cursor(&again, &query).unwrap().to_cursor(&query), again);
    }
}

const FILTERS: &[&str] = &[
    "locale=fr&filter[topics]=a,b&filter[age_min][gte]=3&sort=-published_at,title&limit=5",
    "filter%5Breview_due%5D%5Blt%5D=2026-01-01&facet=topics,audiences&count=exact",
    "filter[concerns][exists]=true&fields=title,body&include=topics.parent&cursor=abc",
    "filter[age_min]=1e9&filter[age_min][like]=x&limit=0&locale=&&=&%zz",
];

/// A query of a list is taken or refused with places, by the parameters' table and by the types' fields.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Query::<EntryList>::parse(text) {
        Ok(_) => {}
        Err(faults) => assert!(!faults.is_empty()),
    }
    let pairs: Vec<_> = text.split('&').filter_map(|pair| pair.split_once('=')).collect();
    for content_type in TYPES.iter() {
        let known = |name: &FieldName| content_type.list_field(name);
        if let Err(wrong) = Filter::parse(pairs.iter().copied(), &known) {
            assert!(wrong.iter().all(|violation| !violation.code.is_empty()) && !wrong.is_empty());
        }
        for (_, value) in &pairs {
            if let Ok(keys) = SortKey::parse_all(value, &known) {
                assert!(!keys.is_empty());
            }
            if let Ok(names) = sort::facets(value, &known) {
                assert!(names.iter().all(|name| content_type.field(name).is_some()));
            }
        }
    }
}

const LINES: &[&str] = &[
    r#"{"type":"guidance","key":"a","source_locale":"en","locale":"fr","status":"published","fields":{"title":"T","body":"b"}}"#,
    r#"{"type":"page","key":"b","source_locale":"en","locale":"en","status":"draft","slug":"b","shared":{"parent":"key:a","position":1},"fields":{"title":"T"},"updated_at":"2026-01-02T03:04:05Z"}"#,
    r#"{"type":"route","key":"r","source_locale":"ar","locale":"ar","status":"draft","agency":"x","shared":{"channels":[{"id":"phone","kind":"phone","value":"1"}]},"fields":{"title":"\u0627\ud83d\ude00"},"translates":"0000"}"#,
    r#"{"type":"redirect","shared":{"from":{"path":"/..","match":"prefix"},"to":{"url":"javascript:1"},"status":308}}"#,
];

/// A line is read or told all that is wrong with it; what was read is read the same when written again, and
/// what its type says of it has a place.
pub fn import_line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let map = LocaleMap::new();
    let line = match Line::parse(text, &map) {
        Ok(line) => line,
        Err(wrong) => {
            assert!(!wrong.is_empty());
            assert!(wrong.iter().all(|it| it.pointer.is_empty() || it.pointer.starts_with('/')));
            return;
        }
    };
    assert_eq!(line.digest.len(), 64);
    let again: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(Line::parse(&again.to_string(), &map).as_ref(), Ok(&line));
    for content_type in TYPES.iter() {
        let shared = line.shared.clone().unwrap_or_default();
        let localized = content_type.check_draft(&Part::Locale(line.locale.clone()), &line.fields);
        for violation in
            localized.into_iter().chain(content_type.check_draft(&Part::Shared, &shared))
        {
            assert!(violation.pointer.starts_with('/'), "{violation:?}");
        }
        content_type.check_publication(&line.fields, &shared);
        content_type.filter_values(&shared);
    }
}

const TEXTS: &[&str] = &[
    "# Über\n\nCall **{{route:line.phone}}** or [write](mailto:a@b.example).\n\n> [!NOTE]\n> Hi\n",
    "| a | b |\n|---|---|\n| {{entry:\"x.md\".title}} | <script>alert(1)</script> |\n\n- [ ] x[^1]\n\n[^1]: y\n",
    "<a href=\"javascript:alert(1)\" onclick=x>y</a><img src=x onerror=1>`{{route:x}}`\\{{route:y}}",
    "<div><details open><summary>s</summary>\n\n*t*\n\n</details></div>\n\n```js\n<style>\n```\n&lt;b&gt;",
    "![A *pier*](asset:a/b.jpg)\n\n[![x](<asset:c(1).png>)](/d) `![y](asset:e)` ![z](asset: f) ![{{route:a}}](asset:g)",
];

/// What is taken in is what it says it is, without what acts or tells of somebody; it is taken in again as it is, and
/// shown smaller.
pub fn picture(data: &[u8]) {
    let limits =
        Limits { pixels: 4_096, side: 256, frames: 8, memory: 4 << 20, ..Limits::default() };
    // Seeds are text: a picture's bytes are written as the characters of the same numbers.
    let narrow = std::str::from_utf8(data).ok();
    let narrow = narrow.and_then(|text| text.chars().map(|c| u8::try_from(c).ok()).collect());
    let bytes: Vec<u8> = narrow.unwrap_or_else(|| data.to_vec());
    let Ok(taken) = take_in(&bytes, &limits) else { return };
    assert_eq!(Kind::sniff(&bytes), Some(taken.kind));
    let active: &[u8] = match taken.kind {
        Kind::Svg => b"<script",
        Kind::Pdf => b"/JavaScript",
        Kind::Png => b"tEXt",
        Kind::Jpeg => b"Exif\0\0",
        Kind::Gif | Kind::Webp | Kind::Avif | Kind::WebVtt => b"<svg onload",
    };
    assert!(
        taken.kind == Kind::WebVtt
            || !taken.bytes.windows(active.len()).any(|found| found == active)
    );
    let again = take_in(&taken.bytes, &limits).unwrap();
    assert_eq!((again.kind, again.width, again.height), (taken.kind, taken.width, taken.height));
    if taken.kind.has_renditions() {
        let made = render(&taken.bytes, &Rendition::wide(16, Kind::Jpeg), &limits).unwrap();
        assert_eq!(Kind::sniff(&made), Some(Kind::Jpeg));
    }
}

/// A rendition has one name.
pub fn rendition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(rendition) = text.parse::<Rendition>() {
        assert_eq!(rendition.to_string(), text);
        assert!(rendition.is_valid());
    }
}

/// Active content never comes out, as HTML or as Markdown, and the same text always gives the same.
pub fn markdown(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rendered = markdown::render(text, &Locale::english());
    assert_inert(&embed::fill(&rendered.html, |_, _| String::new()));
    assert_eq!(rendered, markdown::render(text, &Locale::english()));
    assert_eq!(rendered, *markdown::rendered(text, &Locale::english()));
    for embed in &rendered.embeds {
        // Words of a picture's own are no part of what it stands for.
        let named = EmbedToken { alt: None, ..embed.token.clone() };
        assert_eq!(embed.token.to_string().parse::<EmbedToken>(), Ok(named));
        assert!(embed.line >= 1 && embed.column >= 1);
    }
    let safe = embed::fill(&rendered.markdown, |_, _| String::new());
    let twice = markdown::render(&safe, &Locale::english());
    assert_inert(&embed::fill(&twice.html, |_, _| String::new()));
}

/// No element and no attribute that acts, and no address that is code.
fn assert_inert(html: &str) {
    const ACTIVE: &[&str] = &[
        "script", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "svg",
        "math",
    ];
    for tag in tags(html) {
        let tag = tag.to_lowercase();
        let mut words = tag.split_whitespace();
        let name = words.next().unwrap_or_default().trim_matches('/');
        assert!(!ACTIVE.contains(&name), "{name} in {html}");
        for word in words {
            assert!(!word.starts_with("on") || !word.contains('='), "{word} in {html}");
            let address = ["href=", "src="].iter().find_map(|name| word.strip_prefix(name));
            let address = address.unwrap_or_default().trim_matches('"');
            assert!(!address.starts_with("javascript:") && !address.starts_with("data:"), "{html}");
        }
    }
}

/// What stands between `<` and `>`, for each tag; the spaces in quoted values are taken out.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut inside: Option<(String, bool)> = None;
    for c in html.chars() {
        inside = match (inside, c) {
            (None, '<') => Some((String::new(), false)),
            (None, _) => None,
            (Some((tag, false)), '>') => {
                tags.push(tag);
                None
            }
            (Some((tag, is_quoted)), '"') => Some((tag + "\"", !is_quoted)),
            (Some((tag, true)), c) if c.is_whitespace() => Some((tag, true)),
            (Some((mut tag, is_quoted)), c) => {
                tag.push(c);
                Some((tag, is_quoted))
            }
        };
    }
    tags
}

const PATHS: &[&str] =
    &["/", "/help/me", "/caf%C3%A9/", "//evil.example", "/a/../b", "/%2e%2e", "/a%2Fb", "/é?x#y"];

/// A path that is read begins with one slash, has no steps that lead elsewhere, and is read the same again.
pub fn old_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = OldPath::parse(text) else { return };
    assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
    assert!(!path.as_str().split('/').any(|step| step == "." || step == ".."));
    let encoded = path.as_str().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    assert_eq!(OldPath::parse(&encoded), Ok(path));
}

const QUESTIONS: &[&str] = &[
    "fake shops",
    "help \"fake profile\" -game",
    "«faux profil» -jeu -\"le chat\"",
    "「偽の店」 グルーミング",
    "+44 (0)20 7946-0958 116 111",
    "صهיל צה\"ל 𝕡𝕒𝕤𝕤 👩‍👩‍👧",
    "\u{202e}gnimoorg\u{202c} a* title:x^9 ~2 AND (",
    "\" -\"- \"\" --",
    "การล่อลวงทางออนไลน์ 카카오톡 sextorsion",
];

static ASKED: LazyLock<Passages> = LazyLock::new(|| {
    let texts = [
        "Fake shops and a fake profile: call 116 111.",
        "グルーミング 偽の店",
        "การล่อลวงทางออนไลน์",
    ];
    Passages::index(&Locale::english(), texts).unwrap()
});

/// Any text is a question: it is taken apart into bounded parts that say something, what is written without
/// operators is read the same again, and it is answered.
pub fn search(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let wanted = syntax::parse(text);
    let operators = [&wanted.phrases, &wanted.excluded];
    assert!(operators.iter().all(|parts| parts.len() <= syntax::MAX_OPERATORS));
    assert!(operators.into_iter().flatten().all(|part| part.chars().any(char::is_alphanumeric)));
    if wanted.phrases.is_empty() && wanted.excluded.is_empty() {
        assert_eq!(syntax::parse(&wanted.words).words, wanted.words);
    }
    let found = ASKED.ask(text, 10).unwrap();
    assert!(found.len() <= 3 && found.iter().all(|place| *place < 3));
}
