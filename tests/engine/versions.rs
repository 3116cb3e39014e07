//! Tasks in flight when a build is deployed whose graph is another one, under the same version.

mod builds;

use std::sync::Arc;

use tasker::{
    Attempt, Executable, SqlStore, StepState, Store, TaskHandle, TaskState, Tasker, WaitingFor, Workflow,
};
use tokio::time::timeout;

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{memory, until};
use builds::*;

/// A process that runs this build.
async fn deploy<W: Executable<Shop>>(shop: &Shop, store: &(impl Store + Clone)) -> Tasker {
    Tasker::builder(shop.clone()).store(store.clone()).register::<W>().seed(11).build().await.unwrap()
}

/// A task that this build started, and of which no step ran.
async fn started_by<W: Executable<Shop> + Workflow<Context = u32>>(
    store: &(impl Store + Clone),
) -> TaskHandle {
    let build = deploy::<W>(&Shop::default(), store).await;
    build.shutdown().await;
    let task = build.start::<W>(0).await.unwrap();
    build.task(task.id())
}

/// A task that this build ran until it came to this step.
async fn run_until<W: Executable<Shop> + Workflow<Context = u32>>(
    step: &'static str,
    store: &(impl Store + Clone),
) -> TaskHandle {
    let shop = Shop::holding(step);
    let build = deploy::<W>(&shop, store).await;
    let task = build.start::<W>(0).await.unwrap();
    let task = build.task(task.id());
    until(async || {
        let status = task.status().await.unwrap();
        (status.step(step).unwrap().state == StepState::InProgress).then_some(())
    })
    .await;
    build.shutdown().await;
    assert_eq!(task.status().await.unwrap().step(step).unwrap().attempts, Attempt(0), "handed back");
    task
}

async fn complete(task: &TaskHandle) {
    let status = timeout(std::time::Duration::from_mins(1), task.wait()).await.expect("it ends").unwrap();
    assert_eq!(status.state, TaskState::Complete, "{status:?}");
}

/// Why a step waits, once the process that is there has said so.
async fn reason(task: &TaskHandle, step: &str) -> String {
    until(async || match &task.status().await.unwrap().step(step).unwrap().waiting_for {
        Some(WaitingFor::Definition { reason: Some(reason) }) => Some(reason.clone()),
        _ => None,
    })
    .await
}

async fn a_step_was_added(store: &(impl Store + Clone)) {
    let old = run_until::<chain::Workflow>("b", store).await;
    let shop = Shop::default();
    let build = deploy::<with_a_step_more::Workflow>(&shop, store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(shop.done(), ["b", "c"], "and `a` before; no `x`");
    assert_eq!(build.task(old.id()).result("c").await.unwrap(), Some(3.into()));
    let new = build.start::<with_a_step_more::Workflow>(0).await.unwrap();
    complete(&build.task(new.id())).await;
    assert_eq!(shop.done()[2..], ["a", "b", "x", "c"]);
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn tasks_in_flight_run_without_a_step_that_was_added() {
    a_step_was_added(&memory()).await;
}

#[tokio::test]
async fn tasks_in_flight_run_without_a_step_that_was_added_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_step_was_added(&sqlite(&folder).await).await;
}

async fn sqlite(folder: &tempfile::TempDir) -> SqlStore {
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    SqlStore::connect(&url).await.unwrap()
}

async fn a_step_was_removed(store: &(impl Store + Clone)) {
    let old = run_until::<chain::Workflow>("b", store).await;
    let shop = Shop::default();
    let build = deploy::<with_a_step_less::Workflow>(&shop, store).await;
    let why = reason(&old, "b").await;
    assert!(why.contains("step `b` of these tasks has no function"), "{why}");
    assert!(!why.contains("step `a`") && !why.contains("step `c`"), "{why}");
    let status = old.status().await.unwrap();
    assert_eq!(status.step("c").unwrap().waiting_for, Some(WaitingFor::Dependencies(1)));
    let new = build.start::<with_a_step_less::Workflow>(0).await.unwrap();
    complete(&build.task(new.id())).await;
    assert_eq!(shop.done(), ["a", "c"], "only of the new task");
    assert!(build.stranded().await.unwrap().is_empty(), "who waits for a build has a reason");
    let shop = Shop::default();
    let back = deploy::<chain::Workflow>(&shop, store).await;
    complete(&back.task(old.id())).await;
    assert_eq!(shop.done(), ["b", "c"]);
    build.shutdown().await;
    back.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn tasks_in_flight_wait_for_a_step_that_was_removed_until_it_is_back() {
    a_step_was_removed(&memory()).await;
}

#[tokio::test]
async fn tasks_in_flight_wait_for_a_step_that_was_removed_until_it_is_back_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_step_was_removed(&sqlite(&folder).await).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_renamed_is_found_by_its_stored_name() {
    let store = memory();
    let old = run_until::<chain::Workflow>("b", &store).await;
    let renamed = deploy::<renamed::Workflow>(&Shop::default(), &store).await;
    let why = reason(&old, "b").await;
    assert!(why.contains("step `b` of these tasks has no function") && why.contains("name = \"b\""), "{why}");
    // What it reads is named by what is stored, too.
    assert!(why.contains("step `c` reads the result of `bee`, a step that these tasks do not have"), "{why}");
    renamed.shutdown().await;
    let shop = Shop::default();
    let build = deploy::<renamed_with_care::Workflow>(&shop, &store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(shop.done(), ["bee", "c"]);
    build.shutdown().await;
}

async fn the_order_is_the_stored_one(store: &(impl Store + Clone)) {
    let old = started_by::<backwards::Workflow>(store).await;
    let shop = Shop::default();
    // Its steps stand in another order, too: `a` is the last one there, and the first one here.
    let build = deploy::<wide::Workflow>(&shop, store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(shop.done(), ["c", "b", "a"]);
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn edges_that_were_removed_still_hold_for_tasks_in_flight() {
    the_order_is_the_stored_one(&memory()).await;
}

#[tokio::test]
async fn edges_that_were_removed_still_hold_for_tasks_in_flight_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    the_order_is_the_stored_one(&sqlite(&folder).await).await;
}

#[tokio::test(start_paused = true)]
async fn edges_that_were_added_do_not_hold_for_tasks_in_flight() {
    let store = memory();
    let old = started_by::<wide::Workflow>(&store).await;
    let shop = Shop::holding("c");
    let build = deploy::<backwards::Workflow>(&shop, &store).await;
    // In a new task they would wait for `c`.
    until(async || (shop.done().len() == 2).then_some(())).await;
    build.shutdown().await;
    let status = old.status().await.unwrap();
    let states: Vec<_> = status.steps.iter().map(|step| (step.name.as_str(), step.state)).collect();
    let (complete, pending) = (StepState::Complete, StepState::Pending);
    assert_eq!(states, [("a", complete), ("b", complete), ("c", pending)]);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_functions_makes_no_other_graph() {
    let store = memory();
    let old = run_until::<chain::Workflow>("b", &store).await;
    let shop = Shop::default();
    let build = deploy::<reordered::Workflow>(&shop, &store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(shop.done(), ["b", "c"]);
    let current = Arc::new(reordered::Workflow::define().build().unwrap());
    let id = store.install(&[current]).await.unwrap();
    assert_eq!(store.siblings(&id).await.unwrap(), [vec![]], "there is one definition");
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_was_not_waited_for_parks_tasks_in_flight() {
    let store = memory();
    let old = started_by::<wide::Workflow>(&store).await;
    let shop = Shop::default();
    let build = deploy::<chain::Workflow>(&shop, &store).await;
    let why = reason(&old, "a").await;
    for (reader, read) in [("b", "a"), ("c", "b")] {
        let obstacle = format!("step `{reader}` reads the result of `{read}`, for which it does not wait");
        assert!(why.contains(&obstacle), "{why}");
    }
    assert!(shop.done().is_empty(), "not even what could run");
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn whether_steps_run_one_by_one_stays_with_tasks_in_flight() {
    assert_eq!(most_running::<one_by_one::Workflow, wide::Workflow>().await, 1);
    assert_eq!(most_running::<wide::Workflow, one_by_one::Workflow>().await, 3);
}

/// How many steps of a task that one build started another one runs at the same time.
async fn most_running<Old, New: Executable<Shop>>() -> usize
where
    Old: Executable<Shop> + Workflow<Context = u32>,
{
    let store = memory();
    let old = started_by::<Old>(&store).await;
    let shop = Shop::default();
    let build = deploy::<New>(&shop, &store).await;
    complete(&build.task(old.id())).await;
    build.shutdown().await;
    shop.most_running()
}

async fn a_result_has_another_type(store: &(impl Store + Clone)) {
    let old = run_until::<priced::Workflow>("pay", store).await;
    let build = deploy::<priced_in_currency::Workflow>(&Shop::default(), store).await;
    let status = build.task(old.id()).wait().await.unwrap();
    assert_eq!(status.state, TaskState::Error);
    let error = status.step("pay").unwrap().error.clone().unwrap();
    assert_eq!((error.error_code(), error.is_permanent()), (Some("STORED_VALUE"), true));
    for part in ["step `price`", "PriceWithCurrency`", "missing field `currency`", "`retry` the task"] {
        assert!(error.message().contains(part), "{error}");
    }
    let read = build.task(old.id()).result("price").await.unwrap().unwrap();
    assert_eq!(read["cents"], 7, "what is stored stays as it is");
    build.shutdown().await;
    let shop = Shop::default();
    let build = deploy::<priced_with_default::Workflow>(&shop, store).await;
    let task = build.task(old.id());
    task.retry().await.unwrap();
    complete(&task).await;
    assert_eq!(shop.done(), ["pay"]);
    assert_eq!(task.result("pay").await.unwrap(), Some(7.into()));
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_does_not_fit_waits_for_a_build_whose_type_fits_and_a_retry() {
    a_result_has_another_type(&memory()).await;
}

#[tokio::test]
async fn a_result_that_does_not_fit_waits_for_a_build_whose_type_fits_and_a_retry_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_result_has_another_type(&sqlite(&folder).await).await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_fits_another_type_is_read_as_that() {
    let store = memory();
    let old = run_until::<priced::Workflow>("pay", &store).await;
    let build = deploy::<priced_with_default::Workflow>(&Shop::default(), &store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(build.task(old.id()).result("pay").await.unwrap(), Some(7.into()));
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_pile_of_parked_tasks_holds_up_no_others() {
    const PILE: u32 = 1_000;
    let store = Faulty::new();
    let old = deploy::<chain::Workflow>(&Shop::default(), &store).await;
    old.shutdown().await;
    let pile = old.start_many::<chain::Workflow>(0..PILE).priority(10).await.unwrap();
    let shop = Shop::default();
    let build = deploy::<with_a_step_less::Workflow>(&shop, &store).await;
    let (claims, settles) = (store.calls(Verb::Claim), store.calls(Verb::Settle));
    for _ in 0..5 {
        let task = build.start::<with_a_step_less::Workflow>(0).await.unwrap();
        complete(&build.task(task.id())).await;
    }
    let (claims, settles) = (store.calls(Verb::Claim) - claims, store.calls(Verb::Settle) - settles);
    assert!(claims <= 20 && settles <= 10, "{claims} claims and {settles} settles for 10 steps");
    assert_eq!(shop.done().len(), 10);
    for task in [&pile[0], &pile[PILE as usize - 1]] {
        assert!(reason(&build.task(task.id()), "a").await.contains("step `b`"));
    }
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn new_tasks_have_the_graph_of_the_build_that_starts_them() {
    let store = memory();
    started_by::<chain::Workflow>(&store).await;
    let build = deploy::<with_a_step_more::Workflow>(&Shop::default(), &store).await;
    let typed = build.start::<with_a_step_more::Workflow>(0).await.unwrap();
    let named = build.start_named("shop", "order", "1.0.0", 0.into()).await.unwrap();
    for steps in [typed.status().await.unwrap().steps, named.status().await.unwrap().steps] {
        assert_eq!(steps.len(), 4);
    }
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_tell_which_definitions_there_are_is_asked_again() {
    let store = Faulty::new();
    let old = run_until::<chain::Workflow>("b", &store).await;
    let asked = store.calls(Verb::Siblings);
    store.fail(move |call| (call.verb == Verb::Siblings && call.before < asked + 3).then_some(Fault::Before));
    let build = deploy::<with_a_step_more::Workflow>(&Shop::default(), &store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(store.calls(Verb::Siblings), asked + 4);
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_came_later_skips_nothing_in_old_tasks() {
    let store = memory();
    let old = started_by::<chain::Workflow>(&store).await;
    let shop = Shop::default();
    let build = deploy::<with_a_condition::Workflow>(&shop, &store).await;
    complete(&build.task(old.id())).await;
    assert_eq!(shop.done(), ["a", "b", "c"], "an old build beside it may read any of them");
    let new = build.start::<with_a_condition::Workflow>(0).await.unwrap();
    complete(&build.task(new.id())).await;
    assert_eq!(shop.done()[3..], ["b", "c"]);
    build.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_for_each_graph() {
    let store = memory();
    let front = deploy::<wide::Workflow>(&Shop::default(), &store).await;
    front.shutdown().await;
    let old = front.start_many::<wide::Workflow>(0..10).await.unwrap();
    let shop = Shop::default();
    let build = Tasker::builder(shop.clone()).store(store).register::<backwards::Workflow>();
    let build = build.limit::<backwards::Workflow>(2).build().await.unwrap();
    let new = build.start_many::<backwards::Workflow>(0..10).await.unwrap();
    for id in old.iter().map(TaskHandle::id).chain(new.iter().map(TaskHandle::id)) {
        complete(&build.task(id)).await;
    }
    assert_eq!((shop.most_running(), shop.done().len()), (4, 60));
    build.shutdown().await;
}
