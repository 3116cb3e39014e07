//! Functions in the place of steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tasker::testing::{self, Call};
use tasker::{Attempt, Config, StepError, StepState, TaskState};

use crate::shop::{Fees, Margin, PaymentAuthorized, Shop, context, once, order};

#[tokio::test]
async fn a_fake_reads_what_its_step_could_read_and_not_only_what_it_does() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake::<order::process_payment>(|call| {
            let cart = call.output::<order::validate_cart>()?;
            let express = call.optional_output::<order::quote_express>()?;
            // The step itself depends on it, and does not take it.
            assert_eq!(call.output::<order::reserve_stock>()?, "shelf 7");
            assert_eq!((call.context().cents, call.attempt()), (1_000, Attempt(1)));
            Ok(cart.cents + express.unwrap_or(1))
        })
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!((run.state(), run.output::<order::process_payment>()), (TaskState::Complete, Some(1_001)));
    let run = tasker.run_to_end::<order::Workflow>(order::Context { express: true, ..context() }).await;
    assert_eq!((run.state(), run.output::<order::process_payment>()), (TaskState::Complete, Some(1_500)));
}

#[tokio::test]
async fn a_fake_takes_any_parameter_and_writes_events_and_annotations() {
    let shop = Shop::default();
    let gateway = shop.gateway.clone();
    let tasker = testing::Tasker::builder(shop)
        .register::<order::Workflow>()
        .fake::<order::process_payment>(|call| {
            let fees: Config<Fees> = call.take()?;
            call.publish(PaymentAuthorized { cents: fees.cents });
            call.annotate(Margin { cents: 1 });
            Ok(fees.cents)
        })
        .fake::<order::create_order>(|call| Ok(call.task().to_string()))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.events::<PaymentAuthorized>(), [PaymentAuthorized { cents: 30 }]);
    assert_eq!(run.annotation::<Margin>(), Some(Margin { cents: 1 }));
    assert_eq!(run.output::<order::create_order>(), Some(run.id().to_string()));
    assert!(gateway.charged().is_empty(), "the step itself did not run");
}

#[tokio::test]
async fn what_a_fake_that_fails_has_published_is_dropped() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake::<order::process_payment>(|call| {
            call.publish(PaymentAuthorized { cents: u64::from(call.attempt().0) });
            if call.attempt().0 < 3 { Err(StepError::retryable("busy")) } else { Ok(1) }
        })
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.events::<PaymentAuthorized>(), [PaymentAuthorized { cents: 3 }]);
}

#[tokio::test]
async fn an_async_fake_takes_its_time() {
    async fn slow(call: Call<order::reserve_stock>) -> Result<String, StepError> {
        tokio::time::sleep(Duration::from_hours(3)).await;
        Ok(format!("{} cents", call.context().cents))
    }
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake_async::<order::reserve_stock>(slow)
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.output::<order::reserve_stock>().as_deref(), Some("1000 cents"));
    assert_eq!(run.took(), Duration::from_hours(3));
}

#[tokio::test]
async fn failures_come_before_the_fake() {
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(1, StepError::retryable("busy"))
        .fake::<order::reserve_stock>(move |call| {
            seen.fetch_add(1, Ordering::Relaxed);
            Ok(format!("shelf of {}", call.attempt()))
        })
        .fail_times::<order::reserve_stock>(1, StepError::retryable("still busy"))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.output::<order::reserve_stock>().as_deref(), Some("shelf of 3"));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    let failures: Vec<String> = run.trace().iter().map(|moment| moment.change.to_string()).collect();
    assert!(failures.contains(&"failed: still busy".to_owned()), "{failures:?}");
}

#[tokio::test]
async fn a_step_whose_when_says_no_is_skipped_fake_or_not() {
    for express in [false, true] {
        let tasker = testing::Tasker::builder(Shop::default())
            .register::<order::Workflow>()
            .fail_times::<order::quote_express>(1, StepError::permanent("no trucks"))
            .fake::<order::quote_express>(|_| Ok(9))
            .build()
            .await;
        let run = tasker.run_to_end::<order::Workflow>(order::Context { express, ..context() }).await;
        let (state, step) = if express {
            (TaskState::Error, StepState::Error)
        } else {
            (TaskState::Complete, StepState::Skipped)
        };
        assert_eq!((run.state(), run.step_state::<order::quote_express>()), (state, step));
    }
}

#[tokio::test]
async fn a_step_with_a_when_that_is_not_faked_runs_once() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::quote_express>(1, StepError::retryable("busy"))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(order::Context { express: true, ..context() }).await;
    assert_eq!(run.output::<order::quote_express>(), Some(500));
    assert_eq!(run.attempts::<order::quote_express>(), 2);
}

#[tokio::test]
#[should_panic(
    expected = "step `charge` is faked or fails, but its workflow `shop.once@0.1.0` is not registered"
)]
async fn a_fake_of_a_workflow_that_is_not_registered_is_a_mistake() {
    testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake::<once::charge>(|_| Ok(()))
        .build()
        .await;
}
