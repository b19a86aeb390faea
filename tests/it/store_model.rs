//! The log on sled against a model of it: random appends, openings and questions.

use std::collections::HashMap;

use cms_core::{
    event::{Claim, Stream},
    id::OpId,
    store::{
        Append, AppendError, Appended, ClaimChange, Holder, Log as _,
        sled::{Options, SledLog},
    },
};
use proptest::prelude::*;

use crate::store_samples::{append, saved, slug, stream};

/// One thing that happens to a log.
#[derive(Debug, Clone)]
enum Step {
    /// An append: the streams it touches, the streams it expects (as of now, or as of one event ago), the
    /// names it changes, the events it erases.
    Append {
        touched: Vec<u8>,
        expected: Vec<(u8, bool)>,
        names: Vec<(bool, u8, u8)>,
        erased: Vec<u8>,
    },
    /// The command of an earlier append once more.
    Again(prop::sample::Index),
    /// The log is closed and opened.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let appending = (
        prop::collection::vec(0_u8..4, 1..4),
        prop::collection::vec((0_u8..4, prop::bool::weighted(0.9)), 0..3),
        prop::collection::vec((any::<bool>(), 0_u8..3, 1_u8..4), 0..3),
        prop::collection::vec(0_u8..20, 0..2),
    );
    let appending = appending.prop_map(|(touched, expected, names, erased)| Step::Append {
        touched,
        expected,
        names,
        erased,
    });
    prop_oneof![12 => appending, 2 => any::<prop::sample::Index>().prop_map(Step::Again), 1 => Just(Step::Reopen)]
}

/// What a log is, without any thought of disks.
#[derive(Default)]
struct Model {
    /// For each event, whether it has its body.
    events: Vec<bool>,
    streams: HashMap<Stream, u64>,
    names: HashMap<Claim, Holder>,
    ops: Vec<(Append, Appended)>,
}

impl Model {
    fn last_of(&self, stream: &Stream) -> u64 {
        self.streams.get(stream).copied().unwrap_or(0)
    }

    fn accept(&mut self, given: &Append) -> Result<Appended, AppendError> {
        let last = self.events.len() as u64;
        if given.erase.iter().any(|number| *number == 0 || *number > last) {
            return Err(AppendError::Malformed(String::new()));
        }
        for (stream, expected) in &given.expectations {
            let (stream, expected, found) = (stream.clone(), *expected, self.last_of(stream));
            if expected != found {
                return Err(AppendError::Conflict { stream, expected, found });
            }
        }
        let mut names = self.names.clone();
        for change in &given.claims {
            let (ClaimChange::Take(claim, holder) | ClaimChange::Release(claim, holder)) = change;
            match names.get(claim) {
                Some(other) if other != holder => {
                    return Err(AppendError::Taken { claim: claim.clone(), holder: *other });
                }
                Some(_) | None => {}
            }
            match change {
                ClaimChange::Take(..) => names.insert(claim.clone(), *holder),
                ClaimChange::Release(..) => names.remove(claim),
            };
        }
        self.names = names;
        for event in &given.events {
            self.events.push(true);
            let number = self.events.len() as u64;
            self.streams.extend(event.streams.iter().map(|stream| (stream.clone(), number)));
        }
        for number in &given.erase {
            self.events[usize::try_from(*number).unwrap() - 1] = false;
        }
        let appended = Appended { first: last + 1, last: self.events.len() as u64 };
        self.ops.push((given.clone(), appended));
        Ok(appended)
    }

    /// The append that a step stands for in this state.
    fn append(&self, step: &Step) -> Option<Append> {
        match step {
            Step::Reopen => None,
            Step::Again(index) => (!self.ops.is_empty()).then(|| index.get(&self.ops).0.clone()),
            Step::Append { touched, expected, names, erased } => {
                let expectation = |(seed, right): &(u8, bool)| {
                    let number = self.last_of(&stream(*seed));
                    (stream(*seed), if *right { number } else { number + 1 })
                };
                let name = |(take, name, holder): &(bool, u8, u8)| {
                    let claim = slug(&name.to_string());
                    if *take {
                        ClaimChange::Take(claim, [*holder; 16])
                    } else {
                        ClaimChange::Release(claim, [*holder; 16])
                    }
                };
                Some(Append {
                    expectations: expected.iter().map(expectation).collect(),
                    claims: names.iter().map(name).collect(),
                    erase: erased.iter().map(|number| u64::from(*number)).collect(),
                    ..append(touched.iter().map(|seed| saved(*seed, "text")).collect())
                })
            }
        }
    }
}

fn without_words(answer: Result<Appended, AppendError>) -> Result<Appended, AppendError> {
    match answer {
        Err(AppendError::Malformed(_)) => Err(AppendError::Malformed(String::new())),
        Ok(_) | Err(_) => answer,
    }
}

async fn compare(log: &SledLog, model: &Model) -> Result<(), TestCaseError> {
    let events = log.events(0, usize::MAX).await.unwrap();
    let bodies: Vec<bool> = events.iter().map(|event| event.body.is_some()).collect();
    prop_assert_eq!(&bodies, &model.events);
    for seed in 0..4 {
        prop_assert_eq!(log.last_of(&stream(seed)).await.unwrap(), model.last_of(&stream(seed)));
    }
    for name in 0..3 {
        let claim = slug(&name.to_string());
        prop_assert_eq!(log.holder(&claim).await.unwrap(), model.names.get(&claim).copied());
    }
    for (given, appended) in &model.ops {
        prop_assert_eq!(log.lookup(given.op).await.unwrap(), Some(*appended));
    }
    let unknown: OpId = append(Vec::new()).op;
    prop_assert_eq!(log.lookup(unknown).await.unwrap(), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_does_what_its_model_does(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut log = Some(SledLog::open(dir.path(), Options::default()).unwrap());
            let mut model = Model::default();
            for step in &steps {
                let Some(given) = model.append(step) else {
                    log = None;
                    log.replace(SledLog::open(dir.path(), Options::default()).unwrap());
                    compare(log.as_ref().unwrap(), &model).await?;
                    continue;
                };
                let before = model.ops.iter().find(|(known, _)| known.op == given.op);
                let expected = match before {
                    Some((_, appended)) => Ok(*appended),
                    None => model.accept(&given),
                };
                let answer = log.as_ref().unwrap().append(given).await;
                prop_assert_eq!(without_words(answer), expected);
            }
            let log = log.unwrap();
            compare(&log, &model).await?;
            let found = log.verify(&mut |_| ()).unwrap();
            prop_assert!(found.is_sound(), "{:?}", found.damage);
            Ok(())
        })?;
    }
}
