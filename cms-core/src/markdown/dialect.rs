//! Which Markdown is read: the options of the parser, and the bounds under which it runs.

use std::cell::Cell;

use comrak::{
    Arena, Node, Options,
    options::{Extension, Render},
};

/// The longest source that is parsed, in bytes; a longer one is delivered as plain text. Twenty times
/// the longest page of guidance that we have seen.
pub const MAX_BYTES: usize = 1 << 20;

/// The most that the parser may do, in its own steps (a line, an inline or a node) a byte of source.
const STEPS_PER_BYTE: usize = 8;
/// The parser asks whether to go on after so many steps.
const STEPS_PER_QUESTION: usize = 256;

/// A set of rules that a renderer of the delivered Markdown may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Ours: CommonMark with the extensions that authors may use.
    Beacon,
    /// GitHub's: tables, task lists, strikethrough, autolinks.
    GitHub,
    /// CommonMark alone.
    CommonMark,
}

impl Dialect {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Beacon, Self::GitHub, Self::CommonMark];

    /// The parser's options.
    pub(super) fn options(self) -> Options<'static> {
        let extension = match self {
            Self::Beacon => Extension {
                footnotes: true,
                description_lists: true,
                alerts: true,
                cjk_friendly_emphasis: true,
                ..github()
            },
            Self::GitHub => github(),
            Self::CommonMark => Extension::default(),
        };
        // Raw HTML passes here; `settle` and `sanitise` judge it.
        let render = Render { r#unsafe: true, ..Render::default() };
        Options { extension, render, ..Options::default() }
    }
}

fn github() -> Extension<'static> {
    Extension {
        strikethrough: true,
        table: true,
        autolink: true,
        tasklist: true,
        ..Extension::default()
    }
}

/// Parses `text`, or gives up when it takes too many steps.
pub(super) fn parse<'a>(
    arena: &'a Arena<'a>,
    text: &str,
    options: &Options<'_>,
) -> Option<Node<'a>> {
    let questions_left = Cell::new(16 + text.len() * STEPS_PER_BYTE / STEPS_PER_QUESTION);
    let is_exhausted = || {
        questions_left.set(questions_left.get().saturating_sub(1));
        questions_left.get() == 0
    };
    comrak::try_parse_document(arena, text, options, &is_exhausted).ok()
}
