//! Numbers of the business, beside those of the engine: what was shipped, for how much, and how long customers waited.
//!
//! Counters live as long as their process, and begin at nothing with the next one, as Prometheus expects. So there is no need to remember the ids of
//! events here: what came twice because a process died was counted by that process.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tasker::events::{TaskCompleted, TaskFailed, TaskerEvent};
use tasker::subscriber;

use crate::shop::OrderShipped;

#[derive(Debug, Default)]
struct Counted {
    shipped: u64,
    revenue_cents: u64,
    complete: u64,
    seconds: f64,
    failed: u64,
}

/// Clones are the same meter.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Counted>>);

#[subscriber]
impl Meter {
    fn wants(&self, event: &TaskerEvent) -> bool {
        event.what.task().namespace == "shop"
    }

    /// The event of the application, read as its type.
    #[event("order.shipped")]
    async fn shipped(&self, event: &OrderShipped) {
        let mut counted = self.counted();
        counted.shipped += 1;
        counted.revenue_cents += event.cents;
    }

    async fn on_task_completed(&self, event: &TaskCompleted) {
        let mut counted = self.counted();
        counted.complete += 1;
        counted.seconds += event.total_execution_duration;
    }

    async fn on_task_failed(&self, _: &TaskFailed) {
        self.counted().failed += 1;
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text for Prometheus. That of the engine, `tasker.metrics().render()`, comes after it: it ends with `# EOF`.
    pub fn render(&self) -> String {
        let Counted { shipped, revenue_cents, complete, seconds, failed } = &*self.counted();
        let mut text = String::new();
        for (name, help, value) in [
            ("shop_parcels", "Parcels that left the house.", shipped),
            ("shop_revenue_cents", "What was paid for them.", revenue_cents),
            ("shop_failed_orders", "How often an order ended in error.", failed),
        ] {
            let _ = write!(text, "# TYPE {name} counter\n# HELP {name} {help}\n{name}_total {value}\n");
        }
        let _ = write!(
            text,
            "# TYPE shop_order_seconds summary\n\
             # HELP shop_order_seconds From the order to its end, where that was a good one.\n\
             shop_order_seconds_count {complete}\n\
             shop_order_seconds_sum {seconds}\n"
        );
        text
    }
}
