//! What an entry of the outbox says in 8 bytes: what happened ([`Lifecycle`]: 8 bits), the step (24) and the revision (32).
//!
//! The statements of the hot path make marks of the columns of a history row; what is made here is made by [`mark`].

use tasker_core::StepNo;
use tasker_core::store::Lifecycle;

/// Of a row with `step_no`, `revision`, `from_state` and `to_state`. To SQL these operators have one rank.
pub(crate) const STEP: &str = "(CAST(CASE to_state WHEN 'in_progress' THEN 1 WHEN 'complete' THEN 2 WHEN 'error' THEN 3 \
    WHEN 'pending' THEN CASE from_state WHEN 'error' THEN 4 ELSE 5 END WHEN 'skipped' THEN 6 WHEN 'cancelled' THEN 7 ELSE 8 END AS bigint) \
    << 56) | (CAST(step_no AS bigint) << 32) | revision";

/// Of a row with `revision`, `from_state` and `to_state`.
pub(crate) const TASK: &str = "(CAST(CASE to_state WHEN 'complete' THEN 12 WHEN 'in_progress' THEN CASE from_state WHEN 'error' THEN 16 ELSE 11 END \
    WHEN 'error' THEN 13 WHEN 'cancelled' THEN 14 WHEN 'resolved_manually' THEN 15 ELSE 16 END AS bigint) << 56) | revision";

/// Of a row with `step_no` and `revision`: events that were written with that transition.
pub(crate) const EVENT: &str = "(CAST(9 AS bigint) << 56) | (CAST(step_no AS bigint) << 32) | revision";

/// Of a new task.
pub(crate) const CREATED: &str = "CAST(10 AS bigint) << 56";

/// The bytes of an entry.
pub(crate) const ENTRY: usize = 24;

pub(crate) const fn mark(what: Lifecycle, step: StepNo, revision: u32) -> i64 {
    ((what as i64) << 56) | ((step.0 as i64) << 32) | revision as i64
}

/// What a mark says, if this build knows it.
pub(crate) fn read(mark: i64) -> Option<(Lifecycle, StepNo, u32)> {
    let what = Lifecycle::from_code(u8::try_from(mark >> 56).ok()?)?;
    Some((what, StepNo((mark >> 32) as u32 & 0x00ff_ffff), mark as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_made() {
        for what in Lifecycle::ALL {
            let (step, revision) = (StepNo(0x00ab_cdef), 0x89ab_cdef);
            assert_eq!(read(mark(what, step, revision)), Some((what, step, revision)));
        }
        assert_eq!(read(0), None);
    }
}
