//! Files that are no plugins.

use super::*;

/// Why a file is refused, in full.
fn refusal(file: &[u8]) -> String {
    runtime(Limits::default()).load(file).expect_err("it must be refused").to_string()
}

fn component_text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_is_no_component_is_refused_with_what_it_is() {
    assert_says(&refusal(b""), &["empty"]);
    assert_says(&refusal(b"hello, world\n"), &["text file"]);
    assert_says(&refusal(b" (component)"), &["WebAssembly text", "wasm-tools parse"]);
    assert_says(&refusal(b"\x7fELF\x02\x01\x01\0garbage"), &["not WebAssembly"]);
    assert_says(&refusal(b"\x1f\x8b\x08\0\xff"), &["not WebAssembly"]);
    assert_says(&refusal(b"\0asm"), &["damaged or cut short"]);
    assert_says(&refusal(&wat::parse_str("(module)").unwrap()), &["core WebAssembly module", "wasm-component-ld"]);
}

#[test]
fn a_file_that_is_too_large_is_refused_before_anything_reads_it() {
    let runtime = runtime(Limits { component_bytes: 100, ..Limits::default() });
    assert_says(&runtime.load(&[0; 101]).unwrap_err().to_string(), &["101 bytes", "at most 100"]);
}

#[test]
fn precompiled_code_is_never_run() {
    let runtime = runtime(Limits::default());
    let code = runtime.engine.precompile_component(&Guest::new().wasm()).unwrap();
    assert!(matches!(runtime.load(&code), Err(ComponentError::Precompiled)));
    let module = runtime.engine.precompile_module(&wat::parse_str("(module)").unwrap()).unwrap();
    assert!(matches!(runtime.load(&module), Err(ComponentError::Precompiled)));
}

#[test]
fn a_component_cut_anywhere_or_with_any_bit_flipped_is_answered() {
    let (runtime, wasm) = (runtime(Limits::default()), Guest::new().wasm());
    for length in (0..wasm.len()).step_by(97) {
        assert!(runtime.load(&wasm[..length]).is_err(), "cut at {length}");
    }
    let mut flipped = wasm.clone();
    for at in (8..wasm.len()).step_by(211) {
        flipped[at] ^= 0x10;
        // Some bits do not matter (names, data); none may panic, and what loads can be asked.
        if let Ok(component) = runtime.load(&flipped) {
            let _ = component.describe();
        }
        flipped[at] = wasm[at];
    }
}

#[test]
fn a_component_of_another_world_is_refused_with_what_it_lacks() {
    assert_says(
        &refusal(&component_text("(component)")),
        &["another kind", "`tenon:plugin/plugin@0.1.0`", "`tenon:plugin/handlers@0.1.0`"],
    );
    let other = component_text("(component (import \"acme:gizmo/turn@1.0.0\" (instance (export \"turn\" (func)))))");
    assert_says(&refusal(&other), &["another kind", "it imports `acme:gizmo/turn@1.0.0`"]);
    let half = component_text(
        "(component (core module $m (func (export \"f\"))) (core instance $m (instantiate $m)) (func $f (canon lift (core func $m \"f\")))
         (instance $i (export \"other\" (func $f))) (export \"tenon:plugin/plugin@0.1.0\" (instance $i)))",
    );
    assert_says(&refusal(&half), &["`describe of tenon:plugin/plugin@0.1.0`", "`tenon:plugin/migrations@0.1.0`"]);
}

#[test]
fn wasi_is_refused_for_now_in_a_sentence_that_says_so() {
    let mut guest = Guest::new();
    guest.imports = "(import \"wasi:cli/environment@0.2.6\" (instance (export \"get\" (func))))";
    let text = refusal(&guest.wasm());
    assert_says(&text, &["`wasi:cli/environment@0.2.6`", "WASI are refused for now", "wasm32-unknown-unknown"]);
    assert!(!text.contains("does not export"), "{text}");
    let command = component_text("(component (import \"wasi:io/poll@0.2.6\" (instance)))");
    assert_says(&refusal(&command), &["WASI are refused for now", "also does not export"]);
}

#[test]
fn an_import_that_nobody_offers_is_named() {
    let mut guest = Guest::new();
    guest.imports = "(import \"acme:gizmo/turn@1.0.0\" (instance (export \"turn\" (func)))) (import \"run\" (func))";
    assert_says(&refusal(&guest.wasm()), &["`acme:gizmo/turn@1.0.0`, `run`", "nothing but tenon:plugin"]);
}

#[test]
fn what_a_later_contract_added_is_named_with_its_version() {
    let mut guest = Guest::new();
    guest.version = "0.1.7";
    guest.imports = "(import \"tenon:plugin/queue@0.1.9\" (instance (export \"push\" (func)))) (import \"tenon:plugin/records@0.1.7\" (instance (export \"merge\" (func))))";
    assert_says(&refusal(&guest.wasm()), &["needs tenon >= 0.1.9", "`the interface queue`", "`records.merge`", "contract 0.1.0"]);
}

#[test]
fn a_resource_that_an_interface_uses_from_another_is_asked_of_that_one() {
    let mut guest = Guest::new();
    guest.imports = "(import \"tenon:plugin/records@0.1.0\" (instance (export \"document\" (type (eq $document)))))";
    assert_eq!(guest.load().describe().unwrap().name.as_str(), "guest");
}

#[test]
fn a_later_version_of_the_same_contract_runs_as_long_as_it_uses_nothing_new() {
    let mut guest = Guest::new();
    guest.version = "0.1.7";
    assert_eq!(guest.load().describe().unwrap().name.as_str(), "guest");
}

#[test]
fn a_contract_that_does_not_fit_ours_is_named() {
    let mut guest = Guest::new();
    guest.version = "0.2.0";
    assert_says(&refusal(&guest.wasm()), &["contract 0.2.0", "speaks 0.1.0"]);
}

#[test]
fn other_types_under_the_same_names_are_a_draft() {
    let mut guest = Guest::new();
    guest.imports = "(import \"tenon:plugin/records@0.1.0\" (instance (export \"delete\" (func (param \"key\" u8)))))";
    assert_says(&refusal(&guest.wasm()), &["draft", "delete"]);
}

#[test]
fn what_could_never_live_within_the_limits_is_refused_at_load() {
    let mut guest = Guest::new();
    guest.memory = "1025";
    assert_says(&refusal(&guest.wasm()), &["needs more than a plugin may have"]);
    let mut guest = Guest::new();
    guest.core = "(table 20001 funcref)".into();
    assert_says(&refusal(&guest.wasm()), &["needs more than a plugin may have"]);
}

#[test]
fn the_cache_serves_what_it_compiled_and_recompiles_what_was_touched() {
    let directory = tempfile::tempdir().unwrap();
    let config = || RuntimeConfig {
        limits: Limits { live_instances: 4, ..Limits::default() },
        largest: None,
        cache: Some(directory.path().join("compiled")),
        program: None,
    };
    let wasm = Guest::new().wasm();
    let entry = || {
        let entries = std::fs::read_dir(directory.path().join("compiled")).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some()).collect::<Vec<_>>()
    };
    Runtime::new(config()).unwrap().load(&wasm).unwrap();
    let [path] = &entry()[..] else { panic!("one entry") };
    let written = std::fs::read(path).unwrap();
    for content in [written.clone(), Vec::new(), written[..written.len() / 2].to_vec(), b"\x7fELF".repeat(100)] {
        std::fs::write(path, content).unwrap();
        assert!(Runtime::new(config()).unwrap().load(&wasm).unwrap().describe().is_ok());
        let runtime = Runtime::new(config()).unwrap();
        assert!(runtime.compiler.is_cached(ContentHash::of(&wasm)), "the entry is whole again");
    }
}

#[test]
fn a_component_that_unfolds_without_end_is_refused_before_it_is_compiled() {
    let nested = |levels: u32| {
        let mut text = "(component $c0 (core module $m (func (export \"f\"))) (core instance (instantiate $m)))".to_owned();
        for level in 1..=levels {
            text = format!("(component $c{level} {text} (instance (instantiate $c{0})) (instance (instantiate $c{0})))", level - 1);
        }
        refusal(&component_text(&text))
    };
    assert_says(&nested(40), &["needs more than a plugin may have", "unfolded", "at most 500000"]);
    assert_says(&nested(2), &["another kind"]);
    let mut text = "(component $c0)".to_owned();
    for level in 1..=40 {
        let before = level - 1;
        text = format!(
            "(component $c{level} {text} (component $d{level} (alias outer $c{level} $c{before} (component $x)) (instance (instantiate $x)) (instance (instantiate $x))) \
             (instance (instantiate $d{level})) (instance (instantiate $d{level})))"
        );
    }
    assert_says(&refusal(&component_text(&text)), &["unfolded"]);
}

#[test]
fn components_that_are_handed_around_are_refused() {
    for text in [
        "(component (import \"c\" (component)))",
        "(component (component $c) (export \"c\" (component $c)))",
        "(component (component $c) (component $d (import \"x\" (component))) (instance (instantiate $d (with \"x\" (component $c)))))",
        "(component (component $c) (instance (export \"c\" (component $c))))",
    ] {
        assert_says(&refusal(&component_text(text)), &["hands components around"]);
    }
}

/// Bytes as WebAssembly counts them.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn deep_nesting_is_refused_before_anything_overflows() {
    let components = (0..2_000).fold(EMPTY_COMPONENT.to_vec(), |inner, _| [EMPTY_COMPONENT, &[4], &leb(inner.len()), &inner].concat());
    assert_says(&refusal(&components), &["nested more than 50 deep"]);
    for (outer, inner) in [(0x41, 0x41), (0x42, 0x42), (0x41, 0x42)] {
        // So many types, each declaring one, around an empty one.
        let mut types: Vec<u8> = vec![1];
        (0..10_000).for_each(|_| types.extend([outer, 1, 1, inner, 1, 1]));
        types.extend([0x41, 0]);
        let file = [EMPTY_COMPONENT, &[7], &leb(types.len()), &types].concat();
        assert_says(&refusal(&file), &["nested more than 50 deep"]);
    }
}

#[test]
fn a_file_made_to_keep_the_compiler_busy_is_given_up_once() {
    // Nested loops cost the compiler the square of their number: these take it two seconds, in 6 kB.
    let loops = 2_000;
    let mut guest = Guest::new();
    guest.core = format!("(func {} {})", "loop ".repeat(loops), "end ".repeat(loops));
    let runtime = runtime(Limits { compile_time: std::time::Duration::from_millis(20), ..Limits::default() });
    let wasm = guest.wasm();
    for _ in 0..2 {
        assert_says(&runtime.load(&wasm).unwrap_err().to_string(), &["takes more than 20 ms to compile"]);
    }
}
