//! What checking the links that leave the site changes: one node looks at a time, and what it finds is kept.
//!
//! Who looks, and how, is no business of this library: it knows no HTTP. What was found lies in cells, outside the log: it
//! is nobody's decision, and can be found again.

use super::{CommandError, Means};
use crate::{
    followers::ReadError,
    id::TokenId,
    link::{LINK_CELLS, Look, Standing, cell_of},
    store::CellValue,
};

/// The cell of whoever looks.
const LEASE: &str = "lease/links";
/// How long somebody may look without a word, in milliseconds: a node that died keeps nobody else from it for longer.
const LEASE_FOR: i64 = 2 * 60 * 1_000;

/// A round of looking, as long as its lease is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round(TokenId);

impl Means {
    /// Begins a round; `None` while another node is at one.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn begin_link_round(&self) -> Result<Option<Round>, CommandError> {
        let round = Round(TokenId::generate(self.clock.now()));
        Ok(self.hold(round, true).await?.then_some(round))
    }

    /// Goes on with a round. Answers whether it is still this one's turn.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn keep_link_round(&self, round: Round) -> Result<bool, CommandError> {
        self.hold(round, false).await
    }

    /// Ends a round, so that another may begin at once.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn end_link_round(&self, round: Round) -> Result<(), CommandError> {
        if let Some(cell) = self.log.cell(LEASE).await.map_err(ReadError::from)?
            && cell.value == round.0.to_string().as_bytes()
        {
            self.log.set_cell(LEASE, cell.generation, None).await.map_err(ReadError::from)?;
        }
        Ok(())
    }

    async fn hold(&self, round: Round, is_new: bool) -> Result<bool, CommandError> {
        let now = self.clock.now();
        let cell = self.log.cell(LEASE).await.map_err(ReadError::from)?;
        let own = round.0.to_string().into_bytes();
        let is_held = cell.as_ref().is_some_and(|cell| cell.expires.is_some_and(|at| now < at));
        let is_own = cell.as_ref().is_some_and(|cell| cell.value == own);
        if !is_own && (is_held || !is_new) {
            return Ok(false);
        }
        let generation = cell.map_or(0, |cell| cell.generation);
        let value = CellValue { value: own, expires: Some(now.plus_millis(LEASE_FOR)) };
        Ok(self.log.set_cell(LEASE, generation, Some(value)).await.map_err(ReadError::from)?)
    }

    /// Keeps what a look at a link found; `wait` is how long its site asks to be left alone, in milliseconds. Answers how
    /// the link stands now.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn note_link(
        &self,
        url: &str,
        look: Look,
        wait: Option<i64>,
    ) -> Result<Standing, CommandError> {
        let name = cell_of(url);
        let cell = self.log.cell(&name).await.map_err(ReadError::from)?;
        let before =
            cell.as_ref().and_then(|cell| serde_json::from_slice::<Standing>(&cell.value).ok());
        let standing = Standing::after(before.as_ref(), (url, look), wait, self.clock.now());
        let value = serde_json::to_vec(&standing)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(standing.ends()) };
        let generation = cell.map_or(0, |cell| cell.generation);
        // Noted by another meanwhile is as good: it has looked, too.
        self.log.set_cell(&name, generation, Some(value)).await.map_err(ReadError::from)?;
        Ok(standing)
    }

    /// Forgets links that nobody has looked at for long: no page has them any more.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn forget_old_links(&self) -> Result<(), CommandError> {
        let now = self.clock.now();
        for (name, cell) in self.log.cells(LINK_CELLS).await.map_err(ReadError::from)? {
            if cell.expires.is_some_and(|expires| expires <= now) {
                self.log.set_cell(&name, cell.generation, None).await.map_err(ReadError::from)?;
            }
        }
        Ok(())
    }
}
