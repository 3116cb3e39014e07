//! Rules that hold for workflows wherever they are written, and are applied by the macros, by task files and by the engine.
//!
//! Each rule is here once, so that a name which the compiler takes is one that the engine takes. There are no tokens, no files and no stores
//! here, and no dependencies: whoever uses the macros compiles this, too.
//!
//! Applications use none of it; it is no part of what `tasker` promises.

pub mod cycles;
pub mod names;
pub mod suggest;
