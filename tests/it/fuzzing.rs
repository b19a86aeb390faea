//! The bodies of the fuzz targets, fed with their seeds and with mutations of these: the same ones each time,
//! a few by default, as many as `FUZZ_CASES` says.

use std::{collections::BTreeSet, panic};

use crate::tidy::files;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// How many mutations each body gets by default.
const CASES: u64 = 400;
/// The longest input that mutation makes.
const LONGEST: usize = 4_096;

/// What inputs are made of besides the seeds: what parsers trip over.
const PIECES: &[&str] = &[
    "\0", "\u{feff}", "\u{202e}", "\u{301}", "é", "日本", "😀", "%", "%00", "%zz", "..", "/", "\\",
    "\"", "'", "{{", "}}", "{", "[", "]", "<", "<!--", "](", "&", "&#x0;", "=", ",", ";", "-", "_",
    "\n", "\r\n", "\t", "  ", "```", "|", ":", "0", "-1", "1e999", "\\ud800", "null", "key:",
    "route:", "x-",
];

/// A small generator (SplitMix64): inputs must be the same each time, and no more than that.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Changes an input in one place.
fn mutate(input: &mut Vec<u8>, seeds: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let to = at + random.below(input.len() + 1 - at);
    match random.below(7) {
        0 => drop(input.splice(at..at, random.pick(PIECES).bytes())),
        1 => drop(input.splice(at..to, std::iter::empty())),
        2 => {
            let copied = input[at..to].to_vec();
            drop(input.splice(at..at, copied));
        }
        3 => drop(input.splice(at..to, random.pick(PIECES).bytes())),
        4 => {
            let other = random.pick(seeds).as_bytes();
            let from = random.below(other.len() + 1);
            drop(input.splice(at..to, other[from..].iter().copied()));
        }
        5 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        _ => {
            let piece = random.pick(PIECES).repeat(1 + random.below(40));
            drop(input.splice(at..at, piece.bytes()));
        }
    }
    input.truncate(LONGEST);
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn feed(name: &str, body: fn(&[u8]), input: &[u8]) {
    if let Err(cause) = panic::catch_unwind(|| body(input)) {
        panic!("the input of {name}: \"{}\": {cause:?}", input.escape_ascii());
    }
}

#[test]
fn whatever_strangers_send_is_taken_or_refused_and_keeps_its_promises() {
    let cases = number("FUZZ_CASES", CASES);
    for (name, body, seeds) in bodies::TARGETS {
        let mut random = Random(number("FUZZ_SEED", 0));
        for seed in *seeds {
            feed(name, *body, seed.as_bytes());
        }
        for _ in 0..cases {
            let mut input = random.pick(seeds).as_bytes().to_vec();
            for _ in 0..=random.below(6) {
                mutate(&mut input, seeds, &mut random);
            }
            feed(name, *body, &input);
        }
    }
}

#[test]
fn each_target_has_a_body_a_file_and_a_name_in_the_manifest() {
    let bodies: BTreeSet<_> = bodies::TARGETS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let in_folder = |path: &str| {
        path.strip_prefix("fuzz/fuzz_targets/")?.strip_suffix(".rs").map(str::to_owned)
    };
    let targets: BTreeSet<_> =
        files::all().iter().filter_map(|file| in_folder(&file.path)).collect();
    assert_eq!(bodies, targets);
    let manifest = &files::named("fuzz/Cargo.toml").text;
    for name in &bodies {
        assert!(
            manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\""))
        );
        let body = format!("bodies::{name}(data)");
        assert!(files::named(&format!("fuzz/fuzz_targets/{name}.rs")).text.contains(&body));
    }
}
