//! How deep the types of a component nest, without recursion.
//!
//! A type of a component or instance may hold further ones, and wasmparser 0.254 reads them by recursion without a limit: 15 kB of nested
//! types overflow a thread's stack, and a stack overflow ends the process. So somebody has to count first.
//!
//! # Source
//! The component model's `Binary.md`, sections "Type Definitions" and "Declarators"; measured on wasmparser 0.254.2.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentImport, ComponentType, ComponentTypeRef, ComponentTypeSectionReader,
    CoreType, Result,
};

use super::limits::NESTING;

/// The deepest nesting in a section; past [`NESTING`] it stops counting and answers one more.
pub(super) fn nesting_of_types(file: &[u8], section: &ComponentTypeSectionReader<'_>) -> Result<usize> {
    let Some(types) = file.get(section.range()) else { return Ok(0) };
    let mut reader = BinaryReader::new(types, section.range().start);
    // How many entries remain to be read at each level: types first, declarations inside them.
    let mut remaining = vec![reader.read_var_u32()?];
    let mut deepest = 0;
    while let Some(entries) = remaining.last_mut() {
        if *entries == 0 {
            remaining.pop();
            continue;
        }
        *entries -= 1;
        let is_declaration = remaining.len() > 1;
        if is_declaration {
            match declaration(&mut reader)? {
                Declaration::Type => {}
                Declaration::Other => continue,
                Declaration::Unknown => return Ok(deepest),
            }
        }
        match reader.clone().read_u8()? {
            COMPONENT_TYPE | INSTANCE_TYPE => {
                reader.read_u8()?;
                let declarations = reader.read_var_u32()?;
                deepest = deepest.max(remaining.len());
                if deepest > NESTING {
                    return Ok(deepest);
                }
                remaining.push(declarations);
            }
            // Holds no other types but by number.
            _ => _ = reader.read::<ComponentType<'_>>()?,
        }
    }
    Ok(deepest)
}

const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;

enum Declaration {
    /// A type, which follows.
    Type,
    /// Another kind, read to its end.
    Other,
    /// None that there is. The parser reads in this order too and stops here, with words for it.
    Unknown,
}

fn declaration(reader: &mut BinaryReader<'_>) -> Result<Declaration> {
    match reader.read_u8()? {
        0x00 => _ = reader.read::<CoreType<'_>>()?,
        0x01 => return Ok(Declaration::Type),
        0x02 => _ = reader.read::<ComponentAlias<'_>>()?,
        0x03 => _ = reader.read::<ComponentImport<'_>>()?,
        0x04 => _ = (reader.read::<ComponentExternName<'_>>()?, reader.read::<ComponentTypeRef>()?),
        _ => return Ok(Declaration::Unknown),
    }
    Ok(Declaration::Other)
}
