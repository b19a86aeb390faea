//! `If-Match` and `If-None-Match: *` on writes (RFC 9110, section 13.1): which revision is meant to change.
//!
//! The tag of a part is the number of its newest revision. A write that doesn't say what it changes is
//! refused: the last who saves would win, and nobody would know.

use rocket::Request;
use serde_json::json;

use crate::problem::{Code, Problem};

/// What a write says of what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing.
    Absent,
    /// That there is something, whatever it is.
    Any,
    /// That there is nothing yet.
    Nothing,
    /// That it is one of these.
    Tags(Vec<String>),
}

impl IfMatch {
    /// What a request says.
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let field = |name| request.headers().get(name).collect::<Vec<_>>().join(",");
        Self::parse(&field("If-Match"), &field("If-None-Match"))
    }

    fn parse(if_match: &str, if_none_match: &str) -> Self {
        match (if_match.trim(), if_none_match.trim()) {
            ("", "*") => Self::Nothing,
            ("", _) => Self::Absent,
            ("*", _) => Self::Any,
            (tags, _) => {
                // A weak tag never matches here, and neither does what is malformed.
                let tags = tags.split(',').filter_map(|tag| {
                    let tag = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
                    (!tag.contains('"')).then(|| tag.to_owned())
                });
                Self::Tags(tags.collect())
            }
        }
    }

    /// The one revision that the write names; 0 where it says that there is none yet.
    pub(crate) fn named(&self) -> Option<u32> {
        match self {
            Self::Absent | Self::Any => None,
            Self::Nothing => Some(0),
            Self::Tags(tags) => match tags.as_slice() {
                [tag] => tag.parse().ok().filter(|number: &u32| number.to_string() == *tag),
                _ => None,
            },
        }
    }

    /// The revision that the write expects, which is the newest one; 0 where there is none.
    ///
    /// # Errors
    /// 428 when the write doesn't say, 412 with the newest revision when it expects another.
    pub(crate) fn expected(&self, newest: u32) -> Result<u32, Problem> {
        let is_met = match self {
            Self::Absent => return Err(Problem::new(Code::PreconditionRequired)),
            Self::Any => newest > 0,
            Self::Nothing => newest == 0,
            Self::Tags(tags) => tags.contains(&newest.to_string()),
        };
        if is_met { Ok(newest) } else { Err(stale(newest)) }
    }
}

/// What is there is another revision than the write expects: this one.
pub(crate) fn stale(newest: u32) -> Problem {
    Problem::new(Code::PreconditionFailed)
        .header("ETag", format!("\"{newest}\""))
        .member("current", json!({ "revision": newest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_names_what_it_changes() {
        let outcome = |if_match: &str, if_none_match: &str, newest| {
            let expected = IfMatch::parse(if_match, if_none_match).expected(newest);
            expected.map_err(|problem| problem.code().status())
        };
        for (if_match, if_none_match, newest, expected) in [
            ("\"3\"", "", 3, Ok(3)),
            (" \"2\" , \"3\"", "", 3, Ok(3)),
            ("*", "", 3, Ok(3)),
            ("*", "", 0, Err(412)),
            ("\"0\"", "", 0, Ok(0)),
            ("", "*", 0, Ok(0)),
            ("", "*", 1, Err(412)),
            ("", "\"1\"", 1, Err(428)),
            ("", "", 3, Err(428)),
            ("\"2\"", "", 3, Err(412)),
            ("W/\"3\"", "", 3, Err(412)),
            ("3", "", 3, Err(412)),
            ("\"03\"", "", 3, Err(412)),
            ("\"3", "", 3, Err(412)),
            ("\"\"3\"\"", "", 3, Err(412)),
        ] {
            assert_eq!(outcome(if_match, if_none_match, newest), expected, "{if_match} {newest}");
        }
    }
}
