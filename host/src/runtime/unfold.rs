//! How large a component becomes when its nested components are unfolded, and how deep it nests, found out before the compiler does it.
//!
//! The compiler copies a nested component into its parent once per instantiation. Thirty components that each instantiate the one
//! before twice are 1.5 kB on disk and 2^30 instances in memory, and the compiler has no limit of its own: measured here, 18 levels take 0.4 s
//! and each further level doubles that. So the size is bounded from above first, in one pass over the file.
//!
//! Every instantiation is charged with the heaviest component read so far. That is too much, never too little, as long as a component
//! can only be one that stands earlier in the file; those that pass components around as values are therefore refused. No toolchain
//! that we know makes any.

use wasmparser::{ComponentExternalKind, ComponentInstance, Parser, Payload};

use super::error::ComponentError;
use super::limits::{Limits, NESTING, QUOTE_BYTES};
use super::nesting::nesting_of_types;
use crate::model::text::printable;

/// Refuses a component that would unfold to more than [`Limits::unfolded_items`].
pub(super) fn require_unfoldable(file: &[u8], limits: &Limits) -> Result<(), ComponentError> {
    let mut unfolding = Unfolding::default();
    for payload in Parser::new(0).parse_all(file) {
        payload
            .and_then(|payload| unfolding.read(file, payload))
            .map_err(|error| ComponentError::Invalid { reason: printable(error.message(), QUOTE_BYTES) })?;
        if unfolding.deepest > NESTING {
            return Err(ComponentError::TooDemanding { reason: format!("its components or types are nested more than {NESTING} deep") });
        }
        if unfolding.passes_components {
            return Err(ComponentError::TooDemanding {
                reason: "it hands components around as values, so that what it unfolds to cannot be known".to_owned(),
            });
        }
        if unfolding.heaviest > limits.unfolded_items {
            return Err(ComponentError::TooDemanding {
                reason: format!("its nested components, unfolded, have too many parts; at most {} are possible", limits.unfolded_items),
            });
        }
    }
    Ok(())
}

/// What is known part of the way through a file.
#[derive(Default)]
struct Unfolding {
    /// Items of the modules and components that are open, innermost last.
    open: Vec<u64>,
    /// The most items that a component read so far unfolds to.
    heaviest: u64,
    passes_components: bool,
    /// The deepest nesting of components, or of types in one of them.
    deepest: usize,
}

impl Unfolding {
    fn read(&mut self, file: &[u8], payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { .. } => {
                self.open.push(1);
                self.deepest = self.deepest.max(self.open.len());
            }
            Payload::ComponentTypeSection(section) => self.deepest = self.deepest.max(nesting_of_types(file, &section)?),
            Payload::End(_) => self.heaviest = self.heaviest.max(self.open.pop().unwrap_or(0)),
            Payload::InstanceSection(section) => self.add(section.count()),
            Payload::ComponentAliasSection(section) => self.add(section.count()),
            Payload::ComponentCanonicalSection(section) => self.add(section.count()),
            Payload::ComponentImportSection(section) => {
                self.add(section.count());
                for import in section {
                    self.value(import?.ty.kind());
                }
            }
            Payload::ComponentExportSection(section) => {
                self.add(section.count());
                for export in section {
                    self.value(export?.kind);
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    match instance? {
                        ComponentInstance::Instantiate { args, .. } => {
                            args.iter().for_each(|argument| self.value(argument.kind));
                            self.add(args.len().try_into().unwrap_or(u32::MAX));
                            let heaviest = self.heaviest;
                            self.charge(heaviest.max(1));
                        }
                        ComponentInstance::FromExports(exports) => {
                            exports.iter().for_each(|export| self.value(export.kind));
                            self.add(exports.len().try_into().unwrap_or(u32::MAX));
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, items: u32) {
        self.charge(items.into());
    }

    fn charge(&mut self, items: u64) {
        if let Some(open) = self.open.last_mut() {
            *open = open.saturating_add(items);
        }
    }

    fn value(&mut self, kind: ComponentExternalKind) {
        self.passes_components |= kind == ComponentExternalKind::Component;
    }
}
