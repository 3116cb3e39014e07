//! The tables as sea-orm entities.
//!
//! Times are microseconds since 1970-01-01 UTC, ids of tasks and workers UUIDs (16-byte blobs on SQLite), states and JSON documents text.
//! A test holds them equal to what the migrations create.

pub mod annotation_type;
pub mod definition;
pub mod delivery;
pub mod dependent_system;
pub mod dependent_system_object_map;
pub mod event;
pub mod named_step;
pub mod named_task;
pub mod named_task_named_step;
pub mod namespace;
pub mod operation;
pub mod outbox;
pub mod statistics;
pub mod subscription;
pub mod task;
pub mod task_annotation;
pub mod task_tag;
pub mod task_transition;
pub mod worker;
pub mod worker_definition;
pub mod workflow_step;
pub mod workflow_step_transition;
