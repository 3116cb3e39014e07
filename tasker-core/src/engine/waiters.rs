use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::TaskId;

/// Who waits in this process for tasks to end.
///
/// A hint: a task that another process ends is found by asking the store.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<TaskId, Vec<oneshot::Sender<()>>>>);

impl Waiters {
    /// Resolves when this process ends the task.
    pub(crate) fn register(&self, task: TaskId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiters.entry(task).or_default();
        waiting.retain(|sender| !sender.is_closed());
        waiting.push(sender);
        receiver
    }

    /// Tells those who wait for these tasks.
    pub(crate) fn ended(&self, tasks: &[TaskId]) {
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks {
            for sender in waiters.remove(task).into_iter().flatten() {
                // Nobody left to tell is fine.
                let _ = sender.send(());
            }
        }
    }
}
