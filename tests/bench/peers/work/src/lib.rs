//! What the tasks of the bench do, the same for all peers in Rust.
//!
//! What they read is part of the program, so that nothing but the work is compared. Both look at what came out: a peer that
//! does less than the others fails.

use std::hint::black_box;
use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// 10,000 bytes.
const ORDERS: &[u8] = include_bytes!("../data/orders.json");

/// How many things are ordered in [`ORDERS`].
const ORDERED: u64 = 453;

/// 800 x 600 pixels, 28 kB.
const PICTURE: &[u8] = include_bytes!("../../../../../examples/thumbnails/pictures/dusk.jpg");

/// The longer side of a thumbnail, in pixels, and the shorter one of this one.
const SIDES: (u32, u32) = (160, 120);

/// Parses 10 kB of JSON and adds up one of its columns.
///
/// # Panics
///
/// The sum is another one than it should be.
pub fn json() {
    let orders: serde_json::Value = match serde_json::from_slice(black_box(ORDERS)) {
        Ok(orders) => orders,
        Err(e) => panic!("the orders do not parse: {e}"),
    };
    let lines =
        orders["orders"].as_array().into_iter().flatten().filter_map(|order| order["lines"].as_array());
    let ordered: u64 = lines.flatten().filter_map(|line| line["count"].as_u64()).sum();
    assert_eq!(ordered, ORDERED, "the orders add up to something else");
}

/// Makes a thumbnail of one picture, with the same calls as the example `thumbnails`, and answers the PNG's bytes.
///
/// # Panics
///
/// There is no thumbnail of the right size.
#[must_use]
pub fn thumbnail() -> Vec<u8> {
    match scale(black_box(PICTURE)) {
        Ok(png) => png,
        Err(e) => panic!("no thumbnail: {e}"),
    }
}

fn scale(bytes: &[u8]) -> image::ImageResult<Vec<u8>> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(16 << 20);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let small: DynamicImage = picture.thumbnail(SIDES.0, SIDES.0).to_rgb8().into();
    assert_eq!((small.width(), small.height()), SIDES, "the thumbnail has another size");
    let mut png = Vec::new();
    small.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_orders_are_ten_kilobytes_and_add_up() {
        assert_eq!(super::ORDERS.len(), 10_000);
        super::json();
    }

    #[test]
    fn the_thumbnail_is_a_png() {
        assert!(super::thumbnail().starts_with(b"\x89PNG"));
    }
}
