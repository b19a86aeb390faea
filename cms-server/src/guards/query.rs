//! Strict queries: each endpoint declares its parameters as data, and the guard refuses everything else.
//!
//! One table serves the parser and the OpenAPI document, so that neither can forget a parameter. All
//! faults of a query are told at once, each with its parameter's name.

use std::{borrow::Cow, marker::PhantomData};

use cms_core::locale::Locale;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
/// What the OpenAPI document has of a parameter: here for [`parameters!`](crate::parameters).
pub use utoipa::{
    IntoParams,
    openapi::path::{Parameter as Described, ParameterIn as Where},
};

use super::percent;
use crate::problem::{Fault, Problem};

pub mod parameter;

pub use parameter::{Kind, Parameter};

/// The parameters of an endpoint.
pub trait Parameters: Send + Sync + 'static {
    /// All of them. No name twice.
    const ALL: &'static [Parameter];
}

/// Declares the parameters of an endpoint as a type, for [`Query`] and for the OpenAPI document.
#[macro_export]
macro_rules! parameters {
    ($(#[$doc:meta])* $vis:vis $name:ident = [$($parameter:expr),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Debug)]
        $vis struct $name;

        impl $crate::guards::query::Parameters for $name {
            const ALL: &'static [$crate::guards::query::Parameter] = &[$($parameter),*];
        }

        impl $crate::guards::query::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<$crate::guards::query::Where>,
            ) -> Vec<$crate::guards::query::Described> {
                $crate::guards::query::describe::<Self>()
            }
        }
    };
}

parameters! {
    /// An endpoint that takes no parameter at all.
    pub Nothing = []
}

/// The parameters of an endpoint, for the OpenAPI document.
pub fn describe<P: Parameters>() -> Vec<Described> {
    P::ALL.iter().map(Parameter::describe).collect()
}

/// A parsed query: each value has been checked against the kind of its parameter.
#[derive(Debug)]
pub struct Query<'r, P> {
    given: Vec<Given<'r>>,
    endpoint: PhantomData<P>,
}

#[derive(Debug)]
struct Given<'r> {
    parameter: &'static str,
    /// What is between the brackets of a family's name.
    member: Cow<'r, str>,
    value: Value<'r>,
}

#[derive(Debug)]
pub(crate) enum Value<'r> {
    Text(Cow<'r, str>),
    Integer(i64),
    Locale(Locale),
}

impl<'r, P: Parameters> Query<'r, P> {
    /// Parses a query as it stands in the URL, without its `?`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(raw: &'r str) -> Result<Self, Vec<Fault>> {
        let (mut given, mut faults) = (Vec::new(), Vec::new());
        for pair in raw.split('&').filter(|_| !raw.is_empty()) {
            match parse_pair(pair, P::ALL, &given) {
                Ok(value) => given.push(value),
                Err(fault) => faults.push(fault),
            }
        }
        let is_missing = |parameter: &&Parameter| {
            parameter.required && !raw_names(raw).any(|name| name == parameter.name)
        };
        let missing = P::ALL.iter().filter(is_missing);
        faults
            .extend(missing.map(|parameter| Fault::parameter(parameter.name, "missing_parameter")));
        if faults.is_empty() { Ok(Self { given, endpoint: PhantomData }) } else { Err(faults) }
    }

    /// A parameter of text or of a choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            Value::Integer(_) | Value::Locale(_) => None,
        }
    }

    /// A parameter of a whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Integer(number) => Some(*number),
            Value::Text(_) | Value::Locale(_) => None,
        }
    }

    /// A parameter of a locale.
    pub fn locale(&self, name: &str) -> Option<&Locale> {
        match self.value(name)? {
            Value::Locale(locale) => Some(locale),
            Value::Text(_) | Value::Integer(_) => None,
        }
    }

    /// All of a family: what stands between the brackets, and the value.
    pub fn family(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().filter(move |given| given.parameter == name).filter_map(|given| {
            match &given.value {
                Value::Text(text) => Some((&*given.member, &**text)),
                Value::Integer(_) | Value::Locale(_) => None,
            }
        })
    }

    fn value(&self, name: &str) -> Option<&Value<'r>> {
        self.given.iter().find(|given| given.parameter == name).map(|given| &given.value)
    }
}

/// The decoded names of a query's parameters, wrong ones too.
fn raw_names(raw: &str) -> impl Iterator<Item = Cow<'_, str>> {
    raw.split('&').filter_map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent::decode_query(name).ok()
    })
}

fn parse_pair<'r>(
    pair: &'r str,
    known: &[Parameter],
    given: &[Given<'r>],
) -> Result<Given<'r>, Fault> {
    let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
    let malformed = |name: &str| Fault::parameter(name, "malformed_parameter");
    let name = percent::decode_query(raw_name).map_err(|_| malformed(raw_name))?;
    let (parameter, member) = known
        .iter()
        .find_map(|parameter| Some((parameter, parameter.member_of(&name)?)))
        .ok_or_else(|| Fault::parameter(&*name, "unknown_parameter"))?;
    if given.iter().any(|earlier| earlier.parameter == parameter.name && earlier.member == member) {
        return Err(Fault::parameter(name, "repeated_parameter"));
    }
    let text = percent::decode_query(raw_value).map_err(|_| malformed(&name))?;
    let value = parameter.read(&name, text)?;
    Ok(Given { parameter: parameter.name, member, value })
}

#[rocket::async_trait]
impl<'r, P: Parameters> FromRequest<'r> for Query<'r, P> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let raw = request.uri().query().map_or("", |query| query.as_str());
        match Self::parse(raw) {
            Ok(query) => Outcome::Success(query),
            Err(faults) => Problem::parameters(faults).outcome(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    parameters! {
        /// One of each kind.
        Sample = [
            Parameter::text("q", 5, "What to look for."),
            Parameter::integer("limit", 1..=100, 20, "How many."),
            Parameter::choice("count", &["exact", "none"], "Whether to count."),
            Parameter::locale(),
            Parameter::family("filter", 20, "Values to keep."),
        ]
    }

    fn faults(raw: &str) -> Vec<(String, String)> {
        let named = |fault: Fault| match fault.place {
            crate::problem::Place::Parameter(name) => (name, fault.code.into_owned()),
            crate::problem::Place::Pointer(place) => panic!("a query has no pointer: {place}"),
        };
        Query::<Sample>::parse(raw).unwrap_err().into_iter().map(named).collect()
    }

    #[test]
    fn declared_parameters_are_read() {
        let raw = "q=caf%C3%A9&limit=7&count=exact&locale=fr-ca&filter[topic]=a,b&filter%5Bdate%5D%5Bgte%5D=2026";
        let query = Query::<Sample>::parse(raw).unwrap();
        assert_eq!(query.text("q"), Some("café"));
        assert_eq!(query.integer("limit"), Some(7));
        assert_eq!(query.text("count"), Some("exact"));
        assert_eq!(query.locale("locale").unwrap().as_str(), "fr-CA");
        let filters: Vec<_> = query.family("filter").collect();
        assert_eq!(filters, [("topic", "a,b"), ("date][gte", "2026")]);
        assert!(Query::<Sample>::parse("").unwrap().text("q").is_none());
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let expected = [
            ("draft", "unknown_parameter"),
            ("limit", "out_of_range"),
            ("q", "text_length"),
            ("locale", "not_a_locale"),
            ("count", "not_a_choice"),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
        assert_eq!(faults("draft=1&limit=0&q=abcdef&locale=klingon_&count=all"), expected);
    }

    #[test]
    fn a_scalar_given_twice_is_refused() {
        assert_eq!(faults("q=a&q=a"), [("q".to_owned(), "repeated_parameter".to_owned())]);
        assert_eq!(faults("q=a&%71=b"), [("q".to_owned(), "repeated_parameter".to_owned())]);
        assert_eq!(
            faults("filter[a]=1&filter[a]=2"),
            [("filter[a]".to_owned(), "repeated_parameter".to_owned())]
        );
    }

    parameters! {
        /// One that must be there.
        Needy = [Parameter::text("q", 5, "What to look for.").required()]
    }

    #[test]
    fn a_parameter_that_must_be_there_is_missed_once() {
        let code = |raw| {
            let faults = Query::<Needy>::parse(raw).map(|_| ()).unwrap_err();
            faults.into_iter().map(|fault| fault.code.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(code(""), ["missing_parameter"]);
        assert_eq!(code("x=1"), ["unknown_parameter", "missing_parameter"]);
        assert_eq!(code("q="), ["text_length"]);
        assert!(Query::<Needy>::parse("q=a").is_ok());
    }

    #[test]
    fn odd_spellings_are_refused() {
        for (raw, name, code) in [
            ("q=%00", "q", "malformed_parameter"),
            ("q=%C0%AF", "q", "malformed_parameter"),
            ("%zz=1", "%zz", "malformed_parameter"),
            ("limit=+7", "limit", "not_an_integer"),
            ("limit=", "limit", "not_an_integer"),
            ("limit=99999999999999999999", "limit", "out_of_range"),
            ("q=", "q", "text_length"),
            ("filter=a", "filter", "unknown_parameter"),
            ("filter[]=a", "filter[]", "unknown_parameter"),
            ("filter[a=a", "filter[a", "unknown_parameter"),
            ("Q=a", "Q", "unknown_parameter"),
            ("q=a&", "", "unknown_parameter"),
        ] {
            assert_eq!(faults(raw), [(name.to_owned(), code.to_owned())], "{raw}");
        }
    }
}
