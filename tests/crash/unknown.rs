//! A pile of tasks that no worker can run is in nobody's way.

use std::time::{Duration, Instant};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tasker::orm::entity::workflow_step;
use tasker::{TaskState, WaitingFor};

use crate::process::{Options, Worker};
use crate::site::{Site, complete};
use crate::workflows::{Job, unknown};

const PILE: u64 = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_nobody_can_run_hold_up_no_others_on_sqlite() {
    a_pile_lies_around(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_nobody_can_run_hold_up_no_others_on_postgres() {
    if let Some(site) = Site::postgres().await {
        a_pile_lies_around(site).await;
    }
}

async fn a_pile_lies_around(site: Site) {
    let options = Options { lease: Duration::from_secs(30), ..Options::default() };
    let workers =
        [Worker::start_with(&site, options.clone()).await, Worker::start_with(&site, options).await];
    let without = normal_tasks(&site, 0).await;
    // Older and more urgent than what follows.
    let pile = (0..PILE).map(|number| Job { number: 1_000_000 + number, nap: 0 });
    let pile = site.client.start_many::<unknown::Workflow>(pile).priority(10).await.unwrap();
    let with = normal_tasks(&site, 1_000).await;
    println!("{}: 90 tasks took {without:?}, and beside the pile {with:?}", site.name());
    // Not a measurement: were the pile looked at for each claim, it would be far more.
    assert!(with < without * 5 + Duration::from_secs(2), "{without:?} without the pile, {with:?} beside it");

    for task in [&pile[0], &pile[pile.len() - 1]] {
        let status = task.status().await.unwrap();
        assert_eq!(
            (status.state, status.steps[0].waiting_for.clone()),
            (TaskState::Pending, Some(WaitingFor::Definition { reason: None }))
        );
    }
    let untouched = workflow_step::Column::Revision.eq(0);
    let untouched = workflow_step::Entity::find().filter(untouched).all(site.store.reader()).await.unwrap();
    assert_eq!(untouched.len() as u64, PILE);
    assert!(site.client.stranded().await.unwrap().is_empty(), "who waits for a build has a reason");
    for worker in workers {
        worker.terminate().await;
    }
}

/// Starts 90 tasks and waits until they are complete.
async fn normal_tasks(site: &Site, first: u64) -> Duration {
    let began = Instant::now();
    let mut tasks = Vec::new();
    for number in first..first + 90 {
        tasks.push(site.start(number, 5).await);
    }
    for task in &tasks {
        complete(task).await;
    }
    began.elapsed()
}
