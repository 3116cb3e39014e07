//! What operators do to whole workflows.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde::{Deserialize, Serialize};
use tasker_core::store::{Happened, StoreError, What, WorkflowOrder};
use tasker_core::{Json, Timestamp};

use super::{SqlStore, execute};
use crate::entity::{definition, named_task, namespace, operation};

/// Which workflow an operation was done to, as stored with it.
#[derive(Serialize, Deserialize)]
struct Which {
    namespace: String,
    name: String,
    version: Option<String>,
}

impl SqlStore {
    pub(super) async fn follow_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        self.repeated("pausing or resuming a workflow", || self.try_follow_workflow(order)).await
    }

    async fn try_follow_workflow(&self, order: &WorkflowOrder) -> Result<bool, DbErr> {
        let transaction = self.begin().await?;
        let ids = definitions(&transaction, order).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        // The answer of this order was lost, and another one may have come since. It is looked for under the locks, since whoever follows
        // an order has them.
        if operation::Entity::find_by_id(order.id).count(&transaction).await? > 0 {
            return Ok(true);
        }
        let changed = definition::Entity::update_many()
            .col_expr(definition::Column::Paused, Expr::value(order.paused))
            .filter(definition::Column::Id.is_in(ids))
            .filter(definition::Column::Paused.eq(!order.paused))
            .exec(&transaction)
            .await?;
        if changed.rows_affected > 0 {
            let now = self.now_in(&transaction).await?;
            record(&transaction, order, now).await?;
            if self.has_company() {
                execute(&transaction, "SELECT pg_notify('tasker', '')", []).await?;
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn history_of_workflow(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Happened>, StoreError> {
        use operation::{Column, Entity};
        self.repeated("reading what was done to a workflow", || async {
            let rows = Entity::find()
                .filter(Column::TaskId.is_null())
                .order_by_asc(Column::CreatedAt)
                .order_by_asc(Column::Id)
                .all(self.reader())
                .await?;
            let mut history = Vec::new();
            for row in rows {
                let Some(which) = row.value.as_deref() else { continue };
                let which: Which =
                    serde_json::from_str(which).map_err(|error| DbErr::Type(error.to_string()))?;
                if (which.namespace.as_str(), which.name.as_str()) == (namespace, name) {
                    let version = which.version.map(|version| serde_json::json!(version).to_string());
                    let what = What::Ordered {
                        action: row.action,
                        step: None,
                        by: row.actor,
                        reason: row.reason,
                        value: version.map(Json::from_stored),
                    };
                    history.push(Happened { at: Timestamp::from_micros(row.created_at), what });
                }
            }
            Ok(history)
        })
        .await
    }
}

/// The definitions of a workflow, locked.
async fn definitions(db: &DatabaseTransaction, order: &WorkflowOrder) -> Result<Vec<i64>, DbErr> {
    // No workflow is called so, and PostgreSQL would not read it.
    let texts = [Some(&order.namespace), Some(&order.name), order.version.as_ref()];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Ok(Vec::new());
    }
    let namespace =
        namespace::Entity::find().filter(namespace::Column::Name.eq(&order.namespace)).one(db).await?;
    let Some(namespace) = namespace else { return Ok(Vec::new()) };
    let mut named = named_task::Entity::find()
        .filter(named_task::Column::NamespaceId.eq(namespace.id))
        .filter(named_task::Column::Name.eq(&order.name));
    if let Some(version) = &order.version {
        named = named.filter(named_task::Column::Version.eq(version));
    }
    let named: Vec<i64> = named.all(db).await?.into_iter().map(|row| row.id).collect();
    let definitions = definition::Entity::find()
        .select_only()
        .column(definition::Column::Id)
        .filter(definition::Column::NamedTaskId.is_in(named))
        .order_by_asc(definition::Column::Id)
        .lock_exclusive();
    definitions.into_tuple().all(db).await
}

async fn record(db: &DatabaseTransaction, order: &WorkflowOrder, now: i64) -> Result<(), DbErr> {
    let WorkflowOrder { namespace, name, version, .. } = order.clone();
    let which = serde_json::to_string(&Which { namespace, name, version });
    let operation = operation::ActiveModel {
        id: Set(order.id),
        task_id: Set(None),
        step_no: Set(None),
        action: Set(order.action().to_owned()),
        actor: Set(order.by.clone()),
        reason: Set(order.reason.clone()),
        value: Set(Some(which.map_err(|error| DbErr::Type(error.to_string()))?)),
        created_at: Set(now),
    };
    operation::Entity::insert(operation).exec_without_returning(db).await.map(|_| ())
}
