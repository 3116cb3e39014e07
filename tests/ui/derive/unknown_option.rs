use tasker::AppState;

#[derive(AppState)]
#[app_state(path = ::tasker)]
struct App {
    name: String,
}

fn main() {
    drop(App { name: String::new() }.name);
}
