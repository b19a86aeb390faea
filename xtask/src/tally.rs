//! Counts tests by the lines with which Rust's test harness closes each binary.

/// How many tests ran, over all test binaries.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds the counts of a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`; other lines count
    /// nothing.
    pub(crate) fn see(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse::<u64>().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_are_summed_and_other_lines_are_not() {
        let mut tally = Tally::default();
        tally.see("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        tally.see("test result: FAILED. 40 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1s");
        tally.see("test locale::a_test ... ok");
        tally.see("9 passed; 9 failed");
        assert_eq!(tally, Tally { passed: 43, failed: 2 });
    }
}
