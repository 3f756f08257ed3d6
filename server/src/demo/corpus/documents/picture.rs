//! Pictures that look like something: PNG written with stored deflate (RFC
//! 1950, 1951), an electrocardiogram, curves, a film, a wound; one small JPEG.

use rand::Rng;

use super::super::fill::Dice;
use super::super::mime::from_base64;
use super::zip::crc32;

/// A picture with a palette.
struct Canvas {
    width: usize,
    height: usize,
    palette: Vec<[u8; 3]>,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize, palette: Vec<[u8; 3]>) -> Self {
        Self { width, height, palette, pixels: vec![0; width * height] }
    }

    fn set(&mut self, x: usize, y: usize, colour: u8) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = colour;
        }
    }

    /// A vertical run, which is how curves are joined.
    fn run(&mut self, x: usize, from: usize, to: usize, colour: u8) {
        for y in from.min(to)..=from.max(to) {
            self.set(x, y, colour);
        }
    }

    /// PNG with as few bits as the palette needs: 2 or 8.
    fn png(&self) -> Vec<u8> {
        let bits = if self.palette.len() <= 4 { 2 } else { 8 };
        let per_byte = 8 / bits;
        let mut rows = Vec::new();
        for row in self.pixels.chunks(self.width) {
            rows.push(0);
            for group in row.chunks(per_byte) {
                let byte = (0..per_byte).fold(0_u8, |byte, i| {
                    let pixel = group.get(i).copied().unwrap_or(0);
                    if bits == 8 { pixel } else { byte << 2 | pixel & 3 }
                });
                rows.push(byte);
            }
        }
        let mut header = Vec::new();
        header.extend_from_slice(&size(self.width));
        header.extend_from_slice(&size(self.height));
        header.extend_from_slice(&[u8::try_from(bits).unwrap_or(8), 3, 0, 0, 0]);
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut out, b"IHDR", &header);
        chunk(&mut out, b"PLTE", &self.palette.concat());
        chunk(&mut out, b"IDAT", &zlib_stored(&rows));
        chunk(&mut out, b"IEND", &[]);
        out
    }
}

/// A grain between −1 and 1, the same for the same place.
fn grain(x: usize, y: usize, salt: u32) -> f64 {
    let mixed = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ salt;
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D);
    f64::from((mixed ^ mixed >> 13) & 0xFFFF) / 32_768.0 - 1.0
}

fn size(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&size(data.len()));
    let start = out.len();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    let sum = crc32(&out[start..]);
    out.extend_from_slice(&sum.to_be_bytes());
}

/// zlib with stored blocks only.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(65_535).count();
    for (i, block) in data.chunks(65_535).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(i + 1 == blocks));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
    out
}

fn paper(canvas: &mut Canvas, step: usize) {
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            if x % step == 0 || y % step == 0 {
                canvas.set(x, y, if x % (5 * step) == 0 || y % (5 * step) == 0 { 2 } else { 1 });
            }
        }
    }
}

/// A row of gentle bumps: centre, height, width of each, in tenths of a beat.
const BEAT: [(f64, f64, f64); 5] =
    [(2.0, 8.0, 0.25), (3.6, -6.0, 0.08), (4.0, 62.0, 0.10), (4.4, -14.0, 0.10), (6.4, 15.0, 0.45)];

/// An electrocardiogram of three leads on squared paper.
pub(in super::super) fn ecg(dice: &mut Dice) -> Vec<u8> {
    let mut canvas = Canvas::new(720, 360, vec![[255, 252, 250], [252, 226, 222], [243, 188, 182], [20, 30, 60]]);
    paper(&mut canvas, 6);
    let irregular = dice.random_range(0..4) == 0;
    for lead in 0..3_usize {
        let base = 90 + 110 * lead;
        let gain = [1.0, 0.7, 1.15][lead];
        let (mut beat_at, mut length, mut previous) = (0.0, dice.random_range(80.0..120.0), base);
        for x in 0..canvas.width {
            let here = x as f64;
            if here >= beat_at + length {
                beat_at += length;
                length = if irregular { dice.random_range(60.0..150.0) } else { length };
            }
            let phase = (here - beat_at) / length * 10.0;
            let wave: f64 =
                BEAT.iter().map(|(centre, height, width)| height * (-((phase - centre) / width / 2.0).powi(2)).exp()).sum();
            let y = (base as f64 - gain * wave + dice.random_range(-0.8..0.8)).max(0.0) as usize;
            canvas.run(x, previous, y, 3);
            previous = y;
        }
    }
    canvas.png()
}

/// A curve of measures over some weeks.
pub(in super::super) fn curve(dice: &mut Dice) -> Vec<u8> {
    let mut canvas = Canvas::new(560, 280, vec![[255, 255, 255], [228, 232, 234], [150, 160, 166], [0, 105, 110]]);
    for y in (20..260).step_by(40) {
        for x in 40..540 {
            canvas.set(x, y, 1);
        }
    }
    for x in 40..540 {
        canvas.set(x, 260, 2);
    }
    canvas.run(40, 20, 260, 2);
    let (mut value, mut slope, mut previous) = (dice.random_range(90.0..190.0_f64), 0.0, 0);
    for x in 44..536 {
        if x % 12 == 0 {
            slope = dice.random_range(-1.6..1.6_f64);
        }
        value = (value + slope).clamp(40.0, 240.0);
        let y = value as usize;
        let from = if previous == 0 { y } else { previous };
        canvas.run(x, from, y, 3);
        canvas.run(x, y, y + 1, 3);
        if x % 12 == 0 {
            for dx in 0..4 {
                canvas.run(x + dx, y.saturating_sub(2), y + 2, 3);
            }
        }
        previous = y;
    }
    canvas.png()
}

/// Something like a film: a bright bone between dark edges.
pub(in super::super) fn film(dice: &mut Dice) -> Vec<u8> {
    let grey = (0..=255_u8).map(|g| [g, g, g]).collect();
    let mut canvas = Canvas::new(220, 280, grey);
    let (tilt, gap) = (dice.random_range(-0.12..0.12), dice.random_range(118.0..150.0));
    let salt: u32 = dice.random();
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            let (fx, fy) = (x as f64, y as f64);
            let axis = 110.0 + tilt * (fy - 140.0);
            let joint = (fy - gap).abs();
            let half = 26.0 + 22.0 * (-joint / 34.0).exp();
            let across = ((fx - axis) / half).abs();
            let bone = if across < 1.0 { 90.0 + 70.0 * across.powi(3) } else { 0.0 };
            let bone = if joint < 3.5 { bone * 0.35 } else { bone };
            let flesh = 70.0 * (-((fx - axis) / 78.0).powi(4)).exp();
            let level = (18.0 + flesh + bone + 5.0 * grain(x, y, salt)).clamp(0.0, 255.0);
            canvas.set(x, y, level as u8);
        }
    }
    canvas.png()
}

/// Something like a wound on skin, with a ruler.
pub(in super::super) fn wound(dice: &mut Dice) -> Vec<u8> {
    let shade = |from: [f64; 3], to: [f64; 3], t: f64| {
        let mut colour = [0; 3];
        for (i, channel) in colour.iter_mut().enumerate() {
            *channel = (from[i] + (to[i] - from[i]) * t) as u8;
        }
        colour
    };
    let mut palette: Vec<[u8; 3]> =
        (0..128).map(|i| shade([120.0, 24.0, 26.0], [206.0, 120.0, 102.0], f64::from(i) / 127.0)).collect();
    palette.extend((0..126).map(|i| shade([206.0, 150.0, 124.0], [240.0, 206.0, 180.0], f64::from(i) / 125.0)));
    palette.extend([[250, 250, 246], [30, 30, 30]]);
    let mut canvas = Canvas::new(256, 192, palette);
    let (rx, ry) = (dice.random_range(26.0..58.0), dice.random_range(20.0..44.0));
    let turn = dice.random_range(0.0..3.0_f64);
    let salt: u32 = dice.random();
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            let (dx, dy) = (x as f64 - 132.0, y as f64 - 86.0);
            let edge = 1.0 + 0.16 * (3.0 * dy.atan2(dx) + turn).sin();
            let far = ((dx / rx).powi(2) + (dy / ry).powi(2)).sqrt() / edge;
            let noise = 7.0 * grain(x, y, salt);
            let skin = (182.0 + dx * 0.2 - dy * 0.18 + noise).max(130.0);
            let level = if far < 1.0 { far * 118.0 + noise } else { skin };
            canvas.set(x, y, level.clamp(0.0, 253.0) as u8);
        }
    }
    for x in 20..236 {
        canvas.run(x, 168, 186, 254);
        if x % 8 == 0 {
            canvas.run(x, 168, if x % 40 == 20 { 180 } else { 174 }, 255);
        }
    }
    canvas.png()
}

/// A small mark for a signature.
pub(in super::super) fn mark(hue: u8) -> Vec<u8> {
    let tone = [hue, 110, 255 - hue / 2];
    let mut canvas = Canvas::new(96, 40, vec![[255, 255, 255], tone, [120, 130, 140], [40, 48, 56]]);
    for y in 0..40_usize {
        for x in 0..96_usize {
            let (dx, dy) = (x as i32 - 20, y as i32 - 20);
            let disc = dx * dx + dy * dy < 300;
            let cross = (dx.abs() < 4 && dy.abs() < 12) || (dy.abs() < 4 && dx.abs() < 12);
            if disc && !cross {
                canvas.set(x, y, 1);
            } else if x > 44 && x < 90 && matches!(y, 12..=15 | 25..=26) {
                canvas.set(x, y, if y < 20 { 3 } else { 2 });
            }
        }
    }
    canvas.png()
}

/// A photograph as telephones send it.
pub(in super::super) fn jpeg() -> Vec<u8> {
    from_base64(JPEG)
}

const JPEG: &str = "\
    /9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAA\
    ABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1\
    AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAP\
    KnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/\
    2wBDABIMDRANCxIQDhAUExIVGywdGxgYGzYnKSAsQDlEQz85Pj1HUGZXR0thTT0+WXlaYWltcnNyRVV9hnxvhWZwcm7/2wBDARMUFBsXGzQdHT\
    RuST5Jbm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm7/wAARCAB4AKADASIAAhEBAxEB/8QAGgABAQAD\
    AQEAAAAAAAAAAAAAAAEDBAUCBv/EADQQAAICAgECBAQEAwkAAAAAAAABAgMEESETMRIjgZEFMlKiIkFRkkNhYhQkQkRjcYKxwf/EABgBAQEBAQ\
    EAAAAAAAAAAAAAAAABAgME/8QAGhEBAQEBAQEBAAAAAAAAAAAAAAECExEDMf/aAAwDAQACEQMRAD8A+hIAeZ6QgAAgAEAIFCFIAIAQCAACABUA\
    IAAIBtkAKyEAAEACoAQAAQgEKQAQpAoQACAEAAEA2wCFZCFIFCAARsxzt12LZLSNK+3Qazn17syGvzMEstr/ABP3NO6/ng1pWt/mHeYjqxzpJ/\
    Nv/cz15ql8y9jgqz+ZlruafcFxK+hjOM1uL2U5VF/ZpnQqt8a57kcdZ8ZSABkICAACAbYBCoEKQAR9gSXYg17paRzMqzWzoXvg5OU+Su/zjVsk\
    YJTPdjNaxljdrIrDLCZppvZnrZbElb9E9NHTontI49T7HTxnwjK6/HRi9op4r7Hsjz0IAECAAbQBCoEKQAR9gCDUvXBy8qPJ2rYeJbXc52RVvY\
    dsVyLImtOBv21tMwyrNSutjUUOTNXE9qsyQgX1JHuqPKOnjx0kalFXOzo0w0jKbrPDseiRWkUjhQgAQIAQbQBDSABCAQpABitpjZ/JmUgVzb8S\
    S3xtfqjTljHdPEq4S7xQdJ9LHEWOzLXj6/I6bx6/0YVMV+oa6NeqrRsQjo9KKXZFDndegBAyEKQgEACtoQ8yvGshzDK10X9W4uXpwm+Qb/w3C6\
    fwv4dXk16uxaocb+Wah4X24fDaOmMzTlvVy0Jp115NkuIYu+s/p1FS9eGnwe5UWRyIUOPmTjKcY7XKi0m/uXudOeFRZXk1zr3DK31lt/i3FR9O\
    ElwZHTXLIhe4+ZCMoRlvspNNr7V7G+cY6VxNPo9b+H1ejv8Ar8fg1+7g9rHtlkToUfMhGM5R2uE20n9r9jdw8L+5Spyq/wDM2XJb/wBZzg+PR/\
    8AZtqmuORO9R8ycYwlLfdRbaX3P3HOHSuHCLsrxrILcMrXRf1bi5enCb5E4uuvJsktQxd9Z/TqKl68NPg7EMKiuvGrhXqGLrorb/DqLj68Nrkw\
    VYXUl8Trya905VvbfzQdUIvtyuU0OcOlaMsa2ORChx8ycZTjHa5UWk39y9zH4JdHra8vq9Hf9fj8Gv3cHddNcsiF7j5kIyhGW+yk02vtXsY/7F\
    R0ej0/L6vW1t/P4/Hv93I5w6VyVjWyyJ0KHmQjGco7XCbaT+1+xjhCVleNZBbhla6L+rcXL04TfJ166bI/F8i9x8udFUIy33cZWNr7l7nuGFRX\
    XjVwr1DF10Vt/h1Fx9eG1yOcOlcScJV15Nk1qGLvrP6dRUvXhp8Hq7Hto11Y+HxduUzszwqLK8mude4ZW+stv8W4qPpwkuDU+M/wf+X/AITWJJ\
    61ndt8cwAhxdQhSACABW2QArKAACAAKhAABAABAABAAIACCAAKhAAP/9k=";
