//! How the system does, in numbers that were measured: how many tasks ended and how, how long they and their steps took, what fails, and what
//! is waited for.
//!
//! What ends is counted once, into a [`Digest`] for each definition and [period](Period), which any worker does beside its work; a report adds up
//! a few digests, however many tasks there are. A [`Histogram`] knows durations within 6.3 %. Where many tasks of a definition end in one period, the steps of
//! some of them stand for all; reports that contain such numbers say that they are [`sampled`](Window::sampled). What was not measured is `None`.
//!
//! [`Tasker::analytics`](crate::Tasker::analytics) is where to ask. `histogram`, `period`, `facts` and `digest` are how it is counted,
//! the same for every store; `performance`, `bottlenecks` and `advice` are what is made of it.

mod advice;
mod bottlenecks;
mod digest;
mod durations;
mod facts;
mod histogram;
mod performance;
mod period;

pub use advice::{Advice, Recommendation};
pub use bottlenecks::{
    BottleneckReport, Distribution, ErrorPattern, ErrorPatterns, Scope, SlowestStep, SlowestTask,
    StepPerformance, WaitedFor, Waits,
};
pub use digest::{Digest, ErrorCount, SlowStep, SlowTask, StepDigest, StepDigests, TaskDigest};
pub use durations::Durations;
pub use facts::{Chosen, Counting, EndedTask, PastMove, TaskPast};
pub use histogram::Histogram;
pub use performance::{Overview, PerformanceReport, Trends, Window};
pub use period::{KEPT, Level, Marks, Period, window_start};

/// The steps of a definition, with what each depends on, in canonical order.
pub type Graph = Vec<crate::StoredStep>;
