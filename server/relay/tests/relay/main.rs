//! The relay by its public face: lists, certificates, both sides of SMTP over real sockets.

mod certificates;
mod dialogue;
mod list;
mod notices;
mod peers;
mod receiving;
mod sending;
mod setup;
mod tampering;
mod working;
