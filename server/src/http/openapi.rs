//! The OpenAPI document (3.1), made from the table of routes. The mail API is JMAP: its own session object says what
//! it can do.

use std::sync::OnceLock;

use axum::Json;
use serde_json::{Map, Value, json};

use super::routes::{Access, Kind, ROUTES, Route};

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES.iter().filter(|route| matches!(route.kind, Kind::Api | Kind::Stream | Kind::Download)) {
        let path = route.path.replace("{*", "{");
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[route.method.to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Pli", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"}},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": super::extract::SESSION_COOKIE},
            },
            "schemas": {"Problem": problem_schema()},
        },
    })
}

fn operation(route: &Route) -> Value {
    let names = route.path.split(['{', '}']).skip(1).step_by(2).map(|name| name.trim_start_matches('*'));
    let parameters: Vec<Value> =
        names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect();
    let problem = json!({"description": "Problem (RFC 9457)", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {"2XX": {"description": "Done"}, "4XX": problem, "5XX": problem},
    });
    if route.access != Access::Public {
        operation["security"] = json!([{"bearer": []}, {"session": []}]);
    }
    if let Access::Account(action) = route.access {
        operation["x-right"] = json!(action.code());
    }
    operation
}

fn problem_schema() -> Value {
    let field = json!({
        "type": "object",
        "required": ["field", "code"],
        "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "params": {"type": "array", "items": {"type": "string"}}},
    });
    json!({
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "description": "urn:pli:error:<code>"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "request_id": {"type": "string"},
            "errors": {"type": "array", "items": field},
        },
    })
}

/// `GET /api/openapi.json`.
pub async fn get() -> Json<&'static Value> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    Json(DOCUMENT.get_or_init(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_row_is_described() {
        let document = document();
        assert_eq!(document["paths"]["/api/me"]["get"]["operationId"], "me");
        assert_eq!(document["paths"]["/api/sessions/{session}"]["delete"]["parameters"][0]["name"], "session");
        assert!(document["paths"]["/courrier"].is_null());
    }
}
