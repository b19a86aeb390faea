//! The OpenAPI document and its page.
//!
//! `UPDATE_OPENAPI=1 cargo test -p cms-tests openapi` writes the snapshot anew.

use std::path::Path;

use crate::app::App;

#[test]
fn the_openapi_document_is_the_one_in_docs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let document = App::start().get("/openapi.json").json();
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let snapshot = std::fs::read_to_string(&path).unwrap();
    assert!(
        snapshot == text,
        "docs/openapi.json is not what the server says: run with UPDATE_OPENAPI=1 and look"
    );
}

#[test]
fn the_openapi_document_names_every_endpoint() {
    let document = App::start().get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    for path in
        ["/healthz", "/readyz", "/metrics", "/openapi.json", "/problems", "/problems/{code}"]
    {
        let operation = &document["paths"][path]["get"];
        assert!(operation["summary"].is_string(), "{path}");
        assert!(
            operation["responses"]["default"]["content"]["application/problem+json"].is_object(),
            "{path}"
        );
    }
    let parameters = document["paths"]["/problems"]["get"]["parameters"].as_array().unwrap();
    assert!(
        parameters
            .iter()
            .any(|parameter| parameter["name"] == "locale" && parameter["in"] == "query")
    );
}

#[test]
fn the_openapi_page_needs_nothing_from_elsewhere() {
    let app = App::start();
    let moved = app.get("/docs");
    assert_eq!((moved.status, moved.header("location")), (308, Some("/docs/")));
    let page = app.get("/docs/");
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    assert!(
        !text.contains("<script>") && !text.contains(" onload="),
        "an inline script would be blocked: {text}"
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("http"), "{policy}");
    for name in text.split(['"', '\'']).filter_map(|piece| piece.strip_prefix("./")) {
        assert_eq!(app.get(&format!("/docs/{name}")).status, 200, "{name}");
    }
    let initializer = String::from_utf8(app.get("/docs/swagger-initializer.js").body).unwrap();
    assert!(initializer.contains("/openapi.json"), "{initializer}");
    assert_eq!(app.get("/docs/no-such-file.js").code(), "not-found");
}
