//! Reading bytes in order, with the place where they end too soon.

use super::Refusal;

/// Bytes, read from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What is told of a file that ends too soon.
    part: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`; they are the `part` of the file.
    pub(super) fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { bytes, at: 0, part }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The same, as a place to tell.
    pub(super) fn place(&self) -> u64 {
        u64::try_from(self.at).unwrap_or(u64::MAX)
    }

    /// Whether all was read.
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What wasn't read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// What was read since `from`.
    pub(super) fn since(&self, from: usize) -> &'a [u8] {
        self.bytes.get(from..self.at).unwrap_or_default()
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let end = self.at.checked_add(count);
        let Some(taken) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return Err(self.truncated());
        };
        self.at += count;
        Ok(taken)
    }

    /// The next bytes, as many as the array has.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let truncated = self.truncated();
        self.take(N)?.try_into().map_err(|_| truncated)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16_be(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32_be(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u16_le(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32_le(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u24_le(&mut self) -> Result<u32, Refusal> {
        self.array().map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
    }

    /// The file ends here, within this part.
    pub(super) fn truncated(&self) -> Refusal {
        let at = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        Refusal::Truncated { at, part: self.part }
    }

    /// The bytes here aren't what they should be.
    pub(super) fn damaged(&self, part: &'static str) -> Refusal {
        Refusal::Damaged { at: self.place(), part }
    }
}

/// A length that a file names, as one of memory.
pub(super) fn length(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
