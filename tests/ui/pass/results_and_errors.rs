//! Results by other names, and errors of one's own.

#![deny(warnings)]

use std::fmt;

use tasker::{Executable, StepError, workflow};

#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

/// No error by itself; it says what it means for the step.
pub struct Busy;

impl From<Busy> for StepError {
    fn from(_: Busy) -> Self {
        StepError::retryable("busy")
    }
}

/// As `anyhow::Result` is written.
pub type Result<T, E = Refused> = std::result::Result<T, E>;

#[workflow]
mod order {
    use super::{Busy, Result};
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn one_parameter() -> Result<u64> {
        Ok(1)
    }

    #[step(depends_on = one_parameter)]
    async fn two(one: Output<one_parameter>) -> Result<u64, StepError> {
        Ok(*one)
    }

    #[step]
    async fn io() -> std::io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    #[step]
    async fn fmt() -> std::fmt::Result {
        Ok(())
    }

    #[step]
    async fn converted() -> Result<u64, Busy> {
        Err(Busy)
    }

    #[step]
    async fn never() -> Result<u64, std::convert::Infallible> {
        Ok(1)
    }

    #[step(depends_on = never)]
    async fn mixed(never: Output<never>) -> Result<u64, StepError> {
        let bytes = io().await?;
        one_parameter().await.map_err(|refused| StepError::permanent(refused).code("REFUSED"))?;
        Ok(*never + bytes.len() as u64)
    }
}

fn main() {
    assert_eq!(<order::Workflow as Executable<()>>::handlers().len(), 7);
}
