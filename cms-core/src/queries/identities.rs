//! Which providers may sign somebody in to an account.

use super::{Editing, ReadError};
use crate::{
    access::vouching::{IDENTITY_CELLS, Identity},
    id::AccountId,
};

impl Editing {
    /// The links of an account to providers' subjects, the oldest first. The subjects themselves are known to nobody.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn identities(&self, account: AccountId) -> Result<Vec<Identity>, ReadError> {
        let cells = self.log().cells(IDENTITY_CELLS).await?;
        let read =
            |(_, cell): (String, crate::store::Cell)| serde_json::from_slice(&cell.value).ok();
        let mut own: Vec<Identity> = cells.into_iter().filter_map(read).collect();
        own.retain(|identity| identity.account == account);
        own.sort_by(|one, other| {
            (one.linked_at, &one.issuer).cmp(&(other.linked_at, &other.issuer))
        });
        Ok(own)
    }
}
