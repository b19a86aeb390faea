//! `cms release`: publications and withdrawals that happen as one.

use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    access::Actor,
    clock::Timestamp,
    commands::{
        CommandError,
        change_release::{ChangeRelease, NewItem, WantedItem},
        publish_release::OnRelease,
        schedule_release::ScheduleRelease,
    },
    event::{Due, Part},
    id::{EntryId, ReleaseId},
    locale::Locale,
    release::Release,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// Put publications together, and let them happen as one: now, or at a time.
#[derive(Debug, Args)]
pub(crate) struct ReleaseCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the releases.
    List,
    /// Show what a release does and where it stands.
    Show(Which),
    /// Begin a release, empty.
    Begin {
        /// What you call it.
        name: String,
    },
    /// Add parts of entries, whose newest revisions it publishes.
    Add {
        #[command(flatten)]
        which: Which,
        /// `ENTRY/LOCALE` or `ENTRY/shared`.
        #[arg(required = true, value_parser = part)]
        parts: Vec<(EntryId, Part)>,
    },
    /// Take parts out.
    Remove {
        #[command(flatten)]
        which: Which,
        /// `ENTRY/LOCALE` or `ENTRY/shared`.
        #[arg(required = true, value_parser = part)]
        parts: Vec<(EntryId, Part)>,
    },
    /// Look whether it could happen now: all that is wrong, or nothing. Changes nothing.
    Check(Which),
    /// Let it happen now, all of it or nothing.
    Publish(Which),
    /// Let it happen at a time.
    Schedule {
        #[command(flatten)]
        which: Which,
        /// When (RFC 3339).
        #[arg(long)]
        at: Timestamp,
        /// The time zone that you chose it in, such as `Europe/Paris`.
        #[arg(long)]
        zone: Option<String>,
    },
    /// Take the schedule back.
    Unschedule(Which),
    /// Give it up. Its drafts stay.
    Discard(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// The release's id.
    id: ReleaseId,
}

fn part(text: &str) -> Result<(EntryId, Part), String> {
    let (id, part) = text.split_once('/').ok_or("it has no slash")?;
    let id = id.parse::<EntryId>().map_err(|error| error.to_string())?;
    let part = match part {
        "shared" => Part::Shared,
        tag => Part::Locale(Locale::parse(tag).map_err(|error| error.to_string())?),
    };
    Ok((id, part))
}

fn name_of(part: &Part) -> String {
    match part {
        Part::Shared => "shared".to_owned(),
        Part::Locale(locale) => locale.to_string(),
    }
}

impl ReleaseCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let answer = if let Some(server) = server {
                self.ask(&server).await?
            } else {
                store::check_exists(&global.data)?;
                self.act(&store::open_as_it_is(global).await?).await?
            };
            tell(&answer, global.json);
            Ok(())
        })
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        let place = |which: &Which| format!("/manage/v1/releases/{}", which.id);
        let parts = |parts: &[(EntryId, Part)]| -> Vec<_> {
            let one = |(id, part): &(EntryId, Part)| json!({ "id": id.to_string(), "part": name_of(part) });
            parts.iter().map(one).collect()
        };
        let (which, act, body) = match &self.act {
            Act::List => {
                return server.json(Method::GET, "/manage/v1/releases?limit=100", None).await;
            }
            Act::Show(which) => return server.json(Method::GET, &place(which), None).await,
            Act::Begin { name } => {
                let body = json!({ "name": name });
                return server.json(Method::POST, "/manage/v1/releases", Some(&body)).await;
            }
            Act::Add { which, parts: all } => (which, "items", json!({ "add": parts(all) })),
            Act::Remove { which, parts: all } => (which, "items", json!({ "remove": parts(all) })),
            Act::Check(which) => (which, "check", Value::Null),
            Act::Publish(which) => (which, "publish", json!({})),
            Act::Schedule { which, at, zone } => {
                (which, "schedule", json!({ "at": at, "zone": zone }))
            }
            Act::Unschedule(which) => (which, "unschedule", json!({})),
            Act::Discard(which) => (which, "discard", json!({})),
        };
        let path = format!("{}/{act}", place(which));
        let make = |request: reqwest::RequestBuilder| {
            let request = request.header("If-Match", "*");
            if body.is_null() { request } else { request.json(&body) }
        };
        let answer = server.ask(Method::POST, &path, make).await?;
        let bytes = answer.bytes().await.map_err(anyhow::Error::from)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let actor = store::administrator(cms)?;
        match &self.act {
            Act::List => {
                let all = cms.editing().releases(None, 1_000).map_err(anyhow::Error::from)?;
                Ok(json!({ "data": all.iter().map(as_value).collect::<Vec<_>>() }))
            }
            Act::Show(which) => shown(cms, which.id),
            Act::Begin { name } => {
                let made = cms.begin_release(&actor, name.clone()).await.map_err(wrong)?;
                shown(cms, made.0)
            }
            Act::Add { which, parts } => {
                let new = |(entry, part): &(EntryId, Part)| NewItem {
                    entry: *entry,
                    part: part.clone(),
                    wanted: WantedItem::Publish(None),
                };
                change(cms, &actor, which, (parts.iter().map(new).collect(), Vec::new())).await
            }
            Act::Remove { which, parts } => {
                change(cms, &actor, which, (Vec::new(), parts.clone())).await
            }
            Act::Check(which) => {
                cms.check_release(&actor, on(which)).await.map_err(wrong)?;
                Ok(Value::Null)
            }
            Act::Publish(which) => {
                cms.publish_release(&actor, on(which)).await.map_err(wrong)?;
                shown(cms, which.id)
            }
            Act::Schedule { which, at, zone } => {
                let (release, at, zone) = (which.id, *at, zone.clone());
                let act = ScheduleRelease { release, expected: None, at, zone };
                cms.schedule_release(&actor, act).await.map_err(wrong)?;
                shown(cms, release)
            }
            Act::Unschedule(which) => {
                cms.unschedule_release(&actor, on(which)).await.map_err(wrong)?;
                shown(cms, which.id)
            }
            Act::Discard(which) => {
                cms.discard_release(&actor, on(which)).await.map_err(wrong)?;
                shown(cms, which.id)
            }
        }
    }
}

fn on(which: &Which) -> OnRelease {
    OnRelease { release: which.id, expected: None }
}

async fn change(
    cms: &Cms,
    actor: &Actor,
    which: &Which,
    (add, remove): (Vec<NewItem>, Vec<(EntryId, Part)>),
) -> Result<Value, Failure> {
    let act = ChangeRelease { release: which.id, expected: None, add, remove };
    cms.change_release(actor, act).await.map_err(wrong)?;
    shown(cms, which.id)
}

fn shown(cms: &Cms, id: ReleaseId) -> Result<Value, Failure> {
    let release = cms.editing().release(id).map_err(anyhow::Error::from)?;
    let release = release.ok_or_else(|| Failure::No(format!("there is no release {id}")))?;
    Ok(as_value(&release))
}

fn as_value(release: &Release) -> Value {
    let items = release.items.iter().map(|item| {
        let (id, part) = (item.entry.to_string(), name_of(&item.part));
        match &item.due {
            Due::Publish(revision) => {
                json!({ "id": id, "part": part, "act": "publish", "revision": revision })
            }
            Due::Unpublish(_) => json!({ "id": id, "part": part, "act": "unpublish" }),
        }
    });
    json!({
        "id": release.id.to_string(), "name": release.name, "state": release.state.as_str(),
        "version": release.version, "at": release.schedule().map(|(at, _)| at),
        "items": items.collect::<Vec<_>>(),
    })
}

/// Why an act was refused, with the place of each item that is wrong.
fn wrong(error: CommandError) -> Failure {
    let CommandError::InvalidItems(faults) = error else { return refused(error) };
    let lines = faults.iter().flat_map(|fault| {
        let place = format!("{}/{}", fault.entry, name_of(&fault.part));
        fault.violations.iter().map(move |violation| format!("{place} {}", output::said(violation)))
    });
    Failure::No(lines.collect::<Vec<_>>().join("\n"))
}

/// Says which releases there are, or what one does.
fn tell(answer: &Value, as_json: bool) {
    if as_json {
        output::say(answer);
        return;
    }
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "-".to_owned(),
    };
    let one = |release: &Value| {
        output::say(format_args!(
            "{} {}: {}, at {}",
            text(release, "id"),
            text(release, "name"),
            text(release, "state"),
            text(release, "at")
        ));
        for item in release.get("items").and_then(Value::as_array).into_iter().flatten() {
            let (id, part) = (text(item, "id"), text(item, "part"));
            output::say(format_args!(
                "  {} {id}/{part} {}",
                text(item, "act"),
                text(item, "revision")
            ));
        }
    };
    match answer.get("data").and_then(Value::as_array) {
        Some(all) => all.iter().for_each(one),
        None if answer.is_null() => output::say("nothing is wrong with it"),
        None => one(answer),
    }
}
