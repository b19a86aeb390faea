//! `Accept-Encoding` (RFC 9110, section 12.5.3): which coding of ready-made bytes the reader gets.

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::delivery::coding::Coding;

/// How much the reader wants each coding, in thousandths; 0 is not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codings {
    weights: [u16; Coding::ALL.len()],
}

impl Codings {
    /// Reads the header's fields, in their order.
    pub fn parse<'h>(fields: impl Iterator<Item = &'h str>) -> Self {
        let mut named = [None; Coding::ALL.len()];
        let mut others = None;
        for (name, weight) in fields.flat_map(|field| field.split(',')).filter_map(weigh) {
            if name == "*" {
                others = Some(weight);
            }
            for (coding, slot) in Coding::ALL.iter().zip(&mut named) {
                if coding.is_named(name) {
                    *slot = Some(weight);
                }
            }
        }
        let mut weights = [0; Coding::ALL.len()];
        for ((coding, named), weight) in Coding::ALL.iter().zip(named).zip(&mut weights) {
            // Identity is welcome unless it is refused by name or by `*;q=0`, but never preferred.
            let unnamed = if *coding == Coding::Identity {
                Some(others.map_or(1, |q: u16| q.min(1)))
            } else {
                others
            };
            *weight = named.or(unnamed).unwrap_or(0);
        }
        Self { weights }
    }

    /// The best of those that are there: by the reader's weights, then by ours (the order of
    /// [`Coding::ALL`]). `None` when the reader refuses them all.
    pub fn best(self, is_there: impl Fn(Coding) -> bool) -> Option<Coding> {
        let candidates = Coding::ALL
            .iter()
            .zip(self.weights)
            .filter(|(coding, weight)| *weight > 0 && is_there(**coding));
        // `max_by_key` takes the last of equals, so ours goes from the back.
        candidates.rev().max_by_key(|(_, weight)| *weight).map(|(coding, _)| *coding)
    }
}

/// One member of the list with its weight. What is malformed counts as not said.
fn weigh(member: &str) -> Option<(&str, u16)> {
    let mut parts = member.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut weight = 1_000;
    for parameter in parts {
        let (key, value) = parameter.split_once('=')?;
        if key.trim_end().eq_ignore_ascii_case("q") {
            weight = quality(value.trim_start())?;
        }
    }
    Some((name, weight))
}

/// A weight of RFC 9110, section 12.4.2, in thousandths: `0`, `1`, `0.5`, `1.000`.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = [1_000, 100, 10, 1];
    let digits: u16 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let thousandths = digits * scale.get(fraction.len())?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Codings {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::parse(request.headers().get("Accept-Encoding")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(fields: &[&str]) -> Option<Coding> {
        Codings::parse(fields.iter().copied()).best(|_| true)
    }

    #[test]
    fn the_reader_s_weights_come_first_and_ours_settle_the_rest() {
        use Coding::{Brotli, Gzip, Identity, Zstd};
        for (fields, expected) in [
            (&[][..], Some(Identity)),
            (&[""], Some(Identity)),
            (&["gzip, deflate, br, zstd"], Some(Zstd)),
            (&["gzip, deflate, br"], Some(Brotli)),
            (&["GZIP"], Some(Gzip)),
            (&["x-gzip"], Some(Gzip)),
            (&["gzip;q=1.0, br;q=0.5"], Some(Gzip)),
            (&["gzip;q=0.5", "br;q=0.8"], Some(Brotli)),
            (&["deflate"], Some(Identity)),
            (&["*"], Some(Zstd)),
            (&["*;q=0.1, identity"], Some(Identity)),
            (&["zstd;q=0, *"], Some(Brotli)),
            (&["identity;q=0"], None),
            (&["*;q=0"], None),
            (&["identity;q=0, gzip"], Some(Gzip)),
            (&["*;q=0, identity;q=0.5"], Some(Identity)),
            (&["gzip;q=0"], Some(Identity)),
            (&["gzip;q=2"], Some(Identity)),
            (&["gzip;q=0.1234"], Some(Identity)),
            (&["gzip; Q = 0.3 , br;q=.2"], Some(Gzip)),
            (&["br;level=11;q=0.1"], Some(Brotli)),
        ] {
            assert_eq!(best(fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let only_identity = |coding| coding == Coding::Identity;
        assert_eq!(
            Codings::parse(["gzip, br"].into_iter()).best(only_identity),
            Some(Coding::Identity)
        );
        assert_eq!(Codings::parse(["gzip, identity;q=0"].into_iter()).best(only_identity), None);
    }
}
