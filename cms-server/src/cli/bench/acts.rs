//! `cms bench acts`: how long editors wait for their acts, alone and sixteen at a time, and that no save is lost.

use std::{
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use cms_core::{
    Cms,
    access::Actor,
    cms::log_folder,
    commands::{
        CommandError,
        change_release::{ChangeRelease, NewItem, WantedItem},
        create_entry::CreateEntry,
        publish::Publish,
        publish_release::OnRelease,
        save_draft::SaveDraft,
    },
    event::{Fields, Part},
    id::{EntryId, TypeName},
    locale::Locale,
    store::sled::{Options, verify},
};

use super::{
    super::{Failure, Global, output, store},
    process::cpu,
    publish::tell,
};

/// Make a store in a fresh `--data`, and save, publish and publish many at once, with durability as always.
#[derive(Debug, Args)]
pub(crate) struct Acts {
    /// Acts of each kind by one editor.
    #[arg(long, default_value_t = 500)]
    count: usize,
    /// Bytes of each text.
    #[arg(long, default_value_t = 5_000)]
    bytes: usize,
    /// Editors at once.
    #[arg(long, default_value_t = 16)]
    editors: usize,
    /// Saves by each of them.
    #[arg(long, default_value_t = 50)]
    saves: usize,
    /// Items of a release.
    #[arg(long, default_value_t = 100)]
    items: usize,
    /// Releases.
    #[arg(long, default_value_t = 10)]
    releases: usize,
}

impl Acts {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        if log_folder(&global.data).exists() {
            return Err(Failure::No(format!("{} has a store already", global.data.display())));
        }
        let runtime = store::runtime(4)?;
        runtime.block_on(async {
            let cms = store::open(&global.data, global).await?;
            let actor = cms.administrator().context("the store can't be read")?;
            let actor = actor.context("the store has no administrator")?;
            let desk = Arc::new(Desk {
                cms,
                actor,
                bytes: self.bytes,
                locale: Locale::parse("en").context("English")?,
            });
            self.alone(&desk).await?;
            self.together(&desk).await?;
            self.releases(&desk).await?;
            anyhow::Ok(())
        })?;
        drop(runtime);
        prove(global)
    }

    /// One editor, one act after the other.
    async fn alone(&self, desk: &Desk) -> anyhow::Result<()> {
        let begun = Begun::now();
        let (mut saved, mut published) = (Vec::new(), Vec::new());
        let entry = desk.entry().await?;
        for number in 0..self.count {
            let at = Instant::now();
            desk.save(entry, None, number).await?;
            saved.push(at.elapsed());
            let at = Instant::now();
            desk.cms.publish(&desk.actor, Publish::new(entry, desk.part())).await?;
            published.push(at.elapsed());
        }
        tell("save, one editor", saved);
        tell("publish, one editor", published);
        begun.tell(2 * self.count);
        Ok(())
    }

    /// Many editors, each with an entry of its own, then all with the same.
    async fn together(&self, desk: &Arc<Desk>) -> anyhow::Result<()> {
        let one = desk.entry().await?;
        for shared in [None, Some(one)] {
            let begun = Begun::now();
            let mut tasks = Vec::new();
            for editor in 0..self.editors {
                let (desk, saves) = (Arc::clone(desk), self.saves);
                tasks.push(tokio::spawn(async move { desk.work(shared, editor, saves).await }));
            }
            let (mut lasted, mut kept) = (Vec::new(), Vec::new());
            for task in tasks {
                let (own, acknowledged) = task.await.context("an editor stopped")??;
                lasted.extend(own);
                kept.extend(acknowledged);
            }
            let what = if shared.is_some() { "the same entry" } else { "entries of their own" };
            tell(&format!("save, {} editors on {what}", self.editors), lasted);
            begun.tell(kept.len());
            desk.check(&kept).await?;
            output::say(format_args!("  {} acknowledged saves, each a revision", kept.len()));
        }
        Ok(())
    }

    /// Releases of many items.
    async fn releases(&self, desk: &Desk) -> anyhow::Result<()> {
        let mut entries = Vec::new();
        for _ in 0..self.items {
            entries.push(desk.entry().await?);
        }
        let (mut lasted, mut spent) = (Vec::new(), Duration::ZERO);
        for number in 0..self.releases {
            for entry in &entries {
                desk.save(*entry, None, number).await?;
            }
            let begun = cpu(process::id());
            let (release, _) = desk.cms.begin_release(&desk.actor, format!("{number}")).await?;
            let item = |entry: &EntryId| NewItem {
                entry: *entry,
                part: desk.part(),
                wanted: WantedItem::Publish(None),
            };
            let add = entries.iter().map(item).collect();
            let act = ChangeRelease { release, expected: None, add, remove: Vec::new() };
            desk.cms.change_release(&desk.actor, act).await?;
            let at = Instant::now();
            desk.cms.publish_release(&desk.actor, OnRelease { release, expected: None }).await?;
            lasted.push(at.elapsed());
            spent += cpu(process::id()).saturating_sub(begun);
        }
        tell(&format!("publish a release of {} items", self.items), lasted);
        let items = u32::try_from(self.items * self.releases).unwrap_or(u32::MAX).max(1);
        output::say(format_args!(
            "  {:.2} CPU ms an item, with filling the release",
            spent.as_secs_f64() * 1_000.0 / f64::from(items)
        ));
        Ok(())
    }
}

/// Clocks at the beginning of a measurement.
struct Begun(Instant, Duration);

impl Begun {
    fn now() -> Self {
        Self(Instant::now(), cpu(process::id()))
    }

    /// Says how fast so many acts were.
    fn tell(&self, acts: usize) {
        let acts = f64::from(u32::try_from(acts).unwrap_or(u32::MAX));
        let (wall, spent) = (self.0.elapsed(), cpu(process::id()).saturating_sub(self.1));
        output::say(format_args!(
            "  {:.0} acts/s, {:.2} CPU ms an act",
            acts / wall.as_secs_f64(),
            spent.as_secs_f64() * 1_000.0 / acts
        ));
    }
}

/// A save that was acknowledged: of which entry, as which revision, with which text.
type Kept = (EntryId, u32, String);

struct Desk {
    cms: Cms,
    actor: Actor,
    bytes: usize,
    locale: Locale,
}

impl Desk {
    fn part(&self) -> Part {
        Part::Locale(self.locale.clone())
    }

    async fn entry(&self) -> anyhow::Result<EntryId> {
        let act = CreateEntry {
            type_name: TypeName::parse("guidance")?,
            agency: None,
            source_locale: self.locale.clone(),
            key: None,
        };
        Ok(self.cms.create_entry(&self.actor, act).await?.0)
    }

    fn fields(&self, text: &str) -> anyhow::Result<Fields> {
        let body =
            "Talk to somebody you trust; nothing of it is your fault. ".repeat(self.bytes / 57);
        Ok(Fields::from([
            ("title".parse()?, text.into()),
            ("body".parse()?, format!("{body}\n\n{text}").into()),
        ]))
    }

    async fn save(
        &self,
        entry: EntryId,
        expected: Option<u32>,
        number: usize,
    ) -> anyhow::Result<u32> {
        let fields = self.fields(&format!("Text {number}"))?;
        let act = SaveDraft { expected, ..SaveDraft::new(entry, self.part(), fields) };
        Ok(self.cms.save_draft(&self.actor, act).await?.revision)
    }

    /// Saves as an editor does who has seen the newest revision, and looks again when somebody was first.
    async fn work(
        &self,
        shared: Option<EntryId>,
        editor: usize,
        saves: usize,
    ) -> anyhow::Result<(Vec<Duration>, Vec<Kept>)> {
        let entry = match shared {
            Some(entry) => entry,
            None => self.entry().await?,
        };
        let (mut lasted, mut kept) = (Vec::new(), Vec::new());
        for number in 0..saves {
            let text = format!("Editor {editor}, text {number}");
            let at = Instant::now();
            let revision = loop {
                let head = self.cms.editing().entry(entry)?.context("the entry is gone")?;
                let head = head.heads.get(&self.part()).map_or(0, |head| head.newest);
                let act = SaveDraft {
                    expected: Some(head),
                    ..SaveDraft::new(entry, self.part(), self.fields(&text)?)
                };
                match self.cms.save_draft(&self.actor, act).await {
                    Ok(accepted) => break accepted.revision,
                    Err(CommandError::Stale { .. } | CommandError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            };
            lasted.push(at.elapsed());
            kept.push((entry, revision, text));
        }
        Ok((lasted, kept))
    }

    /// That each save that was acknowledged is a revision, with its own text, and that there are no others.
    async fn check(&self, kept: &[Kept]) -> anyhow::Result<()> {
        let editing = self.cms.editing();
        let mut numbers: Vec<(EntryId, u32)> = kept.iter().map(|kept| (kept.0, kept.1)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        ensure!(numbers.len() == kept.len(), "two saves were acknowledged as one revision");
        for (entry, revision, text) in kept {
            let before = (Some(revision + 1), 1);
            let saved = editing.revisions(*entry, &self.part(), before)?.pop();
            let saved = saved.filter(|(number, _)| number == revision).map(|(_, saved)| saved);
            let saved = saved.context("an acknowledged save is no revision")?;
            let fields = editing.fields(saved.event).await?;
            let title = fields.get("title").and_then(|title| title.as_str());
            ensure!(title == Some(text.as_str()), "a revision has another's text");
        }
        for entry in numbers.chunk_by(|one, other| one.0 == other.0).filter_map(|own| own.last()) {
            let own = numbers.iter().filter(|(id, _)| *id == entry.0).count();
            ensure!(usize::try_from(entry.1)? == own, "a revision is nobody's");
        }
        Ok(())
    }
}

/// How long it takes to go through the whole log, with each digest and the tree over all.
fn prove(global: &Global) -> Result<(), Failure> {
    let (begun, at) = (cpu(process::id()), Instant::now());
    let walked = verify(&log_folder(&global.data), &Options::default(), &mut |_| {});
    let walked = walked.map_err(store::explain_log)?;
    if !walked.is_sound() {
        return Err(Failure::No("the log is damaged".to_owned()));
    }
    let (wall, spent) =
        (at.elapsed().as_secs_f64(), cpu(process::id()).saturating_sub(begun).as_secs_f64());
    let events = f64::from(u32::try_from(walked.events).unwrap_or(u32::MAX)).max(1.0);
    output::say(format_args!(
        "audit verify: {events} events in {wall:.2} s, {spent:.2} CPU s; a million of their kind, extrapolated: {:.0} s, {:.0} CPU s",
        wall / events * 1e6,
        spent / events * 1e6
    ));
    Ok(())
}
