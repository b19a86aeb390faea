//! Whether a path is sound, before anything is looked up by a part of it.
//!
//! An encoded slash stays inside its step (external keys have slashes in them). Steps `.` and `..` are
//! refused, encoded ones too, since caches and proxies resolve them in different ways.

use super::percent;
use crate::problem::{Code, Problem};

/// The paths that end in a slash, since what is below them refers to its neighbours.
const FOLDERS: [&str; 2] = ["/", "/docs/"];

/// Why a path is refused: 400 where it is malformed, 404 where it has an empty step, so that each thing
/// has one address.
pub(crate) fn check(path: &str) -> Option<Problem> {
    for step in path.split('/') {
        match percent::decode(step) {
            Err(percent::Malformed) => return Some(Problem::new(Code::MalformedPath)),
            Ok(step) if step == "." || step == ".." => {
                return Some(Problem::new(Code::MalformedPath));
            }
            Ok(_) => {}
        }
    }
    let has_empty_step = path.contains("//") || (path.ends_with('/') && !FOLDERS.contains(&path));
    has_empty_step.then(|| Problem::new(Code::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_paths_pass() {
        for path in ["/", "/v1", "/v1/entries/guidance/key:dfak%2Fhelp.md", "/v1/a..b", "/docs/"] {
            assert!(check(path).is_none(), "{path}");
        }
    }

    #[test]
    fn paths_that_are_read_in_two_ways_are_refused() {
        for path in
            ["/v1/..", "/v1/../manage", "/v1/%2e%2e/x", "/v1/.", "/v1/%00", "/v1/%C0%AF", "/v1/%"]
        {
            assert_eq!(check(path).unwrap().code(), Code::MalformedPath, "{path}");
        }
        for path in ["/v1//types", "/v1/", "//"] {
            assert_eq!(check(path).unwrap().code(), Code::NotFound, "{path}");
        }
    }
}
