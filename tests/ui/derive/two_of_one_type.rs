use std::sync::Arc;

use tasker::AppState;

pub struct Pool;

#[derive(AppState)]
struct App {
    primary: Arc<Pool>,
    name: String,
    replica: Arc<Pool>,
}

#[derive(AppState)]
struct Pair(u8, u8);

fn main() {
    let app = App { primary: Arc::new(Pool), name: String::new(), replica: Arc::new(Pool) };
    drop((app.primary, app.name, app.replica));
    let pair = Pair(1, 2);
    drop((pair.0, pair.1));
}
