//! Durable subscribers: nothing is lost, and a task's events come in order.

use std::time::Duration;

use tasker::events::{Delivery, What};
use tasker::{Store, TaskState};
use tokio::time::{Instant, sleep, timeout};

use super::{ALL_OF_A_JOB, Do, Ear};
use crate::places::on_every_store;
use crate::support::{Act, App, builder, context, job, memory, until};

on_every_store! {
    all_that_happens_to_a_task_is_delivered_once_and_in_order,
    what_fails_once_comes_again_and_what_follows_waits_for_it,
    an_error_that_cannot_be_written_is_one_like_others,
    of_a_long_error_the_beginning_is_kept,
    what_happened_while_nobody_delivered_is_delivered_later,
    what_was_not_delivered_yet_outlives_the_retention_of_its_task,
    another_process_takes_over_from_one_that_hangs_when_it_stops,
    what_was_given_up_is_kept_and_can_be_delivered_again,
    a_subscriber_that_there_is_not_is_an_error_that_names_those_there_are,
    what_was_delivered_is_removed,
    a_subscriber_to_which_nobody_delivers_is_forgotten_after_its_time_and_no_other_is,
}

async fn a_subscriber_to_which_nobody_delivers_is_forgotten_after_its_time_and_no_other_is(
    store: impl Store + Clone,
) {
    let (app, ear) = (App::new([]), Ear::that(&["task.completed"], |_, _| Do::Fail));
    let gone = builder(&app, &store).subscribe("gone", ear.clone()).build().await.unwrap();
    gone.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    let feed = store.feed();
    until(async || (!feed.set_aside("gone", false, 9).await.unwrap().is_empty()).then_some(())).await;
    gone.shutdown().await;
    let stays =
        builder(&app, &store).subscribe("stays", Ear::new(&["task.completed"])).build().await.unwrap();
    // Nobody ever delivered to this one.
    feed.subscribe(&["never".to_owned()]).await.unwrap();
    let subscriptions = until(async || {
        let all = stays.events().subscriptions().await.unwrap();
        all[2].led.then_some(all)
    });
    let subscriptions = subscriptions.await;
    let names: Vec<_> = subscriptions.iter().map(|status| (status.name.as_str(), status.led)).collect();
    assert_eq!(names, [("gone", false), ("never", false), ("stays", true)]);
    assert!(subscriptions[0].unled_since < subscriptions[1].unled_since, "{subscriptions:?}");
    assert!(subscriptions[0].unled_micros > subscriptions[1].unled_micros, "{subscriptions:?}");
    assert_eq!((subscriptions[2].unled_since, subscriptions[2].unled_micros), (None, 0));
    assert_eq!(subscriptions[0].left_behind(), None, "it was not long ago");
    assert!(feed.forget(Duration::from_hours(1)).await.unwrap().is_empty());
    sleep(Duration::from_millis(30)).await;
    assert_eq!(feed.forget(Duration::from_millis(30)).await.unwrap(), ["gone", "never"]);
    assert!(feed.set_aside("gone", false, 9).await.unwrap().is_empty());
    assert!(feed.forget(Duration::ZERO).await.unwrap().is_empty(), "what is led is used");
    let left = stays.events().subscriptions().await.unwrap();
    assert_eq!(left.iter().map(|status| status.name.as_str()).collect::<Vec<_>>(), ["stays"]);
    stays.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_watches_is_told_of_a_subscriber_that_was_left_behind_until_it_is_forgotten() {
    let (app, store) = (App::new([]), memory());
    let slowly = || {
        let builder = builder(&app, &store).poll(Duration::from_hours(1));
        builder.lease(Duration::from_mins(10), Duration::from_hours(1))
    };
    slowly().subscribe("old", Ear::new(&["*"])).build().await.unwrap().shutdown().await;
    let keeping = slowly().build().await.unwrap();
    let later = async |hours| {
        sleep(Duration::from_hours(hours)).await;
        keeping.status().await.unwrap().problems
    };
    assert_eq!(later(30).await, Vec::<String>::new(), "nothing is kept for it");
    keeping.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    let problems = later(1).await;
    assert!(
        problems.len() == 1 && problems[0].starts_with("nobody delivers to the subscriber `old` since"),
        "{problems:?}"
    );
    assert!(problems[0].ends_with("or remove it with `events().unsubscribe(\"old\")`"), "{problems:?}");
    assert_eq!(later(100 * 24).await.len(), 1, "it is not forgotten unless somebody says so");
    let forgetting = slowly().forget_subscribers_after(Duration::from_hours(102 * 24)).build().await.unwrap();
    assert_eq!(later(12).await.len(), 1);
    assert_eq!(later(20).await, Vec::<String>::new());
    assert!(forgetting.events().subscriptions().await.unwrap().is_empty());
    forgetting.shutdown().await;
    keeping.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_not_forgotten_within_a_deployment() {
    let hasty = builder(&App::new([]), &memory()).forget_subscribers_after(Duration::from_mins(59));
    let error = hasty.build().await.err().unwrap().to_string();
    assert!(error.contains("`forget_subscribers_after` is 3540s; the least is an hour"), "{error}");
}

async fn all_that_happens_to_a_task_is_delivered_once_and_in_order(store: impl Store + Clone) {
    let (app, ear) = (App::new([]), Ear::new(&["*"]));
    let tasker = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    let tasks = tasker.start_many::<job::Workflow>((1..=20).map(context)).await.unwrap();
    ear.has(20 * ALL_OF_A_JOB.len()).await;
    for task in &tasks {
        assert_eq!(ear.of(task.id()), ALL_OF_A_JOB);
    }
    tasker.shutdown().await;
    assert!(ear.tried().iter().all(|tried| *tried == 1), "nobody died: each came once");
    let status = tasker.events().subscriptions().await.unwrap().remove(0);
    assert_eq!((status.name.as_str(), status.behind, status.waiting, status.dead), ("ear", 0, 0, 0));
    assert_eq!((status.delivered, status.lag_micros, status.led), (180, 0, false));
}

async fn what_fails_once_comes_again_and_what_follows_waits_for_it(store: impl Store + Clone) {
    let app = App::new([]);
    let ear = Ear::that(&["step.*"], |event, before| match &event.what {
        What::StepCompleted(done) if done.step.step_name == "prepare" && before < 2 => Do::Fail,
        What::StepExecutionRequested(began) if began.step.step_name == "report" && before == 0 => Do::Panic,
        _ => Do::Take,
    });
    let delivery = Delivery::default().backoff(Duration::from_millis(30), Duration::from_secs(1));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    ear.has(6).await;
    assert_eq!(ear.of(task.id()), ALL_OF_A_JOB[2..8]);
    let status = until(async || {
        let status = tasker.events().subscriptions().await.unwrap().remove(0);
        ((status.waiting, status.delivered) == (0, 6)).then_some(status)
    });
    let status = status.await;
    assert_eq!(status.dead, 0);
    assert!(status.error.unwrap().0.contains("the subscriber panicked: what an event"));
    let mut tried = ear.tried();
    tried.sort_unstable();
    assert_eq!(tried, [1, 1, 1, 1, 2, 3]);
    tasker.shutdown().await;
}

async fn an_error_that_cannot_be_written_is_one_like_others(store: impl Store + Clone) {
    let app = App::new([]);
    let ear = Ear::that(&["task.completed"], |_, before| if before == 0 { Do::Mumble } else { Do::Take });
    let delivery = Delivery::default().backoff(Duration::from_millis(30), Duration::from_secs(1));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap();
    timeout(Duration::from_secs(20), ear.has(1)).await.expect("it is delivered again");
    let status = tasker.events().subscriptions().await.unwrap().remove(0);
    assert!(status.error.unwrap().0.starts_with("the subscriber panicked: "));
    tasker.shutdown().await;
}

async fn of_a_long_error_the_beginning_is_kept(store: impl Store + Clone) {
    let app = App::new([]);
    let ear = Ear::that(&["task.completed"], |_, _| Do::Rant);
    let delivery = Delivery::default().attempts(2).backoff(Duration::from_millis(1), Duration::from_secs(1));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap();
    let status = until(async || {
        let status = tasker.events().subscriptions().await.unwrap().remove(0);
        (status.dead == 1).then_some(status)
    });
    let status = status.await;
    let dead = tasker.events().dead_letters("ear", 9).await.unwrap().remove(0);
    for said in [status.error.unwrap().0, dead.error] {
        assert!(said.starts_with("no thänk you no") && said.len() < 9_000, "{} bytes", said.len());
        assert!(said.ends_with(" … (cut from 1400000 bytes)"), "{}", &said[said.len() - 50..]);
    }
    tasker.shutdown().await;
}

async fn what_happened_while_nobody_delivered_is_delivered_later(store: impl Store + Clone) {
    let (app, ear) = (App::new([]), Ear::new(&["task.completed"]));
    let first = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    first.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    ear.has(1).await;
    first.shutdown().await;
    let other = builder(&app, &store).build().await.unwrap();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let task =
        other.start::<job::Workflow>(context(2)).correlation_id("req-7").traceparent(parent.parse().unwrap());
    let task = task.await.unwrap();
    task.wait().await.unwrap();
    let status = other.events().subscriptions().await.unwrap().remove(0);
    assert!(status.behind > 0 && status.lag_micros > 0 && !status.led, "{status:?}");
    other.shutdown().await;
    assert_eq!(ear.took().len(), 1);
    let second = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    ear.has(2).await;
    assert_eq!(ear.of(task.id()), ["task.completed"]);
    let told = ear.took()[1].what.task().clone();
    assert_eq!((told.correlation_id.as_str(), told.traceparent.as_deref()), ("req-7", Some(parent)));
    second.shutdown().await;
}

async fn what_was_not_delivered_yet_outlives_the_retention_of_its_task(store: impl Store + Clone) {
    let (app, ear) = (App::new([]), Ear::new(&["step.completed", "task.completed"]));
    builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap().shutdown().await;
    let other = builder(&app, &store).build().await.unwrap();
    let task = other.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    store.purge(Duration::ZERO, 9).await.unwrap();
    other.shutdown().await;
    let tasker = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    ear.has(4).await;
    assert_eq!(ear.of(task.id())[3], "task.completed");
    tasker.shutdown().await;
    store.feed().trim().await.unwrap();
    store.purge(Duration::ZERO, 9).await.unwrap();
    assert!(store.task_states(&[task.id()]).await.unwrap()[0].is_none(), "then it may go");
}

async fn another_process_takes_over_from_one_that_hangs_when_it_stops(store: impl Store + Clone) {
    let app = App::new([]);
    let slow = Ear::that(&["task.completed"], |_, _| Do::Sleep(Duration::from_hours(1)));
    let delivery = Delivery::default().lease(Duration::from_millis(600));
    let dying = builder(&app, &store).grace(Duration::from_millis(100));
    let dying = dying.subscribe_with("ear", slow.clone(), delivery.clone()).build().await.unwrap();
    let task = dying.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    until(async || (!slow.tried().is_empty()).then_some(())).await;
    let ear = Ear::new(&["task.completed"]);
    let other = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    assert!(timeout(Duration::from_millis(900), ear.has(1)).await.is_err(), "the first one still leads");
    drop(dying);
    ear.has(1).await;
    assert_eq!(ear.of(task.id()), ["task.completed"]);
    other.shutdown().await;
}

async fn what_was_given_up_is_kept_and_can_be_delivered_again(store: impl Store + Clone) {
    let app = App::new([]);
    let ear = Ear::that(&["step.completed", "task.completed"], |event, before| match &event.what {
        What::StepCompleted(done) if done.step.step_name == "work" && before < 2 => Do::Fail,
        _ => Do::Take,
    });
    let delivery =
        Delivery::default().attempts(2).backoff(Duration::from_millis(20), Duration::from_millis(20));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    ear.has(3).await;
    let expected = ["step.completed prepare", "step.completed report", "task.completed"];
    assert_eq!(ear.of(task.id()), expected, "what follows goes on");
    let dead = until(async || tasker.events().dead_letters("ear", 9).await.unwrap().pop()).await;
    assert_eq!((dead.attempts, dead.error.as_str()), (2, "no thank you"));
    assert_eq!(super::said(&dead.event.unwrap()), "step.completed work");
    assert_eq!(tasker.events().redeliver("ear", Some(&[dead.id + 1])).await.unwrap(), 0);
    assert_eq!(tasker.events().redeliver("ear", None).await.unwrap(), 1);
    ear.has(4).await;
    until(async || {
        let status = tasker.events().subscriptions().await.unwrap().remove(0);
        ((status.dead, status.waiting, status.delivered) == (0, 0, 4)).then_some(())
    })
    .await;
    assert!(tasker.events().unsubscribe("ear").await.unwrap());
    assert!(!tasker.events().unsubscribe("ear").await.unwrap());
    tasker.shutdown().await;
}

async fn a_subscriber_that_there_is_not_is_an_error_that_names_those_there_are(store: impl Store + Clone) {
    let app = App::new([]);
    let tasker = builder(&app, &store).build().await.unwrap();
    // What listens is no subscriber that anybody has named.
    let _listener = tasker.events().listen(&["*"]).await.unwrap();
    let none = "there is no subscriber `broken`, nor any other: nobody subscribed durably";
    assert_eq!(tasker.events().dead_letters("broken", 9).await.unwrap_err().to_string(), none);
    assert_eq!(tasker.events().redeliver("broken", None).await.unwrap_err().to_string(), none);
    // Also those to which other processes deliver.
    let other =
        builder(&app, &store).subscribe("broken", Ear::new(&["*"])).subscribe("mailer", Ear::new(&["*"]));
    let other = other.build().await.unwrap();
    for (named, meant) in [("brokn", "; did you mean `broken`? There are"), ("audit", "; there are")] {
        let expected = format!("there is no subscriber `{named}`{meant} `broken`, `mailer`");
        let events = tasker.events();
        assert_eq!(events.dead_letters(named, 9).await.unwrap_err().to_string(), expected);
        assert_eq!(events.dead_letters(named, 0).await.unwrap_err().to_string(), expected);
        assert_eq!(events.redeliver(named, None).await.unwrap_err().to_string(), expected);
        assert_eq!(events.redeliver(named, Some(&[])).await.unwrap_err().to_string(), expected);
        assert_eq!(events.redeliver(named, Some(&[1])).await.unwrap_err().to_string(), expected);
        assert!(!events.unsubscribe(named).await.unwrap(), "it says whether there was one");
    }
    assert_eq!(tasker.events().dead_letters("broken", 9).await.unwrap(), []);
    assert_eq!(tasker.events().redeliver("broken", Some(&[1])).await.unwrap(), 0);
    tasker.shutdown().await;
    other.shutdown().await;
}

async fn what_was_delivered_is_removed(store: impl Store + Clone) {
    let (app, ear) = (App::new([]), Ear::new(&["task.*"]));
    let tasker = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    ear.has(3).await;
    let all_is_read = async || {
        let status = tasker.events().subscriptions().await.unwrap().remove(0);
        (status.behind == 0).then_some(())
    };
    until(all_is_read).await;
    assert!(store.feed().trim().await.unwrap() > 0);
    assert_eq!(store.feed().trim().await.unwrap(), 0);
    // What comes then is delivered all the same.
    tasker.start::<job::Workflow>(context(2)).await.unwrap().wait().await.unwrap();
    ear.has(6).await;
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_hangs_delays_no_task_and_no_other_subscriber() {
    let (app, store) = (App::new([]), memory());
    let hanging = Ear::that(&["*"], |_, _| Do::Sleep(Duration::from_hours(9)));
    let (panicking, ear) = (Ear::that(&["*"], |_, _| Do::Panic), Ear::new(&["task.completed"]));
    let tasker = builder(&app, &store)
        .subscribe("hanging", hanging.clone())
        .subscribe("panicking", panicking.clone())
        .subscribe("ear", ear.clone())
        .build()
        .await
        .unwrap();
    let began = Instant::now();
    for number in 1..=9 {
        tasker.start::<job::Workflow>(context(number)).await.unwrap().wait().await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    ear.has(9).await;
    sleep(Duration::from_mins(2)).await;
    let statuses = tasker.events().subscriptions().await.unwrap();
    let of = |name: &str| statuses.iter().find(|status| status.name == name).unwrap();
    assert_eq!(of("ear").delivered, 9);
    assert!(of("hanging").error.as_ref().unwrap().0.contains("not done within its time limit of 30s"));
    assert!(of("panicking").waiting > 0 && of("panicking").delivered == 0);
    assert!(hanging.took().is_empty() && panicking.took().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_waits_longer_each_time_and_another_task_waits_for_nothing() {
    let app = App::new([]);
    let store = memory();
    let ear = Ear::that(&["task.initialize_requested"], |event, _| {
        if event.what.task().correlation_id == "bad" { Do::Fail } else { Do::Take }
    });
    let delivery = Delivery::default().attempts(4).backoff(Duration::from_mins(1), Duration::from_mins(3));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).correlation_id("bad").await.unwrap();
    tasker.start::<job::Workflow>(context(2)).correlation_id("good").await.unwrap();
    ear.has(1).await;
    assert_eq!(ear.took()[0].what.task().correlation_id, "good");
    let mut after = Vec::new();
    let began = Instant::now();
    for tries in 2..=4 {
        until(async || (ear.tried().contains(&tries)).then_some(())).await;
        after.push(began.elapsed().as_secs_f64().round());
    }
    assert_eq!(after, [60.0, 180.0, 360.0], "one minute, two, three");
    until(async || tasker.events().dead_letters("ear", 1).await.unwrap().pop()).await;
    sleep(Duration::from_hours(2)).await;
    assert!(!ear.tried().contains(&5));
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_is_not_there_gets_nothing_new_until_some_of_the_old_is_taken() {
    let app = App::new([]);
    let store = memory();
    let there = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_there = there.clone();
    let ear = Ear::that(&["task.initialize_requested"], move |_, _| {
        if is_there.load(std::sync::atomic::Ordering::SeqCst) { Do::Take } else { Do::Fail }
    });
    let delivery =
        Delivery::default().most_set_aside(100).backoff(Duration::from_mins(1), Duration::from_mins(1));
    let tasker = builder(&app, &store).subscribe_with("ear", ear.clone(), delivery).build().await.unwrap();
    for _ in 0..10 {
        tasker.start_many::<job::Workflow>((1..=100).map(context)).await.unwrap();
        sleep(Duration::from_secs(2)).await;
    }
    let status = tasker.events().subscriptions().await.unwrap().remove(0);
    assert!((100..=300).contains(&status.waiting), "{status:?}");
    there.store(true, std::sync::atomic::Ordering::SeqCst);
    ear.has(1_000).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(tasker.events().subscriptions().await.unwrap()[0].waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_failing_task_is_told_with_its_errors() {
    let app = App::new([Act::FailAfter(Duration::from_secs(9)), Act::FailForGood]);
    let (store, ear) = (memory(), Ear::new(&["*"]));
    let tasker = builder(&app, &store).subscribe("ear", ear.clone()).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    ear.has(10).await;
    task.step("work").resolve("by hand").by("ada").await.unwrap();
    task.wait().await.unwrap();
    ear.has(16).await;
    assert_eq!(
        ear.of(task.id())[4..],
        [
            "step.execution_requested work",
            "step.failed work",
            "step.retry_requested work",
            "step.execution_requested work",
            "step.failed work",
            "task.failed",
            "task.retry_requested",
            "step.resolved_manually work",
            "task.start_requested",
            "step.execution_requested report",
            "step.completed report",
            "task.completed",
        ]
    );
    let failures = ear.took().into_iter().filter_map(|event| match event.what {
        What::StepFailed(failed) => {
            Some((failed.step.attempt_number, failed.error_code, failed.error_message, failed.permanent))
        }
        _ => None,
    });
    assert_eq!(
        failures.collect::<Vec<_>>(),
        [
            (1, None, "come back later".to_owned(), false),
            (2, Some("NEVER".to_owned()), "it never will".to_owned(), true)
        ]
    );
}
