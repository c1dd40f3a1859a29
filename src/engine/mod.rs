//! The sans-IO engine: the window over fed bytes, the wants, and the extractor that polls one parser.
pub mod extractor;
