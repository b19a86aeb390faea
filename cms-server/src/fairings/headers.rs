//! Security header fields and CORS, on every answer, in place of Rocket's `Shield`.

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
};

use crate::config::Origins;

/// JSON needs nothing from anywhere, and nobody needs it in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What scripts of other origins may read besides the fields that they always may.
const EXPOSED: &str =
    "Cache-Groups, Content-Location, ETag, Link, Repr-Digest, Retry-After, X-Request-Id";

/// What scripts of other origins may send.
const ACCEPTED: &str =
    "Accept, Accept-Language, Content-Type, If-None-Match, Last-Event-ID, Prefer";

/// Adds the header fields that every answer has.
#[derive(Debug, Clone, Copy)]
pub struct Headers;

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "Headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        apply(request, response);
    }
}

/// Adds the fields; doing so twice changes nothing.
pub(crate) fn apply(request: &Request<'_>, response: &mut Response<'_>) {
    response.set_raw_header("X-Content-Type-Options", "nosniff");
    response.set_raw_header("Referrer-Policy", "no-referrer");
    if !response.headers().contains("Content-Security-Policy") {
        response.set_raw_header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    }
    // What says nothing about caches is not for them.
    if !response.headers().contains("Cache-Control") {
        response.set_raw_header("Cache-Control", "no-store");
    }
    if is_public(request) {
        response.set_raw_header("Cross-Origin-Resource-Policy", "cross-origin");
        allow_origin(request, response);
    } else {
        response.set_raw_header("Cross-Origin-Resource-Policy", "same-origin");
        // Nothing that only some may see is ever kept, problems included.
        response.set_raw_header("Cache-Control", "private, no-store");
    }
}

/// Answers a browser's question before it sends a request from another origin.
pub(crate) fn preflight(request: &Request<'_>, response: &mut Response<'_>, allow: &str) {
    let asks = request.headers().contains("Access-Control-Request-Method");
    if asks && is_public(request) {
        response.set_raw_header("Access-Control-Allow-Methods", allow.to_owned());
        response.set_raw_header("Access-Control-Allow-Headers", ACCEPTED);
        response.set_raw_header("Access-Control-Max-Age", "86400");
    }
}

/// Management is for pages of this origin alone; everything else is public.
fn is_public(request: &Request<'_>) -> bool {
    !request.uri().path().as_str().starts_with("/manage")
}

fn allow_origin(request: &Request<'_>, response: &mut Response<'_>) {
    let Some(origins) = request.rocket().state::<Origins>() else { return };
    match origins {
        Origins::Any => response.set_raw_header("Access-Control-Allow-Origin", "*"),
        Origins::Only(_) => {
            if !response.headers().get("Vary").any(|field| field == "Origin") {
                response.adjoin_raw_header("Vary", "Origin");
            }
            match request.headers().get_one("Origin").filter(|origin| origins.allow(origin)) {
                Some(origin) => {
                    response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned())
                }
                None => return,
            }
        }
    };
    response.set_raw_header("Access-Control-Expose-Headers", EXPOSED);
}
