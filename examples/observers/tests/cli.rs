//! What the program prints, and that it ends by itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Output, Stdio};

fn run(options: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_observers"));
    let Output { status, stdout, stderr } = command.args(options).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn it_tells_what_each_observer_saw_and_ends() {
    let (code, stdout, stderr) = run(&[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    for part in [
        "the chat\n  #orders order order-100",
        "  #orders order order-1003 went through after all\n",
        "\nthe error tracker\n  1x DISK_FULL in house.backup, copy: disk-2 is full\n",
        "  2x NO_ADDRESS in shop.order, ship: there is no address\n",
        "\nthe partner, signed\n  order.shipped ",
        "  shop_revenue_cents_total 6950\n",
        "the last error: the chat did not take it: HTTP_429\n",
    ] {
        assert!(stdout.contains(part), "{part} is not in\n{stdout}");
    }
}

#[test]
fn it_lists_the_events_that_are_asked_for() {
    let (code, stdout, _) = run(&["catalog", "--namespace", "order", "parcel"]);
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("order.shipped (of the application)\n"), "{stdout}");
    assert!(stdout.ends_with("\n1 of 16 events\n"), "{stdout}");
}

#[test]
fn what_it_does_not_understand_it_says() {
    for (options, told) in [
        (["catlog"].as_slice(), "there is no command `catlog`; `--help` lists those there are\n"),
        (&["catalog", "--name"], "`--name` is no option; `--help` lists them\n"),
        (&["catalog", "--namespace"], "`--namespace` takes a name, such as `step`\n"),
    ] {
        assert_eq!(run(options), (Some(1), String::new(), told.to_owned()));
    }
    assert!(run(&["catalog", "--help"]).1.contains("Usage: observers"));
}
