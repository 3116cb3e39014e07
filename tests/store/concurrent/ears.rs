//! Who hears what a crowd does: each ear through a store of its own, while all of it happens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::prelude::Uuid;
use tasker::SqlStore;
use tasker::store::{Cursor, Kinds, Lead, Occurrence, Store};

use crate::fixture::LEASE;

pub(super) struct Ear {
    store: SqlStore,
    cursor: Cursor,
    heard: Vec<Occurrence>,
}

impl Ear {
    /// One that hears of what begins from now on.
    pub(super) async fn new(store: &SqlStore, name: &str) -> Self {
        let feed = store.feed();
        feed.subscribe(&[name.to_owned()]).await.unwrap();
        let lead = feed.lead(name, Uuid::now_v7(), LEASE).await.unwrap();
        let Lead::Own(cursor) = lead else { panic!("it leads") };
        Self { store: store.clone(), cursor, heard: Vec::new() }
    }

    /// What one hears who comes when all is over, through a store that did nothing of it: as the database holds it.
    pub(super) async fn afterwards(store: &SqlStore, from: Cursor) -> Self {
        let mut ear = Self { store: store.clone(), cursor: from, heard: Vec::new() };
        ear.listen(&AtomicBool::new(true)).await;
        ear
    }

    pub(super) fn cursor(&self) -> Cursor {
        self.cursor.clone()
    }

    /// Listens until all is over, nothing is new, and nothing is missing: what is under way in other databases of the server counts, too.
    pub(super) async fn listen(&mut self, over: &AtomicBool) {
        loop {
            let was_over = over.load(Ordering::SeqCst);
            let limit = fastrand::usize(1..9);
            let page = self.store.feed().read_on(&self.cursor, Kinds::ALL, limit).await.unwrap();
            self.heard.extend(page.occurrences);
            if page.cursor != self.cursor {
                self.cursor = page.cursor;
            } else if was_over && self.cursor.holes.is_empty() {
                return;
            } else {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// That it heard everything, once, in order, and as the database holds it.
    pub(super) fn check(&self, whole: &Self) {
        let known = by_id(&whole.heard);
        let heard = by_id(&self.heard);
        assert_eq!(heard.len(), self.heard.len(), "nothing is heard twice");
        let lost: Vec<_> = known.keys().filter(|id| !heard.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{} of {} were lost: {lost:?}", lost.len(), known.len());
        for (id, heard) in &heard {
            assert_eq!(Some(heard), known.get(id), "as it was heard, and as it is in the database");
        }
        let mut last = BTreeMap::new();
        for occurrence in &self.heard {
            let step = occurrence.step.as_ref().map(|step| step.facts.step_id);
            let before = last.insert((occurrence.task.task_id, step), occurrence.revision);
            assert!(before.is_none_or(|before| before < occurrence.revision), "{before:?}: {occurrence:?}");
        }
    }
}

/// Without what may change after it happened.
fn by_id(occurrences: &[Occurrence]) -> BTreeMap<String, Occurrence> {
    let known = occurrences.iter().map(|occurrence| {
        let mut occurrence = occurrence.clone();
        if let Some(step) = &mut occurrence.step {
            (step.run_at, step.facts.retry_limit) = (None, 0);
        }
        (occurrence.id(), occurrence)
    });
    known.collect()
}
