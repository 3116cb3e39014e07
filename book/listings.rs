//! The listings of the book and of the README. `cargo test -p tasker-book --doc` compiles them all and runs those that end.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("src/introduction.md")]
mod introduction {}

#[cfg(doctest)]
#[doc = include_str!("src/first-workflow.md")]
mod first_workflow {}

#[cfg(doctest)]
#[doc = include_str!("src/the-macro.md")]
mod the_macro {}

#[cfg(doctest)]
#[doc = include_str!("src/task-files.md")]
mod task_files {}

#[cfg(doctest)]
#[doc = include_str!("src/events.md")]
mod events {}

#[cfg(doctest)]
#[doc = include_str!("src/data-pipelines.md")]
mod data_pipelines {}

#[cfg(doctest)]
#[doc = include_str!("src/testing.md")]
mod testing {}

#[cfg(doctest)]
#[doc = include_str!("src/errors.md")]
mod errors {}

#[cfg(doctest)]
#[doc = include_str!("src/many-workers.md")]
mod many_workers {}

#[cfg(doctest)]
#[doc = include_str!("src/metrics.md")]
mod metrics {}

#[cfg(doctest)]
#[doc = include_str!("src/traces.md")]
mod traces {}

#[cfg(doctest)]
#[doc = include_str!("src/health.md")]
mod health {}

#[cfg(doctest)]
#[doc = include_str!("src/analytics.md")]
mod analytics {}

#[cfg(doctest)]
#[doc = include_str!("src/logs.md")]
mod logs {}

#[cfg(doctest)]
#[doc = include_str!("src/guarantees.md")]
mod guarantees {}

#[cfg(doctest)]
#[doc = include_str!("src/how-it-works.md")]
mod how_it_works {}

#[cfg(doctest)]
#[doc = include_str!("src/coming-from-tasker.md")]
mod coming_from_tasker {}
