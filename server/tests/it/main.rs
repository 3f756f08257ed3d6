//! Integration tests: a whole server in process, spoken to over TCP, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approval;
mod auth;
mod authenticator;
mod canary;
mod cgu;
mod compose;
mod delegation;
mod delegation_rights;
mod demo;
mod events;
mod harness;
mod health;
mod http_client;
mod import;
mod issuer;
mod jmap;
mod means;
mod notices;
mod opening;
mod passkeys;
mod portal;
mod post_office;
mod process;
mod psc;
mod recovery;
mod routes;
mod search;
mod sms_office;
mod submission;
mod team;
mod tls;
