//! What the engine costs for each step, without a database: a thousand chains of five at once on the memory store, from the
//! start of the first to the end of the last.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use tasker::{MemoryStore, Tasker};
use tasker_benches::{Context, chain5};
use tokio::runtime::Builder;

const TASKS: u64 = 1_000;
const STEPS: u64 = 5;

fn engine(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("memory");
    group.throughput(Throughput::Elements(TASKS * STEPS)).sample_size(20);
    group.bench_function("chain5", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let tasker = Tasker::builder(())
                .store(MemoryStore::new())
                .register::<chain5::Workflow>()
                .build()
                .await
                .expect("built");
            let run = async |number| {
                let task = tasker.start::<chain5::Workflow>(Context { number }).await.expect("started");
                black_box(task.wait().await.expect("ended"));
            };
            join_all((0..TASKS).map(run)).await;
            tasker.shutdown().await;
        });
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
