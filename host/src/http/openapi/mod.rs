//! The description of everything that is served, as OpenAPI 3.1, made from what the plugins declare.
//!
//! `schema` says what a column looks like in JSON, `operations` what can be asked of a collection, `handled` what a plugin answers itself,
//! with the schemas that it wrote (`declared`), `own` what the host itself answers.
//! Names that clients are generated from stay the same as long as a plugin keeps its own: they begin with the plugin's name.

mod declared;
mod handled;
mod names;
mod operations;
mod own;
mod problem;
mod schema;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, PathsBuilder, Server};

use self::declared::Declared;
use self::names::Names;
use super::state::Info;
use crate::model::manifest::shape;
use crate::service::serving::{Endpoint, Snapshot};

/// The description as text.
pub(super) fn json(snapshot: &Snapshot, info: &Info) -> Vec<u8> {
    text(&document(snapshot, info))
}

/// The description.
pub(super) fn document(snapshot: &Snapshot, info: &Info) -> Value {
    let (mut names, mut declared, mut templates) = (Names::default(), Declared::default(), BTreeMap::new());
    let mut components = problem::components(ComponentsBuilder::new());
    let mut paths = own::paths(PathsBuilder::new());
    for endpoint in &snapshot.endpoints {
        let described = operations::describe(endpoint, &mut declared, &mut names);
        for (name, schema) in described.schemas {
            components = components.schema(name, schema);
        }
        for (path, item) in described.paths {
            templates.insert(shape(&path), path.clone());
            paths = paths.path(path, item);
        }
    }
    for endpoint in &snapshot.routes {
        let (path, item) = handled::route(endpoint, &mut templates, &mut declared, &mut names);
        paths = paths.path(path, item);
    }
    let contact = match &info.contact {
        Some(contact) => ContactBuilder::new().name(Some(&contact.name)).email(contact.email.as_deref()),
        None => ContactBuilder::new().name(Some("Whoever runs this service")),
    };
    let license = info.license_info.as_ref().map(|license| LicenseBuilder::new().name(&license.name).url(license.url.as_deref()).build());
    let about = InfoBuilder::new()
        .title(&info.display_name)
        .version(&info.version)
        .description(info.description.as_deref().or(info.summary.as_deref()).or(Some("Rows of the loaded plugins' tables.")))
        .contact(Some(contact.build()))
        .license(license);
    let document = OpenApiBuilder::new()
        .info(about)
        // Wherever the description was read from.
        .servers(Some([Server::new("/")]))
        .tags(Some(tags(snapshot)))
        .paths(paths)
        .components(Some(components.build()))
        .build();
    // Maps with string keys and finite numbers always have a JSON form.
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    declared.put_into(&mut document);
    document
}

/// One for each plugin, and the host's own.
fn tags(snapshot: &Snapshot) -> Vec<Tag> {
    let tag = |name: &str, description: String| TagBuilder::new().name(name).description(Some(description)).build();
    let mut plugins: Vec<_> = snapshot.plugins.iter().collect();
    plugins.sort_by_key(|plugin| &plugin.name);
    let plugins = plugins.into_iter().map(|plugin| {
        let about = plugin.description.as_deref().map(|words| format!("{words}\n\n")).unwrap_or_default();
        tag(plugin.name.as_str(), format!("{about}Plugin {}, version {}.", plugin.name, plugin.version))
    });
    plugins.chain([tag(own::TAG, "What the host itself answers.".to_owned())]).collect()
}

/// A row of the collection as JSON Schema 2020-12, on its own.
pub(super) fn row_schema(endpoint: &Endpoint) -> Vec<u8> {
    let collection = &endpoint.collection;
    let mut schema = serde_json::json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": collection.name });
    if let (Some(about), Ok(Value::Object(row))) = (schema.as_object_mut(), serde_json::to_value(schema::row(collection))) {
        about.extend(row);
    }
    text(&schema)
}

fn text(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}
