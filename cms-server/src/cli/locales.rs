//! `cms locales`: the locales of a site, and where content comes from when it is missing in one.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    commands::{CommandError, configure_site::ConfigureSite},
    event::SiteLocale,
    followers::editing::Site,
    locale::Locale,
};
use serde_json::json;

use super::{Failure, Global, output, store};

/// List the site's locales, or add and configure them.
#[derive(Debug, Args)]
pub(crate) struct Locales {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the locales with their chains.
    List,
    /// Add a locale, or change what is given of one that is there.
    Set {
        /// Its BCP 47 tag.
        #[arg(value_parser = locale)]
        tag: Locale,
        /// Its name in its own language; a usual one without.
        #[arg(long)]
        name: Option<String>,
        /// Where to look next, in order, when content is missing in it: `--fallback fr,en`. Then nowhere
        /// else is looked.
        #[arg(long, value_delimiter = ',', value_parser = locale, value_name = "TAG,…")]
        fallback: Option<Vec<Locale>>,
        /// Look where it is usual: the tag cut shorter, the source locale, the site's default.
        #[arg(long, conflicts_with = "fallback")]
        usual_fallback: bool,
        /// Make it the site's default.
        #[arg(long)]
        default: bool,
    },
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|error| error.to_string())
}

impl Locales {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        store::runtime(2)?.block_on(async {
            let cms = store::open_as_it_is(&global.data).await?;
            let site = cms.editing().site().context("the site can't be read")?;
            let mut site = site.context("the store has no site")?;
            if let Act::Set { tag, name, fallback, usual_fallback, default } = &self.act {
                with_known(&mut site, tag, |known| {
                    if let Some(name) = name {
                        known.name.clone_from(name);
                    }
                    if *usual_fallback || fallback.is_some() {
                        known.fallback.clone_from(fallback);
                    }
                });
                if *default {
                    site.default_locale = tag.clone();
                }
                save(&cms, &site).await?;
            }
            tell(&cms, global.json)
        })
    }
}

/// Changes a locale of the site, which is added where it is missing.
fn with_known(site: &mut Site, tag: &Locale, change: impl FnOnce(&mut SiteLocale)) {
    if let Some(known) = site.locales.iter_mut().find(|known| known.tag == *tag) {
        change(known);
        return;
    }
    let (tag, name) = (tag.clone(), tag.own_name().to_owned());
    let mut added = SiteLocale { tag, name, fallback: None };
    change(&mut added);
    site.locales.push(added);
}

async fn save(cms: &Cms, site: &Site) -> Result<(), Failure> {
    let administrator = store::administrator(cms)?;
    let act = ConfigureSite {
        default_locale: site.default_locale.clone(),
        locales: site.locales.clone(),
        default_agency: site.default_agency,
    };
    match cms.configure_site(&administrator, act).await {
        Ok(_) => Ok(()),
        Err(CommandError::Invalid(violations)) => {
            let said: Vec<_> = violations.iter().map(output::said).collect();
            Err(Failure::No(said.join("\n")))
        }
        Err(other) => Err(anyhow::Error::new(other).context("the locales were not saved").into()),
    }
}

fn tell(cms: &Cms, as_json: bool) -> Result<(), Failure> {
    let locales = cms.editing().locales().context("the locales can't be read")?;
    let default = locales.default_locale();
    let chain = |tag: &Locale| -> Vec<String> {
        locales.chain(tag, default).iter().map(ToString::to_string).collect()
    };
    if as_json {
        let all: Vec<_> = locales
            .all()
            .iter()
            .map(|locale| {
                json!({
                    "tag": locale.tag, "name": locale.name, "dir": locale.tag.direction().as_str(),
                    "fallback": locale.fallback, "chain": chain(&locale.tag),
                    "default": locale.tag == *default,
                })
            })
            .collect();
        output::say(json!({ "locales": all }));
        return Ok(());
    }
    for locale in locales.all() {
        let default = if locale.tag == *default { " (default)" } else { "" };
        let kind = if locale.fallback.is_some() { "configured" } else { "usual" };
        output::say(format_args!(
            "{} {}{default}: {} ({kind})",
            locale.tag,
            locale.name,
            chain(&locale.tag).join(" → ")
        ));
    }
    Ok(())
}
