//! Links of Markdown pages to files of the repository.

use std::path::{Component, Path, PathBuf};

use super::files::{self, File};

/// Each link whose file is not there.
pub fn faults(file: &File) -> Vec<String> {
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut faults = Vec::new();
    for (line, target) in targets(&file.text) {
        let path = target.split(['#', '?']).next().unwrap_or_default();
        let elsewhere = target.contains("://") || target.starts_with("mailto:");
        if path.is_empty() || elsewhere {
            continue;
        }
        let whole = resolve(folder, path);
        if !whole.is_some_and(|whole| files::root().join(whole).exists()) {
            faults.push(format!("{}:{line}: {target} leads nowhere", file.path));
        }
    }
    faults
}

/// The path from the root; none where it leaves the repository.
fn resolve(folder: &Path, link: &str) -> Option<PathBuf> {
    let mut path = folder.to_path_buf();
    for step in Path::new(link).components() {
        match step {
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// What `[text](target)` and `[name]: target` lead to, outside code, with the line.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => found.extend(in_line(line).into_iter().map(|to| (number + 1, to))),
            _ => {}
        }
    }
    found
}

fn in_line(line: &str) -> Vec<String> {
    // Every second part between backticks is code.
    let prose: Vec<&str> = line.split('`').step_by(2).collect();
    let prose = prose.join("x");
    let mut found = Vec::new();
    for (at, open) in prose.match_indices("](") {
        let rest = &prose[at + open.len()..];
        let target = rest.split([')', ' ']).next().unwrap_or_default();
        found.push(target.trim_matches(['<', '>']).to_owned());
    }
    if let Some((name, target)) = prose.split_once("]: ")
        && name.starts_with('[')
        && !name.starts_with("[^")
    {
        found.push(target.split(' ').next().unwrap_or_default().to_owned());
    }
    found
}

#[test]
fn a_link_to_nowhere_is_a_fault_and_code_holds_no_links() {
    let text = "[a](tests/Cargo.toml#x) [b](nowhere.md) `[c](d.md)` [e](https://example.org/f)\n\
                ```\n[g](h.md)\n```\n[i]: ../outside.md\n[^1]: a note\n[j](#here)";
    let faults = faults(&File::new("README.md", text));
    assert_eq!(faults.len(), 2, "{faults:?}");
}
