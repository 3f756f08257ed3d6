//! Postfix as another operator: a private instance with its own configuration, queue and ports, mutual TLS both ways,
//! started and stopped with the test. Debian's package is needed (`.ci/setup`); its own instance need not run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::space::{free_port, space};

pub struct Postfix {
    folder: PathBuf,
    master: Child,
    pub address: SocketAddr,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // The master ends its own processes; under sudo it is not our child but sudo's.
        let pid = std::fs::read_to_string(self.folder.join("queue/pid/master.pid")).unwrap_or_default();
        let _ = as_root("kill").args(["-TERM", pid.trim()]).status();
        let _ = self.master.wait();
        let _ = as_root("rm").arg("-rf").arg(&self.folder).status();
    }
}

/// Postfix starts as root only.
fn as_root(program: &str) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    if root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

fn run(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Its addresses: `dr.durand` and `dr.petit` have a mailbox, what `perdu` gets is lost only after it was taken.
fn main_cf(folder: &Path, pli: u16) -> String {
    let (folder, space) = (folder.display(), space());
    let certificate = space.path("autre.pem");
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.autre.mssante.example
myorigin = autre.mssante.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
virtual_mailbox_domains = autre.mssante.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{dr.durand@autre.mssante.example=durand/ dr.petit@autre.mssante.example=petit/ perdu@autre.mssante.example=x/}}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_CAfile = {folder}/ca.pem
smtpd_tls_req_ccert = yes
smtpd_tls_received_header = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = mx.pli.mssante.example
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {folder}/key.pem
smtp_tls_CAfile = {folder}/ca.pem
smtp_tls_loglevel = 1
smtp_dns_support_level = disabled
transport_maps = inline:{{medecin.mssante.example=smtp:[127.0.0.1]:{pli} perdu@autre.mssante.example=perdu}}
default_transport = error:5.7.1 outside
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"
    )
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
perdu unix - n n - - pipe user=nobody argv=/bin/false
"
    )
}

impl Postfix {
    /// One that sends to our program on `pli`.
    pub async fn start(pli: u16) -> Self {
        let folder = PathBuf::from(format!("/tmp/plipostfix{}", std::process::id()));
        run(as_root("rm").arg("-rf").arg(&folder));
        let port = free_port();
        let made = ["conf", "queue", "mail"].map(|name| folder.join(name));
        run(Command::new("mkdir").arg("-p").args(&made));
        let conf = folder.join("conf");
        std::fs::write(conf.join("main.cf"), main_cf(&folder, pli)).unwrap();
        std::fs::write(conf.join("master.cf"), master_cf(port)).unwrap();
        let ca = ["racine.pem", "organisations.pem"].map(|name| std::fs::read_to_string(space().path(name)).unwrap());
        std::fs::write(folder.join("ca.pem"), ca.concat()).unwrap();
        std::fs::copy(space().path("autre.key"), folder.join("key.pem")).unwrap();
        run(as_root("chown").args(["-R", "0:0"]).arg(&folder));
        run(as_root("chmod").arg("755").arg(&folder));
        run(as_root("chown").arg("65534").arg(folder.join("mail")));
        run(as_root("/usr/sbin/postfix").arg("-c").arg(&conf).arg("check"));
        let mut command = as_root("setsid");
        command.arg("/usr/lib/postfix/sbin/master").arg("-c").arg(&conf).arg("-d");
        let master = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let postfix = Self { folder, master, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(postfix.address).await.is_ok() {
                return postfix;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Postfix does not answer: {}", postfix.log());
    }

    /// Hands it a message as its own users do.
    pub fn submit(&self, options: &[&str], to: &[&str], message: &str) {
        let mut command = as_root("/usr/sbin/sendmail");
        command.arg("-C").arg(self.folder.join("conf")).args(["-i", "-f", "dr.durand@autre.mssante.example"]);
        let mut child = command.args(options).args(to).stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), message.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// What is in a mailbox.
    pub fn mailbox(&self, name: &str) -> Vec<String> {
        let script = format!(
            "for f in {}/mail/{name}/new/*; do [ -e \"$f\" ] && cat \"$f\" && printf '\\0'; done; true",
            self.folder.display()
        );
        let out = as_root("sh").args(["-c", &script]).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    /// What it said of itself.
    pub fn log(&self) -> String {
        let out = as_root("cat").arg(self.folder.join("log")).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }
}
