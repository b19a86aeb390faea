//! Places: countries (ISO 3166-1), their parts (ISO 3166-2) and groups of countries, and how near a route
//! that covers one of them is to a reader in another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The two-letter codes that ISO 3166-1 assigns.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// The members of the European Union.
const EU: &str = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK";

/// The members of the European Economic Area that are not in the Union.
const EEA_BESIDES: &str = "IS LI NO";

/// A country, by its ISO 3166-1 code of two letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// A part of a country, by its ISO 3166-2 code. That the code is assigned is not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subdivision {
    country: Country,
    part: String,
}

/// The text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such place: {0:?}")]
pub struct PlaceError(pub String);

/// Countries that a route covers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The European Union.
    Eu,
    /// The European Economic Area: the Union, Iceland, Liechtenstein and Norway.
    Eea,
    /// Everywhere.
    Global,
}

/// How near a route is to the reader, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It covers the reader's part of the country by name.
    Subdivision,
    /// It covers the reader's country by name.
    Country,
    /// It covers a group of countries that the reader's is in.
    Group,
    /// It covers every country.
    Global,
}

impl Country {
    /// All of them, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.split_ascii_whitespace().filter_map(Self::two)
    }

    /// Its code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn two(code: &str) -> Option<Self> {
        code.as_bytes().try_into().ok().map(Self)
    }
}

impl FromStr for Country {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = text.len() == 2 && COUNTRIES.split_ascii_whitespace().any(|code| code == text);
        let country = if known { Self::two(text) } else { None };
        country.ok_or_else(|| PlaceError(text.to_owned()))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Subdivision {
    /// The country that it is a part of.
    pub fn country(&self) -> Country {
        self.country
    }
}

impl FromStr for Subdivision {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || PlaceError(text.to_owned());
        let (country, part) = text.split_once('-').ok_or_else(wrong)?;
        let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !(1..=3).contains(&part.len()) || !part.bytes().all(is_code) {
            return Err(wrong());
        }
        Ok(Self { country: country.parse().map_err(|_| wrong())?, part: part.to_owned() })
    }
}

impl fmt::Display for Subdivision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.country, self.part)
    }
}

impl Group {
    /// Whether it includes a country.
    pub fn includes(self, country: Country) -> bool {
        let among = |list: &str| list.split_ascii_whitespace().any(|code| code == country.as_str());
        match self {
            Self::Eu => among(EU),
            Self::Eea => among(EU) || among(EEA_BESIDES),
            Self::Global => true,
        }
    }
}

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Country, Subdivision);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_249_countries_each_once_and_in_order() {
        let all: Vec<_> = Country::all().collect();
        assert_eq!(all.len(), 249);
        assert!(all.is_sorted_by(|a, b| a < b));
        assert!(all.iter().all(|country| country.as_str().parse() == Ok(*country)));
    }

    #[test]
    fn what_is_no_country_is_refused() {
        for text in ["", "gb", "UK", "XX", "EU", "GBR", "G", "ÖÖ", "G B"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_subdivision_is_of_a_country() {
        let wales: Subdivision = "GB-WLS".parse().unwrap();
        assert_eq!((wales.country().as_str(), wales.to_string()), ("GB", "GB-WLS".to_owned()));
        for text in ["GB", "GB-", "GB-WALES", "XX-1", "GB-wl", "GB_WLS", "-WLS"] {
            assert!(text.parse::<Subdivision>().is_err(), "{text}");
        }
    }

    #[test]
    fn groups_have_their_members() {
        let count = |group: Group| Country::all().filter(|it| group.includes(*it)).count();
        assert_eq!((count(Group::Eu), count(Group::Eea), count(Group::Global)), (27, 30, 249));
    }
}
