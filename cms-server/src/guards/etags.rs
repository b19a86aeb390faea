//! `If-None-Match` (RFC 9110, section 13.1.2).

use rocket::Request;

/// Whether the reader has what `etag` names already. Comparison is weak, as the RFC wants it for reads;
/// lists, several header fields and `*` are read, and what is malformed matches nothing.
pub fn reader_has(request: &Request<'_>, etag: &str) -> bool {
    request.headers().get("If-None-Match").any(|field| names(field, etag))
}

fn names(field: &str, etag: &str) -> bool {
    if field.trim() == "*" {
        return true;
    }
    let mut rest = field;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let opaque = rest.strip_prefix("W/").unwrap_or(rest);
        // A tag may have a comma in it: the quotes end it, and nothing else.
        let Some((tag, after)) = opaque.strip_prefix('"').and_then(|inner| inner.split_once('"'))
        else {
            return false;
        };
        let wanted = etag.strip_prefix("W/").unwrap_or(etag);
        if wanted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) == Some(tag) {
            return true;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_every_form() {
        for field in
            ["\"a,b\"", "W/\"a,b\"", "\"x\", \"a,b\"", "\"x\",W/\"a,b\" , \"y\"", "*", " * "]
        {
            assert!(names(field, "\"a,b\""), "{field}");
        }
    }

    #[test]
    fn other_tags_and_malformed_fields_match_nothing() {
        for field in ["", "\"a\"", "a,b", "\"a,b", "\"\"", "\"A,B\"", "w/\"a,b\"", "x\"a,b\"", "**"]
        {
            assert!(!names(field, "\"a,b\""), "{field}");
        }
    }
}
