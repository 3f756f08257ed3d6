//! Codes of enrolled devices: TOTP (RFC 6238) as every application makes them: SHA-1, six digits, thirty seconds. That a
//! step serves once is the store's affair (`Proof::Step`).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use store::{Random, devices::Device};

/// Seconds of a step.
const STEP_SECONDS: i64 = 30;
/// A device's clock may be off by so many steps.
const DRIFT: i64 = 1;

/// A new secret: 160 bits, as RFC 4226 §4 recommends.
pub fn new_secret(random: &dyn Random) -> Vec<u8> {
    let mut secret = vec![0; 20];
    random.fill(&mut secret);
    secret
}

/// The code of a step (RFC 4226 §5.3). None only for a secret that is no key.
pub fn code(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash.last()? & 15);
    let four: [u8; 4] = hash.get(at..at + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

/// The step whose code was typed, now or one step off; the newest when several fit.
pub fn step_of(secret: &[u8], typed: &str, now_ms: i64) -> Option<i64> {
    let now = now_ms.div_euclid(1000 * STEP_SECONDS);
    let steps = (now - DRIFT..=now + DRIFT).rev();
    // All are computed, whichever fits: the answer takes as long.
    let fits: Vec<i64> = steps.filter(|step| code(secret, *step).is_some_and(|code| code == typed)).collect();
    fits.first().copied()
}

/// The device and the step whose code was typed.
pub fn found(devices: &[Device], typed: &str, now_ms: i64) -> Option<(i64, i64)> {
    let confirmed = devices.iter().filter(|device| device.confirmed_at.is_some());
    let steps = confirmed.filter_map(|device| Some((device, step_of(&device.content.secret, typed, now_ms)?)));
    // One that was not used yet before one that was: two devices may show the same digits.
    let mut steps: Vec<_> = steps.map(|(device, step)| (device.last_step >= step, device.id, step)).collect();
    steps.sort_unstable();
    steps.first().map(|(_, device, step)| (*device, *step))
}

/// A secret as one types it (RFC 4648 base32 without padding).
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let letters = (chunk.len() * 8).div_ceil(5);
        out.extend((0..letters).map(|at| char::from(LETTERS[(bits >> (35 - 5 * at)) as usize & 31])));
    }
    out
}

/// What the QR code says: the key URI that applications read.
pub fn uri(secret: &[u8], account: &str, issuer: &str) -> String {
    let plain = |text: &str| -> String {
        let ok = |b: u8| b.is_ascii_alphanumeric() || b"-._~@".contains(&b);
        text.bytes().map(|b| if ok(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let (account, issuer) = (plain(account), plain(issuer));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30", base32(secret))
}

/// A QR code as the path of an SVG whose view box is the returned size: one square a dark module.
///
/// # Errors
/// When the text is too long for a QR code.
pub fn qr(text: &str) -> anyhow::Result<(usize, String)> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M)?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (at, color) in colors.iter().enumerate() {
        if *color == qrcode::Color::Dark {
            // Four modules of quiet zone around, as ISO/IEC 18004 asks.
            path.push_str(&format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4));
        }
    }
    Ok((width + 8, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(secret, seconds / 30).as_deref(), Some(expected));
            for drift in [-30, 0, 30] {
                assert_eq!(step_of(secret, expected, (seconds + drift) * 1000), Some(seconds / 30));
            }
            assert_eq!(step_of(secret, expected, (seconds + 90) * 1000), None);
        }
    }

    #[test]
    fn secrets_are_written_for_applications() {
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"f"), "MY");
        let uri = uri(b"f", "claire.martin@medecin.mssante.example", "Pli démo");
        assert!(uri.starts_with("otpauth://totp/Pli%20d%C3%A9mo:claire.martin@medecin.mssante.example?secret=MY&"), "{uri}");
        let (size, path) = qr(&uri).unwrap();
        assert!(size > 40 && path.starts_with("M4 4h1v1h-1z"));
    }
}
