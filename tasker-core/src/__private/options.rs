//! What an editor offers inside `#[workflow(..)]` and `#[step(..)]`.
//!
//! The macro prints the options of an attribute, finished or not, as `use tasker::__private::options::step::{retry, tim};`, where
//! only an editor sees it. The modules stand for the options; nothing else uses them.

/// The options of `#[workflow(..)]`.
pub mod workflow {
    /// Keeps the workflows of one team or product apart from others': `namespace = "shop"`. Default: `default`.
    pub mod namespace {}
    /// The stored name: `name = "process_order"`. Default: the name of the module.
    pub mod name {}
    /// The semantic version: `version = "1.0.0"`. Default: `0.1.0`.
    pub mod version {}
    /// What a task is started with: `context = Order`. Default: the type `Context` of the module.
    pub mod context {}
    /// Runs one step of a task at a time: `concurrent = false`.
    pub mod concurrent {}
    /// The task file that supplies what the module does not say, seen from `Cargo.toml`: `yaml = "config/order.yaml"`.
    pub mod yaml {}
    /// Pins the graph of this version: `shape = 0x1f3a…`; the error prints the number.
    pub mod shape {}
}

/// The options of `#[step(..)]`.
pub mod step {
    /// The steps that must be complete first: `depends_on = a`, `depends_on = [a, b]`.
    pub mod depends_on {}
    /// When a failed step runs again: `retry(limit = 3, base = "2s", max = "30s")`.
    pub mod retry {}
    /// One execution, whatever it ends with.
    pub mod no_retry {}
    /// The longest that one attempt may take: `timeout = "30s"`. Default: no limit.
    pub mod timeout {}
    /// The condition under which it runs: `when = is_express`, a `fn(&Context) -> bool`.
    pub mod when {}
    /// Operators may skip it; who reads it takes `Option<Output<step>>`. A step with `when` is skippable anyway.
    pub mod skippable {}
    /// What the step takes as `Config<T>`: `config = Pricing { fee_cents: 30 }`.
    pub mod config {}
    /// The stored name: `name = "charge"`. Default: the name of the function.
    pub mod name {}
}

/// The options of `retry(..)`.
pub mod retry {
    /// How many executions may fail, the first included: `limit = 3`.
    pub mod limit {}
    /// The wait after the first failure, which doubles with each further one: `base = "2s"`.
    pub mod base {}
    /// The longest wait: `max = "30s"`.
    pub mod max {}
}
