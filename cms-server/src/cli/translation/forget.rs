//! `cms translation memories` and `cms translation forget`: what was taken into the memory from elsewhere, and out again.

use anyhow::Context as _;
use clap::Args;
use cms_core::{Cms, commands::CommandError, id::AgencyId};
use cms_server::management::memory::ImportsDocument;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::cli::{Failure, Global, output, remote::Server, store};

/// Take what was remembered under a name out of the translation memory.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// What it is called.
    name: String,
    /// Whose it is, by the agency's key; without it the site's default agency's.
    #[arg(long)]
    agency: Option<String>,
}

/// Shows what was taken in.
pub(super) fn list(server: Option<&Server>, global: &Global) -> Result<(), Failure> {
    let found = store::runtime(2)?.block_on(async {
        match server {
            Some(server) => server.json(Method::GET, "/manage/v1/memory/imports", None).await,
            None => look(global).await,
        }
    })?;
    if global.json {
        output::say(&found);
        return Ok(());
    }
    for one in found.get("data").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let pairs = one.get("pairs").and_then(Value::as_u64).unwrap_or(0);
        output::say(format_args!("{:<20} {:<30} {pairs:>9} pairs", text("agency"), text("name")));
    }
    Ok(())
}

async fn look(global: &Global) -> Result<Value, Failure> {
    store::check_exists(&global.data)?;
    let cms = store::open_as_it_is(global).await?;
    let administrator = store::administrator(&cms)?;
    cms.all_remembered().await;
    let found = ImportsDocument::of(&cms, &administrator).context("the memory can't be read")?;
    Ok(serde_json::to_value(found).context("no answer")?)
}

impl Forget {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.send(server).await,
                None => self.take(global).await,
            }
        })?;
        if global.json {
            output::say(json!({ "forgotten": self.name }));
        } else {
            output::say(format_args!("{} is forgotten", self.name));
        }
        Ok(())
    }

    fn missing(&self) -> Failure {
        Failure::No(format!("nothing is remembered under the name {}", self.name))
    }

    fn agency(&self, cms: &Cms) -> Result<AgencyId, Failure> {
        let editing = cms.editing();
        let found = match &self.agency {
            None => {
                editing.site().context("the store can't be read")?.map(|site| site.default_agency)
            }
            Some(key) => {
                let agencies = editing.agencies().context("the store can't be read")?;
                agencies.values().find(|agency| agency.key.as_str() == key).map(|agency| agency.id)
            }
        };
        found.ok_or_else(|| Failure::No("there is no such agency".to_owned()))
    }

    async fn take(&self, global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let of = (self.agency(&cms)?, self.name.as_str());
        let done = cms.forget_memory(&administrator, of).await;
        if matches!(done, Err(CommandError::NotFound(_))) {
            return Err(self.missing());
        }
        done.map_err(anyhow::Error::new)?;
        cms.all_remembered().await;
        Ok(())
    }

    async fn send(&self, server: &Server) -> Result<(), Failure> {
        let agency = match &self.agency {
            Some(key) => key.clone(),
            None => self.owner(server).await?,
        };
        let mut place =
            Url::parse("http://server/manage/v1/memory/imports").context("no address")?;
        if let Ok(mut steps) = place.path_segments_mut() {
            steps.extend([&agency, &self.name]);
        }
        server.json(Method::DELETE, place.path(), None).await?;
        Ok(())
    }

    /// Whose what has this name is, where that is one agency.
    async fn owner(&self, server: &Server) -> Result<String, Failure> {
        let found = server.json(Method::GET, "/manage/v1/memory/imports", None).await?;
        let text = |one: &Value, name: &str| {
            one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let all = found.get("data").and_then(Value::as_array).into_iter().flatten();
        let mut owners =
            all.filter(|one| text(one, "name") == self.name).map(|one| text(one, "agency"));
        match (owners.next(), owners.next()) {
            (Some(owner), None) => Ok(owner),
            (None, _) => Err(self.missing()),
            (Some(_), Some(_)) => {
                Err(Failure::No("several agencies have one of that name: --agency".to_owned()))
            }
        }
    }
}
