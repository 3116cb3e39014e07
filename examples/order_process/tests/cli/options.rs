//! Options that are wrong end the program with 2, before it does anything.

use crate::shop::Shop;

/// Asserts that the options are refused with this message.
fn refused(args: &[&str], message: &str) {
    let shop = Shop::new();
    let ended = shop.run(args);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(2), format!("error: {message}\n").as_str()),
        "{args:?}"
    );
    assert_eq!(ended.stdout, "");
    assert_eq!(shop.path().read_dir().unwrap().count(), 0, "{args:?} left something behind");
}

#[test]
fn an_unknown_option_is_named() {
    refused(&["--frobnicate"], "unknown option `--frobnicate`; `--help` lists the options");
}

#[test]
fn an_unknown_step_is_answered_with_the_steps() {
    let steps = "there is no step `pay`; the steps are `fetch_order`, `validate_items`, `process_payment`, \
                 `update_inventory`, `send_confirmation`";
    refused(&["--fail", "pay=1"], &format!("`--fail`: {steps}"));
    refused(&["--fail-permanently", "pay"], &format!("`--fail-permanently`: {steps}"));
    refused(&["--crash-at", "pay"], &format!("`--crash-at`: {steps}"));
}

#[test]
fn a_missing_value_is_shown() {
    refused(&["--db"], "`--db` needs a value: `--db FILE`");
    refused(&["--db", "--json"], "`--db` needs a value: `--db FILE`");
    refused(&["--fail"], "`--fail` needs a value: `--fail STEP=N`");
    refused(
        &["--fail", "fetch_order"],
        "`--fail fetch_order`: how often is missing; write `--fail fetch_order=2`",
    );
    refused(&["--fail", "fetch_order=twice"], "`--fail fetch_order=twice`: `twice` is no number of failures");
    refused(&["--crash-at"], "`--crash-at` needs a value: `--crash-at STEP`");
}

#[test]
fn what_is_given_twice_is_refused() {
    refused(&["--db", "a.db", "--db", "b.db"], "`--db` is given twice");
    refused(
        &["--fail", "fetch_order=1", "--crash-at", "fetch_order"],
        "`--crash-at`: `fetch_order` is told to fail twice; one fault for each step",
    );
}

#[test]
fn a_database_that_is_none_is_refused() {
    let shop = Shop::new();
    let file = shop.file("letter.txt", &"Dear customer, this is no database. ".repeat(100));
    for db in [file.as_str(), "no/such/folder/orders.db"] {
        let ended = shop.run(&["--db", db]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(db), "{ended:?}");
    }
}

#[test]
fn help_is_on_stdout() {
    let ended = Shop::new().run(&["--help"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for option in ["--db FILE", "--json", "--fail STEP=N", "--fail-permanently STEP", "--crash-at STEP"] {
        assert!(ended.stdout.contains(option), "{option} is not in\n{}", ended.stdout);
    }
}
