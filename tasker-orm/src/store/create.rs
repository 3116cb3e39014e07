//! New tasks: one statement for any number of them, with their steps.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryResult, TransactionTrait, Value,
};
use serde_json::json;
use tasker_core::store::{Attributes, Created, NewTask, StoreError, Waiting};
use tasker_core::{DefinitionId, StepNo, TaskId, Timestamp, WorkflowDef};
use uuid::Uuid;

use super::{SqlStore, query};
use crate::batch::{Batch, Cell, Column};
use crate::entity::definition;
use crate::error::store_error;
use crate::statement::{Backend, Connection, Part};

const WHAT: &str = "creating tasks";

const TASKS: [Column; 5] = [Column::Id, Column::Big, Column::Text, Column::Int, Column::Text];
const ATTRIBUTES: [Column; 7] =
    [Column::Text, Column::Text, Column::Text, Column::Big, Column::Text, Column::Text, Column::Text];
const STEPS: [Column; 6] = [Column::Big, Column::Int, Column::Big, Column::Int, Column::Int, Column::Text];

impl SqlStore {
    pub(super) async fn create_tasks(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        let batch = New::of(tasks);
        let sql = self.create_sql(&batch, Connection::Ours);
        if tasks.iter().all(|task| task.bypass.is_empty()) {
            return self.repeated(WHAT, || self.try_create(self.writer(), &batch, &sql)).await;
        }
        let create = || async {
            let transaction = self.begin().await?;
            let created = self.try_create(&transaction, &batch, &sql).await?;
            self.bypass(&transaction, tasks, &created).await?;
            transaction.commit().await?;
            Ok(created)
        };
        self.repeated(WHAT, create).await
    }

    /// Creates tasks as a part of the host's own transaction: they exist if and only if that one commits.
    ///
    /// The engine finds them after the commit, at the latest when it polls. The transaction is one of the database that
    /// this store is on, on whatever connection.
    ///
    /// # Errors
    /// As [`Store::create`](tasker_core::Store::create); what has to become of the transaction, its owner decides.
    pub async fn create_in(
        &self,
        transaction: &DatabaseTransaction,
        tasks: &[NewTask],
    ) -> Result<Vec<Created>, StoreError> {
        let backend = transaction.get_database_backend();
        if (backend == DbBackend::Postgres) != self.is_postgres() {
            let message = format!(
                "the transaction is one of {backend:?}, the store one of {:?}",
                self.dialect().backend
            );
            return Err(store_error(WHAT, DbErr::Custom(message)));
        }
        let create = async {
            // What fails half-way leaves nothing in a transaction that goes on.
            let part = transaction.begin().await?;
            let batch = New::of(tasks);
            batch.check_definitions(&part).await?;
            let sql = self.create_sql(&batch, Connection::Hosts);
            let created = self.try_create(&part, &batch, &sql).await?;
            self.bypass(&part, tasks, &created).await?;
            part.commit().await?;
            Ok(created)
        };
        create.await.map_err(|error| store_error(WHAT, error))
    }

    fn create_sql(&self, batch: &New<'_>, connection: Connection) -> String {
        let parts = [(self.has_company(), Part::Tell), (batch.have_attributes(), Part::Attributes)];
        let parts: Vec<Part> = parts.into_iter().filter_map(|(is, part)| is.then_some(part)).collect();
        self.dialect().create(&parts, connection)
    }

    async fn try_create<C: ConnectionTrait>(
        &self,
        db: &C,
        batch: &New<'_>,
        sql: &str,
    ) -> Result<Vec<Created>, DbErr> {
        let rows = query(db, sql, self.create_values(batch)?).await?;
        let lost = batch.unanswered(self.dialect().backend, &rows)?;
        let mut there = batch.there(self.dialect().backend, &rows)?;
        if !lost.is_empty() {
            let rows = query(db, IDENTITIES, [batch.identities(&lost)]).await?;
            there.extend(batch.winners(&lost, &rows)?);
        }
        Ok(batch.created(&there))
    }

    fn create_values(&self, batch: &New<'_>) -> Result<Vec<Value>, DbErr> {
        let backend = self.dialect().backend;
        let (mut rows, mut steps) = (Batch::new(backend, &TASKS), Batch::new(backend, &STEPS));
        let mut definitions = HashSet::new();
        for &at in &batch.places {
            let task = &batch.tasks[at];
            rows.push([
                Cell::Id(task.id.as_uuid()),
                Cell::Big(task.definition.0),
                Cell::OptText(batch.identities[at].as_deref()),
                Cell::Int(task.priority.into()),
                Cell::Text(task.context.as_str()),
            ]);
            if definitions.insert(task.definition) {
                self.push_steps(task.definition, &task.workflow, &mut steps)?;
            }
        }
        let now = self.fixed_now();
        let mut values = Vec::new();
        match backend {
            Backend::Postgres => {
                values.push(now.into());
                values.extend(rows.into_values().into_iter().chain(steps.into_values()));
                values.extend(
                    batch.have_attributes().then(|| batch.attributes_by_column()).into_iter().flatten(),
                );
            }
            Backend::Sqlite => {
                values.extend(rows.into_values().into_iter().chain(steps.into_values()));
                values.push(now.into());
                values.push(batch.attributes_of_those_that_have_some().into());
            }
        }
        Ok(values)
    }

    /// What the steps of every task of a definition begin as.
    fn push_steps(
        &self,
        definition: DefinitionId,
        workflow: &WorkflowDef,
        steps: &mut Batch,
    ) -> Result<(), DbErr> {
        /// The largest retry limit that the column holds; at a second each, 68 years of tries.
        const MOST_EXECUTIONS: u32 = i32::MAX as u32;
        let named_steps = self.named_steps(definition)?;
        let graph = workflow.graph();
        let first = graph.roots().min();
        for (at, (step, &named_step)) in workflow.steps().iter().zip(named_steps.iter()).enumerate() {
            let no = StepNo::at(at);
            let waits = (!workflow.is_concurrent() && Some(no) != first).then_some(Waiting::Turn.as_str());
            steps.push([
                Cell::Big(definition.0),
                Cell::Int(at as i32),
                Cell::Big(named_step),
                Cell::Int(graph.dependencies(no).len() as i32),
                Cell::Int(step.retry().limit.min(MOST_EXECUTIONS) as i32),
                Cell::OptText(waits),
            ]);
        }
        Ok(())
    }

    fn named_steps(&self, definition: DefinitionId) -> Result<Arc<[i64]>, DbErr> {
        let known = self.0.named_steps.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || DbErr::Custom(format!("{definition:?} was not installed"));
        known.get(&definition).cloned().ok_or_else(unknown)
    }
}

/// Who has an identity.
const IDENTITIES: &str = "SELECT identity, id FROM tasker_tasks WHERE identity = ANY($1::text[])";

/// A batch of new tasks, without those that repeat an earlier one's id or identity: they get what the earlier one gets.
struct New<'t> {
    tasks: &'t [NewTask],
    identities: Vec<Option<String>>,
    /// The places of the tasks that are asked for.
    places: Vec<usize>,
    /// For each task the place of the one that it repeats, or its own.
    first: Vec<usize>,
}

impl<'t> New<'t> {
    fn of(tasks: &'t [NewTask]) -> Self {
        let identities: Vec<Option<String>> = tasks.iter().map(identity).collect();
        let (mut ids, mut keys) = (HashMap::new(), HashMap::new());
        let (mut places, mut first) = (Vec::with_capacity(tasks.len()), Vec::with_capacity(tasks.len()));
        for (at, task) in tasks.iter().enumerate() {
            let by_id = match ids.entry(task.id) {
                Entry::Occupied(same) => Some(*same.get()),
                Entry::Vacant(new) => {
                    new.insert(at);
                    None
                }
            };
            let by_key = identities[at].as_deref().and_then(|key| match keys.entry(key) {
                Entry::Occupied(same) => Some(*same.get()),
                Entry::Vacant(new) => {
                    new.insert(at);
                    None
                }
            });
            let repeats = by_id.or(by_key);
            if repeats.is_none() {
                places.push(at);
            }
            first.push(repeats.unwrap_or(at));
        }
        // Who creates the same keys at the same time waits for the other one key after the other, and not crosswise.
        places.sort_by(|&one, &other| identities[one].cmp(&identities[other]));
        Self { tasks, identities, places, first }
    }

    fn asked_for(&self) -> impl Iterator<Item = &'t NewTask> + '_ {
        self.places.iter().map(|&at| &self.tasks[at])
    }

    fn have_attributes(&self) -> bool {
        self.asked_for().any(|task| !task.attributes.is_empty())
    }

    /// For PostgreSQL: those of each task, or that it has none.
    fn attributes_by_column(&self) -> Vec<Value> {
        let mut batch = Batch::new(Backend::Postgres, &ATTRIBUTES);
        for NewTask { attributes, .. } in self.asked_for() {
            batch.push([
                Cell::OptText(attributes.initiator.as_deref()),
                Cell::OptText(attributes.source_system.as_deref()),
                Cell::OptText(attributes.reason.as_deref()),
                Cell::OptBig(attributes.requested_at.map(Timestamp::as_micros)),
                Cell::Text(&json!(attributes.tags).to_string()),
                Cell::OptText(attributes.correlation_id.as_deref()),
                Cell::OptText(attributes.traceparent.as_deref()),
            ]);
        }
        batch.into_values()
    }

    /// For SQLite: none where no task has any.
    fn attributes_of_those_that_have_some(&self) -> Option<String> {
        let with_some = self.asked_for().filter(|task| !task.attributes.is_empty());
        let rows = with_some.map(|NewTask { id, attributes, .. }| {
            let Attributes {
                initiator,
                source_system,
                reason,
                requested_at,
                tags,
                correlation_id,
                traceparent,
            } = attributes;
            let (id, requested_at) =
                (id.as_uuid().simple().to_string(), requested_at.map(Timestamp::as_micros));
            json!([id, initiator, source_system, reason, requested_at, tags, correlation_id, traceparent])
        });
        let rows: Vec<serde_json::Value> = rows.collect();
        (!rows.is_empty()).then(|| serde_json::Value::from(rows).to_string())
    }

    /// Whether a database is the one in which the definitions were installed.
    async fn check_definitions(&self, db: &DatabaseTransaction) -> Result<(), DbErr> {
        let shapes: HashMap<i64, i64> =
            self.tasks.iter().map(|task| (task.definition.0, task.workflow.shape().as_i64())).collect();
        for (id, shape) in shapes {
            let known = definition::Entity::find_by_id(id).one(db).await?;
            if known.is_none_or(|known| known.shape != shape) {
                let message = "the transaction is one of another database than the store's: it does not have the definition";
                return Err(DbErr::Custom(message.to_owned()));
            }
        }
        Ok(())
    }

    /// The tasks that were there before: by their places, who they are.
    fn there(&self, backend: Backend, rows: &[QueryResult]) -> Result<HashMap<usize, TaskId>, DbErr> {
        let told = told(backend, rows)?;
        // One that was there when the statement began may have been removed since, and the new one created all the same.
        let created: HashSet<TaskId> =
            told.iter().filter(|(place, _)| *place < 0).filter_map(|(_, id)| *id).map(TaskId::from).collect();
        let mut there = HashMap::new();
        for (place, id) in told {
            if let (Ok(place), Some(id)) = (usize::try_from(place), id)
                && !created.contains(&self.tasks[self.places[place]].id)
            {
                there.insert(self.places[place], id.into());
            }
        }
        Ok(there)
    }

    /// The places of tasks that were neither created nor there before, because another transaction took their identity
    /// meanwhile. On SQLite nobody else writes.
    fn unanswered(&self, backend: Backend, rows: &[QueryResult]) -> Result<Vec<usize>, DbErr> {
        if backend != Backend::Postgres {
            return Ok(Vec::new());
        }
        let (mut answered, mut created) = (HashSet::new(), HashSet::new());
        for (place, id) in told(backend, rows)? {
            match (usize::try_from(place), id) {
                (Ok(place), _) => answered.insert(self.places[place]),
                (Err(_), Some(id)) => created.insert(TaskId::from(id)),
                (Err(_), None) => false,
            };
        }
        let unanswered = |at: &usize| !answered.contains(at) && !created.contains(&self.tasks[*at].id);
        Ok(self.places.iter().copied().filter(unanswered).collect())
    }

    fn identities(&self, places: &[usize]) -> Value {
        let mut batch = Batch::new(Backend::Postgres, &[Column::Text]);
        for &at in places {
            batch.push([Cell::OptText(self.identities[at].as_deref())]);
        }
        batch.into_values().remove(0)
    }

    fn winners(&self, lost: &[usize], rows: &[QueryResult]) -> Result<HashMap<usize, TaskId>, DbErr> {
        let mut owners: HashMap<String, Uuid> = HashMap::new();
        for row in rows {
            owners.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        let mut winners = HashMap::new();
        for &at in lost {
            let owner = self.identities[at].as_ref().and_then(|identity| owners.get(identity));
            // Removed meanwhile, too: asking again creates it.
            let gone = || DbErr::RecordNotInserted;
            winners.insert(at, TaskId::from(*owner.ok_or_else(gone)?));
        }
        Ok(winners)
    }

    fn created(&self, there: &HashMap<usize, TaskId>) -> Vec<Created> {
        let outcome = |(at, task): (usize, &NewTask)| {
            let first = self.first[at];
            let id = there.get(&first).copied().unwrap_or(self.tasks[first].id);
            if id == task.id { Created::New(id) } else { Created::Existing(id) }
        };
        self.tasks.iter().enumerate().map(outcome).collect()
    }
}

/// The places and ids that the statement tells: on SQLite in one row.
fn told(backend: Backend, rows: &[QueryResult]) -> Result<Vec<(i32, Option<Uuid>)>, DbErr> {
    match backend {
        Backend::Postgres => {
            rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
        }
        Backend::Sqlite => {
            let Some(row) = rows.first() else { return Ok(Vec::new()) };
            let text: String = row.try_get_by_index(0)?;
            serde_json::from_str(&text).map_err(|error| DbErr::Type(error.to_string()))
        }
    }
}

/// What no two tasks may have in common: an array, because names may hold any separator.
fn identity(task: &NewTask) -> Option<String> {
    let id = task.workflow.id();
    Some(identity_of(&id.namespace, &id.name, task.idempotency_key.as_ref()?))
}

pub(super) fn identity_of(namespace: &str, name: &str, key: &str) -> String {
    json!([namespace, name, key]).to_string()
}
