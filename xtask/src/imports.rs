//! Which functions a component imports: read from the core modules inside of it, as its linker left them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmparser::{Parser, Payload, TypeRef};

/// One imported function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// e.g. `tenon:plugin/declare@0.1.0`.
    pub(crate) interface: String,
    pub(crate) function: String,
}

/// Prints them, one a line.
pub(crate) fn print(file: &Path) -> Result<()> {
    for Import { interface, function } in of_file(file)? {
        println!("{interface} {function}");
    }
    Ok(())
}

/// The functions that the component in this file imports, sorted.
pub(crate) fn of_file(file: &Path) -> Result<Vec<Import>> {
    let bytes = std::fs::read(file).with_context(|| format!("{} could not be read", file.display()))?;
    of_component(&bytes).with_context(|| format!("{} is no component", file.display()))
}

fn of_component(bytes: &[u8]) -> Result<Vec<Import>> {
    ensure!(Parser::is_component(bytes), "it does not begin like one");
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::ImportSection(section) = payload? else { continue };
        for import in section.into_imports() {
            let wasmparser::Import { module, name, ty } = import?;
            if matches!(ty, TypeRef::Func(_)) {
                imports.push(Import { interface: module.to_owned(), function: name.to_owned() });
            }
        }
    }
    // The linker's own modules pass imports on to each other under names without a package.
    imports.retain(|import| import.interface.contains(':'));
    imports.sort();
    imports.dedup();
    Ok(imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Vec<u8> {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/shop.wasm")).expect("built by `cargo xtask build-plugins`")
    }

    #[test]
    fn what_is_no_whole_component_is_an_error() {
        let shop = shop();
        assert!(of_component(&shop[..shop.len() / 2]).is_err());
        for other in [&b""[..], b"text", b"\0asm\x01\0\0\0"] {
            assert!(of_component(other).is_err(), "{other:?}");
        }
    }

    /// What an author does not use must not be imported, so that older hosts run the plugin: the linker's work, held to here.
    #[test]
    fn the_shop_imports_what_it_uses_and_nothing_more() {
        let imports = of_component(&shop()).unwrap();
        let imports: Vec<String> = imports.iter().map(|import| format!("{} {}", import.interface, import.function)).collect();
        let expected = [
            "tenon:plugin/declare@0.1.0 collection",
            "tenon:plugin/declare@0.1.0 owns-table",
            "tenon:plugin/declare@0.1.0 plugin",
            "tenon:plugin/declare@0.1.0 revision",
            "tenon:plugin/host@0.1.0 log",
            "tenon:plugin/operations@0.1.0 create-index",
            "tenon:plugin/operations@0.1.0 create-table",
            "tenon:plugin/operations@0.1.0 drop-index",
            "tenon:plugin/operations@0.1.0 drop-table",
            "tenon:plugin/types@0.1.0 [resource-drop]document",
            "tenon:plugin/types@0.1.0 [resource-drop]request",
        ];
        assert_eq!(imports, expected);
    }
}
