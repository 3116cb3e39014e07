//! The description of the format, as it is kept for editors.

use tasker::yaml::file_schema;
use tasker_tests::snapshot;

#[test]
fn the_kept_schema_is_the_one_of_the_table() {
    let text = serde_json::to_string_pretty(&file_schema()).unwrap();
    snapshot::check("../tasker-core/src/yaml/task_file.schema.json", &format!("{text}\n"));
}
