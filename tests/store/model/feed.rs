//! What subscribers hear of: the same on both stores, everything that the history of a task has, once, and in order.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::prelude::Uuid;
use tasker::TaskId;
use tasker::store::{Cursor, Kinds, Lead, Lifecycle, Occurrence, Progress, What};

use super::Check;
use super::history::{History, same};
use super::side::{Side, failed};

const NAME: &str = "model";

/// How far the feeds were read, and what stood in them.
#[derive(Default)]
pub(super) struct Feeds {
    /// Who tells the stores how far they were read.
    leader: Uuid,
    model: Cursor,
    database: Cursor,
    heard: BTreeMap<TaskId, Vec<Occurrence>>,
}

/// By what is told of a task, or of one of its steps, in order.
fn sorted(mut occurrences: Vec<Occurrence>) -> Vec<Occurrence> {
    occurrences.sort_by_key(|occurrence| {
        let step = occurrence.step.as_ref().map(|step| step.facts.step_id);
        let place = occurrence.emitted.as_ref().map(|emitted| emitted.place);
        (occurrence.task.task_id, step, occurrence.revision, place.is_none(), place)
    });
    occurrences
}

/// Reads on to the end, and says so: what was read may be removed.
async fn read_on(side: &Side, leader: Uuid, cursor: &mut Cursor) -> Result<Vec<Occurrence>, String> {
    let feed = side.store.feed();
    let mut occurrences = Vec::new();
    loop {
        // Few at a time, so that what follows is read, too.
        let page = feed.read_on(cursor, Kinds::ALL, 3).await.map_err(failed)?;
        *cursor = page.cursor;
        occurrences.extend(page.occurrences);
        if !page.more {
            let progress = Progress { cursor: cursor.clone(), ..Progress::default() };
            let leads = feed.advance(NAME, leader, &progress).await.map_err(failed)?;
            feed.trim().await.map_err(failed)?;
            return if leads { Ok(occurrences) } else { Err("the reader was forgotten".to_owned()) };
        }
    }
}

impl Feeds {
    /// From where a new subscriber of each store hears.
    pub(super) async fn subscribe(model: &Side, database: &Side) -> Self {
        let (mut cursors, leader) = (Vec::new(), Uuid::now_v7());
        for side in [model, database] {
            let feed = side.store.feed();
            feed.subscribe(&[NAME.to_owned()]).await.unwrap();
            let lead = feed.lead(NAME, leader, Duration::from_secs(9)).await.unwrap();
            let Lead::Own(cursor) = lead else { panic!("{lead:?}") };
            cursors.push(cursor);
        }
        let database = cursors.pop().unwrap_or_default();
        Self { leader, model: cursors.pop().unwrap_or_default(), database, heard: BTreeMap::new() }
    }
}

impl History<'_> {
    /// Hears what the last deed did.
    pub(super) async fn hear(&mut self) -> Check {
        let model = read_on(&self.oracle, self.feeds.leader, &mut self.feeds.model).await?;
        let database = read_on(&self.lane.subject, self.feeds.leader, &mut self.feeds.database).await?;
        in_order("the database", &database)?;
        in_order("the model", &model)?;
        same("what subscribers hear of", &sorted(model), &sorted(database.clone()))?;
        for occurrence in database {
            let heard = self.feeds.heard.entry(occurrence.task.task_id).or_default();
            if occurrence.what == Lifecycle::TaskInitializeRequested {
                // One that was removed and is asked for again has another history.
                heard.clear();
            }
            heard.push(occurrence);
        }
        Ok(())
    }

    /// That all of the history was heard of.
    pub(super) async fn heard_all(&self) -> Check {
        for task in self.ledger.tasks() {
            let history = self.lane.subject.store.history(task).await.map_err(failed)?;
            let mut moves: Vec<(Option<String>, Lifecycle)> =
                vec![(None, Lifecycle::TaskInitializeRequested)];
            moves.extend(history.into_iter().filter_map(|happened| match happened.what {
                What::Task { from, to } => Some((None, Lifecycle::of_task(from, to))),
                What::Step { step, from, to, .. } => Some((Some(step), Lifecycle::of_step(from, to))),
                What::Ordered { .. } => None,
            }));
            moves.sort();
            let heard = self.feeds.heard.get(&task).map_or(&[][..], Vec::as_slice);
            let heard = heard.iter().filter(|heard| heard.what != Lifecycle::Emitted);
            let mut heard: Vec<_> = heard
                .map(|heard| (heard.step.as_ref().map(|step| step.facts.step_name.clone()), heard.what))
                .collect();
            heard.sort();
            same(&format!("what was heard of {task} and its history"), &moves, &heard)?;
            let records = self.lane.subject.store.records(task).await.map_err(failed)?;
            let written =
                records.iter().filter(|record| record.kind == tasker::store::RecordKind::Event).count();
            let heard = self.feeds.heard.get(&task).map_or(&[][..], Vec::as_slice);
            let emitted = heard.iter().filter(|heard| heard.what == Lifecycle::Emitted).count();
            same(&format!("how many events of {task} were heard"), &written, &emitted)?;
        }
        Ok(())
    }
}

/// That each step and each task is told of in the order of its transitions, and that a task's end comes after those of its steps.
fn in_order(whose: &str, occurrences: &[Occurrence]) -> Check {
    let mut last = BTreeMap::new();
    for occurrence in occurrences {
        let step = occurrence.step.as_ref().map(|step| step.facts.step_id);
        let place = occurrence.emitted.as_ref().map(|emitted| emitted.place);
        let at = (occurrence.revision, place.is_none(), place);
        let before = last.insert((occurrence.task.task_id, step), at);
        // A new task is told of first, whose revision is zero.
        if before.is_some_and(|before| before >= at) {
            return Err(format!("{whose} tells out of order: {before:?} before {at:?} in {occurrences:?}"));
        }
    }
    Ok(())
}
