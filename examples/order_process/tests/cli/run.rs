//! Runs in which nothing goes wrong.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use crate::shop::{Shop, bundled, end};

const STEPS: [&str; 5] =
    ["fetch_order", "validate_items", "process_payment", "update_inventory", "send_confirmation"];

#[test]
fn without_arguments_the_bundled_orders_run() {
    let shop = Shop::new();
    let ended = shop.run(&[""; 0]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    for order in [1001, 1002, 1003] {
        assert!(ended.stdout.contains(&format!("{order}    order              complete\n")), "{ended:?}");
        assert!(ended.stdout.contains(&format!("\n{order}   complete  5/5    5  ")), "{ended:?}");
        for step in STEPS {
            let complete = format!("{order}    {step:<17}  complete\n");
            assert_eq!(ended.stdout.matches(&complete).count(), 1, "{complete} in {}", ended.stdout);
            assert_eq!(shop.attempts()[&(order, step.to_owned())], [1]);
        }
    }
}

#[test]
fn a_second_run_shows_the_tasks_there_are_and_does_nothing() {
    let shop = Shop::new();
    let first = shop.run(&["--json"]);
    let ledger = fs::read(shop.path().join("order_process.db.ledger")).unwrap();
    let second = shop.run(&["--json"]);
    assert_eq!((first.code, second.code), (Some(0), Some(0)));
    assert_eq!(first.stdout, second.stdout);
    let third = shop.run(&[bundled("1002.json")]);
    assert!(third.stdout.contains("1002    order              existing, complete\n"), "{third:?}");
    assert_eq!(fs::read(shop.path().join("order_process.db.ledger")).unwrap(), ledger);
}

#[test]
fn with_json_stdout_has_one_line_for_each_task_in_the_order_of_the_files() {
    let shop = Shop::new();
    let files = [12, 10, 11].map(|id| shop.order(id));
    let ended = shop.run(&["--json", "--db", "some where.db", &files[0], &files[1], &files[2], &files[0]]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ended:?}");
    let id = &lines[0][r#"{"task_id":""#.len()..][..36];
    let steps =
        STEPS.map(|step| format!(r#"{{"name":"{step}","status":"complete","attempts":1,"error":null}}"#));
    let steps = steps.join(",");
    let expected = format!(
        r#"{{"task_id":"{id}","workflow":"shop.order_process@1.0.0","status":"complete","steps":[{steps}]}}"#
    );
    assert_eq!(lines[0], expected);
    assert!(shop.path().join("some where.db").is_file());
    // Asked for alone, each line is that of its order.
    for (file, line) in files.iter().zip(&lines) {
        assert_eq!(shop.run(&["--json", "--db", "some where.db", file]).stdout.trim_end(), *line);
    }
}

#[test]
fn interrupted_orders_go_on_with_the_next_run() {
    let shop = Shop::new();
    let mut child = shop.command(&["--fail", "process_payment=1"]).spawn().unwrap();
    // It shows what is stored. The ledger is no measure: it is written before the step returns its error, and a step that is told to end
    // in between is handed back, and did not fail.
    let mut shown = BufReader::new(child.stdout.take().unwrap());
    let waiting = shown.by_ref().lines().filter(|line| line.as_ref().unwrap().contains("retry in "));
    assert_eq!(waiting.take(3).count(), 3, "all three wait for their retry");
    child.stdout = Some(shown.into_inner());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = end(child);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.contains("3 unfinished orders will be resumed by the next run"), "{ended:?}");
    let (code, tasks) = shop.tasks(&[""; 0]);
    assert_eq!((code, tasks.len()), (Some(0), 3));
    for task in tasks {
        assert_eq!(task.step("process_payment").attempts, 2);
    }
}
