//! Tests of glossaries as files: what is written and read, and what is refused.

use std::io::Read as _;

use proptest::prelude::*;

use super::*;

fn fields(value: Value) -> Fields {
    serde_json::from_value(value).unwrap()
}

fn section(tag: &str, value: Value) -> Section {
    Section { line: 0, tag: tag.to_owned(), fields: fields(value) }
}

fn full() -> Concept {
    Concept {
        line: 0,
        id: "csam".to_owned(),
        shared: fields(json!({
            "part_of_speech": "noun", "subject": "law & order", "case_sensitive": false, "inflection": "exact",
        })),
        sections: vec![
            section(
                "en",
                json!({
                    "title": "child sexual abuse material", "definition": "Pictures, films\nor \"texts\".",
                    "variants": ["CSAM", "=1+1", "'=x"],
                    "forbidden": [{"wording": "child pornography", "reason": "It is <abuse>."}, {"wording": "kiddie porn"}],
                    "exempt": ["Protocol; on, things"],
                }),
            ),
            section("fr", json!({"title": "matériel d'abus sexuels d'enfants"})),
        ],
    }
}

fn written(format: Format, concepts: &[Concept]) -> String {
    let mut writer = TermsWriter::new(Vec::new(), format, &Locale::english()).unwrap();
    concepts.iter().try_for_each(|concept| writer.concept(concept)).unwrap();
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn found(format: Format, text: &str) -> Result<Vec<Concept>, (u64, String)> {
    let found = read(text.as_bytes(), format);
    let told = found.map_err(|fault| (fault.line, fault.violation.code))?;
    let without_line = |concept: Concept| Concept {
        line: 0,
        sections: concept.sections.into_iter().map(|it| Section { line: 0, ..it }).collect(),
        ..concept
    };
    Ok(told.concepts.into_iter().map(without_line).collect())
}

fn refused(format: Format, text: &str) -> (u64, String) {
    found(format, text).unwrap_err()
}

/// The concept without what TBX has no place for.
fn basic(mut concept: Concept) -> Concept {
    concept.shared.retain(|name, _| matches!(name.as_str(), "part_of_speech" | "subject"));
    for section in &mut concept.sections {
        section.fields.retain(|name, _| name.as_str() != "exempt");
    }
    concept
}

#[test]
fn what_goes_out_comes_back() {
    let csv = written(Format::Csv, &[full()]);
    assert!(csv.contains("csam,en,admitted,'=1+1,"), "no formula: {csv}");
    assert!(csv.contains("csam,en,admitted,''=x,"), "{csv}");
    assert_eq!(found(Format::Csv, &csv), Ok(vec![full()]));
    assert_eq!(
        found(Format::Csv, &format!("\u{feff}{}", csv.replace("\r\n", "\n"))),
        Ok(vec![full()])
    );
    let tbx = written(Format::Tbx, &[full()]);
    for part in [
        "<tbx style=\"dca\" type=\"TBX-Basic\" xml:lang=\"en\" xmlns=\"urn:iso:std:iso:30042:ed-2\">",
        "<conceptEntry id=\"csam\">",
        "<descrip type=\"subjectField\">law &amp; order</descrip>",
        "<termSec><term>child pornography</term><termNote type=\"administrativeStatus\">deprecatedTerm-admn-sts</termNote>\
         <termNote type=\"partOfSpeech\">noun</termNote><note>It is &lt;abuse&gt;.</note></termSec>",
    ] {
        assert!(tbx.contains(part), "{part}\n{tbx}");
    }
    assert_eq!(found(Format::Tbx, &tbx), Ok(vec![basic(full())]));
}

#[test]
fn files_of_other_tools_are_read() {
    let dca = "<?xml version=\"1.0\"?><!DOCTYPE martif SYSTEM \"TBXBasiccoreStructV02.dtd\">\n\
        <martif type=\"TBX-Basic\" xml:lang=\"en\"><martifHeader/><text><body><termEntry id=\"c1\">\
        <descripGrp><descrip type=\"definition\">A person.</descrip></descripGrp>\
        <langSet xml:lang=\"en\"><tig><term>victim</term><termNote type=\"partOfSpeech\">properNoun</termNote></tig>\
        <ntig><termGrp><term>sufferer</term><termNote type=\"administrativeStatus\">supersededTerm-admn-sts</termNote></termGrp></ntig>\
        </langSet></termEntry></body></text></martif>";
    let dct = "<tbx style=\"dct\" type=\"TBX-Basic\" xml:lang=\"en\" xmlns=\"urn:iso:std:iso:30042:ed-2\"\
        xmlns:min=\"http://www.tbxinfo.net/ns/min\" xmlns:basic=\"http://www.tbxinfo.net/ns/basic\"><tbxHeader/><text><body>\
        <conceptEntry id=\"c1\"><langSec xml:lang=\"en\"><basic:definition>A person.</basic:definition>\
        <termSec><term>sufferer</term><min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus></termSec>\
        <termSec><term>victim</term><min:partOfSpeech>noun</min:partOfSpeech></termSec></langSec></conceptEntry></body></text></tbx>";
    for text in [dca, dct] {
        let expected = Concept {
            line: 0,
            id: "c1".to_owned(),
            shared: fields(json!({"part_of_speech": "noun"})),
            sections: vec![section(
                "en",
                json!({"title": "victim", "definition": "A person.", "forbidden": [{"wording": "sufferer"}]}),
            )],
        };
        assert_eq!(found(Format::Tbx, text), Ok(vec![expected]), "{text}");
    }
    let semicolons = "key;locale;term\nc1;en;victim\nc1;en;\"a;b\"\n";
    let expected = section("en", json!({"title": "victim", "variants": ["a;b"]}));
    assert_eq!(found(Format::Csv, semicolons).unwrap()[0].sections, [expected]);
}

fn tbx(inside: &str) -> String {
    format!("<tbx type=\"TBX-Basic\" xml:lang=\"en\"><text><body>\n{inside}</body></text></tbx>")
}

#[test]
fn what_is_no_glossary_is_refused_with_its_line() {
    let code = |line: u64, code: &str| (line, code.to_owned());
    for bomb in [
        "<!DOCTYPE tbx [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><tbx>&b;</tbx>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><tbx>&a;</tbx>",
        "<!DOCTYPE x [<!ENTITY % a SYSTEM \"http://127.0.0.1:9/\"> %a;]><tbx/>",
    ] {
        assert_eq!(refused(Format::Tbx, bomb), code(1, "file_declares"), "{bomb}");
    }
    assert_eq!(
        refused(Format::Tbx, &tbx("<termEntry id=\"a\">&a;</termEntry>")),
        code(2, "file_declares")
    );
    assert_eq!(refused(Format::Tbx, "<tmx/>"), code(1, "not_tbx"));
    assert_eq!(refused(Format::Tbx, "<tbx/>"), code(1, "file_missing"));
    let one = "<conceptEntry id=\"a\"><langSec xml:lang=\"en\"><termSec><term>x</term></termSec></langSec></conceptEntry>";
    assert_eq!(refused(Format::Tbx, &tbx(&format!("{one}\n{one}"))), code(3, "repeated_id"));
    let cut = tbx(one);
    for end in [cut.len() - 1, cut.len() - 30, cut.len() - 60] {
        assert_eq!(refused(Format::Tbx, cut.get(..end).unwrap()).1, "file_malformed", "{end}");
    }
    assert_eq!(refused(Format::Tbx, &tbx("<conceptEntry/>")), code(2, "file_missing"));
    let empty = one.replace("<term>x</term>", "<term/>");
    assert_eq!(refused(Format::Tbx, &tbx(&empty)), code(2, "file_missing"));
    assert_eq!(
        refused(Format::Tbx, &tbx(&one.replace(" xml:lang=\"en\"", ""))),
        code(2, "file_missing")
    );
    let deep = format!("<conceptEntry id=\"a\">{}", "<descripGrp>".repeat(100));
    assert_eq!(refused(Format::Tbx, &tbx(&deep)).1, "too_large_inside");
    let long = one.replace(">x<", &format!(">{}<", "x".repeat(2 << 20)));
    assert_eq!(refused(Format::Tbx, &tbx(&long)).1, "too_large_inside");
    let bad = one.replace(
        "<term>x</term>",
        "<term>x</term><termNote type=\"administrativeStatus\">deprecatedTerm</termNote>",
    );
    assert_eq!(refused(Format::Tbx, &tbx(&bad)), code(2, "file_missing"), "nothing to say instead");
}

#[test]
fn rows_that_make_no_sense_are_refused_with_their_line() {
    let code = |line: u64, code: &str| (line, code.to_owned());
    let head = "key,locale,status,term,reason,case_sensitive";
    for (rows, expected) in [
        ("a,en,preferred,x,,", None),
        ("a,en,preferred,x,,\nb,en,preferred,y", Some(code(3, "file_malformed"))),
        ("a,en,preferred,\"x", Some(code(2, "file_malformed"))),
        ("a,en,preferred,,,", Some(code(2, "file_missing"))),
        (",en,preferred,x,,", Some(code(2, "file_missing"))),
        ("a,,preferred,x,,", Some(code(2, "file_missing"))),
        ("a,en,best,x,,", Some(code(2, "file_wrong"))),
        ("a,en,preferred,x,,maybe", Some(code(2, "file_wrong"))),
        ("a,en,preferred,x,,true\na,en,admitted,y,,false", Some(code(3, "file_wrong"))),
        ("a,en,preferred,x,why,", Some(code(2, "file_wrong"))),
        ("a,en,preferred,x,,\na,en,preferred,y,,", Some(code(3, "file_unexpected"))),
        ("a,en,forbidden,x,,", Some(code(2, "file_missing"))),
    ] {
        let text = format!("{head}\n{rows}\n");
        assert_eq!(found(Format::Csv, &text).err(), expected, "{rows}");
    }
    assert_eq!(refused(Format::Csv, ""), code(1, "file_missing"));
    assert_eq!(refused(Format::Csv, "key,locale\n"), code(1, "file_missing"));
    assert_eq!(refused(Format::Csv, "key,locale,term,colour\n"), code(1, "file_unexpected"));
    let fault = read(&b"key,locale,term\na,en,\xff\n"[..], Format::Csv).unwrap_err();
    assert_eq!((fault.line, fault.violation.code), code(2, "file_malformed"));
}

#[test]
fn a_file_that_never_ends_is_refused_in_bounded_memory() {
    let many = |text: &'static str| io::repeat(0).take(1 << 40).chain(text.as_bytes());
    let endless = io::BufReader::new(many("key"));
    assert_eq!(read(endless, Format::Csv).unwrap_err().violation.code, "too_large_inside");
    let one = |at: usize| {
        format!(
            "<conceptEntry id=\"c{at}\"><langSec xml:lang=\"en\"><termSec><term>x</term></termSec></langSec></conceptEntry>\n"
        )
    };
    let all: String = (0..=MOST).map(one).collect();
    assert_eq!(refused(Format::Tbx, &tbx(&all)).1, "too_large_inside");
}

proptest! {
    #[test]
    fn any_text_goes_out_and_comes_back(
        id in "[a-zA-Z0-9/._:é日-]{1,12}",
        texts in proptest::collection::vec("[a-z=+@'\"<>&;,|_]{0,3}[\\w.*()\\[\\]\\\\\u{202e}\u{5d0}-\u{5ea}]{1,9}", 4),
    ) {
        let [title, variant, wording, reason] = texts.try_into().unwrap();
        let said = json!({
            "title": title, "variants": [variant], "forbidden": [{"wording": wording, "reason": reason}],
        });
        let concept = Concept { line: 0, id, shared: Fields::new(), sections: vec![section("en", said)] };
        for format in [Format::Tbx, Format::Csv] {
            let text = written(format, std::slice::from_ref(&concept));
            prop_assert_eq!(found(format, &text), Ok(vec![concept.clone()]), "{}", text);
        }
    }
}
