//! What scores are made of: Ruby Tasker's weights, with its names.
//!
//! Its estimates of durations (30 seconds a step, 60 an error) are left out: a duration here is measured, or it is not there.

/// A step behind a bottleneck.
pub const DOWNSTREAM_WEIGHT: u64 = 5;
/// A step behind a bottleneck that never runs because of it.
pub const BLOCKED_WEIGHT: u64 = 15;

/// A step of a path.
pub const PATH_LENGTH_WEIGHT: u64 = 10;
/// A step of a path that is over: taken off.
pub const COMPLETED_PENALTY: u64 = 15;
/// A step of a path that never runs unless somebody steps in.
pub const BLOCKED_PENALTY: u64 = 25;
/// A step of a path that failed for good.
pub const ERROR_PENALTY: u64 = 30;
/// A step of a path that was executed more than once.
pub const RETRY_PENALTY: u64 = 10;
/// What blocked and failed steps of a path count for when the task is not healthy.
pub const UNHEALTHY_MULTIPLIER: f64 = 1.5;
/// How much a completed path loses of its score.
pub const COMPLETION_DISCOUNT: f64 = 0.3;
/// How many seconds of a path count as one point.
pub const SECONDS_PER_POINT: f64 = 30.0;

/// What lies behind a step that failed for good counts so much more.
pub const ERROR_STATE_MULTIPLIER: f64 = 2.0;
/// And so much is added when no attempts are left.
pub const EXHAUSTED_RETRY_BONUS: f64 = 0.5;
/// What lies behind a step that can neither run nor fail: one that was cancelled, or that no worker can run.
pub const DEPENDENCY_ISSUE_MULTIPLIER: f64 = 1.2;

/// An execution of a bottleneck.
pub const RETRY_INSTABILITY: u64 = 3;
/// A bottleneck that is not tried again.
pub const NON_RETRYABLE: u64 = 10;
/// A bottleneck without attempts left.
pub const EXHAUSTED_RETRY: u64 = 20;

/// The least impact that is critical.
pub const CRITICAL: u64 = 100;
/// The least impact that is high.
pub const HIGH: u64 = 50;
/// The least impact that is medium.
pub const MEDIUM: u64 = 20;
