//! The derives: `AppState`, `Event` and `Annotation`.

mod app_state;
mod named;

pub(crate) use app_state::app_state;
pub(crate) use named::{annotation, event, event_name};
