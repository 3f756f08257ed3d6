//! Integration tests: a whole server in process, spoken to over TCP, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth;
mod canary;
mod compose;
mod demo;
mod events;
mod harness;
mod health;
mod http_client;
mod import;
mod jmap;
mod post_office;
mod process;
mod routes;
mod search;
mod submission;
