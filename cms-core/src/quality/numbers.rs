//! Numbers: those to call, and those to know. Read in any numeral system, however they are grouped.

use std::collections::BTreeSet;

use super::{Check, Finding, Sides};
use crate::segment::facts::{self, Meaning, digit};

/// How many digits a telephone number has, at least and at most.
const PHONE: std::ops::RangeInclusive<usize> = 7..=15;

/// Numbers for emergencies and for help that are hardly ever anything else. Those of the European range are
/// `116` and three digits.
const SHORT: [&str; 12] =
    ["112", "911", "999", "988", "110", "117", "119", "190", "191", "1098", "1099", "3020"];

/// A stretch of digits with what groups them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    /// The groups, in ASCII digits.
    groups: Vec<String>,
    /// What stands between them.
    between: Vec<char>,
    /// Whether it begins with a plus sign.
    is_international: bool,
    /// Whether letters stand right before or behind: then it is a name.
    is_name: bool,
}

pub(super) fn check(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let [source, target] = [&sides.source, &sides.target].map(|text| stretches(text));
    found.extend(phones(&source, &target));
    found.extend(short_codes(&source, &target));
    figures(sides, (&source, &target), found);
}

/// The stretches of digits of a text.
fn stretches(text: &str) -> Vec<Stretch> {
    let chars: Vec<char> = text.chars().collect();
    let value = |at: usize| chars.get(at).and_then(|c| digit(*c));
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if value(at).is_none() {
            at += 1;
            continue;
        }
        let start = at;
        let mut stretch = Stretch {
            groups: vec![String::new()],
            between: Vec::new(),
            is_international: before(&chars, start) == Some('+'),
            is_name: before(&chars, start).is_some_and(is_of_name),
        };
        while let Some(digit) = value(at) {
            let ascii = char::from_digit(digit, 10);
            if let Some(group) = stretch.groups.last_mut() {
                group.extend(ascii);
            }
            at += 1;
            if value(at).is_none()
                && let Some(gap) = gap(&chars, at)
            {
                stretch.between.extend(chars.get(at));
                stretch.groups.push(String::new());
                at += gap;
            }
        }
        stretch.is_name |= chars.get(at).copied().is_some_and(is_of_name);
        found.push(stretch);
    }
    found
}

fn before(chars: &[char], at: usize) -> Option<char> {
    chars.get(at.checked_sub(1)?).copied()
}

/// Letters of alphabets that make names with digits, such as `v2` or `COVID-19`.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '#' | '@' | '&')
}

/// How many characters stand between one group of digits and the next, if they belong together.
fn gap(chars: &[char], at: usize) -> Option<usize> {
    let is_between = |c: char| {
        c == ' '
            || matches!(
                c,
                '\u{a0}'
                    | '\u{202f}'
                    | '\u{2009}'
                    | '-'
                    | '\u{2011}'
                    | '.'
                    | ','
                    | '('
                    | ')'
                    | '/'
                    | '\''
                    | '’'
                    | '٬'
                    | '٫'
            )
    };
    let count = chars.iter().skip(at).take(3).take_while(|c| is_between(**c)).count();
    let is_sentence = count > 1
        && chars.get(at).is_some_and(|c| matches!(c, '.' | ','))
        && chars.get(at + 1) == Some(&' ');
    let next = chars.get(at + count).and_then(|c| digit(*c));
    (count > 0 && !is_sentence && next.is_some()).then_some(count)
}

impl Stretch {
    fn digits(&self) -> String {
        self.groups.concat()
    }

    /// Whether its groups are those of a large number, such as `1,000,000`.
    fn is_grouped(&self) -> bool {
        let (first, rest) = (self.groups.first().map_or(0, String::len), self.groups.get(1..));
        let rest = rest.unwrap_or_default();
        let is_one_mark = self.between.windows(2).all(|pair| pair.first() == pair.last());
        !rest.is_empty()
            && (1..=3).contains(&first)
            && !self.digits().starts_with('0')
            && rest.iter().all(|group| group.len() == 3)
            && is_one_mark
            && !self.between.iter().any(|c| matches!(c, '-' | '/' | '(' | ')'))
    }

    /// Whether it is a date, a range of years, a decimal number or an address of the network.
    fn is_other(&self) -> bool {
        let lengths: Vec<usize> = self.groups.iter().map(String::len).collect();
        let is_year = |group: &String| {
            group.len() == 4 && (group.starts_with("19") || group.starts_with("20"))
        };
        let years = self.groups.iter().filter(|group| is_year(group)).count();
        let is_date = years > 0 && lengths.len() <= 4 && lengths.iter().all(|it| *it <= 4);
        let is_decimal = lengths.len() == 2 && matches!(self.between.first(), Some('.' | ','));
        let is_dotted = lengths.len() >= 3
            && self.between.iter().all(|c| *c == '.')
            && lengths.iter().all(|it| *it <= 3)
            && !self.digits().starts_with('0');
        (is_date || is_decimal || is_dotted) && !self.is_international
    }

    fn is_phone(&self) -> bool {
        PHONE.contains(&self.digits().len())
            && !self.is_name
            && (self.is_international || self.groups.len() > 1 || self.digits().starts_with('0'))
            && (self.is_international || (!self.is_grouped() && !self.is_other()))
    }

    fn short_code(&self) -> Option<String> {
        let digits = self.digits();
        let is_european = digits.len() == 6 && digits.starts_with("116") && self.groups.len() <= 2;
        let is_known = self.groups.len() == 1 && SHORT.contains(&digits.as_str());
        ((is_european || is_known) && !self.is_name).then_some(digits)
    }
}

/// All digits of a text, one stretch after another.
fn stream(stretches: &[Stretch]) -> String {
    stretches.iter().map(|stretch| stretch.digits() + " ").collect()
}

fn phones(source: &[Stretch], target: &[Stretch]) -> Option<Finding> {
    let lacking = |of: &[Stretch], there: &[Stretch]| -> Vec<String> {
        let stream = stream(there).replace(' ', "");
        let phones = of.iter().filter(|stretch| stretch.is_phone()).map(Stretch::digits);
        phones.filter(|digits| !stream.contains(digits.as_str())).collect()
    };
    found(Check::PhoneNumber, lacking(source, target), lacking(target, source))
}

fn short_codes(source: &[Stretch], target: &[Stretch]) -> Option<Finding> {
    let lacking = |of: &[Stretch], there: &[Stretch]| -> Vec<String> {
        let known: BTreeSet<String> =
            there.iter().flat_map(|it| it.groups.iter().cloned().chain([it.digits()])).collect();
        let codes = of.iter().filter_map(Stretch::short_code);
        codes.filter(|code| !known.contains(code)).collect()
    };
    found(Check::ShortCode, lacking(source, target), lacking(target, source))
}

fn found(check: Check, missing: Vec<String>, surplus: Vec<String>) -> Option<Finding> {
    let differs = !missing.is_empty() || !surplus.is_empty();
    differs.then(|| Finding::new(check).listing(&missing, &surplus))
}

/// Numbers in figures, each as often as the other side has it. One that a word may stand for isn't missed.
fn figures(
    sides: &Sides<'_>,
    (source, target): (&[Stretch], &[Stretch]),
    found: &mut Vec<Finding>,
) {
    let is_told = found.iter().any(|it| matches!(it.check, Check::PhoneNumber | Check::ShortCode));
    let (of, to) = (values(source), values(target));
    let more = |one: &[String], other: &[String]| {
        let mut left = other.to_vec();
        let mut more = Vec::new();
        for value in one {
            match left.iter().position(|it| it == value) {
                Some(at) => drop(left.swap_remove(at)),
                None => more.push(value.clone()),
            }
        }
        more
    };
    let (mut missing, mut surplus) = (more(&of, &to), more(&to, &of));
    // Numbers grouped otherwise are the same digits.
    if missing.concat() == surplus.concat() || is_told {
        return;
    }
    clocks(&mut missing, &mut surplus);
    months(sides, &mut missing, &mut surplus);
    let words = (said_in_words(sides, true), said_in_words(sides, false));
    missing.retain(|value| !(words.1 && is_small(value)));
    surplus.retain(|value| !(words.0 && is_small(value)));
    found.extend(self::found(Check::Figures, missing, surplus));
}

/// The values of numbers, without what groups them and without noughts before them.
fn values(stretches: &[Stretch]) -> Vec<String> {
    let mut found = Vec::new();
    for stretch in stretches.iter().filter(|stretch| !stretch.is_name) {
        if stretch.is_grouped() {
            found.push(stretch.digits());
            continue;
        }
        let groups = stretch.groups.iter().map(|group| group.trim_start_matches('0'));
        found.extend(groups.map(|it| if it.is_empty() { "0" } else { it }.to_owned()));
    }
    found.sort();
    found
}

/// Takes away pairs of hours that one side counts to twelve and the other to twenty-four, and full hours' minutes.
fn clocks(missing: &mut Vec<String>, surplus: &mut Vec<String>) {
    let hour = |text: &String| text.parse::<u32>().ok().filter(|hour| *hour <= 24);
    missing.retain(|value| {
        let Some(at) = hour(value) else { return true };
        let same = |other: &String| hour(other).is_some_and(|it| it.abs_diff(at) == 12);
        match surplus.iter().position(same) {
            Some(place) => {
                surplus.swap_remove(place);
                false
            }
            None => true,
        }
    });
    for side in [missing, surplus] {
        side.retain(|value| value != "0");
    }
}

/// Takes away a month that one side says in figures and the other in a word.
fn months(sides: &Sides<'_>, missing: &mut Vec<String>, surplus: &mut Vec<String>) {
    let is_month = |text: &String| text.parse::<u32>().is_ok_and(|it| (1..=12).contains(&it));
    let named = |facts: &facts::Facts| facts.meaning(Meaning::Date).values().sum::<usize>();
    for (side, names) in [(missing, named(&sides.facts.1)), (surplus, named(&sides.facts.0))] {
        for _ in 0..names {
            if let Some(at) = side.iter().position(is_month) {
                side.swap_remove(at);
            }
        }
    }
}

/// Whether a side says numbers in words, or is in a language whose words for numbers aren't known.
fn said_in_words(sides: &Sides<'_>, of_source: bool) -> bool {
    let (locale, facts) = if of_source {
        (sides.languages.0, &sides.facts.0)
    } else {
        (sides.languages.1, &sides.facts.1)
    };
    !facts::knows(locale.language())
        || !facts.meaning(Meaning::Number).is_empty()
        || has_han(sides, of_source)
}

/// Numbers in Chinese characters.
fn has_han(sides: &Sides<'_>, of_source: bool) -> bool {
    let text = if of_source { &sides.source } else { &sides.target };
    text.contains(['一', '二', '两', '兩', '三', '四', '五', '六', '七', '八', '九', '十'])
}

fn is_small(value: &str) -> bool {
    value.parse::<u64>().is_ok_and(|value| value <= 20 || value % 100 == 0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use crate::quality::Check::{self, Figures, PhoneNumber, ShortCode};

    fn told(check: Check, source: &str, right: &[(&str, &str)], wrong: &[(&str, &str)]) {
        for (target, language) in right {
            assert!(!found(source, target, language).contains(&check), "{check}: {target}");
        }
        for (target, language) in wrong {
            assert!(found(source, target, language).contains(&check), "{check}: {target}");
        }
    }

    #[test]
    fn telephone_numbers_are_the_same_however_they_are_written() {
        told(
            PhoneNumber,
            "Call +44 20 7946 0958 or 0800 1111.",
            &[
                ("Appelez le +44 (20) 7946-0958 ou le 08 00 11 11.", "fr"),
                ("اتصل بالرقم ‎+٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨ أو ٠٨٠٠ ١١١١.", "ar"),
                ("+४४ २० ७९४६ ०९५८ या ०८०० ११११ पर कॉल करें।", "hi"),
                ("โทร +๔๔ ๒๐ ๗๙๔๖ ๐๙๕๘ หรือ ๐๘๐๐ ๑๑๑๑", "th"),
            ],
            &[
                ("Appelez le +44 20 7946 0985 ou le 0800 1111.", "fr"),
                ("اتصل بالرقم +٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨.", "ar"),
                ("+४४ २० ७९४६ ०९५८ या ०८०० १११२ पर कॉल करें।", "hi"),
                ("โทร +๔๔ ๒๐ ๗๙๔๖ ๐๙๕๘ หรือ ๐๘๐๐ ๑๑๑๑ หรือ 02 123 4567", "th"),
            ],
        );
        let no_phones =
            "From 2014-2018, 1,000,000 people on 2021-03-04 at 192.168.0.1 with 3.1415926.";
        assert!(!found(no_phones, "Rien.", "fr").contains(&PhoneNumber));
        assert!(!found("1,234,567 people", "1.234.567 Menschen", "de").contains(&PhoneNumber));
    }

    #[test]
    fn short_codes_are_the_same() {
        told(
            ShortCode,
            "Call 112 or 116 111.",
            &[
                ("Appelez le 112 ou le 116111.", "fr"),
                ("اتصل ١١٢ أو ١١٦ ١١١.", "ar"),
                ("११२ या ११६१११ पर कॉल करें।", "hi"),
                ("โทร ๑๑๒ หรือ 116-111", "th"),
            ],
            &[
                ("Appelez le 17 ou le 116 111.", "fr"),
                ("اتصل ١١٢ أو ١١٦ ٠٠٠.", "ar"),
                ("११२ पर कॉल करें।", "hi"),
                ("โทร ๑๙๑ หรือ ๑๑๖๑๑๑", "th"),
            ],
        );
    }

    #[test]
    fn figures_are_the_same_in_any_numerals_and_grouping() {
        told(
            Figures,
            "By 4 March 2021, 2,500 people aged 13 to 17 had called before 5 pm.",
            &[
                ("Au 4 mars 2021, 2 500 personnes de 13 à 17 ans avaient appelé avant 17 h.", "fr"),
                ("حتى ٤ مارس ٢٠٢١، اتصل ٢٬٥٠٠ شخص أعمارهم ١٣ إلى ١٧ قبل ٥ مساء.", "ar"),
                ("2021年3月4日までに、13〜17歳の2500人が17時前に電話しました。", "ja"),
                ("४ मार्च २०२१ तक १३ से १७ के २,५०० लोगों ने ५ बजे से पहले फ़ोन किया।", "hi"),
            ],
            &[
                ("Au 4 mars 2021, 2 500 personnes de 13 à 18 ans avaient appelé avant 17 h.", "fr"),
                ("حتى ٤ مارس ٢٠١٢، اتصل ٢٬٥٠٠ شخص أعمارهم ١٣ إلى ١٧ قبل ٥ مساء.", "ar"),
                ("2021年4月までに、13〜17歳の250人が17時前に電話しました。", "ja"),
                ("४ मार्च २०२१ तक १६ से १७ के २,५०० लोगों ने ५ बजे से पहले फ़ोन किया।", "hi"),
            ],
        );
        assert!(!found("Wait two days.", "Attendez 2 jours.", "fr").contains(&Figures));
        assert!(!found("See COVID-19 and v2.", "Voir COVID-19.", "fr").contains(&Figures));
    }
}
