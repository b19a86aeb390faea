//! A store of each version of the layout, as that version wrote it: all of them open.
//!
//! The files lie under `fixtures/store-vN/`, each compressed. `CMS_MAKE_STORE_FIXTURE=N` makes those of the
//! current version, which is done once, when a version is new.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use cms_core::store::{
    Append, CellValue, Log as _,
    sled::{OpenError, Options, SledLog, verify},
};
use serde_json::{Value, json};

use crate::store_samples::{append, claiming, noise_of, release, saved, slug, take};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All files under a folder, by their paths inside it.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(
                files(&entry)
                    .into_iter()
                    .map(|path| Path::new(entry.file_name().unwrap()).join(path)),
            );
        } else {
            found.push(entry.file_name().unwrap().into());
        }
    }
    found
}

/// Unpacks a fixture; gives what is to be found in it.
fn unpack(from: &Path, to: &Path) -> Value {
    for path in files(from).iter().filter(|path| path.extension().is_some_and(|end| end == "zst")) {
        let target = to.join(path.with_extension(""));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let packed = fs::read(from.join(path)).unwrap();
        fs::write(target, zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    }
    serde_json::from_slice(&fs::read(from.join("expected.json")).unwrap()).unwrap()
}

/// Makes the fixture of the current version.
async fn make(to: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let log = SledLog::open(dir.path(), Options::default()).unwrap();
    log.append(claiming(vec![take("a", 1), take("b", 2)])).await.unwrap();
    for seed in 0..14 {
        log.append(append((0..20).map(|_| saved(seed, "x")).collect())).await.unwrap();
    }
    log.append(append(vec![saved(3, &noise_of(5, 17_000))])).await.unwrap();
    let erasing =
        Append { erase: vec![7], claims: vec![release("a", 1)], ..append(vec![saved(4, "gone")]) };
    log.append(erasing).await.unwrap();
    log.set_cell("cell", 0, Some(CellValue { value: b"value".to_vec(), expires: None }))
        .await
        .unwrap();
    fs::create_dir_all(to).unwrap();
    let expected = json!({ "last": log.last(), "root": hex(log.root(log.last()).await.unwrap()) });
    fs::write(to.join("expected.json"), format!("{expected:#}\n")).unwrap();
    drop(log);
    for path in files(dir.path()) {
        let target = to
            .join(&path)
            .with_file_name(format!("{}.zst", path.file_name().unwrap().to_str().unwrap()));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let bytes = fs::read(dir.path().join(&path)).unwrap();
        // Room set aside is made anew.
        if !path.ends_with("ballast") {
            fs::write(target, zstd::encode_all(bytes.as_slice(), 19).unwrap()).unwrap();
        }
    }
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn a_store_of_each_version_opens_and_goes_on() {
    if let Ok(version) = env::var("CMS_MAKE_STORE_FIXTURE") {
        make(&fixtures().join(format!("store-v{version}"))).await;
    }
    let mut versions = 0;
    for fixture in fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()) {
        if !fixture.file_name().unwrap().to_str().unwrap().starts_with("store-v") {
            continue;
        }
        versions += 1;
        let dir = tempfile::tempdir().unwrap();
        let expected = unpack(&fixture, dir.path());
        let found = verify(dir.path(), &Options::default(), &mut |_| ()).unwrap();
        assert!(found.is_sound(), "{fixture:?}: {:?}", found.damage);
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        let last = expected["last"].as_u64().unwrap();
        assert_eq!(log.last(), last);
        assert_eq!(hex(log.root(last).await.unwrap()), expected["root"]);
        let events = log.events(0, 1_000).await.unwrap();
        let erased: Vec<u64> =
            events.iter().filter(|event| event.body.is_none()).map(|event| event.number).collect();
        assert_eq!(erased, [7]);
        assert_eq!(log.holder(&slug("a")).await, Ok(None));
        assert_eq!(log.holder(&slug("b")).await, Ok(Some([2; 16])));
        assert_eq!(log.cell("cell").await.unwrap().unwrap().value, b"value");
        assert_eq!(log.append(append(vec![saved(1, "next")])).await.unwrap().first, last + 1);
    }
    assert_eq!(versions, 2);
}

#[tokio::test]
async fn a_folder_that_is_no_store_is_told_from_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("current"), "something else").unwrap();
    let refused = SledLog::open(dir.path(), Options::default()).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}
