//! Who hears of events while the processes that deliver them are killed: all of them, in order for each task, and seldom twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use sea_orm::EntityTrait;
use tasker::async_trait;
use tasker::events::{Delivery, Subscriber, SubscriberResult, TaskerEvent};
use tasker::orm::entity::{task, task_transition, workflow_step_transition};

use crate::load::Load;
use crate::patience::{a_while, rounds, soon_after_asking};
use crate::process::{Options, Worker};
use crate::site::Site;

/// The name of the subscriber.
pub(crate) const NAME: &str = "ear";

/// Writes a line for each event that it takes, and refuses one of ten.
pub(crate) struct Ear(pub(crate) PathBuf);

#[async_trait]
impl Subscriber for Ear {
    fn events(&self) -> Vec<&str> {
        vec!["*"]
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..3))).await;
        if fastrand::u8(..) < 26 {
            return Err("not now".into());
        }
        // One write, which another process cannot come between.
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(format!("{}\n", event.id).as_bytes())?;
        Ok(())
    }
}

pub(crate) fn delivery() -> Delivery {
    let wait = Duration::from_millis(50);
    Delivery::default().attempts(1_000).backoff(wait, wait).lease(Duration::from_secs(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_heard_on_sqlite() {
    deliverers_are_killed(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_heard_on_postgres() {
    if let Some(site) = Site::postgres().await {
        deliverers_are_killed(site).await;
    }
}

async fn deliverers_are_killed(site: Site) {
    const WORKERS: usize = 2;
    let options = Options { hears: true, ..Options::default() };
    let mut random = site.random();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    let load = Load::begin(&site, 10);
    let mut kills = 0;
    for _ in 0..rounds(4) {
        a_while(&mut random, 300..1_500).await;
        workers.swap_remove(random.usize(0..WORKERS)).kill();
        kills += 1;
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    load.served(100).await;
    let tasks = load.finish().await.len();
    site.all_ended().await;
    soon_after_asking("every event is taken", async || {
        let status = site.client.events().subscriptions().await.expect("an answer").remove(0);
        (status.behind, status.waiting, status.dead) == (0, 0, 0)
    })
    .await;
    for worker in workers {
        worker.terminate().await;
    }
    let lines = fs::read_to_string(site.heard_by_the_ear()).expect("events were heard");
    let heard: Vec<&str> = lines.lines().collect();
    let expected = happened(&site).await;
    assert_eq!(heard.iter().copied().collect::<BTreeSet<_>>(), expected.iter().map(String::as_str).collect());
    check_order(&heard);
    let twice = heard.len() - expected.len();
    println!(
        "{}: {tasks} tasks, {kills} kills, {} events, {twice} of them twice",
        site.name(),
        expected.len()
    );
}

/// The ids of all events: of the creation of each task, and of each transition in its history.
async fn happened(site: &Site) -> BTreeSet<String> {
    let db = site.store.reader();
    let tasks = task::Entity::find().all(db).await.expect("rows").into_iter();
    let of_tasks = task_transition::Entity::find().all(db).await.expect("rows").into_iter();
    let of_steps = workflow_step_transition::Entity::find().all(db).await.expect("rows").into_iter();
    let created = tasks.map(|task| format!("{}/0", task.id));
    let moved = of_tasks.map(|row| format!("{}/{}", row.task_id, row.revision));
    created
        .chain(moved)
        .chain(of_steps.map(|row| format!("{}/{}.{}", row.task_id, row.step_no, row.revision)))
        .collect()
}

/// That of each task and each step an event was first heard after those of its earlier transitions, and that nothing was first heard of a
/// task after its end.
fn check_order(heard: &[&str]) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, id) in heard.iter().enumerate() {
        first.entry(id).or_insert(at);
    }
    let mut whose: BTreeMap<String, BTreeMap<u32, usize>> = BTreeMap::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, at) in &first {
        let (task, rest) = id.split_once('/').expect("an id");
        let (step, revision) = rest.split_once('.').unwrap_or(("", rest));
        whose.entry(format!("{task}/{step}")).or_default().insert(revision.parse().expect("a number"), *at);
        let last = last.entry(task).or_default();
        *last = (*last).max(*at);
    }
    for (whose, events) in &whose {
        assert!(events.values().is_sorted(), "{whose} was heard out of order: {events:?}");
    }
    for (task, last) in last {
        // Its creation, its beginning, and its end.
        assert_eq!(first[format!("{task}/2").as_str()], last, "{task} went on after its end");
    }
}
