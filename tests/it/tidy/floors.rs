//! The floors of `cms-core`: who may import whom. Arrows go down only; rooms of one floor that are
//! engines or followers do not see each other.

use super::{
    code::{line_of, strip, words},
    files::File,
};

/// Each module of the crate's root and its floor, from the façade (1) down to the vocabulary (6).
const FLOORS: &[(&str, u8)] = &[
    ("cms", 1),
    ("commands", 2),
    ("queries", 2),
    ("followers", 3),
    ("store", 4),
    ("search", 4),
    ("markdown", 4),
    ("media", 4),
    ("exchange", 4),
    ("access", 5),
    ("asset", 5),
    ("content_type", 5),
    ("embed", 5),
    ("entry", 5),
    ("event", 5),
    ("filter", 5),
    ("glossary", 5),
    ("link", 5),
    ("proof", 5),
    ("quality", 5),
    ("redirect", 5),
    ("release", 5),
    ("route", 5),
    ("segment", 5),
    ("statistic", 5),
    ("translation", 5),
    ("clock", 6),
    ("id", 6),
    ("locale", 6),
    ("slug", 6),
    ("violation", 6),
    ("words", 6),
];

/// Floors whose modules do not import each other: acts and questions, and engines.
const APART: &[u8] = &[2, 4];

/// The modules whose own files are rooms that do not import each other.
const ROOMS_WITHIN: &[&str] = &["followers"];

/// What a file of the core imports from where it should not.
pub fn faults(file: &File) -> Vec<String> {
    let Some(path) = file.path.strip_prefix("cms-core/src/") else { return Vec::new() };
    let mut steps = path.trim_end_matches(".rs").split('/');
    let home = steps.next().unwrap_or_default();
    let room = steps.next();
    if home == "lib" {
        return Vec::new();
    }
    let Some(floor) = floor_of(home) else {
        return vec![format!(
            "{}: {home} has no floor: add it to tests/it/tidy/floors.rs",
            file.path
        )];
    };
    let code = strip(&file.text);
    let imports = imports(&code);
    let wrong = imports.iter().filter_map(|import| {
        let reason = import.fault(home, room, floor)?;
        Some(format!("{}:{}: {reason}", file.path, line_of(&code, import.at)))
    });
    wrong.collect()
}

fn floor_of(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// `crate::module::inner`, and where it stands.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    at: usize,
    module: String,
    inner: Option<String>,
}

impl Import {
    fn fault(&self, home: &str, room: Option<&str>, floor: u8) -> Option<String> {
        let module = self.module.as_str();
        if module == home {
            let inner = self.inner.as_deref()?;
            let apart = ROOMS_WITHIN.contains(&home) && room.is_some_and(|room| room != inner);
            let is_room = inner.starts_with(char::is_lowercase);
            return (apart && is_room && is_room_of(home, inner)).then(|| {
                format!("{home}/{} reads {home}/{inner}: rooms are apart", room.unwrap_or_default())
            });
        }
        let other = floor_of(module)?;
        if other < floor {
            return Some(format!(
                "{home} (floor {floor}) imports {module} (floor {other}): arrows go down"
            ));
        }
        (other == floor && APART.contains(&floor))
            .then(|| format!("{home} imports {module}, a room of the same floor: rooms are apart"))
    }
}

/// Whether a name within a module is a file of it, not a function.
fn is_room_of(home: &str, inner: &str) -> bool {
    let file = format!("cms-core/src/{home}/{inner}.rs");
    super::files::all().iter().any(|known| known.path == file)
}

/// All that a file names from its crate's root: by `crate::a::b` or by `crate::{a::b, c}`.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for at in words(code, "crate::") {
        let start = at + "crate::".len();
        let rest = &code[start..];
        if let Some(group) = rest.strip_prefix('{') {
            for (offset, item) in items(group) {
                found.push(import(start + 1 + offset, item));
            }
        } else {
            found.push(import(at, rest));
        }
    }
    found.retain(|import| import.module.starts_with(char::is_lowercase));
    found
}

/// The items of a braced group, whose opening brace is gone, with their places.
fn items(group: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut items) = (0_usize, 0, Vec::new());
    for (at, found) in group.char_indices() {
        match found {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push((start, &group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push((start, &group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    let skip = |item: &str| item.len() - item.trim_start().len();
    items.into_iter().map(|(at, item)| (at + skip(item), item.trim())).collect()
}

fn import(at: usize, path: &str) -> Import {
    let mut steps = path.split("::");
    let name = |step: &str| step.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let module: String = steps.next().map(name).unwrap_or_default();
    let whole = path.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with("::"));
    let inner = if whole { steps.next().map(name) } else { None };
    Import { at, module, inner }
}

#[test]
fn imports_are_found_alone_and_in_groups() {
    let code = "use crate::{\n  id::{EntryId, OpId},\n  store,\n};\nfn f() { crate::clock::now() }";
    let names: Vec<String> = imports(code).into_iter().map(|import| import.module).collect();
    assert_eq!(names, ["id", "store", "clock"]);
    assert_eq!(line_of(code, imports(code)[1].at), 3);
}

#[test]
fn an_arrow_that_goes_up_or_sideways_is_a_fault() {
    let up = File::new("cms-core/src/entry.rs", "use crate::{id::OpId, commands::publish};");
    assert_eq!(faults(&up).len(), 1, "{:?}", faults(&up));
    let sideways = File::new("cms-core/src/search/index.rs", "use crate::markdown::render;");
    assert_eq!(faults(&sideways).len(), 1);
    let down =
        File::new("cms-core/src/commands/publish.rs", "use crate::{entry::Entry, store::Log};");
    assert_eq!(faults(&down), [""; 0]);
    let unknown = File::new("cms-core/src/helpers.rs", "");
    assert_eq!(faults(&unknown).len(), 1);
}
