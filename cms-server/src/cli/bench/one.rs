//! `cms bench one`: one entry over and over, next to a bare Rocket handler and to nginx with a file.

use std::{fs, net::SocketAddr, path::Path, process::Command, time::Duration};

use anyhow::Context as _;
use clap::Args;

use super::{
    super::{Failure, Global, output},
    client::{self, Client, Until},
    process::Running,
    reads::{Cost, cost},
    start::{Server, free_address},
};

/// Ask for one entry, from Beacon on the store of `--data`, from a bare Rocket handler that sends the same
/// bytes and fields, and from nginx with the bytes as a file: in turns.
///
/// Contenders that don't start, such as an nginx that isn't installed, are left out.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Which.
    #[arg(
        long,
        default_value = "/v1/entries/guidance/guidance-0-en?locale=en",
        value_name = "PATH"
    )]
    path: String,
    /// How often each has its turn.
    #[arg(long, default_value_t = 7)]
    turns: u64,
    /// Seconds for a turn.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Connections that the one client keeps open.
    #[arg(long, default_value_t = 32)]
    connections: usize,
}

/// Someone who answers.
struct Contender {
    name: &'static str,
    pid: u32,
    address: SocketAddr,
    path: String,
    turns: Vec<Cost>,
    _running: Option<Running>,
}

impl One {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let beacon = Server::start(global)?;
        let folder = tempfile::tempdir().context("no folder")?;
        let mut contenders = vec![Contender {
            name: "Beacon",
            pid: beacon.pid(),
            address: beacon.address,
            path: self.path.clone(),
            turns: Vec::new(),
            _running: None,
        }];
        let url = format!("http://{}{}", beacon.address, self.path);
        for (name, started) in [("bare Rocket", bare(&url)), ("nginx", nginx(&url, folder.path()))]
        {
            match started {
                Ok((running, address)) => contenders.push(Contender {
                    name,
                    pid: running.pid(),
                    address,
                    path: "/".to_owned(),
                    turns: Vec::new(),
                    _running: Some(running),
                }),
                Err(error) => output::say(format_args!("without {name}: {error:#}")),
            }
        }
        for turn in 0..=self.turns {
            for contender in &mut contenders {
                let done = self.turn(contender)?;
                if turn > 0 {
                    contender.turns.push(done);
                }
            }
        }
        tell(&contenders);
        Ok(())
    }

    fn turn(&self, contender: &Contender) -> anyhow::Result<Cost> {
        let until = Until { time: Duration::from_secs(self.seconds), answers: u64::MAX };
        let path = contender.path.clone();
        let client = Client {
            server: contender.address,
            connections: self.connections,
            codings: String::new(),
        };
        cost(contender.pid, || client::ask(&client, until, move || path.clone()))
            .context(contender.name)
    }
}

/// The medians of each, and how Beacon's compare.
fn tell(contenders: &[Contender]) {
    let median = |contender: &Contender, of: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = contender.turns.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let Some(beacon) = contenders.first() else { return };
    for contender in contenders {
        let (rate, each) = (median(contender, Cost::rate), median(contender, Cost::each));
        let bytes =
            contender.turns.first().map_or(0, |turn| turn.asked.bytes / turn.asked.answers.max(1));
        output::say(format_args!(
            "{:12} {rate:.0}/s, {each:.4} CPU ms each, {bytes} bytes; Beacon does {:.2} of its answers for a CPU \
             second, {:.2} of its answers a second",
            contender.name,
            each / median(beacon, Cost::each),
            median(beacon, Cost::rate) / rate,
        ));
    }
}

/// A process of this program that does nothing else.
fn bare(url: &str) -> anyhow::Result<(Running, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "bare", url, "--listen"]).arg(address.to_string());
    let running = Running::start(&mut command)?;
    wait_for(address)?;
    Ok((running, address))
}

fn nginx(url: &str, folder: &Path) -> anyhow::Result<(Running, SocketAddr)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body =
        runtime.block_on(async { reqwest::get(url).await?.error_for_status()?.bytes().await })?;
    fs::write(folder.join("entry.json"), &body)?;
    let address = free_address()?;
    let folder_name = folder.display();
    let configuration = format!(
        "daemon off; master_process off; pid {folder_name}/pid; error_log {folder_name}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; etag on;\n\
           client_body_temp_path {folder_name}/body; proxy_temp_path {folder_name}/proxy;\n\
           fastcgi_temp_path {folder_name}/fastcgi; uwsgi_temp_path {folder_name}/uwsgi;\n\
           scgi_temp_path {folder_name}/scgi; open_file_cache max=100;\n\
           server {{ listen {address}; root {folder_name}; default_type application/json;\n\
             location = / {{ try_files /entry.json =404; }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration)?;
    let running = Running::start(Command::new("nginx").arg("-c").arg(&file))?;
    wait_for(address)?;
    Ok((running, address))
}

fn wait_for(address: SocketAddr) -> anyhow::Result<()> {
    for _ in 0..500 {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    anyhow::bail!("it does not listen")
}
