use tasker::workflow;

#[workflow]
mod order {
    use std::cell::RefCell;
    use std::sync::{Arc, Mutex};
    use tasker::{Output, State, StepError};

    pub type Context = ();

    #[step]
    pub async fn locks(counter: State<Arc<Mutex<u64>>>) -> Result<u64, StepError> {
        let mut counter = counter.lock().unwrap();
        std::future::ready(()).await;
        *counter += 1;
        Ok(*counter)
    }

    #[step(depends_on = locks)]
    pub async fn borrows(count: Output<locks>) -> Result<u64, StepError> {
        let cell = RefCell::new(*count);
        let borrowed = cell.borrow();
        std::future::ready(()).await;
        Ok(*borrowed)
    }
}

fn main() {
    drop(order::borrows(tasker::Output(1)));
}
