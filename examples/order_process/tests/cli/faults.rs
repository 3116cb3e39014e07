//! Steps that fail: the retries are those of the policy, three executions with 2 s and 4 s in between, a tenth more or less.

use crate::shop::{Shop, Task};

/// Runs one order with a fault.
fn run(shop: &Shop, option: &str, fault: &str) -> (Option<i32>, Task) {
    let order = shop.order(7);
    let (code, mut tasks) = shop.tasks(&[option, fault, &order]);
    assert_eq!(tasks.len(), 1);
    (code, tasks.remove(0))
}

/// The outcomes of a step in the ledger.
fn outcomes(shop: &Shop, step: &str) -> Vec<String> {
    shop.ledger().into_iter().filter(|entry| entry.step == step).map(|entry| entry.outcome).collect()
}

/// Asserts that the waits between the attempts of a step are these, in milliseconds, by the ledger.
fn assert_waits(shop: &Shop, step: &str, expected: &[u64]) {
    // To the wait itself come the way to the gateway, up to 60 ms, two transactions, and a busy machine.
    const AROUND: u64 = 400;
    let at: Vec<u64> =
        shop.ledger().iter().filter(|entry| entry.step == step).map(|entry| entry.at).collect();
    let waits: Vec<u64> = at.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000).collect();
    assert_eq!(waits.len(), expected.len(), "{waits:?}");
    for (wait, expected) in waits.iter().zip(expected) {
        let range = expected * 9 / 10..=expected * 11 / 10 + AROUND;
        assert!(range.contains(wait), "{waits:?} are not {expected:?} ms");
    }
}

#[test]
fn two_failures_are_retried_and_the_third_attempt_completes() {
    let shop = Shop::new();
    let (code, task) = run(&shop, "--fail", "process_payment=2");
    assert_eq!((code, task.status.as_str()), (Some(0), "complete"));
    let step = |attempts| ("complete", attempts);
    assert_eq!(task.summary(), [step(1), step(1), step(3), step(1), step(1)]);
    assert_eq!(task.step("process_payment").error, None);
    assert_eq!(outcomes(&shop, "process_payment"), ["failed", "failed", "done"]);
    assert_waits(&shop, "process_payment", &[2_000, 4_000]);
}

#[test]
fn the_third_failure_is_the_last() {
    let shop = Shop::new();
    let (code, task) = run(&shop, "--fail", "process_payment=3");
    assert_eq!((code, task.status.as_str()), (Some(1), "error"));
    assert_eq!(
        task.summary(),
        [("complete", 1), ("complete", 1), ("error", 3), ("pending", 0), ("pending", 0)]
    );
    let error = task.step("process_payment").error.as_deref();
    assert_eq!(error, Some("failure 3 of 3, as asked for [SIMULATED]"));
    assert_eq!(outcomes(&shop, "process_payment"), ["failed", "failed", "failed"]);
    assert_waits(&shop, "process_payment", &[2_000, 4_000]);
}

#[test]
fn a_permanent_failure_is_not_retried() {
    let shop = Shop::new();
    let (code, task) = run(&shop, "--fail-permanently", "update_inventory");
    assert_eq!((code, task.status.as_str()), (Some(1), "error"));
    assert_eq!(
        task.summary(),
        [("complete", 1), ("complete", 1), ("complete", 1), ("error", 1), ("pending", 0)]
    );
    assert_eq!(outcomes(&shop, "update_inventory"), ["failed"]);
    // It has ended: the next run shows it and changes nothing.
    let (code, tasks) = shop.tasks(&["7.json"]);
    assert_eq!((code, &tasks[0]), (Some(1), &task));
    assert_eq!(outcomes(&shop, "update_inventory"), ["failed"]);
}

#[test]
fn while_a_retry_is_waited_for_the_output_says_so() {
    let shop = Shop::new();
    let order = shop.order(7);
    let ended = shop.run(&["--fail", "fetch_order=1", &order]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = ended.stdout.lines().find(|line| line.contains("retry in")).unwrap();
    assert!(line.starts_with("7       fetch_order        pending, retry in "), "{line}");
    assert!(line.ends_with("s: failure 1 of 1, as asked for [SIMULATED]"), "{line}");
}
