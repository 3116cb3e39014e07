//! `kill -9`, again and again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::shop::{LIMIT, Shop, Task, now};

const ORDERS: u64 = 200;
const KILLS: usize = 20;

#[test]
fn two_hundred_orders_survive_twenty_kills_and_no_finished_step_runs_again() {
    let seed = now();
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let shop = Shop::new();
    let files: Vec<String> = (1..=ORDERS).map(|id| shop.order(id)).collect();

    let mut struck = 0;
    for _ in 0..KILLS {
        let child = shop.command(&files).stderr(Stdio::null()).spawn().unwrap();
        struck += usize::from(kill(child, random.usize(0..40), Duration::from_micros(random.u64(0..60_000))));
    }
    println!("{struck} of {KILLS} kills struck a run at work");
    assert!(struck > KILLS / 2, "the orders were done too soon for the test to mean much");

    assert_eq!(shop.run(&files).code, Some(0));
    // Now that none is resumed, the tasks are in the order of the files.
    let (code, tasks) = shop.tasks(&files);
    assert_eq!((code, tasks.len()), (Some(0), files.len()));
    assert!(tasks.iter().all(|task| task.status == "complete"));
    assert_ledger_agrees(&shop, &tasks);
}

/// Kills a run at a moment of chance: after so many lines of news, and a little later. Says whether it was still at work.
fn kill(mut child: Child, lines: usize, later: Duration) -> bool {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, news) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            // What it says of a whole order may be long known.
            if !line.contains("  order  ") && sender.send(()).is_err() {
                return;
            }
        }
    });
    for _ in 0..lines {
        // An error is the end of the output.
        if news.recv_timeout(LIMIT).is_err() {
            break;
        }
    }
    let moment = Instant::now() + later;
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(news);
    reader.join().unwrap();
    at_work
}

/// Asserts that no attempt is in the ledger twice, that none came after the one that the database has for the last, and that what must
/// not happen twice did not.
fn assert_ledger_agrees(shop: &Shop, tasks: &[Task]) {
    let attempts = shop.attempts();
    for (order, task) in (1..=ORDERS).zip(tasks) {
        for step in &task.steps {
            let written = &attempts[&(order, step.name.clone())];
            let rising = written.windows(2).all(|pair| pair[0] < pair[1]);
            assert!(rising, "order {order}, {}: {written:?}", step.name);
            assert_eq!(written.last(), Some(&step.attempts), "order {order}, {}: {written:?}", step.name);
        }
    }
    let ledger = shop.ledger();
    for step in ["process_payment", "update_inventory", "send_confirmation"] {
        let mut done: Vec<u64> = ledger
            .iter()
            .filter(|entry| entry.step == step && entry.outcome == "done")
            .map(|entry| entry.order)
            .collect();
        done.sort_unstable();
        assert!(done.into_iter().eq(1..=ORDERS), "{step} was not done once for each order");
    }
    let again = ledger.iter().filter(|entry| entry.attempt > 1).count();
    let most = ledger.iter().map(|entry| entry.attempt).max();
    println!("{} lines in the ledger, {again} of them of later attempts, at most {most:?}", ledger.len());
}
