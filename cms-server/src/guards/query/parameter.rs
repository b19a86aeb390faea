//! One parameter of a query: its name, what it may hold, and what it means, as data.

use std::{borrow::Cow, ops::RangeInclusive};

use cms_core::{
    id::EntryId,
    locale::{Locale, MAX_LEN},
};
use utoipa::openapi::{
    RefOr, Required,
    path::{Parameter as Described, ParameterBuilder, ParameterIn},
    schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
};

use super::Value;
use crate::problem::Fault;

/// What text is, for the document: no control characters.
const PLAIN: &str = "^[^\\u0000-\\u001F\\u007F]*$";
/// What a language tag looks like; whether its parts are registered no pattern can say.
const TAG: &str = "^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$";

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in the URL; of a family, what stands before the bracket.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it means, in a sentence.
    pub about: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
}

/// What a parameter may hold.
#[derive(Debug)]
pub enum Kind {
    /// Text of one to so many characters.
    Text {
        /// Characters at most.
        max: usize,
    },
    /// A whole number within a range.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
        /// What absence means.
        default: i64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A BCP 47 language tag.
    Locale,
    /// The id of an entry.
    Id,
    /// Any number of parameters `name[member]`, each with text of one to so many characters.
    Family {
        /// Characters of each value at most.
        max: usize,
    },
}

impl Parameter {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, about, required: false }
    }

    /// Text of one to `max` characters.
    pub const fn text(name: &'static str, max: usize, about: &'static str) -> Self {
        Self::new(name, Kind::Text { max }, about)
    }

    /// A whole number; `default` is what absence means.
    pub const fn integer(
        name: &'static str,
        range: RangeInclusive<i64>,
        default: i64,
        about: &'static str,
    ) -> Self {
        Self::new(name, Kind::Integer { min: *range.start(), max: *range.end(), default }, about)
    }

    /// One of these words.
    pub const fn choice(
        name: &'static str,
        words: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self::new(name, Kind::Choice(words), about)
    }

    /// The reader's locale, which every endpoint with words in it takes by the same name.
    pub const fn locale() -> Self {
        Self::new(
            "locale",
            Kind::Locale,
            "The reader's locale, a BCP 47 tag. Without it `Accept-Language` counts.",
        )
    }

    /// The id of an entry.
    pub const fn id(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Id, about)
    }

    /// Any number of `name[member]`.
    pub const fn family(name: &'static str, max: usize, about: &'static str) -> Self {
        Self::new(name, Kind::Family { max }, about)
    }

    /// The same parameter, without which a request is refused.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What stands between the brackets of `name`, empty for a parameter without any; `None` when `name`
    /// is not this parameter's.
    pub(super) fn member_of<'n>(&self, name: &Cow<'n, str>) -> Option<Cow<'n, str>> {
        let Kind::Family { .. } = self.kind else {
            return (name == self.name).then_some(Cow::Borrowed(""));
        };
        match name {
            Cow::Borrowed(name) => self.bracketed(name).map(Cow::Borrowed),
            Cow::Owned(name) => self.bracketed(name).map(|member| Cow::Owned(member.to_owned())),
        }
    }

    fn bracketed<'n>(&self, name: &'n str) -> Option<&'n str> {
        let member = name.strip_prefix(self.name)?.strip_prefix('[')?.strip_suffix(']')?;
        (!member.is_empty()).then_some(member)
    }

    /// Reads a decoded value; `name` is the name as it was given, for the fault.
    pub(super) fn read<'r>(&self, name: &str, text: Cow<'r, str>) -> Result<Value<'r>, Fault> {
        let unfit = |code| Fault::parameter(name, code);
        match &self.kind {
            Kind::Text { max } | Kind::Family { max } => {
                if (1..=*max).contains(&text.chars().count()) {
                    Ok(Value::Text(text))
                } else {
                    Err(unfit("text_length").with("min", 1).with("max", max))
                }
            }
            Kind::Integer { min, max, .. } => match integer(&text) {
                None => Err(unfit("not_an_integer")),
                Some(number) if (*min..=*max).contains(&number) => Ok(Value::Integer(number)),
                Some(_) => Err(unfit("out_of_range").with("min", min).with("max", max)),
            },
            Kind::Choice(words) if words.contains(&&*text) => Ok(Value::Text(text)),
            Kind::Choice(words) => Err(unfit("not_a_choice").with("choices", words.join(", "))),
            Kind::Id if text.parse::<EntryId>().is_ok() => Ok(Value::Text(text)),
            Kind::Id => Err(unfit("not_an_id")),
            Kind::Locale => {
                Locale::parse(&text).map(Value::Locale).map_err(|_| unfit("not_a_locale"))
            }
        }
    }

    /// The same, for the OpenAPI document.
    pub(super) fn describe(&self) -> Described {
        let required = if self.required { Required::True } else { Required::False };
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(ParameterIn::Query)
            .required(required)
            .description(Some(self.about))
            .schema(Some(RefOr::T(self.kind.schema())))
            .build()
    }
}

impl Kind {
    fn schema(&self) -> Schema {
        let string = || ObjectBuilder::new().schema_type(Type::String);
        Schema::Object(match self {
            Self::Text { max } => {
                string().min_length(Some(1)).max_length(Some(*max)).pattern(Some(PLAIN)).build()
            }
            Self::Integer { min, max, default } => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                .minimum(Some(*min))
                .maximum(Some(*max))
                .default(Some((*default).into()))
                .build(),
            Self::Choice(words) => string().enum_values(Some(words.iter().copied())).build(),
            Self::Locale => {
                string().max_length(Some(MAX_LEN)).pattern(Some(TAG)).examples(["fr-CA"]).build()
            }
            Self::Id => string().format(Some(SchemaFormat::Custom("uuid".to_owned()))).build(),
            Self::Family { max } => ObjectBuilder::new()
                .schema_type(Type::Object)
                .additional_properties(Some(
                    string().min_length(Some(1)).max_length(Some(*max)).pattern(Some(PLAIN)),
                ))
                .build(),
        })
    }
}

/// A number in its one spelling: no plus sign, no spaces, no leading zeros. One that is too large to be
/// held is as far out of range as it gets.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || (digits.len() > 1 && digits.starts_with('0')) || text == "-0" {
        return None;
    }
    let bound = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(bound))
}
