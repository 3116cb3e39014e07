//! What is rendered, documented and shown on the dashboard are the same metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tasker::{SqlStore, Store, Tasker};
use tokio::time::sleep;

use super::exposition::Seen;
use crate::support::{App, builder, context, job};

const TABLE: &str = include_str!("../../../tasker-core/src/metrics/table.md");
const DASHBOARD: &str = include_str!("../../../dashboards/tasker.json");
const CHAPTER: &str = include_str!("../../../book/src/metrics.md");

/// A Tasker that has a series of every metric.
async fn everything() -> Tasker {
    let store = SqlStore::connect("sqlite::memory:").await.unwrap();
    store.feed().subscribe(&["audit".to_owned()]).await.unwrap();
    let tasker = builder(&App::new([]), &store).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.pause().await.unwrap();
    while Seen::of(&tasker).series("tasker_outbox_lag_seconds", &[]) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    tasker
}

/// Name, type and labels by the table.
fn documented() -> Vec<(String, String, Vec<String>)> {
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = TABLE.lines().skip(2).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, meaning] = cells[..] else {
            panic!("a row of {} cells: {row}", cells.len())
        };
        assert!(!meaning.is_empty(), "{row}");
        let mut labels = quoted(labels);
        labels.sort_unstable();
        (quoted(name).remove(0), kind.to_owned(), labels)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn the_table_of_the_documentation_is_what_is_rendered() {
    let tasker = everything().await;
    let seen = Seen::of(&tasker);
    let rendered = seen.families().iter();
    let rendered: Vec<_> =
        rendered.map(|family| (family.name.clone(), family.kind.to_owned(), family.labels.clone())).collect();
    assert_eq!(rendered, documented());
}

#[tokio::test]
async fn no_label_is_an_id() {
    let tasker = everything().await;
    for family in Seen::of(&tasker).families() {
        for value in family.samples.iter().flat_map(|sample| sample.labels.values()) {
            assert!(value.parse::<tasker::TaskId>().is_err(), "{} has the label {value}", family.name);
        }
    }
}

/// The expressions of all panels and variables.
fn expressions(of: &Value, found: &mut Vec<String>) {
    match of {
        // What a data source is chosen by is no expression.
        Value::Object(map) if map.get("type") == Some(&"datasource".into()) => {}
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if ["expr", "query", "definition"].contains(&key.as_str()) => {
                        found.push(text.clone());
                    }
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| expressions(one, found)),
        _ => {}
    }
}

/// The words of a query that begin like a metric of ours.
fn metrics_of(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("tasker_"))
}

/// The labels that a query groups by: they are of each of its metrics.
fn grouped_by(expression: &str) -> impl Iterator<Item = &str> {
    let groups = expression.split("by (").skip(1).map(|part| part.split(')').next().unwrap());
    groups.flat_map(|group| group.split(',').map(str::trim))
}

/// The labels that a query picks by, with their metric.
fn picked_by(expression: &str) -> impl Iterator<Item = (&str, &str)> {
    expression.match_indices('{').flat_map(|(at, _)| {
        let metric = metrics_of(&expression[..at]).last().unwrap();
        let matchers = expression[at + 1..].split('}').next().unwrap().split(',');
        matchers.map(move |matcher| (metric, matcher.split(['=', '!']).next().unwrap().trim()))
    })
}

/// The queries that the book gives.
fn queries_of_the_book() -> Vec<String> {
    CHAPTER.split("```promql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_query_of_the_dashboard_and_the_book_is_about_metrics_and_labels_that_there_are() {
    let tasker = everything().await;
    let seen = Seen::of(&tasker);
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for family in seen.families() {
        let names = match family.kind {
            "histogram" => {
                ["_bucket", "_sum", "_count"].map(|part| format!("{}{part}", family.name)).to_vec()
            }
            _ => vec![family.name.clone()],
        };
        known.extend(names.into_iter().map(|name| (name, family.labels.clone())));
    }
    let mut queries = Vec::new();
    expressions(&serde_json::from_str(DASHBOARD).unwrap(), &mut queries);
    assert!(queries.len() > 15, "{} queries", queries.len());
    let of_the_book = queries_of_the_book();
    assert!(of_the_book.len() > 5);
    let on_dashboard = queries.len();
    queries.extend(of_the_book);
    let mut shown = BTreeSet::new();
    for (at, query) in queries.iter().enumerate() {
        let metrics: Vec<&str> = metrics_of(query).collect();
        assert!(!metrics.is_empty(), "{query} asks for no metric");
        let has = |metric: &str, label: &str| {
            let labels = known.get(metric).unwrap_or_else(|| panic!("there is no {metric}: {query}"));
            // What Prometheus adds, and the bounds of buckets.
            let is_there = labels.iter().any(|name| name == label) || ["instance", "le"].contains(&label);
            assert!(is_there, "{metric} has no label {label}: {query}");
        };
        for (metric, label) in picked_by(query) {
            has(metric, label);
        }
        for metric in metrics {
            assert!(known.contains_key(metric), "there is no {metric}: {query}");
            for label in grouped_by(query) {
                has(metric, label);
            }
            if at < on_dashboard {
                shown.insert(metric.to_owned());
            }
        }
    }
    for signal in [
        "tasker_tasks_ended_total",
        "tasker_steps_ended_total",
        "tasker_step_run_seconds_bucket",
        "tasker_step_queue_seconds_bucket",
        "tasker_steps_running",
        "tasker_outbox_lag_seconds",
        "tasker_pool_connections",
        "tasker_lease_losses_total",
    ] {
        assert!(shown.contains(signal), "the dashboard does not show {signal}");
    }
}
