use crate::{StepState, TaskState};

/// What happens to tasks and steps; the number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Lifecycle {
    /// A worker took a step.
    StepExecutionRequested = 1,
    /// A step has its result.
    StepCompleted = 2,
    /// An execution failed.
    StepFailed = 3,
    /// A failed step is to run again.
    StepRetryRequested = 4,
    /// A worker that stops gave a step back.
    StepHandedBack = 5,
    /// A step was passed over.
    StepSkipped = 6,
    /// A step was cancelled.
    StepCancelled = 7,
    /// An operator declared a step done.
    StepResolvedManually = 8,
    /// A step published events.
    Emitted = 9,
    /// A task was created.
    TaskInitializeRequested = 10,
    /// The first step of a task was taken.
    TaskStartRequested = 11,
    /// All steps of a task are done.
    TaskCompleted = 12,
    /// Nothing in a task can go on.
    TaskFailed = 13,
    /// A task was cancelled.
    TaskCancelled = 14,
    /// An operator declared a task done.
    TaskResolvedManually = 15,
    /// A task in error was opened again.
    TaskRetryRequested = 16,
}

impl Lifecycle {
    /// All there are, by their numbers.
    pub const ALL: [Self; 16] = [
        Self::StepExecutionRequested,
        Self::StepCompleted,
        Self::StepFailed,
        Self::StepRetryRequested,
        Self::StepHandedBack,
        Self::StepSkipped,
        Self::StepCancelled,
        Self::StepResolvedManually,
        Self::Emitted,
        Self::TaskInitializeRequested,
        Self::TaskStartRequested,
        Self::TaskCompleted,
        Self::TaskFailed,
        Self::TaskCancelled,
        Self::TaskResolvedManually,
        Self::TaskRetryRequested,
    ];

    /// The one of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|what| *what as u8 == code)
    }

    /// What a step's transition is.
    #[must_use]
    pub const fn of_step(from: StepState, to: StepState) -> Self {
        match (from, to) {
            (_, StepState::InProgress) => Self::StepExecutionRequested,
            (_, StepState::Complete) => Self::StepCompleted,
            (_, StepState::Error) => Self::StepFailed,
            (StepState::Error, StepState::Pending) => Self::StepRetryRequested,
            (_, StepState::Pending) => Self::StepHandedBack,
            (_, StepState::Skipped) => Self::StepSkipped,
            (_, StepState::Cancelled) => Self::StepCancelled,
            (_, StepState::ResolvedManually) => Self::StepResolvedManually,
        }
    }

    /// What a task's transition is.
    #[must_use]
    pub const fn of_task(from: TaskState, to: TaskState) -> Self {
        match (from, to) {
            (TaskState::Error, TaskState::InProgress) | (_, TaskState::Pending) => Self::TaskRetryRequested,
            (_, TaskState::InProgress) => Self::TaskStartRequested,
            (_, TaskState::Complete) => Self::TaskCompleted,
            (_, TaskState::Error) => Self::TaskFailed,
            (_, TaskState::Cancelled) => Self::TaskCancelled,
            (_, TaskState::ResolvedManually) => Self::TaskResolvedManually,
        }
    }

    /// Where it stands among what one transaction did to a task: the task's beginning, what steps published, what became of them, what
    /// began, and the task's end.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::TaskInitializeRequested => 0,
            Self::TaskStartRequested | Self::TaskRetryRequested => 1,
            Self::Emitted => 2,
            Self::StepCompleted
            | Self::StepFailed
            | Self::StepHandedBack
            | Self::StepSkipped
            | Self::StepCancelled
            | Self::StepResolvedManually => 3,
            Self::StepRetryRequested => 4,
            Self::StepExecutionRequested => 5,
            Self::TaskCompleted | Self::TaskFailed | Self::TaskCancelled | Self::TaskResolvedManually => 6,
        }
    }
}

/// A set of kinds of happenings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// All of them.
    pub const ALL: Self = Self(u32::MAX);

    /// Whether one is among them.
    #[must_use]
    pub const fn has(self, what: Lifecycle) -> bool {
        self.0 & (1 << what as u32) != 0
    }

    /// Adds one.
    pub const fn add(&mut self, what: Lifecycle) {
        self.0 |= 1 << what as u32;
    }

    /// Those of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Lifecycle> for Kinds {
    fn from_iter<I: IntoIterator<Item = Lifecycle>>(all: I) -> Self {
        let mut kinds = Self::default();
        all.into_iter().for_each(|what| kinds.add(what));
        kinds
    }
}
