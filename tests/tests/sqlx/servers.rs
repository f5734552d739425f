//! Servers of PostgreSQL and MariaDB, each started for one test with a folder and a port of its own. Where its programs are not installed, a test
//! says so and is over.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use otel_runtime::sqlx::Pool;
use sqlx::{ConnectOptions, Connection, Database, Error, MySql, MySqlPool, PgPool, Postgres};

use super::{recorded, text};

/// A server that runs until this is dropped.
struct Server {
    process: Child,
    folder: PathBuf,
    port: u16,
}

/// Somebody who is not root, whom the servers refuse.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// One of these, if this is root.
    fn of(names: &[&str]) -> Option<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let find = |name: &&str| {
            let mut fields = accounts.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
            Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        };
        if is_root { names.iter().find_map(find) } else { None }
    }
}

/// Where a program is.
fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"].map(PathBuf::from);
    versions.chain(folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

impl Server {
    /// Has `install` make a server's files, and `serve` serve them; both get the folder, and the second the port.
    fn start(
        account: Option<Account>,
        name: &str,
        install: impl FnOnce(&Path) -> Command,
        serve: impl FnOnce(&Path, u16) -> Command,
    ) -> Self {
        let folder = std::env::temp_dir().join(format!("otel-sqlx-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        if let Some(Account { user, group }) = account {
            chown(&folder, Some(user), Some(group)).expect("root can give it away");
        }
        let as_account = |mut command: Command| {
            if let Some(Account { user, group }) = account {
                command.uid(user).gid(group);
            }
            command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            command
        };
        let installed = as_account(install(&folder)).output().expect("the program is there");
        if !installed.status.success() {
            let _ = fs::remove_dir_all(&folder);
            panic!("{}", String::from_utf8_lossy(&installed.stderr));
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there is a port").port();
        let process = as_account(serve(&folder, port)).stderr(Stdio::null()).spawn().expect("the program is there");
        Self { process, folder, port }
    }

    /// Waits until the server answers.
    async fn connect<DB: Database>(&mut self, options: &<DB::Connection as Connection>::Options) -> Result<(), Error> {
        for _ in 0..600 {
            match options.connect().await {
                Ok(connection) => return connection.close().await,
                Err(error) => {
                    assert!(self.process.try_wait().expect("it is ours").is_none(), "the server has ended: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        options.connect().await.map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends what it has started itself, if it is asked to.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn postgres() -> Option<(Server, PgPool)> {
    let (initdb, postgres) = (program("initdb")?, program("postgres")?);
    let account = Account::of(&["postgres", "nobody"]);
    let install = |folder: &Path| {
        let mut command = Command::new(initdb);
        command.args(["--auth=trust", "--username=shop", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"]).arg(folder.join("data"));
        command
    };
    let serve = |folder: &Path, port: u16| {
        let mut command = Command::new(postgres);
        command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-c", "fsync=off"]);
        command.args(["-c", &format!("unix_socket_directories={}", folder.display())]);
        command
    };
    let mut server = Server::start(account, "postgres", install, serve);
    let options: <<Postgres as Database>::Connection as Connection>::Options =
        format!("postgres://shop@127.0.0.1:{}/postgres", server.port).parse().expect("it is an address");
    server.connect::<Postgres>(&options).await.expect("the server answers");
    Some((server, PgPool::connect_lazy_with(options)))
}

async fn mariadb() -> Option<(Server, MySqlPool)> {
    let (install_db, mariadbd) = (program("mariadb-install-db")?, program("mariadbd")?);
    // The installation asks it, and it is in another package.
    program("my_print_defaults")?;
    let account = Account::of(&["mysql", "nobody"]);
    let install = |folder: &Path| {
        let mut command = Command::new(install_db);
        command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        command.arg(format!("--datadir={}", folder.join("data").display()));
        command
    };
    let serve = |folder: &Path, port: u16| {
        let mut command = Command::new(mariadbd);
        command.arg("--no-defaults").arg(format!("--datadir={}", folder.join("data").display()));
        command.arg(format!("--socket={}", folder.join("socket").display())).arg(format!("--port={port}"));
        command.args(["--bind-address=127.0.0.1", "--skip-networking=0", "--innodb-flush-log-at-trx-commit=0"]);
        command
    };
    let mut server = Server::start(account, "mariadb", install, serve);
    let options: <<MySql as Database>::Connection as Connection>::Options =
        format!("mysql://root@127.0.0.1:{}/mysql?ssl-mode=disabled", server.port).parse().expect("it is an address");
    server.connect::<MySql>(&options).await.expect("the server answers");
    Some((server, MySqlPool::connect_lazy_with(options)))
}

fn not_installed(name: &str) {
    tests::skipped(format_args!("{name} is not installed"));
}

#[tokio::test]
#[ignore = "needs a server of PostgreSQL"]
async fn postgresql_has_sqlstate() {
    let Some((server, pool)) = postgres().await else { return not_installed("PostgreSQL") };
    let ((), arrived) = recorded(async {
        let pool = Pool::new(pool);
        sqlx::query("CREATE TABLE users (id SERIAL PRIMARY KEY, name TEXT UNIQUE)").execute(&pool).await.expect("a table");
        let mut transaction = pool.begin().await.expect("it begins");
        sqlx::query("INSERT INTO users (name) VALUES ($1), (E's3cr3t')").bind("Ada").execute(&mut *transaction).await.expect("rows");
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&mut *transaction).await.expect("a number");
        assert_eq!(count, 2);
        transaction.commit().await.expect("it is done");
        sqlx::query("UPDATE users SET name = $$s3cr3t$$").execute(&pool).await.expect_err("they would be the same");
        sqlx::query("DELETE FROM users WHERE id = 's3cr3t'").execute(&pool).await.expect_err("it is no number");
        let slow = sqlx::query("SELECT pg_sleep(60) FROM users").fetch_all(&pool);
        tokio::time::timeout(Duration::from_millis(200), slow).await.expect_err("it takes a minute");
        pool.close().await;
    })
    .await;
    assert_eq!(
        arrived.names(),
        ["CREATE TABLE users", "BEGIN", "INSERT users", "SELECT users", "COMMIT", "UPDATE users", "DELETE users", "SELECT users"]
    );
    assert_eq!(
        text(&arrived.one("INSERT users").data.attributes),
        [
            "db.collection.name=users".to_owned(),
            "db.namespace=postgres".to_owned(),
            "db.operation.name=INSERT".to_owned(),
            "db.query.summary=INSERT users".to_owned(),
            "db.query.text=INSERT INTO users (name) VALUES ($1), (?)".to_owned(),
            "db.system.name=postgresql".to_owned(),
            "server.address=127.0.0.1".to_owned(),
            format!("server.port={}", server.port),
        ]
    );
    assert_eq!(arrived.kind("INSERT users"), SpanKind::Client);
    let failed = arrived.attributes("UPDATE users");
    assert_eq!(failed[4..], ["db.response.status_code=23505", "error.type=23505"]);
    assert_eq!(arrived.attributes("DELETE users")[4..], ["db.response.status_code=22P02", "error.type=22P02"]);
    assert_eq!(arrived.status("DELETE users"), Some((2, "invalid input syntax for type integer: ?")));
    let slow = arrived.spans.iter().find(|span| format!("{:?}", span.data.attributes).contains("pg_sleep")).expect("it was recorded");
    assert!(text(&slow.data.attributes).contains(&"function.outcome=cancelled".to_owned()));
    assert!(!arrived.everything.contains("s3cr3t"));
    let pool_name = format!("db.client.connection.pool.name=127.0.0.1:{}/postgres", server.port);
    assert_eq!(arrived.sum("db.client.connection.max"), [(vec![pool_name], 0)]);
    assert_eq!(arrived.histogram("db.client.operation.duration").iter().map(|(_, count)| count).sum::<u64>(), 8);
}

#[tokio::test]
#[ignore = "needs a server of MariaDB"]
async fn mariadb_has_numbers() {
    let Some((server, pool)) = mariadb().await else { return not_installed("MariaDB") };
    let ((), arrived) = recorded(async {
        let pool = Pool::builder(pool).system("mariadb").build();
        sqlx::query("CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) UNIQUE)")
            .execute(&pool)
            .await
            .expect("a table");
        sqlx::query("INSERT INTO users (name) VALUES (?), (\"it\\\"s s3cr3t\")").bind("Ada").execute(&pool).await.expect("rows");
        let mut transaction = pool.begin().await.expect("it begins");
        sqlx::query("UPDATE users SET name = 's3cr3t'").execute(&mut *transaction).await.expect_err("they would be the same");
        drop(transaction);
        let rows = sqlx::query("SELECT `name` FROM `users` # s3cr3t").fetch_all(&pool).await.expect("they are there");
        assert_eq!(rows.len(), 2);
        sqlx::query("SELECT 's3cr3t' FROM FROM").execute(&pool).await.expect_err("it is no SQL");
        sqlx::query("SELECT SLEEP(0), 1 FROM users").fetch_one(&pool).await.expect("a row");
        pool.close().await;
    })
    .await;
    assert_eq!(arrived.names()[..5], ["CREATE TABLE users", "INSERT users", "BEGIN", "UPDATE users", "ROLLBACK"]);
    assert_eq!(
        text(&arrived.one("INSERT users").data.attributes),
        [
            "db.collection.name=users".to_owned(),
            "db.namespace=mysql".to_owned(),
            "db.operation.name=INSERT".to_owned(),
            "db.query.summary=INSERT users".to_owned(),
            "db.query.text=INSERT INTO users (name) VALUES (?), (?)".to_owned(),
            "db.system.name=mariadb".to_owned(),
            "server.address=127.0.0.1".to_owned(),
            format!("server.port={}", server.port),
        ]
    );
    assert_eq!(arrived.attributes("UPDATE users")[4..], ["db.response.status_code=1062", "error.type=1062"]);
    assert_eq!(
        arrived.attributes("SELECT `users`"),
        [
            "db.collection.name=users",
            "db.operation.name=SELECT",
            "db.query.summary=SELECT `users`",
            "db.query.text=SELECT `name` FROM `users`",
            "db.response.returned_rows=2",
        ]
    );
    assert!(arrived.spans.iter().any(|span| text(&span.data.attributes).contains(&"error.type=1064".to_owned())));
    assert!(!arrived.everything.contains("s3cr3t"));
}
