//! Makes the sample pictures again: `cargo run -p thumbnails --example make-pictures -- FOLDER`.
//!
//! They are computed, always the same, and show what a thumbnail has to keep: colours, edges, transparency,
//! wide and tall shapes, the orientation that a camera writes down. `torn.png` ends in the middle.

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "examples/thumbnails/pictures".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;

    fs::write(folder.join("dusk.jpg"), jpeg(&picture(800, 600, dusk))?)?;
    fs::write(folder.join("mandelbrot.png"), encoded(picture(640, 480, mandelbrot), ImageFormat::Png)?)?;
    fs::write(folder.join("panorama.jpg"), jpeg(&picture(1600, 400, dusk))?)?;
    fs::write(folder.join("plasma.jpg"), jpeg(&picture(800, 600, plasma))?)?;
    fs::write(folder.join("rings.gif"), encoded(picture(320, 320, rings), ImageFormat::Gif)?)?;
    fs::write(folder.join("small.png"), encoded(picture(64, 48, rings), ImageFormat::Png)?)?;
    fs::write(folder.join("stamp.webp"), encoded(picture(300, 400, checks), ImageFormat::WebP)?)?;
    fs::write(folder.join("tower.png"), encoded(picture(300, 900, checks), ImageFormat::Png)?)?;
    fs::write(folder.join("turned.jpg"), turned(&picture(600, 400, dusk))?)?;
    fs::write(folder.join("window.png"), encoded(window(400, 300), ImageFormat::Png)?)?;

    let mut torn = encoded(picture(640, 480, plasma), ImageFormat::Png)?;
    torn.truncate(20_000);
    fs::write(folder.join("torn.png"), torn)?;
    fs::write(folder.join("notes.txt"), "Not a picture: the task passes it over.\n")?;
    Ok(())
}

/// Computes each pixel from its place, both coordinates from 0 to 1.
fn picture(width: u32, height: u32, colour: impl Fn(f64, f64) -> [f64; 3]) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let at = |i, of| (f64::from(i) + 0.5) / f64::from(of);
        // A cast from float saturates.
        Rgb(colour(at(x, width), at(y, height)).map(|c| (c * 255.0).round() as u8))
    })
}

/// A sky, a sun and two hills.
fn dusk(x: f64, y: f64) -> [f64; 3] {
    let hill = |base: f64, waves: f64, shift: f64| base + 0.08 * (x * waves + shift).sin();
    if y > hill(0.82, 5.0, 2.0) {
        return [0.07, 0.09, 0.16];
    }
    if y > hill(0.70, 9.0, 0.5) {
        return [0.16, 0.14, 0.28];
    }
    let sun = (x - 0.68).powi(2) + (y - 0.52).powi(2);
    if sun < 0.008 {
        return [1.0, 0.87, 0.55];
    }
    let glow = (-sun * 9.0).exp() * 0.45;
    [0.20 + 0.65 * y + glow, 0.18 + 0.30 * y + glow * 0.7, 0.42 + 0.05 * y]
}

/// The set of Mandelbrot, coloured by how soon a point escapes.
fn mandelbrot(x: f64, y: f64) -> [f64; 3] {
    const ROUNDS: u32 = 96;
    let (cr, ci) = (x * 3.2 - 2.2, y * 2.4 - 1.2);
    let (mut r, mut i) = (0.0_f64, 0.0_f64);
    for round in 0..ROUNDS {
        (r, i) = (r * r - i * i + cr, 2.0 * r * i + ci);
        if r * r + i * i > 4.0 {
            let t = f64::from(round) / f64::from(ROUNDS);
            return [t.sqrt(), t, 0.25 + 0.75 * t.sqrt()];
        }
    }
    [0.0, 0.0, 0.05]
}

/// Waves that run through each other.
fn plasma(x: f64, y: f64) -> [f64; 3] {
    let v = (x * 11.0).sin() + (y * 7.0 + x * 3.0).sin() + ((x - 0.5).hypot(y - 0.5) * 23.0).cos();
    [0.0, 2.1, 4.2].map(|phase| 0.5 + 0.5 * (v * 1.5 + phase).sin())
}

/// Rings in two colours.
fn rings(x: f64, y: f64) -> [f64; 3] {
    let ring = ((x - 0.5).hypot(y - 0.5) * 16.0) as u32;
    if ring.is_multiple_of(2) { [0.85, 0.30, 0.15] } else { [0.98, 0.93, 0.80] }
}

/// A board of squares that grows dark towards its foot.
fn checks(x: f64, y: f64) -> [f64; 3] {
    let light = 1.0 - 0.7 * y;
    if ((x * 6.0) as u32 + (y * 18.0) as u32).is_multiple_of(2) {
        [0.95 * light, 0.95 * light, 0.90 * light]
    } else {
        [0.15 * light, 0.35 * light, 0.60 * light]
    }
}

/// A frame around nothing: its middle is transparent.
fn window(width: u32, height: u32) -> RgbaImage {
    let frame = width / 8;
    RgbaImage::from_fn(width, height, |x, y| {
        let inside = (frame..width - frame).contains(&x) && (frame..height - frame).contains(&y);
        if inside { Rgba([0, 0, 0, 0]) } else { Rgba([120, 80, 40, 255]) }
    })
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    picture.into().write_to(&mut Cursor::new(&mut bytes), format)?;
    Ok(bytes)
}

fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 82).encode_image(picture)?;
    Ok(bytes)
}

/// As a camera that was held upright writes it: the pixels lie, and an Exif tag says how to turn them.
fn turned(picture: &RgbImage) -> Result<Vec<u8>, Box<dyn Error>> {
    // TIFF, little endian; one entry: orientation (0x0112), one SHORT, 6: turn right.
    const EXIF: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 82);
    encoder.set_exif_metadata(EXIF.to_vec())?;
    encoder.encode_image(picture)?;
    Ok(bytes)
}
