//! All metrics with their names, and what is made of each once.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// Of a task and a step, from a thousandth of a second to half an hour.
const TIMES: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0, 1800.0];

/// Of an answer of the store.
const ANSWERS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Of a batch.
const SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

pub(super) type Labels = Vec<(&'static str, String)>;

type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;
/// Of a number that is no integer.
pub(super) type Level = Gauge<f64, std::sync::atomic::AtomicU64>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// What there is for each set of labels. A series exists from the moment that it is asked for.
pub(super) struct Families {
    pub(super) tasks_created: Counters,
    pub(super) tasks_existing: Counters,
    pub(super) tasks_ended: Counters,
    pub(super) task_orders: Counters,
    pub(super) steps_ended: Counters,
    pub(super) step_queue: Histograms,
    pub(super) step_run: Histograms,
    pub(super) steps_running: Gauges,
    pub(super) concurrency: Gauge,
    pub(super) claims: Counters,
    pub(super) claimed_steps: Counters,
    pub(super) settle_outcomes: Histogram,
    pub(super) store_call: Histograms,
    pub(super) store_errors: Counters,
    pub(super) lease_losses: Counter,
    pub(super) dead_workers: Counter,
    pub(super) taken_back_steps: Counter,
    pub(super) outbox_behind: Gauges,
    pub(super) outbox_lag: Family<Labels, Level>,
    pub(super) outbox_waiting: Gauges,
    pub(super) outbox_dead: Gauges,
    pub(super) pool_connections: Gauges,
    pub(super) pool_limit: Gauges,
}

impl Families {
    /// Those of one Tasker, and the registry that renders them.
    pub(super) fn new() -> (Self, Registry) {
        let mut registry = Registry::with_prefix("tasker");
        let mut new = Registrar(&mut registry);
        let families = Self {
            tasks_created: new.one("tasks_created", "Tasks that were created"),
            tasks_existing: new.one("tasks_existing", "Starts that were answered with a task that there was"),
            tasks_ended: new.one("tasks_ended", "Tasks that came to their end by their steps"),
            task_orders: new.one("task_orders", "What operators did to tasks"),
            steps_ended: new.one("steps_ended", "Executions of steps that came to an end, by how"),
            step_queue: new.times(
                "step_queue_seconds",
                "How long a step could have run before a worker took it",
                times,
            ),
            step_run: new.times("step_run_seconds", "How long the function of a step took", times),
            steps_running: new.one("steps_running", "Functions of steps that run"),
            concurrency: new.one("concurrency", "How many functions of steps may run at the same time"),
            claims: new.one("claims", "Searches for steps"),
            claimed_steps: new
                .one("claimed_steps", "Steps that were taken, by a claim or handed on by a settle"),
            settle_outcomes: new.add("settle_outcomes", "Outcomes in one settle", Histogram::new(SIZES)),
            store_call: new.times("store_call_seconds", "How long the store took to answer", answers),
            store_errors: new.one("store_errors", "Calls that the store answered with an error"),
            lease_losses: new.one("lease_losses", "How often the worker lost its lease"),
            dead_workers: new.one("dead_workers", "Workers that were found dead"),
            taken_back_steps: new.one("taken_back_steps", "Steps that were taken back from dead workers"),
            outbox_behind: new
                .one("outbox_behind_transactions", "Transactions that a subscriber has not read"),
            outbox_lag: new.one(
                "outbox_lag_seconds",
                "How long ago the oldest transaction was that a subscriber has not read",
            ),
            outbox_waiting: new.one("outbox_waiting_events", "Events that wait for another attempt"),
            outbox_dead: new.one("outbox_dead_events", "Events that were given up"),
            pool_connections: new.one("pool_connections", "Connections to the database"),
            pool_limit: new
                .one("pool_connections_limit", "How many connections to the database there may be"),
        };
        (families, registry)
    }
}

fn times() -> Histogram {
    Histogram::new(TIMES)
}

fn answers() -> Histogram {
    Histogram::new(ANSWERS)
}

struct Registrar<'a>(&'a mut Registry);

impl Registrar<'_> {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    fn one<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add(name, help, M::default())
    }

    fn times(&mut self, name: &str, help: &str, histogram: fn() -> Histogram) -> Histograms {
        self.add(name, help, Family::new_with_constructor(histogram))
    }
}
