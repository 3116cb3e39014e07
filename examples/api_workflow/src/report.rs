//! What the user sees: attempts, results, and the circuit breakers.

use std::collections::BTreeMap;
use std::time::Duration;

use tasker::http::{Breakers, CircuitState};
use tasker::{ResultError, TaskHandle};

/// A task, step by step.
pub async fn print(task: &TaskHandle) -> Result<(), ResultError> {
    let status = task.status().await?;
    println!("\n{}: {}", status.workflow, status.state);
    for step in status.steps {
        let outcome = match (task.result(&step.name).await?, step.error) {
            (Some(result), _) => result.get("body").unwrap_or(&result).to_string(),
            (None, Some(error)) => error.to_string(),
            (None, None) => String::new(),
        };
        println!(
            "  {:<12} {:<9} attempts: {}  {outcome}",
            step.name,
            step.state.to_string(),
            step.attempts.0
        );
    }
    Ok(())
}

/// The circuit breakers, one for each system.
pub fn breakers(breakers: &Breakers) {
    println!("\nbreakers");
    for (system, breaker) in breakers.all() {
        println!("  {system:<12} {} ({} failures in a row)", word(breaker.state), breaker.failures);
    }
}

/// Says it when a circuit breaker changes, until it is aborted.
pub async fn watch(breakers: Breakers) {
    let mut known = BTreeMap::new();
    loop {
        for (system, breaker) in breakers.all() {
            let before = known.insert(system.clone(), breaker.state).unwrap_or(CircuitState::Closed);
            if before != breaker.state {
                println!("breaker: {system} is {}", word(breaker.state));
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn word(state: CircuitState) -> &'static str {
    match state {
        CircuitState::Closed => "closed",
        CircuitState::Open => "open",
        CircuitState::HalfOpen => "half open",
    }
}
