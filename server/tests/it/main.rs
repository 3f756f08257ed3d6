//! Integration tests: a whole server in process, spoken to over TCP, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approval;
mod auth;
mod authenticator;
mod canary;
mod cgu;
mod clamd;
mod compose;
mod delegation;
mod delegation_matrix;
mod delegation_psc;
mod delegation_rights;
mod demo;
mod events;
mod harness;
mod health;
mod http_client;
mod import;
mod interop;
mod issuer;
mod jmap;
mod ledger;
mod means;
mod notices;
mod opening;
mod operator;
mod own_postgres;
mod passkeys;
mod portal;
mod post_office;
mod postfix;
mod process;
mod psc;
mod receipts;
mod recovery;
mod relay_in;
mod relay_out;
mod routes;
mod search;
mod sms_office;
mod space;
mod staff;
mod submission;
mod team;
mod tls;
