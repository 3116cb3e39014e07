//! Random workflow modules: those that are right compile without a warning and do what they say, and those with one mistake are told of
//! that mistake only, where it is.
//!
//! A module is made from one number, its seed: names, a graph, parameters, options, spellings and what else is in the module. The
//! *right* ones become one program, that runs a task of each on a store in memory. Into each of the *wrong* ones one mistake is put,
//! whose message and place are known; each is a program of its own, which is only checked.
//!
//! `TASKER_MODULES` says how many of each there are, `TASKER_SEED` repeats one.

mod generate;
mod graph;
mod mistakes;
mod module;
mod names;
mod place;
mod print;
mod project;
mod right;
mod seeds;
mod wrong;
