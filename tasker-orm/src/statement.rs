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

impl Dialect {
    /// Ends, releases, gives out: see the texts. On SQLite it is written for a number of definitions.
    pub(crate) fn exchange(self, definitions: usize, turns: bool, scope: Scope) -> String {
        match self.backend {
            Backend::Postgres => self.postgres(include_str!("sql/postgres/exchange.sql")),
            Backend::Sqlite => {
                let arms: String = (0..definitions).map(arm).collect();
                let pass = if turns {
                    Self::pass_turns("t.task_id IN (SELECT task_id FROM tasker_ends)", "$5") + ";"
                } else {
                    String::new()
                };
                let text = include_str!("sql/sqlite/exchange.sql")
                    .replace("--{arms}", &arms)
                    .replace("--{turns}", &pass);
                sqlite(&text, scope)
            }
        }
    }

    /// Creates tasks.
    pub(crate) fn create(self, scope: Scope) -> String {
        match self.backend {
            Backend::Postgres => self.postgres(include_str!("sql/postgres/create.sql")),
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

/// The candidates of one definition, whose parameters come after the six of the statement.
fn arm(place: usize) -> String {
    let (definition, room) = (format!("${}", 7 + 2 * place), format!("${}", 8 + 2 * place));
    include_str!("sql/sqlite/arm.sql").replace("{definition}", &definition).replace("{room}", &room)
}
