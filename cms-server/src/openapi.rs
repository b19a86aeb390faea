//! The OpenAPI 3.1 document, made from the handlers, the tables of their parameters and the types of
//! the wire; and a page to read it, with nothing from anywhere else.

use std::{borrow::Cow, sync::Arc};

use rocket::{Route, State, get, routes};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

use crate::{
    delivery::{
        self,
        coding::CodedSet,
        ready::{Head, Ready},
    },
    guards::{
        accept::AcceptsJson,
        codings::Codings,
        query::{Nothing, Query},
        session::COOKIE,
    },
    health, management,
    problem::{Problem, catalogue, wire},
};

pub mod page;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Beacon",
        description = "Multilingual guidance, published by an alliance of agencies and pulled by their sites. \
                       Every error is a problem (RFC 9457) in the reader's language; parameters that are not \
                       listed are refused.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "delivery", description = "Published content, for everyone."),
        (name = "management", description = "For administrators and editors: `Authorization: Bearer` says who asks."),
        (name = "documentation", description = "What this API is."),
        (name = "operations", description = "For those who run the server."),
    ),
    paths(
        delivery::site::read_index,
        delivery::site::list_locales,
        delivery::site::list_types,
        delivery::site::read_type,
        delivery::entries::list_entries,
        delivery::entries::read_entry,
        delivery::entries::read_asset,
        delivery::media::read_media,
        delivery::redirects::list_redirects,
        delivery::search::search_entries,
        delivery::search::suggest_queries,
        delivery::changes::list_changes,
        delivery::recalls::list_recalls,
        delivery::reports::report_page,
        delivery::proofs::read_checkpoint,
        delivery::proofs::list_keys,
        delivery::proofs::prove_growth,
        delivery::proofs::prove_event,
        delivery::proofs::prove_part,
        delivery::stream::stream_changes,
        delivery::feed::read_feed,
        delivery::sitemap::read_sitemap,
        delivery::routes::find_routes,
        delivery::routes::read_directory,
        delivery::hsds::read_hsds,
        delivery::hsds::list_services,
        delivery::hsds::read_service,
        delivery::hsds::list_organizations,
        delivery::hsds::read_organization,
        delivery::hsds::list_taxonomies,
        delivery::hsds::read_taxonomy,
        delivery::hsds::list_taxonomy_terms,
        delivery::hsds::read_taxonomy_term,
        delivery::json_ld::read_json_ld,
        describe_api,
        catalogue::list_problems,
        catalogue::read_problem,
        health::check_health,
        health::check_readiness,
        health::read_metrics,
        management::tokens::read_me,
        management::tokens::list_tokens,
        management::tokens::issue_token,
        management::tokens::revoke_token,
        management::sessions::sign_in,
        management::sessions::read_session,
        management::sessions::sign_out,
        management::sessions::sign_out_everywhere,
        management::sessions::end_sessions,
        management::sign_in::list_providers,
        management::sign_in::set_out,
        management::sign_in::set_out_invited,
        management::sign_in::come_back,
        management::sign_in::show_code,
        management::sign_in::list_identities,
        management::sign_in::unlink_account,
        management::partners::list_partner_keys,
        management::partners::issue_partner_key,
        management::partners::revoke_partner_key,
        management::passwords::invite_person,
        management::passwords::accept_invitation,
        management::passwords::change_password,
        management::passwords::begin_device,
        management::passwords::confirm_device,
        management::passwords::forget_device,
        management::accounts::list_accounts,
        management::accounts::create_account,
        management::accounts::set_grants,
        management::accounts::changes::read_account,
        management::accounts::changes::change_account,
        management::accounts::changes::erase_account,
        management::agencies::list_agencies,
        management::agencies::create_agency,
        management::agencies::change_agency,
        management::locales::list_site_locales,
        management::locales::configure_locale,
        management::entries::create_entry,
        management::entries::listed::list_entries,
        management::entries::read_overview,
        management::duplicates::duplicate_entry,
        management::moves::move_entry,
        management::entries::erase_entry,
        management::entries::read_draft,
        management::entries::save_draft,
        management::history::list_revisions,
        management::history::read_revision,
        management::history::compare_revisions,
        management::segments::compare_with_source,
        management::segments::save_segments,
        management::checks::check_translation,
        management::checks::check_translations,
        management::translations::report_translations,
        management::exchange::export_translations,
        management::exchange::import_translation,
        management::exchange::pretranslate,
        management::memory::look_up_memory,
        management::memory::import_memory,
        management::memory::list_memory_imports,
        management::memory::forget_memory,
        management::glossary::export_glossary,
        management::glossary::import_glossary,
        management::lint::lint_part,
        management::routes::find_editors_routes,
        management::acts::submit_draft,
        management::acts::request_changes,
        management::acts::approve_draft,
        management::acts::publish_draft,
        management::acts::unpublish_locale,
        management::acts::recall_locale,
        management::acts::discard_draft,
        management::acts::roll_back_draft,
        management::comments::make_comment,
        management::comments::list_comments,
        management::comments::assign_comment,
        management::comments::resolve_comment,
        management::comments::reopen_comment,
        management::comments::list_assignments,
        management::reports::list_reviews,
        management::reports::list_reader_reports,
        management::reports::resolve_report,
        management::links::list_broken_links,
        management::outward::list_links,
        management::outward::check_links,
        management::leases::list_leases,
        management::leases::take_lease,
        management::leases::give_back_lease,
        management::schedules::schedule_act,
        management::schedules::unschedule_act,
        management::releases::list_releases,
        management::releases::begin_release,
        management::releases::read_release,
        management::releases::change_release,
        management::releases::check_release,
        management::releases::publish_release,
        management::releases::schedule_release,
        management::releases::unschedule_release,
        management::releases::discard_release,
        management::analysis::analyze_text,
        management::assets::upload_asset,
        management::assets::replace_asset,
        management::assets::read_content,
        management::uploads::begin_upload,
        management::uploads::read_upload,
        management::uploads::continue_upload,
        management::uploads::discard_upload,
        management::blobs::list_blobs,
        management::blobs::read_blob,
        management::blobs::keep_blob,
        management::imports::import_lines,
        management::export::export_content,
        management::backup::back_up,
        management::proofs::prove_any_event,
        management::audit::list_events,
        management::previews::list_previews,
        management::previews::issue_preview,
        management::previews::revoke_preview,
        management::previews::read_preview,
        management::previews::read_preview_media,
        management::previews::read_form,
        management::rebuilds::rebuild,
    ),
    components(schemas(wire::ProblemDocument, wire::FaultDocument)),
    modifiers(&Problems, &Tokens)
)]
struct Api;

/// Says what a token is.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("bcn_…")
            .description(Some(
                "A service token. The first start prints a one-time token to exchange for one.",
            ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "The cookie of a session, from signing in. What isn't only read needs `X-CSRF-Token` besides.",
        );
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
        components.add_security_scheme("session", cookie);
        // Whatever a token opens, a session opens, too.
        let (token, session) = (requirement("token"), requirement("session"));
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                if let Some(all) = operation.security.as_mut().filter(|all| all.contains(&token)) {
                    all.push(session.clone());
                }
            }
        }
    }
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [] as [&str; 0])
}

/// Says of each operation that it may answer with a problem.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                operation
                    .responses
                    .responses
                    .insert("default".to_owned(), RefOr::T(problem_response()));
            }
        }
    }
}

fn problem_response() -> utoipa::openapi::Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("A problem (RFC 9457), in the reader's language.")
        .content("application/problem+json", content)
        .build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The document.
pub fn document() -> Document {
    Api::openapi()
}

/// The document, ready to be sent.
pub(crate) struct Description {
    codings: CodedSet,
    head: Arc<Head>,
}

impl Description {
    /// Made once, at the start.
    pub(crate) fn make() -> std::io::Result<Self> {
        let json = document().to_json().map_err(std::io::Error::other)?;
        let head = Head { content_type: Cow::Borrowed("application/json"), ..Head::default() };
        Ok(Self { codings: CodedSet::of(json.into_bytes()), head: Arc::new(head) })
    }
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![describe_api, page::open_docs, page::read_docs_file]
}

/// This document.
#[utoipa::path(
    tag = "documentation",
    params(Nothing),
    responses((status = 200, body = Object, content_type = "application/json"), (status = 304))
)]
#[get("/openapi.json")]
pub(crate) fn describe_api(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    codings: Codings,
    description: &State<Description>,
) -> Result<Ready, Problem> {
    Ready::of(&description.codings, codings, &description.head)
}
