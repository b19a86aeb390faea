//! Typed tables for derived data: hot, disposable, rebuilt from the log.
