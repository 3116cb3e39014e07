use std::fmt;
use std::sync::Arc;

use crate::{Json, Store, StoreError, TaskId};

/// The results of a task that a step did not get with its claim, read one by one from the store.
#[derive(Clone)]
pub(crate) struct StoredResults(Arc<dyn Store>);

impl StoredResults {
    pub(crate) fn of(store: &Arc<dyn Store>) -> Self {
        Self(Arc::clone(store))
    }

    pub(crate) async fn read(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.0.result(task, step).await
    }
}

impl fmt::Debug for StoredResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredResults")
    }
}
