//! What is counted, for those who ask how the system does.
//!
//! `count` moves what ended into the rows of `tasker_statistics`, period by period; `book` is the row that says how far that is. `gather` reads
//! tasks that ended, all of a period or some that stand for it; `read` puts together what a report needs: the rows, and what ended since the last
//! of them. `tally` and `probe` look at the present.

mod book;
mod code;
mod count;
mod gather;
mod probe;
mod read;
mod tally;

use async_trait::async_trait;
use tasker_core::store::{Digests, Figures, Population, Probe, StoreError, Tally, Wanted};

pub(super) use book::forget_complete;

use super::SqlStore;

#[async_trait]
impl Figures for SqlStore {
    async fn probe(&self) -> Result<Probe, StoreError> {
        self.probe_database().await
    }

    async fn population(&self) -> Result<Population, StoreError> {
        self.population_now().await
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        self.tally_now().await
    }

    async fn digests(&self, wanted: &Wanted) -> Result<Digests, StoreError> {
        self.digests_of(wanted).await
    }

    async fn count_ended(&self) -> Result<bool, StoreError> {
        self.count_next().await
    }
}
