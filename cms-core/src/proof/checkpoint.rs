//! Checkpoints (C2SP `tlog-checkpoint`): how far a log has come, as the text of a signed note.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    merkle::Hash,
    note::{Note, NoteError, Signer, Verifier},
};

/// How far a log has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// How many events it has.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// Why a text is no checkpoint that one may trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no note, or nobody who is trusted has signed it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("the note is no checkpoint")]
    Form,
    /// It is signed, but by a key of another name: it is another log's.
    #[error("it is of another log than the key")]
    Origin,
}

impl Checkpoint {
    /// It, signed.
    pub fn sign<'a>(&self, signers: impl IntoIterator<Item = &'a Signer>) -> Note {
        Note::sign(self.to_string(), signers)
    }

    /// The checkpoint in a note that one of the keys has signed, whose name is the log's.
    ///
    /// # Errors
    /// [`CheckpointError`]
    pub fn verified(note: &Note, keys: &[Verifier]) -> Result<Self, CheckpointError> {
        let (text, by) = note.verified(keys)?;
        let checkpoint: Self = text.parse()?;
        let is_own = by.iter().any(|key| key.name() == checkpoint.origin);
        if is_own { Ok(checkpoint) } else { Err(CheckpointError::Origin) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, BASE64.encode(self.root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Form)?;
        let mut lines = lines.split('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let origin = origin.filter(|origin| !origin.is_empty()).ok_or(CheckpointError::Form)?;
        let size = size.and_then(decimal).ok_or(CheckpointError::Form)?;
        let root = root.and_then(hash).ok_or(CheckpointError::Form)?;
        // Lines after these are other programs' business, but there are no blank ones.
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Form);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A number without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in base 64.
pub(super) fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const TEXT: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(hex::encode(checkpoint.root).get(..8), Some("0ac5186a"));
        assert_eq!(checkpoint.to_string(), TEXT);
        assert_eq!(format!("{TEXT}more\n").parse(), Ok(checkpoint));
    }

    #[test]
    fn what_has_another_form_is_refused() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            String::new(),
            format!("\n1\n{root}\n"),
            format!("a\n01\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n99999999999999999999\n{root}\n"),
            format!("a\n1\n{root}"),
            "a\n1\nCsUY\n".to_owned(),
            "a\n1\n".to_owned(),
            format!("a\n1\n{root}\n\nmore\n"),
        ] {
            assert_eq!(text.parse::<Checkpoint>(), Err(CheckpointError::Form), "{text:?}");
        }
    }

    #[test]
    fn a_checkpoint_is_trusted_by_the_key_of_its_log_alone() {
        let (own, other) = (Signer::generate("a").unwrap(), Signer::generate("b").unwrap());
        let checkpoint = Checkpoint { origin: "a".to_owned(), size: 0, root: [7; 32] };
        let note = checkpoint.sign([&own, &other]);
        let by = |signer: &Signer| Checkpoint::verified(&note, &[signer.verifier()]);
        assert_eq!(by(&own), Ok(checkpoint));
        assert_eq!(by(&other), Err(CheckpointError::Origin));
        let stranger = Signer::generate("a").unwrap();
        assert_eq!(by(&stranger), Err(CheckpointError::Note(NoteError::Unsigned)));
    }
}
