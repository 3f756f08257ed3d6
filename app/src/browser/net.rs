//! `fetch`, and nothing else of the network.

use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestInit, Response};

/// Sends a request with a JSON body to our own server; answers the status and the text, none when there was no answer.
/// `automatic` marks what no act of the person caused.
pub async fn fetch(method: &str, path: &str, body: Option<String>, automatic: bool) -> Option<(u16, String)> {
    SendWrapper::new(send(method.to_owned(), path.to_owned(), body, automatic)).await.ok()
}

async fn send(method: String, path: String, body: Option<String>, automatic: bool) -> Result<(u16, String), JsValue> {
    let window = super::window().ok_or(JsValue::NULL)?;
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    if automatic {
        headers.set("X-Pli-Auto", "1")?;
    }
    let init = RequestInit::new();
    init.set_method(&method);
    if let Some(body) = body {
        headers.set("Content-Type", "application/json")?;
        init.set_body(&JsValue::from_str(&body));
    }
    init.set_headers(&headers);
    let request = Request::new_with_str_and_init(&path, &init)?;
    let response: Response = JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok((response.status(), text))
}
