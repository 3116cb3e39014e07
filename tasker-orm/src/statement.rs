//! The statements of the hot path: one text for each backend, in `sql/`.
//!
//! Each takes a batch (see [`batch`](crate::batch)), so that it is one trip to the database however large the batch is, and on PostgreSQL
//! one statement, so that it is its own transaction.

use crate::profile::Profile;

/// What the connection of a SQLite database that writes is prepared with.
#[cfg(feature = "sqlite")]
pub(crate) const SQLITE_PREPARE: &str = include_str!("sql/sqlite/prepare.sql");

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// The backend and what it can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) backend: Backend,
    pub(crate) profile: Profile,
}

/// Whether a text brings its own `BEGIN` and `COMMIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// It is a transaction.
    Alone,
    /// It is part of one.
    Within,
}

/// What an exchange may consist of; the texts have a section for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Executions end.
    Ends,
    /// Steps that are ready already are given out.
    Ready,
    /// Which steps are given out is a matter of choice; otherwise it is all that the exchange releases.
    Choice,
    /// Others may be settling steps of the same tasks.
    Shared,
    /// Steps whose time has come are given out.
    Due,
    /// Other processes are told.
    Tell,
    /// The turn is passed in sequential tasks.
    Turns,
}

/// What an exchange consists of.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    /// Of how many definitions steps are given out.
    pub(crate) definitions: usize,
}

impl Parts {
    /// Whether a section is there, which may be for several parts at once.
    fn have(&self, section: &str) -> bool {
        section.split(' ').all(|name| self.have_part(name))
    }

    fn have_part(&self, name: &str) -> bool {
        let part = match name {
            "one" => return self.definitions == 1,
            "many" => return self.definitions > 1,
            "ends" => Part::Ends,
            "ready" => Part::Ready,
            "choice" => Part::Choice,
            "all" => return !self.parts.contains(&Part::Choice),
            "shared" => Part::Shared,
            "due" => Part::Due,
            "tell" => Part::Tell,
            "turns" => Part::Turns,
            _ => unreachable!("there is no section `{name}`"),
        };
        self.parts.contains(&part)
    }

    /// The text without the sections that it does not need.
    fn of(&self, text: &str) -> String {
        let (mut kept, mut inside) = (String::with_capacity(text.len()), true);
        for line in text.lines() {
            match line.strip_prefix("--[") {
                Some(name) => inside = self.have(name),
                None if line == "--]" => inside = true,
                None if inside => kept.extend([line, "\n"]),
                None => {}
            }
        }
        kept
    }
}

impl Dialect {
    /// Ends, releases, gives out: see the texts.
    pub(crate) fn exchange(self, parts: &Parts, scope: Scope) -> String {
        match self.backend {
            Backend::Postgres => self.postgres(&parts.of(include_str!("sql/postgres/exchange.sql"))),
            Backend::Sqlite => {
                let looked_at = if parts.have("ready") { parts.definitions } else { 0 };
                let arms: String = (0..looked_at).map(|place| parts.of(&arm(place))).collect();
                let pass_turns = Self::pass_turns("t.task_id IN (SELECT task_id FROM tasker_ends)", "$5");
                let text = parts.of(include_str!("sql/sqlite/exchange.sql"));
                sqlite(&text.replace("--{arms}", &arms).replace("{pass_turns}", &pass_turns), scope)
            }
        }
    }

    /// Creates tasks.
    pub(crate) fn create(self, tell: bool, scope: Scope) -> String {
        match self.backend {
            Backend::Postgres => {
                let parts = if tell { vec![Part::Tell] } else { Vec::new() };
                self.postgres(&Parts { parts, definitions: 0 }.of(include_str!("sql/postgres/create.sql")))
            }
            Backend::Sqlite => sqlite(include_str!("sql/sqlite/create.sql"), scope),
        }
    }

    /// Gives the turn in sequential tasks in which nobody has it to the first step that waits for it.
    pub(crate) fn pass_turns(among: &str, now: &str) -> String {
        include_str!("sql/pass_turns.sql").replace("{among}", among).replace("{now}", now)
    }

    /// Whether a column is among ids, given as the parameter of [`batch::ids`](crate::batch::ids).
    pub(crate) fn among(self, column: &str, parameter: &str) -> String {
        match self.backend {
            Backend::Postgres => format!("{column} = ANY({parameter}::uuid[])"),
            Backend::Sqlite => format!("{column} IN (SELECT unhex(value->>0) FROM json_each({parameter}))"),
        }
    }

    fn postgres(self, text: &str) -> String {
        const NOW: &str =
            "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)";
        const GO: &str = "p.chosen AND s.open_dependencies = p.satisfied AND s.state = 'pending' AND s.waiting_for IS NULL";
        let skip_locked = if self.profile.skip_locked { "FOR UPDATE OF s SKIP LOCKED" } else { "" };
        text.replace("{now}", NOW).replace("{go}", GO).replace("{skip_locked}", skip_locked)
    }
}

fn sqlite(text: &str, scope: Scope) -> String {
    match scope {
        Scope::Alone => format!("BEGIN IMMEDIATE;\n{text};\nCOMMIT"),
        Scope::Within => text.to_owned(),
    }
}

/// The candidates of one definition, whose parameters come after the five of the statement.
fn arm(place: usize) -> String {
    let (definition, room) = (format!("${}", 6 + 2 * place), format!("${}", 7 + 2 * place));
    include_str!("sql/sqlite/arm.sql").replace("{definition}", &definition).replace("{room}", &room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_ends_and_none_lies_within_another() {
        for text in [include_str!("sql/postgres/exchange.sql"), include_str!("sql/sqlite/exchange.sql")] {
            let mut inside = false;
            for line in text.lines() {
                if line.starts_with("--[") {
                    assert!(!std::mem::replace(&mut inside, true), "{line}");
                } else if line == "--]" {
                    assert!(std::mem::replace(&mut inside, false));
                }
            }
            assert!(!inside);
        }
    }

    #[test]
    fn a_part_that_is_not_there_is_not_in_the_text() {
        let parts = Parts { parts: vec![Part::Ready, Part::Choice, Part::Due], definitions: 2 };
        for backend in [Backend::Postgres, Backend::Sqlite] {
            let text = Dialect { backend, profile: Profile::POSTGRES }.exchange(&parts, Scope::Alone);
            assert!(!text.lines().any(|line| line.starts_with("--[")));
            assert!(
                !text.contains("open_steps - ")
                    && !text.contains("'turn' AND")
                    && text.contains("run_at <= ")
            );
        }
    }
}
