//! What the host itself answers.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, RefOr};

use super::problem::with_id;

/// The tag of what the host itself answers.
pub(super) const TAG: &str = "tenon";

/// `/health`, `/livez`, `/readyz` and `/api/v1/info`.
pub(super) fn paths(paths: PathsBuilder) -> PathsBuilder {
    paths
        .path("/health", read("health", "Whether the service is well", "How well, always with status 200.", health(), &[400]))
        .path("/livez", read("livez", "Whether the process answers", "It does.", status("live"), &[400]))
        .path("/readyz", read("readyz", "Whether every request can be answered", "It can.", status("ready"), &[400, 503]))
        .path("/api/v1/info", read("info", "What the service says of itself", "Name, version and the like.", info(), &[400]))
}

fn read(id: &str, summary: &str, answer: &str, schema: ObjectBuilder, statuses: &[u16]) -> PathItem {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = with_id(ResponseBuilder::new().description(answer)).content("application/json", content);
    let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).description(Some(answer)).tag(TAG);
    let responses = super::problem::errors(ResponsesBuilder::new().response("200", response), statuses);
    PathItem::new(HttpMethod::Get, operation.responses(responses.build()))
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn state() -> ObjectBuilder {
    text().enum_values(Some(["healthy", "degraded", "unhealthy"]))
}

fn status(word: &str) -> ObjectBuilder {
    object().property("status", text().enum_values(Some([word]))).required("status")
}

fn health() -> ObjectBuilder {
    let check = || object().property("state", state()).property("message", text()).required("state");
    let each = |of: ObjectBuilder| object().additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Object(of.build())))));
    let plugin = check().property("version", text()).required("version").property("component", text()).required("component");
    let checks = object().property("database", check()).required("database");
    // Only where something is wrong.
    let checks = checks.property("plugins_folder", check()).property("ledger", check());
    let health = object().property("status", state()).property("checks", checks).property("plugins", each(plugin));
    let health = health.property("files", each(check()));
    ["status", "checks", "plugins"].into_iter().fold(health, ObjectBuilder::required)
}

fn info() -> ObjectBuilder {
    let optional = |of: Type| ObjectBuilder::new().schema_type(SchemaType::Array(vec![of, Type::Null]));
    let info = object()
        .property("display_name", text())
        .property("version", text())
        .property("summary", optional(Type::String))
        .property("description", optional(Type::String))
        .property("contact", optional(Type::Object))
        .property("license_info", optional(Type::Object));
    ["display_name", "version", "summary", "description", "contact", "license_info"].into_iter().fold(info, ObjectBuilder::required)
}
