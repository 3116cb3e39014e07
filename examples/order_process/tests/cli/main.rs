//! What the example promises, seen from outside.
