//! What stands in the place of the metrics without the feature `prometheus`: nothing, so that the engine says what happens without
//! asking whether anybody counts.

mod kinds;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use kinds::{By, Gone, StoreCall};

use crate::registry::Registration;
use crate::store::{Action, ClaimedStep, Created, NewTask, Outcome, Settled, Store, StoreError, Swept};
use crate::{DefinitionId, StepNo, WorkflowDef};

#[derive(Clone)]
pub(crate) struct Metrics;

pub(crate) struct Meters;

pub(crate) struct InHand;

pub(crate) struct Watcher;

#[expect(clippy::unused_self, reason = "the other one counts")]
impl Metrics {
    pub(crate) fn new(_: &Arc<dyn Store>, _: usize, _: &[(DefinitionId, Arc<Registration>)]) -> Self {
        Self
    }

    pub(crate) fn meters<'a>(
        &self,
        _: impl IntoIterator<Item = (DefinitionId, &'a Arc<WorkflowDef>)>,
    ) -> Meters {
        Meters
    }

    pub(crate) async fn timed<T>(
        &self,
        _: StoreCall,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        asking.await
    }

    pub(crate) fn created(&self, _: &[NewTask], _: &[Created]) {}

    pub(crate) fn ordered(&self, _: &Action, _: usize) {}

    pub(crate) fn claim_answered(&self, _: &[ClaimedStep]) {}

    pub(crate) fn settles(&self, _: &[Outcome]) {}

    pub(crate) fn lease_lost(&self) {}

    pub(crate) fn swept(&self, _: &Swept) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    pub(crate) fn watcher(&self, _: Duration) -> Watcher {
        Watcher
    }
}

#[expect(clippy::unused_self, reason = "the other one counts")]
impl Meters {
    pub(crate) fn claimed(&self, _: &[ClaimedStep], _: By) {}

    pub(crate) fn in_hand(&self, _: DefinitionId, _: StepNo) -> InHand {
        InHand
    }

    pub(crate) fn settled(&self, _: &[Outcome], _: &Settled) {}

    pub(crate) fn gone(&self, _: DefinitionId, _: StepNo, _: Gone) {}
}

#[expect(clippy::unused_self, reason = "the other one counts")]
impl InHand {
    pub(crate) fn begins(&mut self) {}

    pub(crate) fn ends(self) {}
}
