//! Numbers as people write them: `116 111`, `+44 20 7946 0958` and `020-7946-0958` are found however they
//! are grouped, in the digits of any script.

/// The fewest digits that make a code; shorter numbers are words and nothing else.
const MIN_DIGITS: usize = 3;
/// The most: what is longer is no number that anybody types.
const MAX_DIGITS: usize = 20;
/// How many codes of one text count.
const MAX_CODES: usize = 2_000;

/// A run of digits in groups, such as a telephone number.
#[derive(Debug, Default)]
struct Run {
    groups: Vec<String>,
    /// White space and marks since the last digit.
    gap: usize,
}

/// What the numbers of a text are found by: all digits of a run, and its ends from each group on, so that
/// a number is found without its country's code, too.
pub(super) fn codes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    runs(text, &mut |groups| {
        for from in 0..groups.len() {
            push(&mut found, groups.get(from..).unwrap_or_default().concat());
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// What a number is found by that is dialled as it stands: all of its digits, and those of a number in
/// international form without the country's code, which has one to three.
pub(super) fn dialled(number: &str) -> Vec<String> {
    let digits: String = number.chars().filter_map(digit).collect();
    if !(2..=MAX_DIGITS).contains(&digits.len()) {
        return Vec::new();
    }
    let codes = if number.starts_with('+') { 4 } else { 1 };
    (0..codes).filter_map(|at| Some(digits.get(at..)?.to_owned())).collect()
}

/// What the numbers of a query are looked up by: all digits of each run, as they are and without the
/// zeros in front that lead out of a country or a town.
///
/// Two digits are a short code where nothing else is asked for: elsewhere they are an age, or a year of school.
pub(super) fn asked(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let digits: String = text.chars().filter_map(digit).collect();
    if digits.len() == 2 && text.trim().chars().count() == 2 {
        found.push(digits);
    }
    runs(text, &mut |groups| {
        let joined = groups.concat();
        push(&mut found, joined.trim_start_matches('0').to_owned());
        push(&mut found, joined);
    });
    found.sort_unstable();
    found.dedup();
    found
}

fn push(found: &mut Vec<String>, code: String) {
    if (MIN_DIGITS..=MAX_DIGITS).contains(&code.len()) && found.len() < MAX_CODES {
        found.push(code);
    }
}

fn runs(text: &str, give: &mut dyn FnMut(&[String])) {
    let mut run = Run::default();
    for c in text.chars() {
        if let Some(digit) = digit(c) {
            if run.gap > 0 || run.groups.is_empty() {
                run.groups.push(String::new());
            }
            run.gap = 0;
            if let Some(group) = run.groups.last_mut().filter(|group| group.len() <= MAX_DIGITS) {
                group.push(digit);
            }
        } else if c == '+' || !joins(c) || run.gap >= 2 {
            finish(&mut run, give);
        } else if !run.groups.is_empty() {
            run.gap += 1;
        }
    }
    finish(&mut run, give);
}

fn finish(run: &mut Run, give: &mut dyn FnMut(&[String])) {
    let groups = std::mem::take(&mut run.groups);
    run.gap = 0;
    if groups.iter().map(String::len).sum::<usize>() <= MAX_DIGITS {
        give(&groups);
    } else {
        for group in &groups {
            give(std::slice::from_ref(group));
        }
    }
}

/// Whether a character may stand between the groups of one number.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '.' | '/' | '(' | ')')
        || ('\u{2010}'..='\u{2014}').contains(&c)
}

/// A decimal digit of the scripts whose readers use their own: Arabic, Persian, Indic, Thai and their
/// neighbours, and full width.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 19] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
        0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10,
    ];
    if c.is_ascii_digit() {
        return Some(c);
    }
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_grouped() {
        assert_eq!(codes("Call 116 111 now"), ["111", "116111"]);
        assert_eq!(asked("116111"), ["116111"]);
        assert_eq!(asked("11 61 11"), ["116111"]);
        let ends = ["0958", "2079460958", "442079460958", "79460958"];
        assert_eq!(codes("+44 (20) 7946-0958"), ends);
        assert_eq!(asked("020 7946 0958"), ["02079460958", "2079460958"]);
        assert_eq!(asked("١١٦ ١١١"), ["116111"]);
        assert_eq!(asked("１１２"), ["112"]);
    }

    #[test]
    fn what_is_dialled_is_found_with_and_without_the_country_s_code() {
        let found = dialled("+448081570222");
        for typed in ["0808 157 0222", "08081570222", "+44 808 157 0222", "0044 808 157 0222"] {
            assert!(asked(typed).iter().any(|code| found.contains(code)), "{typed}");
        }
        assert_eq!(
            (dialled("116111"), dialled("17")),
            (vec!["116111".to_owned()], vec!["17".to_owned()])
        );
        assert_eq!((asked("17"), asked("17 ans")), (vec!["17".to_owned()], Vec::new()));
        assert_eq!(dialled("+"), [""; 0]);
    }

    #[test]
    fn words_part_numbers_and_data_is_none() {
        assert_eq!(codes("112 or 999, 10 a"), ["112", "999"]);
        assert_eq!(codes(&"1".repeat(400)), [""; 0]);
        assert_eq!(codes("call 0800 1111 +33 1 23"), ["08001111", "1111", "123", "33123"]);
        assert_eq!(asked("12 a"), [""; 0]);
        assert!(codes(&"123 x ".repeat(50_000)).len() == 1);
    }
}
