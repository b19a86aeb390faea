//! Addresses: which schemes a link or an image may have, and which links leave the site.

/// Schemes of links. Everything else (`javascript:`, `data:`, `vbscript:`, `file:` and what is yet to
/// be invented) is refused.
pub(super) const LINK_SCHEMES: [&str; 8] =
    ["http", "https", "mailto", "tel", "sms", "sip", "xmpp", "geo"];
/// Schemes of images.
const IMAGE_SCHEMES: [&str; 2] = ["http", "https"];

/// Whether a link may have this address: relative, or with a scheme from the list.
pub(super) fn is_allowed(url: &str) -> bool {
    scheme(url).is_none_or(|scheme| LINK_SCHEMES.contains(&scheme.as_str()))
}

/// Whether an image may have this address.
pub(super) fn is_allowed_image(url: &str) -> bool {
    scheme(url).is_none_or(|scheme| IMAGE_SCHEMES.contains(&scheme.as_str()))
}

/// Whether a link leads to another site: an absolute web address, or one without a scheme that names a
/// host (backslashes count, as they do for browsers).
pub(super) fn is_external(url: &str) -> bool {
    match scheme(url) {
        Some(scheme) => matches!(scheme.as_str(), "http" | "https"),
        None => url.trim_start_matches(is_ignored).replace('\\', "/").starts_with("//"),
    }
}

/// The scheme as a browser reads it (WHATWG URL, section 4.4): leading controls and spaces, and tabs and
/// line ends anywhere, are skipped.
fn scheme(url: &str) -> Option<String> {
    let mut scheme = String::new();
    for c in url.trim_start_matches(is_ignored).chars().filter(|c| !matches!(c, '\t' | '\n' | '\r'))
    {
        match c {
            ':' if !scheme.is_empty() => return Some(scheme),
            'a'..='z' | 'A'..='Z' => scheme.push(c.to_ascii_lowercase()),
            '0'..='9' | '+' | '-' | '.' if !scheme.is_empty() => scheme.push(c),
            _ => return None,
        }
    }
    None
}

const fn is_ignored(c: char) -> bool {
    c <= ' '
}

/// `text` with its percent-encoded UTF-8 decoded; as it is when that is no UTF-8.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex =
            after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_and_relative_addresses_are_allowed() {
        for url in [
            "",
            "#a",
            "/a",
            "a/b:c",
            "?x=javascript:",
            "https://a",
            "MAILTO:a@b",
            "tel:+44",
            "//a",
            "1a:b",
            "&colon;",
        ] {
            assert!(is_allowed(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            " \u{1}javascript:x",
            "java\nscript:x",
            "java\tscript\t:x",
            "data:,",
            "vbscript:x",
            "file:///etc",
            "a+b:c",
            "blob:x",
        ] {
            assert!(!is_allowed(url), "{url:?}");
        }
        assert!(is_allowed("tel:1") && !is_allowed_image("tel:1") && is_allowed_image("a.png"));
    }

    #[test]
    fn a_link_with_a_host_leaves_the_site() {
        for url in ["https://a", "HTTP://a", "//a", "\\\\a", "/\\a"] {
            assert!(is_external(url), "{url}");
        }
        for url in ["/a", "a", "#a", "mailto:a@b", "tel:1"] {
            assert!(!is_external(url), "{url}");
        }
    }

    #[test]
    fn percent_encoded_text_is_decoded() {
        assert_eq!(decoded("caf%C3%A9%20%zz%"), "café %zz%");
        assert_eq!(decoded("%ff"), "%ff");
    }
}
