use tasker::AppState;

pub struct Gateway;

#[derive(AppState)]
struct App {
    gateway: Gateway,
    name: String,
}

fn main() {
    let app = App { gateway: Gateway, name: String::new() };
    drop((app.gateway, app.name));
}
