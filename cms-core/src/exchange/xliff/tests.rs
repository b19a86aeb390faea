//! Tests of XLIFF: what is written and read, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::{
    exchange::{
        Coded, Content, Fault, Found, Head, Languages, Proposal, Returned, Term, Unit,
        inline::{Marked, restore},
        samples::coded,
    },
    locale::Locale,
    segment::{SegmentDigest, SegmentState},
};

fn languages() -> Languages {
    let locale = |tag| Locale::parse(tag).unwrap();
    Languages { source: locale("en"), target: locale("fr") }
}

fn unit(id: &str, source: Coded, target: Option<Coded>) -> Unit {
    Unit {
        id: id.to_owned(),
        pointer: "/body".to_owned(),
        notes: vec!["Under: What to do <now>".to_owned()],
        source,
        target,
        progress: SegmentState::Translated,
        is_outdated: false,
        previous: None,
        proposals: Vec::new(),
        terms: Vec::new(),
    }
}

fn head(entry: &str) -> Head {
    Head { entry: entry.to_owned(), name: "guidance \"a\"".to_owned(), notes: Vec::new() }
}

fn written(units: &[Unit]) -> String {
    let mut xliff = XliffWriter::new(Vec::new(), &languages()).unwrap();
    xliff.file(&head("e1")).unwrap();
    for unit in units {
        xliff.unit(unit).unwrap();
    }
    String::from_utf8(xliff.finish().unwrap()).unwrap()
}

fn found(text: &str) -> Result<Vec<Found>, Fault> {
    let mut found = Vec::new();
    read(text.as_bytes(), &mut |one| {
        found.push(one);
        Ok(())
    })?;
    Ok(found)
}

fn returned(text: &str) -> Vec<Returned> {
    let units = found(text).unwrap().into_iter().filter_map(|found| match found {
        Found::Unit(unit) => Some(*unit),
        Found::Languages(..) => None,
        Found::Refused(..) => panic!("{found:?}"),
    });
    units.collect()
}

#[test]
fn a_unit_has_its_codes_its_matches_its_terms_and_its_digests() {
    let mut full = unit("s1", coded("Call *{{route:a}}*"), Some(coded("Appelez *{{route:a}}*")));
    full.previous = Some("Call".to_owned());
    full.proposals = vec![Proposal {
        percent: 101,
        source: coded("Call **us**"),
        target: coded("Appelez **nous**"),
        origin: "guidance b".to_owned(),
    }];
    full.terms = vec![Term {
        source: "call".to_owned(),
        targets: vec!["appeler".to_owned()],
        definition: Some("by phone".to_owned()),
    }];
    let text = written(std::slice::from_ref(&full));
    for part in [
        "srcLang=\"en\" trgLang=\"fr\"",
        "<file id=\"e1\" original=\"guidance &quot;a&quot;\">",
        "<mtc:match ref=\"#s\" type=\"icm\" similarity=\"100\" origin=\"guidance b\">",
        "<gls:glossEntry><gls:term>call</gls:term><gls:translation>appeler</gls:translation><gls:definition>by phone",
        "<note category=\"previous-source\">Call</note>",
        "<note category=\"context\">Under: What to do &lt;now&gt;</note>",
        "<data id=\"d2\">{{route:a}}</data>",
        "<source>Call <pc id=\"1\" type=\"fmt\" subType=\"xlf:i\" dataRefStart=\"d1\" dataRefEnd=\"d1\"><ph id=\"2\" type=\"ui\" subType=\"xlf:var\" canDelete=\"no\" dataRef=\"d2\" disp=\"{{route:a}}\"/></pc></source>",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let found = &returned(&text)[0];
    assert_eq!((found.entry.as_str(), found.id.as_str()), ("e1", "s1"));
    assert_eq!(found.of, Some(full.digest()));
    assert_eq!(found.was, Some(SegmentDigest::of("Appelez *{{route:a}}*")));
    assert_eq!(found.progress, Some(SegmentState::Translated));
}

/// A document of one file with this inside.
fn document(inside: &str) -> String {
    format!(
        "<xliff xmlns=\"{CORE}\" version=\"2.0\" srcLang=\"en\" trgLang=\"fr\"><file id=\"f\">{inside}</file></xliff>"
    )
}

#[test]
fn what_a_tool_cut_up_and_reordered_is_put_together() {
    let text = document(
        "<group id=\"g\"><unit id=\"u\"><segment state=\"final\"><source>One. </source><target order=\"3\">Un.</target></segment>\
         <ignorable><source> </source></ignorable>\
         <segment state=\"reviewed\"><source>T<cp hex=\"0001\"/>wo <sc id=\"1\"/>b<ec startRef=\"1\"/></source><target order=\"1\"><mrk id=\"m\" type=\"term\">Deux</mrk></target></segment></unit></group>",
    );
    let unit = &returned(&text)[0];
    let words = |content: &Content| match content {
        Content::Runs(runs) => format!("{runs:?}"),
        Content::Written(text) => text.clone(),
    };
    assert_eq!(
        words(&unit.source),
        "[Text(\"One.  T\\u{1}wo \"), Open(\"1\"), Text(\"b\"), Close(\"1\")]"
    );
    assert_eq!(unit.target.as_ref().map(words).unwrap(), "[Text(\"Deux Un.\")]");
    assert_eq!(unit.progress, Some(SegmentState::Reviewed));
    let half = "<unit id=\"u\"><segment><source>a</source><target>b</target></segment><segment><source>c</source></segment></unit>";
    assert_eq!(returned(&document(half))[0].target, None, "half a translation is none");
}

#[test]
fn files_that_are_none_are_refused_with_line_and_reason() {
    let code = |text: &str| {
        let fault = found(text).unwrap_err();
        (fault.line, fault.violation.code)
    };
    let unit = "<unit id=\"u\"><segment><source>a</source></segment></unit>";
    let cases = [
        ("<!DOCTYPE x [<!ENTITY a \"b\">]>\n<xliff/>", (1, "file_declares")),
        ("<!DOCTYPE xliff SYSTEM \"http://example.org/x.dtd\">\n<xliff/>", (1, "file_declares")),
        ("", (1, "file_malformed")),
        ("\n\n<xliff", (3, "file_malformed")),
        ("<xliff version=\"1.2\"/>", (1, "not_xliff")),
        ("just words", (1, "file_malformed")),
    ];
    for (text, (line, expected)) in cases {
        assert_eq!(code(text), (line, expected.to_owned()), "{text}");
    }
    assert_eq!(code(&document("")).1, "file_missing");
    assert_eq!(code(&document("<unit/>")).1, "file_missing");
    assert_eq!(
        code(&document("\n<unit id=\"u\"><segment><source>&a;</source></segment></unit>")),
        (2, "file_declares".to_owned())
    );
    assert_eq!(code(&document("<unit id=\"u\"><segment/></unit>")).1, "file_missing");
    assert_eq!(code(&document(&format!("{unit}<b/>"))).1, "file_unexpected");
    assert_eq!(code(&document(&unit.replace("</unit>", ""))).1, "file_malformed");
    let nested = format!("<unit id=\"u\"><segment><source>{}", "<pc id=\"1\">".repeat(100));
    assert_eq!(code(&document(&nested)).1, "too_large_inside");
    let long = document(&unit.replace(">a<", &format!(">{}<", "a".repeat(2 << 20))));
    assert_eq!(code(&long).1, "too_large_inside");
    let pieces =
        document(&unit.replace(">a<", &format!(">{}<", "aaaaaaaa<!-- b -->".repeat(1 << 18))));
    assert_eq!(code(&pieces).1, "too_large_inside");
    let twice = document(unit).replace("</file>", "</file><file id=\"f\"/>");
    assert_eq!(code(&twice).1, "repeated_id");
}

#[test]
fn a_unit_that_cannot_be_read_is_told_and_the_rest_is_read() {
    let good = |id: &str| {
        format!("<unit id=\"{id}\"><segment><source>a</source><target>b</target></segment></unit>")
    };
    let bad = [
        ("<target xml:lang=\"de\">b</target>", "wrong_language"),
        ("<target><x/>b</target>", "file_unexpected"),
        ("<target order=\"x\">b</target>", "file_wrong"),
    ];
    for (target, expected) in bad {
        let text = document(&format!(
            "\n{}{}",
            good("v").replace("<target>b</target>", target),
            good("w")
        ));
        let found = found(&text).unwrap();
        let Found::Refused(_, id, fault) = &found[1] else { panic!("{found:?}") };
        assert_eq!((id.as_str(), fault.line, fault.violation.code.as_str()), ("v", 2, expected));
        assert!(matches!(&found[2], Found::Unit(unit) if unit.id == "w"));
    }
    let twice = found(&document(&format!("{}{}", good("v"), good("v")))).unwrap();
    assert!(
        matches!(&twice[2], Found::Refused(_, _, fault) if fault.violation.code == "repeated_id")
    );
}

#[test]
fn languages_are_told_and_compared_as_tags() {
    let text = document("<unit id=\"u\"><segment><source>a</source></segment></unit>");
    let Found::Languages(line, source, target) = found(&text).unwrap().swap_remove(0) else {
        panic!()
    };
    assert_eq!(languages().check(line, source.as_deref(), target.as_deref()), Ok(()));
    let wrong = languages().check(7, Some("en"), Some("fr-CA")).unwrap_err();
    assert_eq!((wrong.line, wrong.violation.code.as_str()), (7, "wrong_language"));
    assert!(languages().check(1, Some("de"), Some("fr")).is_err());
    assert!(languages().check(1, None, None).is_err());
}

/// Any text, with marks and characters that XML can't hold.
fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            "\\PC{1,12}",
            "[\\x00-\\x20&<>\"']{1,4}",
            Just("*em* ".to_owned()),
            Just("**[a](/b)** ".to_owned()),
            Just("{{route:a.phone}}".to_owned()),
            Just("[x](http://y?a&b)".to_owned()),
        ],
        1..6,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_was_written_is_read(texts in proptest::collection::vec((text(), proptest::option::of(text())), 1..6)) {
        let units: Vec<_> = texts.iter().enumerate().map(|(at, (source, target))| {
            unit(&format!("s{at}"), coded(source), target.as_deref().map(coded))
        }).collect();
        let found = returned(&written(&units));
        prop_assert_eq!(found.len(), units.len());
        for (unit, found) in units.iter().zip(&found) {
            let source = Marked::source(&unit.source);
            prop_assert!(source.is(&found.source), "{:?} {:?}", source.runs(), found.source);
            prop_assert_eq!(found.of, Some(unit.digest()));
            let target = unit.target.as_ref().map(|target| Marked::target(target, &source));
            let Some(target) = target else {
                prop_assert_eq!(&found.target, &None);
                continue;
            };
            prop_assert_eq!(found.target.as_ref(), Some(&Content::Runs(target.runs())));
        }
    }

    #[test]
    fn a_text_is_put_together_from_its_runs(source in text()) {
        let coded = coded(&source);
        let marked = Marked::source(&coded);
        prop_assert_eq!(restore(&Content::Runs(marked.runs()), &marked, None), Ok(source));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..1500) {
        drop(read(bytes.as_slice(), &mut |_| Ok(())));
        let whole = written(&[unit("s1", coded("*a* {{b}}"), Some(coded("c")))]);
        let half = whole.as_bytes().get(..cut.min(whole.len() - 2)).unwrap();
        prop_assert!(read(half, &mut |_| Ok(())).is_err());
    }
}
