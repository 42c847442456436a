//! From a file that may hold anything to a small picture.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use dormouse_guest::Budget;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

/// The longer side of a thumbnail, in pixels.
const SIDE_MAX: u32 = 160;

/// The longer side of a picture, in pixels.
const PICTURE_SIDE_MAX: u32 = 20_000;

/// What of the run's memory one picture may take.
pub(crate) struct Shares {
    file: u64,
    pixels: u64,
}

impl Shares {
    /// Besides the file and its pixels there is a decoder, which holds up to another two copies of the
    /// pixels (a progressive JPEG) and a copy of the file. So the default budget of 64 MiB is enough for
    /// 5 megapixels; for larger pictures, register the task with more memory.
    pub(crate) fn of(budget: &Budget) -> Self {
        Self { file: budget.memory_bytes / 16, pixels: budget.memory_bytes / 4 }
    }
}

/// A thumbnail, with the width and height of the picture and its own.
pub(crate) struct Scaled {
    pub(crate) png: Vec<u8>,
    pub(crate) from: (u32, u32),
    pub(crate) to: (u32, u32),
}

/// Why there is no thumbnail.
pub(crate) enum PictureError {
    /// The picture is broken or too large, and will be next time.
    Bad(String),
    /// Something else is wrong, and may be mended next time.
    Io(io::Error),
}

impl From<io::Error> for PictureError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<ImageError> for PictureError {
    fn from(e: ImageError) -> Self {
        // Also for an `ImageError::IoError`: the file is in memory, what ends too early is the picture.
        Self::Bad(e.to_string())
    }
}

pub(crate) fn scale(path: &Path, shares: &Shares) -> Result<Scaled, PictureError> {
    let bytes = read(path, shares.file)?;
    let picture = decode(bytes, shares)?;
    let from = (picture.width(), picture.height());
    let small = if from.0.max(from.1) > SIDE_MAX { picture.thumbnail(SIDE_MAX, SIDE_MAX) } else { picture };
    // Whatever the picture's own form, eight bits a channel are enough for a thumbnail.
    let small: DynamicImage =
        if small.color().has_alpha() { small.to_rgba8().into() } else { small.to_rgb8().into() };
    let mut png = Vec::new();
    small.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(Scaled { png, from, to: (small.width(), small.height()) })
}

fn read(path: &Path, max: u64) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(PictureError::Bad(format!(
            "the file has more than the {max} bytes that fit in the memory"
        )));
    }
    Ok(bytes)
}

fn decode(bytes: Vec<u8>, shares: &Shares) -> Result<DynamicImage, PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(PICTURE_SIDE_MAX);
    limits.max_image_height = Some(PICTURE_SIDE_MAX);
    limits.max_alloc = Some(shares.pixels);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // The decoder knows its own buffers, we know that the pixels come on top.
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}
