//! Figures for Prometheus: how often, how fast, what went wrong. By endpoint and class of status only,
//! so that nothing in them says who asked for what.
//!
//! Counters are looked up when an endpoint is mounted: a request only adds to them.

use std::{fmt, sync::Arc, time::Duration};

use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::problem::Code;

/// Upper bounds of the buckets of answer times, in seconds.
const BUCKETS: [f64; 11] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// The figures of one server.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    problems: Arc<[Counter]>,
}

/// The figures of one endpoint.
#[derive(Clone)]
pub(crate) struct Meter {
    /// By the status's first digit: 1xx to 5xx.
    answers: [Counter; 5],
    seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let builder = PrometheusBuilder::new();
        // Only an empty list of buckets is refused.
        let recorder = builder.set_buckets(&BUCKETS).unwrap_or_default().build_recorder();
        recorder.describe_counter(
            "cms_http_answers".into(),
            Some(Unit::Count),
            "Answers by endpoint and class.".into(),
        );
        recorder.describe_histogram(
            "cms_http_seconds".into(),
            Some(Unit::Seconds),
            "Time to make an answer.".into(),
        );
        recorder.describe_counter(
            "cms_http_problems".into(),
            Some(Unit::Count),
            "Problems by code.".into(),
        );
        let problem = |code: &Code| {
            counter(&recorder, "cms_http_problems", vec![Label::new("code", code.name())])
        };
        let problems = Code::ALL.iter().map(problem).collect();
        Self { recorder: Arc::new(recorder), problems }
    }
}

impl Metrics {
    /// The figures of an endpoint, by its name.
    pub(crate) fn meter(&self, endpoint: &str) -> Meter {
        let named = || Label::new("endpoint", endpoint.to_owned());
        let answers = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            counter(&self.recorder, "cms_http_answers", vec![named(), Label::new("class", class)])
        });
        let key = Key::from_parts("cms_http_seconds", vec![named()]);
        Meter { answers, seconds: self.recorder.register_histogram(&key, &METADATA) }
    }

    pub(crate) fn count_problem(&self, code: Code) {
        let place = Code::ALL.iter().position(|other| *other == code);
        if let Some(counter) = place.and_then(|place| self.problems.get(place)) {
            counter.increment(1);
        }
    }

    /// Sets a figure that is read off rather than counted, such as a follower's lag.
    pub(crate) fn set_gauge(
        &self,
        name: &'static str,
        label: Option<(&'static str, &str)>,
        value: f64,
    ) {
        let labels = label.map(|(label, of)| Label::new(label, of.to_owned()));
        let key = Key::from_parts(name, labels.into_iter().collect::<Vec<_>>());
        self.recorder.register_gauge(&key, &METADATA).set(value);
    }

    /// All figures, as Prometheus reads them.
    pub(crate) fn render(&self) -> String {
        self.recorder.handle().render()
    }

    /// Sorts measured times into their buckets. To be called every few seconds: until then each one is
    /// kept in memory.
    pub(crate) fn tidy(&self) {
        self.recorder.handle().run_upkeep();
    }
}

impl Meter {
    pub(crate) fn record(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self.answers.get(class) {
            counter.increment(1);
        }
        self.seconds.record(took.as_secs_f64());
    }
}

fn counter(recorder: &PrometheusRecorder, name: &'static str, labels: Vec<Label>) -> Counter {
    recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
