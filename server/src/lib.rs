//! Pli's server: the library behind the program `pli`.
//!
//! Enter by `cli` (commands), `boot` (a running service), `http::routes` (all routes). `http` knows axum; `auth`,
//! `portal`, `jmap` and `service` take the state and a caller, never a request.

#![recursion_limit = "256"]

pub mod auth;
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod http;
pub mod jmap;
pub mod jobs;
pub mod notices;
pub mod outside;
pub mod portal;
pub mod progress;
pub mod relay;
pub mod scan;
pub mod service;
pub mod sms;
pub mod state;
pub mod telemetry;
pub mod tls;
