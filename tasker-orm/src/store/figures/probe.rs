//! Whether the database answers, with the tables of this build.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{DbErr, QueryResult};
use tasker_core::Timestamp;
use tasker_core::store::{Migrations, Probe, StoreError};
use uuid::Uuid;

use crate::migration::migrations;
use crate::store::{SqlStore, query};

impl SqlStore {
    pub(super) async fn probe_database(&self) -> Result<Probe, StoreError> {
        self.repeated("asking whether the database answers", || self.try_probe()).await
    }

    async fn try_probe(&self) -> Result<Probe, DbErr> {
        // The clock is asked together with the leases, so that they are compared as others compare them.
        let sql = format!("SELECT {}, id, lease_until FROM tasker_workers", self.now_sql());
        let rows = query(self.reader(), sql, [self.fixed_now().into()]).await?;
        let now = match rows.first() {
            Some(row) => row.try_get_by_index(0)?,
            None => self.now_in(self.reader()).await?,
        };
        let worker = |row: &QueryResult| {
            let id: Uuid = row.try_get_by_index(1)?;
            Ok((id.into(), Timestamp::from_micros(row.try_get_by_index(2)?)))
        };
        let workers = rows.iter().map(worker).collect::<Result<BTreeMap<_, _>, DbErr>>()?;
        Ok(Probe { now: Timestamp::from_micros(now), migrations: self.migrations_applied().await?, workers })
    }

    async fn migrations_applied(&self) -> Result<Option<Migrations>, DbErr> {
        if !self.0.migrates {
            // The host notes them where it likes; the table that came last shows that they are there.
            query(self.reader(), "SELECT span FROM tasker_statistics LIMIT 1", []).await?;
            return Ok(None);
        }
        let rows = query(self.reader(), "SELECT version FROM tasker_migrations", []).await?;
        let applied: HashSet<String> =
            rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let expected: Vec<String> =
            migrations().iter().map(|migration| migration.name().to_owned()).collect();
        let missing = expected.iter().find(|name| !applied.contains(*name)).cloned();
        let applied = expected.iter().filter(|name| applied.contains(*name)).count();
        Ok(Some(Migrations { applied, expected: expected.len(), missing }))
    }
}
