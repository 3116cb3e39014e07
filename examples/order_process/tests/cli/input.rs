//! Order files that are none: every violation is reported, and the other files run.

use crate::shop::{Shop, bundled};

/// What stderr says of a bundled bad order, without the folder.
fn reasons(name: &str) -> Vec<String> {
    let shop = Shop::new();
    let file = bundled(name);
    let ended = shop.run(&["--json", &file]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    assert!(shop.ledger().is_empty());
    let prefix = format!("{file}: ");
    ended.stderr.lines().map(|line| line.strip_prefix(&prefix).unwrap().to_owned()).collect()
}

#[test]
fn one_mistake_is_one_line_with_its_path() {
    assert_eq!(reasons("bad/broken.json"), ["line 6 column 3: trailing comma"]);
    assert_eq!(
        reasons("bad/negative_quantity.json"),
        ["/items/0/quantity: -1 is less than the minimum of 1"]
    );
    assert_eq!(reasons("bad/missing_email.json"), [r#"/: "email" is a required property"#]);
    assert_eq!(reasons("bad/no_items.json"), ["/items: [] has less than 1 item"]);
    assert_eq!(reasons("bad/nowhere.json"), ["No such file or directory (os error 2)"]);
}

#[test]
fn every_mistake_of_a_file_is_reported() {
    let mut reasons = reasons("bad/many_mistakes.json");
    reasons.sort();
    assert_eq!(
        reasons,
        [
            r"/: Additional properties are not allowed ('coupon' was unexpected)",
            r#"/email: "not an address" is not a "email""#,
            r"/items/0/quantity: 0 is less than the minimum of 1",
            r#"/items/0/sku: "mug" does not match "^[A-Z]+-[0-9]+$""#,
            r#"/items/1/quantity: "two" is not of type "integer""#,
            r"/items/2/cents: -5 is less than the minimum of 0",
            r#"/items/2: "quantity" is a required property"#,
            r#"/order_id: "3005" is not of type "integer""#,
        ]
    );
}

#[test]
fn the_other_files_run() {
    let shop = Shop::new();
    let (bad, good) = (bundled("bad/missing_email.json"), bundled("1001.json"));
    let (code, tasks) = shop.tasks(&[bad.as_str(), good.as_str(), "nowhere.json"]);
    assert_eq!(code, Some(2));
    assert_eq!(tasks.iter().map(|task| task.status.as_str()).collect::<Vec<_>>(), ["complete"]);
    assert!(shop.ledger().iter().all(|entry| entry.order == 1001));
}

#[test]
fn an_order_that_a_step_rejects_is_no_bad_input() {
    let shop = Shop::new();
    let (code, tasks) = shop.tasks(&[bundled("rejected/unknown_sku.json")]);
    assert_eq!((code, tasks[0].status.as_str()), (Some(1), "error"));
    let step = tasks[0].step("validate_items");
    assert_eq!((step.status.as_str(), step.attempts), ("error", 1));
    assert_eq!(step.error.as_deref(), Some("there is no `ENGINE-2` in this shop [UNKNOWN_SKU]"));
}
