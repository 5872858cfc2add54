//! What `wit/v0.1` looks like in Rust. Generated; nothing of ours lives here.
//!
//! The rest of the crate wraps these in types that can be built and tested on any machine. A plugin needs this module only when it
//! wants to do what the SDK would not let it do, as the host's test guests do.
#![allow(unsafe_code, reason = "generated: the component model's calling convention passes pointers")]
#![allow(missing_docs, missing_debug_implementations, reason = "generated: the comments stand in wit/v0.1")]
#![allow(clippy::all, clippy::allow_attributes_without_reason, unreachable_pub, reason = "generated")]

wit_bindgen::generate!({
    path: "../wit/v0.1",
    world: "schema-plugin",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export",
    default_bindings_module: "tenon_sdk::bindings",
    additional_derives: [PartialEq],
    additional_derives_ignore: ["response"],
});
