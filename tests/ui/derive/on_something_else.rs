use tasker::AppState;

#[derive(AppState)]
enum App {
    Real,
    Test,
}

#[derive(AppState)]
union Either {
    a: u8,
    b: i8,
}

fn main() {
    drop((App::Real, App::Test, Either { a: 1 }, Either { b: 1 }));
}
