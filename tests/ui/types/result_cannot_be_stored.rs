use tasker::workflow;

pub struct Connection;

#[workflow]
mod order {
    use super::Connection;
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn connect() -> Result<Connection, StepError> {
        Ok(Connection)
    }

    #[step(depends_on = connect)]
    async fn send(connection: Output<connect>) -> Result<(), StepError> {
        drop(connection);
        Ok(())
    }
}

fn main() {}
