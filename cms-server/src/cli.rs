//! The command line: what all commands share, and one file for each of them.
//!
//! A new command is a file in `cli/` with its arguments and a `run`, and a variant of [`Command`].

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use cms_server::config::ConfigError;

mod account;
mod agency;
mod audit;
mod backup;
mod bench;
mod blobs;
mod compact;
mod demo;
mod export;
mod grant;
mod health;
mod import;
mod links;
mod locales;
mod media;
mod output;
mod partner;
mod rebuild;
mod release;
mod remote;
mod restore;
mod routes;
mod search;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod token;
mod translation;
mod types;
mod verify;

/// How a command ended, for scripts. 0 is success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// 1: it was tried and didn't work.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
    /// 2: the arguments or the configuration can't be used. (Wrong arguments never get here: the parser
    /// ends with 2 by itself.)
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// 3: it worked, and the answer is no: something was refused, damaged or not ready.
    #[error("{0}")]
    No(String),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Config(_) => ExitCode::from(2),
            Self::No(_) => ExitCode::from(3),
        }
    }
}

/// Beacon: multilingual guidance, written once and pulled by everyone who needs it.
///
/// Ends with 0 when all went well, 1 when it didn't, 2 when arguments or configuration can't be used,
/// and 3 when the answer is no: something was refused, damaged or not ready.
#[derive(Debug, Parser)]
#[command(name = "cms", version, max_term_width = 100)]
struct Cms {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What all commands take.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The directory of the store; made if it isn't there.
    #[arg(long, env = "CMS_DATA", default_value = "data", global = true, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// A directory of content types, instead of those in the program.
    #[arg(long, env = "CMS_SCHEMAS", global = true, value_name = "DIR")]
    pub(crate) schemas: Option<PathBuf>,
    /// A TOML file with settings.
    #[arg(long, env = "CMS_CONFIG", global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer with JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Import(import::Import),
    Export(export::Export),
    Verify(verify::Verify),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Compact(compact::Compact),
    Rebuild(rebuild::Rebuild),
    Types(types::Types),
    #[command(visible_alias = "locale")]
    Locales(locales::Locales),
    Audit(audit::Audit),
    Media(media::Media),
    #[command(name = "release")]
    Release(release::ReleaseCommand),
    #[command(name = "account", visible_alias = "user")]
    Account(account::AccountCommand),
    #[command(name = "grant")]
    Grant(grant::GrantCommand),
    #[command(name = "partner")]
    Partner(partner::PartnerCommand),
    #[command(name = "agency")]
    Agency(agency::AgencyCommand),
    #[command(name = "token")]
    Token(token::TokenCommand),
    #[command(name = "translation")]
    Translation(translation::TranslationCommand),
    #[command(name = "links")]
    Links(links::LinksCommand),
    Health(health::Health),
    Search(search::Search),
    Routes(routes::Routes),
    #[command(hide = true)]
    Bench(bench::Bench),
}

/// Does what the arguments say.
pub(crate) fn run() -> ExitCode {
    let cms = Cms::parse();
    match act(&cms) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure, cms.global.json);
            failure.code()
        }
    }
}

/// Does what a command line says.
fn act(Cms { global, command }: &Cms) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => serve.run(global),
        Command::Demo(demo) => demo.run(global),
        Command::Import(import) => import.run(global),
        Command::Routes(routes) => routes.run(global),
        Command::Export(export) => export.run(global),
        Command::Verify(verify::Verify {}) => verify::Verify::run(global),
        Command::Backup(backup) => backup.run(global),
        Command::Restore(restore) => restore.run(global),
        Command::Compact(compact::Compact {}) => compact::Compact::run(global),
        Command::Rebuild(rebuild) => rebuild.run(global),
        Command::Types(types) => types.run(global),
        Command::Locales(locales) => locales.run(global),
        Command::Audit(audit) => audit.run(global),
        Command::Media(media) => media.run(global),
        Command::Release(release) => release.run(global),
        Command::Account(account) => account.run(global),
        Command::Grant(grant) => grant.run(global),
        Command::Agency(agency) => agency.run(global),
        Command::Partner(partner) => partner.run(global),
        Command::Token(token) => token.run(global),
        Command::Translation(translation) => translation.run(global),
        Command::Links(links) => links.run(global),
        Command::Health(health) => health.run(global),
        Command::Search(search) => {
            search.run(global);
            Ok(())
        }
        Command::Bench(bench) => bench.run(global),
    }
}
