//! Calling a handler: what the engine costs, without HTTP and without a database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use tenon::model::time::processor_time;
use tenon::model::{PluginName, Value};
use tenon::runtime::{
    About, Asked, Component, Forwarded, Found, HandlerCall, Incoming, Isolation, NoHeaders, RequestContext, Runtime, RuntimeConfig,
};

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = Runtime::new(RuntimeConfig::default()).expect("there is an engine");
    let file = guest("measures");
    let wasm = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask bench micro`", file.display()));
    let component = runtime.load(&wasm).expect("it is a plugin");
    let rows: Arc<[u8]> =
        format!("[{}]", vec![r#"{"id":"01J0000000000000000000000A","name":"a name"}"#; 100].join(",")).into_bytes().into();
    let (plugin, incoming) = ("measures".parse().expect("it is a name"), incoming());
    let mut group = criterion.benchmark_group("handler");
    for (isolation, name) in [(Isolation::Fresh, "fresh instance"), (Isolation::Warm, "warm")] {
        let component = component.with(component.limits().clone(), isolation);
        for (operation, title) in [("nothing", "call"), ("asks", "call with 1,000 host calls"), ("rows", "call that passes 100 rows on")] {
            group.bench_function(BenchmarkId::new(title, name), |bencher| {
                bencher.iter(|| call(&component, &plugin, &incoming, operation, &rows));
            });
        }
    }
    group.finish();
}

/// A request without a body.
fn incoming() -> Arc<Incoming> {
    Arc::new(Incoming {
        id: "01J0000000000000000000000A".to_owned(),
        method: "GET".to_owned(),
        path: "/measures".to_owned(),
        params: Vec::new(),
        query: String::new(),
        headers: Box::new(NoHeaders),
        body: bytes::Bytes::new(),
        media_type: "application/json".to_owned(),
    })
}

fn call(component: &Component, plugin: &PluginName, incoming: &Arc<Incoming>, operation: &str, rows: &Arc<[u8]>) {
    let call = HandlerCall { plugin, operation, time: Duration::from_secs(10), began: processor_time() };
    let context = Arc::new(Mutex::new(Rows { rows: Arc::clone(rows), asked: 0 }));
    let answer = component.handle(call, incoming, Arc::clone(&context) as Arc<Mutex<dyn RequestContext>>).expect("it answers");
    let asked = context.lock().expect("nobody panicked").asked;
    match operation {
        "nothing" => assert_eq!((answer.status, asked), (204, 0)),
        "asks" => assert_eq!((answer.status, asked), (204, 1001)),
        _ => assert_eq!(answer.body.and_then(|body| body.content).map_or(0, |content| content.len()), rows.len()),
    }
}

/// Where `cargo xtask build-guests` leaves a guest.
fn guest(name: &str) -> PathBuf {
    // Wherever cargo's target folder is, the program is two levels below it.
    let target = Path::new(env!("CARGO_BIN_EXE_tenon")).ancestors().nth(2).expect("cargo names a whole path");
    target.join("wasm32-unknown-unknown/plugin/examples").join(name).with_extension("wasm")
}

/// A context that has one list, so that only the way there and back is measured.
struct Rows {
    rows: Arc<[u8]>,
    asked: u32,
}

impl Rows {
    fn found(&mut self) -> Found {
        self.asked += 1;
        Found { body: Some(bytes::Bytes::from_owner(Arc::clone(&self.rows))), about: About { rows: Some(100), ..About::default() } }
    }
}

impl RequestContext for Rows {
    fn now_ms(&mut self) -> u64 {
        self.asked += 1;
        1_795_334_972_123
    }

    fn new_id(&mut self) -> String {
        "01J0000000000000000000000A".to_owned()
    }

    fn setting(&self, _: &str) -> Option<Option<String>> {
        None
    }

    fn forward(&mut self, _: Option<bytes::Bytes>, _: Option<bytes::Bytes>) -> Asked<Forwarded> {
        Ok(Forwarded { status: 200, body: Some(self.found()) })
    }

    fn collect(&mut self, _: usize) -> Asked<Option<bytes::Bytes>> {
        Ok(None)
    }

    fn list(&mut self, _: &str, _: &str) -> Asked<Found> {
        Ok(self.found())
    }

    fn get(&mut self, _: &str, _: &str) -> Asked<Found> {
        Ok(self.found())
    }

    fn get_many(&mut self, _: &str, _: &[String]) -> Asked<Found> {
        Ok(self.found())
    }

    fn create(&mut self, _: &str, _: &[u8]) -> Asked<Found> {
        Ok(self.found())
    }

    fn replace(&mut self, _: &str, _: &str, _: &[u8]) -> Asked<Found> {
        Ok(self.found())
    }

    fn update(&mut self, _: &str, _: &str, _: &[u8]) -> Asked<Found> {
        Ok(self.found())
    }

    fn delete(&mut self, _: &str, _: &str) -> Asked<()> {
        Ok(())
    }

    fn query(&mut self, _: &str, _: &[Value]) -> Asked<(Vec<u8>, u64)> {
        Ok((self.rows.to_vec(), 100))
    }

    fn row(&mut self, _: &str, _: &[Value]) -> Asked<Option<Vec<Value>>> {
        Ok(None)
    }

    fn execute(&mut self, _: &str, _: &[Value]) -> Asked<u64> {
        Ok(0)
    }

    fn execute_many(&mut self, _: &str, _: &[Vec<Value>]) -> Asked<u64> {
        Ok(0)
    }
}
