//! `cms bench publish`: how long a publication takes until readers see it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    Cms,
    access::Actor,
    commands::{publish::Publish, save_draft::SaveDraft},
    event::{Fields, Part},
    id::{EntryId, ExternalKey, TypeName},
    locale::Locale,
    queries::entry::{EntryFound, EntryQuestion},
};

use super::{
    super::{Failure, Global, output, store},
    content::{self, Plan, mixed},
};

/// Save and publish entries of the store of `--data`, which `cms bench import` filled: how long until one
/// entry, and until lists, show it.
#[derive(Debug, Args)]
pub(crate) struct Publications {
    /// Published revisions that the store was made with.
    #[arg(long, default_value_t = 10_000)]
    revisions: u64,
    /// How many publications.
    #[arg(long, default_value_t = 500)]
    count: u64,
    /// How many editors publish at once.
    #[arg(long, default_value_t = 1)]
    editors: u64,
    /// Milliseconds that an editor waits between two publications.
    #[arg(long, default_value_t = 20)]
    pause: u64,
}

/// How long it took, from the publication's beginning: until it was seen by itself, and in lists.
type Lasted = (Duration, Duration);

impl Publications {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let runtime = store::runtime(4)?;
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let cms = store::open(&global.data, global).await?;
            let administrator = cms.administrator().context("the store can't be read")?;
            let administrator = administrator.context("the store has no administrator")?;
            let next = Arc::new(AtomicU64::new(0));
            let entries = Plan::of(self.revisions, 0, 0).entries;
            let editors: Vec<_> = (0..self.editors)
                .map(|_| {
                    let editor = Editor { cms: cms.clone(), actor: administrator.clone(), entries };
                    let (next, count) = (Arc::clone(&next), self.count);
                    let pause = Duration::from_millis(self.pause);
                    tokio::task::spawn_local(async move { editor.work(&next, count, pause).await })
                })
                .collect();
            let mut all = Vec::new();
            for editor in editors {
                all.extend(editor.await.context("an editor stopped")??);
            }
            tell("seen by itself", all.iter().map(|lasted| lasted.0).collect());
            tell("seen in lists", all.iter().map(|lasted| lasted.1).collect());
            Ok(())
        })
    }
}

pub(super) fn tell(what: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |share: usize| all.get((all.len() * share / 100).min(all.len().saturating_sub(1)));
    let ms = |share| at(share).map_or(0.0, |lasted| lasted.as_secs_f64() * 1_000.0);
    output::say(format_args!(
        "{what}: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms, of {}",
        ms(50),
        ms(90),
        ms(99),
        ms(100),
        all.len()
    ));
}

struct Editor {
    cms: Cms,
    actor: Actor,
    entries: u64,
}

impl Editor {
    async fn work(
        self,
        next: &AtomicU64,
        count: u64,
        pause: Duration,
    ) -> anyhow::Result<Vec<Lasted>> {
        let mut all = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(all);
            }
            all.push(self.publish(mixed(number, 21) % self.entries).await?);
            tokio::time::sleep(pause).await;
        }
    }

    /// Saves another text of an entry and publishes it; the clock runs from the publication's beginning.
    async fn publish(&self, at: u64) -> anyhow::Result<Lasted> {
        let (type_name, locale) = (TypeName::parse("guidance")?, Locale::parse("en")?);
        let key = ExternalKey::parse(&content::key("guidance", at))?;
        let editing = self.cms.editing();
        let id = editing.entry_by_key(&type_name, &key)?.context("no such entry")?;
        let part = Part::Locale(locale.clone());
        let entry = editing.entry(id)?.context("no such entry")?;
        let head = entry.heads.get(&part).context("no such locale")?;
        let mut fields: Fields = editing.fields(head.draft.event).await?;
        let body = fields.get("body").and_then(|body| body.as_str()).unwrap_or_default();
        let body = format!("{body}\n\nChanged after revision {}.\n", head.draft.revision);
        fields.insert("body".parse()?, body.into());
        let saved =
            self.cms.save_draft(&self.actor, SaveDraft::new(id, part.clone(), fields)).await?;
        let act = Publish {
            entry: id,
            part,
            expected: Some(saved.revision),
            published_at: None,
            change_class: None,
        };
        let begun = Instant::now();
        let done = self.cms.publish(&self.actor, act);
        let seen = self.seen(id, (&type_name, &locale), saved.revision, begun);
        let (done, seen) = tokio::join!(done, seen);
        done?;
        // `publish` answers when lists show it, too.
        Ok((seen?, begun.elapsed()))
    }

    /// Asks as a reader does until the answer has the revision.
    async fn seen(
        &self,
        id: EntryId,
        (type_name, locale): (&TypeName, &Locale),
        revision: u32,
        begun: Instant,
    ) -> anyhow::Result<Duration> {
        let name = id.to_string();
        let wanted = format!("\"revision\":{revision},");
        loop {
            let question = EntryQuestion {
                type_name,
                name: &name,
                locale,
                explicit: true,
                fallback: true,
                fields: Some(&[]),
                include: &[],
            };
            if let EntryFound::Entry(answer) = self.cms.delivery().entry(&question)?
                && String::from_utf8_lossy(&answer.body).contains(&wanted)
            {
                return Ok(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
