//! What the steps can take as `State<T>`, and how the application is put together.

use serde_json::json;
use tasker::{AppState, Tasker, TaskerBuilder};

use crate::files::Folder;
use crate::pipeline::data_pipeline::{Workflow, extract_countries, extract_currencies, extract_zones};
use crate::sources::Sources;

/// The sources, and the folder for what is read from them.
#[derive(AppState)]
pub struct App {
    pub sources: Sources,
    pub folder: Folder,
}

/// The application without its store, and with so long a pause between two pages.
pub fn tasker(app: App, pause_ms: u64) -> TaskerBuilder<App> {
    let patch = json!({ "pause_ms": pause_ms });
    Tasker::builder(app)
        .register::<Workflow>()
        .configure::<extract_countries>(&patch)
        .configure::<extract_currencies>(&patch)
        .configure::<extract_zones>(&patch)
}
