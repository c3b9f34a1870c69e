//! The messages between the process and its parent: those of bench/src/messages.ts, over the channel that Node opens to
//! a child in any language. Each line holds one JSON value.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    os::{
        fd::{FromRawFd, RawFd},
        unix::net::UnixStream,
    },
};

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Task {
    Open {
        streams: usize,
        seconds: f64,
    },
    Bulk {
        streams: usize,
        bytes: f64,
        size: usize,
    },
    Hold {
        streams: usize,
        count: usize,
    },
    Echo {
        streams: usize,
        bytes: usize,
        seconds: f64,
    },
    Memory,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    Port(u16),
    Rate(f64),
    Memory(Memory),
}

/// In bytes.
#[derive(Serialize)]
pub struct Memory {
    pub heap: u64,
    pub rss: u64,
}

pub struct Parent {
    tasks: BufReader<UnixStream>,
    answers: UnixStream,
}

impl Parent {
    pub fn new() -> Parent {
        let text = env::var("NODE_CHANNEL_FD").expect("NODE_CHANNEL_FD, which the benchmark sets");
        let fd: RawFd = text.parse().expect("NODE_CHANNEL_FD to be a number");
        // SAFETY: the parent has opened it for this process, and no other code here uses it.
        let channel = unsafe { UnixStream::from_raw_fd(fd) };
        Parent {
            answers: channel.try_clone().expect("a second handle"),
            tasks: BufReader::new(channel),
        }
    }

    /// Waits for a task. Returns None once the parent has closed the channel.
    pub fn next(&mut self) -> Option<Task> {
        let mut line = String::new();
        match self.tasks.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("a task")),
            Err(error) => panic!("the parent's channel: {error}"),
        }
    }

    pub fn tell(&mut self, answer: Answer) {
        let line = serde_json::to_string(&answer).expect("an answer");
        writeln!(self.answers, "{line}").expect("a parent that listens");
    }
}
