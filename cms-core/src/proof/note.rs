//! Signed notes (C2SP `signed-note`): text, a blank line, and a line for each signature. The only home of
//! Ed25519.
//!
//! A key goes by its name and four bytes of a digest; whoever checks a note has the key from elsewhere. The
//! texts of keys are those that Go's `sumdb/note` made usual: `NAME+ID+KEY`, and `PRIVATE+KEY+NAME+ID+SEED`.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// What a signature line begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";
/// The kind of signature that Ed25519 is.
const ED25519: u8 = 1;
/// What the text of a signer's key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The most signatures that a note is read with.
const SIGNATURES: usize = 100;
/// The longest note that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// A name is not empty, and has no white space, no control character and no plus.
    #[error("a key's name has no white space and no plus, and is not empty")]
    Name,
    /// It is not made of a name, an id and a key.
    #[error("it has not the form of a key")]
    Form,
    /// Its id is not that of its name and key.
    #[error("its id is not that of its name and key")]
    Id,
}

/// Why a text is no note, or one that nobody vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a text, a blank line, and lines of signatures.
    #[error("it has not the form of a signed note")]
    Form,
    /// None of the keys has signed it.
    #[error("none of the keys that are trusted has signed it")]
    Unsigned,
    /// A signature by one of the keys is wrong: somebody changed the text, or made the signature up.
    #[error("a signature is wrong")]
    Wrong,
}

/// Whether a text may be the name of a key.
fn is_name(text: &str) -> bool {
    let bad = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
    !text.is_empty() && !text.contains(bad)
}

/// The id of a key: the beginning of a digest of its name and itself.
fn id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// A key to check signatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What tells it from other keys of the same name.
    pub fn id(&self) -> [u8; 4] {
        id(&self.name, self.key.as_bytes())
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let (name, id, bytes) = parts(text)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoKey::Form)?;
        let verifier = Self { name: name.to_owned(), key };
        if verifier.id() == id { Ok(verifier) } else { Err(NoKey::Id) }
    }
}

/// Name, id and 32 bytes of a key's text.
fn parts(text: &str) -> Result<(&str, [u8; 4], [u8; 32]), NoKey> {
    let mut parts = text.splitn(3, '+');
    let mut next = || parts.next().ok_or(NoKey::Form);
    let (name, id, key) = (next()?, next()?, next()?);
    if !is_name(name) {
        return Err(NoKey::Name);
    }
    let id = hex::decode(id).ok().and_then(|id| id.try_into().ok()).ok_or(NoKey::Form)?;
    let key = BASE64.decode(key).ok().ok_or(NoKey::Form)?;
    let key = key.strip_prefix(&[ED25519]).and_then(|key| key.try_into().ok());
    Ok((name, id, key.ok_or(NoKey::Form)?))
}

/// A key to sign with. Its `Debug` doesn't show it.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Signer {
    /// A new one of this name.
    ///
    /// # Errors
    /// [`NoKey::Name`].
    pub fn generate(name: &str) -> Result<Self, NoKey> {
        if !is_name(name) {
            return Err(NoKey::Name);
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(&rand::random()) })
    }

    /// Reads a signer's key.
    ///
    /// # Errors
    /// [`NoKey`]
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let (name, id, seed) = parts(text.strip_prefix(PRIVATE).ok_or(NoKey::Form)?)?;
        let signer = Self { name: name.to_owned(), key: SigningKey::from_bytes(&seed) };
        if signer.verifier().id() == id { Ok(signer) } else { Err(NoKey::Id) }
    }

    /// Its text: a secret.
    pub fn reveal(&self) -> String {
        let seed = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        let id = hex::encode(self.verifier().id());
        format!("{PRIVATE}{}+{id}+{}", self.name, BASE64.encode(seed))
    }

    /// The key that its signatures are checked with.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }
}

/// A signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A text, signed by each of these keys. It ends in a newline.
    pub fn sign<'a>(text: String, signers: impl IntoIterator<Item = &'a Signer>) -> Self {
        let signed = |signer: &Signer| Signature {
            name: signer.name.clone(),
            id: signer.verifier().id(),
            bytes: signer.key.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        let signatures = signers.into_iter().map(signed).collect();
        Self { text, signatures }
    }

    /// The text, whoever has signed it: only for those who don't trust it.
    pub fn unverified(&self) -> &str {
        &self.text
    }

    /// The text, and those of the keys that have signed it.
    ///
    /// # Errors
    /// [`NoteError`]: `Unsigned` when none has, `Wrong` when one that is said to have hasn't.
    pub fn verified<'a>(
        &self,
        keys: &'a [Verifier],
    ) -> Result<(&str, Vec<&'a Verifier>), NoteError> {
        let mut found: Vec<&Verifier> = Vec::new();
        for signature in &self.signatures {
            let by = |key: &&Verifier| key.name == signature.name && key.id() == signature.id;
            let Some(key) = keys.iter().find(by) else { continue };
            let signature = Ed25519::from_slice(&signature.bytes).map_err(|_| NoteError::Wrong)?;
            let right = key.key.verify_strict(self.text.as_bytes(), &signature);
            right.map_err(|_| NoteError::Wrong)?;
            if !found.contains(&key) {
                found.push(key);
            }
        }
        if found.is_empty() { Err(NoteError::Unsigned) } else { Ok((&self.text, found)) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Signature { name, id, bytes } in &self.signatures {
            let signature = BASE64.encode([id.as_slice(), bytes].concat());
            writeln!(f, "{MARK}{name} {signature}")?;
        }
        Ok(())
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let is_bad = |letter: char| letter < ' ' && letter != '\n';
        if text.len() > LONGEST || text.contains(is_bad) {
            return Err(NoteError::Form);
        }
        // The text may have blank lines: the last one ends it.
        let at = text.rfind("\n\n").ok_or(NoteError::Form)? + 1;
        let (text, rest) = text.split_at_checked(at).ok_or(NoteError::Form)?;
        let lines = rest.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let signatures: Vec<_> = lines
            .ok_or(NoteError::Form)?
            .split('\n')
            .take(SIGNATURES + 1)
            .map(|line| signature(line).ok_or(NoteError::Form))
            .collect::<Result<_, _>>()?;
        if signatures.len() > SIGNATURES {
            return Err(NoteError::Form);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }
}

/// The signature in a line.
fn signature(line: &str) -> Option<Signature> {
    let (name, encoded) = line.strip_prefix(MARK)?.split_once(' ')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (id, bytes) = bytes.split_first_chunk::<4>()?;
    let is_whole = is_name(name) && !bytes.is_empty();
    is_whole.then(|| Signature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the note that Go's package shows.
    const PETER: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PETER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn peter() -> Vec<Verifier> {
        vec![PETER_KEY.parse().unwrap()]
    }

    #[test]
    fn the_known_key_makes_the_known_note() {
        let signer = Signer::parse(PETER).unwrap();
        assert_eq!(signer.verifier().to_string(), PETER_KEY);
        assert_eq!(signer.reveal(), PETER);
        assert!(!format!("{signer:?}").contains("AYEKFALV"));
        let text = Note::from_str(PETER_NOTE).unwrap().unverified().to_owned();
        assert_eq!(Note::sign(text, [&signer]).to_string(), PETER_NOTE);
    }

    /// The example of another implementation, and a checkpoint of the log of Go's modules.
    #[test]
    fn notes_of_others_are_checked() {
        for (key, note, first) in [
            (
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
                "This is an example message.",
            ),
            (
                "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                "go.sum database tree\n30055305\nmXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=\n\n\u{2014} sum.golang.org Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=\n",
                "go.sum database tree",
            ),
        ] {
            let keys = [key.parse::<Verifier>().unwrap()];
            let read: Note = note.parse().unwrap();
            assert_eq!(read.to_string(), note);
            let (text, by) = read.verified(&keys).unwrap();
            assert_eq!((text.lines().next(), by), (Some(first), vec![&keys[0]]));
        }
    }

    #[test]
    fn a_note_that_was_altered_anywhere_vouches_for_nothing() {
        let whole = PETER_NOTE.as_bytes();
        for at in 0..whole.len() {
            for bit in [1, 2, 0x20] {
                let mut altered = whole.to_vec();
                altered[at] ^= bit;
                let note =
                    String::from_utf8(altered).ok().and_then(|text| text.parse::<Note>().ok());
                assert!(note.is_none_or(|note| note.verified(&peter()).is_err()), "{at} {bit}");
            }
            let cut =
                std::str::from_utf8(&whole[..at]).ok().and_then(|cut| cut.parse::<Note>().ok());
            assert!(cut.is_none_or(|note| note.verified(&peter()).is_err()), "{at}");
        }
    }

    #[test]
    fn signatures_of_unknown_keys_are_passed_over_and_wrong_ones_are_not() {
        let (one, two) = (Signer::generate("a.example/x").unwrap(), Signer::generate("b").unwrap());
        let note = Note::sign("text\n\nmore\n".to_owned(), [&one, &two]);
        let note: Note = note.to_string().parse().unwrap();
        let keys = [two.verifier()];
        assert_eq!(note.verified(&keys).unwrap().1, [&keys[0]]);
        assert_eq!(note.verified(&[]), Err(NoteError::Unsigned));
        assert_eq!(note.verified(&peter()), Err(NoteError::Unsigned));
        // Another key of the same name is not the key.
        let other = Signer::generate("b").unwrap().verifier();
        assert_eq!(note.verified(std::slice::from_ref(&other)), Err(NoteError::Unsigned));
        let mut forged = note;
        forged.signatures[0].bytes[5] ^= 1;
        assert_eq!(forged.verified(&[one.verifier(), two.verifier()]), Err(NoteError::Wrong));
        forged.signatures[0].bytes.truncate(10);
        assert_eq!(forged.verified(&[one.verifier()]), Err(NoteError::Wrong));
    }

    #[test]
    fn what_has_another_form_is_no_note_and_no_key() {
        let line = format!("{MARK}a AAAAAAA=\n");
        for text in [
            String::new(),
            "text\n".to_owned(),
            "text\n\n".to_owned(),
            format!("text\n{line}"),
            format!("text\n\n{line}more"),
            format!("te\u{1}xt\n\n{line}"),
            format!("te\rxt\n\n{line}"),
            format!("text\n\n{MARK}a b AAAAAAA=\n"),
            format!("text\n\n{MARK}a+b AAAAAAA=\n"),
            format!("text\n\n{MARK}a AAAAAA==\n"),
            format!("text\n\n{MARK}a !\n"),
            "text\n\n-- a AAAAAAA=\n".to_owned(),
            format!("text\n\n{}", line.repeat(SIGNATURES + 1)),
        ] {
            assert_eq!(text.parse::<Note>(), Err(NoteError::Form), "{text:?}");
        }
        assert!(format!("text\n\n{}", line.repeat(SIGNATURES)).parse::<Note>().is_ok());
        for (text, reason) in [
            ("", NoKey::Form),
            ("a+b", NoKey::Form),
            ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoKey::Name),
            ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoKey::Name),
            ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoKey::Id),
            ("Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoKey::Id),
            ("PeterNeumann+c74f20a3+AxpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoKey::Form),
        ] {
            assert_eq!(text.parse::<Verifier>().unwrap_err(), reason, "{text}");
        }
        assert_eq!(Signer::generate("a b").unwrap_err(), NoKey::Name);
        assert_eq!(Signer::parse(PETER_KEY).unwrap_err(), NoKey::Form);
    }
}
