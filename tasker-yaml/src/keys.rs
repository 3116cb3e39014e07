//! The keys that a file may have: the one table that files are checked by and that the JSON Schema
//! for editors is made of.

/// A key of a mapping.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What stands under it.
    pub takes: Takes,
    /// Whether it has to be there.
    pub required: bool,
    /// What it means, for editors and messages.
    pub about: &'static str,
}

/// What stands under a key.
pub enum Takes {
    /// What something is called: so many printable characters at most.
    Name(usize),
    /// The name of an event that is not one of Tasker's own.
    Event,
    /// So many characters at most.
    Text(usize),
    /// A semantic version.
    Version,
    /// `true` or `false`.
    Flag,
    /// How many executions may fail.
    Limit,
    /// A whole number from 1 to [`MOST_COUNTED`].
    Count,
    /// A time in seconds, from [`LEAST_SECONDS`] to [`MOST_SECONDS`].
    Seconds,
    /// A list of names of steps.
    Names,
    /// Whatever a handler reads; variables have their values in it.
    Config,
    /// A JSON Schema.
    Schema,
    /// A mapping with these keys.
    One(&'static Mapping),
    /// A list of mappings with these keys, each with a name of its own.
    List(&'static Mapping),
    /// An object of mappings with these keys.
    Each(&'static Mapping),
}

/// A mapping with known keys.
pub struct Mapping {
    /// What it describes: `a step`.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// The most executions of a step that may fail.
pub const MOST_EXECUTIONS: u64 = 1_000;

/// The most that is counted to.
pub const MOST_COUNTED: u64 = 1_000_000;

/// The shortest time that can be said.
pub const LEAST_SECONDS: f64 = 0.001;

/// The longest time that can be said: a year.
pub const MOST_SECONDS: f64 = 31_536_000.0;

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, required: false, about }
}

const fn required(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, required: true, about }
}

const STEP_NAME: Key = required("name", Takes::Name(128), "The name of the step, unique in the task.");
const HANDLER_CLASS: &str = "The name under which the application registered the handler of the step, such as `OrderProcess::StepHandler::FetchOrderHandler`.";
const DEPENDS_ON_STEP: Key =
    key("depends_on_step", Takes::Name(128), "A step that must be over before this one starts.");
const DEPENDS_ON_STEPS: Key =
    key("depends_on_steps", Takes::Names, "Steps that must be over before this one starts.");
const DEPENDENT_SYSTEM: Key = key(
    "dependent_system",
    Takes::Name(64),
    "The system outside that the step talks to. Default: that of the task.",
);
const SKIPPABLE: Key =
    key("skippable", Takes::Flag, "Whether the step may be skipped, and then has no result. Default: false.");
const RETRYABLE: Key = key(
    "default_retryable",
    Takes::Flag,
    "Whether the step runs again after a failure. Default: true. If false, it is executed once.",
);
const RETRY_LIMIT: Key =
    key("default_retry_limit", Takes::Limit, "How many executions of the step may fail. Default: 3.");
const STEP_DESCRIPTION: Key = key("description", Takes::Text(255), "What the step does.");
const STEP_CONFIG: Key = key(
    "handler_config",
    Takes::Config,
    "What the handler of the step reads. `${NAME}` stands for the value of an environment variable, `${NAME:-default}` for a default where \
     it is not set, `$${` for `${`. With a `type`, such as `type: api`, a handler of that type stands in for one that is not registered.",
);
const STEP_EVENTS: Key = key("custom_events", Takes::List(&EVENT), "Events that the step publishes.");

/// An event that is published.
pub static EVENT: Mapping = Mapping {
    what: "an event",
    keys: &[
        required(
            "name",
            Takes::Event,
            "The name of the event, such as `payment.processed`. It does not begin with `task.`, `step.`, `workflow.`, `observability.` or `test.`.",
        ),
        key("description", Takes::Text(usize::MAX), "When it is published."),
    ],
};

/// A step of a task.
pub static STEP: Mapping = Mapping {
    what: "a step",
    keys: &[
        STEP_NAME,
        STEP_DESCRIPTION,
        required("handler_class", Takes::Name(255), HANDLER_CLASS),
        DEPENDS_ON_STEP,
        DEPENDS_ON_STEPS,
        DEPENDENT_SYSTEM,
        RETRYABLE,
        RETRY_LIMIT,
        SKIPPABLE,
        STEP_CONFIG,
        STEP_EVENTS,
    ],
};

/// A step of an environment: what is different there.
pub static STEP_OVERRIDE: Mapping = Mapping {
    what: "a step of an environment",
    keys: &[
        required("name", Takes::Name(128), "The step whose description is changed."),
        STEP_DESCRIPTION,
        key("handler_class", Takes::Name(255), HANDLER_CLASS),
        DEPENDS_ON_STEP,
        DEPENDS_ON_STEPS,
        DEPENDENT_SYSTEM,
        RETRYABLE,
        RETRY_LIMIT,
        SKIPPABLE,
        STEP_CONFIG,
        STEP_EVENTS,
    ],
};

const NAMESPACE: Key = key(
    "namespace_name",
    Takes::Name(64),
    "Keeps the tasks of one team apart from others'. Default: `default`.",
);
const VERSION: Key = key("version", Takes::Version, "A semantic version, such as `1.0.0`. Default: `0.1.0`.");
const DESCRIPTION: Key = key("description", Takes::Text(usize::MAX), "What the task is for.");
const MODULE: Key = key(
    "module_namespace",
    Takes::Name(255),
    "The Ruby module of `task_handler_class`, if that is not a whole name.",
);
const CLASS: Key = key(
    "task_handler_class",
    Takes::Name(255),
    "The class of the task in Ruby. Nothing here runs it; it is kept for those who move.",
);
const CONCURRENT: Key =
    key("concurrent", Takes::Flag, "Whether steps of one task may run at the same time. Default: true.");
const DEFAULT_SYSTEM: Key = key(
    "default_dependent_system",
    Takes::Name(64),
    "The system outside that steps talk to which name none themselves.",
);
const NAMED_STEPS: Key = key(
    "named_steps",
    Takes::Names,
    "The names of all steps. If it is there, a step that it does not have is a mistake.",
);
const SCHEMA: Key = key(
    "schema",
    Takes::Schema,
    "The JSON Schema of the context that a task is started with (draft 2020-12, unless `$schema` says otherwise). Defaults are filled in.",
);
const EVENTS: Key = key("custom_events", Takes::List(&EVENT), "Events that each of the steps may publish.");
const CONFIG: Key = key(
    "handler_config",
    Takes::Config,
    "What handlers can read about the task as a whole, whatever its step.",
);

/// A whole file.
pub static TASK: Mapping = Mapping {
    what: "a task",
    keys: &[
        required("name", Takes::Name(64), "The name of the task, unique in its namespace."),
        NAMESPACE,
        VERSION,
        DESCRIPTION,
        MODULE,
        CLASS,
        CONCURRENT,
        DEFAULT_SYSTEM,
        NAMED_STEPS,
        SCHEMA,
        required("step_templates", Takes::List(&STEP), "The steps."),
        CONFIG,
        EVENTS,
        key(
            "environments",
            Takes::Each(&ENVIRONMENT),
            "What is different in an environment, by its name; it is merged over the rest of the file.",
        ),
    ],
};

/// What is different in an environment.
pub static ENVIRONMENT: Mapping = Mapping {
    what: "an environment",
    keys: &[
        key("name", Takes::Name(64), "The name of the task there."),
        NAMESPACE,
        VERSION,
        DESCRIPTION,
        MODULE,
        CLASS,
        CONCURRENT,
        DEFAULT_SYSTEM,
        NAMED_STEPS,
        SCHEMA,
        key("step_templates", Takes::List(&STEP_OVERRIDE), "What is different about steps, by their names."),
        CONFIG,
        EVENTS,
    ],
};

/// A file of subscriptions.
pub static SUBSCRIPTIONS: Mapping = Mapping {
    what: "a file of subscriptions",
    keys: &[required("subscriptions", Takes::Each(&SUBSCRIPTION), "Who hears of events, by their names.")],
};

/// Somebody who hears of events.
pub static SUBSCRIPTION: Mapping = Mapping {
    what: "a subscription",
    keys: &[
        required(
            "class",
            Takes::Name(255),
            "The name under which the application registered what makes the subscriber, such as `OrderMailer`.",
        ),
        key("enabled", Takes::Flag, "Whether it hears of anything. Default: true."),
        key(
            "events",
            Takes::Names,
            "What it hears of, such as `task.completed`, `task.*` or `'*'`. Default: what the class says.",
        ),
        key("config", Takes::Config, "What its class reads, with the values of variables."),
        key("delivery", Takes::One(&DELIVERY), "How events are delivered to it."),
    ],
};

/// How events are delivered to a subscriber.
pub static DELIVERY: Mapping = Mapping {
    what: "a delivery",
    keys: &[
        key("attempts", Takes::Count, "How often an event is tried before it is given up. Default: 20."),
        key("backoff", Takes::One(&BACKOFF), "How long to wait after a failed attempt."),
        key("timeout", Takes::Seconds, "How long an attempt may take, in seconds. Default: 30."),
        key("concurrency", Takes::Count, "How many events are delivered at the same time. Default: 8."),
        key(
            "most_set_aside",
            Takes::Count,
            "How many events at most wait for another attempt before nothing new is delivered. Default: 1000.",
        ),
        key(
            "lease",
            Takes::Seconds,
            "How long another process waits before it takes over from one that does not answer, in seconds. Default: 30.",
        ),
    ],
};

/// How long to wait after a failed attempt to deliver.
pub static BACKOFF: Mapping = Mapping {
    what: "a backoff",
    keys: &[
        key("first", Takes::Seconds, "The wait after the first failure, in seconds; it doubles. Default: 1."),
        key("longest", Takes::Seconds, "The longest wait, in seconds. Default: 3600."),
    ],
};

/// What is written instead of a key: by other versions of Tasker, by other engines, by hand.
pub static SYNONYMS: &[(&str, &str)] = &[
    ("class_name", "task_handler_class"),
    ("subscriber", "class"),
    ("class_name", "class"),
    ("handler_class", "class"),
    ("handler_config", "config"),
    ("active", "enabled"),
    ("retries", "attempts"),
    ("retry_limit", "attempts"),
    ("max_attempts", "attempts"),
    ("first_wait", "first"),
    ("longest_wait", "longest"),
    ("base", "first"),
    ("max", "longest"),
    ("subscribers", "subscriptions"),
    ("task_name", "name"),
    ("namespace", "namespace_name"),
    ("steps", "step_templates"),
    ("tasks", "step_templates"),
    ("input_schema", "schema"),
    ("context_schema", "schema"),
    ("environment", "environments"),
    ("env", "environments"),
    ("events", "custom_events"),
    ("config", "handler_config"),
    ("handler", "handler_class"),
    ("class", "handler_class"),
    ("depends_on", "depends_on_steps"),
    ("dependencies", "depends_on_steps"),
    ("needs", "depends_on_steps"),
    ("after", "depends_on_steps"),
    ("optional", "skippable"),
    ("retryable", "default_retryable"),
    ("retry_limit", "default_retry_limit"),
    ("max_attempts", "default_retry_limit"),
    ("retries", "default_retry_limit"),
    ("system", "dependent_system"),
];

impl Mapping {
    /// The key of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
