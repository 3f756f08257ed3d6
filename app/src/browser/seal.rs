//! Texts sealed with a key that never touches a disk: AES-GCM of the browser's own cryptography.

use js_sys::{Array, Object, Reflect, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// Octets of the number used once.
const IV: usize = 12;

/// Seals a text; one character for each octet. None without cryptography (an insecure page) or with a key that is none.
pub async fn seal(key: &str, text: &str) -> Option<String> {
    SendWrapper::new(sealed(key, text)).await.ok()
}

/// Opens what [`seal`] made with the same key.
pub async fn open(key: &str, text: &str) -> Option<String> {
    SendWrapper::new(opened(key, text)).await.ok()
}

async fn sealed(key: &str, text: &str) -> Result<String, JsValue> {
    let mut iv = [0; IV];
    super::window().ok_or(JsValue::NULL)?.crypto()?.get_random_values_with_u8_array(&mut iv)?;
    let (subtle, key) = ready(key).await?;
    let promise = subtle.encrypt_with_object_and_u8_array(&algorithm(&iv)?, &key, text.as_bytes())?;
    let out = Uint8Array::new(&JsFuture::from(promise).await?).to_vec();
    Ok(iv.into_iter().chain(out).map(char::from).collect())
}

async fn opened(key: &str, text: &str) -> Result<String, JsValue> {
    let octets: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or_default()).collect();
    let (iv, rest) = octets.split_at_checked(IV).ok_or(JsValue::NULL)?;
    let (subtle, key) = ready(key).await?;
    let promise = subtle.decrypt_with_object_and_u8_array(&algorithm(iv)?, &key, rest)?;
    let out = Uint8Array::new(&JsFuture::from(promise).await?).to_vec();
    String::from_utf8(out).map_err(|_| JsValue::NULL)
}

async fn ready(key: &str) -> Result<(SubtleCrypto, CryptoKey), JsValue> {
    let digits = |at: usize| key.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let octets: Option<Vec<u8>> = (0..key.len()).step_by(2).map(digits).collect();
    let octets = Uint8Array::from(octets.ok_or(JsValue::NULL)?.as_slice());
    let subtle = super::window().ok_or(JsValue::NULL)?.crypto()?.subtle();
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    let promise = subtle.import_key_with_str("raw", &octets, "AES-GCM", false, &uses)?;
    let key = JsFuture::from(promise).await?.dyn_into()?;
    Ok((subtle, key))
}

fn algorithm(iv: &[u8]) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(iv))?;
    Ok(algorithm)
}
