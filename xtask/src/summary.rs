//! What is said at the end of a run: one line a check, the count of tests, and whether all is well.

use std::time::Duration;

use crate::tally::Tally;

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Passed,
    /// Something is wrong; the details were shown when it ran.
    Failed(String),
    /// It could not run, and why.
    Skipped(String),
}

/// One check, its outcome and its cost.
#[derive(Debug)]
pub(crate) struct Report {
    /// The check's name.
    pub(crate) name: &'static str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How long it took.
    pub(crate) took: Duration,
    /// The tests that it ran, for the one check that runs tests.
    pub(crate) tally: Option<Tally>,
}

/// All checks, one a line.
pub(crate) fn table(reports: &[Report]) -> String {
    let mut lines = vec!["Checks:".to_owned()];
    for report in reports {
        let (word, detail) = match &report.outcome {
            Outcome::Passed => ("ok", ""),
            Outcome::Failed(detail) => ("FAILED", detail.as_str()),
            Outcome::Skipped(detail) => ("SKIPPED", detail.as_str()),
        };
        let line =
            format!("  {word:8}{:14}{:7.1} s  {detail}", report.name, report.took.as_secs_f64());
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// `N passed, N failed`, over all test binaries.
pub(crate) fn closing_line(reports: &[Report]) -> String {
    let mut sum = Tally::default();
    for tally in reports.iter().filter_map(|report| report.tally) {
        sum.passed += tally.passed;
        sum.failed += tally.failed;
    }
    format!("{} passed, {} failed", sum.passed, sum.failed)
}

/// Whether the run as a whole succeeded; with `strict` (in CI) a skipped check is a failure too.
pub(crate) fn all_passed(reports: &[Report], strict: bool) -> bool {
    reports.iter().all(|report| match report.outcome {
        Outcome::Passed => true,
        Outcome::Failed(_) => false,
        Outcome::Skipped(_) => !strict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &'static str, outcome: Outcome, tally: Option<Tally>) -> Report {
        Report { name, outcome, took: Duration::from_millis(1500), tally }
    }

    #[test]
    fn one_failed_check_fails_the_run_though_all_tests_passed() {
        let tests = report("test", Outcome::Passed, Some(Tally { passed: 5, failed: 0 }));
        let clippy = report("clippy", Outcome::Failed("ended with 101".to_owned()), None);
        let reports = [tests, clippy];
        assert!(!all_passed(&reports, false));
        assert_eq!(closing_line(&reports), "5 passed, 0 failed");
        assert!(
            table(&reports).contains("  FAILED  clippy            1.5 s  ended with 101"),
            "{}",
            table(&reports)
        );
    }

    #[test]
    fn a_skipped_check_fails_only_in_ci() {
        let reports = [report("typos", Outcome::Skipped("pip is missing".to_owned()), None)];
        assert!(all_passed(&reports, false));
        assert!(!all_passed(&reports, true));
    }
}
