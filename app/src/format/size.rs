//! Sizes of files and messages.

use crate::i18n::Lang;

/// `640 o`, `12 ko`, `1,2 Mo` in French; `1.2 MB` in English. Thousands, not 1024s; one decimal below ten.
pub fn bytes(lang: Lang, size: u64) -> String {
    let units = match lang {
        Lang::Fr => ["o", "ko", "Mo", "Go"],
        Lang::En => ["B", "kB", "MB", "GB"],
    };
    let (mut tenths, mut unit) = (size.saturating_mul(10), 0);
    while tenths >= 9_995 && unit + 1 < units.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    let mut out = (if tenths < 100 { tenths / 10 } else { (tenths + 5) / 10 }).to_string();
    if tenths < 100 && tenths % 10 != 0 {
        out.push(if lang == Lang::Fr { ',' } else { '.' });
        out.push_str(&(tenths % 10).to_string());
    }
    out.push('\u{a0}');
    out.push_str(units[unit]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let fr = |size| bytes(Lang::Fr, size).replace('\u{a0}', " ");
        assert_eq!(fr(0), "0 o");
        assert_eq!(fr(640), "640 o");
        assert_eq!(fr(999), "999 o");
        assert_eq!(fr(1_000), "1 ko");
        assert_eq!(fr(1_240_000), "1,2 Mo");
        assert_eq!(fr(12_400_000), "12 Mo");
        assert_eq!(fr(999_999), "1 Mo");
        assert_eq!(fr(u64::MAX / 20), "922337204 Go");
        assert_eq!(bytes(Lang::En, 1_240_000), "1.2\u{a0}MB");
    }
}
