use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Annotation, Event};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.changed")]
struct Changed<T> {
    to: T,
}

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
#[annotation("table")]
struct Table<const N: usize>;

fn main() {}
