//! Numbers between pixels and formulas: clamped, never wrapped.

/// The nearest whole number in a byte; what is no number is zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// The nearest whole number in 16 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn short(value: f32) -> u16 {
    value.round().clamp(0.0, 65_535.0) as u16
}

/// The nearest whole number of pixels, at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn pixels(value: f64) -> u32 {
    value.round().clamp(1.0, f64::from(u32::MAX)) as u32
}

/// The whole pixels below a place.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn floor(value: f64) -> u32 {
    value.floor().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// A count as a factor of a formula; exact below 2^24.
#[expect(clippy::cast_precision_loss, reason = "means over pixels need no more")]
pub(super) fn real(count: usize) -> f32 {
    count as f32
}

/// A number of pixels, as an index.
pub(super) fn index(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

/// The low 16 bits of what is known to have no more.
pub(super) fn low_short(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}
