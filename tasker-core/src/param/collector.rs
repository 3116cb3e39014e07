//! What one execution writes beside its result, until its outcome is recorded and this with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::store::{Record, RecordKind};
use crate::{Json, StepError};

/// The records of one execution so far. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Collected>>);

#[derive(Debug, Default)]
struct Collected {
    records: Vec<Record>,
    /// The first value that was no JSON.
    error: Option<StepError>,
    /// What is to be known of the execution if it fails.
    kept: Option<Value>,
}

impl Collector {
    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event.
    pub(crate) fn add(&self, name: &str, payload: Result<Json, serde_json::Error>) {
        self.collected().push(RecordKind::Event, name, payload);
    }

    /// Puts an annotation in the place of the one that there was.
    pub(crate) fn set(&self, name: &str, payload: Result<Json, serde_json::Error>) {
        let mut collected = self.collected();
        collected.records.retain(|record| !is(record, RecordKind::Annotation, name));
        collected.push(RecordKind::Annotation, name, payload);
    }

    /// The values of one kind and name, as far as they read back.
    pub(super) fn read<T: DeserializeOwned>(&self, kind: RecordKind, name: &str) -> Vec<T> {
        let collected = self.collected();
        let records = collected.records.iter().filter(|record| is(record, kind, name));
        records.filter_map(|record| record.payload.parse().ok()).collect()
    }

    /// Fails the execution at its end, unless something else did before.
    pub(crate) fn refuse(&self, error: StepError) {
        self.collected().error.get_or_insert(error);
    }

    /// Keeps what is to be known if the execution fails, in the place of what was kept before.
    pub(crate) fn keep(&self, value: Value) {
        self.collected().kept = Some(value);
    }

    /// What was kept.
    pub(crate) fn kept(&self) -> Option<Value> {
        self.collected().kept.take()
    }

    /// Takes what an execution wrote, at its end; what is written afterwards is lost.
    pub(crate) fn take(&self, most: usize) -> Result<Vec<Record>, StepError> {
        let (records, error) = {
            let mut collected = self.collected();
            (std::mem::take(&mut collected.records), collected.error.take())
        };
        let size = records.iter().map(|record| record.payload.as_str().len()).sum();
        match error {
            Some(error) => Err(error),
            None if size > most => Err(too_large(records.len(), size, most)),
            None => Ok(records),
        }
    }
}

impl Collected {
    fn push(&mut self, kind: RecordKind, name: &str, payload: Result<Json, serde_json::Error>) {
        match payload {
            Ok(payload) => self.records.push(Record { kind, name: name.to_owned(), payload }),
            Err(error) => {
                self.error.get_or_insert_with(|| {
                    StepError::permanent(format!("the {kind} `{name}` is no JSON: {error}"))
                        .code("RECORD_NOT_JSON")
                });
            }
        }
    }
}

fn is(record: &Record, kind: RecordKind, name: &str) -> bool {
    record.kind == kind && record.name == name
}

fn too_large(count: usize, size: usize, limit: usize) -> StepError {
    let message = format!(
        "the {count} events and annotations of this execution are {size} bytes of JSON, more than the limit of {limit}; \
         store what is large elsewhere and write where it is, or raise the limit with `max_payload`"
    );
    StepError::permanent(message).code("RECORDS_TOO_LARGE")
}
