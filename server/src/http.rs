//! HTTP: the table of routes and what stands around every handler.
//!
//! Enter by `routes::router`. A request passes `layers::outside` (its id, its log line), then the guard of its row
//! (`layers::guard`: where from, who, may they, how much, how long), then its handler, then the security headers.

pub mod account_pages;
pub mod all_boxes;
pub mod approval;
pub mod assets;
pub mod body;
pub mod compress;
pub mod cookies;
pub mod directory;
pub mod download;
pub mod events;
pub mod extract;
pub mod forms;
pub mod guard;
pub mod headers;
pub mod health;
pub mod jmap;
pub mod layers;
pub mod listener;
pub mod offer;
pub mod openapi;
pub mod opening;
pub mod operator_pages;
pub mod pages;
pub mod passkeys;
pub mod patient_pages;
pub mod portal_pages;
pub mod print;
pub mod psc;
pub mod public;
pub mod recovery_pages;
pub mod routes;
pub mod sign_in;
pub mod structure_offer;
