//! The workflow as a whole, in virtual time and without a database.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tasker::testing::{self, Scenario};
use tasker::{StepError, TaskState};
use tempfile::TempDir;

use super::order_process::{self, Context, process_payment, send_confirmation};
use crate::app::App;
use crate::faults::Faults;
use crate::gateway::Payment;
use crate::ledger::Ledger;
use crate::money::Cents;

fn order() -> Context {
    serde_json::from_str(include_str!("../../orders/1001.json")).expect("an order")
}

fn app(ledger: &Path) -> App {
    App::new(Ledger::beside(ledger).expect("a ledger"), Faults::default())
}

/// How often a step did its work, as the ledger beside that path tells.
fn done(ledger: &Path, step: &str) -> usize {
    let entries = fs::read_to_string(ledger.with_added_extension("ledger")).expect("the ledger");
    let step = format!("\"{step}\"");
    entries.lines().filter(|entry| entry.contains(&step) && entry.contains("\"done\"")).count()
}

#[tokio::test]
async fn a_gateway_that_is_busy_is_asked_again() {
    let folder = TempDir::new().expect("a folder");
    let tasker = testing::Tasker::builder(app(&folder.path().join("shop")))
        .register::<order_process::Workflow>()
        .fail_times::<process_payment>(2, StepError::retryable("the gateway is busy"))
        .fake::<process_payment>(|call| {
            let receipt = format!("a receipt for {}", call.context().order_id);
            Ok(Payment { receipt, amount: Cents(1_250) })
        })
        .build()
        .await;
    let run = tasker.run_to_end::<order_process::Workflow>(order()).await;
    assert_eq!(run.state(), TaskState::Complete);
    assert_eq!(run.attempts::<process_payment>(), 3);
    assert_eq!(run.waits::<process_payment>(), [2, 4].map(Duration::from_secs));
    let confirmation = run.output::<send_confirmation>().expect("a confirmation");
    assert!(confirmation.text.contains("12.50 paid (a receipt for 1001)"), "{}", confirmation.text);
}

#[tokio::test]
async fn whichever_step_runs_twice_the_customer_pays_once() {
    let folder = TempDir::new().expect("a folder");
    let ledgers: RefCell<Vec<PathBuf>> = RefCell::default();
    // A shop of its own for each run.
    let setup = || -> Scenario<order_process::Workflow, App> {
        let ledger = folder.path().join(ledgers.borrow().len().to_string());
        ledgers.borrow_mut().push(ledger.clone());
        testing::Tasker::builder(app(&ledger)).scenario(order())
    };
    testing::run_each_step_twice(setup, |_step, run, _app| {
        assert_eq!(run.state(), TaskState::Complete);
        for step in ["process_payment", "update_inventory", "send_confirmation"] {
            assert_eq!(done(&ledgers.borrow()[ledgers.borrow().len() - 1], step), 1, "`{step}`");
        }
    })
    .await;
    assert_eq!(ledgers.borrow().len(), 5);
}
