//! What operators do to all tasks of a list.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tasker::store::What;
use tasker::{
    Bulk, BulkError, OperateTasks, OperatorError, Profile, QueryError, SqlStore, StepState, Store,
    TaskHandle, TaskId, TaskState, Tasker,
};

use crate::faults::{Fault, Faulty, Verb};
use crate::places::{on_every_store, postgres};
use crate::support::{Act, App, builder, context, job, memory, narrow, seeds, wide};

/// A Tasker that runs nothing.
async fn idle(store: &(impl Store + Clone)) -> Tasker {
    let tasker = builder(&App::new([]), store).build().await.unwrap();
    tasker.shutdown().await;
    tasker
}

async fn start(tasker: &Tasker, tasks: u32, tag: &str) -> Vec<TaskHandle<job::Workflow>> {
    tasker.start_many::<job::Workflow>((0..tasks).map(|n| context(n % 100 + 1))).tags([tag]).await.unwrap()
}

fn counts(bulk: &Bulk) -> (u64, u64, u64) {
    (bulk.done, bulk.unchanged, bulk.refused)
}

/// What operators did to a task: what, who and why.
async fn orders(tasker: &Tasker, task: TaskId) -> Vec<(String, Option<String>, Option<String>)> {
    let history = tasker.task(task).history().await.unwrap();
    let orders = history.into_iter().filter_map(|happened| match happened.what {
        What::Ordered { action, by, reason, .. } => Some((action, by, reason)),
        _ => None,
    });
    orders.collect()
}

async fn states(tasker: &Tasker, tag: &str) -> BTreeMap<TaskState, usize> {
    let mut states = BTreeMap::new();
    let mut page = tasker.tasks().tag(tag).limit(1_000).await.unwrap();
    loop {
        page.tasks.iter().for_each(|task| *states.entry(task.state).or_default() += 1);
        let Some(next) = page.next else { return states };
        page = tasker.tasks().tag(tag).limit(1_000).after(next).await.unwrap();
    }
}

on_every_store! {
    all_tasks_of_a_list_are_done_and_no_others,
    tasks_that_fail_again_meanwhile_are_retried_once,
    two_at_once_do_each_task_once_and_lose_none,
    two_that_want_the_opposite_each_get_whole_tasks,
    whoever_breaks_off_leaves_whole_tasks_done_and_can_ask_for_the_rest,
    all_at_once_is_as_one_by_one,
    running_tasks_are_paused_resumed_and_cancelled,
    a_step_of_many_tasks_is_resolved_and_they_go_on,
}

async fn all_tasks_of_a_list_are_done_and_no_others(store: impl Store + Clone) {
    let tasker = idle(&store).await;
    let (of_list, others) = (start(&tasker, 450, "list").await, start(&tasker, 20, "other").await);
    let of_another = tasker.start_many::<narrow::Workflow>(0..5).tags(["list"]).await.unwrap();
    let list = || tasker.tasks().workflow::<job::Workflow>().tag("list");
    let cancel = || list().cancel().by("ada").because("ordered twice");
    assert_eq!(cancel().total().await.unwrap(), 450);
    let bulk = cancel().await.unwrap();
    assert_eq!((counts(&bulk), bulk.to_string().as_str()), ((450, 0, 0), "450 tasks done"));
    assert!(bulk.next.is_none() && bulk.refusals.is_empty());
    assert_eq!(
        states(&tasker, "list").await,
        BTreeMap::from([(TaskState::Pending, 5), (TaskState::Cancelled, 450)])
    );
    for task in of_list.iter().step_by(50) {
        let text = |text: &str| Some(text.to_owned());
        let expected = ("cancel".to_owned(), text("ada"), text("ordered twice"));
        assert_eq!(orders(&tasker, task.id()).await, [expected]);
        let status = task.status().await.unwrap();
        assert!(status.ended_at.is_some());
        assert!(status.steps.iter().all(|step| step.state == StepState::Cancelled));
    }
    let others = others.iter().map(TaskHandle::id).chain(of_another.iter().map(TaskHandle::id));
    for task in others {
        assert_eq!(orders(&tasker, task).await, []);
    }
    assert_eq!((cancel().total().await.unwrap(), counts(&cancel().await.unwrap())), (0, (0, 0, 0)));
    let again = list().state(TaskState::Cancelled).cancel().await.unwrap();
    assert_eq!((counts(&again), again.to_string().as_str()), ((0, 450, 0), "0 tasks done, 450 unchanged"));
    assert_eq!(orders(&tasker, of_list[7].id()).await.len(), 1, "what changes nothing is not recorded");
}

async fn tasks_that_fail_again_meanwhile_are_retried_once(store: impl Store + Clone) {
    let app = App::new(vec![Act::FailForGood; 2_000]);
    let tasker = builder(&app, &store).build().await.unwrap();
    let tasks = start(&tasker, 450, "list").await;
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    }
    for oldest_first in [true, false] {
        let list = tasker.tasks().tag("list").state(TaskState::Error);
        let list = if oldest_first { list.oldest_first() } else { list };
        let bulk = list.retry().await.unwrap();
        assert_eq!(counts(&bulk), (450, 0, 0));
        for task in &tasks {
            assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
        }
    }
    for task in &tasks {
        assert_eq!(orders(&tasker, task.id()).await.len(), 2, "one for each time");
    }
    assert_eq!(app.script.attempts().len(), 3 * 450);
    tasker.shutdown().await;
}

async fn two_at_once_do_each_task_once_and_lose_none(store: impl Store + Clone) {
    let tasker = idle(&store).await;
    let tasks = start(&tasker, 900, "list").await;
    let cancel = |by: &str, oldest_first: bool| {
        let list = tasker.tasks().tag("list");
        let list = if oldest_first { list.oldest_first() } else { list };
        tokio::spawn(list.cancel().by(by).into_future())
    };
    let both = join_all([cancel("ada", true), cancel("grace", false), cancel("joan", true)]).await;
    let both: Vec<Bulk> = both.into_iter().map(|bulk| bulk.unwrap().unwrap()).collect();
    assert_eq!(both.iter().map(|bulk| bulk.done).sum::<u64>(), 900, "{both:?}");
    assert_eq!(both.iter().map(|bulk| bulk.refused).sum::<u64>(), 0, "{both:?}");
    assert_eq!(states(&tasker, "list").await, BTreeMap::from([(TaskState::Cancelled, 900)]));
    let mut by = BTreeMap::new();
    for task in &tasks {
        let orders = orders(&tasker, task.id()).await;
        assert_eq!(orders.len(), 1);
        *by.entry(orders[0].1.clone().unwrap()).or_insert(0) += 1;
    }
    for (who, bulk) in ["ada", "grace", "joan"].iter().zip(&both) {
        assert_eq!(by.get(*who).copied().unwrap_or(0), bulk.done, "as each was told");
    }
}

/// There each order is a transaction that is repeated where it cannot be serialized.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_do_each_task_once_and_lose_none_on_a_database_with_nothing_special() {
    let Some((store, _database)) = postgres(Some(Profile::PLAIN)).await else { return };
    two_at_once_do_each_task_once_and_lose_none(store).await;
}

async fn two_that_want_the_opposite_each_get_whole_tasks(store: impl Store + Clone) {
    let app = App::new(vec![Act::FailForGood; 500]);
    let tasker = builder(&app, &store).build().await.unwrap();
    let tasks = start(&tasker, 500, "list").await;
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    }
    tasker.shutdown().await;
    let list = || tasker.tasks().tag("list").state(TaskState::Error);
    let retry = tokio::spawn(list().oldest_first().retry().into_future());
    let resolve = tokio::spawn(list().oldest_first().resolve().into_future());
    let (retry, resolve) = (retry.await.unwrap().unwrap(), resolve.await.unwrap().unwrap());
    assert_eq!((retry.done + resolve.done, retry.unchanged + resolve.unchanged), (500, 0));
    for (_, why) in retry.refusals.iter().chain(&resolve.refusals) {
        assert!(matches!(why, OperatorError::Refused { .. }), "{why}");
    }
    let both =
        [(TaskState::Pending, retry.done as usize), (TaskState::ResolvedManually, resolve.done as usize)];
    let expected: BTreeMap<_, _> = both.into_iter().filter(|(_, tasks)| *tasks > 0).collect();
    assert_eq!(states(&tasker, "list").await, expected);
    for task in &tasks {
        assert_eq!(orders(&tasker, task.id()).await.len(), 1);
    }
}

async fn whoever_breaks_off_leaves_whole_tasks_done_and_can_ask_for_the_rest(store: impl Store + Clone) {
    let tasker = idle(&store).await;
    let tasks = start(&tasker, 1_000, "list").await;
    let cancel = |by: u64| tasker.tasks().tag("list").cancel().by(by.to_string());
    for wait in [0, 2, 9, 25, 60] {
        let cancelling = tokio::spawn(cancel(wait).into_future());
        tokio::time::sleep(Duration::from_millis(wait)).await;
        cancelling.abort();
        let _ = cancelling.await;
        for task in tasks.iter().step_by(7) {
            // The last transaction may be committed while this looks.
            let (status, orders) = loop {
                let before = task.status().await.unwrap();
                let orders = orders(&tasker, task.id()).await;
                if task.state().await.unwrap() == before.state {
                    break (before, orders);
                }
            };
            let (step, ordered) = match status.state {
                TaskState::Cancelled => (StepState::Cancelled, 1),
                _ => (StepState::Pending, 0),
            };
            assert!(status.steps.iter().all(|other| other.state == step), "{status:?}");
            assert_eq!(orders.len(), ordered, "{status:?}");
        }
    }
    let rest = cancel(100).await.unwrap();
    assert_eq!(rest.refused, 0);
    assert_eq!(states(&tasker, "list").await, BTreeMap::from([(TaskState::Cancelled, 1_000)]));
    let mut by_the_last = 0;
    for task in &tasks {
        let orders = orders(&tasker, task.id()).await;
        assert_eq!(orders.len(), 1);
        by_the_last += u64::from(orders[0].1.as_deref() == Some("100"));
    }
    assert_eq!(by_the_last, rest.done);
}

/// Twins: what is done to all of the ones is done to the others one by one.
async fn all_at_once_is_as_one_by_one(store: impl Store + Clone) {
    let tasker = idle(&store).await;
    for seed in seeds(2) {
        let mut random = fastrand::Rng::with_seed(seed);
        let tags = [format!("one {seed}"), format!("other {seed}")];
        let twins = [start(&tasker, 40, &tags[0]).await, start(&tasker, 40, &tags[1]).await];
        for (one, other) in twins[0].iter().zip(&twins[1]) {
            let deed = random.u32(0..7);
            for task in [one, other] {
                match deed {
                    0 => task.cancel().await.unwrap(),
                    1 => task.pause().await.unwrap(),
                    2 => task.step("prepare").resolve(1).await.unwrap(),
                    3 => task.step("prepare").cancel().await.unwrap(),
                    4 => {
                        task.step("work").cancel().await.unwrap();
                        task.step("prepare").resolve(1).await.unwrap();
                    }
                    _ => {}
                }
            }
        }
        for round in 0..12 {
            let (deed, narrow) = (random.u32(0..8), random.u32(0..5));
            let list = |tag: &str| {
                let list = tasker.tasks().tag(tag);
                match narrow {
                    0 => list.open(),
                    1 => list.state(TaskState::Error),
                    2 => list.state(TaskState::Pending).state(TaskState::Cancelled),
                    _ => list,
                }
            };
            let all: OperateTasks = match deed {
                0 => list(&tags[0]).limit(7).cancel(),
                1 => list(&tags[0]).retry(),
                2 => list(&tags[0]).limit(5).resolve(),
                3 => list(&tags[0]).pause(),
                4 => list(&tags[0]).resume(),
                5 => list(&tags[0]).step_of::<job::work>().cancel(),
                6 => list(&tags[0]).step("work").resolve("by hand"),
                _ => list(&tags[0]).step("prepare").retry(),
            };
            let reached = all.total().await.unwrap();
            let bulk = all.await.unwrap();
            let most = [Some(7), None, Some(5)].get(deed as usize).copied().flatten();
            let mut one_by_one = (0, 0);
            let page = list(&tags[1]).limit(1_000).await.unwrap();
            for summary in page.tasks {
                let task = tasker.task(summary.id);
                let operated = match deed {
                    // It is cancelled already: it is not on the list, unless that is asked for.
                    0 if narrow > 2 && summary.state == TaskState::Cancelled => continue,
                    0 => task.cancel().await,
                    1 => task.retry().await,
                    2 => task.resolve().await,
                    3 => task.pause().await,
                    4 => task.resume().await,
                    5 => task.step("work").cancel().await,
                    6 => task.step("work").resolve("by hand").await,
                    _ => task.step("prepare").retry().await,
                };
                match operated {
                    Ok(()) => one_by_one.0 += 1,
                    Err(OperatorError::Refused { .. }) if narrow > 2 => continue,
                    Err(_) => one_by_one.1 += 1,
                }
                if Some(one_by_one.0 + one_by_one.1) == most {
                    break;
                }
            }
            let what = format!("seed {seed}, round {round}: {deed} of {narrow}, {bulk}");
            assert_eq!((bulk.done + bulk.unchanged, bulk.refused), one_by_one, "{what}");
            assert_eq!(reached.min(most.unwrap_or(u64::MAX)), one_by_one.0 + one_by_one.1, "{what}");
            for (one, other) in twins[0].iter().zip(&twins[1]) {
                let status = async |task: &TaskHandle<job::Workflow>| {
                    let status = task.status().await.unwrap();
                    let steps: Vec<_> =
                        status.steps.into_iter().map(|step| (step.state, step.waiting_for)).collect();
                    (status.state, status.paused, status.ended_at.is_some(), steps)
                };
                assert_eq!(status(one).await, status(other).await, "{what}");
                assert_eq!(orders(&tasker, one.id()).await, orders(&tasker, other.id()).await, "{what}");
            }
        }
    }
    assert!(tasker.stranded().await.unwrap().is_empty());
}

async fn running_tasks_are_paused_resumed_and_cancelled(store: impl Store + Clone) {
    let app = App::new((0..5_000).map(|n| Act::Sleep(Duration::from_millis(n % 7))));
    let tasker = builder(&app, &store).concurrency(40).build().await.unwrap();
    let kept = start(&tasker, 300, "kept").await;
    let cancelled = start(&tasker, 300, "cancelled").await;
    let all = || tasker.tasks().any_tag(["kept", "cancelled"]);
    app.script.began().await;
    let mut done = 0;
    for _ in 0..3 {
        let paused = all().pause().await.unwrap();
        let of_many = tasker.tasks().tag("cancelled").limit(60).cancel().await.unwrap();
        done += of_many.done;
        let resumed = all().resume().await.unwrap();
        // What is refused had ended since its page was read.
        for (_, why) in paused.refusals.iter().chain(&of_many.refusals).chain(&resumed.refusals) {
            assert!(matches!(why, OperatorError::Refused { .. }), "{why}");
        }
    }
    for task in kept.iter().chain(&cancelled) {
        task.wait().await.unwrap();
    }
    assert_eq!(states(&tasker, "kept").await, BTreeMap::from([(TaskState::Complete, 300)]));
    let ended = states(&tasker, "cancelled").await;
    let expected = [(TaskState::Complete, 300 - done as usize), (TaskState::Cancelled, done as usize)];
    assert_eq!(ended, expected.into_iter().filter(|(_, tasks)| *tasks > 0).collect());
    assert!(tasker.stranded().await.unwrap().is_empty());
    tasker.shutdown().await;
}

async fn a_step_of_many_tasks_is_resolved_and_they_go_on(store: impl Store + Clone) {
    let app = App::new(vec![Act::FailForGood; 250]);
    let tasker = builder(&app, &store).build().await.unwrap();
    let tasks = start(&tasker, 250, "list").await;
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    }
    let work = || tasker.tasks().tag("list").step_of::<job::work>();
    let misfit = work().resolve(17).await.unwrap();
    assert_eq!((counts(&misfit), misfit.refusals.len()), ((0, 0, 250), 100));
    let (task, why) = &misfit.refusals[0];
    assert_eq!(
        why.to_string(),
        format!("step `work` of task {task} cannot take this: /: 17 is not of type \"string\"")
    );
    let skipped = work().skip().await.unwrap();
    assert!(matches!(skipped.refusals[9].1, OperatorError::NotSkippable { .. }));
    let resolved = work().resolve("by \"hand\"").by("ada").await.unwrap();
    assert_eq!(counts(&resolved), (250, 0, 0));
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        assert_eq!(task.output::<job::work>().await.unwrap().as_deref(), Some("by \"hand\""));
    }
    assert_eq!(app.reported(), 250);
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn every_task_of_the_store_is_asked_for_in_words() {
    let tasker = idle(&memory()).await;
    start(&tasker, 3, "list").await;
    for list in [tasker.tasks(), tasker.tasks().limit(2).oldest_first()] {
        let error = list.cancel().await.unwrap_err();
        assert!(matches!(error, BulkError::EveryTask("cancel")));
        assert_eq!(
            error.to_string(),
            "`cancel` of a list that nothing narrows is about every task of the store; narrow the list, for instance by `workflow`, \
             `state` or `tag`, or say `every_task()` if every task is meant"
        );
    }
    assert_eq!(counts(&tasker.tasks().open().pause().await.unwrap()), (3, 0, 0));
    assert_eq!(tasker.tasks().cancel().total().await.unwrap(), 3, "to look does no harm");
    assert_eq!(counts(&tasker.tasks().cancel().every_task().await.unwrap()), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_for_is_told_and_nothing_is_done() {
    let tasker = idle(&memory()).await;
    start(&tasker, 3, "list").await;
    let list = || tasker.tasks().tag("list");
    let told = async |operate: OperateTasks| operate.await.unwrap_err().to_string();
    assert_eq!(
        told(list().limit(0).cancel()).await,
        "`limit(0)` leaves no task to do it to; the least is 1, and without `limit` the whole list is meant"
    );
    assert_eq!(told(list().cancel().by("")).await, "who wants it has 0 characters; it can have 1 to 128");
    assert_eq!(
        told(list().cancel().because("x".repeat(1_001))).await,
        "the reason has 1001 characters; it can have 1 to 1000"
    );
    let odd = std::collections::HashMap::from([(vec![1], 2)]);
    assert_eq!(
        told(list().step("work").resolve(&odd)).await,
        "the result for step `work` cannot be written as JSON: key must be a string"
    );
    let cursor = tasker.tasks().tag("another").after("page 2".into()).cancel().await.unwrap_err();
    assert!(matches!(cursor, BulkError::Query(QueryError::Cursor(_))), "{cursor}");
    let annotation = list().annotation("case", "/numbers", serde_json::json!([1])).cancel();
    assert!(matches!(annotation.await, Err(BulkError::Query(QueryError::Annotation { .. }))));
    assert_eq!(states(&tasker, "list").await, BTreeMap::from([(TaskState::Pending, 3)]));
}

#[tokio::test(start_paused = true)]
async fn what_refuses_is_counted_and_the_first_are_told() {
    let tasker = builder(&App::new([]), &memory()).build().await.unwrap();
    let mut tasks: Vec<_> = start(&tasker, 250, "list").await.iter().map(TaskHandle::id).collect();
    for task in &tasks {
        tasker.task(*task).wait().await.unwrap();
    }
    let late = tasker.start_many::<wide::Workflow>(0..2).tags(["list"]).await.unwrap();
    let list = || tasker.tasks().tag("list").oldest_first();
    let bulk = list().state(TaskState::Complete).open().cancel().await.unwrap();
    assert_eq!(counts(&bulk), (2, 0, 250));
    let (_, first) = &bulk.refusals[0];
    assert_eq!(bulk.to_string(), format!("2 tasks done, 250 refused; the first refusal: {first}"));
    tasks.truncate(100);
    assert_eq!(bulk.refusals.iter().map(|(task, _)| *task).collect::<Vec<_>>(), tasks);
    assert!(bulk.refusals.iter().all(|(task, why)| matches!(
        why,
        OperatorError::Refused { task: refused, state: TaskState::Complete, .. } if refused == task
    )));
    for task in &late {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Cancelled);
    }
    let no_step = list().step("charge").retry().await.unwrap();
    assert_eq!(counts(&no_step), (0, 0, 0), "none of them is open or in error");
    start(&tasker, 1, "list").await;
    let no_step = list().step("charge").retry().await.unwrap();
    assert!(matches!(&no_step.refusals[0].1, OperatorError::NoStep { step, .. } if step == "charge"));
    let steps = tasker.task(no_step.refusals[0].0).status().await.unwrap().steps;
    let slip = format!("{}x", steps[0].name);
    let no_step = list().open().step(slip).retry().await.unwrap();
    let told = no_step.refusals[0].1.to_string();
    assert!(told.ends_with(&format!("; did you mean `{}`?", steps[0].name)), "{told}");
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_does_the_first_and_tells_where_to_go_on() {
    let tasker = idle(&memory()).await;
    let tasks = start(&tasker, 700, "list").await;
    let list = || tasker.tasks().tag("list").oldest_first();
    let first = list().limit(250).cancel().await.unwrap();
    assert_eq!(counts(&first), (250, 0, 0));
    for (at, task) in tasks.iter().enumerate().skip(247).take(6) {
        let expected = if at < 250 { TaskState::Cancelled } else { TaskState::Pending };
        assert_eq!(task.state().await.unwrap(), expected, "{at}");
    }
    let second = list().limit(200).after(first.next.unwrap()).pause().await.unwrap();
    assert_eq!(counts(&second), (200, 0, 0));
    assert!(tasks[250].status().await.unwrap().paused && tasks[449].status().await.unwrap().paused);
    // A cursor of the list as it is shown is one of it as it is operated.
    let page = list().limit(3).after(second.next.unwrap()).await.unwrap();
    assert_eq!(page.tasks[0].id, tasks[450].id());
    let third = list().limit(247).after(page.next.unwrap()).cancel().await.unwrap();
    assert_eq!((counts(&third), third.next), ((247, 0, 0), None), "there are no more");
    assert_eq!(tasks[452].state().await.unwrap(), TaskState::Pending, "it was on the page before");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_in_the_middle_leaves_whole_tasks_done_and_the_rest_can_be_asked_for() {
    for (fault, verb) in [Fault::Before, Fault::After]
        .map(|fault| (fault, Verb::Operate))
        .into_iter()
        .chain([(Fault::Before, Verb::Find)])
    {
        let store = Faulty::new();
        let tasker = idle(&store).await;
        start(&tasker, 700, "list").await;
        store.fail(move |call| (call.verb == verb && call.before == 2).then_some(fault));
        let cancel = || tasker.tasks().tag("list").cancel();
        let error = cancel().await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the store failed after 400 tasks done: "), "{text}");
        assert!(text.ends_with("asking again does the rest"), "{text}");
        let BulkError::Stopped { so_far, .. } = error else { panic!("{error}") };
        assert_eq!(counts(&so_far), (400, 0, 0));
        let half = if fault == Fault::After { 600 } else { 400 };
        assert_eq!(states(&tasker, "list").await[&TaskState::Cancelled], half);
        let rest = tasker.tasks().tag("list").after(so_far.next.unwrap()).cancel().await.unwrap();
        assert_eq!(counts(&rest), (700 - half as u64, 0, 0));
        assert_eq!(states(&tasker, "list").await, BTreeMap::from([(TaskState::Cancelled, 700)]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_about_which_the_store_is_wrong_stops_no_other() {
    let store = Faulty::new();
    let tasker = idle(&store).await;
    start(&tasker, 300, "list").await;
    // The first two hundred together, and of them the fifth alone.
    store
        .fail(|call| (call.verb == Verb::Operate && [0, 5].contains(&call.before)).then_some(Fault::Refused));
    let bulk = tasker.tasks().tag("list").cancel().await.unwrap();
    assert_eq!(counts(&bulk), (299, 0, 1));
    assert!(matches!(bulk.refusals[0].1, OperatorError::Store(_)));
    assert_eq!(
        states(&tasker, "list").await,
        BTreeMap::from([(TaskState::Pending, 1), (TaskState::Cancelled, 299)])
    );
}

/// What operators want of a step takes the graph of its task.
async fn tasks_whose_graph_cannot_be_read_stop_no_other_ones(store: SqlStore, url: &str) {
    use sea_orm::ConnectionTrait;
    let tasker = idle(&store).await;
    let broken = tasker.start_many::<narrow::Workflow>(0..30).tags(["list"]).await.unwrap();
    let sound = tasker.start_many::<wide::Workflow>(0..230).tags(["list"]).await.unwrap();
    let spoil = "UPDATE tasker_definitions SET graph = '{}' WHERE NOT concurrent";
    sea_orm::Database::connect(url).await.unwrap().execute_unprepared(spoil).await.unwrap();
    let list = || tasker.tasks().tag("list").oldest_first();
    let bulk = list().step("a").resolve(()).await.unwrap();
    assert_eq!(counts(&bulk), (230, 0, 30));
    let refused: Vec<TaskId> = bulk.refusals.iter().map(|(task, _)| *task).collect();
    assert_eq!(refused, broken.iter().map(TaskHandle::id).collect::<Vec<_>>());
    assert!(bulk.refusals.iter().all(|(_, why)| matches!(why, OperatorError::Store(_))));
    for task in sound.iter().step_by(29) {
        assert_eq!(task.status().await.unwrap().step("a").unwrap().state, StepState::ResolvedManually);
        assert_eq!(
            orders(&tasker, task.id()).await.len(),
            1,
            "it was done once, though it was asked for again"
        );
    }
    let asked = [broken[0].id(), sound[0].id(), TaskId::random()];
    let snapshots = tasker.snapshots(&asked).await.unwrap();
    let found: Vec<_> = snapshots.iter().map(|found| found.as_ref().map(|task| task.status().id)).collect();
    assert_eq!(found, [None, Some(sound[0].id()), None], "the others are told of");
    assert!(tasker.snapshots(&asked[..1]).await.is_err(), "alone it is an error");
    assert_eq!(counts(&list().cancel().await.unwrap()), (260, 0, 0), "as a whole they can be stopped");
}

#[tokio::test]
async fn tasks_whose_graph_cannot_be_read_stop_no_other_ones_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    tasks_whose_graph_cannot_be_read_stop_no_other_ones(SqlStore::connect(&url).await.unwrap(), &url).await;
}

#[tokio::test]
async fn tasks_whose_graph_cannot_be_read_stop_no_other_ones_on_postgres() {
    let Some((store, database)) = postgres(None).await else { return };
    tasks_whose_graph_cannot_be_read_stop_no_other_ones(store, database.url()).await;
}
