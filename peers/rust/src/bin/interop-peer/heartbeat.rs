//! The library's heartbeat. Every beat is reported.

use std::{error::Error, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use muxado::{
    heartbeat::{Heartbeat, HeartbeatConfig, HeartbeatCtl, HeartbeatHandler},
    typed::TypedSession,
};
use serde_json::{Value, json};

use crate::control::report;

pub async fn start<S: TypedSession + 'static>(
    session: S,
    options: &Value,
) -> io::Result<(Heartbeat<S>, HeartbeatCtl)> {
    let milliseconds = |field: &str| Duration::from_millis(options[field].as_u64().unwrap_or(0));
    let config = HeartbeatConfig {
        interval: milliseconds("interval"),
        tolerance: milliseconds("tolerance"),
        handler: Some(Arc::new(Reporter)),
    };
    Heartbeat::start(session, config).await
}

struct Reporter;

#[async_trait]
impl HeartbeatHandler for Reporter {
    async fn handle_heartbeat(&self, latency: Option<Duration>) -> Result<(), Box<dyn Error>> {
        let microseconds = latency.map_or(0, |latency| latency.as_micros() as u64);
        report(
            "beat",
            json!({ "ok": latency.is_some(), "microseconds": microseconds }),
        );
        Ok(())
    }
}
