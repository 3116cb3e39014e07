use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::{Config, MemoryStore, Output, StartError, StepError, Tasker, Violation, Workflow, workflow};

/// Where an order goes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Delivery {
    /// To a door.
    Parcel {
        /// Where.
        address: String,
    },
    /// To nobody: it is fetched.
    Pickup,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Cart {
    cents: u64,
    by_sku: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pricing {
    fee_cents: u64,
}

/// Takes a cart to a receipt.
#[workflow(namespace = "shop", version = "1.0.0")]
pub(crate) mod order {
    use super::*;

    /// An order as it comes from outside.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Context {
        /// Where the receipt goes.
        #[schemars(email)]
        pub(crate) email: String,
        #[schemars(length(min = 1))]
        pub(crate) items: Vec<Item>,
        pub(crate) delivery: Delivery,
        #[serde(default = "one")]
        pub(crate) parcels: u8,
        pub(crate) note: Option<String>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Item {
        #[schemars(regex(pattern = "^[A-Z]+-[0-9]+$"))]
        pub(crate) sku: String,
        #[schemars(range(min = 1, max = 1_000))]
        pub(crate) quantity: u32,
    }

    fn one() -> u8 {
        1
    }

    #[step]
    pub(crate) async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        let by_sku: BTreeMap<_, _> = ctx.items.iter().map(|item| (item.sku.clone(), item.quantity)).collect();
        Ok(Cart { cents: by_sku.values().map(|&quantity| u64::from(quantity)).sum(), by_sku })
    }

    #[step(depends_on = validate_cart, config = Pricing { fee_cents: 30 })]
    pub(crate) async fn charge(
        cart: Output<validate_cart>,
        pricing: Config<Pricing>,
    ) -> Result<Option<u64>, StepError> {
        Ok(Some(cart.cents + pricing.fee_cents))
    }
}

/// Every schema of the definition, by what it is the schema of.
fn schemas() -> BTreeMap<String, Value> {
    let def = order::Workflow::define().build().unwrap();
    let mut schemas = BTreeMap::from([("context".to_owned(), def.context_schema().unwrap().clone())]);
    for step in def.steps() {
        schemas.insert(format!("result of {}", step.name()), step.result_schema().unwrap().clone());
        schemas
            .extend(step.config_schema().map(|schema| (format!("configuration of {}", step.name()), schema)));
    }
    schemas
}

#[test]
fn the_schemas_of_all_that_is_stored_are_kept() {
    let text = serde_json::to_string_pretty(&schemas()).unwrap() + "\n";
    tasker_tests::snapshot::check("definition/schemas.json", &text);
}

#[test]
fn every_schema_is_one_of_draft_2020_12() {
    let schemas = schemas();
    assert_eq!(schemas.len(), 4);
    for (what, schema) in schemas {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{what}");
    }
}

async fn start(context: Value) -> Result<Value, StartError> {
    let tasker =
        Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await.unwrap();
    let started = tasker.start_named("shop", "order", "1.0.0", context).prepare();
    tasker.shutdown().await;
    started.map(|prepared| prepared.task().context.parse().unwrap())
}

/// The places, in order.
fn places(started: Result<Value, StartError>) -> Vec<String> {
    let Err(StartError::InvalidContext { violations, .. }) = started else {
        panic!("{started:?} instead of an invalid context")
    };
    let mut places: Vec<String> = violations.into_iter().map(|Violation { path, .. }| path).collect();
    places.sort();
    places
}

#[tokio::test]
async fn an_untyped_start_is_told_every_violation_and_its_place() {
    let context = json!({
        "email": "nobody",
        "items": [{ "sku": "A-1", "quantity": 0 }, { "sku": "a1", "quantity": "two" }],
        "delivery": { "kind": "balloon" },
        "colour": "red",
    });
    assert_eq!(
        places(start(context).await),
        ["", "/delivery", "/email", "/items/0/quantity", "/items/1/quantity", "/items/1/sku"]
    );
    assert_eq!(places(start(json!([])).await), [""]);
}

#[tokio::test]
async fn what_only_the_type_refuses_has_a_place_too() {
    // A whole number for JSON Schema, and none for serde.
    let items = json!([{ "sku": "A-1", "quantity": 1 }, { "sku": "B-2", "quantity": 2.0 }]);
    let context = json!({ "email": "ada@example.com", "items": items, "delivery": { "kind": "pickup" } });
    assert_eq!(places(start(context).await), ["/items/1/quantity"]);
}

#[tokio::test]
async fn defaults_are_filled_in_and_stored() {
    let items = json!([{ "sku": "A-1", "quantity": 1 }]);
    let context = json!({ "email": "ada@example.com", "items": items, "delivery": { "kind": "pickup" } });
    let stored = start(context).await.unwrap();
    assert_eq!((&stored["parcels"], &stored["note"]), (&json!(1), &Value::Null));
}
