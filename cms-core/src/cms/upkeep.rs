//! What a store does by itself while it is open: it copies the view when that has outgrown what is in it, and makes
//! all derived data again from the log when something in it was found damaged.
//!
//! Little of what was overwritten is given back, so a view whose content changes often grows to several times its
//! content. Only a fresh one is small again; readers are served from the old one until the fresh one has all that it
//! has.

use std::{
    sync::{
        Arc, Weak,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::{Cms, Inner, OpenError, derived::Opening, folders};
use crate::{followers::FollowError, store::view::View};

/// When the store sees to its own files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpkeepOptions {
    /// How often it looks.
    pub every: Duration,
    /// A view of fewer bytes on disk is left alone.
    pub leave_below: u64,
}

impl Default for UpkeepOptions {
    fn default() -> Self {
        Self { every: Duration::from_secs(10), leave_below: 64 << 20 }
    }
}

/// How far behind the log the lists may be for there to be time for other things, in events.
const CALM: u64 = 256;

/// Looks after a store, on a thread, until the store is closed: that ends the wait for the channel.
pub(super) fn start(
    inner: Weak<Inner>,
    options: UpkeepOptions,
) -> Result<mpsc::Sender<()>, OpenError> {
    let (open, closed) = mpsc::channel();
    let look = move || {
        let mut grown_to = options.leave_below;
        while let Err(RecvTimeoutError::Timeout) = closed.recv_timeout(options.every) {
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = look(&Cms(inner), &mut grown_to) {
                tracing::error!(%error, "the view was not made again; the old one goes on serving");
            }
        }
    };
    let thread = thread::Builder::new().name("upkeep".to_owned()).spawn(look);
    thread.map_err(|error| FollowError::Machine(error.to_string()))?;
    Ok(open)
}

/// Makes the derived data again if something in the view is damaged, or if it takes more than five halves of what
/// its rows are: a fresh one takes less than two. `grown_to` is the size from which on that is worth counting.
fn look(cms: &Cms, grown_to: &mut u64) -> Result<(), OpenError> {
    let on_disk = cms.derived().view.size_on_disk();
    if cms.derived().view.is_damaged() {
        tracing::error!("the view is damaged: it is made again from the log");
        return make_again(cms);
    }
    let behind = cms.0.log.last().saturating_sub(cms.progress().1.applied);
    if on_disk < *grown_to || behind > CALM {
        return Ok(());
    }
    // If anything fails, it is tried again when it has grown some more.
    *grown_to = on_disk / 4 * 5;
    let (_, rows) = cms.space()?;
    let bound = rows / 2 * 5;
    if on_disk <= bound {
        *grown_to = bound.max(on_disk / 8 * 9);
        return Ok(());
    }
    tracing::info!(on_disk, rows, "the view has outgrown its rows: they are copied to a fresh one");
    copy(cms)?;
    let now = cms.derived().view.size_on_disk();
    *grown_to = now / 2 * 3;
    tracing::info!(before = on_disk, now, "the view was copied");
    Ok(())
}

fn make_again(cms: &Cms) -> Result<(), OpenError> {
    waiting()?.block_on(cms.rebuild(|_| ()))
}

/// Exchanges the view for a copy of its rows. The index stays what it is.
fn copy(cms: &Cms) -> Result<(), OpenError> {
    let runtime = waiting()?;
    let _one_at_a_time = runtime.block_on(cms.0.rebuilding.lock());
    let old = cms.derived();
    let folder = folders::next(&cms.0.dir)?;
    let fresh = Arc::new(View::open(&folder.join("view"), cms.0.options.view_cache)?);
    let places = |name: &str| (old.folder.join(name), folder.join(name));
    let (index, memory) = (places("index"), places("memory"));
    // Neither is ever ahead of the view, so they are taken first.
    let link = || {
        let linked = old.index.link(&index.0, &index.1);
        let linked = linked.and_then(|()| old.pairs.link(&memory.0, &memory.1));
        linked.map_err(|error| FollowError::Index(error.to_string()))
    };
    let copied = old.view.copy_to(&fresh, link).and_then(|()| Ok(fresh.sync()?));
    if let Err(error) = copied {
        drop(fresh);
        folders::remove_others(&cms.0.dir);
        return Err(error.into());
    }
    drop(old);
    let opening = Opening { view: Some(Ok(fresh)), index: None };
    runtime.block_on(cms.serve_from(&folder, opening))
}

fn waiting() -> Result<tokio::runtime::Runtime, OpenError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| FollowError::Machine(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;
    use crate::{
        access::Actor,
        cms::Options,
        commands::{create_entry::CreateEntry, publish::Publish, save_draft::SaveDraft},
        event::{Fields, Part},
        id::EntryId,
        locale::Locale,
        queries::{
            ReadError,
            entry::{EntryFound, EntryQuestion},
        },
    };

    /// Text that compression makes little of, another for each number.
    fn noise(number: u32) -> Value {
        let mut state = u64::from(number) + 1;
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number.into());
            format!("{:x}", state >> 8)
        });
        words.take(4_000).collect::<Vec<_>>().join(" ").into()
    }

    fn fields(number: u32) -> Fields {
        let named = [("title", "A page".into()), ("body", noise(number))];
        named.map(|(name, value)| (name.parse().unwrap(), value)).into()
    }

    /// A store with a page in English.
    struct Site {
        dir: tempfile::TempDir,
        cms: Cms,
        actor: Actor,
        entry: EntryId,
    }

    impl Site {
        async fn with(leave_below: u64) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let upkeep = UpkeepOptions { every: Duration::from_millis(5), leave_below };
            let options = Options { upkeep, ..Options::default() };
            let cms = Cms::open_with(dir.path(), options).await.unwrap();
            let actor = cms.administrator().unwrap().unwrap();
            let (type_name, source_locale) = ("page".parse().unwrap(), Locale::english());
            let act = CreateEntry { type_name, agency: None, source_locale, key: None };
            let (entry, _) = cms.create_entry(&actor, act).await.unwrap();
            Self { dir, cms, actor, entry }
        }

        async fn publish(&self, number: u32) {
            let (entry, part) = (self.entry, Part::Locale(Locale::english()));
            let save = SaveDraft::new(entry, part.clone(), fields(number));
            self.cms.save_draft(&self.actor, save).await.unwrap();
            let publish =
                Publish { entry, part, expected: None, published_at: None, change_class: None };
            self.cms.publish(&self.actor, publish).await.unwrap();
        }

        fn read(&self) -> Result<EntryFound, ReadError> {
            self.cms.delivery().entry(&EntryQuestion {
                type_name: &"page".parse().unwrap(),
                name: &self.entry.to_string(),
                locale: &Locale::english(),
                explicit: true,
                fallback: true,
                fields: None,
                include: &[],
            })
        }

        fn is_first_folder(&self) -> bool {
            let current = fs::read_to_string(self.dir.path().join("derived/current"));
            current.unwrap().starts_with("1 ")
        }
    }

    fn run(work: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
    }

    #[test]
    fn a_damaged_value_is_never_served_and_the_view_is_made_again() {
        use std::os::unix::fs::FileExt as _;
        run(async {
            let site = Site::with(1 << 30).await;
            site.publish(1).await;
            assert!(site.cms.settled().await);
            let path = site.dir.path().join("derived/1/view/heap");
            let heap = fs::File::options().write(true).open(path).unwrap();
            let length = usize::try_from(heap.metadata().unwrap().len()).unwrap();
            heap.write_all_at(&vec![0xaa; length], 0).unwrap();
            site.read().unwrap_err();
            while !matches!(site.read(), Ok(EntryFound::Entry(_))) {
                tokio::task::yield_now().await;
            }
            assert!(!site.is_first_folder());
        });
    }

    #[test]
    fn a_view_that_has_outgrown_its_rows_is_made_again_and_serves_the_same() {
        run(async {
            let site = Site::with(1 << 20).await;
            let mut number = 0;
            while site.is_first_folder() {
                number += 1;
                assert!(number < 500, "all was written anew so often, and nothing was made again");
                site.publish(number).await;
            }
            assert!(site.cms.settled().await);
            let Ok(EntryFound::Entry(answer)) = site.read() else {
                panic!("it is not there any more");
            };
            let answer = String::from_utf8(answer.body).unwrap();
            assert!(answer.contains(noise(number).as_str().unwrap()));
        });
    }
}
