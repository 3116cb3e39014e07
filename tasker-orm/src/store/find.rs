//! Lists of tasks, page by page, and how many there are.
//!
//! A page is one statement, made for what is asked for; it looks for ids first, in their order, and then for what is told of the few
//! that are on the page. What the planner has to know to choose an index (states, definitions, how many) is written into the text, the rest are
//! parameters.

mod condition;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DbErr, QueryResult, Value};
use serde::de::DeserializeOwned;
use tasker_core::store::{ListOrder, StoreError, TaskFilter, TaskQuery, TaskSummary};
use tasker_core::{StepState, TaskId, Timestamp, WorkflowId};
use uuid::Uuid;

use super::{SqlStore, parse_state, query};
use crate::error::store_error;
use crate::statement::Backend;
use condition::{Conditions, Known, Parameters};

impl SqlStore {
    pub(super) async fn find_tasks(&self, wanted: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        const WHAT: &str = "listing tasks";
        let Some(known) = self.known(WHAT, &wanted.filter).await? else { return Ok(Vec::new()) };
        let mut parameters = Parameters::default();
        let conditions = Conditions::of(self.dialect().backend, &wanted.filter, known, &mut parameters);
        let sql = page_sql(self.dialect().backend, wanted, &conditions, &mut parameters);
        let rows = self.ask(WHAT, &sql, parameters).await?;
        rows.iter().map(summary).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) async fn count_tasks(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        const WHAT: &str = "counting tasks";
        let Some(known) = self.known(WHAT, filter).await? else { return Ok(0) };
        let mut parameters = Parameters::default();
        let conditions = Conditions::of(self.dialect().backend, filter, known, &mut parameters);
        let sql = format!("SELECT count(*) FROM ({}) AS found", conditions.ids());
        let rows = self.ask(WHAT, &sql, parameters).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get_by_index::<i64>(0));
        count.map(|count| count as u64).map_err(|error| store_error(WHAT, error))
    }

    async fn ask(
        &self,
        what: &str,
        sql: &str,
        parameters: Parameters,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let values: Vec<Value> = parameters.into_values();
        self.repeated(what, || query(self.reader(), sql, values.clone())).await
    }

    /// What the database knows of the workflows that are asked for; none if there are no such tasks, because there are no such workflows or
    /// nothing that is stored can be so.
    async fn known(&self, what: &str, filter: &TaskFilter) -> Result<Option<Known>, StoreError> {
        if filter.finds_nothing() {
            return Ok(None);
        }
        let TaskFilter { namespace, name, version, idempotency_key, .. } = filter;
        let mut known = Known::default();
        if namespace.is_none() && name.is_none() && version.is_none() && idempotency_key.is_none() {
            return Ok(Some(known));
        }
        let mut parameters = Parameters::default();
        let mut sql = String::from(
            "SELECT d.id, n.name, w.name FROM tasker_definitions AS d
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id
            WHERE 1 = 1",
        );
        for (column, wanted) in [("n.name", namespace), ("w.name", name), ("w.version", version)] {
            if let Some(wanted) = wanted {
                sql.extend([" AND ", column, " = ", &parameters.put(wanted.as_str())]);
            }
        }
        let rows = self.ask(what, &sql, parameters).await?;
        let (mut definitions, mut identities) = (BTreeSet::new(), BTreeSet::new());
        for row in &rows {
            let named = || {
                let id: i64 = row.try_get_by_index(0)?;
                Ok((id, row.try_get_by_index::<String>(1)?, row.try_get_by_index::<String>(2)?))
            };
            let (definition, namespace, name) = named().map_err(|error| store_error(what, error))?;
            definitions.insert(definition);
            identities.extend(
                idempotency_key.as_ref().map(|key| super::create::identity_of(&namespace, &name, key)),
            );
        }
        if definitions.is_empty() {
            return Ok(None);
        }
        let narrow = namespace.is_some() || name.is_some() || version.is_some();
        if narrow && looks_at_each_task(filter) && self.dialect().backend == Backend::Sqlite {
            known.many = self.have_many(what, &definitions).await?;
        }
        known.definitions = narrow.then(|| definitions.into_iter().collect());
        known.identities = idempotency_key.is_some().then(|| identities.into_iter().collect());
        Ok(Some(known))
    }
    /// Whether these definitions have so many tasks that to look at all tasks, as they lie, is faster than to look up each of theirs,
    /// which takes some fifteen times as long for a task. PostgreSQL knows such things.
    async fn have_many(&self, what: &str, definitions: &BTreeSet<i64>) -> Result<bool, StoreError> {
        const MANY: i64 = 20_000;
        let ids: Vec<String> = definitions.iter().map(ToString::to_string).collect();
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM tasker_tasks WHERE definition_id IN ({}) LIMIT {MANY})",
            ids.join(", ")
        );
        let rows = self.ask(what, &sql, Parameters::default()).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get_by_index::<i64>(0));
        Ok(count.map_err(|error| store_error(what, error))? == MANY)
    }
}

/// Whether something is asked for by which no index finds a task. When one was created is among it, although ids come in the order of
/// time: the id has the moment at which the client asked, by the client's clock, the column that of the transaction, by the database's. Nothing
/// bounds how far they are apart.
fn looks_at_each_task(filter: &TaskFilter) -> bool {
    !filter.created.is_everything() || filter.initiator.is_some() || filter.source_system.is_some()
}

fn page_sql(
    backend: Backend,
    wanted: &TaskQuery,
    conditions: &Conditions,
    parameters: &mut Parameters,
) -> String {
    let (array, group, tags) = match backend {
        Backend::Postgres => ("json_build_array", "json_agg", "json_agg"),
        Backend::Sqlite => ("json_array", "json_group_array", "json_group_array"),
    };
    let (direction, beyond) = match wanted.order {
        ListOrder::NewestFirst => ("DESC", "<"),
        ListOrder::OldestFirst => ("ASC", ">"),
    };
    let after = wanted.after.map(|task| format!("{beyond} {}", parameters.put(task.as_uuid())));
    let ids = conditions.first_ids(after.as_deref().unwrap_or_default(), direction, wanted.limit);
    format!(
        "WITH page AS ({ids})
        SELECT t.id, t.state, t.priority, t.identity, t.initiator, t.source_system, t.reason, t.requested_at, t.created_at, t.ended_at,
            n.name, w.name, w.version,
            CAST(coalesce((SELECT {tags}(g.tag) FROM tasker_task_tags AS g WHERE g.task_id = t.id), '[]') AS text),
            CAST(coalesce((
                SELECT {group}({array}(c.state, c.steps))
                FROM (SELECT s.state, count(*) AS steps FROM tasker_workflow_steps AS s WHERE s.task_id = t.id GROUP BY s.state) AS c
            ), '[]') AS text),
            t.correlation_id
        FROM page
        JOIN tasker_tasks AS t ON t.id = page.id
        JOIN tasker_definitions AS d ON d.id = t.definition_id
        JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
        JOIN tasker_namespaces AS n ON n.id = w.namespace_id
        ORDER BY t.id {direction}"
    )
}

fn summary(row: &QueryResult) -> Result<TaskSummary, DbErr> {
    let text = |place: usize| row.try_get_by_index::<Option<String>>(place);
    let time = |place: usize| {
        let micros = row.try_get_by_index::<Option<i64>>(place)?;
        Ok::<_, DbErr>(micros.map(Timestamp::from_micros))
    };
    let created_at = Timestamp::from_micros(row.try_get_by_index(8)?);
    let identity = text(3)?.map(|text| parse::<(String, String, String)>(&text)).transpose()?;
    let steps: Vec<(String, u32)> = parse(&row.try_get_by_index::<String>(14)?)?;
    let counted = steps.into_iter().map(|(state, steps)| Ok((parse_state(&state)?, steps)));
    let id: TaskId = row.try_get_by_index::<Uuid>(0)?.into();
    Ok(TaskSummary {
        id,
        workflow: WorkflowId {
            namespace: row.try_get_by_index(10)?,
            name: row.try_get_by_index(11)?,
            version: row.try_get_by_index(12)?,
        },
        state: parse_state(&row.try_get_by_index::<String>(1)?)?,
        priority: row.try_get_by_index(2)?,
        idempotency_key: identity.map(|(_, _, key)| key),
        correlation_id: text(15)?.unwrap_or_else(|| id.to_string()),
        initiator: TaskSummary::attribute(text(4)?),
        source_system: TaskSummary::attribute(text(5)?),
        reason: TaskSummary::attribute(text(6)?),
        tags: parse(&row.try_get_by_index::<String>(13)?)?,
        requested_at: time(7)?.unwrap_or(created_at),
        created_at,
        ended_at: time(9)?,
        steps: counted.collect::<Result<BTreeMap<StepState, u32>, DbErr>>()?,
    })
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, DbErr> {
    serde_json::from_str(json).map_err(|error| DbErr::Type(error.to_string()))
}
