//! CDL: what `ncdump -h` prints of a file.
