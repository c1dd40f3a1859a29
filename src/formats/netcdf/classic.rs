//! The header of a classic file (CDF-1, CDF-2, CDF-5).
