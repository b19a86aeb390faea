//! Takes translations of elsewhere into the memory: a TMX, as events of a thousand pairs each.

use std::{io::BufRead, thread};

use tokio::sync::mpsc::{self, Receiver};

use super::{CommandError, Decision, Means, none_of};
use crate::{
    access::{self, Act, Actor, Scope},
    event::{EventBody, ImportedPair, Stream},
    exchange::{Fault, tmx},
    id::AgencyId,
    store::NewEvent,
    translation::memory::Direction,
    violation::Violation,
};

/// How many pairs an event has at most.
const TOGETHER: usize = 1_000;
/// The most bytes of their texts.
const TOGETHER_BYTES: usize = 2 << 20;
/// Longer texts than this are passed over, in bytes: nobody translates a whole page as one.
const LONGEST: usize = 10_000;
/// The longest name of a memory, in characters.
const NAME: usize = 200;

/// Translations of elsewhere.
#[derive(Debug, Clone)]
pub struct ImportMemory {
    /// Whose they are.
    pub agency: AgencyId,
    /// What they are called.
    pub name: String,
    /// From which language into which.
    pub direction: Direction,
}

impl Means {
    /// Whether an actor may take translations into an agency's memory: who may write there, in that language, whatever
    /// the type.
    ///
    /// # Errors
    /// [`CommandError`]: `Forbidden`, `NotFound` without such an agency, `Invalid` with what is wrong with the name.
    pub fn check_memory(&self, actor: &Actor, act: &ImportMemory) -> Result<(), CommandError> {
        let scope = Scope {
            agency: Some(act.agency),
            type_name: None,
            locale: Some(&act.direction.target),
        };
        if !access::allows(actor, Act::Write, &scope) {
            return Err(CommandError::Forbidden);
        }
        if !self.editing.agencies()?.contains_key(&act.agency) {
            return Err(CommandError::NotFound("agency"));
        }
        let is_good = (1..=NAME).contains(&act.name.chars().count());
        let wrong = || Violation::new("/name", "text_length").with("min", 1).with("max", NAME);
        none_of((!is_good).then(wrong).into_iter().collect())
    }

    /// Takes some pairs in, in one append; answers the event.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn import_memory(
        &self,
        actor: &Actor,
        act: &ImportMemory,
        pairs: Vec<ImportedPair>,
    ) -> Result<u64, CommandError> {
        self.check_memory(actor, act)?;
        let ImportMemory { agency, name, direction } = act.clone();
        let Direction { source, target } = direction;
        let body = EventBody::MemoryImported { agency, name, source, target, pairs };
        let events = vec![NewEvent { streams: vec![Stream::Memory(agency)], body }];
        let decision = Decision { events, ..Decision::default() };
        Ok(self.append(actor, decision).await?.last)
    }
}

/// Reads a TMX in pieces of what one event holds, on a thread of its own. What is wrong with it comes last.
pub fn pieces(
    input: Box<dyn BufRead + Send>,
    direction: &Direction,
) -> Receiver<Result<Vec<ImportedPair>, Fault>> {
    let (send, pieces) = mpsc::channel(2);
    let direction = direction.clone();
    let failed = send.clone();
    let work = move || {
        let (mut piece, mut bytes) = (Vec::new(), 0);
        let languages = (&direction.source, &direction.target);
        let outcome = tmx::read(input, languages, &mut |pair| {
            if pair.source.len().max(pair.target.len()) > LONGEST {
                return Ok(());
            }
            bytes += pair.source.len() + pair.target.len();
            piece.push(ImportedPair { source: pair.source, target: pair.target, at: pair.at });
            if piece.len() >= TOGETHER || bytes >= TOGETHER_BYTES {
                bytes = 0;
                let whole = std::mem::take(&mut piece);
                if send.blocking_send(Ok(whole)).is_err() {
                    let violation =
                        Violation::new("", "file_malformed").with("reason", "abandoned");
                    return Err(Fault::new(pair.line, violation));
                }
            }
            Ok(())
        });
        // Who no longer listens has no use for the rest either.
        drop(match outcome {
            Ok(_) => send.blocking_send(Ok(piece)),
            Err(fault) => send.blocking_send(Err(fault)),
        });
    };
    if let Err(error) = thread::Builder::new().name("read-memory".to_owned()).spawn(work) {
        let violation = Violation::new("", "file_malformed").with("reason", error);
        drop(failed.try_send(Err(Fault::new(1, violation))));
    }
    pieces
}
