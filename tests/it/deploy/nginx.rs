//! The real nginx with the configuration that ships: only its ports, its folders and its user are
//! put where a test can have them.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::tidy::files;

/// A running nginx; it ends with this value.
pub(crate) struct Nginx {
    pub(crate) port: u16,
    child: Child,
    folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts it in front of an application on this port, and waits until it listens.
    pub(crate) fn start(program: &Path, upstream: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        for name in ["lib", "log"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration(folder.path(), port, upstream)).unwrap();
        let child = Command::new(program)
            .args(["-g", "daemon off;", "-c"])
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { port, child, folder };
        nginx.wait_until_it_listens();
        nginx
    }

    fn wait_until_it_listens(&self) {
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let log = fs::read_to_string(self.folder.path().join("log/error.log"));
            assert!(started.elapsed() < Duration::from_mins(1), "nginx does not start: {log:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it and gives all that it logged.
    pub(crate) fn stop(mut self) -> String {
        self.end();
        let logs = fs::read_dir(self.folder.path().join("log")).unwrap();
        logs.map(|log| fs::read_to_string(log.unwrap().path()).unwrap()).collect()
    }

    /// Asks the process to end, and its workers with it. Doing so twice changes nothing.
    fn end(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let pid = self.child.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &pid]).status();
            assert!(asked.is_ok_and(|status| status.success()), "kill -TERM {pid}");
            self.child.wait().unwrap();
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.end();
    }
}

/// The configuration that ships, with each of these replaced; each must be there.
fn configuration(folder: &Path, port: u16, upstream: u16) -> String {
    let folder = folder.to_str().unwrap();
    // Folders that nginx makes at its start, though nothing here uses them.
    let unused: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {folder}/lib/{name};\n"))
        .concat();
    let replacements = [
        ("user www-data;", "user root;".to_owned()),
        ("/run/nginx.pid", format!("{folder}/pid")),
        ("/var/log/nginx", format!("{folder}/log")),
        ("/var/lib/nginx", format!("{folder}/lib")),
        ("listen 80 default_server;", format!("listen 127.0.0.1:{port} default_server;")),
        ("server 127.0.0.1:8000;", format!("server 127.0.0.1:{upstream};")),
        ("http {\n", format!("http {{\n{unused}")),
    ];
    let mut text = files::named("deploy/nginx.conf").text.clone();
    for (shipped, tried) in replacements {
        assert!(text.contains(shipped), "deploy/nginx.conf has no {shipped:?}");
        text = text.replace(shipped, &tried);
    }
    text
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
