use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::Event;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct PaymentIntentCreated;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("Payment Authorized")]
struct PaymentAuthorized;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("payment")]
struct Payment;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("step.completed")]
struct StepCompleted;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event]
struct Shipped;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event = "order.packed"]
struct Packed;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event(name = "order.returned")]
struct Returned;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.paid", "order.settled")]
struct Paid;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.placed", version = 2)]
struct Placed;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.closed")]
#[event("order.ended")]
struct Closed;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct TaskCompleted;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct HTTPRequestSent;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct Größe;

fn main() {}
