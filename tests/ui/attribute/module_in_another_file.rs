use tasker::workflow;

#[workflow]
#[path = "module_in_another_file/order.rs"]
mod order;

fn main() {}
