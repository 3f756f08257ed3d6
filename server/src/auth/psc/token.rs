//! The provider's tokens: redeemed, verified, used once. Nothing of them is kept but the ID token, to end the session.

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::PublicKeyUse};
use reqwest::header;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::{PscError, provider::Psc};
use crate::outside;

/// An answer of the provider, at most.
const ANSWER: usize = 256 * 1024;
/// Clocks may differ by so many seconds.
const LEEWAY: i64 = 60;
/// An ID token is not older than this.
const OLDEST: i64 = 600;

/// What the code was redeemed for.
#[derive(Deserialize)]
pub struct Tokens {
    pub id_token: String,
    access_token: String,
    token_type: String,
}

/// What of the ID token is used.
#[derive(Debug)]
pub struct Claims {
    pub sub: String,
    pub acr: String,
}

#[derive(Deserialize)]
struct OAuthError {
    error: String,
}

/// Redeems the code (RFC 6749 §4.1.3), with the verifier that only this browser had.
///
/// # Errors
/// `Expired` when the provider does not (or not any more) know the code; `Down`.
pub async fn redeem(psc: &Psc, code: &str, verifier: &str, back: &str, now: i64) -> Result<Tokens, PscError> {
    let metadata = psc.metadata(now).await?;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", back),
        ("code_verifier", verifier),
        ("client_id", &psc.client_id),
    ];
    let mut request = psc.http.post(&metadata.token_endpoint);
    let secret = psc.secret.reveal();
    if !secret.is_empty() {
        let methods = &metadata.token_endpoint_auth_methods_supported;
        // Basic is what a provider that says nothing expects (OpenID Connect Discovery 1.0 §3).
        if methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic") {
            request = request.basic_auth(encoded(&psc.client_id), Some(encoded(secret)));
        } else {
            form.push(("client_secret", secret));
        }
    }
    let answer = request.form(&form).send().await.map_err(|_| PscError::Down("token endpoint"))?;
    let status = answer.status();
    let body = Zeroizing::new(outside::body(answer, ANSWER).await.map_err(|_| PscError::Down("token endpoint"))?);
    if status.is_client_error() {
        return match serde_json::from_slice::<OAuthError>(&body) {
            Ok(refusal) if refusal.error == "invalid_grant" => Err(PscError::Expired),
            _ => Err(PscError::Down("token endpoint refuses this service")),
        };
    }
    if !status.is_success() {
        return Err(PscError::Down("token endpoint"));
    }
    let tokens: Tokens = serde_json::from_slice(&body).map_err(|_| PscError::Token("unreadable answer"))?;
    if !tokens.token_type.eq_ignore_ascii_case("bearer") {
        return Err(PscError::Token("type"));
    }
    Ok(tokens)
}

/// RFC 6749 §2.3.1: identifier and secret are form-encoded before Basic joins them.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._*".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Verifies the ID token (OpenID Connect Core 1.0 §3.1.3.7).
///
/// # Errors
/// `Issuer`, `Nonce`, `TokenExpired`, `Token`; `Down` without the provider's keys.
pub async fn id_claims(psc: &Psc, tokens: &Tokens, nonce: &str, now: i64) -> Result<Claims, PscError> {
    let (claims, algorithm) = signed(psc, &tokens.id_token, now).await?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    if text("iss") != psc.issuer {
        return Err(PscError::Issuer);
    }
    if !is_for(&claims["aud"], &psc.client_id) {
        return Err(PscError::Token("audience"));
    }
    let several = claims["aud"].as_array().is_some_and(|list| list.len() > 1);
    if (several || claims.get("azp").is_some()) && text("azp") != psc.client_id {
        return Err(PscError::Token("authorized party"));
    }
    let (now, time) = (now / 1000, |name: &str| claims[name].as_i64().unwrap_or_default());
    if time("exp") + LEEWAY <= now {
        return Err(PscError::TokenExpired);
    }
    if time("iat") > now + LEEWAY || time("iat") < now - OLDEST {
        return Err(PscError::Token("issued at another time"));
    }
    if text("nonce") != nonce {
        return Err(PscError::Nonce);
    }
    if text("sub").is_empty() || text("sub").len() > 255 {
        return Err(PscError::Token("subject"));
    }
    if claims.get("at_hash").is_some_and(|hash| hash.as_str() != Some(&half_hash(algorithm, &tokens.access_token))) {
        return Err(PscError::Token("access token"));
    }
    Ok(Claims { sub: text("sub").to_owned(), acr: text("acr").to_owned() })
}

/// Asks who it is: JSON, or a signed JWT (OpenID Connect Core 1.0 §5.3.2), about the same subject.
///
/// # Errors
/// `Identity` when it is about somebody else, `Issuer`, `Token`, `Down`.
pub async fn user_info(psc: &Psc, tokens: &Tokens, subject: &str, now: i64) -> Result<Value, PscError> {
    const WHAT: &str = "user info";
    let metadata = psc.metadata(now).await?;
    let request = psc.http.get(&metadata.userinfo_endpoint).bearer_auth(&tokens.access_token);
    let answer = request.send().await.map_err(|_| PscError::Down(WHAT))?;
    match answer.status() {
        status if status.is_success() => {}
        // The access token lives two minutes.
        status if status.as_u16() == 401 => return Err(PscError::TokenExpired),
        _ => return Err(PscError::Down(WHAT)),
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_jwt = kind.starts_with("application/jwt");
    let body = outside::body(answer, ANSWER).await.map_err(|_| PscError::Down(WHAT))?;
    let info = if is_jwt {
        let token = std::str::from_utf8(&body).map_err(|_| PscError::Token(WHAT))?;
        let (info, _) = signed(psc, token.trim(), now).await?;
        if info.get("iss").is_some_and(|issuer| issuer != &psc.issuer) {
            return Err(PscError::Issuer);
        }
        if info.get("aud").is_some_and(|audience| !is_for(audience, &psc.client_id)) {
            return Err(PscError::Token("audience"));
        }
        if info["exp"].as_i64().is_some_and(|exp| exp + LEEWAY <= now / 1000) {
            return Err(PscError::TokenExpired);
        }
        info
    } else {
        serde_json::from_slice(&body).map_err(|_| PscError::Down(WHAT))?
    };
    if info["sub"].as_str() == Some(subject) { Ok(info) } else { Err(PscError::Identity("another subject")) }
}

fn is_for(audience: &Value, client: &str) -> bool {
    match audience {
        Value::Array(list) => list.iter().any(|one| one == client),
        one => one == client,
    }
}

/// The payload of a token signed by the provider, with an algorithm we allow. Claims are checked by the caller.
async fn signed(psc: &Psc, token: &str, now: i64) -> Result<(Value, Algorithm), PscError> {
    let head = decode_header(token).map_err(|_| PscError::Token("unreadable"))?;
    if !psc.algorithms.contains(&head.alg) {
        return Err(PscError::Token("algorithm"));
    }
    let mut key = find(&*psc.keys(now, false).await?, &head);
    if key.is_none() {
        key = find(&*psc.keys(now, true).await?, &head);
    }
    let key = key.ok_or(PscError::Token("unknown key"))?;
    let mut rules = Validation::new(head.alg);
    rules.required_spec_claims = HashSet::new();
    // Times are compared with the injected clock, audiences with their own error.
    (rules.validate_exp, rules.validate_aud) = (false, false);
    let payload = decode::<Value>(token, &key, &rules).map_err(|_| PscError::Token("signature"))?;
    Ok((payload.claims, head.alg))
}

/// The key that a token names; the only one of its kind when it names none.
fn find(keys: &jsonwebtoken::jwk::JwkSet, head: &jsonwebtoken::Header) -> Option<DecodingKey> {
    let fits = |key: &&jsonwebtoken::jwk::Jwk| {
        let common = &key.common;
        let named = head.kid.is_none() || common.key_id == head.kid;
        let signs = !matches!(common.public_key_use, Some(PublicKeyUse::Encryption));
        let alike = common.key_algorithm.is_none_or(|alg| alg == head.alg.into());
        named && signs && alike
    };
    let usable: Vec<DecodingKey> = keys
        .keys
        .iter()
        .filter(fits)
        .filter_map(|key| DecodingKey::from_jwk(key).ok())
        .filter(|key| key.family() == head.alg.family())
        .collect();
    if usable.len() == 1 { usable.into_iter().next() } else { None }
}

/// Left half of the hash of the access token (OpenID Connect Core 1.0 §3.1.3.6).
fn half_hash(algorithm: Algorithm, text: &str) -> String {
    let hash = match algorithm {
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(text).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => Sha512::digest(text).to_vec(),
        _ => Sha256::digest(text).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_one_or_several() {
        assert!(is_for(&serde_json::json!("pli"), "pli") && is_for(&serde_json::json!(["a", "pli"]), "pli"));
        assert!(!is_for(&serde_json::json!("plie"), "pli") && !is_for(&Value::Null, "pli"));
    }

    #[test]
    fn credentials_are_encoded_for_basic() {
        assert_eq!(encoded("a:b c/é"), "a%3Ab%20c%2F%C3%A9");
    }
}
