//! From the contract's exports to a [`Plugin`]: what [`plugin!`](crate::plugin) writes into a plugin's crate calls this.
//!
//! Not for authors; the names here may change with any version.

use std::marker::PhantomData;
use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::bindings::exports::tenon::plugin::{handlers, migrations as contract, plugin};
use crate::bindings::tenon::plugin::declare;
use crate::bindings::tenon::plugin::types::{self, Request, Response};
use crate::handlers::Handlers;
pub use crate::identity::Identity;
use crate::plugin::{Manifest, Plugin};
pub use crate::probe::{NotAnOption, Probe};
use crate::value::attribute;
use crate::{log, migrations};

/// A plugin that knows who it is.
pub trait Identified: Plugin {
    /// Who it is.
    const IDENTITY: Identity;
}

/// Natively there is nothing to export; this keeps the compiler looking at the plugin all the same.
#[track_caller]
pub const fn require_plugin<P: Identified>() {
    P::IDENTITY.require();
}

/// The contract's exports, carried out by a plugin.
#[derive(Debug)]
pub struct Exports<P>(PhantomData<P>);

impl<P: Identified> plugin::Guest for Exports<P> {
    fn describe() {
        report_panics();
        let Identity { name, version, description, homepage, license } = P::IDENTITY;
        let told = [("description", description), ("homepage", homepage), ("license", license)];
        let attributes: Vec<_> = told.iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| attribute(key, *text)).collect();
        declare::plugin(name, version, &attributes);
        let manifest = Manifest(());
        P::describe(&manifest);
        P::handlers(&mut Handlers::declaring());
        P::MIGRATIONS.iter().for_each(|migration| manifest.revision(migration));
    }
}

impl<P: Identified> contract::Guest for Exports<P> {
    fn upgrade(revision: String) -> Result<(), types::Problem> {
        report_panics();
        Ok(migrations::upgrade(P::MIGRATIONS, &revision)?)
    }

    fn downgrade(revision: String) -> Result<(), types::Problem> {
        report_panics();
        Ok(migrations::downgrade(P::MIGRATIONS, &revision)?)
    }
}

impl<P: Identified> handlers::Guest for Exports<P> {
    fn handle(operation: String, request: &Request) -> Result<Response, types::Problem> {
        report_panics();
        Ok(Handlers::answer(&operation, request, P::handlers)?)
    }
}

/// A panic ends in a bare `unreachable` that tells the host nothing; this says before what it was.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(report)));
}

fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("with something that is no text");
    let place = panic.location().map(|location| location.to_string()).unwrap_or_default();
    log::write("error", &format!("panicked: {message}"), &[("at", place.into())]);
}

/// Exports a plugin: `tenon_sdk::plugin!(Shop);`, once per crate.
///
/// Name, version, description, homepage and license are those of the crate's `Cargo.toml`. Each can be given instead:
/// `tenon_sdk::plugin!(Shop, name = "shop", version = "1.2.0");`
#[macro_export]
macro_rules! plugin {
    ($plugin:ty $(, $key:ident = $value:expr)* $(,)?) => {
        impl $crate::export::Identified for $plugin {
            #[allow(unused_mut, reason = "nothing may be given")]
            const IDENTITY: $crate::export::Identity = {
                let mut identity = $crate::export::Identity {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                    description: env!("CARGO_PKG_DESCRIPTION"),
                    homepage: env!("CARGO_PKG_HOMEPAGE"),
                    license: env!("CARGO_PKG_LICENSE"),
                };
                $($crate::identify!(identity, $key, $value);)*
                identity
            };
        }

        const _: () = $crate::export::require_plugin::<$plugin>();

        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exports = $crate::export::Exports<$plugin>;
            $crate::bindings::export!(Exports with_types_in $crate::bindings);
        };
    };
}

/// One setting of [`plugin!`](crate::plugin).
#[doc(hidden)]
#[macro_export]
macro_rules! identify {
    ($identity:ident, name, $value:expr) => {
        $identity.name = $value
    };
    ($identity:ident, version, $value:expr) => {
        $identity.version = $value
    };
    ($identity:ident, description, $value:expr) => {
        $identity.description = $value
    };
    ($identity:ident, homepage, $value:expr) => {
        $identity.homepage = $value
    };
    ($identity:ident, license, $value:expr) => {
        $identity.license = $value
    };
    ($identity:ident, $unknown:ident, $value:expr) => {
        compile_error!(concat!("unknown `", stringify!($unknown), "`; in `plugin!` write name, version, description, homepage, license"))
    };
}
