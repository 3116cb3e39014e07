use tasker::workflow;

#[workflow]
mod order {
    pub type Context = ();

    pub async fn charge() {}
}

fn main() {
    drop(order::charge());
}
