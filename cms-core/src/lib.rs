//! The library of Beacon: multilingual guidance, kept in a log and served from views.
//!
//! # Which type do I want?
//!
//! - To open a folder and do anything at all: [`Cms`]. One method per act and per question.
//! - To answer readers, with no way to a draft: [`queries::Delivery`], from [`Cms::delivery`].
//! - To ask as an editor, drafts included: [`queries::Editing`], from [`Cms::editing`].
//! - To say who acts: [`access::Actor`].
//! - To name a language: [`locale::Locale`]; an entry: [`id::EntryId`]; a type: [`id::TypeName`].
//! - To describe a type: [`content_type::ContentType`], from a JSON Schema file.
//! - To follow what happens: [`Cms::log`], which gives [`event::Event`]s in order.
//!
//! The floors, from the top down: [`cms`]; [`commands`] and [`queries`]; [`followers`]; the engines
//! [`store`], [`search`], [`markdown`], [`media`], [`exchange`]; the model ([`asset`], [`content_type`], [`entry`],
//! [`event`], [`embed`], [`filter`], [`glossary`], [`link`], [`redirect`], [`route`], [`segment`], [`translation`], [`access`],
//! [`proof`], [`release`]); the vocabulary ([`id`], [`locale`], [`slug`], [`clock`],
//! [`words`], [`violation`]). A file uses only floors below its own.

rust_i18n::i18n!("../locales");

pub mod access;
pub mod asset;
pub mod clock;
pub mod cms;
pub mod commands;
pub mod content_type;
pub mod embed;
pub mod entry;
pub mod event;
pub mod exchange;
pub mod filter;
pub mod followers;
pub mod glossary;
pub mod id;
pub mod link;
pub mod locale;
pub mod markdown;
pub mod media;
pub mod proof;
pub mod quality;
pub mod queries;
pub mod redirect;
pub mod release;
pub mod route;
pub mod search;
pub mod segment;
pub mod slug;
pub mod statistic;
pub mod store;
pub mod translation;
pub mod violation;
pub mod words;

pub use cms::Cms;
