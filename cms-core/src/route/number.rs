//! Numbers, links and addresses: whether what a channel gives can be dialled, opened or written to, and
//! whether it is what it looks like.

use phonenumber::{Type, country::Id, metadata::DATABASE};

use super::place::Country;

/// Why a number, link or address can't stand in a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReachError {
    /// It is no number of the international plan (ITU-T E.164).
    #[error("not an E.164 number")]
    NoNumber,
    /// It is a number of countries that the route does not cover.
    #[error("a number of another country")]
    OtherCountry(Vec<String>),
    /// It is shown otherwise than it is dialled.
    #[error("the number shown is another than the number dialled")]
    Differs,
    /// It has characters that no number has.
    #[error("a number has digits, spaces and + ( ) - . / * # only")]
    NumberCharacters,
    /// It is no `https` address of a web page.
    #[error("not an https address")]
    NoLink,
    /// It is no e-mail address.
    #[error("not an e-mail address")]
    NoEmail,
    /// It has characters that turn the direction of writing, or can't be seen.
    #[error("has characters that can't be seen")]
    Hidden,
}

/// Whether a text has characters that can't be seen: those that turn the direction of writing, those of no
/// width, and control characters.
pub fn hides(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    })
}

/// Checks a number as it is shown.
///
/// # Errors
/// [`ReachError`]
pub fn check_shown(text: &str) -> Result<(), ReachError> {
    if hides(text) {
        return Err(ReachError::Hidden);
    }
    let may = |c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                ' ' | '\u{a0}' | '\u{202f}' | '+' | '(' | ')' | '-' | '.' | '/' | '*' | '#'
            )
    };
    if !text.chars().all(may) || text.chars().filter(char::is_ascii_digit).count() < 2 {
        return Err(ReachError::NumberCharacters);
    }
    Ok(())
}

/// A number as it is shown, without the `(0)` that is dialled only at home: `+44 (0)1632 960001`.
pub fn without_trunk(shown: &str) -> String {
    if shown.trim_start().starts_with('+') {
        shown.replacen("(0)", "", 1)
    } else {
        shown.to_owned()
    }
}

/// Checks a number of the international plan. `countries` are those that the route covers by name; without
/// any it may be of every country.
///
/// # Errors
/// [`ReachError`]
pub fn check_e164(
    text: &str,
    shown: Option<&str>,
    countries: &[Country],
) -> Result<(), ReachError> {
    let number = phonenumber::parse(None, text).map_err(|_| ReachError::NoNumber)?;
    let code = number.code().value();
    let national = number.national().to_string();
    let regions = DATABASE.by_code(&code).ok_or(ReachError::NoNumber)?;
    if !regions.iter().any(|region| region.descriptors().general().is_match(&national)) {
        return Err(ReachError::NoNumber);
    }
    let of = DATABASE.region(&code).unwrap_or_default();
    // "001" are numbers of no country, such as +800.
    let fits =
        |country: &Country| of.iter().any(|region| *region == country.as_str() || *region == "001");
    if !countries.is_empty() && !countries.iter().any(fits) {
        return Err(ReachError::OtherCountry(of.into_iter().map(str::to_owned).collect()));
    }
    match shown {
        Some(shown) if !same_number(shown, &of, (code, &national)) => Err(ReachError::Differs),
        Some(_) | None => Ok(()),
    }
}

/// Whether a number as it is shown, at home or abroad, is this one.
fn same_number(shown: &str, regions: &[&str], (code, national): (u16, &str)) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let all = digits(shown);
    if all == national || all == format!("{code}{national}") || all == format!("00{code}{national}")
    {
        return true;
    }
    regions.iter().filter_map(|region| region.parse::<Id>().ok()).any(|region| {
        phonenumber::parse(Some(region), shown).is_ok_and(|parsed| {
            parsed.code().value() == code && parsed.national().to_string() == national
        })
    })
}

/// The international form of a number as it is shown, where it has one: its own, or that of a number of `country`.
pub fn e164(shown: &str, country: Option<Country>) -> Option<String> {
    let region = country.and_then(|country| country.as_str().parse::<Id>().ok());
    let number = phonenumber::parse(region, without_trunk(shown)).ok()?;
    let text = format!("+{}{}", number.code().value(), number.national());
    // A number that names its country is taken at its word; another has to be one that is known there.
    let is_good = shown.trim_start().starts_with('+') || number.is_valid();
    (is_good && check_e164(&text, None, &[]).is_ok()).then_some(text)
}

/// Whether calls to a number cost more than usual, as its number says: in international form, or as it is dialled in
/// `country`.
pub fn is_premium(text: &str, country: Option<Country>) -> bool {
    let region = country.and_then(|country| country.as_str().parse::<Id>().ok());
    phonenumber::parse(region, text)
        .is_ok_and(|number| number.number_type(&DATABASE) == Type::PremiumRate)
}

/// Checks the address of a web page: `https`, a host with a dot in it, no user name.
///
/// # Errors
/// [`ReachError`]
pub fn check_link(text: &str) -> Result<(), ReachError> {
    if hides(text) {
        return Err(ReachError::Hidden);
    }
    let link = url::Url::parse(text).map_err(|_| ReachError::NoLink)?;
    let is_plain = text.starts_with("https://")
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, '\\' | '"' | '<' | '>'))
        && link.host_str().is_some_and(|host| host.contains('.'))
        && link.username().is_empty()
        && link.password().is_none();
    if is_plain { Ok(()) } else { Err(ReachError::NoLink) }
}

/// Checks an e-mail address: one that needs no quoting, and adds no headers to a `mailto:` link.
///
/// # Errors
/// [`ReachError`]
pub fn check_email(text: &str) -> Result<(), ReachError> {
    if hides(text) {
        return Err(ReachError::Hidden);
    }
    let local = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'))
    };
    let label = |text: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_plain = text.split_once('@').is_some_and(|(name, host)| {
        local(name) && host.contains('.') && host.len() <= 253 && host.split('.').all(label)
    });
    if is_plain { Ok(()) } else { Err(ReachError::NoEmail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn countries(codes: &str) -> Vec<Country> {
        codes.split_ascii_whitespace().map(|code| code.parse().unwrap()).collect()
    }

    #[test]
    fn a_number_of_the_plan_fits_its_country_and_what_is_shown() {
        let cases = [
            ("+441632960001", Some("01632 960 001"), "GB", Ok(())),
            ("+441632960001", Some("+44 1632 960001"), "", Ok(())),
            ("+441632960001", Some("0044 1632 960001"), "JE", Ok(())),
            ("+33199001122", Some("01 99 00 11 22"), "FR", Ok(())),
            ("+390649901234", Some("06 4990 1234"), "IT", Ok(())),
            ("+80012345678", None, "GB", Ok(())),
            ("+441632960001", Some("01632 960 002"), "GB", Err("Differs")),
            ("+441632960001", None, "FR DE", Err("OtherCountry")),
            ("+44116111", None, "GB", Err("NoNumber")),
            ("+9991234567", None, "", Err("NoNumber")),
            ("116111", None, "", Err("NoNumber")),
        ];
        for (e164, shown, covered, expected) in cases {
            let found = check_e164(e164, shown, &countries(covered));
            let found = found.map_err(|error| format!("{error:?}"));
            let found = found.as_ref().map_err(|error| error.split('(').next().unwrap()).copied();
            assert_eq!(found, expected, "{e164} {shown:?} {covered}");
        }
    }

    #[test]
    fn a_number_shows_what_is_dialled() {
        for good in ["116 111", "01632 960001", "+44 (0)1632 960-001", "*31#", "01 99 00 11 22"] {
            assert_eq!(check_shown(good), Ok(()), "{good}");
        }
        for (bad, error) in [
            ("\u{202e}100 069 23610", ReachError::Hidden),
            ("116\u{200b}111", ReachError::Hidden),
            ("١١٦١١١", ReachError::NumberCharacters),
            ("1", ReachError::NumberCharacters),
            ("javascript:alert(1)", ReachError::NumberCharacters),
            ("116 111;phone-context=+1", ReachError::NumberCharacters),
        ] {
            assert_eq!(check_shown(bad), Err(error), "{bad}");
        }
    }

    #[test]
    fn a_link_is_https_and_plain() {
        for good in [
            "https://helpline.example/chat",
            "https://例え.example/x?y=1#z",
            "https://a.example:8443/",
        ] {
            assert_eq!(check_link(good), Ok(()), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt://helpline.example/%0aalert(1)",
            "data:text/html,x",
            "http://helpline.example/",
            "https://helpline.example@evil.example/",
            "https://localhost/",
            "//helpline.example/",
            "helpline.example",
            " https://helpline.example/",
            "https://helpline.example/a b",
            "https:\\\\helpline.example",
        ] {
            assert_eq!(check_link(bad), Err(ReachError::NoLink), "{bad}");
        }
        assert_eq!(check_link("https://helpline.example/\u{202e}tahc"), Err(ReachError::Hidden));
    }

    #[test]
    fn an_email_address_adds_nothing_to_a_link() {
        for good in ["help@helpline.example", "a.b+c@x-y.example"] {
            assert_eq!(check_email(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "help",
            "help@",
            "@x.example",
            "help@localhost",
            "a@b@c.example",
            "help@x.example?bcc=a@b.example",
            "a b@x.example",
            "help@-x.example",
        ] {
            assert_eq!(check_email(bad), Err(ReachError::NoEmail), "{bad}");
        }
    }

    #[test]
    fn a_premium_number_is_known_by_its_number() {
        let gb = "GB".parse().ok();
        assert!(is_premium("+449011234567", None) && !is_premium("+441632960001", None));
        assert!(is_premium("0901 123 4567", gb) && !is_premium("0901 123 4567", None));
        assert!(!is_premium("01632 960 001", gb) && !is_premium("116 111", gb));
        assert!(!is_premium("https://helpline.example/", gb));
    }
}
