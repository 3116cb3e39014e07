//! What happens in the shop, and what is told of it afterwards.

use std::error::Error;
use std::time::Duration;

use tasker::Tasker;

use crate::Observed;
use crate::outside::Outside;
use crate::shop::backup;
use crate::shop::order::{self, Card, Context};

/// Two orders go well, one of them at the second attempt. Three fail: of these, an operator retries one, sees to one by hand, and leaves the last.
/// A backup fails, too, about which nobody wants to read in the chat.
pub async fn orders(tasker: &Tasker) -> Result<(), Box<dyn Error>> {
    let address = "Mill Lane 1";
    let mut tasks = Vec::new();
    for (order_id, cents, card, address) in [
        (1001, 1250, Card::Good, address),
        (1002, 4900, Card::Slow, address),
        (1003, 800, Card::Declined, address),
        (1004, 2000, Card::Good, ""),
        (1005, 3000, Card::Good, ""),
    ] {
        let context = Context { order_id, cents, card, address: address.to_owned() };
        let start = tasker.start::<order::Workflow>(context).correlation_id(format!("order-{order_id}"));
        tasks.push(tasker.task(start.await?.id()));
    }
    tasker.start::<backup::Workflow>("disk-2".to_owned()).await?.wait().await?;
    for task in &tasks {
        task.wait().await?;
    }

    let (declined, lost) = (&tasks[2], &tasks[3]);
    let other = Context { order_id: 1003, cents: 800, card: Card::Good, address: address.to_owned() };
    declined.step("charge").set_inputs(other).by("ada").because("the customer has another card").await?;
    declined.retry().by("ada").because("the customer has another card").await?;
    declined.wait().await?;
    lost.resolve().by("ada").because("the customer came for the parcel").await?;
    Ok(())
}

/// Waits until every subscriber has heard of all that happened, and the chat has taken it, too.
pub async fn until_all_heard(tasker: &Tasker) -> Result<(), Box<dyn Error>> {
    let heard = async {
        loop {
            let subscriptions = tasker.events().subscriptions().await?;
            if subscriptions.iter().all(|one| one.behind == 0 && one.waiting == 0) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), heard).await.map_err(|_| "somebody does not hear")?
}

/// What each of the observers saw.
pub async fn tell(shop: &Observed, outside: &Outside) -> Result<(), Box<dyn Error>> {
    let Observed { tasker, tracker, meter } = shop;
    let (messages, events) = {
        let seen = outside.seen();
        (seen.messages.clone(), seen.events.clone())
    };
    println!("the chat");
    for (_, text) in messages {
        println!("  {text}");
    }
    println!("\nthe error tracker\n{tracker}");
    println!("the partner, signed");
    for (id, name) in events {
        println!("  {name:<16} {id}");
    }
    println!("\nthe meter");
    let text = format!("{}{}", meter.render(), tasker.metrics().render());
    let told = |line: &&str| line.starts_with("shop_") || line.starts_with("tasker_tasks_ended_total{");
    for line in text.lines().filter(told) {
        println!("  {line}");
    }
    println!("\nthe subscriptions");
    for one in tasker.events().subscriptions().await? {
        let error = one.error.map(|(error, _)| format!(", the last error: {error}")).unwrap_or_default();
        println!("  {:<12} {:>3} delivered, {} given up{error}", one.name, one.delivered, one.dead);
    }
    Ok(())
}
