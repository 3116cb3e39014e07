//! How the system does, as an application asks for it.

use std::time::Duration;

use serde_json::Value;
use tasker::analytics::Advice;
use tasker::{AnalyticsError, TaskState, Tasker};
use tokio::time::sleep;

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, tasker, wide};

const SECOND: Duration = Duration::from_secs(1);

async fn run(tasker: &Tasker, tasks: u32) {
    let contexts = (0..tasks).map(|_| context(1));
    for task in tasker.start_many::<job::Workflow>(contexts).await.unwrap() {
        task.wait().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_measured_is_not_told() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let report = tasker.analytics().performance().await.unwrap();
    let shown = serde_json::to_value(&report).unwrap();
    assert_eq!(shown["system_overview"]["system_health_score"], Value::Null);
    for window in ["last_hour", "last_4_hours", "last_24_hours"] {
        let window = &shown["performance_trends"][window];
        for what in ["completion_rate", "error_rate", "task_duration", "step_duration", "step_queue_time"] {
            assert_eq!(window[what], Value::Null, "{what}");
        }
        assert_eq!((&window["task_throughput"], &window["sampled"]), (&0.0.into(), &false.into()));
    }
    let report = tasker.analytics().bottlenecks().await.unwrap();
    assert_eq!((report.slowest_tasks.len(), report.recommendations.len()), (0, 0));
    assert_eq!((report.error_patterns.error_rate, report.performance_distribution.percentiles), (None, None));
}

#[tokio::test(start_paused = true)]
async fn performance_is_told_of_an_hour_four_hours_and_a_day() {
    let tasker = tasker(&App::new([Act::FailForGood, Act::Sleep(SECOND * 4)]), &memory()).await;
    run(&tasker, 2).await;
    sleep(Duration::from_hours(3)).await;
    tasker.start::<wide::Workflow>(1).await.unwrap().wait().await.unwrap();
    let report = tasker.analytics().performance().await.unwrap();
    let trends = report.performance_trends;
    assert_eq!(trends.last_hour.tasks, [(TaskState::Complete, 1)].into());
    assert_eq!(trends.last_hour.completion_rate, Some(1.0));
    assert_eq!(report.system_overview.system_health_score, Some(1.0));
    assert_eq!((report.system_overview.total_namespaces, report.system_overview.active_tasks), (1, 0));
    let took = trends.last_hour.step_duration.unwrap();
    assert_eq!(took.count, 4);
    assert!(took.mean >= SECOND && took.mean < SECOND * 11 / 10, "{took:?}");
    for window in [&trends.last_4_hours, &trends.last_24_hours] {
        assert_eq!(window.tasks, [(TaskState::Complete, 2), (TaskState::Error, 1)].into());
        assert_eq!(window.error_rate, Some(1.0 / 3.0));
        // Two of one, three of another and four.
        assert_eq!(window.step_duration.unwrap().count, 9);
        assert_eq!(window.step_error_rate, Some(1.0 / 9.0));
        let per_hour = 3.0 * 3600.0 / window.to.since(window.from).as_secs_f64();
        assert!((window.task_throughput.unwrap() - per_hour).abs() < 1e-9);
        assert!(!window.sampled);
    }
    assert!(trends.last_4_hours.to.since(trends.last_4_hours.from) >= Duration::from_hours(4));
}

#[tokio::test(start_paused = true)]
async fn bottlenecks_name_what_is_slow_what_fails_and_what_is_waited_for() {
    // Of thirty tasks each fails for good.
    let acts = (0..30).map(|_| Act::FailForGood).chain([Act::Sleep(SECOND * 9)]);
    let tasker = tasker(&App::new(acts), &memory()).await;
    run(&tasker, 31).await;
    tasker.start::<wide::Workflow>(1).await.unwrap().wait().await.unwrap();
    let report = tasker.analytics().bottlenecks().workflow::<job::Workflow>().await.unwrap();
    assert_eq!(
        (report.scope.total_tasks, report.scope.looked_at, report.scope.unique_task_types),
        (31, 31, 1)
    );
    let slowest = &report.slowest_tasks[0];
    assert_eq!(slowest.state, TaskState::Complete);
    assert_eq!(slowest.steps.as_ref().unwrap().values().sum::<u64>(), 3);
    assert_eq!(report.slowest_tasks.len(), 10);
    assert_eq!(slowest.ended_at.since(slowest.created_at), slowest.duration);
    let step = &report.slowest_steps[0];
    assert_eq!(
        (step.step_name.as_str(), step.attempt, step.failed, step.task_id),
        ("work", 1, false, slowest.task_id)
    );
    assert!(step.duration >= SECOND * 9);
    let errors = &report.error_patterns;
    assert_eq!((errors.total_errors, errors.common_errors.len()), (30, 1));
    let pattern = &errors.common_errors[0];
    assert_eq!(
        (pattern.code.as_deref(), pattern.step_name.as_str(), pattern.times),
        (Some("NEVER"), "work", 30)
    );
    assert_eq!(errors.recent_error_rate, errors.error_rate);
    let waited = &report.dependency_bottlenecks.most_waited_for[0];
    assert_eq!(waited.step_name, "work");
    assert!(waited.wait_time.longest >= SECOND * 9);
    let advice: Vec<Advice> =
        report.recommendations.iter().map(|recommendation| recommendation.advice).collect();
    assert_eq!(advice, [Advice::MendAnError]);
    let distribution = &report.performance_distribution;
    assert_eq!(
        (distribution.up_to_10_s, distribution.up_to_30_s, distribution.longer),
        (Some(1.0), Some(0.0), Some(0.0))
    );
    let others = tasker.analytics().bottlenecks().namespace("test").name("wide").await.unwrap();
    assert_eq!((others.scope.total_tasks, others.error_patterns.total_errors), (1, 0));
    assert!(tasker.analytics().bottlenecks().namespace("nobody's").await.unwrap().slowest_tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn retries_and_how_often_they_help_are_told() {
    let acts = [Act::Fail, Act::Fail, Act::Succeed, Act::Succeed];
    let tasker = tasker(&App::new(acts), &memory()).await;
    run(&tasker, 2).await;
    let report = tasker.analytics().bottlenecks().await.unwrap();
    assert_eq!(report.error_patterns.retry_success_rate, Some(1.0));
    let work = report.steps.iter().find(|step| step.step_name == "work").unwrap();
    assert_eq!((work.executions_per_task, work.error_rate), (Some(2.0), Some(0.5)));
    assert_eq!(report.error_patterns.common_errors[0].code, None);
}

#[tokio::test(start_paused = true)]
async fn a_report_about_no_time_or_too_much_is_refused() {
    let tasker = tasker(&App::new([]), &memory()).await;
    for period in [Duration::ZERO, Duration::from_hours(169), Duration::MAX] {
        let refused = tasker.analytics().bottlenecks().period(period).await.unwrap_err();
        assert!(matches!(refused, AnalyticsError::Period(of) if of == period), "{refused}");
        assert!(refused.to_string().contains("at most a week (168 hours)"));
    }
    tasker.analytics().bottlenecks().period(Duration::from_hours(168)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_engine_counts_once_a_minute_whatever_the_store_says() {
    let store = Faulty::new();
    let app = App::new([]);
    store.fail(|call| (call.verb == Verb::Count && call.before % 3 == 1).then_some(Fault::Before));
    let tasker = builder(&app, &store).build().await.unwrap();
    sleep(Duration::from_mins(30)).await;
    let calls = store.calls(Verb::Count);
    assert!((29..=31).contains(&calls), "{calls}");
    tasker.shutdown().await;
    sleep(Duration::from_mins(10)).await;
    assert_eq!(store.calls(Verb::Count), calls, "a process that runs nothing counts nothing");
}
