//! What operators do in a history.

use tasker::TaskId;
use tasker::store::{Operated, Store};

use super::Check;
use super::history::{History, same};
use super::side::failed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Cancel,
    Retry,
    Pause,
    Resume,
}

impl Wish {
    /// Each as often as it is to be done: a task that is cancelled does nothing any more.
    pub(super) const ALL: [Self; 7] =
        [Self::Cancel, Self::Retry, Self::Retry, Self::Pause, Self::Pause, Self::Resume, Self::Resume];

    async fn ask(self, store: &dyn Store, task: TaskId) -> Result<Operated, String> {
        let done = match self {
            Self::Cancel => store.cancel(task).await,
            Self::Retry => store.retry(task).await,
            Self::Pause => store.pause(task).await,
            Self::Resume => store.resume(task).await,
        };
        done.map_err(failed)
    }
}

impl History<'_> {
    pub(super) async fn operate(&mut self, wish: Wish, task: TaskId) -> Check {
        self.say(format!("{wish:?} {task}"));
        let model = wish.ask(&*self.oracle.store, task).await?;
        let database = wish.ask(&*self.subject().store, task).await?;
        same("what an operator was told", &model, &database)?;
        self.ledger.operated(wish, task, database);
        Ok(())
    }
}
