//! The process dies in a step, after its effect and before anybody hears of it.

use std::time::Duration;

use crate::shop::{Shop, now};

const STEPS: [&str; 5] =
    ["fetch_order", "validate_items", "process_payment", "update_inventory", "send_confirmation"];

/// Crashes one order at the step with this number, resumes it, and asserts that only this step ran again.
fn crash_and_resume(place: usize) {
    let (shop, step) = (Shop::new(), STEPS[place]);
    let order = shop.order(7);
    let crashed = shop.run(&["--crash-at", step, &order]);
    assert_eq!(crashed.code, None, "{crashed:?}");
    assert_eq!(shop.ledger().last().unwrap().step, step);
    let before = shop.ledger().len();

    let start = now();
    let (code, tasks) = shop.tasks(&[""; 0]);
    assert_eq!((code, tasks.len()), (Some(0), 1));
    let expected: Vec<_> = (0..5).map(|other| ("complete", if other == place { 2 } else { 1 })).collect();
    assert_eq!(tasks[0].summary(), expected);

    for (other, name) in STEPS.iter().enumerate() {
        let expected: &[u32] = if other == place { &[1, 2] } else { &[1] };
        assert_eq!(shop.attempts()[&(7, (*name).to_owned())], expected, "{name}");
    }
    let resumed = &shop.ledger()[before];
    let took = Duration::from_micros(resumed.at - start);
    assert!(took < Duration::from_secs(2), "resumed after {took:?}");
    // What must not happen twice was found done.
    let outcome = if place < 2 { "done" } else { "found" };
    assert_eq!((resumed.step.as_str(), resumed.outcome.as_str()), (step, outcome));
}

#[test]
fn a_crash_in_the_first_step_is_resumed() {
    crash_and_resume(0);
}

#[test]
fn a_crash_in_the_payment_is_resumed_and_nothing_is_charged_twice() {
    crash_and_resume(2);
}

#[test]
fn a_crash_in_the_last_step_is_resumed() {
    crash_and_resume(4);
}

#[test]
fn unfinished_orders_come_first_and_new_ones_after_them() {
    let shop = Shop::new();
    let (old, new) = (shop.order(9), shop.order(8));
    assert_eq!(shop.run(&["--crash-at", "fetch_order", &old]).code, None);
    let (code, tasks) = shop.tasks(&[new, old]);
    assert_eq!((code, tasks.len()), (Some(0), 2));
    assert_eq!(tasks[0].step("fetch_order").attempts, 2);
    assert_eq!(tasks[1].step("fetch_order").attempts, 1);
}
