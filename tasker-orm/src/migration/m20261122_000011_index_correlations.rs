//! What finds the tasks of a request: an index of those that were given a correlation id. A task that was given none is in it by no entry,
//! so that it costs nothing more.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

const TASKS: &str = "tasker_tasks";
const INDEX: &str = "tasker_tasks_correlation";

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000011_index_correlations"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Those of one request lie in the order of their ids, as lists come.
        let index = Index::create()
            .name(INDEX)
            .table(TASKS)
            .col("correlation_id")
            .col("id")
            .and_where(Expr::col("correlation_id").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table(TASKS).to_owned()).await
    }
}
