use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Event, Tasker, subscriber};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.shipped")]
struct OrderShipped {
    parcel: String,
}

struct Mailer;

#[subscriber]
impl Mailer {
    #[event("order.shiped")]
    async fn shipped(&self, event: &OrderShipped) {}
}

fn main() {
    let _ = Tasker::builder(()).subscribe("mailer", Mailer);
}
