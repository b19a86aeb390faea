//! Proof files (C2SP `tlog-proof`): a leaf's place, the hashes that lead from it to the root, and the
//! checkpoint that has that root.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    checkpoint::{decimal, hash},
    merkle::Hash,
    note::Note,
};

/// The first line.
const VERSION: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶⁴ leaves has no longer proofs.
const STEPS: usize = 64;

/// The text is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has not the form of a proof")]
pub struct NoProof;

/// That a leaf is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What is needed to make the leaf; empty for nothing. Nobody vouches for it by itself.
    pub extra: Vec<u8>,
    /// The leaf's place, from 0.
    pub index: u64,
    /// From the leaf's sibling up to a child of the root.
    pub steps: Vec<Hash>,
    /// The checkpoint, signed.
    pub checkpoint: Note,
}

/// A hash as proofs write it: in base 64.
pub fn encoded(hash: &Hash) -> String {
    BASE64.encode(hash)
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{VERSION}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", BASE64.encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for step in &self.steps {
            writeln!(f, "{}", encoded(step))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Proof {
    type Err = NoProof;

    fn from_str(text: &str) -> Result<Self, NoProof> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(NoProof)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(VERSION) {
            return Err(NoProof);
        }
        let extra = lines.peek().and_then(|line| line.strip_prefix("extra "));
        let extra = match extra {
            None => Vec::new(),
            Some(encoded) => {
                lines.next();
                BASE64.decode(encoded).map_err(|_| NoProof)?
            }
        };
        let index = lines.next().and_then(|line| decimal(line.strip_prefix("index ")?));
        let steps: Option<Vec<_>> = lines.take(STEPS + 1).map(hash).collect();
        let steps = steps.filter(|steps| steps.len() <= STEPS).ok_or(NoProof)?;
        let checkpoint = checkpoint.parse().map_err(|_| NoProof)?;
        Ok(Self { extra, index: index.ok_or(NoProof)?, steps, checkpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{checkpoint::Checkpoint, note::Signer},
        *,
    };

    fn sample() -> Proof {
        let checkpoint = Checkpoint { origin: "a".to_owned(), size: 9, root: [1; 32] };
        let signer = Signer::generate("a").unwrap();
        let checkpoint = checkpoint.sign([&signer]);
        Proof { extra: b"more".to_vec(), index: 0, steps: vec![[2; 32], [3; 32]], checkpoint }
    }

    #[test]
    fn a_proof_is_read_as_it_was_written() {
        let proof = sample();
        let text = proof.to_string();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
        assert_eq!((lines.next(), lines.next()), (Some("extra bW9yZQ=="), Some("index 0")));
        assert_eq!(text.parse(), Ok(proof.clone()));
        for short in [
            Proof { extra: Vec::new(), ..proof.clone() },
            Proof { steps: Vec::new(), index: 73_894, ..proof },
        ] {
            assert_eq!(short.to_string().parse(), Ok(short));
        }
    }

    #[test]
    fn what_has_another_form_is_refused() {
        let text = sample().to_string();
        let with = |from: &str, to: &str| text.replacen(from, to, 1);
        for text in [
            String::new(),
            with("@v1", "@v2"),
            with("index 0", "index 00"),
            with("index 0", "index x"),
            with("index 0\n", ""),
            with("extra bW9yZQ==", "extra !"),
            with("index 0\n", "index 0\nAAAA\n"),
            with(
                "index 0\n",
                &format!("index 0\n{}", format!("{}\n", BASE64.encode([0; 32])).repeat(63)),
            ),
            with("\n\n", "\n"),
        ] {
            assert_eq!(text.parse::<Proof>(), Err(NoProof), "{text}");
        }
    }
}
