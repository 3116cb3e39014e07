use tasker::workflow;

pub struct Order;

#[workflow]
impl Order {
    pub fn new() -> Self {
        Self
    }
}

#[workflow]
pub trait Ship {}

#[workflow]
use std::collections::HashMap;

fn main() {
    drop((Order::new(), HashMap::<u8, u8>::new()));
}
