//! What happens to tasks, for those who want to know.
//!
//! Every transaction that moves tasks writes down what it did, if anybody subscribes, so an event is published exactly if what it tells
//! was committed, by whatever process. There are two ways to hear of it:
//!
//! | | how often | who |
//! |---|---|---|
//! | a [`Subscriber`] with a name ([`TaskerBuilder::subscribe`](crate::TaskerBuilder::subscribe)) | at least once, in order for each task; what fails is tried again and at last put aside for an operator | one process of all that offer to deliver to it |
//! | a [`Listener`] ([`Events::listen`]) | at most once; who is too slow loses some, and is told how many | each process for itself |
//!
//! Neither delays a task or makes it fail: a subscriber that is slow, fails or panics only falls behind, which
//! [`Events::subscriptions`] shows.
//!
//! The events are types, one for each name; [`Events::catalog`] lists them with what they say, together with those that the registered
//! workflows publish by themselves ([`Emit`](crate::Emit)).

mod catalog;
mod delivery;
mod dispatch;
mod facts;
mod handle;
mod lifecycle;
mod listener;
pub(crate) mod routes;
mod subscriber;
mod topics;

pub use catalog::{Category, EventCatalog, EventInfo};
pub use delivery::Delivery;
pub use facts::{StepFacts, TaskFacts};
pub use handle::{DeadLetter, DeadLetterError, Events, ListenError};
pub use lifecycle::{
    CustomEvent, StepCancelled, StepCompleted, StepExecutionRequested, StepFailed, StepHandedBack,
    StepResolvedManually, StepRetryRequested, StepSkipped, TaskCancelled, TaskCompleted, TaskFailed,
    TaskInitializeRequested, TaskResolvedManually, TaskRetryRequested, TaskStartRequested, TaskerEvent, What,
};
pub use listener::{Heard, Listener};
pub use subscriber::{GiveUp, RetryIn, Subscriber, SubscriberError, SubscriberResult};

pub(crate) use dispatch::Dispatcher;
pub(crate) use listener::Pump;
pub(crate) use subscriber::name_mistake as subscriber_name_mistake;
pub(crate) use topics::Topics;
#[cfg(feature = "yaml")]
pub(crate) use topics::near;
