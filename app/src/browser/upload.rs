//! Uploads with progress: `fetch` cannot tell how much has left.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{File, ProgressEvent, XmlHttpRequest};

/// How an upload goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Octets gone, out of all.
    Gone(u64, u64),
    /// The server's status and text; status 0 when the connection failed.
    Done(u16, String),
}

/// An upload on its way.
pub struct Running(XmlHttpRequest);

impl Running {
    /// Stops it; nothing more is told.
    pub fn stop(&self) {
        self.0.set_onload(None);
        self.0.set_onerror(None);
        let _ = self.0.abort();
    }
}

/// Sends a file to `path` (RFC 8620 §6.1) and tells each step.
pub fn send(path: &str, file: &File, tell: impl Fn(Step) + Clone + 'static) -> Option<Running> {
    let request = XmlHttpRequest::new().ok()?;
    request.open("POST", path).ok()?;
    let kind = file.type_();
    let kind = if kind.is_empty() { "application/octet-stream" } else { &kind };
    request.set_request_header("Content-Type", kind).ok()?;
    let gone = tell.clone();
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        gone(Step::Gone(event.loaded() as u64, event.total() as u64));
    });
    request.upload().ok()?.set_onprogress(Some(progress.into_js_value().unchecked_ref()));
    let done = {
        let (request, tell) = (request.clone(), tell.clone());
        Closure::<dyn FnMut()>::new(move || {
            let status = request.status().unwrap_or_default();
            tell(Step::Done(status, request.response_text().ok().flatten().unwrap_or_default()));
        })
    };
    let done = done.into_js_value();
    request.set_onload(Some(done.unchecked_ref()));
    request.set_onerror(Some(done.unchecked_ref()));
    request.send_with_opt_blob(Some(file)).ok()?;
    Some(Running(request))
}

/// The files chosen in an `<input type=file>`, which is then emptied so that the same can be chosen again.
pub fn chosen(input: &JsValue) -> Vec<File> {
    let Some(input) = input.dyn_ref::<web_sys::HtmlInputElement>() else { return Vec::new() };
    let files = input.files().map(|list| listed(&list)).unwrap_or_default();
    input.set_value("");
    files
}

/// The files dropped on an element.
pub fn dropped(event: &web_sys::DragEvent) -> Vec<File> {
    event.data_transfer().and_then(|data| data.files()).map(|list| listed(&list)).unwrap_or_default()
}

fn listed(list: &web_sys::FileList) -> Vec<File> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}
