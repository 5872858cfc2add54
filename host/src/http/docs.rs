//! Swagger UI at `/docs`, from files that are compiled in.

use axum::Router;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The page and its files.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    // The description is made at run time, so the page is only told where it is. A validator elsewhere is never asked.
    let config = Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true);
    SwaggerUi::new("/docs").config(config).into()
}
