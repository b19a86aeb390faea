//! A loss of power at any moment: the writes and syncs of a child are recorded, and disks are made of them
//! that have lost what was not synced, in whole or in part. Each must open and hold what was acknowledged.

use std::{env, fs, io::Read as _, process::Command};

use crate::{
    store_child::{Acknowledged, check, command, long, random, skipped},
    store_syscalls::{Recording, UNSYNCED, tracer},
};

/// Whether writes can be recorded here; a machine for continuous integration must be able to.
fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    let can = traced.is_ok_and(|status| status.success());
    assert!(
        can || env::var_os("CI").is_none(),
        "strace is missing, and a loss of power is not tested"
    );
    can
}

#[test]
fn a_loss_of_power_loses_no_acknowledged_write() {
    if !can_trace() {
        skipped("a loss of power", "strace is missing");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (home, recorded) = (dir.path().join("home"), dir.path().join("recorded"));
    fs::create_dir_all(&recorded).unwrap();
    // The log is made, written, compacted, and written again.
    let strace = tracer(&recorded.join("trace"));
    let strace: Vec<&str> = strace.iter().map(String::as_str).collect();
    let mut child = command(&strace, &home, if long() { "40" } else { "12" }).spawn().unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    let recording = Recording::read(&recorded.join("trace"), &home);
    assert!(said.matches("ack ").count() > 90, "{said}");

    let mut images = 0;
    let mut heard = 0;
    for round in 0..if long() { 200 } else { 16 } {
        let at = usize::try_from(random(recording.len() as u64)).unwrap();
        let mut acknowledged = Acknowledged::default();
        recording.said(at).iter().for_each(|line| acknowledged.hear(line));
        for unsynced in UNSYNCED {
            let image = dir.path().join(format!("image{round}{unsynced:?}"));
            recording.image(at, unsynced, &random, &image);
            check(&image, &acknowledged);
            fs::remove_dir_all(image).unwrap();
            images += 1;
        }
        heard += acknowledged.count();
    }
    assert!(images >= 80 && heard > images, "{images} images with {heard} acknowledged writes");
}
