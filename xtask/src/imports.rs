//! Which functions a component imports: read from the core modules inside of it, as its linker left them.
//!
//! # Source
//! Binary format: <https://webassembly.github.io/spec/core/binary/modules.html>, and for what is around the modules
//! <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>. A component is a preamble and sections, each an id, a
//! length and its bytes; section 1 is a core module, section 4 a nested component. In a module, section 2 lists the imports.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

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
    let mut reader = Reader::new(bytes, [0x0d, 0x00, 0x01, 0x00])?;
    let mut imports = Vec::new();
    while let Some((id, section)) = reader.section()? {
        match id {
            1 => imports.extend(of_module(section)?),
            4 => imports.extend(of_component(section)?),
            _ => {}
        }
    }
    // The linker's own modules pass imports on to each other under names without a package.
    imports.retain(|import: &Import| import.interface.contains(':'));
    imports.sort();
    imports.dedup();
    Ok(imports)
}

fn of_module(bytes: &[u8]) -> Result<Vec<Import>> {
    let mut reader = Reader::new(bytes, [0x01, 0x00, 0x00, 0x00])?;
    let mut imports = Vec::new();
    while let Some((id, section)) = reader.section()? {
        if id != 2 {
            continue;
        }
        let mut section = Reader(section);
        for _ in 0..section.number()? {
            let (interface, function) = (section.text()?, section.text()?);
            if section.import_kind()? == 0 {
                imports.push(Import { interface, function });
            }
        }
    }
    Ok(imports)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], version: [u8; 4]) -> Result<Self> {
        let mut reader = Self(bytes);
        let (magic, got) = (reader.take(4)?, reader.take(4)?);
        ensure!(magic == b"\0asm" && got == version, "unknown preamble {magic:?} {got:?}");
        Ok(reader)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length).context("it ends too early")?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number of 32 bits.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).context("a number is too large");
            }
        }
        bail!("a number is too long")
    }

    fn text(&mut self) -> Result<String> {
        let length = self.number()?;
        String::from_utf8(self.take(length)?.to_vec()).context("a name is no UTF-8")
    }

    fn section(&mut self) -> Result<Option<(u8, &'a [u8])>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let id = self.byte()?;
        let length = self.number()?;
        Ok(Some((id, self.take(length)?)))
    }

    /// Skips what is imported and answers its kind; 0 is a function.
    fn import_kind(&mut self) -> Result<u8> {
        let kind = self.byte()?;
        match kind {
            0 => drop(self.number()?),
            1 => {
                self.byte()?;
                self.limits()?;
            }
            2 => self.limits()?,
            3 => drop(self.take(2)?),
            _ => bail!("unknown kind of import {kind}"),
        }
        Ok(kind)
    }

    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn component() -> Vec<u8> {
        let import =
            |module: &str, name: &str| [&[module.len() as u8], module.as_bytes(), &[name.len() as u8], name.as_bytes(), &[0, 0]].concat();
        let imports = [vec![3], import("a:b/c", "f"), import("a:b/c", "e"), import("env", "g")].concat();
        let module = [b"\0asm\x01\0\0\0".to_vec(), section(2, &imports)].concat();
        [b"\0asm\x0d\0\x01\0".to_vec(), section(0, b"\x01x"), section(1, &module)].concat()
    }

    #[test]
    fn the_imports_of_a_component_are_those_of_its_modules() {
        let imports = of_component(&component()).unwrap();
        assert_eq!(imports.iter().map(|import| import.function.as_str()).collect::<Vec<_>>(), ["e", "f"]);
    }

    #[test]
    fn a_component_that_ends_anywhere_is_an_error_and_no_panic() {
        let whole = component();
        for end in 0..whole.len() {
            drop(of_component(&whole[..end]));
        }
        assert!(of_component(b"").is_err());
        assert!(of_component(b"\0asm\x01\0\0\0").is_err());
    }
    /// What an author does not use must not be imported, so that older hosts run the plugin: the linker's work, held to here.
    #[test]
    fn the_shop_imports_what_it_uses_and_nothing_more() {
        let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/shop.wasm");
        let imports = of_file(shop.as_ref()).expect("built by `cargo xtask build-plugins`");
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
