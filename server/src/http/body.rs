//! The frame of the reading pane: one message's body as a document of its own, under the frame's policy (the guard of
//! the row adds it, and refuses whoever is not a frame of ours).

use app::i18n::Lang;
use axum::{
    extract::{Path, Query, State as AxumState},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use mail::body::{BodyOptions, FrameView, frame_document};
use serde::Deserialize;
use wire::id::EmailId;

use super::{extract::AUTOMATIC, public::Spoken};
use crate::{
    auth::rights::{Acting, Read},
    error::Error,
    service::{content::Content, reading, receipts, structure::Structure},
    state::State,
};

/// `?vue=html` (the default) or `?vue=texte`; `?langue=` for the few words in it, else the language of the pages.
#[derive(Debug, Deserialize)]
pub struct View {
    #[serde(default)]
    vue: Option<String>,
    #[serde(default)]
    langue: Option<String>,
}

/// `GET /corps/{account}/{email}`.
pub async fn body(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    Path((_, email)): Path<(String, String)>,
    Query(view): Query<View>,
    spoken: Spoken,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let account = acting.account();
    let id: EmailId = email.parse().map_err(|_| Error::NotFound)?;
    let row = state.store.emails(account, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let (_, bytes) = state.store.structures(account, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let structure = Structure::from_bytes(&bytes);
    let content = Content::stored(&state.store, account, row.blob);
    let preferred = match view.langue {
        Some(lang) => Some(lang),
        None => state.store.preferences(acting.caller().person).await?.language,
    };
    let lang = preferred.as_deref().and_then(Lang::from_code).unwrap_or(spoken.0).code();
    let summary = if lang == "en" { "Earlier messages" } else { "Messages précédents" };
    let options = BodyOptions { quote_summary: summary.into(), ..BodyOptions::default() };
    let as_text = view.vue.as_deref() == Some("texte");
    let (rendered, has_html) = reading::render(&structure, &content, as_text, &options).await?;
    if headers.contains_key(AUTOMATIC) {
        reading::prefetched(&state, acting.caller(), account, id).await?;
    } else {
        reading::note(&state, acting.caller(), account, &[id]).await?;
        receipts::displayed(&state, &acting, &row, &structure).await?;
    }
    let frame = if has_html && !rendered.as_text { FrameView::Html } else { FrameView::Text };
    let mut response = frame_document(&rendered.html, lang, frame, "").into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}
