//! `cms audit list`: who did what, when.

use clap::Args;
use cms_core::{
    clock::Timestamp,
    id::{AccountId, EntryId},
    queries::audit::AuditQuestion,
};
use cms_server::management::audit::EventDocument;
use reqwest::Method;
use serde_json::{Value, json};

use super::open;
use crate::cli::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

/// How many events are asked for at a time.
const PAGE: usize = 500;

/// List who did what, when: of an entry, of an account, in a period. Without any of them, all that ever happened.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only what was done to this entry.
    #[arg(long, value_name = "ID")]
    entry: Option<EntryId>,
    /// Only what this account did.
    #[arg(long, value_name = "ID")]
    actor: Option<AccountId>,
    /// Not before this (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Before this (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

impl List {
    pub(super) fn run(&self, remote: &Remote, global: &Global) -> Result<(), Failure> {
        let server = remote.server()?;
        store::runtime(2)?.block_on(async {
            let cms = if server.is_none() { Some(open(global).await?) } else { None };
            let (mut after, mut all) = (0, Vec::new());
            loop {
                let (events, next) = match (&server, &cms) {
                    (Some(server), _) => self.ask(server, after).await?,
                    (None, Some(cms)) => self.find(cms, after).await?,
                    (None, None) => (Vec::new(), None),
                };
                if global.json {
                    all.extend(events);
                } else {
                    events.iter().for_each(tell);
                }
                match next {
                    Some(next) => after = next,
                    None => break,
                }
            }
            if global.json {
                output::say(json!({ "data": all }));
            }
            Ok(())
        })
    }

    async fn ask(&self, server: &Server, after: u64) -> Result<(Vec<Value>, Option<u64>), Failure> {
        let mut path = format!("/manage/v1/audit?limit={PAGE}&after={after}");
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                path = format!("{path}&{name}={}", value.replace('+', "%2B"));
            }
        };
        add("entry", self.entry.map(|id| id.to_string()));
        add("actor", self.actor.map(|id| id.to_string()));
        add("from", self.from.map(|at| at.to_string()));
        add("to", self.to.map(|at| at.to_string()));
        let mut page = server.json(Method::GET, &path, None).await?;
        let events = page.get_mut("data").and_then(Value::as_array_mut).map(std::mem::take);
        Ok((events.unwrap_or_default(), page.get("next").and_then(Value::as_u64)))
    }

    async fn find(
        &self,
        cms: &cms_core::Cms,
        after: u64,
    ) -> Result<(Vec<Value>, Option<u64>), Failure> {
        let Self { entry, actor, from, to } = *self;
        let question = AuditQuestion { entry, actor, from, to, after, limit: PAGE };
        let page = cms.editing().audit(&question).await.map_err(anyhow::Error::from)?;
        let told = page.events.iter().map(|event| serde_json::to_value(EventDocument::of(event)));
        Ok((told.collect::<Result<_, _>>().map_err(anyhow::Error::from)?, page.next))
    }
}

fn tell(event: &Value) {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("-");
    let what = event.pointer("/what/event").and_then(Value::as_str).unwrap_or("(erased)");
    let about = event.get("about").and_then(Value::as_array).into_iter().flatten();
    let about: Vec<_> = about
        .filter_map(|one| {
            Some(format!("{}/{}", one.get("id")?.as_str()?, one.get("part")?.as_str()?))
        })
        .collect();
    let number = event.get("event").and_then(Value::as_u64).unwrap_or(0);
    output::say(format_args!(
        "{number} {} {} {what} {}",
        text("at"),
        text("actor"),
        about.join(" ")
    ));
}
