use tasker::workflow;

#[workflow]
mod order;

fn main() {}
