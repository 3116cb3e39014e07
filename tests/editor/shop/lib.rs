//! What stands around a workflow: the application that starts it, and a test that calls a step.

pub mod workflows;

use tasker::{AppState, MemoryStore, Tasker};

use workflows::{Terminal, order};

#[derive(AppState)]
pub struct App {
    pub terminal: Terminal,
}

pub async fn sell(app: App, cents: Vec<u64>) -> Result<u64, Box<dyn std::error::Error>> {
    let tasker = Tasker::builder(app).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
    let task = tasker.start::<order::Workflow>(order::Context { email: String::new(), cents }).await?;
    let cart = task.output::<order::validate_cart>().await?;
    let payment = task.output::<order::charge_card>().await?;
    Ok(cart.map_or(0, |cart| cart.total) + payment.map_or(0, |payment| payment.fee))
}

#[cfg(test)]
mod tests {
    use super::order::{self, Context};

    #[test]
    fn a_cart_is_validated_when_somebody_awaits_it() {
        let context = Context { email: "ada@example.com".to_owned(), cents: vec![1, 2] };
        drop(order::validate_cart(&context));
    }
}
