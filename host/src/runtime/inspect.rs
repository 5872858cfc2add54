//! What kind of file this is, and whether it is of our world: everything that can be said before linking, in words that say what to do.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::contract::{EXPORTS, IMPORTS, OurName, PACKAGE, VERSION};
use super::error::{ComponentError, List};
use super::limits::{Limits, QUOTE_BYTES};
use crate::model::text::printable;

const MAGIC: &[u8] = b"\0asm";
/// Bytes 4 to 8 of a core module: version 1, layer 0.
const CORE: &[u8] = &[1, 0, 0, 0];
/// Of every memory: the engine has custom page sizes off.
const PAGE_BYTES: u64 = 64 << 10;

/// Refuses what is no component by its first bytes.
pub(super) fn require_component(file: &[u8], limits: &Limits) -> Result<(), ComponentError> {
    let (size, limit) = (file.len() as u64, limits.component_bytes);
    if size > limit {
        return Err(ComponentError::TooLarge { size, limit });
    }
    if file.is_empty() {
        return Err(ComponentError::Empty);
    }
    if Engine::detect_precompiled(file).is_some() {
        return Err(ComponentError::Precompiled);
    }
    if !file.starts_with(MAGIC) {
        let text = std::str::from_utf8(file).ok().filter(|text| !text.contains('\0'));
        return Err(match text.map(str::trim_start) {
            Some(text) if text.starts_with("(component") || text.starts_with("(module") || text.starts_with(";;") => {
                ComponentError::WebAssemblyText
            }
            Some(_) => ComponentError::Text,
            None => ComponentError::NotWebAssembly,
        });
    }
    if file.get(4..8) == Some(CORE) { Err(ComponentError::CoreModule) } else { Ok(()) }
}

/// Refuses a component that is not of our world, by the names of its imports and exports.
pub(super) fn require_our_world(component: &Component, engine: &Engine) -> Result<(), ComponentError> {
    let ty = component.component_type();
    let mut names = Names::default();
    ty.imports(engine).for_each(|(name, item)| names.import(name, &item.ty, engine));
    let exports: Vec<(OurName<'_>, ComponentItem)> =
        ty.exports(engine).filter_map(|(name, item)| Some((OurName::parse(name)?, item.ty))).collect();
    for (interface, functions) in EXPORTS {
        let same = |(name, _): &&(OurName<'_>, ComponentItem)| name.interface == interface;
        match exports.iter().filter(same).find(|(name, _)| name.is_on_our_track()).or_else(|| exports.iter().find(same)) {
            None => names.missing.push(format!("{PACKAGE}/{interface}@{VERSION}")),
            Some((name, _)) if !name.is_on_our_track() => names.off_track(name),
            Some((_, ComponentItem::ComponentInstance(instance))) => {
                let lacks = functions.iter().filter(|function| instance.get_export(engine, function).is_none());
                names.missing.extend(lacks.map(|function| format!("{function} of {PACKAGE}/{interface}@{VERSION}")));
            }
            Some(_) => names.missing.push(format!("{PACKAGE}/{interface}@{VERSION}")),
        }
    }
    names.verdict()
}

/// What is remarkable about a component's names.
#[derive(Default)]
struct Names {
    wasi: Vec<String>,
    foreign: Vec<String>,
    newer: Vec<String>,
    missing: Vec<String>,
    other_contract: Option<String>,
    newest: Option<semver::Version>,
}

impl Names {
    fn import(&mut self, name: &str, item: &ComponentItem, engine: &Engine) {
        if name.starts_with("wasi:") {
            return self.wasi.push(printable(name, QUOTE_BYTES));
        }
        let (Some(ours), ComponentItem::ComponentInstance(instance)) = (OurName::parse(name), item) else {
            return self.foreign.push(printable(name, QUOTE_BYTES));
        };
        if !ours.is_on_our_track() {
            return self.off_track(&ours);
        }
        let newest = self.newest.take().map_or_else(|| ours.version.clone(), |newest| newest.max(ours.version.clone()));
        self.newest = Some(newest);
        let Some((_, known)) = IMPORTS.iter().find(|(interface, _)| *interface == ours.interface) else {
            return self.newer.push(format!("the interface {}", printable(ours.interface, QUOTE_BYTES)));
        };
        // Types need no counterpart by name; the linker compares their structure. A resource that one interface uses from another
        // (`use types.{document}`) shows up in both, and is asked of the one that has it.
        let known_somewhere = |resource: &str| IMPORTS.iter().any(|(_, known)| known.contains(&resource));
        let is_newer = |name: &str, item: &ComponentItem| match item {
            ComponentItem::ComponentFunc(_) => !known.contains(&name),
            ComponentItem::Resource(_) => !known_somewhere(name),
            _ => false,
        };
        for (item, _) in instance.exports(engine).filter(|(item, found)| is_newer(item, &found.ty)) {
            self.newer.push(format!("{}.{}", ours.interface, printable(item, QUOTE_BYTES)));
        }
    }

    fn off_track(&mut self, name: &OurName<'_>) {
        self.other_contract.get_or_insert_with(|| name.version.to_string());
    }

    fn verdict(self) -> Result<(), ComponentError> {
        if !self.wasi.is_empty() {
            return Err(ComponentError::Wasi { imports: List(self.wasi), missing: List(self.missing) });
        }
        if let Some(theirs) = self.other_contract {
            return Err(ComponentError::OtherContract { theirs, ours: VERSION });
        }
        if !self.missing.is_empty() {
            return Err(ComponentError::OtherWorld { missing: List(self.missing), imports: List(self.foreign) });
        }
        if !self.foreign.is_empty() {
            return Err(ComponentError::ForeignImports { imports: List(self.foreign) });
        }
        if !self.newer.is_empty() {
            let version = self.newest.map_or_else(|| VERSION.to_owned(), |version| version.to_string());
            return Err(ComponentError::NeedsNewer { version, needs: List(self.newer), ours: VERSION });
        }
        Ok(())
    }
}

/// Refuses a component that cannot live within the limits whatever it does. The pool refuses such a one as well; this one says why, and
/// stands where there is no pool.
pub(super) fn require_modest(component: &Component, limits: &Limits) -> Result<(), ComponentError> {
    let too_demanding = |reason: String| Err(ComponentError::TooDemanding { reason });
    let Some(needs) = component.resources_required() else {
        return too_demanding("it imports core modules, so that what it needs cannot be known".to_owned());
    };
    if needs.num_memories > limits.memories {
        return too_demanding(format!("{} memories, at most {}", needs.num_memories, limits.memories));
    }
    if needs.num_tables > limits.tables {
        return too_demanding(format!("{} tables, at most {}", needs.num_tables, limits.tables));
    }
    // In pages, although the name says size.
    let bytes = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(PAGE_BYTES);
    if bytes > limits.memory_bytes as u64 {
        return too_demanding(format!("{bytes} bytes of memory to begin with, at most {}", limits.memory_bytes));
    }
    let elements = needs.max_initial_table_size.unwrap_or(0);
    if elements > limits.table_elements as u64 {
        return too_demanding(format!("a table of {elements} elements, at most {}", limits.table_elements));
    }
    Ok(())
}
