//! The integration tests: one binary, one harness ([`app`]), one file per topic, names as sentences.
#![expect(
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::similar_names,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop where it is; nothing here is public"
)]

mod accounts;
mod acts;
mod app;
mod approvals;
mod as_of;
mod assets;
mod audit;
mod bad_input;
mod broken_links;
mod buckets;
mod commonmark;
mod concurrency;
mod demo;
mod deploy;
mod discussions;
mod drawn;
mod duplicates;
mod embeds;
mod emergencies;
mod erasure;
mod examples;
mod exchange;
mod external_links;
mod forms_at;
mod fuzzing;
mod glossary;
mod html;
mod http_acts;
mod http_management;
mod http_negotiation;
mod http_problems;
mod http_requests;
mod http_server;
mod kept_answers;
mod leaks;
mod locales;
mod markdown_safety;
mod moves;
mod needs;
mod openapi;
mod overdue;
mod partners;
mod partners_import;
mod pictures;
mod previews;
mod proofs;
mod random_acts;
mod readme;
mod rebuilding;
mod redirects;
mod releases;
mod reports;
mod routes;
mod routes_for_editors;
mod routes_for_partners;
mod routes_offline;
mod search;
mod search_acts;
mod segments;
mod sessions;
mod sign_in;
mod site;
mod slugs;
mod staleness;
mod store_adapters;
mod store_child;
mod store_conformance;
mod store_evidence;
mod store_faults;
mod store_model;
mod store_power_loss;
mod store_samples;
mod store_syscalls;
mod store_upkeep;
mod store_versions;
mod tidy;
mod translating;
mod translation_files;
mod type_changes;
mod waiting;
