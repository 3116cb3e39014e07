//! The tests are in the folders beside this one, one integration binary each.
