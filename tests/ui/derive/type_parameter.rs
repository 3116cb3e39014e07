use tasker::AppState;

#[derive(AppState)]
struct App<G> {
    gateway: G,
    name: String,
}

fn main() {
    let app = App { gateway: 1, name: String::new() };
    drop((app.gateway, app.name));
}
