//! How many modules are made, and from which numbers.

/// `TASKER_SEED`, or as many seeds as `TASKER_MODULES` says. Each is another remainder of a division by `kinds`, as long as there are any,
/// so that few modules are of many kinds.
pub(crate) fn seeds(usually: usize, kinds: u64) -> Vec<u64> {
    let asked = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    if let Some(seed) = asked("TASKER_SEED") {
        return vec![seed];
    }
    let many = asked("TASKER_MODULES").unwrap_or(usually as u64);
    let first = fastrand::u64(..kinds);
    (0..many).map(|seed| fastrand::u64(..u64::from(u32::MAX)) * kinds + (first + seed) % kinds).collect()
}
