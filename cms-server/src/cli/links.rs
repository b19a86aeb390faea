//! `cms links`: links that leave the site, and those within it that lead nowhere.
#![expect(clippy::format_collect, reason = "short texts, once")]

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    event::Part,
    followers::editing::uses::nowhere,
    id::{EntryId, ExternalKey},
    link::{Failure as Failed, State},
};
use cms_server::links::{Checker, RoundError};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

/// How many addresses are read together.
const STEP: usize = 500;
/// How many pages are named for each link.
const USERS: usize = 50;

/// List the links of published pages with how they stand, or look at those whose time has come.
///
/// Looking asks other sites: politely, each one's pages one by one. A link is called broken when it failed for days.
#[derive(Debug, Args)]
pub(crate) struct LinksCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    listed: Listed,
}

/// Which links to list.
#[derive(Debug, Clone, Default, Args)]
struct Listed {
    /// Only links that stand so: good, moved, guarded, doubtful, broken, forbidden or unknown.
    #[arg(long, value_parser = state)]
    state: Option<State>,
    /// Only links of pages that this agency, by its key, answers for.
    #[arg(long)]
    agency: Option<ExternalKey>,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the links.
    List {
        #[command(flatten)]
        listed: Listed,
    },
    /// Look at the links whose time has come.
    Check {
        /// Look at those whose time hasn't come, too.
        #[arg(long)]
        all: bool,
    },
}

fn state(text: &str) -> Result<State, String> {
    State::named(text).ok_or_else(|| "there is no such state".to_owned())
}

impl LinksCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let cms = if server.is_none() {
                store::check_exists(&global.data)?;
                Some(store::open_as_it_is(global).await?)
            } else {
                None
            };
            let listed = match &self.act {
                None => &self.listed,
                Some(Act::List { listed }) => listed,
                Some(Act::Check { all }) => {
                    let found = match (&server, &cms) {
                        (Some(server), _) => {
                            let body = json!({ "all": all });
                            let path = "/manage/v1/links/checks";
                            server.json(Method::POST, path, Some(&body)).await?
                        }
                        (None, Some(cms)) => check(cms, global, *all).await?,
                        (None, None) => Value::Null,
                    };
                    tell_found(&found, global.json);
                    return Ok(());
                }
            };
            let links = match (&server, &cms) {
                (Some(server), _) => ask(server, listed).await?,
                (None, Some(cms)) => read(cms, listed).await?,
                (None, None) => Vec::new(),
            };
            tell(&links, global.json);
            Ok(())
        })
    }
}

/// Looks from here.
async fn check(cms: &Cms, global: &Global, all: bool) -> Result<Value, Failure> {
    let config = store::configuration(global)?;
    let checker = Checker::new(cms, &config.links, &config.public_url);
    let found = checker.round(all).await.map_err(|error| match error {
        RoundError::Elsewhere => Failure::No(error.to_string()),
        RoundError::Blind(_) | RoundError::Store(_) => anyhow::Error::new(error).into(),
    })?;
    let found: Map<String, Value> =
        found.into_iter().map(|(state, count)| (state.as_str().to_owned(), json!(count))).collect();
    Ok(json!({ "found": found }))
}

/// All links that a server tells of.
async fn ask(server: &Server, listed: &Listed) -> Result<Vec<Value>, Failure> {
    let mut links = Vec::new();
    let mut query = String::from("limit=100");
    if let Some(state) = listed.state {
        query = format!("{query}&state={}", state.as_str());
    }
    if let Some(agency) = &listed.agency {
        query = format!("{query}&agency={agency}");
    }
    let mut after = String::new();
    loop {
        let path = format!("/manage/v1/links?{query}{after}");
        let page = server.json(Method::GET, &path, None).await?;
        links.extend(page.get("data").and_then(Value::as_array).into_iter().flatten().cloned());
        let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(links) };
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        after = format!("&after={next}");
    }
}

/// All links, as the store has them.
async fn read(cms: &Cms, listed: &Listed) -> Result<Vec<Value>, Failure> {
    let standings = cms.editing().link_standings().await.context("the links can't be read")?;
    let (mut links, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = cms.delivery().linked(after.as_deref(), (STEP, USERS));
        let page = page.context("the links can't be read")?;
        let is_last = page.len() < STEP;
        after = page.last().map(|linked| linked.url.clone());
        for linked in page {
            let standing = standings.get(&linked.url);
            let state = standing.map_or(State::Unknown, |standing| standing.state);
            if listed.state.is_some_and(|wanted| wanted != state) {
                continue;
            }
            let users = users(cms, listed, &linked.by)?;
            if !users.is_empty() {
                links.push(json!({
                    "kind": "external", "target": linked.url, "state": state.as_str(), "used_by": users,
                    "reason": standing.and_then(|standing| standing.failure).map(Failed::as_str),
                    "moved_to": standing.and_then(|standing| standing.moved_to.clone()),
                    "checked_at": standing.map(|standing| standing.checked_at),
                }));
            }
        }
        if is_last {
            break;
        }
    }
    if listed.state.is_none_or(|state| state == State::Broken) {
        links.extend(read_broken(cms, listed)?);
    }
    Ok(links)
}

/// The links within the site that lead nowhere.
fn read_broken(cms: &Cms, listed: &Listed) -> Result<Vec<Value>, Failure> {
    let editing = cms.editing();
    let (mut links, mut after) = (Vec::new(), None);
    loop {
        let rows = editing.uses(after.as_ref(), STEP).context("the links can't be read")?;
        for ((target, user, part), _) in &rows {
            let entry = editing.entry(*target).context("an entry can't be read")?;
            let Some(reason) = nowhere(entry.as_ref()) else { continue };
            let users = users(cms, listed, &[(*user, part.clone())])?;
            if !users.is_empty() {
                links.push(json!({
                    "kind": "internal", "target": target.to_string(), "state": "broken", "reason": reason,
                    "used_by": users,
                }));
            }
        }
        match rows.last() {
            Some((last, _)) if rows.len() == STEP => after = Some(last.clone()),
            Some(_) | None => return Ok(links),
        }
    }
}

/// The pages that have a link, of those that are asked for.
fn users(cms: &Cms, listed: &Listed, by: &[(EntryId, Part)]) -> Result<Vec<Value>, Failure> {
    let editing = cms.editing();
    let agencies = editing.agencies().context("the agencies can't be read")?;
    let mut users = Vec::new();
    for (id, part) in by {
        let entry = editing.entry(*id).context("an entry can't be read")?;
        let Some(entry) = entry else { continue };
        let agency = agencies.get(&entry.agency).map(|agency| &agency.key);
        if listed.agency.as_ref().is_none_or(|wanted| agency == Some(wanted)) {
            let part = match part {
                Part::Shared => "shared",
                Part::Locale(locale) => locale.as_str(),
            };
            users.push(json!({
                "id": id.to_string(), "type": entry.type_name, "part": part, "agency": agency,
            }));
        }
    }
    Ok(users)
}

fn tell_found(found: &Value, as_json: bool) {
    if as_json {
        return output::say(found);
    }
    let found = found.get("found").and_then(Value::as_object);
    let found: Vec<String> =
        found.into_iter().flatten().map(|(state, count)| format!("{count} {state}")).collect();
    if found.is_empty() {
        return output::say("no link's time has come");
    }
    output::say(found.join(", "));
}

fn tell(links: &[Value], as_json: bool) {
    if as_json {
        return output::say(json!({ "data": links }));
    }
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for link in links {
        let moved = link.get("moved_to").and_then(Value::as_str);
        let moved = moved.map(|to| format!(" -> {to}")).unwrap_or_default();
        let reason = link.get("reason").and_then(Value::as_str);
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        output::say(format_args!(
            "{}{reason} {}{moved}",
            text(link, "state"),
            text(link, "target")
        ));
        for user in link.get("used_by").and_then(Value::as_array).into_iter().flatten() {
            output::say(format_args!(
                "  {} {} {} {}",
                text(user, "agency"),
                text(user, "type"),
                text(user, "id"),
                text(user, "part")
            ));
        }
    }
}
