//! The one thread that writes: what waits becomes one commit, and is answered after it.
//!
//! A group is the change at hand and those that wait behind it. Each is at most one statement that writes, which SQLite undoes alone when it
//! is refused, so a refused change needs no savepoint and hurts nobody else. Only the database itself can end the transaction (a full
//! disk); then nothing of the group was done, and all of it is told so.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, ffi};
use tokio::sync::oneshot;

use crate::database;
use crate::problem::Problem;
use crate::user::{Patch, User, stored_now};

/// Changes that wait; one more is refused. Most in one commit, and how old it gets though others wait.
const QUEUE: usize = 1024;
const GROUP: usize = 256;
const GROUP_TIME: Duration = Duration::from_millis(2);

/// What is to be changed.
pub(crate) enum Change {
    /// The user as given; its times are set here.
    Create(User<'static>),
    Update(String, Patch),
    Delete(String),
}

/// The user as it is then; none when it is gone.
type Answer = Result<Option<User<'static>>, Problem>;

struct Job {
    change: Change,
    answer: oneshot::Sender<Answer>,
}

/// The way to the thread. It ends when the last of these is dropped.
#[derive(Clone)]
pub(crate) struct Writer(SyncSender<Job>);

impl Writer {
    pub(crate) fn start(connection: Connection) -> std::io::Result<Self> {
        let (sender, jobs) = sync_channel(QUEUE);
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || serve(&connection, &jobs))?;
        Ok(Self(sender))
    }

    /// Hands a change over, and waits until it is committed or refused.
    pub(crate) async fn run(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Job { change, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Problem::busy(),
            TrySendError::Disconnected(_) => Problem::internal(&error),
        })?;
        answered.await.map_err(|error| Problem::internal(&error))?
    }
}

/// The answer to a change, and whom it is for.
type Answered = (oneshot::Sender<Answer>, Answer);

fn serve(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
            eprintln!("error: nothing can be written: {error}");
            let _ = first.answer.send(Err(Problem::busy()));
            continue;
        }
        let mut answers = Vec::new();
        let committed = group(connection, first, jobs, &mut answers);
        if let Err(error) = committed {
            let problem = Problem::internal(&error);
            answers.iter_mut().for_each(|(_, answer)| *answer = Err(problem.clone()));
            // SQLite may have rolled back by itself; then there is nothing to undo.
            let _ = run(connection, "ROLLBACK");
        }
        // Nobody to hear it is no failure.
        answers.into_iter().for_each(|(to, answer)| drop(to.send(answer)));
    }
}

/// Carries changes out in the open transaction and commits them. After an error none of them is done.
fn group(connection: &Connection, first: Job, jobs: &Receiver<Job>, answers: &mut Vec<Answered>) -> rusqlite::Result<()> {
    let began = Instant::now();
    let mut next = Some(first);
    while let Some(Job { change, answer }) = next {
        answers.push((answer, carry_out(connection, change)));
        if connection.is_autocommit() {
            return Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT), Some("the database ended the transaction".to_owned())));
        }
        let full = answers.len() >= GROUP || began.elapsed() >= GROUP_TIME;
        next = if full { None } else { jobs.try_recv().ok() };
    }
    run(connection, "COMMIT")
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn carry_out(connection: &Connection, change: Change) -> Answer {
    match change {
        Change::Create(mut user) => {
            user.created_at = stored_now().into();
            user.updated_at.clone_from(&user.created_at);
            let mut insert = connection.prepare_cached(
                "INSERT INTO users (id, created_at, updated_at, tags, email, name, is_active) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6)",
            )?;
            insert.execute((&*user.id, &*user.created_at, user.tags.get(), &*user.email, &*user.name, user.is_active)).map_err(refused)?;
            Ok(Some(user))
        }
        Change::Update(id, patch) => {
            let mut user = database::user(connection, &id, |user| user.into_owned())?.ok_or_else(Problem::not_found)?;
            if user.take_over(patch) {
                user.updated_at = stored_now().into();
                let mut update = connection
                    .prepare_cached("UPDATE users SET updated_at = ?2, tags = ?3, email = ?4, name = ?5, is_active = ?6 WHERE id = ?1")?;
                update.execute((&id, &*user.updated_at, user.tags.get(), &*user.email, &*user.name, user.is_active)).map_err(refused)?;
            }
            Ok(Some(user))
        }
        Change::Delete(id) => match connection.prepare_cached("DELETE FROM users WHERE id = ?")?.execute([&id])? {
            0 => Err(Problem::not_found()),
            _ => Ok(None),
        },
    }
}

/// Why a row was not accepted.
fn refused(error: Error) -> Problem {
    match error.sqlite_error().map(|failure| failure.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => Problem::conflict("email"),
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Problem::conflict("id"),
        _ => error.into(),
    }
}
