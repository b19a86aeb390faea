//! The state of the work tree, so that a run can show that it left everything committed or as it was.

use anyhow::Result;

use crate::{process, workspace::Workspace};

/// What differs from the last commit: the names, and the text of the differences.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    names: String,
    text: String,
}

impl Tree {
    /// Reads the tree as it is now; an error where there is no git checkout.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let mut status = workspace.command("git");
        status.args(["status", "--porcelain", "--untracked-files=all"]);
        let mut diff = workspace.command("git");
        diff.args(["diff", "HEAD"]);
        Ok(Self { names: process::output(&mut status)?, text: process::output(&mut diff)? })
    }

    /// What is wrong with the tree after a run that began with `before`, if anything. In CI nothing may differ from
    /// the commit; at a desk, where work in progress is checked too, the run may only not add to it.
    pub(crate) fn fault(&self, before: &Self, in_ci: bool) -> Option<String> {
        if in_ci && !self.names.is_empty() {
            return Some(format!("not as committed:\n{}{}", self.names, self.text));
        }
        (self != before).then(|| format!("changed while the checks ran; now:\n{}", self.names))
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    fn tree(names: &str) -> Tree {
        Tree { names: names.to_owned(), text: String::new() }
    }

    #[test]
    fn ci_wants_the_tree_as_committed() {
        assert!(tree("?? new.rs\n").fault(&tree("?? new.rs\n"), true).is_some());
        assert_eq!(tree("").fault(&tree(""), true), None);
    }

    #[test]
    fn a_desk_wants_the_tree_as_it_was() {
        assert_eq!(tree(" M a.rs\n").fault(&tree(" M a.rs\n"), false), None);
        assert!(tree(" M Cargo.lock\n").fault(&tree(""), false).is_some());
    }
}
