//! Several files read as one run of lines, and the way back: from a line's number to its file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// Files, one after the other.
pub(super) struct Files(pub(super) Vec<PathBuf>);

impl cms_core::commands::import::Lines for Files {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut all: Box<dyn BufRead + Send> = Box::new(io::empty());
        for path in &self.0 {
            let (file, end) = opened(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            all = Box::new(all.chain(BufReader::new(file)).chain(io::Cursor::new(end)));
        }
        Ok(all)
    }
}

/// A file, and what is missing at its end: a last line that isn't ended must not run into the next file's first.
fn opened(path: &Path) -> io::Result<(File, &'static str)> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        // A pipe can't be looked at from its end; a blank line more does no harm.
        return Ok((file, "\n"));
    }
    if about.len() == 0 {
        return Ok((file, ""));
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, if last == [b'\n'] { "" } else { "\n" }))
}

/// A line of the run by its number, as people look for it: `line 3`, or `pages.jsonl:3` where there are several
/// files.
pub(super) fn place(files: &[PathBuf], line: u64) -> String {
    let mut left = line;
    for path in files.iter().filter(|_| files.len() > 1) {
        let lines = File::open(path).map_or(0, |file| lines_of(BufReader::new(file)));
        if left <= lines {
            return format!("{}:{left}", path.display());
        }
        left -= lines;
    }
    format!("line {line}")
}

fn lines_of(file: impl BufRead) -> u64 {
    u64::try_from(file.split(b'\n').map_while(Result::ok).count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use cms_core::commands::import::Lines as _;

    use super::*;

    #[test]
    fn a_line_of_several_files_is_named_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = [("a", "1\n2\n"), ("b", ""), ("c", "3\n4")]
            .map(|(name, text)| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path
            })
            .to_vec();
        let mut all = String::new();
        Files(files.clone()).open().unwrap().read_to_string(&mut all).unwrap();
        assert_eq!(all, "1\n2\n3\n4\n");
        for (number, text) in all.lines().enumerate() {
            let place = place(&files, u64::try_from(number).unwrap() + 1);
            let (path, line) = place.rsplit_once(':').unwrap();
            let line: usize = line.parse().unwrap();
            assert_eq!(std::fs::read_to_string(path).unwrap().lines().nth(line - 1), Some(text));
        }
        assert_eq!(place(&files[..1], 2), "line 2");
    }
}
