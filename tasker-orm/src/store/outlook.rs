//! What a worker can expect, asked on a connection that reads.

use std::fmt::Write;
use std::time::Duration;

use sea_orm::Value;
use tasker_core::DefinitionId;
use tasker_core::store::StoreError;

use super::SqlStore;
use crate::error::store_error;

/// What a worker can expect.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Whether a step can be claimed now.
    pub(super) ready: bool,
    /// How long until the next step that waits for a time can be.
    pub(super) next_due: Option<Duration>,
}

impl SqlStore {
    /// Asks for a hundred definitions at a time: SQLite takes 500 parts of a `UNION`.
    pub(super) async fn outlook(
        &self,
        what: &str,
        rooms: &[(DefinitionId, usize)],
    ) -> Result<Outlook, StoreError> {
        const MOST: usize = 100;
        let now = self.now();
        let mut outlook = Outlook::default();
        for rooms in rooms.chunks(MOST) {
            let values: Vec<Value> = [now]
                .into_iter()
                .chain(rooms.iter().map(|(definition, _)| definition.0))
                .map(Value::from)
                .collect();
            let rows = self.read(what, &sql(rooms.len()), values).await?;
            let Some(row) = rows.first() else { continue };
            let read = || Ok((row.try_get_by_index::<bool>(0)?, row.try_get_by_index::<Option<i64>>(1)?));
            let (ready, due) = read().map_err(|error| store_error(what, error))?;
            let due = due.map(|due| Duration::from_micros(u64::try_from(due - now).unwrap_or(0)));
            outlook.ready |= ready;
            outlook.next_due = outlook.next_due.into_iter().chain(due).min();
        }
        Ok(outlook)
    }
}

/// Whether a step can be claimed now, and when the next one that waits for a time can be.
/// Parameters: the time, then the definitions.
fn sql(definitions: usize) -> String {
    let (mut ready, mut due) = (String::from("0"), String::new());
    for arm in 0..definitions {
        let (union, definition) = (if arm == 0 { "" } else { " UNION ALL " }, arm + 2);
        let _ = write!(
            ready,
            " OR NOT EXISTS (SELECT 1 FROM tasker_definitions WHERE id = ${definition} AND paused) AND (
                EXISTS (SELECT 1 FROM tasker_workflow_steps
                    WHERE definition_id = ${definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL)
                OR EXISTS (SELECT 1 FROM tasker_workflow_steps
                    WHERE definition_id = ${definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= $1))"
        );
        let _ = write!(
            due,
            "{union}SELECT * FROM (SELECT run_at FROM tasker_workflow_steps
                WHERE definition_id = ${definition} AND state = 'pending' AND waiting_for = 'time' AND run_at > $1
                    AND NOT EXISTS (SELECT 1 FROM tasker_definitions WHERE id = ${definition} AND paused)
                ORDER BY run_at LIMIT 1)"
        );
    }
    format!("SELECT {ready}, (SELECT min(run_at) FROM ({due}))")
}
