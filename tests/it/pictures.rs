//! Uploads, blobs and pictures where disks are full and files come from strangers.
//!
//! Public samples come from a folder that `BEACON_PICTURES` names: each is taken in or refused with its reason,
//! and what is taken in holds no metadata and can be rendered. Suites of odd and broken pictures come with the sources of other libraries (Pillow's `Tests/images`, for
//! one). None is kept here; without the variable there is nothing to look at.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use cms_core::{
    clock::SystemClock,
    media::{
        BlobError, Blobs, Digest, Kind, Limits, Rendition, UploadError, UploadOptions, Uploads,
        render, take_in,
    },
};

use crate::{store_child::skipped, store_faults::Disk, store_samples::noise_of};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

#[test]
fn public_samples_are_taken_in_clean_or_refused() {
    let Some(folder) = std::env::var_os("BEACON_PICTURES") else { return };
    let limits = Limits::default();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut told = Vec::new();
    for path in files(Path::new(&folder)) {
        let name = path.display().to_string();
        let outcome = match take_in(&fs::read(&path).unwrap(), &limits) {
            Ok(taken) => {
                for mark in
                    [&b"Exif\0\0"[..], b"eXIf", b"tEXt", b"iTXt", b"ns.adobe.com", b"Photoshop 3.0"]
                {
                    let stays = taken.bytes.windows(mark.len()).any(|window| window == mark);
                    assert!(!stays, "{name}: {} stayed", mark.escape_ascii());
                }
                let again = take_in(&taken.bytes, &limits).unwrap();
                assert_eq!((again.kind, again.width), (taken.kind, taken.width), "{name}");
                if taken.kind.has_renditions() {
                    render(&taken.bytes, &Rendition::wide(160, Kind::Webp), &limits).unwrap();
                }
                format!("taken in as {}", taken.kind)
            }
            Err(refusal) => {
                told.push(format!("{name}: {refusal}"));
                format!("refused: {}", refusal.code())
            }
        };
        *counts.entry(outcome).or_default() += 1;
    }
    assert!(!counts.is_empty(), "no files in {}", Path::new(&folder).display());
    if let Some(report) = std::env::var_os("BEACON_PICTURES_REPORT") {
        fs::write(report, format!("{counts:#?}\n{}\n", told.join("\n"))).unwrap();
    }
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_kept_in_part_and_all_goes_on_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&dir.path().join("disk"), 8) else {
        skipped("a full disk", "this process may not mount a file system");
        return;
    };
    let blobs = Blobs::in_folder(&disk.0.join("media")).unwrap();
    let staging = disk.0.join("staging");
    let uploads =
        Uploads::in_folder(&staging, UploadOptions::default(), Arc::new(SystemClock)).unwrap();
    let small = noise_of(1, 10_000).into_bytes();
    blobs.put(Digest::of(&small), small.clone().into()).await.unwrap();
    let large = noise_of(2, 1_000_000).into_bytes();
    let digest = Digest::of(&large);
    uploads.begin(digest, 1_000_000).await.unwrap();
    uploads.append(digest, 0, large[..10].to_vec().into()).await.unwrap();
    let filler = disk.0.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[1; 4_096]).is_ok() {}
    drop(file);
    assert_eq!(blobs.put(digest, large.clone().into()).await, Err(BlobError::Full));
    assert_eq!(blobs.get(digest).await, Ok(None));
    let rest = large[10..].to_vec();
    assert_eq!(uploads.append(digest, 10, rest.clone().into()).await, Err(UploadError::Full));
    assert_eq!(
        uploads.offset(digest).await,
        Ok(Some((10, 1_000_000))),
        "no part of the piece stays"
    );
    assert_eq!(blobs.get(Digest::of(&small)).await.unwrap().unwrap(), small, "reads go on");
    assert_eq!(blobs.list().await.unwrap().len(), 1);
    fs::remove_file(&filler).unwrap();
    assert_eq!(uploads.append(digest, 10, rest.into()).await, Ok(1_000_000));
    let whole = uploads.finish(digest).await.unwrap();
    blobs.put(digest, whole.into()).await.unwrap();
    assert_eq!(blobs.get(digest).await.unwrap().unwrap(), large);
}
