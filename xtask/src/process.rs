//! Running other programs: within a time limit, or with their output shown and kept.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Runs a program to its end and fails when it fails or when it takes longer than `limit`.
pub(crate) fn within(limit: Duration, command: &mut Command) -> Result<()> {
    let name = name_of(command);
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { bail!("{name} ended with {status}") };
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("{name} was ended after {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program, passes its standard output on line by line, and hands each line to `see`.
pub(crate) fn watched(command: &mut Command, mut see: impl FnMut(&str)) -> Result<ExitStatus> {
    let name = name_of(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    let output = child.stdout.take().context("standard output is piped")?;
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        see(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(child.wait()?)
}

/// What a program prints, when it succeeds.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command.output().with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!(
            "{name} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The program and its arguments, as they are shown to people.
pub(crate) fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let error = within(Duration::from_mins(1), &mut Command::new("false")).unwrap_err();
        assert!(error.to_string().starts_with("false ended with"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let error =
            within(Duration::from_millis(100), Command::new("sleep").arg("600")).unwrap_err();
        assert!(error.to_string().starts_with("sleep 600 was ended"), "{error}");
    }

    #[test]
    fn each_line_is_seen() {
        let mut lines = Vec::new();
        let status =
            watched(Command::new("printf").arg("one\\ntwo\\n"), |line| lines.push(line.to_owned()))
                .unwrap();
        assert!(status.success());
        assert_eq!(lines, ["one", "two"]);
    }
}
