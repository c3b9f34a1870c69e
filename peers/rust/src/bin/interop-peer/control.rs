//! Commands in, reports out: one JSON object per line. This file does not know their meaning.
//!
//! A command is `{"id":7,"do":"write",...}`. Its answer is `{"answer":7,...}`. Commands run concurrently: a caller that
//! needs an order waits for each answer. All other messages are reports: `{"report":"ended",...}`.

use std::{
    io::{self, BufRead, Write},
    process,
    sync::Arc,
    thread,
};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::session::Peer;

/// One command. A missing field is 0, false or empty.
pub struct Command(Value);

impl Command {
    pub fn verb(&self) -> &str {
        self.text("do")
    }

    pub fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap_or(0)
    }

    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or("")
    }

    pub fn flag(&self, field: &str) -> bool {
        self.0[field].as_bool().unwrap_or(false)
    }

    /// A command that the peer itself makes.
    pub fn of(fields: Value) -> Command {
        Command(fields)
    }
}

/// Returns a channel of the commands. The end of the input ends the process, whatever it is doing.
pub fn read_commands() -> mpsc::UnboundedReceiver<Command> {
    let (sender, receiver) = mpsc::unbounded_channel();
    // A thread reads them, because the runtime may be stuck when a library is stuck.
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let command = serde_json::from_str(&line).expect("a command is JSON");
            let _ = sender.send(Command(command));
        }
        process::exit(0);
    });
    receiver
}

pub async fn obey(mut commands: mpsc::UnboundedReceiver<Command>, peer: Arc<Peer>) {
    while let Some(command) = commands.recv().await {
        let peer = peer.clone();
        tokio::spawn(async move {
            let mut answer = peer.obey(&command).await;
            answer["answer"] = json!(command.number("id"));
            print_line(&answer);
        });
    }
}

pub fn report(what: &str, mut details: Value) {
    details["report"] = json!(what);
    print_line(&details);
}

fn print_line(line: &Value) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{line}");
    let _ = output.flush();
}
