//! Files that are written: where they go, and what they must not take the place of.
//!
//! What is written holds a person's conversations, so it is readable by its owner only, and it takes the place of an
//! older file in one step. What is no plain file, a pipe or a device, is written into as it is, and a link stays one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Failure;

/// Links that are followed before they are taken for a ring, as Linux does.
const MOST_LINKS: usize = 40;

/// Standard input by a name that leads to the file that it was redirected from, where the system has one.
const STANDARD_INPUT: &str = "/dev/stdin";

/// A file that is written beside its place and put there when it is whole.
pub struct NewFile {
    place: PathBuf,
    /// Where it is written; nothing where it is written into its place at once.
    beside: Option<PathBuf>,
    file: BufWriter<File>,
}

impl NewFile {
    /// Opens a new file for `place`.
    pub fn at(place: &Path) -> Result<Self, Failure> {
        if place == Path::new("-") || place.file_name().is_none() {
            return Err(Failure::Usage("-o needs the name of a file".into()));
        }
        let wrong = |error: std::io::Error| Failure::file(place, error);
        match std::fs::metadata(place) {
            Ok(about) if about.is_dir() => {
                return Err(Failure::file(place, "this is a folder, not a file"));
            }
            Ok(about) if !about.is_file() => {
                let file = File::options().write(true).open(place).map_err(wrong)?;
                return Ok(NewFile { place: place.to_owned(), beside: None, file: BufWriter::new(file) });
            }
            _ => {}
        }
        let place = resolved(place);
        let beside = with_suffix(&place, &format!(".{}.new", std::process::id()));
        let file = private().truncate(true).open(&beside).map_err(wrong)?;
        Ok(NewFile { place, beside: Some(beside), file: BufWriter::new(file) })
    }

    /// Whether it could be opened, seen before hours are spent on what is to go there. What is no plain file, a pipe for
    /// example, is left alone.
    pub fn could_be_at(place: &Path) -> Result<(), Failure> {
        if std::fs::metadata(place).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
            return Ok(());
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.filter(|folder| !folder.exists()) {
            Some(folder) => Err(Failure::file(place, format!("there is no folder {}", folder.display()))),
            None => NewFile::at(place).map(drop),
        }
    }

    /// Writes more of it.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes more of one that is no text.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| Failure::file(&self.place, error))
    }

    /// Puts it in its place.
    pub fn finish(mut self) -> Result<(), Failure> {
        let put = self.file.flush().and_then(|()| match &self.beside {
            Some(beside) => {
                self.file.get_ref().sync_all().and_then(|()| std::fs::rename(beside, &self.place))
            }
            None => Ok(()),
        });
        put.map_err(|error| Failure::file(&self.place, error))
    }
}

impl Drop for NewFile {
    /// Takes away what was not finished; after a finish there is nothing of that name.
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = std::fs::remove_file(beside);
        }
    }
}

/// A file of a run, by what it is to it: `--history`, or `the output`.
pub type Part<'a> = (&'a str, Option<&'a Path>);

/// Refuses a run that would write over what it reads, or twice to one place, or read standard input twice.
pub fn apart(written: &[Part<'_>], read: &[Part<'_>]) -> Result<(), Failure> {
    let mut streams = read.iter().filter(|(_, path)| *path == Some(Path::new("-")));
    if let (Some((one, _)), Some((other, _))) = (streams.next(), streams.next()) {
        return Err(Failure::Usage(format!(
            "{one} and {other} are both standard input: name a file for one"
        )));
    }
    // What is no plain file is written into, and nothing takes its place.
    let place = |path: &Path| {
        let path = if path == Path::new("-") { Path::new(STANDARD_INPUT) } else { path };
        let is_plain = std::fs::metadata(path).map_or(true, |about| about.is_file());
        is_plain.then(|| resolved(path))
    };
    let places = |parts: &[Part<'_>]| -> Vec<(String, PathBuf)> {
        parts.iter().filter_map(|(what, path)| Some(((*what).to_owned(), place((*path)?)?))).collect()
    };
    let (written, read) = (places(written), places(read));
    for (at, (what, path)) in written.iter().enumerate() {
        let others = written[..at].iter().chain(&read);
        if let Some((other, _)) = others.into_iter().find(|(_, other)| other == path) {
            return Err(Failure::Usage(format!(
                "{what} and {other} are one file, {}: what is written would take its place",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Where a path leads once its links are followed, whether or not there is anything yet.
pub fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Ok(place) = std::fs::canonicalize(&path) {
            return place;
        }
        // Nothing is there: a link to what is still to come, or a new name in a folder that has links itself.
        let Ok(target) = std::fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (std::fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// How a file that only its owner may read is made.
pub fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A path with something behind its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
