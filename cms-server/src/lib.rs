//! Beacon.
