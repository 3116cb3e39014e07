//! What a task has to be, as SQL.

use std::fmt::Write;

use sea_orm::Value;
use tasker_core::store::{AnnotationFilter, Span, TaskFilter, UNKNOWN};
use tasker_core::{TaskId, TaskState};

use crate::statement::Backend;

/// The parameters of a statement.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<Value>);

impl Parameters {
    /// Adds one; what stands for it in the text.
    pub(super) fn put(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    fn put_all<'a>(&mut self, values: impl IntoIterator<Item = &'a String>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.put(value.as_str())).collect();
        places.join(", ")
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.0
    }
}

/// What the database knows of the workflows that are asked for.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Their definitions, if not all are meant.
    pub(super) definitions: Option<Vec<i64>>,
    /// Whether these have so many tasks that they are not looked for by definition.
    pub(super) many: bool,
    /// What their tasks would have as identity, if a key is asked for.
    pub(super) identities: Option<Vec<String>>,
}

/// What a task has to be; `t` is the task.
#[derive(Debug)]
pub(super) struct Conditions {
    /// Each lists tasks in the order of their ids; together they are those that are looked for.
    lists: Vec<String>,
    /// The column of the id by which they are listed.
    id: &'static str,
}

/// So many lists are merged; the tasks of more definitions than that are looked for together.
const MOST_LISTS: usize = 20;

impl Conditions {
    pub(super) fn of(
        backend: Backend,
        filter: &TaskFilter,
        known: Known,
        parameters: &mut Parameters,
    ) -> Self {
        let states: Vec<TaskState> = filter.states.iter().copied().collect();
        let mut all = stands_in(&states);
        // Those that have a tag lie in the order of their ids.
        let mut tags = filter.all_tags.iter();
        let first_tag = tags.next();
        let (from, id) = match first_tag {
            Some(tag) => {
                all.push(format!("g.tag = {}", parameters.put(tag.as_str())));
                ("tasker_task_tags AS g JOIN tasker_tasks AS t ON t.id = g.task_id", "g.task_id")
            }
            None => ("tasker_tasks AS t", "t.id"),
        };
        for tag in tags {
            let tag = parameters.put(tag.as_str());
            all.push(format!("{id} IN (SELECT o.task_id FROM tasker_task_tags AS o WHERE o.tag = {tag})"));
        }
        if !filter.any_tags.is_empty() {
            let tags = parameters.put_all(filter.any_tags.iter().filter(|tag| !tag.contains('\0')));
            all.push(format!(
                "t.id IN (SELECT o.task_id FROM tasker_task_tags AS o WHERE o.tag IN ({tags}))"
            ));
        }
        for annotation in &filter.annotations {
            all.push(annotated(backend, annotation, parameters));
        }
        for (column, wanted) in [("initiator", &filter.initiator), ("source_system", &filter.source_system)] {
            if let Some(wanted) = wanted {
                let place = parameters.put(wanted.as_str());
                // What was not said reads so.
                let or = if wanted == UNKNOWN { format!(" OR t.{column} IS NULL") } else { String::new() };
                all.push(format!("(t.{column} = {place}{or})"));
            }
        }
        all.extend(within("created_at", filter.created, parameters));
        all.extend(within("ended_at", filter.ended, parameters));
        if let Some(identities) = &known.identities {
            all.push(format!("t.identity IN ({})", parameters.put_all(identities)));
        }
        let correlated = filter.correlation_id.as_ref().map(|id| correlated(id, parameters));
        // What is looked for by something rarer is not looked for by definition.
        let ended_badly = is_within(&states, &ENDED_BADLY);
        let alone = first_tag.is_none()
            && filter.any_tags.is_empty()
            && filter.annotations.is_empty()
            && known.identities.is_none()
            && correlated.is_none()
            && !known.many
            && !ended_badly;
        // SQLite does not know that few tasks end badly or come of one request, or that a definition has many. With the sign it does not look
        // for the column.
        let passed_over = ended_badly || known.many || correlated.is_some();
        let sign = if passed_over && backend == Backend::Sqlite { "+" } else { "" };
        let all = all.into_iter().fold(String::from("1 = 1"), |all, condition| all + " AND " + &condition);
        let list = |definition: &str| format!("SELECT {id} AS id FROM {from} WHERE {definition}{all}");
        // No task is on two of them.
        let correlated = correlated.unwrap_or_else(|| vec![String::new()]);
        let lists_of = |definitions: &str| {
            correlated.iter().map(|correlated| list(&format!("{correlated}{definitions}"))).collect()
        };
        let lists = match known.definitions {
            None => lists_of(""),
            Some(definitions) if alone && definitions.len() <= MOST_LISTS => {
                definitions.iter().map(|id| list(&format!("t.definition_id = {id} AND "))).collect()
            }
            Some(definitions) => {
                let definitions: Vec<String> = definitions.iter().map(ToString::to_string).collect();
                lists_of(&format!("{sign}t.definition_id IN ({}) AND ", definitions.join(", ")))
            }
        };
        Self { lists, id }
    }

    /// The ids of all the tasks.
    pub(super) fn ids(&self) -> String {
        self.lists.join(" UNION ALL ")
    }

    /// The ids of the first tasks, in order, and `after`, which compares one with that after which they begin. Of each list the first are taken
    /// before the lists are put together: PostgreSQL would sort all of them.
    pub(super) fn first_ids(&self, after: &str, direction: &str, limit: usize) -> String {
        let after = if after.is_empty() { String::new() } else { format!(" AND {} {after}", self.id) };
        let end = format!("ORDER BY id {direction} LIMIT {limit}");
        if let [list] = &self.lists[..] {
            return format!("{list}{after} {end}");
        }
        let lists = self.lists.iter().enumerate();
        let lists = lists.map(|(place, list)| format!("SELECT id FROM ({list}{after} {end}) AS list{place}"));
        format!("{} {end}", lists.collect::<Vec<_>>().join(" UNION ALL "))
    }
}

/// The ways in which a task comes to a correlation id: it was given it, or it has it as its own id and was given none. Each is looked up by
/// an index of its own, which planners do not do for the two at once.
fn correlated(id: &str, parameters: &mut Parameters) -> Vec<String> {
    let mut ways = vec![format!("t.correlation_id = {} AND ", parameters.put(id))];
    if let Some(task) = id.parse::<TaskId>().ok().filter(|task| task.to_string() == id) {
        let task = parameters.put(task.as_uuid());
        ways.push(format!("t.id = {task} AND t.correlation_id IS NULL AND "));
    }
    ways
}

/// What the indexes of tasks by state are limited to.
const OPEN: [TaskState; 2] = [TaskState::Pending, TaskState::InProgress];
const ENDED_BADLY: [TaskState; 3] = [TaskState::Error, TaskState::Cancelled, TaskState::ResolvedManually];

fn is_within(wanted: &[TaskState], all: &[TaskState]) -> bool {
    !wanted.is_empty() && wanted.iter().all(|state| all.contains(state))
}

/// With what an index is limited to, said as the index says it: SQLite concludes nothing.
fn stands_in(wanted: &[TaskState]) -> Vec<String> {
    let among = |states: &[TaskState]| {
        let states: Vec<String> = states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        match &states[..] {
            [state] => format!("t.state = {state}"),
            states => format!("t.state IN ({})", states.join(", ")),
        }
    };
    if wanted.is_empty() {
        return Vec::new();
    }
    let indexed = [&OPEN[..], &ENDED_BADLY].into_iter().find(|all| is_within(wanted, all));
    indexed.into_iter().chain([wanted]).map(among).collect()
}

fn within(column: &str, span: Span, parameters: &mut Parameters) -> Vec<String> {
    let ends = [(">=", span.from), ("<", span.before)];
    let ends = ends.into_iter().filter_map(|(sign, end)| Some((sign, end?)));
    ends.map(|(sign, end)| format!("t.{column} {sign} {}", parameters.put(end.as_micros()))).collect()
}

fn annotated(backend: Backend, wanted: &AnnotationFilter, parameters: &mut Parameters) -> String {
    let mut condition = format!(
        "t.id IN (SELECT a.task_id FROM tasker_task_annotations AS a WHERE a.annotation_type_id =
            (SELECT y.id FROM tasker_annotation_types AS y WHERE y.name = {})",
        parameters.put(wanted.name.as_str())
    );
    if let Some((path, value)) = &wanted.says {
        let says = match backend {
            Backend::Postgres => says_on_postgres(path, value, parameters),
            Backend::Sqlite => says_on_sqlite(path, value, parameters),
        };
        let has_nul = match backend {
            Backend::Postgres => r"position('\u0000' IN a.annotation)",
            Backend::Sqlite => r"instr(a.annotation, '\u0000')",
        };
        // In this order: of a text that PostgreSQL cannot read it is not asked what it says.
        let _ = write!(condition, " AND CASE WHEN {has_nul} > 0 THEN false ELSE {says} END");
    }
    condition + ")"
}

fn says_on_postgres(path: &[String], value: &serde_json::Value, parameters: &mut Parameters) -> String {
    let mut found = String::from("a.annotation::json");
    for name in path {
        let _ = write!(found, " -> {}::text", parameters.put(name.as_str()));
    }
    let text = format!("(({found}) #>> '{{}}')");
    let (kind, says) = match value {
        serde_json::Value::String(wanted) => {
            ("string", format!("{text} = {}", parameters.put(wanted.as_str())))
        }
        serde_json::Value::Number(wanted) => {
            ("number", format!("{text}::numeric = {}::text::numeric", parameters.put(wanted.to_string())))
        }
        serde_json::Value::Bool(wanted) => ("boolean", format!("{text} = '{wanted}'")),
        _ => ("null", "true".to_owned()),
    };
    format!("CASE json_typeof({found}) WHEN '{kind}' THEN {says} ELSE false END")
}

fn says_on_sqlite(path: &[String], value: &serde_json::Value, parameters: &mut Parameters) -> String {
    // Names have no quotes.
    let path = path.iter().fold(String::from("$"), |path, name| format!("{path}.\"{name}\""));
    let path = parameters.put(path);
    let (kinds, says) = match value {
        serde_json::Value::String(wanted) => ("'text'", Some(Value::from(wanted.as_str()))),
        serde_json::Value::Number(wanted) => {
            let whole = wanted.as_i64().map(Value::from);
            ("'integer', 'real'", Some(whole.unwrap_or_else(|| wanted.as_f64().into())))
        }
        serde_json::Value::Bool(true) => ("'true'", None),
        serde_json::Value::Bool(false) => ("'false'", None),
        _ => ("'null'", None),
    };
    let says = says.map(|says| format!(" AND json_extract(a.annotation, {path}) = {}", parameters.put(says)));
    format!("(json_type(a.annotation, {path}) IN ({kinds}){})", says.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists of the tasks of a request among those of one definition.
    fn lists(request: &str) -> Vec<String> {
        let filter = TaskFilter { correlation_id: Some(request.to_owned()), ..TaskFilter::default() };
        let known = Known { definitions: Some(vec![1]), ..Known::default() };
        Conditions::of(Backend::Sqlite, &filter, known, &mut Parameters::default()).lists
    }

    #[test]
    fn the_tasks_of_a_request_are_looked_for_by_it_and_not_by_what_they_run() {
        let of_text = lists("req-7");
        assert_eq!(of_text.len(), 1);
        assert!(of_text[0].contains("t.correlation_id = $1 AND +t.definition_id IN (1)"), "{of_text:?}");
        let task = TaskId::random().to_string();
        let of_task = lists(&task);
        assert_eq!(of_task.len(), 2, "it may be the task's own id");
        assert!(of_task[1].contains("t.id = $2 AND t.correlation_id IS NULL"), "{of_task:?}");
        assert_eq!(lists(&task.to_uppercase()).len(), 1, "no task has that id, letter by letter");
    }
}
