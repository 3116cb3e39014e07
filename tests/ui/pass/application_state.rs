#![deny(warnings, clippy::all, clippy::pedantic)]

use std::sync::Arc;

use tasker::{AppState, Provides};

trait Gateway: Send + Sync {}

#[derive(AppState)]
struct Named {
    gateway: Option<Arc<dyn Gateway>>,
    name: String,
    decide: fn(&str) -> bool,
}

#[derive(AppState)]
struct Tuple(u8, u16);

#[derive(AppState)]
struct Unit;

#[derive(AppState)]
struct Generic<'a, G: ?Sized, const N: usize>
where
    G: Send,
{
    gateway: Arc<G>,
    names: [&'a str; N],
}

fn main() {
    let named = Named { gateway: None, name: "a".into(), decide: str::is_empty };
    let gateway: Option<Arc<dyn Gateway>> = named.provide();
    let name: String = named.provide();
    let decide: fn(&str) -> bool = named.provide();
    assert!(gateway.is_none() && !decide(&name));
    let (a, b): (u8, u16) = (Tuple(1, 2).provide(), Tuple(1, 2).provide());
    assert_eq!((a, b), (1, 2));
    let () = Unit.provide();
    let generic = Generic::<u8, 1> { gateway: Arc::new(1), names: ["a"] };
    let (gateway, names): (Arc<u8>, [&str; 1]) = (generic.provide(), generic.provide());
    assert_eq!((*gateway, names), (1, ["a"]));
}
