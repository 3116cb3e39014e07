//! What is rendered, read by a parser that knows nothing of us.

use std::collections::BTreeMap;

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::{HistogramValue, OpenMetricsValue};
use tasker::Tasker;

/// The metrics of a Tasker at one moment.
pub(crate) struct Seen(Vec<Family>);

/// One metric, by the name that a query uses.
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) labels: Vec<String>,
    pub(crate) samples: Vec<Sample>,
}

pub(crate) struct Sample {
    pub(crate) labels: BTreeMap<String, String>,
    number: f64,
    /// Of a histogram, whose number is the count.
    sum: f64,
    buckets: Vec<(f64, f64)>,
}

impl Seen {
    pub(crate) fn of(tasker: &Tasker) -> Self {
        let text = tasker.metrics().render();
        let parsed = parse_openmetrics(&text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
        let families = parsed.families.into_values().map(|family| {
            let mut labels = family.get_label_names().to_vec();
            labels.sort_unstable();
            assert!(family.help.ends_with('.'), "{} is not explained", family.family_name);
            let samples: Vec<_> = family.iter_samples().collect();
            let kind = match samples[0].value {
                OpenMetricsValue::Counter(_) => "counter",
                OpenMetricsValue::Gauge(_) => "gauge",
                OpenMetricsValue::Histogram(_) => "histogram",
                _ => panic!("{} is of no kind that we have", family.family_name),
            };
            let samples = samples.into_iter().map(|sample| {
                let labels = if labels.is_empty() {
                    BTreeMap::new()
                } else {
                    let labels = sample.get_labelset().unwrap();
                    labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
                };
                Sample::of(labels, &sample.value)
            });
            let samples = samples.collect();
            let total = if kind == "counter" { "_total" } else { "" };
            Family { name: format!("{}{total}", family.family_name), kind, labels, samples }
        });
        let mut families: Vec<_> = families.collect();
        families.sort_by(|one, other| one.name.cmp(&other.name));
        Self(families)
    }

    pub(crate) fn families(&self) -> &[Family] {
        &self.0
    }

    /// The sum over all series with these labels; of a histogram, how many observations they have.
    pub(crate) fn number(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples(name, labels).map(|sample| sample.number).sum()
    }

    /// What the observations of a histogram add up to.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples(name, labels).map(|sample| sample.sum).sum()
    }

    /// How many observations are at most so large.
    pub(crate) fn within(&self, name: &str, bound: f64, labels: &[(&str, &str)]) -> f64 {
        let samples = self.samples(name, labels);
        samples.map(|sample| sample.buckets.iter().find(|bucket| bucket.0 >= bound).unwrap().1).sum()
    }

    /// How many series there are with these labels.
    pub(crate) fn series(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.0.iter().find(|family| family.name == name).map_or(0, |family| family.matching(labels).count())
    }

    fn samples<'s>(&'s self, name: &str, labels: &'s [(&str, &str)]) -> impl Iterator<Item = &'s Sample> {
        let family = self.0.iter().find(|family| family.name == name);
        let family = family.unwrap_or_else(|| panic!("there is no metric {name}"));
        assert!(family.matching(labels).next().is_some(), "{name} has no series with {labels:?}");
        family.matching(labels)
    }
}

impl Family {
    fn matching<'s>(&'s self, labels: &'s [(&str, &str)]) -> impl Iterator<Item = &'s Sample> {
        let fits = |sample: &&Sample| {
            labels.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|is| is == value))
        };
        self.samples.iter().filter(fits)
    }
}

impl Sample {
    fn of(labels: BTreeMap<String, String>, value: &OpenMetricsValue) -> Self {
        let (number, sum, buckets) = match value {
            OpenMetricsValue::Counter(counter) => (counter.value.as_f64(), 0.0, Vec::new()),
            OpenMetricsValue::Gauge(level) => (level.as_f64(), 0.0, Vec::new()),
            OpenMetricsValue::Histogram(HistogramValue { sum, count, buckets, .. }) => {
                let buckets: Vec<_> =
                    buckets.iter().map(|bucket| (bucket.upper_bound, bucket.count.as_f64())).collect();
                let last = buckets.last().unwrap();
                let count = f64::from(u32::try_from(count.unwrap()).unwrap());
                assert_eq!(*last, (f64::INFINITY, count), "the last bucket has them all");
                assert!(buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
                (count, sum.as_ref().unwrap().as_f64(), buckets)
            }
            _ => unreachable!(),
        };
        Self { labels, number, sum, buckets }
    }
}
