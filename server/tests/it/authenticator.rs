//! A small authenticator (WebAuthn, ES256, no attestation) that can also do wrong.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::Random;

/// One device with one passkey.
pub struct Authenticator {
    key: KeyPair,
    id: Vec<u8>,
    handle: Value,
    pub counter: u32,
    /// What its browser says of where it is.
    pub origin: String,
    /// Did it check its owner?
    pub verified: bool,
}

impl Authenticator {
    pub fn new(origin: &str) -> Self {
        let mut id = vec![0; 32];
        store::SystemRandom.fill(&mut id);
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self { key, id, handle: Value::Null, counter: 0, origin: origin.into(), verified: true }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["challenge"].as_str().unwrap();
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false}).to_string().into_bytes()
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        let host = self.origin.split("//").nth(1).unwrap().split(':').next().unwrap();
        let verified = if self.verified { 4 } else { 0 };
        let mut data = Sha256::digest(host.as_bytes()).to_vec();
        data.push(flags | 1 | verified);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    /// What the browser posts after `navigator.credentials.create`.
    pub fn create(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        self.handle = options["user"]["id"].clone();
        let mut data = self.data(0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        // COSE: EC2, ES256, P-256, x, y.
        let point = self.key.der_bytes();
        data.extend_from_slice(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend_from_slice(&point[1..33]);
        data.extend_from_slice(&[0x22, 0x58, 32]);
        data.extend_from_slice(&point[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend_from_slice(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend_from_slice(&data);
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", options)),
            "attestationObject": URL_SAFE_NO_PAD.encode(object), "transports": ["internal"],
        }})
        .to_string()
    }

    /// What the browser posts after `navigator.credentials.get`; the counter is the caller's to move.
    pub fn get(&mut self, options: &Value) -> String {
        let client = self.client_data("webauthn.get", &options["publicKey"]);
        let data = self.data(0);
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.key.sign(&signed).unwrap();
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature), "userHandle": self.handle,
        }})
        .to_string()
    }

    /// Claims to be somebody else's.
    pub fn pretend(&mut self, other: &Self) {
        self.handle = other.handle.clone();
    }
}
