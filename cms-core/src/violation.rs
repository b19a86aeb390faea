//! What is wrong with an input, as facts: where, which rule, and the values that the rule is about.
//!
//! No words here: `locales/` has a sentence for each code under `violation.<code>`, filled with the
//! facts, and the edge picks the reader's language.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    /// Where, as a JSON Pointer (RFC 6901) into the input; empty for the whole of it.
    pub pointer: String,
    /// Which rule: a stable name in `snake_case`; never changes once published.
    pub code: String,
    /// The values that the rule is about, by the placeholder's name in the sentence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Violation {
    /// A violation of `code` at `pointer`, with no facts yet.
    pub fn new(pointer: impl Into<String>, code: &'static str) -> Self {
        Self { pointer: pointer.into(), code: code.to_owned(), facts: BTreeMap::new() }
    }

    /// Adds a fact that the sentence names.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same violation, of a part of something larger: `/title` in `/fields` is `/fields/title`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.pointer.insert_str(0, parent);
        self
    }
}

/// One step of a JSON Pointer, escaped (RFC 6901, section 3) and with its leading slash.
pub fn pointer_step(name: impl fmt::Display) -> String {
    format!("/{}", name.to_string().replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_with_a_slash_or_a_tilde_is_escaped() {
        assert_eq!(pointer_step("a/b~c"), "/a~1b~0c");
    }
}
