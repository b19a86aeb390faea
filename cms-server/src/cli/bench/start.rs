//! `cms bench start`: how long a server takes from its start until it is ready.

use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;

use super::{
    super::{Failure, Global, output},
    process::{self, Running},
};

/// Start servers on the store of `--data`, one after the other: how long until each is ready.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// How often.
    #[arg(long, default_value_t = 5)]
    times: u32,
}

impl Start {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        for _ in 0..self.times {
            let begun = Instant::now();
            let server = Server::start(global)?;
            let lasted = begun.elapsed();
            let used = process::cpu(server.pid());
            output::say(format_args!(
                "ready after {:.3} s, {:.3} CPU s; {}",
                lasted.as_secs_f64(),
                used.as_secs_f64(),
                process::memory(server.pid())
            ));
        }
        Ok(())
    }
}

/// A server of this program, ready.
#[derive(Debug)]
pub(super) struct Server {
    running: Running,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts one on the store of `--data` and waits until it is ready.
    pub(super) fn start(global: &Global) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--data")
            .arg(&global.data)
            .arg("serve")
            .arg("--listen")
            .arg(address.to_string());
        command.env("CMS_LOG__LEVEL", "warn");
        let mut running = Running::start(&mut command)?;
        while !is_ready(address) {
            ensure!(running.is_alive(), "the server does not start");
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Self { running, address })
    }

    /// The number of its process.
    pub(super) fn pid(&self) -> u32 {
        self.running.pid()
    }
}

/// An address of this machine that nobody listens on.
pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").context("no address is free")?;
    Ok(taken.local_addr()?)
}

fn is_ready(address: SocketAddr) -> bool {
    let until = super::client::Until { time: Duration::from_secs(5), answers: 1 };
    let client = super::client::Client { server: address, connections: 1, codings: String::new() };
    super::client::ask(&client, until, || "/readyz".to_owned()).is_ok()
}
