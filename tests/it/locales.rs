//! The words of `locales/`: the same sentences in every language, and one for all that can go wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cms_core::{locale::Locale, words};
use cms_server::problem::Code;

/// The sentences of a language by their keys, straight from its file.
type Sentences = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn languages() -> BTreeMap<String, Sentences> {
    let folder = root().join("locales");
    rust_i18n::try_load_locales(folder.to_str().unwrap(), |_| false, true).unwrap()
}

/// The names between `%{` and `}`, sorted.
fn placeholders(sentence: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        sentence.split("%{").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn the_languages_are_there_and_named_by_their_tags() {
    let languages = languages();
    for tag in ["ar", "de", "en", "es", "fr", "ja", "pt-BR", "th"] {
        assert!(languages.contains_key(tag), "{tag}");
    }
    for tag in languages.keys() {
        assert_eq!(Locale::parse(tag).unwrap().as_str(), tag);
    }
    let compiled: BTreeSet<&str> =
        words::languages().all().iter().map(|site| site.tag.as_str()).collect();
    assert_eq!(compiled, languages.keys().map(String::as_str).collect());
}

#[test]
fn every_language_has_the_same_sentences_with_the_same_placeholders() {
    let languages = languages();
    let english = &languages["en"];
    for (tag, sentences) in &languages {
        // Plural forms differ from language to language; what they are forms of does not.
        let keys: BTreeSet<&str> = sentences.keys().map(|key| stem(key)).collect();
        assert_eq!(keys, english.keys().map(|key| stem(key)).collect(), "{tag}");
        for (key, sentence) in sentences {
            let model =
                english.get(key).or_else(|| english.get(&format!("{}.other", stem(key)))).unwrap();
            assert_eq!(placeholders(sentence), placeholders(model), "{tag} {key}");
        }
    }
}

/// The key without the plural form at its end.
fn stem(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((stem, "zero" | "one" | "two" | "few" | "many" | "other")) => stem,
        Some(_) | None => key,
    }
}

#[test]
fn every_sentence_is_well_formed() {
    for (tag, sentences) in languages() {
        for (key, sentence) in sentences {
            assert!(
                !sentence.is_empty() && sentence.trim() == sentence,
                "{tag} {key}: {sentence:?}"
            );
            let shown = sentence.replace("%{", "");
            assert!(!shown.contains('%'), "{tag} {key}: {sentence:?}");
            assert_eq!(
                sentence.matches("%{").count(),
                sentence.matches('}').count(),
                "{tag} {key}: {sentence:?}"
            );
            let hidden = |c: char| {
                c.is_control() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}')
            };
            assert!(!sentence.contains(hidden), "{tag} {key}: {sentence:?}");
        }
    }
}

#[test]
fn every_sentence_is_compiled_in_and_reaches_its_reader() {
    for (tag, sentences) in languages() {
        let reader = Locale::parse(&tag).unwrap();
        for (key, sentence) in sentences {
            assert_eq!(words::text(&reader, &key, &[]), sentence, "{tag} {key}");
        }
    }
}

#[test]
fn every_problem_has_a_title_and_a_detail() {
    let english = &languages()["en"];
    for code in Code::ALL {
        for part in ["title", "detail"] {
            let key = format!("problem.{}.{part}", code.name());
            assert!(english.contains_key(&key), "{key}");
        }
    }
}

#[test]
fn every_violation_in_the_sources_has_a_sentence() {
    let english = &languages()["en"];
    let mut found = BTreeSet::new();
    for (file, text) in sources() {
        found.extend(codes(&text).map(|code| (code.to_owned(), file.clone())));
    }
    let missing: Vec<_> = found
        .iter()
        .filter(|(code, _)| !english.contains_key(&format!("violation.{code}")))
        .collect();
    assert!(missing.is_empty(), "no sentence in locales/ for {missing:#?}");
    // The search itself finds what is known to be there.
    assert!(found.iter().any(|(code, _)| code == "fallback_cycle"));
    assert!(found.iter().any(|(code, _)| code == "unknown_parameter"));
}

#[test]
fn no_sentence_is_left_of_a_violation_that_is_gone() {
    let english = &languages()["en"];
    let all: String = sources().into_iter().map(|(_, text)| text).collect();
    let said = english.keys().filter_map(|key| key.strip_prefix("violation."));
    let dead: Vec<_> = said.filter(|code| !all.contains(&format!("\"{code}\""))).collect();
    assert!(dead.is_empty(), "nothing says {dead:#?}");
}

/// The Rust files of the library and the server, each without its tests: what those make up has no need of
/// words.
fn sources() -> Vec<(PathBuf, String)> {
    let files = ["cms-core/src", "cms-server/src"]
        .into_iter()
        .flat_map(|folder| files_below(&root().join(folder)));
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        (file, code)
    };
    files.map(read).collect()
}

/// The codes that a source text gives to violations: the second argument of the two calls that make one, or
/// what is handed to the closures that make them where a file makes many.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    let after = |call: &'static str| text.split(call).skip(1);
    let second = ["Violation::new(", "Fault::parameter("].into_iter().flat_map(after);
    let only = [" at(", "refuse(", "unfit(", " wrong(", "with_value(", "Err(", "map_err(|_| "];
    let only = only.into_iter().flat_map(after);
    second.filter_map(second_argument).chain(only.filter_map(literal)).filter(|code| is_code(code))
}

fn second_argument(rest: &str) -> Option<&str> {
    let mut depth = 0;
    let mut quoted = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => return literal(&rest[at + 1..]),
            _ => {}
        }
    }
    None
}

fn literal(rest: &str) -> Option<&str> {
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The Rust files below a folder, but for those that hold only tests.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}
