//! A real provider of sign-in, in a process of its own, and a browser that goes there and comes back.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};
use serde_json::Value;

use crate::{app::wait_for, needs};

/// Where a provider sends browsers back to.
pub const CALLBACK: &str = "http://127.0.0.1:8000/manage/v1/sign-in/test/callback";
/// What the client proves itself with.
pub const SECRET: &str = "a secret of the tests, long enough for anybody";

/// The process. It ends with this, and with the test's own process.
pub struct Provider {
    child: Child,
    _lives: Option<ChildStdin>,
    pub port: u16,
    started: i64,
}

impl Provider {
    /// Starts one on any port; none where the machine lacks it and this is not CI.
    pub fn start() -> Option<Self> {
        let (node, folder) = (needs::program("node")?, needs::folder("OIDC_PROVIDER")?);
        Some(Self::on(0, &node, &folder))
    }

    fn on(port: u16, node: &PathBuf, folder: &PathBuf) -> Self {
        let script = format!("{}/it/sign_in/provider.mjs", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(node)
            .arg(script)
            .arg(folder)
            .args([CALLBACK, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lives = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| {
            let line = line.unwrap();
            let (port, at) = line.strip_prefix("ready ")?.split_once(' ')?;
            Some((port.parse().unwrap(), at.parse().unwrap()))
        });
        let (port, started) = ready.unwrap();
        Self { child, _lives: lives, port, started }
    }

    /// When it started by its own clock, in milliseconds.
    pub fn now(&self) -> i64 {
        self.started
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again at the same place. Its keys are others.
    pub fn start_again(&mut self) {
        let (node, folder) =
            (needs::program("node").unwrap(), needs::folder("OIDC_PROVIDER").unwrap());
        *self = Self::on(self.port, &node, &folder);
    }

    /// Says whom it logs in, and how it bends what it gives out.
    pub fn control(&self, state: &Value) {
        let sent = Client::new().post(format!("{}/control", self.issuer())).body(state.to_string());
        assert_eq!(wait_for(sent.send()).unwrap().status(), 200);
    }

    /// What a browser does that is sent to this address: it logs in, and is sent back. Gives the path that it comes back
    /// to, with its query.
    pub fn visit(&self, address: &str) -> String {
        assert!(address.starts_with(&self.issuer()), "{address}");
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        wait_for(async {
            let mut cookies = BTreeMap::new();
            let mut address = address.to_owned();
            for _ in 0..10 {
                let kept: Vec<String> =
                    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let answer = client.get(&address).header("Cookie", kept.join("; ")).send().await;
                let answer = answer.unwrap();
                for field in answer.headers().get_all("set-cookie") {
                    let pair = field.to_str().unwrap().split(';').next().unwrap();
                    let (name, value) = pair.split_once('=').unwrap();
                    cookies.insert(name.to_owned(), value.to_owned());
                }
                let location =
                    answer.headers().get("location").map(|field| field.to_str().unwrap());
                let Some(location) = location.map(str::to_owned) else {
                    panic!("{address} leads nowhere: {}", answer.text().await.unwrap());
                };
                if let Some(back) = location.strip_prefix("http://127.0.0.1:8000") {
                    return back.to_owned();
                }
                address = if location.starts_with('/') {
                    format!("{}{location}", self.issuer())
                } else {
                    location
                };
            }
            panic!("sent on and on")
        })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
