//! The program. What it does is in `lib.rs`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    order_process::main().await
}
