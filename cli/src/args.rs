//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum, ValueHint};
use clap_complete::Shell;
use metaextract::{ChunkSizes, Format, Options};

use crate::size;

/// Prints the metadata of DICOM, FITS, HDF5 and NetCDF files as JSON.
///
/// Each FILE gives one JSON document: indented on a terminal, one line in a pipe. Only the metadata is read, never the
/// pixels, tables or chunks that it describes; what cannot be read is named in the document's warnings.
#[derive(Debug, Parser)]
#[command(name = "mx", version, override_usage = "mx [OPTIONS] FILE...\n       mx [OPTIONS] --files-from LIST", after_help = epilog(), max_term_width = 100)]
pub(crate) struct Args {
    /// Files to read, in this order; `-` reads standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["completions", "man", "files_from"], value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Read also the files that LIST names, one a line; `-` reads the list from standard input
    ///
    /// Files begin to be read while the list still comes, and it may be of any length. Empty lines are passed over.
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) files_from: Option<PathBuf>,

    /// Names in LIST end with a NUL instead of a line feed, as `find -print0` writes them
    #[arg(short = '0', long, requires = "files_from")]
    pub(crate) null: bool,

    /// Read all files in folders, and in the folders there; symbolic links are followed
    ///
    /// They come in the order in which the file system gives them. What is no file, and a link to a folder that it lies
    /// in, is told as a failure.
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Take the files to be of this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: FormatName,

    /// Indent the documents, also in a pipe
    #[arg(long, conflicts_with_all = ["compact", "records"], help_heading = "Output")]
    pub(crate) pretty: bool,

    /// Print one line a document, also on a terminal
    #[arg(long, help_heading = "Output")]
    pub(crate) compact: bool,

    /// Print each value on its own line as soon as it is known, instead of documents
    ///
    /// A line is {"pointer": "/headers/…", "value": …}; the pointer (RFC 6901) says where in the document the value
    /// stands. Memory then stays small however much metadata a file has.
    #[arg(long, help_heading = "Output")]
    pub(crate) records: bool,

    /// Print NetCDF files as CDL, as `ncdump -h` does, instead of documents
    ///
    /// The text is that of ncdump byte for byte, but it comes from a pipe too, and values are never cut. HDF5 files that
    /// netCDF did not write are shown as netCDF sees them; other formats are refused.
    #[arg(long, conflicts_with_all = ["records", "pretty", "compact", "with_path", "chunk_manifest"], help_heading = "Output")]
    pub(crate) cdl: bool,

    /// Say also how NetCDF variables are stored, as `ncdump -s` does
    ///
    /// In documents each variable of a netCDF-4 file has `storage` then; in CDL the special attributes stand.
    #[arg(long, help_heading = "Output")]
    pub(crate) special: bool,

    /// In CDL the name behind `netcdf`: else the file's name up to its last dot, or `stdin`
    #[arg(long, requires = "cdl", value_name = "NAME", help_heading = "Output")]
    pub(crate) name: Option<String>,

    /// Say in the output which file it is of
    ///
    /// A document becomes {"path": "FILE", "document": …}, a record {"path": "FILE", "pointer": …, "value": …}, and a file
    /// that gives nothing {"path": "FILE", "error": {"code": …, "offset": …, "message": …}}. A byte of a name that is not
    /// UTF-8 becomes %XX, and in that name % becomes %25.
    #[arg(long, help_heading = "Output")]
    pub(crate) with_path: bool,

    /// Print each document as soon as its file is read, not in the order of the files
    ///
    /// With --records the lines of several files mix, so that --with-path is needed then.
    #[arg(long, help_heading = "Output")]
    pub(crate) unordered: bool,

    /// Say on standard error what reading each file took: bytes, requests, rounds, peak heap, time
    #[arg(long, help_heading = "Output")]
    pub(crate) usage: bool,

    /// When to show how far a long extraction is, on standard error
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub(crate) progress: ProgressWhen,

    /// List every chunk of every chunked dataset, with its byte range
    #[arg(long, help_heading = "What to extract")]
    pub(crate) chunk_manifest: bool,

    /// Compute count, minimum, maximum, mean and deviation of every array, which reads all the data (not in this build)
    #[arg(long, help_heading = "What to extract")]
    pub(crate) statistics: bool,

    /// Leave out longer values; the document then says where they are
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "64KiB", help_heading = "What to extract")]
    pub(crate) max_value_bytes: u64,

    /// Give longer binary DICOM values as a byte range
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "1KiB", help_heading = "What to extract")]
    pub(crate) max_inline_bytes: u64,

    /// Cut deeper nesting, with a warning
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u32).range(1..), default_value = "64",
          help_heading = "What to extract")]
    pub(crate) max_depth: u32,

    /// How to read the files
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = "Reading")]
    pub(crate) io: Io,

    /// Ask for so much of a file at once; with FORMAT for files of that format only
    #[arg(long, value_name = "[FORMAT=]SIZE", value_parser = chunk_size, default_value = "64KiB", help_heading = "Reading")]
    pub(crate) chunk_size: Vec<(FormatName, u64)>,

    /// Read what lies between two wanted ranges too where it is less than this
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "64KiB", help_heading = "Reading")]
    pub(crate) merge_gap: u64,

    /// Read files up to this size in one piece
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "1MiB", help_heading = "Reading")]
    pub(crate) streaming_threshold: u64,

    /// Read each file in one piece, whatever its size; one over a quarter of the memory limit in pieces all the same
    ///
    /// In a build with the feature `reference` libhdf5 and libnetcdf read HDF5 and NetCDF files then, and `file.reader` says
    /// so. They crash on files that were made to crash them: only for files whose writers are trusted. Not for pipes.
    #[arg(long, help_heading = "Reading")]
    pub(crate) no_streaming: bool,

    /// Let libhdf5 or libnetcdf read a file that gives an error (in a build with the feature `reference`)
    ///
    /// A file that was made to fail then reaches libraries that can be crashed: only for files whose writers are trusted.
    #[arg(long, help_heading = "Reading")]
    pub(crate) fallback: bool,

    /// Read so many files at once; 0: as many as the machine runs at once
    #[arg(long, value_name = "NUMBER", default_value = "0", help_heading = "Reading")]
    pub(crate) threads: usize,

    /// Hold no more heap than this for all files at once; a document that alone needs more is cut there, with a warning
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "1GiB", help_heading = "Reading")]
    pub(crate) memory_limit: u64,

    /// Print a completion script for this shell, and nothing else
    #[arg(long, value_enum, value_name = "SHELL", exclusive = true, help_heading = "About mx")]
    pub(crate) completions: Option<Shell>,

    /// Print the manual page (roff), and nothing else
    #[arg(long, exclusive = true, help_heading = "About mx")]
    pub(crate) man: bool,
}

/// A format, or none in particular.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// Look at the bytes
    #[default]
    Auto,
    /// DICOM
    Dicom,
    /// FITS
    Fits,
    /// HDF5
    Hdf5,
    /// NetCDF, classic and netCDF-4
    Netcdf,
}

impl FormatName {
    fn format(self) -> Option<Format> {
        match self {
            FormatName::Auto => None,
            FormatName::Dicom => Some(Format::Dicom),
            FormatName::Fits => Some(Format::Fits),
            FormatName::Hdf5 => Some(Format::Hdf5),
            FormatName::Netcdf => Some(Format::Netcdf),
        }
    }
}

/// Reads `SIZE`, or `FORMAT=SIZE`.
fn chunk_size(text: &str) -> Result<(FormatName, u64), String> {
    match text.split_once('=') {
        Some((name, size)) => {
            let format = FormatName::from_str(name, false);
            let format = format.map_err(|_| format!("no format is named {name}: auto, dicom, fits, hdf5, netcdf"))?;
            Ok((format, size::parse(size)?))
        }
        None => Ok((FormatName::Auto, size::parse(text)?)),
    }
}

/// How bytes come from a file to the library.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Io {
    /// As `read`; what cannot seek is pushed
    #[default]
    Auto,
    /// Read the wanted ranges, and nothing else
    Read,
    /// Map the file into memory (crashes when another process cuts the file meanwhile)
    Mmap,
    /// Read from the front to where the metadata ends, as from a pipe
    Push,
}

/// When to show progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressWhen {
    /// When it lasts, and standard error is a terminal
    #[default]
    Auto,
    /// Never
    Never,
}

impl Args {
    /// What the library is asked for. Callbacks are not in it.
    pub(crate) fn options(&self) -> Options {
        let mut chunk_size = ChunkSizes::default();
        self.chunk_size.iter().for_each(|(format, size)| chunk_size.set(format.format(), *size));
        Options {
            format: self.format.format(),
            memory_limit: self.memory_limit,
            max_value_bytes: self.max_value_bytes,
            max_inline_bytes: self.max_inline_bytes,
            max_depth: self.max_depth,
            chunk_manifest: self.chunk_manifest,
            special: self.special,
            statistics: self.statistics,
            chunk_size,
            merge_gap: self.merge_gap,
            streaming_threshold: self.streaming_threshold,
            streaming: !self.no_streaming,
            fallback: self.fallback,
            ..Options::default()
        }
    }
}

/// What each exit code says.
pub(crate) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "every document is complete"),
    ("1", "a document is partial: it was printed, standard error says what it lacks first"),
    ("2", "the command line is wrong"),
    ("3", "a file gave nothing; those after it were still done"),
    ("4", "the output could not be written"),
    ("130", "interrupted"),
    ("141", "the reader of the output went away"),
];

/// Commands to learn from.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("mx image.dcm", "the document, indented"),
    ("mx *.dcm | jq -c .headers.dataset", "one line a file"),
    ("mx --with-path *.h5 | jq -r 'select(.document.file.complete | not).path'", "which files are partial"),
    ("find /data -name '*.dcm' -print0 | mx --files-from - -0 --with-path", "millions of files, on all processors"),
    ("curl -s https://example.org/scan.dcm | mx -", "from a pipe, no longer than needed"),
    ("mx --cdl --special data.nc", "what `ncdump -hs` prints"),
    ("mx --records --usage big.dcm > big.ndjson", "value by value, and what it took"),
];

/// What SIZE stands for.
pub(crate) const SIZES: &str = "SIZE is a number of bytes, or has a unit: 65536, 64KiB, 1MiB, 2GB.";

/// Writes what follows the options in `--help`.
fn epilog() -> String {
    let mut text = format!("{SIZES}\n\nExamples:\n");
    for (command, meaning) in EXAMPLES {
        text += &format!("  {command}\n      {meaning}\n");
    }
    text += "\nExit codes:\n";
    for (code, meaning) in EXIT_CODES {
        text += &format!("  {code:<4} {meaning}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_library_but_for_the_memory_limit() {
        let ours = parse("mx file").expect("a command line").options();
        let library = Options { memory_limit: 1 << 30, ..Options::default() };
        assert_eq!(format!("{ours:?}"), format!("{library:?}"));
    }

    #[test]
    fn options_reach_the_library() {
        let line = "mx --format netcdf --memory-limit 5MiB --max-value-bytes 1k --max-inline-bytes 7 --max-depth 3 \
                    --chunk-manifest --statistics --chunk-size 4096 --chunk-size hdf5=1k --merge-gap 0 \
                    --streaming-threshold 2m --no-streaming --fallback a b";
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let ours = parse(&line).expect("a command line").options();
        let want = Options {
            format: Some(Format::Netcdf),
            memory_limit: 5 << 20,
            max_value_bytes: 1024,
            max_inline_bytes: 7,
            max_depth: 3,
            chunk_manifest: true,
            statistics: true,
            chunk_size: ChunkSizes { hdf5: 1024, ..ChunkSizes::all(4096) },
            merge_gap: 0,
            streaming_threshold: 2 << 20,
            streaming: false,
            fallback: true,
            ..Options::default()
        };
        assert_eq!(format!("{ours:?}"), format!("{want:?}"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in ["mx", "mx --pretty --compact f", "mx --pretty --records f", "mx --io f", "mx --chunk-size 1x f"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["mx --cdl --records f", "mx --cdl --pretty f", "mx --cdl --with-path f", "mx --name n f"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["mx --chunk-size tiff=1 f", "mx --chunk-size =1 f", "mx --chunk-size hdf5 f"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["mx -0 f", "mx --threads x f", "mx --files-from"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["mx --max-depth 0 f", "mx --format tiff f", "mx --man f", "mx --completions tcsh"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn files_may_have_any_name() {
        let args = parse("mx - completions help -- -x --man").expect("a command line");
        assert_eq!(args.files, ["-", "completions", "help", "-x", "--man"].map(PathBuf::from));
        assert!(!args.man);
        let args = parse("mx --files-from - -0r --threads 3").expect("a command line");
        assert!(args.files.is_empty() && args.null && args.recursive && args.threads == 3);
    }
}
