//! Media: what somebody uploads, made safe to keep and to show; and the pictures that are made of it.
//!
//! [`take_in`] says what a file is, by its content alone, takes everything out of it that tells of a person, a
//! place or a device, and refuses what is damaged, too large or active. [`render()`] makes a [`Rendition`] of a
//! picture. [`Pool`] runs both beside the reads, in bounded memory. [`Blobs`] keeps bytes by their digest,
//! [`Uploads`] receives them piece by piece. What an asset means, who uses it and in which words it is
//! described are left to others. The only home of the codecs and of `object_store`.

mod avif;
mod blobs;
mod bounds;
pub mod bucket;
mod bytes;
mod canvas;
mod colour;
mod decode;
mod digest;
mod encode;
mod exif;
mod gif;
mod jpeg;
mod kind;
mod numbers;
mod pdf;
mod placeholder;
mod png;
mod pool;
mod refusal;
mod render;
mod rendition;
mod resize;
mod riff;
mod ssim;
mod stripped;
mod svg;
mod taken;
mod upload;
mod webvtt;

#[cfg(test)]
mod tests;

pub use self::{
    blobs::{BlobError, Blobs, Stored},
    bounds::Limits,
    digest::{BadDigest, Digest},
    kind::Kind,
    pool::{Pool, PoolError, PoolOptions},
    refusal::Refusal,
    render::render,
    rendition::{BadRendition, Fit, Focal, Rect, Rendition, Sizes},
    taken::{Taken, memory_to_render, memory_to_take_in, take_in},
    upload::{UploadError, UploadOptions, Uploads},
};
