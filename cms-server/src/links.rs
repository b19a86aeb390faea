//! Looks at the links of published pages that leave the site: politely, a few sites at a time, each site's pages one by
//! one with a pause between, by one node at a time. What is found, the core keeps.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use cms_core::{
    Cms,
    commands::{CommandError, check_links::Round},
    link::State,
};
use reqwest::Url;
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use crate::config::Links;

pub(crate) mod address;
mod look;

use look::Eyes;

/// How many sites are looked at at a time.
const SITES: usize = 8;
/// How often a round says that it goes on.
const KEEP_EVERY: Duration = Duration::from_secs(30);

/// Why there was no round.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// Another node is at one.
    #[error("another is looking at links")]
    Elsewhere,
    /// This server can't ask others: its certificates can't be read.
    #[error("nobody can be asked from here: {0}")]
    Blind(#[from] reqwest::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] CommandError),
}

/// What a round found: how many links stand how.
pub type Found = BTreeMap<State, u64>;

/// Who looks at links.
#[derive(Debug, Clone)]
pub struct Checker {
    cms: Cms,
    settings: Links,
    home: String,
}

impl Checker {
    /// One with these settings; `home` is this server's own address, which those who are asked are told.
    pub fn new(cms: &Cms, settings: &Links, home: &str) -> Self {
        Self { cms: cms.clone(), settings: settings.clone(), home: home.to_owned() }
    }

    /// Whether a server looks by itself.
    pub(crate) fn is_wanted(&self) -> bool {
        self.settings.background
    }

    /// Looks at the links whose time has come, or at all; at most at so many as the settings say.
    ///
    /// # Errors
    /// [`RoundError`]: nothing was looked at.
    pub async fn round(&self, all: bool) -> Result<Found, RoundError> {
        let round = self.cms.begin_link_round().await?.ok_or(RoundError::Elsewhere)?;
        let found = tokio::select! {
            found = self.look(all) => found,
            error = self.keep(round) => Err(error),
        };
        self.cms.end_link_round(round).await?;
        found
    }

    /// Says every now and then that a round goes on. Ends when it doesn't.
    async fn keep(&self, round: Round) -> RoundError {
        loop {
            sleep(KEEP_EVERY).await;
            match self.cms.keep_link_round(round).await {
                Ok(true) => {}
                Ok(false) => return RoundError::Elsewhere,
                Err(error) => return error.into(),
            }
        }
    }

    async fn look(&self, all: bool) -> Result<Found, RoundError> {
        let due = self.cms.links_due(self.settings.per_round, all).await?;
        let eyes = Eyes::open(&self.settings, &self.home)?;
        let mut sites = BTreeMap::<String, VecDeque<String>>::new();
        for url in due {
            let site = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_lowercase));
            sites.entry(site.unwrap_or_default()).or_default().push_back(url);
        }
        let turns = Arc::new(Semaphore::new(SITES));
        // When this is given up, so are they.
        let mut tasks = JoinSet::new();
        for links in sites.into_values() {
            let (this, eyes, turns) = (self.clone(), eyes.clone(), Arc::clone(&turns));
            tasks.spawn(async move {
                let _turn = turns.acquire_owned().await;
                this.look_at_site(&eyes, links).await
            });
        }
        let mut found = Found::new();
        while let Some(site) = tasks.join_next().await {
            let site = site.unwrap_or_else(|stopped| {
                Err(CommandError::Unavailable(format!("a look at links stopped: {stopped}")))
            })?;
            for (state, count) in site {
                *found.entry(state).or_default() += count;
            }
        }
        Ok(found)
    }

    /// Looks at the links to one site, one after the other.
    async fn look_at_site(
        &self,
        eyes: &Eyes,
        links: VecDeque<String>,
    ) -> Result<Found, CommandError> {
        let mut found = Found::new();
        let last = links.len().saturating_sub(1);
        for (at, url) in links.into_iter().enumerate() {
            let (look, wait) = eyes.look(&url).await;
            let standing = self.cms.note_link(&url, look, wait).await?;
            *found.entry(standing.state).or_default() += 1;
            if at < last {
                sleep(Duration::from_millis(self.settings.pause_millis)).await;
            }
        }
        Ok(found)
    }
}

/// Looks every now and then, until the server stops.
pub(crate) async fn look_until_shutdown(checker: Checker, shutdown: rocket::Shutdown) {
    let every = Duration::from_secs(u64::from(checker.settings.every_minutes) * 60);
    let rounds = async {
        loop {
            sleep(every).await;
            match checker.round(false).await {
                Ok(_) | Err(RoundError::Elsewhere) => {}
                Err(error) => tracing::warn!(%error, "links were not looked at"),
            }
        }
    };
    tokio::select! {
        () = rounds => {}
        () = shutdown => {}
    }
}
