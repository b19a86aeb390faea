//! Files that tests make for themselves, and what becomes of them.

mod cleaning;
mod files;
mod mutations;
mod refusals;
mod renditions;
