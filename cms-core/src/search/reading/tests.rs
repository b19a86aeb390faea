//! Tests of reading, and of the glossary with it.

use serde_json::{Value, json};

use super::*;
use crate::{
    event::Fields,
    glossary::{Glossary, Term, Wording},
    id::{EntryId, FieldName},
};

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

fn fields(value: &Value) -> Fields {
    let members = value.as_object().unwrap();
    members.iter().map(|(name, value)| (FieldName::parse(name).unwrap(), value.clone())).collect()
}

fn term(number: u8, shared: &Value, wordings: &[(&str, Value)]) -> Term {
    let mut term = Term::of(EntryId::from_bytes([number; 16]), &fields(shared));
    for (tag, said) in wordings {
        term.wordings.insert(locale(tag), Wording::of(&fields(said)).unwrap());
    }
    term
}

fn glossary(terms: Vec<Term>) -> Glossary {
    Glossary::new(terms, read)
}

fn found(glossary: &Glossary, text: &str, tag: &str) -> Vec<String> {
    let told = glossary.terms_in(text, (&locale(tag), &locale("fr")));
    told.into_iter().map(|it| it.found).collect()
}

fn misused(glossary: &Glossary, text: &str, tag: &str) -> Vec<String> {
    glossary.forbidden_in(text, &locale(tag)).into_iter().map(|it| it.found).collect()
}

#[test]
fn a_text_is_read_in_one_spelling_with_the_places_of_its_words() {
    let french = locale("fr");
    let reading = read("L'\u{202e}abus\u{202c} \n sex\u{ad}uels, e\u{301}te\u{301}", &french);
    assert_eq!(reading.text, "L'abus sexuels, été");
    let words: Vec<_> =
        reading.words.iter().filter_map(|it| reading.text.get(it.range.clone())).collect();
    assert_eq!(words, ["abus", "sexuels", "été"]);
    assert_eq!(read("sexuelle", &french).words[0].stem, reading.words[1].stem);
    assert_eq!(read("\u{200b}\u{202e}", &french), Reading::default());
}

#[test]
fn a_term_is_found_by_its_stems_in_each_script() {
    for (tag, said, text, stands) in [
        ("en", "online predator", "Two online predators wrote.", "online predators"),
        ("fr", "abus sexuel", "Des abus\nsexuels d'enfants", "abus sexuels"),
        ("de", "sexuelle Gewalt", "gegen sexueller Gewalt", "sexueller Gewalt"),
        ("es", "depredador sexual", "los depredadores sexuales", "depredadores sexuales"),
        ("ru", "жертва насилия", "жертвы насилия", "жертвы насилия"),
        ("ar", "الاعتداء الجنسي", "عن الاعتداء الجنسي على", "الاعتداء الجنسي"),
        ("ja", "性的虐待", "児童の性的虐待を記録した", "性的虐待"),
        ("th", "ล่วงละเมิด", "ถูกล่วงละเมิดทางเพศ", "ล่วงละเมิด"),
        ("ko", "성착취물", "아동 성착취물을 신고", "성착취물"),
    ] {
        let glossary = glossary(vec![term(1, &json!({}), &[(tag, json!({"title": said}))])]);
        assert_eq!(found(&glossary, text, tag), [stands], "{tag}");
    }
}

#[test]
fn what_is_to_be_exact_or_in_its_case_is_found_like_that_alone() {
    let one = |shared: Value, title: &str| {
        glossary(vec![term(1, &shared, &[("en", json!({"title": title}))])])
    };
    let exact = one(json!({"inflection": "exact"}), "victim");
    assert_eq!(found(&exact, "Victims, a VICTIM; victimhood", "en"), ["VICTIM"]);
    let cased = one(json!({"case_sensitive": true}), "ICE");
    assert_eq!(found(&cased, "ice Ice ICE", "en"), ["ICE"]);
    let both = one(json!({"case_sensitive": true, "inflection": "exact"}), "C++");
    assert_eq!(found(&both, "c++ C C++", "en"), ["C++"]);
    let stem = one(json!({}), "online predator");
    assert_eq!(found(&stem, "online, predators", "en"), [""; 0], "no phrase across a comma");
}

#[test]
fn a_term_is_data_and_never_a_pattern() {
    let strange = [".*", "(a+)+$", "[", "\\", "%{found}", "\u{202e}terces\u{202c}", "a|b"];
    let terms = strange.iter().enumerate().map(|(at, text)| {
        term(
            u8::try_from(at).unwrap(),
            &json!({"inflection": "exact"}),
            &[("en", json!({"title": text}))],
        )
    });
    let glossary = glossary(terms.collect());
    let text = format!("Nothing here, {}b", "a".repeat(50_000));
    assert_eq!(found(&glossary, &text, "en"), [""; 0]);
    assert_eq!(found(&glossary, "say .* or a|b, terces!", "en"), [".*", "a|b", "terces"]);
    let nothing = term(1, &json!({}), &[("en", json!({"title": "\u{200b}\u{202e}"}))]);
    let huge = term(2, &json!({}), &[("en", json!({"title": "long ".repeat(20_000)}))]);
    assert_eq!(found(&Glossary::new(vec![nothing, huge], read), "long long", "en"), [""; 0]);
    assert_eq!(Wording::of(&fields(&json!({"title": "  "}))), None);
}

#[test]
fn hidden_marks_dont_hide_a_wording() {
    let said = json!({"title": "abuse material", "forbidden": [{"wording": "kiddie porn"}]});
    let glossary = glossary(vec![term(1, &json!({}), &[("en", said)])]);
    for text in [
        "kid\u{200b}die porn",
        "\u{202e}kiddie\u{202c} porn",
        "ＫＩＤＤＩＥ　ＰＯＲＮ",
        "kiddie-porn",
    ] {
        assert_eq!(misused(&glossary, text, "en").len(), 1, "{text:?}");
    }
}

#[test]
fn what_is_forbidden_may_stand_in_what_is_exempt_or_agreed() {
    let said = json!({
        "title": "child sexual abuse material",
        "variants": ["revenge porn law"],
        "forbidden": [{"wording": "child pornography", "reason": "It is abuse."}, {"wording": "porn"}],
        "exempt": ["Protocol on the sale of children and child pornography"],
    });
    let glossary = glossary(vec![term(1, &json!({}), &[("en", said)])]);
    let law = "See the protocol on the sale of children and child pornography.";
    assert_eq!(misused(&glossary, law, "en"), [""; 0]);
    assert_eq!(
        misused(&glossary, &format!("{law} Child pornography!"), "en"),
        ["Child pornography"]
    );
    assert_eq!(misused(&glossary, "the revenge porn law, porn", "en"), ["porn"]);
    let told = &glossary.forbidden_in("child pornography", &locale("en"))[0];
    assert_eq!(told.instead, "child sexual abuse material");
    assert_eq!(told.reason.as_deref(), Some("It is abuse."));
    assert_eq!(glossary.without_exempt(law, &locale("en")), "See the  \u{fffc} .");
    assert_eq!(misused(&glossary, "child pornography", "fr"), [""; 0], "another language");
}

#[test]
fn a_translation_lacks_what_is_agreed_unless_it_says_one_of_the_ways() {
    let french = json!({"title": "matériel d'abus sexuels", "variants": ["matériel pédocriminel"]});
    let terms = vec![
        term(
            1,
            &json!({}),
            &[("en", json!({"title": "abuse material", "variants": ["CSAM"]})), ("fr", french)],
        ),
        term(
            2,
            &json!({}),
            &[("en", json!({"title": "abuse"})), ("fr", json!({"title": "maltraitance"}))],
        ),
        term(3, &json!({}), &[("en", json!({"title": "police"}))]),
    ];
    let glossary = glossary(terms);
    let lacking = |source: &str, target: &str, tag: &str| {
        glossary.lacking((source, target), (&locale("en"), &locale(tag)))
    };
    let agreed = "matériel d'abus sexuels";
    assert_eq!(lacking("Report abuse material to the police.", "Signalez-le.", "fr"), [agreed]);
    assert_eq!(lacking("Report CSAM.", "Signalez les matériels d’abus sexuel.", "fr"), [""; 0]);
    assert_eq!(lacking("Report CSAM.", "Signalez tout matériel pédocriminel.", "fr-CA"), [""; 0]);
    assert_eq!(lacking("Report CSAM.", "Signalez-le.", "fr-CA"), [agreed]);
    assert_eq!(lacking("Report CSAM.", "Melden.", "de"), [""; 0], "nothing is agreed in German");
    assert_eq!(found(&glossary, "abuse material and abuse", "en"), ["abuse material", "abuse"]);
    assert_eq!(found(&glossary, "abuse material", "en"), ["abuse material"], "the longer one");
}
