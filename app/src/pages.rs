//! One folder per screen, named like its address.

pub mod accueil;
pub mod aide;
pub mod annuaire;
pub mod approbation;
pub mod boites;
pub mod compte;
pub mod connexion;
pub mod courrier;
pub mod delegation;
pub mod erreur;
pub mod exploitation;
pub mod impression;
pub mod inscription;
pub mod passkey;
pub mod patients;
pub mod portail;
pub mod structure;
