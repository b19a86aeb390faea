//! The façade's links that leave the site: which are to be looked at, and what was found.

use super::Cms;
use crate::{
    commands::{CommandError, check_links::Round},
    link::{Look, Standing},
};

/// How many addresses are read together.
const STEP: usize = 500;

impl Cms {
    /// At most `most` addresses that published pages link to and whose time has come, those that wait longest first; with
    /// `all`, whether it has come or not.
    ///
    /// # Errors
    /// [`CommandError`] when the store cannot be read.
    pub async fn links_due(&self, most: usize, all: bool) -> Result<Vec<String>, CommandError> {
        let now = self.clock().now();
        let standings = self.editing().link_standings().await?;
        let (mut due, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.delivery().linked(after.as_deref(), (STEP, 0))?;
            let is_last = page.len() < STEP;
            after = page.last().map(|linked| linked.url.clone());
            for linked in page {
                let next = standings.get(&linked.url).map(|standing| standing.next_at);
                if all || next.is_none_or(|next| next <= now) {
                    due.push((next, linked.url));
                }
            }
            if is_last {
                due.sort();
                due.truncate(most);
                return Ok(due.into_iter().map(|(_, url)| url).collect());
            }
        }
    }

    /// Begins to look at links; `None` while another node does.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn begin_link_round(&self) -> Result<Option<Round>, CommandError> {
        self.means().forget_old_links().await?;
        self.means().begin_link_round().await
    }

    /// Goes on looking. Answers whether it is still this node's turn.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn keep_link_round(&self, round: Round) -> Result<bool, CommandError> {
        self.means().keep_link_round(round).await
    }

    /// Ends looking.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn end_link_round(&self, round: Round) -> Result<(), CommandError> {
        self.means().end_link_round(round).await
    }

    /// Keeps what a look found.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn note_link(
        &self,
        url: &str,
        look: Look,
        wait: Option<i64>,
    ) -> Result<Standing, CommandError> {
        self.means().note_link(url, look, wait).await
    }
}
