//! A task on paper: each step with its result or its error, and the events.

use tasker::{RecordKind, ResultError, TaskHandle};

pub async fn print(task: &TaskHandle) -> Result<(), ResultError> {
    let status = task.status().await?;
    println!("{} {}: {}", status.workflow, status.idempotency_key.unwrap_or_default(), status.state);
    for step in status.steps {
        let outcome = match (task.result(&step.name).await?, step.error) {
            (Some(result), _) => result.to_string(),
            (None, Some(error)) => error.to_string(),
            (None, None) => String::new(),
        };
        println!("  {:<18} {:<9} {outcome}", step.name, step.state.to_string());
    }
    for event in task.records().await?.iter().filter(|record| record.kind == RecordKind::Event) {
        println!("  event {}: {}", event.name, event.payload.as_str());
    }
    println!();
    Ok(())
}
