//! How alike two pictures look: the structural similarity of their brightness (Wang et al., 2004), over windows
//! of eight by eight pixels, four apart.

use super::numbers::{index, real};

/// The side of a window, and the steps between two.
const WINDOW: usize = 8;
const STEP: usize = 4;
/// What keeps dark and flat windows from dividing by nothing: (0.01 · 255)² and (0.03 · 255)².
const C1: f32 = 6.502_5;
const C2: f32 = 58.522_5;

/// The mean over all windows: 1 for the same picture, less for less alike ones. Both have `width` samples a
/// row; a picture smaller than a window is compared as a whole.
pub(super) fn similarity(one: &[u8], other: &[u8], width: u32) -> f32 {
    let width = index(width).max(1);
    let height = one.len().min(other.len()) / width;
    let across = width.min(WINDOW);
    let down = height.min(WINDOW);
    let (mut sum, mut count) = (0.0_f32, 0_usize);
    for top in (0..=height - down).step_by(STEP) {
        let mut row_sum = 0.0;
        for left in (0..=width - across).step_by(STEP) {
            row_sum += window(one, other, width, [left, top, across, down]);
            count += 1;
        }
        sum += row_sum;
    }
    if count == 0 { 1.0 } else { sum / real(count) }
}

fn window(one: &[u8], other: &[u8], width: usize, [left, top, across, down]: [usize; 4]) -> f32 {
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for row in top..top + down {
        let from = row * width + left;
        let (Some(row_of_one), Some(row_of_other)) =
            (one.get(from..from + across), other.get(from..from + across))
        else {
            continue;
        };
        for (x, y) in row_of_one.iter().zip(row_of_other) {
            let (x, y) = (u32::from(*x), u32::from(*y));
            a += x;
            b += y;
            aa += x * x;
            bb += y * y;
            ab += x * y;
        }
    }
    let count = real(across * down).max(1.0);
    let mean = |sum: u32| real(index(sum)) / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let variance_a = mean(aa) - mean_a * mean_a;
    let variance_b = mean(bb) - mean_b * mean_b;
    let covariance = mean(ab) - mean_a * mean_b;
    let brightness = (2.0 * mean_a * mean_b + C1) / (mean_a * mean_a + mean_b * mean_b + C1);
    brightness * (2.0 * covariance + C2) / (variance_a + variance_b + C2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_picture_is_alike_and_a_rougher_one_is_less() {
        let picture: Vec<u8> =
            (0..64_u32 * 64).map(|at| u8::try_from(at * 37 % 251).unwrap()).collect();
        let rough = |mask: u8| picture.iter().map(|sample| sample & mask).collect::<Vec<_>>();
        assert!((similarity(&picture, &picture, 64) - 1.0).abs() < 1e-4);
        let (fine, coarse) =
            (similarity(&picture, &rough(0xf8), 64), similarity(&picture, &rough(0xc0), 64));
        assert!(fine < 1.0 && coarse < fine, "{fine} {coarse}");
    }

    #[test]
    fn a_picture_smaller_than_a_window_is_compared_as_a_whole() {
        assert!((similarity(&[7], &[7], 1) - 1.0).abs() < 1e-4);
        assert!(similarity(&[0, 0, 0], &[255, 255, 255], 3) < 0.1);
        assert!((similarity(&[], &[], 4) - 1.0).abs() < 1e-4);
    }
}
