//! Files beside others' tools: the translate-toolkit, OASIS's schemas, and the test suite of XLIFF.
//!
//! `TRANSLATE_TOOLKIT` names the folder that the toolkit and lxml are installed in; `cargo xtask test` says so. The
//! schemas and the suite are OASIS's: `XLIFF_SCHEMAS` and `XLIFF_SUITE` name the folders `xliff-21/schemas` and
//! `xliff-21/test-suite` of a copy of the committee's repository `xliff-xliff-22`.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cms_core::{
    exchange::{Found, tmx, xliff},
    queries::translation_export::Format,
    segment::SegmentState,
};

use super::{CALL, TELL, all_answered, exported, imported, row, site, table};
use crate::{needs, site::locale};

/// Python with the toolkit; none where that is missing and this is not CI.
fn python() -> Option<(PathBuf, OsString)> {
    let toolkit = needs::told("TRANSLATE_TOOLKIT", "the translate-toolkit")?;
    Some((needs::program("python3")?, toolkit))
}

/// Runs a script on a file, in a folder of its own, and gives what it made of the file.
fn edited(script: &str, name: &str, text: &str) -> Option<String> {
    let (python, toolkit) = python()?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let mut command = Command::new(python);
    command.env("PYTHONPATH", toolkit).args(["-c", script]).arg(&path);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(fs::read_to_string(&path).unwrap())
}

/// Translates what has no codes, and keeps the codes of the rest.
const XLIFF: &str = "
import sys
from translate.storage import xliff2
store = xliff2.Xliff2File.parsefile(sys.argv[1])
assert store.getsourcelanguage() == 'en' and store.gettargetlanguage() == 'fr'
for unit in store.units:
    if unit.source in ('Blackmail', 'What to do'):
        unit.target = 'FR ' + unit.source
    else:
        unit.rich_target = unit.rich_source
store.savefile(sys.argv[1])
";

#[test]
fn what_the_toolkit_makes_of_our_xliff_is_taken() {
    let (site, entry) = site();
    let xliff = exported(&site, Format::Xliff, false);
    let Some(edited) = edited(XLIFF, "a.xlf", &xliff) else { return };
    let report = imported(&site, Format::Xliff, &edited);
    assert_eq!((report.refused, report.segments), (0, 4), "{report:?}\n{edited}");
    let after = table(&site, entry);
    let title = row(&after, "Blackmail");
    assert_eq!(title.target(), Some("FR Blackmail"));
    assert_eq!(
        title.record.as_ref().unwrap().state,
        SegmentState::Translated,
        "it knows no states"
    );
    for text in [TELL, CALL] {
        assert_eq!(row(&after, text).target(), Some(text), "codes come back through another tool");
    }
}

const PO: &str = "
import sys
from translate.storage import po
store = po.pofile.parsefile(sys.argv[1])
for unit in store.units:
    if unit.isheader():
        continue
    if unit.source in ('Blackmail', 'What to do'):
        unit.target = 'FR ' + unit.source
        unit.markfuzzy(unit.source == 'Blackmail')
store.savefile(sys.argv[1])
";

#[test]
fn what_the_toolkit_makes_of_our_po_is_taken() {
    let (site, entry) = site();
    let po = exported(&site, Format::Po, false);
    let Some(edited) = edited(PO, "a.po", &po) else { return };
    let report = imported(&site, Format::Po, &edited);
    assert_eq!((report.taken, report.empty, report.refused), (2, 2, 0), "{report:?}\n{edited}");
    let after = table(&site, entry);
    let state = |text| row(&after, text).record.as_ref().unwrap().state;
    assert_eq!(state("Blackmail"), SegmentState::Initial, "what is fuzzy is not done");
    assert_eq!(state("What to do"), SegmentState::Translated);
}

const TMX: &str = "
import sys
from translate.storage import tmx
store = tmx.tmxfile.parsefile(sys.argv[1])
assert len(store.units) == 4, len(store.units)
assert store.translate('Blackmail') == 'Chantage'
store.addtranslation('Stop', 'en', 'Halte', 'fr')
store.savefile(sys.argv[1])
";

#[test]
fn the_toolkit_reads_our_memory_and_we_read_what_it_writes() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    site.publish(entry, "fr");
    assert!(crate::app::wait_for(site.cms.all_remembered()));
    let (en, fr) = (locale("en"), locale("fr"));
    let direction =
        cms_core::translation::memory::Direction { source: en.clone(), target: fr.clone() };
    let (_, bytes) = site.cms.export_memory(&site.administrator, &direction, Vec::new()).unwrap();
    let Some(edited) = edited(TMX, "a.tmx", &String::from_utf8(bytes).unwrap()) else { return };
    let mut found = Vec::new();
    tmx::read(edited.as_bytes(), (&en, &fr), &mut |pair| {
        found.push((pair.source, pair.target));
        Ok(())
    })
    .unwrap();
    assert_eq!(found.len(), 5, "{edited}");
    assert!(found.contains(&("Stop".to_owned(), "Halte".to_owned())));
    assert!(found.iter().any(|(source, _)| source == CALL), "{found:?}");
}

/// Builds one schema out of the core and its modules, and validates a file.
const VALIDATE: &str = "
import sys, os
from lxml import etree
folder = os.environ['XLIFF_SCHEMAS']
names = ['xliff_core_2.0', 'matches', 'glossary', 'metadata']
spaces = ['document', 'matches', 'glossary', 'metadata']
imports = ''.join('<xs:import namespace=\"urn:oasis:names:tc:xliff:%s:2.0\" schemaLocation=\"%s.xsd\"/>' % (space, name) for space, name in zip(spaces, names))
text = '<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">%s</xs:schema>' % imports
root = etree.fromstring(text, base_url=folder + '/all.xsd')
etree.XMLSchema(etree.ElementTree(root)).assertValid(etree.parse(sys.argv[1]))
";

#[test]
fn our_xliff_is_valid_by_the_schemas_of_oasis() {
    if env::var_os("XLIFF_SCHEMAS").is_none() {
        return;
    }
    let (site, entry) = site();
    let empty = exported(&site, Format::Xliff, false);
    imported(&site, Format::Xliff, &all_answered(&empty));
    site.publish(entry, "fr");
    let other = site.create("guidance", "other");
    site.save_and_publish(
        other,
        "en",
        &super::source(&["Tell an *adult* whom you know what has happened.", CALL]),
    );
    site.save_and_publish(
        entry,
        "en",
        &super::source(&["Tell an *adult* whom you trust at once.", CALL]),
    );
    let full = exported(&site, Format::Xliff, false);
    assert!(full.contains("mtc:match") && full.contains("previous-source"), "{full}");
    for text in [&empty, &full] {
        edited(VALIDATE, "a.xlf", text);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    let mut files: Vec<_> =
        listed.filter(|path| path.extension().is_some_and(|ending| ending == "xlf")).collect();
    files.sort();
    files
}

/// What leaves open which text is meant, or in which language. Most of what else the suite calls invalid is about notes,
/// hints for editors and fragment identifiers, which aren't read; codes that don't fit are found when a file is merged.
const REFUSED: &[&str] = &[
    "FileIdNotUnique",
    "GroupWithoutId",
    "IgnorableWithoutSource",
    "InvalidExtensionElementInSegment",
    "InvalidExtensionElementOutsideFile",
    "InvalidHexValueOnCp",
    "InvalidStateValue",
    "NoFile",
    "NoTrgLang",
    "NoTrgLangWithIgnorable",
    "NoUnitOrGroupInFile",
    "SegmentWithoutSource",
    "TwoSourceInUnit",
    "UnitWithoutSegment",
    "WrongSourceLang",
    "WrongTargetLang",
    "XmlLangNotWellFormed",
];

#[test]
fn the_valid_samples_of_the_test_suite_are_read_and_what_is_ambiguous_is_refused() {
    let Some(suite) = env::var_os("XLIFF_SUITE").map(PathBuf::from) else { return };
    // What is wrong with the file, or how many of its units are refused by themselves.
    let read = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        let mut refused = 0;
        let outcome = xliff::read(bytes.as_slice(), &mut |found| {
            refused += usize::from(matches!(found, Found::Refused(..)));
            Ok(())
        });
        outcome.map(|()| refused)
    };
    let (mut count, mut with_refused) = (0, Vec::new());
    for folder in ["core/valid", "core/in-out", "modules/valid"] {
        for path in files(&suite.join(folder)) {
            let outcome = read(&path);
            assert!(outcome.is_ok(), "{}: {outcome:?}", path.display());
            count += 1;
            with_refused.extend((outcome.unwrap() > 0).then_some(path));
        }
    }
    assert!(count > 60, "{count}");
    assert_eq!(with_refused, Vec::<PathBuf>::new());
    for name in REFUSED {
        let path = suite.join(format!("core/invalid/bad_{name}.xlf"));
        assert!(!matches!(read(&path), Ok(0)), "{name}");
    }
}
