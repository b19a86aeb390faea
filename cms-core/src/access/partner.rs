//! Partners' keys: how a site that pulls content says which partner it is, to have a share of its own. A key gives no
//! right to anything that isn't public. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{AccountId, TokenId},
};

/// What the cells of partners' keys start with; the digest follows.
pub const PARTNER_CELLS: &str = "partner/";
/// How long a share lasts, in milliseconds.
pub const WINDOW: i64 = 60_000;

/// What is kept of a partner's key, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerKey {
    /// Its id, for lists and for revoking it.
    pub id: TokenId,
    /// What the partner is called.
    pub partner: String,
    /// How many requests it may make in a minute.
    pub per_minute: u32,
    /// Who issued it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires: Timestamp,
}

/// What is left of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: u32,
    /// Milliseconds until there are as many as at first.
    pub millis: i64,
}

/// A minute of a partner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    begun: Timestamp,
    used: u32,
}

impl Share {
    /// A share that begins now.
    pub const fn begun(now: Timestamp) -> Self {
        Self { begun: now, used: 0 }
    }

    /// Takes one request of it.
    ///
    /// # Errors
    /// What is left, which is no request, when all are used up.
    pub fn take(&mut self, per_minute: u32, now: Timestamp) -> Result<Left, Left> {
        let since = now.millis() - self.begun.millis();
        // A clock that was set back begins anew, too.
        if !(0..WINDOW).contains(&since) {
            *self = Self::begun(now);
        }
        let millis = WINDOW - (now.millis() - self.begun.millis());
        if self.used >= per_minute {
            return Err(Left { requests: 0, millis });
        }
        self.used += 1;
        Ok(Left { requests: per_minute - self.used, millis })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_used_up_and_begins_anew_each_minute() {
        let at = Timestamp::from_millis;
        let mut share = Share::begun(at(0));
        assert_eq!(share.take(2, at(0)), Ok(Left { requests: 1, millis: 60_000 }));
        assert_eq!(share.take(2, at(59_000)), Ok(Left { requests: 0, millis: 1_000 }));
        assert_eq!(share.take(2, at(59_999)), Err(Left { requests: 0, millis: 1 }));
        assert_eq!(share.take(2, at(60_000)), Ok(Left { requests: 1, millis: 60_000 }));
        assert_eq!(share.take(2, at(1)), Ok(Left { requests: 1, millis: 60_000 }), "set back");
        assert_eq!(share.take(1, at(2)), Err(Left { requests: 0, millis: 59_999 }), "made smaller");
    }
}
