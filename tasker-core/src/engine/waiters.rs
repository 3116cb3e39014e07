use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::TaskId;

/// Who waits in this process for tasks to end.
///
/// A hint: a task that another process ends is found by asking the store.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<TaskId, Vec<oneshot::Sender<()>>>>);

/// Somebody who waits; forgotten when dropped.
pub(crate) struct Waiting {
    waiters: Arc<Waiters>,
    task: TaskId,
    ended: oneshot::Receiver<()>,
}

impl Waiters {
    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Vec<oneshot::Sender<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait for a task.
    pub(crate) fn register(self: &Arc<Self>, task: TaskId) -> Waiting {
        let (sender, ended) = oneshot::channel();
        self.lock().entry(task).or_default().push(sender);
        Waiting { waiters: Arc::clone(self), task, ended }
    }

    /// Tells those who wait for these tasks.
    pub(crate) fn ended(&self, tasks: &[TaskId]) {
        if tasks.is_empty() {
            return;
        }
        let mut waiters = self.lock();
        for task in tasks {
            for sender in waiters.remove(task).into_iter().flatten() {
                // Nobody left to tell is fine.
                let _ = sender.send(());
            }
        }
    }
}

impl Waiting {
    /// Resolves when this process ends the task.
    pub(crate) async fn ended(&mut self) {
        // A sender that is gone has been told, or will not be: either way the store knows more.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ended.close();
        let mut waiters = self.waiters.lock();
        if let Some(senders) = waiters.get_mut(&self.task) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiters.remove(&self.task);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_stopped_waiting_is_remembered() {
        let waiters = Arc::new(Waiters::default());
        let task = TaskId::random();
        let (first, second) = (waiters.register(task), waiters.register(task));
        drop(first);
        assert_eq!(waiters.lock()[&task].len(), 1);
        drop(second);
        assert!(waiters.lock().is_empty());
    }
}
