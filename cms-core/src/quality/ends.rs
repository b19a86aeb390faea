//! How a text ends: as a statement, a question, …, by the conventions of its language.

use super::{Check, Finding, Sides, shown::is_closer};

/// What a text's last mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Colon,
    Question,
    Exclamation,
    Ellipsis,
    /// It ends without a mark.
    Open,
}

impl End {
    const fn check(self) -> Option<Check> {
        match self {
            Self::Stop => Some(Check::EndStop),
            Self::Colon => Some(Check::EndColon),
            Self::Question => Some(Check::EndQuestion),
            Self::Exclamation => Some(Check::EndExclamation),
            Self::Ellipsis => Some(Check::EndEllipsis),
            Self::Open => None,
        }
    }
}

/// Languages whose sentences end without a full stop, or in which other marks than the end say what a sentence is.
const WITHOUT_STOPS: [&str; 4] = ["th", "lo", "my", "bo"];

/// What is wrong with how the translation ends.
pub(super) fn check(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let (of, to) = (sides.languages.0.language(), sides.languages.1.language());
    if WITHOUT_STOPS.contains(&of) || WITHOUT_STOPS.contains(&to) {
        return;
    }
    let (source, target) = (end(&sides.source, of), end(&sides.target, to));
    if let Some(check) = differs(source, target) {
        found.push(Finding::new(check));
    }
    if to == "es" {
        opens_as_it_ends(&sides.target, target, found);
    }
}

/// The check that tells of two ends that differ, by the source's, where it has one.
fn differs(source: End, target: End) -> Option<Check> {
    if source == target {
        return None;
    }
    source.check().or(target.check())
}

/// In Spanish a question begins with a mark, too, and so does an exclamation.
fn opens_as_it_ends(text: &str, end: End, found: &mut Vec<Finding>) {
    let lacks = |mark: char| !text.contains(mark);
    match end {
        End::Question if lacks('¿') && lacks('¡') => found.push(Finding::new(Check::EndQuestion)),
        End::Exclamation if lacks('¡') && lacks('¿') => {
            found.push(Finding::new(Check::EndExclamation));
        }
        End::Question | End::Exclamation | End::Stop | End::Colon | End::Ellipsis | End::Open => {}
    }
}

fn end(text: &str, language: &str) -> End {
    let text = text.trim_end_matches(is_closer);
    let mut last = text.chars().rev();
    let (end, before) = (last.next(), last.next());
    match end {
        Some('…' | '⋯') => End::Ellipsis,
        Some('.') if text.ends_with("...") => End::Ellipsis,
        Some('。') if text.ends_with("。。") => End::Ellipsis,
        // Greek asks with what looks like a semicolon; Armenian ends with what looks like a colon.
        Some(';' | '\u{37e}') if language == "el" => End::Question,
        Some(':') if language == "hy" => End::Stop,
        // Japanese asks with a word, Chinese and Korean often do.
        Some('。' | '.') if asks(language, before) => End::Question,
        Some('?' | '？' | '؟' | '⸮' | '፧' | '՞' | '︖' | '⁇' | '⁈') => End::Question,
        Some('!' | '！' | '՜' | '︕' | '⁉') => End::Exclamation,
        Some('.' | '。' | '．' | '｡' | '।' | '॥' | '۔' | '։' | '።' | '។' | '။' | '︒' | '᠃') => {
            End::Stop
        }
        Some(':' | '：' | '︓' | '፡' | '፥') => End::Colon,
        Some(_) | None if asks_within(text, language) => End::Question,
        Some(_) | None => End::Open,
    }
}

/// Whether a sentence that ends with this letter is a question.
fn asks(language: &str, last: Option<char>) -> bool {
    match last {
        Some('か') => language == "ja",
        Some('吗' | '嗎' | '呢') => language == "zh",
        Some('까') => language == "ko",
        Some(_) | None => false,
    }
}

/// Armenian puts the mark of a question over the word that asks, Japanese may leave it out.
fn asks_within(text: &str, language: &str) -> bool {
    match language {
        "hy" => text.contains('՞'),
        "ja" => text.ends_with('か'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use crate::quality::Check::{
        self, EndColon, EndEllipsis, EndExclamation, EndQuestion, EndStop,
    };

    /// Source, translation, its language: what is told.
    fn told(cases: &[(&str, &str, &str, Option<Check>)]) {
        let ours = [EndStop, EndColon, EndQuestion, EndExclamation, EndEllipsis];
        for (source, target, language, expected) in cases {
            let mut told = found(source, target, language);
            told.retain(|check| ours.contains(check));
            assert_eq!(told, expected.iter().copied().collect::<Vec<_>>(), "{target}");
        }
    }

    #[test]
    fn a_statement_ends_as_one() {
        told(&[
            ("Tell somebody.", "Parlez-en.", "fr", None),
            ("Tell somebody.", "誰かに話してください。", "ja", None),
            ("Tell somebody.", "किसी को बताएँ।", "hi", None),
            ("Tell somebody.", "کسی کو بتائیں۔", "ur", None),
            ("Tell somebody.", "Պատմեք մեկին։", "hy", None),
            ("Tell somebody.", "Պատմեք մեկին:", "hy", None),
            ("Tell somebody.", "บอกใครสักคน", "th", None),
            ("He said \"tell somebody.\"", "« Parlez-en. »", "fr", None),
            ("Tell **somebody.**", "Расскажите **кому-нибудь.**", "ru", None),
            ("Tell somebody.", "Parlez-en", "fr", Some(EndStop)),
            ("Tell somebody.", "誰かに話してください", "ja", Some(EndStop)),
            ("Tell somebody.", "किसी को बताएँ", "hi", Some(EndStop)),
            ("Tell somebody.", "أخبر شخصا ما", "ar", Some(EndStop)),
            ("Tell somebody", "Сообщите.", "ru", Some(EndStop)),
        ]);
    }

    #[test]
    fn a_colon_stays_a_colon() {
        told(&[
            ("Do this:", "Faites ceci :", "fr", None),
            ("Do this:", "请这样做：", "zh", None),
            ("Do this:", "افعل هذا:", "ar", None),
            ("Do this:", "Сделайте это:", "ru", None),
            ("Do this:", "Faites ceci", "fr", Some(EndColon)),
            ("Do this:", "请这样做。", "zh", Some(EndColon)),
            ("Do this:", "افعل هذا", "ar", Some(EndColon)),
            ("Do this:", "Сделайте это", "ru", Some(EndColon)),
        ]);
    }

    #[test]
    fn a_question_stays_one_in_whatever_way_a_language_asks() {
        told(&[
            ("Are you safe?", "¿Estás a salvo?", "es", None),
            ("Are you safe?", "Είσαι ασφαλής;", "el", None),
            ("Are you safe?", "هل أنت بأمان؟", "ar", None),
            ("Are you safe?", "安全ですか。", "ja", None),
            ("Are you safe?", "你安全吗？", "zh", None),
            ("Are you safe?", "Ապահո՞վ եք", "hy", None),
            ("Are you safe?", "Estás a salvo?", "es", Some(EndQuestion)),
            ("Are you safe?", "Είσαι ασφαλής.", "el", Some(EndQuestion)),
            ("Are you safe?", "هل أنت بأمان", "ar", Some(EndQuestion)),
            ("Are you safe?", "安全です。", "ja", Some(EndQuestion)),
        ]);
    }

    #[test]
    fn an_exclamation_and_an_ellipsis_stay_what_they_are() {
        told(&[
            ("Stop!", "¡Alto!", "es", None),
            ("Stop!", "停下！", "zh", None),
            ("Stop!", "قف!", "ar", None),
            ("Stop!", "Стоп!", "ru", None),
            ("Stop!", "Alto!", "es", Some(EndExclamation)),
            ("Stop!", "停下。", "zh", Some(EndExclamation)),
            ("Stop!", "قف", "ar", Some(EndExclamation)),
            ("Stop!", "Стоп.", "ru", Some(EndExclamation)),
            ("And so on...", "Et ainsi de suite…", "fr", None),
            ("And so on…", "等等……", "zh", None),
            ("And so on…", "وهكذا...", "ar", None),
            ("And so on…", "И так далее…", "ru", None),
            ("And so on…", "Et ainsi de suite.", "fr", Some(EndEllipsis)),
            ("And so on…", "等等。", "zh", Some(EndEllipsis)),
            ("And so on…", "وهكذا", "ar", Some(EndEllipsis)),
            ("And so on…", "И так далее", "ru", Some(EndEllipsis)),
        ]);
    }
}
