//! The tab's own memory (`sessionStorage`): gone with the tab.

/// What was kept under a key.
pub fn read(key: &str) -> Option<String> {
    super::window()?.session_storage().ok()??.get_item(key).ok()?
}

/// Keeps a text under a key; a full or forbidden storage is no error.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = super::window().and_then(|window| window.session_storage().ok().flatten()) {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets a key.
pub fn forget(key: &str) {
    if let Some(storage) = super::window().and_then(|window| window.session_storage().ok().flatten()) {
        let _ = storage.remove_item(key);
    }
}
