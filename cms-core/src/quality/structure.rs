//! What isn't words: links, marks, tags, addresses, placeholders and embeds. Each must come over.

use std::collections::BTreeMap;

use super::{Check, Finding, Sides};
use crate::{
    embed::EmbedToken,
    segment::{
        code::{CodeKind, InlineCode, Side, code_key},
        facts::address,
    },
};

/// How often each thing stands in a text.
type Counts = BTreeMap<String, usize>;
/// What is counted of a code, if anything.
type Take = fn(&str, &InlineCode) -> Option<String>;

pub(super) fn check(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let of = |take: Take| {
        (counted(sides.raw.0, sides.codes.0, take), counted(sides.raw.1, sides.codes.1, take))
    };
    let compared: [(Check, Take); 4] = [
        (Check::MdLink, link),
        (Check::MdReflink, label),
        (Check::MdSyntax, mark),
        (Check::EmbedToken, embed),
    ];
    for (check, take) in compared {
        let (source, target) = of(take);
        found.extend(differ(check, &source, &target));
    }
    broken_marks(sides, found);
    let (mut source, mut target) = of(placeholder);
    if sides.is_plain {
        for it in braced(sides.raw.0) {
            *source.entry(it).or_default() += 1;
        }
        for it in braced(sides.raw.1) {
            *target.entry(it).or_default() += 1;
        }
    }
    let tags = (tags(sides.raw.0, sides.codes.0), tags(sides.raw.1, sides.codes.1));
    for tag in surplus(&tags.0, &tags.1) {
        source.insert(format!("<{tag}>"), 1);
    }
    found.extend(differ(Check::Placeholders, &source, &target));
    let (source, target) = tags;
    let surplus = Finding::new(Check::SafeHtml).listing(&[], &surplus(&target, &source));
    let is_unsafe = is_unsafe(sides.raw.1, sides.codes.1) && !is_unsafe(sides.raw.0, sides.codes.0);
    if is_unsafe || !surplus.surplus.is_empty() {
        found.push(surplus);
    }
    let (source, target) = of(host);
    found.extend(differ(Check::Url, &source, &target));
    link_language(sides, found);
}

fn counted(text: &str, codes: &[InlineCode], take: Take) -> Counts {
    let mut counts = Counts::new();
    for code in codes {
        let written = text.get(code.range.clone()).unwrap_or_default();
        if let Some(key) = take(written, code) {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

/// What one has more often than the other.
fn surplus(one: &Counts, other: &Counts) -> Vec<String> {
    let more = one.iter().filter(|(key, count)| other.get(*key).is_none_or(|it| it < *count));
    more.map(|(key, _)| key.clone()).collect()
}

fn differ(check: Check, source: &Counts, target: &Counts) -> Option<Finding> {
    let (missing, surplus) = (surplus(source, target), surplus(target, source));
    let differs = !missing.is_empty() || !surplus.is_empty();
    differs.then(|| Finding::new(check).listing(&missing, &surplus))
}

/// A link or an image, wherever it leads.
fn link(_: &str, code: &InlineCode) -> Option<String> {
    match (code.kind, code.side) {
        (CodeKind::Link, Side::Close(_)) | (CodeKind::Address, _) => Some("link".to_owned()),
        (CodeKind::Image, Side::Close(_)) => Some("image".to_owned()),
        (
            CodeKind::Link
            | CodeKind::Image
            | CodeKind::Emphasis
            | CodeKind::Strong
            | CodeKind::Strike
            | CodeKind::Code
            | CodeKind::Html
            | CodeKind::Embed
            | CodeKind::Note,
            _,
        ) => None,
    }
}

/// A link's label, which stands for an address elsewhere in the field.
fn label(written: &str, code: &InlineCode) -> Option<String> {
    let is_link = matches!(code.kind, CodeKind::Link | CodeKind::Image);
    let label = written.strip_prefix("][")?.strip_suffix(']')?;
    (is_link && !label.is_empty()).then(|| label.to_lowercase())
}

/// A pair of marks.
fn mark(_: &str, code: &InlineCode) -> Option<String> {
    let name = match code.kind {
        CodeKind::Strong => "**",
        CodeKind::Strike => "~~",
        CodeKind::Note => "[^]",
        // What is emphasised lightly in one script is often not in another, which has no slanted letters.
        CodeKind::Emphasis
        | CodeKind::Link
        | CodeKind::Image
        | CodeKind::Code
        | CodeKind::Html
        | CodeKind::Address
        | CodeKind::Embed => return None,
    };
    (!matches!(code.side, Side::Close(_))).then(|| name.to_owned())
}

/// Marks that were meant and are none, since a space stands where none may.
fn broken_marks(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let stray = |text: &str| ["**", "](", "`"].map(|mark| text.contains(mark));
    let is_stray = stray(&sides.target).iter().zip(stray(&sides.source)).any(|(t, s)| *t && !s);
    let is_told = found.iter().any(|finding| finding.check == Check::MdSyntax);
    if is_stray && !sides.is_plain && !is_told {
        found.push(Finding::new(Check::MdSyntax).listing(&[], &[]));
    }
}

fn embed(written: &str, code: &InlineCode) -> Option<String> {
    let token = (code.kind == CodeKind::Embed).then_some(written)?;
    Some(token.parse::<EmbedToken>().map_or_else(|_| token.to_owned(), |it| it.to_string()))
}

fn placeholder(written: &str, code: &InlineCode) -> Option<String> {
    match code.kind {
        CodeKind::Code => Some(code_key(written)),
        CodeKind::Html
        | CodeKind::Emphasis
        | CodeKind::Strong
        | CodeKind::Strike
        | CodeKind::Link
        | CodeKind::Image
        | CodeKind::Address
        | CodeKind::Embed
        | CodeKind::Note => None,
    }
}

/// The names of a text's tags, wherever they stand but in code.
fn tags(text: &str, codes: &[InlineCode]) -> Counts {
    let is_code = |at: usize| {
        let others = codes.iter().filter(|code| code.kind == CodeKind::Code);
        others.clone().any(|code| code.range.contains(&at))
    };
    let mut counts = Counts::new();
    for (at, _) in text.match_indices('<').filter(|(at, _)| !is_code(*at)) {
        let name = tag_name(text.get(at..).unwrap_or_default()).unwrap_or_default();
        let letters = name.trim_start_matches('/');
        let is_name = letters.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if is_name && letters.starts_with(|c: char| c.is_ascii_alphabetic()) {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

/// The name of a tag, with its slash where it closes.
fn tag_name(written: &str) -> Option<String> {
    let inside = written.strip_prefix('<')?;
    let end = inside.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(inside.len());
    Some(inside.get(..end)?.trim_end_matches('/').to_lowercase()).filter(|name| !name.is_empty())
}

/// Whether a tag or a link would run something, or is one that runs or frames something.
fn is_unsafe(text: &str, codes: &[InlineCode]) -> bool {
    codes.iter().any(|code| {
        let written = text.get(code.range.clone()).unwrap_or_default().to_lowercase();
        match code.kind {
            CodeKind::Html => {
                let name = tag_name(&written).unwrap_or_default();
                let runs = ["script", "iframe", "object", "embed", "style", "form", "base", "meta"];
                runs.contains(&name.trim_start_matches('/'))
                    || written
                        .split_whitespace()
                        .skip(1)
                        .any(|part| part.starts_with("on") && part.contains('='))
                    || written.contains("javascript:")
            }
            CodeKind::Link | CodeKind::Image | CodeKind::Address => {
                let to = address(&written);
                ["javascript:", "data:", "vbscript:"].iter().any(|it| to.starts_with(it))
            }
            CodeKind::Emphasis
            | CodeKind::Strong
            | CodeKind::Strike
            | CodeKind::Code
            | CodeKind::Embed
            | CodeKind::Note => false,
        }
    })
}

/// What stands in braces or behind a percent sign in a text that is no Markdown, and is no word.
fn braced(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let inside = rest.get(at..).unwrap_or_default();
        let Some(end) = inside.find('}') else { break };
        let token = inside.get(..=end).unwrap_or_default();
        let name = token.trim_matches(['{', '}']);
        if !name.is_empty() && !name.contains(char::is_whitespace) {
            found.push(token.to_owned());
        }
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Where a link leads, as far as a translation may not change it: the site, without its languages.
fn host(written: &str, code: &InlineCode) -> Option<String> {
    let to = target_of(written, code)?;
    let rest = to.strip_prefix("https://").or_else(|| to.strip_prefix("http://"))?;
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let host = rest.get(..end)?.to_lowercase();
    let mut labels: Vec<&str> = host.split('.').collect();
    while labels.len() > 2 && labels.first().is_some_and(|it| *it == "www" || is_language(it)) {
        labels.remove(0);
    }
    Some(labels.join("."))
}

fn target_of(written: &str, code: &InlineCode) -> Option<String> {
    let to = match code.kind {
        CodeKind::Link | CodeKind::Image if written.starts_with("](") => address(written),
        CodeKind::Address => written.trim_matches(['<', '>']),
        CodeKind::Link
        | CodeKind::Image
        | CodeKind::Emphasis
        | CodeKind::Strong
        | CodeKind::Strike
        | CodeKind::Code
        | CodeKind::Html
        | CodeKind::Embed
        | CodeKind::Note => return None,
    };
    Some(to.to_owned())
}

/// A part of an address that names a language: two letters, with a region or without.
fn is_language(part: &str) -> bool {
    let (language, rest) = part.split_once(['-', '_']).unwrap_or((part, ""));
    let is_letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    language.len() == 2 && is_letters(language) && rest.len() <= 4 && is_letters(rest)
}

/// The parts of an address that may name a language: the first of its host, and the steps of its path. The last of its
/// host names a country.
fn steps(link: &str) -> Vec<String> {
    let plain = link.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    let (host, path) = match plain.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", plain.as_str()),
    };
    let first = host.split('.').next().filter(|_| host.split('.').count() > 2);
    first.into_iter().chain(path.split('/')).map(str::to_owned).collect()
}

/// Links that lead to the source's language still.
fn link_language(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let (of, to) = (sides.languages.0.language(), sides.languages.1.language());
    if of == to {
        return;
    }
    let mut wrong = Vec::new();
    for code in sides.codes.1 {
        let written = sides.raw.1.get(code.range.clone()).unwrap_or_default();
        let Some(link) = target_of(written, code) else { continue };
        let steps = steps(&link);
        let leads_to = |language: &str| {
            let mut named = steps.iter().filter(|step| is_language(step));
            named.any(|step| step.split(['-', '_']).next() == Some(language))
        };
        if leads_to(of) && !leads_to(to) {
            wrong.push(link);
        }
    }
    if !wrong.is_empty() {
        found.push(Finding::new(Check::LinkLanguage).listing(&[], &wrong));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, found_plain};
    use crate::quality::Check::{
        self, EmbedToken, LinkLanguage, MdLink, MdReflink, MdSyntax, Placeholders, SafeHtml, Url,
    };

    /// Translations of a source, by language, of which the first are right and the others wrong.
    fn told(check: Check, source: &str, right: [(&str, &str); 4], wrong: [(&str, &str); 4]) {
        for (target, language) in right {
            assert!(!found(source, target, language).contains(&check), "{check}: {target}");
        }
        for (target, language) in wrong {
            assert!(found(source, target, language).contains(&check), "{check}: {target}");
        }
    }

    #[test]
    fn links_come_over_and_may_lead_elsewhere() {
        told(
            MdLink,
            "See [the form](https://a.example/en) now.",
            [
                ("Voir [le formulaire](https://a.example/fr).", "fr"),
                ("انظر [النموذج](https://a.example/ar).", "ar"),
                ("请看[表格](https://a.example/zh)。", "zh"),
                ("См. [форму](https://a.example/ru).", "ru"),
            ],
            [
                ("Voir le formulaire.", "fr"),
                ("انظر النموذج.", "ar"),
                ("请看[表格]（https://a.example/zh）。", "zh"),
                ("См. [форму] (/ru).", "ru"),
            ],
        );
        told(
            MdReflink,
            "See [the form][form] now.",
            [
                ("Voir [le formulaire][form].", "fr"),
                ("انظر [النموذج][form].", "ar"),
                ("请看[表格][form]。", "zh"),
                ("См. [форму][Form].", "ru"),
            ],
            [
                ("Voir [le formulaire][formulaire].", "fr"),
                ("انظر [النموذج][نموذج].", "ar"),
                ("请看[表格][表]。", "zh"),
                ("См. [форму](/ru).", "ru"),
            ],
        );
    }

    #[test]
    fn marks_of_markdown_come_over() {
        told(
            MdSyntax,
            "**Do not** pay.",
            [
                ("**Ne payez pas.**", "fr"),
                ("**لا** تدفع.", "ar"),
                ("**不要**付款。", "zh"),
                ("**Не** платите.", "ru"),
            ],
            [
                ("Ne payez pas.", "fr"),
                ("** لا ** تدفع.", "ar"),
                ("** 不要**付款。", "zh"),
                ("**Не** **платите**.", "ru"),
            ],
        );
    }

    #[test]
    fn embeds_code_and_placeholders_come_over() {
        told(
            EmbedToken,
            "Call {{route:line.phone}}.",
            [
                ("Appelez le {{ route:line.phone }}.", "fr"),
                ("اتصل {{route:line.phone}}.", "ar"),
                ("请拨打{{route:line.phone}}。", "zh"),
                ("Звоните {{route:line.phone}}.", "ru"),
            ],
            [
                ("Appelez le {{route:ligne.phone}}.", "fr"),
                ("اتصل 116111.", "ar"),
                ("请拨打{{route:line.sms}}。", "zh"),
                ("Звоните {{route:line.phone}} {{route:line.phone}}.", "ru"),
            ],
        );
        told(
            Placeholders,
            "Type `rm` <kbd>now</kbd>.",
            [
                ("Tapez `rm` <kbd>vite</kbd>.", "fr"),
                ("اكتب `rm` <kbd>الآن</kbd>.", "ar"),
                ("<kbd>现在</kbd>输入 `rm`。", "zh"),
                ("Введите `rm` <kbd>сейчас</kbd>.", "ru"),
            ],
            [
                ("Tapez `rm -f` <kbd>vite</kbd>.", "fr"),
                ("اكتب rm <kbd>الآن</kbd>.", "ar"),
                ("现在输入 `rm`。", "zh"),
                ("Введите `rm` сейчас.", "ru"),
            ],
        );
        for (target, language) in [
            ("Bonjour {name}", "fr"),
            ("مرحبا {name}", "ar"),
            ("你好{name}", "zh"),
            ("Привет {name}", "ru"),
        ] {
            assert!(!found_plain("Hello {name}", target, language).contains(&Placeholders));
            let renamed = target.replace("name", "nom");
            assert!(found_plain("Hello {name}", &renamed, language).contains(&Placeholders));
        }
    }

    #[test]
    fn tags_and_links_that_run_something_are_told() {
        told(
            SafeHtml,
            "Read <b>this</b>.",
            [
                ("Lisez <b>ceci</b>.", "fr"),
                ("اقرأ <b>هذا</b>.", "ar"),
                ("请读<b>这个</b>。", "zh"),
                ("Читайте это.", "ru"),
            ],
            [
                ("Lisez <script>ceci</script>.", "fr"),
                ("اقرأ <b onclick=\"x()\">هذا</b>.", "ar"),
                ("请读[这个](javascript:x())。", "zh"),
                ("Читайте <i>это</i>.", "ru"),
            ],
        );
    }

    #[test]
    fn links_lead_to_the_same_site_in_the_language_of_the_text() {
        let source = "See [it](https://en.a.example/en/x).";
        told(
            Url,
            source,
            [
                ("Voir [ça](https://fr.a.example/fr/x).", "fr"),
                ("انظر [هذا](https://a.example/ar).", "ar"),
                ("请看[它](https://www.a.example/)。", "zh"),
                ("См. [это](https://ru.a.example/en/x).", "ru"),
            ],
            [
                ("Voir [ça](https://b.example/fr/x).", "fr"),
                ("انظر [هذا](https://a.example.com/ar).", "ar"),
                ("请看[它](/zh)。", "zh"),
                ("См. [это](https://a.exampel/).", "ru"),
            ],
        );
        told(
            LinkLanguage,
            source,
            [
                ("Voir [ça](https://a.example/fr/x).", "fr"),
                ("انظر [هذا](https://ar.a.example/x).", "ar"),
                ("请看[它](https://a.example/zh-CN/x)。", "zh"),
                ("См. [это](https://a.example/x).", "ru"),
            ],
            [
                ("Voir [ça](https://a.example/en/x).", "fr"),
                ("انظر [هذا](https://en.a.example/x).", "ar"),
                ("请看[它](/en-GB/x)。", "zh"),
                ("См. [это](https://a.example/en).", "ru"),
            ],
        );
    }
}
