//! Flaws of what is written: triggers of SQLite.

use super::Flaw;

const STEPS: &str = "tasker_workflow_steps";
const THIS: &str = "WHERE task_id = NEW.task_id AND step_no = NEW.step_no";
const OFFERS: &str = "tasker_worker_definitions";

impl Flaw {
    /// The trigger that spoils what is written, for flaws that are made so.
    pub(in crate::model) fn trigger(self) -> Option<String> {
        let (when, then) = self.spoils()?;
        Some(format!("CREATE TRIGGER flaw {when} BEGIN {then}; END"))
    }

    /// When the trigger fires, and what it does.
    #[expect(clippy::too_many_lines, reason = "one arm for each flaw")]
    fn spoils(self) -> Option<(String, String)> {
        let spoilt = match self {
            Self::LossCountsAsFailure => (
                format!("AFTER UPDATE OF lost ON {STEPS} WHEN NEW.lost > OLD.lost"),
                format!("UPDATE {STEPS} SET lost = OLD.lost {THIS}"),
            ),
            Self::ForgetWorkerBeforeItsSteps => (
                format!("BEFORE UPDATE OF lost ON {STEPS} WHEN NEW.lost > OLD.lost"),
                "SELECT RAISE(IGNORE)".to_owned(),
            ),
            Self::HandBackCostsAttempt => (
                format!("AFTER UPDATE OF attempt ON {STEPS} WHEN NEW.attempt = OLD.attempt - 1"),
                format!("UPDATE {STEPS} SET attempt = OLD.attempt {THIS}"),
            ),
            Self::JoinLost => (
                format!(
                    "AFTER UPDATE OF open_dependencies ON {STEPS} WHEN NEW.open_dependencies < OLD.open_dependencies - 1"
                ),
                format!("UPDATE {STEPS} SET open_dependencies = OLD.open_dependencies - 1 {THIS}"),
            ),
            Self::BackoffForgotten => (
                format!(
                    "AFTER UPDATE OF waiting_for ON {STEPS} WHEN NEW.waiting_for = 'time' AND OLD.state = 'in_progress'"
                ),
                format!("UPDATE {STEPS} SET waiting_for = NULL {THIS}"),
            ),
            Self::PauseForgotten => (
                format!(
                    "AFTER UPDATE OF state ON {STEPS}
                    WHEN NEW.waiting_for = 'operator' AND OLD.state = 'in_progress' AND NEW.state = 'pending'"
                ),
                format!("UPDATE {STEPS} SET waiting_for = NULL {THIS}"),
            ),
            Self::CancelSparesRunning => (
                format!(
                    "AFTER UPDATE OF state ON {STEPS} WHEN OLD.state = 'in_progress' AND NEW.state = 'cancelled'"
                ),
                format!(
                    "UPDATE {STEPS} SET state = 'in_progress', worker_id = OLD.worker_id, revision = OLD.revision {THIS}"
                ),
            ),
            Self::TurnForAll => (
                format!("AFTER INSERT ON {STEPS} WHEN NEW.waiting_for = 'turn'"),
                format!("UPDATE {STEPS} SET waiting_for = NULL {THIS}"),
            ),
            Self::TurnLost => (
                format!(
                    "AFTER UPDATE OF waiting_for ON {STEPS}
                    WHEN OLD.waiting_for = 'turn' AND NEW.waiting_for IS NULL AND NEW.state = 'pending'"
                ),
                format!("UPDATE {STEPS} SET waiting_for = 'turn' {THIS}"),
            ),
            Self::PriorityIgnored => {
                (format!("AFTER INSERT ON {STEPS}"), format!("UPDATE {STEPS} SET priority = 0 {THIS}"))
            }
            Self::KeyForgotten => (
                "AFTER INSERT ON tasker_tasks".to_owned(),
                "UPDATE tasker_tasks SET identity = NULL WHERE id = NEW.id".to_owned(),
            ),
            Self::HistoryGap => (
                "AFTER INSERT ON tasker_workflow_step_transitions
                WHEN NEW.from_state = 'in_progress' AND NEW.to_state = 'pending'"
                    .to_owned(),
                format!("DELETE FROM tasker_workflow_step_transitions {THIS} AND revision = NEW.revision"),
            ),
            Self::HistoryWrong => (
                "AFTER INSERT ON tasker_workflow_step_transitions WHEN NEW.from_state = 'error'".to_owned(),
                format!(
                    "UPDATE tasker_workflow_step_transitions SET from_state = 'pending' {THIS} AND revision = NEW.revision"
                ),
            ),
            Self::CounterStays => (
                "AFTER UPDATE OF state ON tasker_tasks WHEN NEW.state = 'cancelled'".to_owned(),
                "UPDATE tasker_tasks SET active_steps = OLD.active_steps WHERE id = NEW.id".to_owned(),
            ),
            Self::PurgeLeavesHistory => (
                "BEFORE DELETE ON tasker_workflow_step_transitions WHEN EXISTS
                (SELECT 1 FROM tasker_tasks WHERE id = OLD.task_id)"
                    .to_owned(),
                "SELECT RAISE(IGNORE)".to_owned(),
            ),
            Self::ObstacleForgotten => (
                format!("AFTER INSERT ON {OFFERS} WHEN NEW.obstacle IS NOT NULL"),
                format!("DELETE FROM {OFFERS} WHERE obstacle = NEW.obstacle"),
            ),
            Self::OfferStays => (
                format!(
                    "BEFORE DELETE ON {OFFERS} WHEN EXISTS (SELECT 1 FROM tasker_workers WHERE id = OLD.worker_id)"
                ),
                "SELECT RAISE(IGNORE)".to_owned(),
            ),
            Self::ResumeForgotten => (
                format!(
                    "AFTER UPDATE OF waiting_for ON {STEPS}
                    WHEN OLD.waiting_for = 'operator' AND NEW.waiting_for IS NULL AND NEW.state = 'pending'"
                ),
                format!("UPDATE {STEPS} SET waiting_for = 'operator' {THIS}"),
            ),
            Self::RetryWithoutExecutions => (
                format!("AFTER UPDATE OF state ON {STEPS} WHEN OLD.state = 'error' AND NEW.state = 'pending'"),
                format!("UPDATE {STEPS} SET attempt = OLD.attempt, retry_limit = OLD.retry_limit {THIS}"),
            ),
            Self::ResolvedReleasesNothing => (
                format!(
                    "AFTER UPDATE OF state ON {STEPS}
                    WHEN OLD.state IN ('pending', 'error') AND NEW.state IN ('complete', 'resolved_manually', 'skipped')"
                ),
                format!(
                    "UPDATE {STEPS} SET open_dependencies = open_dependencies + 1
                    WHERE task_id = NEW.task_id AND state = 'pending' AND open_dependencies = 0"
                ),
            ),
            Self::InputsForgotten => (
                format!("AFTER UPDATE OF inputs ON {STEPS} WHEN NEW.inputs IS NOT NULL"),
                format!("UPDATE {STEPS} SET inputs = NULL {THIS}"),
            ),
            Self::Nothing
            | Self::FenceWithoutRevision
            | Self::FenceWithoutWorker
            | Self::ReleaseBeforeRecord
            | Self::ResultOverwritten
            | Self::LeaseRevived
            | Self::ClaimTwice
            | Self::LimitIgnored
            | Self::RecordsOfRefusedKept
            | Self::DueUntold
            | Self::OrderDoneAgain
            | Self::OperatorUnnamed
            | Self::WorkflowPauseIgnored => return None,
        };
        Some(spoilt)
    }
}
