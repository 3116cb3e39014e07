//! What other builds stored of the same workflows.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult};
use tasker_core::store::StoreError;
use tasker_core::{DefinitionId, Shape, StoredDefinition};

use super::{SqlStore, query};
use crate::batch::{Batch, Cell, Column};
use crate::error::store_error;
use crate::statement::Backend;

impl SqlStore {
    pub(super) async fn siblings_of(
        &self,
        definitions: &[DefinitionId],
    ) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        const WHAT: &str = "asking which definitions there are";
        let backend = self.dialect().backend;
        let among = match backend {
            Backend::Postgres => "own.id = ANY($1::bigint[])",
            Backend::Sqlite => "own.id IN (SELECT value->>0 FROM json_each($1))",
        };
        // Each of the three is a look into an index; of steps that run there are only so many.
        let sql = format!(
            "SELECT own.id, d.id, d.shape, d.concurrent, d.graph,
                EXISTS (SELECT 1 FROM tasker_workflow_steps
                    WHERE definition_id = d.id AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL)
                OR EXISTS (SELECT 1 FROM tasker_workflow_steps
                    WHERE definition_id = d.id AND state = 'pending' AND waiting_for = 'time')
                OR EXISTS (SELECT 1 FROM tasker_workflow_steps WHERE definition_id = d.id AND state = 'in_progress')
            FROM tasker_definitions AS own
            JOIN tasker_definitions AS d ON d.named_task_id = own.named_task_id AND d.id <> own.id
            WHERE {among} ORDER BY d.id"
        );
        let mut wanted = Batch::new(backend, &[Column::Big]);
        for definition in definitions {
            wanted.push([Cell::Big(definition.0)]);
        }
        let values = wanted.into_values();
        let rows = self.repeated(WHAT, || query(self.reader(), sql.as_str(), values.clone())).await?;
        let mut siblings: HashMap<DefinitionId, Vec<StoredDefinition>> = HashMap::new();
        for row in &rows {
            let (own, sibling) = sibling(row).map_err(|error| store_error(WHAT, error))?;
            siblings.entry(own).or_default().push(sibling);
        }
        Ok(definitions.iter().map(|own| siblings.get(own).cloned().unwrap_or_default()).collect())
    }
}

fn sibling(row: &QueryResult) -> Result<(DefinitionId, StoredDefinition), DbErr> {
    let graph: String = row.try_get_by_index(4)?;
    let sibling = StoredDefinition {
        id: DefinitionId(row.try_get_by_index(1)?),
        shape: Shape::from_i64(row.try_get_by_index(2)?),
        concurrent: row.try_get_by_index(3)?,
        // One that another version of Tasker wrote keeps its own tasks waiting, and nobody else's.
        steps: serde_json::from_str(&graph).unwrap_or_default(),
        has_waiting: row.try_get_by_index(5)?,
    };
    Ok((DefinitionId(row.try_get_by_index(0)?), sibling))
}
