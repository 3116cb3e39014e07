//! What is printed: a row of a table, or a JSON object in a line, as soon as a figure is there.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::bed::Bed;
use crate::spread::Spread;

/// One measurement. What does not apply is `null` in JSON and a dash in the table.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    bench: &'static str,
    store: &'static str,
    /// How many tasks.
    n: usize,
    seconds: Option<f64>,
    steps_per_s: Option<f64>,
    tasks_per_s: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    ceiling_steps_per_s: Option<f64>,
    ratio: Option<f64>,
    /// `from` and `to` are those of the runs whose median is the first of steps, tasks a second and
    /// milliseconds that is there.
    #[serde(flatten)]
    more: BTreeMap<&'static str, f64>,
}

impl Figure {
    pub(crate) fn new(bench: &'static str, bed: &Bed<'_>, tasks: usize) -> Self {
        Self {
            bench,
            store: bed.kind.name(),
            n: tasks,
            seconds: None,
            steps_per_s: None,
            tasks_per_s: None,
            p50_ms: None,
            p95_ms: None,
            ceiling_steps_per_s: None,
            ratio: None,
            more: BTreeMap::new(),
        }
    }

    /// That many tasks of so many steps each took so many seconds.
    pub(crate) fn took(self, steps: usize, seconds: Spread) -> Self {
        let all = (self.n * steps) as f64;
        Self { steps_per_s: Some(all / seconds.median), ..self.started(seconds) }.between(Spread {
            median: all / seconds.median,
            from: all / seconds.to,
            to: all / seconds.from,
        })
    }

    /// That many tasks were started in so many seconds.
    pub(crate) fn started(self, seconds: Spread) -> Self {
        let tasks = self.n as f64;
        let rate =
            Spread { median: tasks / seconds.median, from: tasks / seconds.to, to: tasks / seconds.from };
        let (seconds, tasks_per_s) = (Some(seconds.median), Some(rate.median));
        Self { seconds, tasks_per_s, ..self.between(rate) }
    }

    pub(crate) fn latency(self, p50: Spread, p95: Spread) -> Self {
        Self { p50_ms: Some(p50.median), p95_ms: Some(p95.median), ..self.between(p50) }
    }

    /// How it compares with what hand-written SQL reaches.
    pub(crate) fn ceiling(self, steps_per_s: f64) -> Self {
        let ratio = self.steps_per_s.map(|rate| rate / steps_per_s);
        Self { ceiling_steps_per_s: Some(steps_per_s), ratio, ..self }
    }

    pub(crate) fn ratio(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    pub(crate) fn over(self, seconds: f64) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    fn between(self, spread: Spread) -> Self {
        self.with("from", Some(spread.from)).with("to", Some(spread.to))
    }

    /// A value that only some benches have.
    pub(crate) fn with(mut self, key: &'static str, value: Option<f64>) -> Self {
        self.more.extend(value.map(|value| (key, value)));
        self
    }

    pub(crate) fn steps_per_s(&self) -> f64 {
        self.steps_per_s.unwrap_or(f64::NAN)
    }

    fn row(&self) -> String {
        let mut row = format!("{:12} {:8} {:>7}", self.bench, self.store, self.n);
        let cells = [
            (9, self.seconds),
            (9, self.steps_per_s),
            (9, self.tasks_per_s),
            (8, self.p50_ms),
            (8, self.p95_ms),
            (9, self.ceiling_steps_per_s),
            (6, self.ratio),
        ];
        for (width, value) in cells {
            let _ = write!(row, " {:>width$}", value.map_or("-".to_owned(), short));
        }
        for (key, value) in &self.more {
            let _ = write!(row, "  {key}={}", short(*value));
        }
        row
    }
}

/// Three digits that mean something.
fn short(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

pub(crate) struct Report {
    json: bool,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        if !json {
            println!(
                "{:12} {:8} {:>7} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>6}",
                "bench",
                "store",
                "n",
                "seconds",
                "steps/s",
                "tasks/s",
                "p50 ms",
                "p95 ms",
                "ceiling",
                "ratio"
            );
        }
        Self { json }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a figure is reported once")]
    pub(crate) fn add(&self, figure: Figure) {
        if !self.json {
            println!("{}", figure.row());
            return;
        }
        match serde_json::to_string(&figure) {
            Ok(line) => println!("{line}"),
            Err(error) => eprintln!("a figure that is no JSON: {error}"),
        }
    }
}
