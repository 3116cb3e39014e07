//! What happens in a history: each deed is decided by a generator of its own, so that a history without one of its deeds
//! is much the same.

use std::time::Duration;

use fastrand::Rng;
use sea_orm::prelude::Uuid;
use tasker::report::TaskSnapshot;
use tasker::{TaskId, WorkerId};

use super::Check;
use super::history::{History, Worker, same};
use super::operate;
use super::side::{Skill, Space, Wish, failed};
use crate::fixture::LEASE;

impl History<'_> {
    pub(super) async fn deed(&mut self, random: &mut Rng) -> Check {
        match random.u32(0..100) {
            0..10 => self.create(random).await,
            10..15 => self.enlist_somebody(random).await,
            15..33 => self.claim(random).await,
            33..62 => self.settle(random).await,
            62..65 => self.heartbeat(random).await,
            65..67 => self.retire(random).await,
            67..69 => {
                self.crash(random);
                Ok(())
            }
            69..73 => self.sweep().await,
            73..82 => {
                let most = if random.u32(0..5) == 0 { 40 } else { 12 };
                self.pass_time(Duration::from_secs(random.u64(0..most)));
                Ok(())
            }
            82..95 => self.operate_somewhere(random).await,
            95..97 => self.purge(random).await,
            97..99 => self.ask(random).await,
            _ => self.reopen().await,
        }
    }

    pub(super) fn pass_time(&mut self, time: Duration) {
        self.say(format!("{time:?} pass"));
        self.clock().advance(time);
    }

    async fn create(&mut self, random: &mut Rng) -> Check {
        let mut wishes: Vec<Wish> = Vec::new();
        for _ in 0..random.usize(1..4) {
            // As one does whose answer was lost.
            if random.u32(0..12) == 0
                && let Some(again) = random.choice(&self.asked)
            {
                wishes.push(again.clone());
                continue;
            }
            wishes.push(Wish {
                id: Uuid::from_u128(random.u128(..)).into(),
                workflow: match self.asked.last() {
                    // The same again and again comes further than a little of everything.
                    Some(last) if random.bool() => last.workflow,
                    _ => random.usize(0..self.workflows().len()),
                },
                key: (random.u32(0..4) == 0).then(|| format!("key-{}", random.u32(0..4))),
                priority: random.i16(-1..=1),
            });
        }
        self.say(format!("create {wishes:?}"));
        let model = self.oracle.create(&wishes, self.workflows()).await?;
        let database = self.subject().create(&wishes, self.workflows()).await?;
        same("what was created", &model, &database)?;
        self.ledger.created(&wishes, &database);
        self.asked.extend(wishes);
        Ok(())
    }

    async fn enlist_somebody(&mut self, random: &mut Rng) -> Check {
        // As one does whose answer was lost.
        let again = random.u32(0..6) == 0;
        let known = random.choice(&self.workers).filter(|_| again).map(|worker| (worker.id, worker.skill));
        let skills = [Skill::All, Skill::All, Skill::First, Skill::Last];
        let skill = skills[random.usize(0..skills.len())];
        let (id, skill) = known.unwrap_or_else(|| (Uuid::from_u128(random.u128(..)).into(), skill));
        self.enlist(id, skill).await.map(|_| ())
    }

    /// Adds a worker, and says which place it has.
    pub(super) async fn enlist(&mut self, id: WorkerId, skill: Skill) -> Result<usize, String> {
        self.say(format!("enlist {id}, {skill:?}"));
        self.oracle.enlist(id, skill).await?;
        self.subject().enlist(id, skill).await?;
        if let Some(at) = self.workers.iter().position(|worker| worker.id == id) {
            return Ok(at);
        }
        self.workers.push(Worker { id, skill, holds: Vec::new() });
        Ok(self.workers.len() - 1)
    }

    pub(super) fn somebody(&self, random: &mut Rng) -> Option<usize> {
        (!self.workers.is_empty()).then(|| random.usize(0..self.workers.len()))
    }

    async fn claim(&mut self, random: &mut Rng) -> Check {
        let Some(at) = self.somebody(random) else { return Ok(()) };
        let space = self.space(random, 6);
        self.claim_for(at, &space).await
    }

    pub(super) async fn claim_for(&mut self, at: usize, space: &Space) -> Check {
        let Worker { id, skill, .. } = self.workers[at];
        self.say(format!("{id} claims, {space:?}"));
        let model = self.oracle.claim(id, skill, space).await?;
        let database = self.subject().claim(id, skill, space).await?;
        same("a claim", &model, &database)?;
        self.take(at, database.steps)
    }

    /// How many steps somebody has room for.
    pub(super) fn space(&self, random: &mut Rng, most: usize) -> Space {
        let mut limits = Vec::new();
        while random.u32(0..3) == 0 {
            limits.push((random.usize(0..self.workflows().len()), random.usize(0..3)));
        }
        Space { total: random.usize(0..=most), limits, for_released: None }
    }

    async fn heartbeat(&mut self, random: &mut Rng) -> Check {
        let Some(at) = self.somebody(random) else { return Ok(()) };
        let id = self.workers[at].id;
        self.say(format!("heartbeat of {id}"));
        let model = self.oracle.store.heartbeat(id, LEASE).await.map_err(failed)?;
        same("a heartbeat", &model, &self.subject().store.heartbeat(id, LEASE).await.map_err(failed)?)
    }

    async fn retire(&mut self, random: &mut Rng) -> Check {
        let Some(at) = self.somebody(random) else { return Ok(()) };
        // Now and then it goes on, as if it did not know.
        let id = if random.bool() { self.workers.swap_remove(at).id } else { self.workers[at].id };
        self.say(format!("{id} retires"));
        self.oracle.store.retire(id).await.map_err(failed)?;
        self.subject().store.retire(id).await.map_err(failed)
    }

    /// A worker forgets everything. The stores do not know.
    fn crash(&mut self, random: &mut Rng) {
        let Some(at) = self.somebody(random) else { return };
        let id = self.workers.swap_remove(at).id;
        self.say(format!("{id} crashes"));
    }

    pub(super) async fn sweep(&mut self) -> Check {
        self.say("sweep".to_owned());
        let model = self.oracle.sweep().await?;
        same("a sweep", &model, &self.subject().sweep().await?)
    }

    async fn operate_somewhere(&mut self, random: &mut Rng) -> Check {
        if random.u32(0..10) == 0 {
            let at = random.usize(0..self.workflows().len());
            return self.operate_workflow(at, random.u32(0..3) == 0).await;
        }
        let wish = *random.choice(operate::Wish::ALL.iter()).unwrap_or(&operate::Wish::Pause);
        let mut tasks: Vec<TaskId> = self.ledger.tasks();
        // Mostly where it can be done, and where something goes on.
        if random.u32(0..8) > 0 {
            tasks.retain(|task| self.statuses.get(task).is_some_and(|status| wish.fits(status)));
        }
        let recent: Vec<TaskId> =
            self.past.iter().rev().take(4).map(|(_, given)| given.execution.task).collect();
        if random.bool() && recent.iter().any(|task| tasks.contains(task)) {
            tasks.retain(|task| recent.contains(task));
        }
        let unknown = Uuid::from_u128(random.u128(..)).into();
        // Of many orders some are about one task.
        let many = if random.u32(0..4) == 0 { random.usize(2..7) } else { 1 };
        let mut wanted = Vec::with_capacity(many);
        for _ in 0..many {
            let task = random.choice(&tasks).copied().unwrap_or(unknown);
            wanted.push((wish.action(self.statuses.get(&task), random), task));
        }
        self.operate(&wanted, random).await
    }

    async fn purge(&mut self, random: &mut Rng) -> Check {
        let (age, limit) = (Duration::from_secs(random.u64(0..60)), random.usize(1..5));
        self.say(format!("purge {limit} of the age of {age:?}"));
        let model = self.oracle.store.purge(age, limit).await.map_err(failed)?;
        let database = self.subject().store.purge(age, limit).await.map_err(failed)?;
        same("how many were purged", &model, &database)?;
        let tasks = self.ledger.tasks();
        let left = self.subject().store.task_states(&tasks).await.map_err(failed)?;
        self.ledger.purged(&tasks, &left, database, &self.statuses)
    }

    /// Asks what can be asked.
    async fn ask(&mut self, random: &mut Rng) -> Check {
        let mut tasks = self.ledger.tasks();
        random.shuffle(&mut tasks);
        tasks.push(Uuid::from_u128(random.u128(..)).into());
        self.say("questions".to_owned());
        let (model, database) = (&self.oracle.store, &self.subject().store);
        let states = model.task_states(&tasks).await.map_err(failed)?;
        same("states", &states, &database.task_states(&tasks).await.map_err(failed)?)?;
        let (after, limit) = (random.choice(&tasks).copied().filter(|_| random.bool()), random.usize(1..9));
        let open = model.open_tasks(after, limit).await.map_err(failed)?;
        same("open tasks", &open, &database.open_tasks(after, limit).await.map_err(failed)?)?;
        let step = *random.choice(["a", "b", "top", "join", "open", "nothing"].iter()).unwrap_or(&"a");
        for &task in &tasks {
            let result = model.result(task, step).await.map_err(failed)?;
            same("a result", &result, &database.result(task, step).await.map_err(failed)?)?;
            let records = model.records(task).await.map_err(failed)?;
            same("records", &records, &database.records(task).await.map_err(failed)?)?;
            let snapshot = |snapshots: Vec<Option<TaskSnapshot>>| {
                snapshots
                    .into_iter()
                    .flatten()
                    .next()
                    .map(|task| (task.status().clone(), task.now(), task.steps().to_vec()))
            };
            let known = snapshot(model.snapshots(&[task]).await.map_err(failed)?);
            same("what is known", &known, &snapshot(database.snapshots(&[task]).await.map_err(failed)?))?;
            let history = model.history(task).await.map_err(failed)?;
            same("histories", &history, &database.history(task).await.map_err(failed)?)?;
        }
        let everybody: Vec<WorkerId> = self.workers.iter().map(|worker| worker.id).collect();
        for worker in everybody {
            same("who holds what", &self.oracle.held(worker).await?, &self.subject().held(worker).await?)?;
        }
        Ok(())
    }

    /// The process ends and another one begins: what it held is lost when the lease is over, on a file at once.
    async fn reopen(&mut self) -> Check {
        if !self.lane.reopens() {
            return Ok(());
        }
        self.say("the database is closed and opened again".to_owned());
        self.workers.clear();
        self.lane.reopen().await;
        self.pass_time(LEASE);
        self.sweep().await
    }
}
