//! The benches, by name.

use crate::Result;
use crate::bed::{Bed, Kind};
use crate::report::Figure;

use crate::{
    ceiling, chain5, flat, handles, idle, idle_latency, observed, parked, shapes, start_many, workers,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bench {
    Chain5,
    Ceiling,
    Handles,
    Observed,
    Diamond,
    Fanout,
    Wide,
    Deep,
    IdleLatency,
    Flat,
    Workers,
    Parked,
    StartMany,
    Idle,
}

impl Bench {
    pub(crate) const ALL: [Self; 14] = [
        Self::Chain5,
        Self::Ceiling,
        Self::Handles,
        Self::Observed,
        Self::Diamond,
        Self::Fanout,
        Self::Wide,
        Self::Deep,
        Self::IdleLatency,
        Self::Flat,
        Self::Workers,
        Self::Parked,
        Self::StartMany,
        Self::Idle,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chain5 => "chain5",
            Self::Ceiling => "ceiling",
            Self::Handles => "handles",
            Self::Observed => "observed",
            Self::Diamond => "diamond",
            Self::Fanout => "fanout",
            Self::Wide => "wide",
            Self::Deep => "deep",
            Self::IdleLatency => "idle_latency",
            Self::Flat => "flat",
            Self::Workers => "workers",
            Self::Parked => "parked",
            Self::StartMany => "start_many",
            Self::Idle => "idle",
        }
    }

    /// What it measures, in a line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Chain5 => {
                "chains of 5 steps, 1,000 and 10,000 at once, beside what hand-written SQL reaches"
            }
            Self::Ceiling => "the rows of 10,000 chains of 5 steps, written by hand-written SQL",
            Self::Handles => "1,000 chains of 5 steps, each awaited by its handle",
            Self::Observed => {
                "10,000 chains of 5 steps with events, metrics and logs, and with traces too, beside the same without"
            }
            Self::Diamond => "1,000 diamonds of 4 steps at once",
            Self::Fanout => "200 tasks of 1, 50 and 1 steps at once",
            Self::Wide => "one task of 1, 10,000 and 1 steps",
            Self::Deep => "one chain of 1,000 steps",
            Self::IdleLatency => "200 chains of 5 steps, one at a time",
            Self::Flat => "1,000 chains of 5 steps beside 1,000,000 finished steps",
            Self::Workers => "10,000 chains of 5 steps in 1, 2 and 4 processes",
            Self::Parked => "100,000 tasks that wait for tomorrow: their memory, and the latency beside them",
            Self::StartMany => "20,000 tasks of 5 steps started, no worker running",
            Self::Idle => "an engine with nothing to do, for 10 s",
        }
    }

    /// The figures; none where it does not apply to the store.
    pub(crate) async fn run(self, bed: &Bed<'_>) -> Result<Vec<Figure>> {
        match self {
            // One process sees the memory store, and no SQL.
            Self::Ceiling | Self::Flat | Self::Workers if bed.kind == Kind::Memory => Ok(Vec::new()),
            Self::Chain5 => chain5::run(bed).await,
            Self::Ceiling => ceiling::run(bed).await,
            Self::Handles => handles::run(bed).await,
            Self::Observed => observed::run(bed).await,
            Self::Diamond => shapes::diamond(bed).await,
            Self::Fanout => shapes::fanout(bed).await,
            Self::Wide => shapes::wide(bed).await,
            Self::Deep => shapes::deep(bed).await,
            Self::IdleLatency => idle_latency::run(bed).await,
            Self::Flat => flat::run(bed).await,
            Self::Workers => workers::run(bed).await,
            Self::Parked => parked::run(bed).await,
            Self::StartMany => start_many::run(bed).await,
            Self::Idle => idle::run(bed).await,
        }
    }
}
