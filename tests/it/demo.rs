//! The demo content, imported into a store.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cms_core::{Cms, commands::import::ImportOptions};

use crate::app::{open, wait_for};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of the demo content.
pub struct Demo;

impl cms_core::commands::import::Lines for Demo {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut files: Vec<_> =
            fs::read_dir(root().join("demo"))?.map(|item| item.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
        files.sort();
        let empty: Box<dyn BufRead + Send> = Box::new(io::empty());
        Ok(files.iter().fold(empty, |before, path| {
            Box::new(before.chain(BufReader::new(fs::File::open(path).unwrap())))
        }))
    }
}

/// All lines of the demo content.
pub fn demo_lines() -> String {
    let mut text = String::new();
    cms_core::commands::import::Lines::open(&mut Demo).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Brings the pictures of the demo content: lines that name them come after.
pub fn bring_pictures(cms: &Cms) {
    let administrator = cms.administrator().unwrap().unwrap();
    for file in fs::read_dir(root().join("demo/media")).unwrap() {
        let path = file.unwrap().path();
        let digest = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let bytes = fs::read(&path).unwrap();
        wait_for(cms.keep_bytes(&administrator, digest, bytes)).unwrap();
    }
}

/// The files of a closed store, to open as often as it takes: importing all of the demo content takes long.
pub struct Made(Vec<(PathBuf, Vec<u8>)>);

impl Made {
    /// Reads a store that `make` put into a folder and closed.
    pub fn by(make: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let mut files = Vec::new();
        let mut folders = vec![folder.path().to_owned()];
        while let Some(next) = folders.pop() {
            for item in fs::read_dir(next).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let within = path.strip_prefix(folder.path()).unwrap().to_owned();
                    files.push((within, fs::read(&path).unwrap()));
                }
            }
        }
        Self(files)
    }

    /// Writes it to a folder of its own.
    pub fn lay_out(&self, folder: &Path) {
        for (within, bytes) in &self.0 {
            let path = folder.join(within);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// A store with all of it. Importing it twice changes nothing.
pub fn with_demo_content(folder: &Path) -> Cms {
    static MADE: LazyLock<Made> = LazyLock::new(|| Made::by(|folder| drop(imported(folder))));
    MADE.lay_out(folder);
    open(folder)
}

fn imported(folder: &Path) -> Cms {
    let cms = open(folder);
    bring_pictures(&cms);
    let administrator = cms.administrator().unwrap().unwrap();
    let options = ImportOptions { atomic: true, ..ImportOptions::default() };
    let report =
        wait_for(async { cms.import(&administrator, &mut Demo, &options, &|_, _| ()).await });
    let report = report.unwrap();
    assert_eq!(report.refused, [], "the demo content is imported whole");
    assert!(wait_for(cms.settled()));
    let again =
        wait_for(async { cms.import(&administrator, &mut Demo, &options, &|_, _| ()).await });
    let again = again.unwrap();
    assert_eq!((again.accepted, again.unchanged), (0, report.accepted), "twice changes nothing");
    cms
}
