use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::TaskId;

/// Who waits in this process for tasks to end.
///
/// A hint: a task that another process ends is found by asking the store.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<TaskId, Vec<Arc<Told>>>>);

/// Somebody who waits; forgotten when dropped.
pub(crate) struct Waiting {
    waiters: Arc<Waiters>,
    task: TaskId,
    told: Arc<Told>,
}

/// What somebody who waits was told.
#[derive(Default)]
struct Told {
    something: Notify,
    ended: AtomicBool,
}

impl Waiters {
    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Vec<Arc<Told>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait for a task.
    pub(crate) fn register(self: &Arc<Self>, task: TaskId) -> Waiting {
        let told = Arc::new(Told::default());
        self.lock().entry(task).or_default().push(Arc::clone(&told));
        Waiting { waiters: Arc::clone(self), task, told }
    }

    /// Tells those who wait for these tasks.
    pub(crate) fn ended(&self, tasks: &[TaskId]) {
        if tasks.is_empty() {
            return;
        }
        let waiters = self.lock();
        for task in tasks {
            for told in waiters.get(task).into_iter().flatten() {
                told.ended.store(true, Ordering::Relaxed);
                told.something.notify_one();
            }
        }
    }

    /// Lets everybody look again: a task may have ended elsewhere.
    pub(crate) fn nudge(&self) {
        self.lock().values().flatten().for_each(|told| told.something.notify_one());
    }
}

impl Waiting {
    /// Resolves when it is worth to look: this process ended the task, or another may have.
    pub(crate) async fn told(&self) {
        self.told.something.notified().await;
    }

    /// Whether this process ended the task since this was asked last.
    pub(crate) fn was_ended(&self) -> bool {
        self.told.ended.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiters = self.waiters.lock();
        if let Some(waiting) = waiters.get_mut(&self.task) {
            waiting.retain(|told| !Arc::ptr_eq(told, &self.told));
            if waiting.is_empty() {
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

    #[tokio::test]
    async fn who_is_told_before_looking_does_not_miss_it() {
        let waiters = Arc::new(Waiters::default());
        let tasks = [TaskId::random(), TaskId::random()];
        let waiting = tasks.map(|task| waiters.register(task));
        waiters.ended(&tasks[..1]);
        waiting[0].told().await;
        assert!(waiting[0].was_ended() && !waiting[0].was_ended() && !waiting[1].was_ended());
        waiters.nudge();
        tokio::join!(waiting[0].told(), waiting[1].told());
    }
}
