//! The tests are in the folders beside this one, one integration binary each; here is what they share.

pub mod operator;
pub mod package;
#[cfg(unix)]
pub mod postgres;
pub mod requests;
pub mod snapshot;
mod target;
