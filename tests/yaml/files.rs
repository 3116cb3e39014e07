//! Files as teams have them: all are read as they are.

use serde_json::json;
use tasker::RetryPolicy;
use tasker::yaml::YamlFile;

use crate::support::{depends_on, directory, file, files, good, load, step, without_variables};

#[test]
fn every_file_is_taken_as_it_is() {
    let files = files("files", &["yaml", "yml"]);
    assert_eq!(files.len(), 9);
    for path in files {
        for name in ["development", "test", "production", "another"] {
            let environment =
                without_variables(name).variables([("SHOP_API_KEY", "a"), ("MAILER_API_KEY", "b")]);
            let loaded = file(&path).load(&environment);
            assert!(loaded.is_ok(), "{}", loaded.unwrap_err());
        }
    }
}

#[test]
fn both_spellings_of_dependencies_count_and_each_step_once() {
    let task = good("cart_checkout.yaml", "none");
    let workflow = task.workflow();
    assert_eq!(depends_on(workflow, "compare"), ["read_cart", "read_catalog"]);
    assert_eq!(depends_on(workflow, "announce"), ["compare", "place_order"]);
    assert_eq!(workflow.id().to_string(), "shop_api.shop/cart_checkout@0.1.0");
    assert_eq!(task.task_handler_class(), Some("Shop::CartCheckout"));
    let read_cart = step(workflow, "read_cart");
    assert_eq!(read_cart.handler_class(), Some("Shop::StepHandler::ReadCart"));
    assert_eq!(read_cart.dependent_system(), Some("shop_system"));
    assert_eq!(
        read_cart.config(),
        Some(&json!({"type": "api", "url": "https://shop.example/cart/{cart_id}", "params": {"verbose": 1}}))
    );
}

#[test]
fn what_is_not_said_has_its_default() {
    let task = load("name: small\nstep_templates:\n  - name: only\n    handler_class: Only\n").unwrap();
    let workflow = task.workflow();
    assert_eq!(workflow.id().to_string(), "default.small@0.1.0");
    assert!(workflow.is_concurrent() && workflow.context_schema().is_none() && workflow.config().is_none());
    let only = &workflow.steps()[0];
    assert_eq!(only.retry(), RetryPolicy::DEFAULT);
    assert!(!only.is_optional() && only.dependent_system().is_none() && only.config().is_none());
    assert_eq!(task.task_handler_class(), None);
}

#[test]
fn a_module_without_a_value_is_none() {
    assert_eq!(good("order_process.yaml", "test").task_handler_class(), Some("OrderProcess"));
    assert_eq!(
        good("refund_support.yaml", "test").task_handler_class(),
        Some("Support::ProcessRefundHandler")
    );
}

#[test]
fn policies_and_flags_count() {
    let task = good("nightly.yml", "test");
    let workflow = task.workflow();
    assert!(!workflow.is_concurrent());
    assert_eq!(workflow.id().version, "2.0.0-rc.1");
    assert_eq!(step(workflow, "thaw").retry(), RetryPolicy::NEVER);
    assert_eq!(step(workflow, "thaw").dependent_system(), Some("cluster"));
    assert!(step(workflow, "compress").is_optional());
    let copy = step(workflow, "copy");
    assert_eq!((copy.retry().limit, copy.handler_class()), (10, Some("Ops::Freeze")), "by an alias");
    assert_eq!(copy.config(), Some(&json!({"timeout_seconds": 30, "404": "gone"})));
    let refund = good("refund_payments.yaml", "test");
    assert_eq!(step(refund.workflow(), "check_payment").retry().limit, 1);
    assert_eq!(step(refund.workflow(), "pay_back").retry(), RetryPolicy::NEVER);
}

#[test]
fn events_of_a_task_may_be_published_by_each_step_and_those_of_a_step_by_it() {
    let task = good("customer_report.yaml", "test");
    let names = |name: &str| {
        let events = step(task.workflow(), name).emits();
        events.iter().map(|event| event.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("count"), ["milestone_reached", "reading_started"]);
    assert_eq!(names("send"), ["milestone_reached", "reading_started", "report.sent"]);
    let sent = &step(task.workflow(), "send").emits()[2];
    assert_eq!(sent.schema(), &json!({"description": "When the report is on its way"}));
}

#[test]
fn an_event_may_be_described_otherwise_by_another_step() {
    let text = "
name: a
step_templates:
  - {name: one, handler_class: A, custom_events: [{name: x, description: first}]}
  - {name: two, handler_class: A, custom_events: [{name: x, description: second}, {name: x}]}
";
    let task = load(text).unwrap();
    for step in task.workflow().steps() {
        assert_eq!(step.emits().len(), 1);
        assert_eq!(step.emits()[0].schema(), &json!({"description": "first"}));
    }
}

#[test]
fn what_is_said_about_the_task_as_a_whole_is_kept() {
    let task = good("watched_checkout.yaml", "test");
    assert_eq!(task.workflow().config().unwrap()["monitoring"]["sla_seconds"], 45);
}

#[test]
fn a_large_file_is_read_in_no_time() {
    use std::fmt::Write;
    let mut text = "name: large\nstep_templates:\n".to_owned();
    for n in 0..3_000 {
        let _ = write!(text, "  - name: step_{n}\n    handler_class: A\n    handler_config: {{a: 1}}\n");
        if n > 0 {
            let _ = writeln!(text, "    depends_on_steps: [step_{}, step_{}]", n - 1, n / 2);
        }
    }
    let before = std::time::Instant::now();
    let task = load(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(task.workflow().steps().len(), 3_000);
    // A build without optimization; what grows with the square of the steps takes minutes.
    assert!(before.elapsed().as_secs() < 10, "{:?}", before.elapsed());
}

#[test]
fn a_file_is_read_from_where_it_is() {
    let read = YamlFile::read(directory("files").join("order_process.yaml")).unwrap();
    assert!(read.load(&without_variables("test")).is_ok());
    let error = YamlFile::read("no/such/file.yaml").unwrap_err().to_string();
    assert!(error.starts_with("error: the file cannot be read: "), "{error}");
    assert!(error.contains("\n --> no/such/file.yaml\n"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        YamlFile::read(path).unwrap_err().mistakes()[0].message().to_owned()
    };
    assert_eq!(write("large.yaml", &vec![b' '; (1 << 20) + 1]), "the file is longer than 1048576 bytes");
    assert_eq!(write("latin.yaml", b"name: caf\xe9\n"), "the file is not UTF-8, from byte 9 on");
}
