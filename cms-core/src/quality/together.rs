//! What shows only of several segments together: the same words translated twice, or two for one.

use std::collections::HashMap;

use super::{Check, Finding};

/// Source and translation of each segment: what is told of which, by its place among them.
pub(super) fn check(pairs: &[(&str, &str)]) -> Vec<(usize, Finding)> {
    let mut found = Vec::new();
    let mut translations: HashMap<String, (usize, String)> = HashMap::new();
    let mut sources: HashMap<String, String> = HashMap::new();
    for (at, (source, target)) in pairs.iter().enumerate() {
        let [source, target] = [source, target].map(|text| plain(text));
        // One word alone may well be two in another language, and two one.
        if is_short(&source) || target.is_empty() {
            continue;
        }
        match translations.get(&source) {
            Some((_, before)) if *before != target => {
                found.push((
                    at,
                    Finding::new(Check::Inconsistent).listing(std::slice::from_ref(before), &[]),
                ));
            }
            Some(_) => {}
            None => drop(translations.insert(source.clone(), (at, target.clone()))),
        }
        match sources.get(&target) {
            Some(before) if *before != source => {
                found.push((
                    at,
                    Finding::new(Check::Reused).listing(std::slice::from_ref(before), &[]),
                ));
            }
            Some(_) => {}
            None => drop(sources.insert(target, source)),
        }
    }
    found
}

/// Letters and digits, in lower case, with one space between words.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn is_short(text: &str) -> bool {
    !text.contains(' ') && text.chars().count() < 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Vec<(usize, Check)> {
        check(pairs).into_iter().map(|(at, finding)| (at, finding.check)).collect()
    }

    #[test]
    fn one_source_has_one_translation_and_one_translation_one_source() {
        for (one, other) in [
            ("Parlez-en.", "Dites-le."),
            ("أخبر شخصا", "تحدث"),
            ("告诉别人", "说出来"),
            ("Скажите", "Сообщите"),
        ] {
            let twice = [("Tell somebody.", one), ("Tell somebody!", one)];
            assert_eq!(told(&twice), [], "{one}");
            let inconsistent = [("Tell somebody.", one), ("Tell somebody.", other)];
            assert_eq!(told(&inconsistent), [(1, Check::Inconsistent)], "{other}");
            let reused = [("Tell somebody.", one), ("Tell nobody.", one)];
            assert_eq!(told(&reused), [(1, Check::Reused)], "{one}");
            assert_eq!(told(&[("Tell", one), ("Say", one)]), [], "one word each");
        }
    }
}
