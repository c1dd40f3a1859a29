/* metaextract.h: reads the metadata of DICOM, FITS, HDF5 and NetCDF files by streaming.
 *
 * Generated from src/ffi by ci/header; do not edit.
 *
 * A source that can seek answers what is wanted:
 *
 *     mx_extractor_t *x;  mx_document_t *doc;  mx_range_t want;
 *     mx_status_t st = mx_open(NULL, &x);
 *     st = mx_set_length(x, file_size);
 *     while (st == MX_OK && mx_wanted(x, &want, 1) > 0) {
 *         ssize_t n = pread(fd, buf, want.length < sizeof buf ? want.length : sizeof buf, (off_t)want.offset);
 *         if (n < 0) break;                                  // an I/O error: what follows gives MX_PARTIAL
 *         st = mx_feed_at(x, want.offset, buf, (size_t)n);   // n == 0: the file ends here
 *     }
 *     if (mx_finish(x, &doc) >= MX_OK) { puts(mx_document_json(doc, NULL)); mx_document_free(doc); }
 *     mx_close(x);
 *
 * A source that cannot seek (socket, pipe, decompressor) calls mx_feed_chunk() until it returns MX_DONE or the input
 * ends. A file on disk needs one call: mx_extract_file().
 *
 * Ownership  Each handle is freed once, by the function named at its type; freeing NULL does nothing.
 *            Input bytes are borrowed for the call only. Returned strings are UTF-8, NUL-terminated, and live
 *            as long as the handle they came from. Options are copied when used; one options handle may serve many
 *            extractors.
 * Threads    A const handle may be used by many threads at once, a non-const one by one caller at a time, on any thread.
 *            mx_cancel() and mx_usage() may be called at any time until mx_close(). One thread may add to a batch while
 *            another takes from it. There is no global state, and no thread but those of a batch. (In a build
 *            with the feature "reference", libhdf5 and libnetcdf have global state; one thread at a time is in them.)
 * Callbacks  Run on the thread of the call that they interrupt. They must not throw, longjmp, or use that extractor
 *            (but mx_cancel()): re-entry gives MX_ERR_STATE. The function and its user_data must live as long as an
 *            extractor that was opened with them.
 * NULL       A NULL that is not allowed gives MX_ERR_ARGUMENT, 0 or NULL; never a crash. Outputs are written on
 *            status >= 0 only.
 * Panics     A bug in the library gives MX_ERR_PANIC and ends that handle; every other handle is unharmed.
 * Files      No file is opened but the one named. Paths are the system's bytes on POSIX, UTF-8 on Windows.
 * Privacy    No error or warning quotes a value; they name tag or path, structure and offset.
 */

#ifndef METAEXTRACT_H
#define METAEXTRACT_H

#include <stddef.h>
#include <stdint.h>

#ifndef MX_API
#define MX_API /* define as __declspec(dllimport) for a Windows DLL */
#endif

// Rises when callers must recompile; compare with mx_abi_version().
#define MX_ABI_VERSION 1u

// Marks a range whose bytes save a round later when fed; it never blocks MX_DONE.
#define MX_RANGE_HINT 1u

// Says how a call went. 0: go on; > 0: nothing left to do; < 0: error. Numbers are never reused.
typedef enum mx_status_t {
    // More input may be wanted.
    MX_OK = 0,
    // The metadata is complete; further input is ignored.
    MX_DONE = 1,
    // The document lacks something: truncated, damaged, over a limit, passed in a pipe; it says what.
    MX_PARTIAL = 2,
    // NULL, out of range, not UTF-8.
    MX_ERR_ARGUMENT = -1,
    // Not allowed now: re-entry, or an extractor that ended in an error.
    MX_ERR_STATE = -2,
    // The bytes are of none of the known formats.
    MX_ERR_UNKNOWN_FORMAT = -3,
    // A known format or option outside this build (HDF4, GRIB, NcZarr, ...): named in the message.
    MX_ERR_UNSUPPORTED = -4,
    // Nothing at all could be read.
    MX_ERR_MALFORMED = -5,
    // A limit was reached before anything could be read.
    MX_ERR_LIMIT = -7,
    // mx_cancel(), or a callback that returned other than 0.
    MX_ERR_CANCELLED = -9,
    // The operating system refused to open or read a file.
    MX_ERR_IO = -10,
    // No value at that pointer.
    MX_ERR_NOT_FOUND = -11,
    // The value is there, with another type.
    MX_ERR_TYPE = -12,
    // A bug in the library; the handle has ended.
    MX_ERR_PANIC = -13,
} mx_status_t;

// Names a format. Passed in as an integer, so that no value from C is undefined behaviour.
typedef int32_t mx_format_t;

// Holds what to extract, and within which limits. Free with mx_options_free().
typedef struct mx_options mx_options_t;

// Hears how far the extraction is: done and total in bytes of the stored file; total 0: not known.
// Returns 0: go on, else cancel.
typedef int32_t (*mx_progress_fn)(void *user_data, uint64_t done, uint64_t total);

// Takes one line of NDJSON, {"pointer": "/headers/...", "value": ...}, as soon as it is known: len bytes, no NUL after
// them, valid during the call. Returns 0: go on, else cancel.
typedef int32_t (*mx_record_fn)(void *user_data, const char *line, size_t len);

// Reads one file. Free with mx_close().
typedef struct mx_extractor mx_extractor_t;

// Names bytes that the extractor asks for; any part of them helps.
typedef struct mx_range_t {
    // Absolute offset in the stored file.
    uint64_t offset;
    // UINT64_MAX: everything from here on.
    uint64_t length;
    // MX_RANGE_HINT or 0.
    uint32_t flags;
    // 0.
    uint32_t reserved;
} mx_range_t;

// Holds one extraction's result: immutable, outlives its extractor. Free with mx_document_free().
typedef struct mx_document mx_document_t;

// Says what went wrong, and where. Set struct_size before the call, no more than that is written; nothing to free.
typedef struct mx_error_t {
    // sizeof(mx_error_t), set by the caller.
    size_t struct_size;
    // An mx_status_t; MX_OK: no error.
    int32_t status;
    // Where in the file; UINT64_MAX: nowhere.
    uint64_t offset;
    // NUL-terminated, cut at a character: what, where, which structure.
    char message[240];
} mx_error_t;

// Counts how a file was read. Set struct_size before the call; no more than that is written.
typedef struct mx_usage_t {
    // sizeof(mx_usage_t), set by the caller.
    size_t struct_size;
    // Heap bytes that this extractor holds.
    uint64_t memory_now;
    // Heap bytes that it held at most.
    uint64_t memory_peak;
    // Bytes handed in.
    uint64_t bytes_fed;
    // Bytes really parsed or copied.
    uint64_t bytes_needed;
    // Ranges wanted so far.
    uint64_t requests;
    // Times that the wanted set was renewed.
    uint64_t rounds;
} mx_usage_t;

// Takes a piece of the document's JSON: len bytes, no NUL after them, valid during the call. A piece may end inside a
// character. Returns 0: go on, else stop.
typedef int32_t (*mx_write_fn)(void *user_data, const char *data, size_t len);

// Names the kind of a value in a document.
typedef int32_t mx_kind_t;

// Reads many files. Free with mx_batch_close().
typedef struct mx_batch mx_batch_t;

// As an answer: not known (yet).
#define MX_FORMAT_AUTO 0

// DICOM.
#define MX_FORMAT_DICOM 1

// FITS.
#define MX_FORMAT_FITS 2

// HDF5.
#define MX_FORMAT_HDF5 3

// NetCDF, classic and netCDF-4.
#define MX_FORMAT_NETCDF 4

// null
#define MX_KIND_NULL 0

// true, false
#define MX_KIND_BOOL 1

// A number, integer or not.
#define MX_KIND_NUMBER 2

// A string.
#define MX_KIND_STRING 3

// An array.
#define MX_KIND_ARRAY 4

// An object.
#define MX_KIND_OBJECT 5

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Returns the version of the library: "1.2.3".
MX_API const char *mx_version(void);

// Returns the MX_ABI_VERSION that the library was built with.
MX_API uint32_t mx_abi_version(void);

// Tells the format from a file's first bytes; 0: not known from these. 132 bytes show most files; DICOM without its
// mark and HDF5 behind a user block need more.
MX_API mx_format_t mx_detect(const uint8_t *data, size_t len);

// Names a status: "MX_ERR_LIMIT". Never NULL; "MX_UNKNOWN" for a number that is none.
MX_API const char *mx_status_name(int32_t status);

// Makes options with the default values.
MX_API mx_options_t *mx_options_new(void);

// Frees options. Extractors that were opened with them keep their copy.
MX_API void mx_options_free(mx_options_t *o);

// Forces a format. Default MX_FORMAT_AUTO: looks at the bytes.
MX_API mx_status_t mx_options_set_format(mx_options_t *o, mx_format_t format);

// Limits the heap that one extraction may hold; in a batch, that of all at once. Default 256 MiB; charged before
// allocating. Not 0.
MX_API mx_status_t mx_options_set_memory_limit(mx_options_t *o, uint64_t bytes);

// Limits the length of a value that is shown; a longer one is named with its byte range. Default 65536.
MX_API mx_status_t mx_options_set_max_value_bytes(mx_options_t *o, uint64_t bytes);

// Limits the length of a binary DICOM value that is shown; a longer one is named with its byte range. Default 1024.
MX_API mx_status_t mx_options_set_max_inline_bytes(mx_options_t *o, uint64_t bytes);

// Limits nesting; what is deeper is cut with a warning. Default 64; not 0.
MX_API mx_status_t mx_options_set_max_depth(mx_options_t *o, uint32_t levels);

// Lists every chunk of every chunked dataset where on is not 0. Default 0.
MX_API mx_status_t mx_options_set_chunk_manifest(mx_options_t *o, int32_t on);

// Asks for statistics, a full pass over the data, where on is not 0. Default 0. Where this build has none, mx_open()
// gives MX_ERR_UNSUPPORTED.
MX_API mx_status_t mx_options_set_statistics(mx_options_t *o, int32_t on);

// Sets what the library's own file reader asks for at once, for all formats. Default 64 KiB; not 0. Over 8 MiB, or an
// eighth of the memory limit, counts as that.
MX_API mx_status_t mx_options_set_chunk_size(mx_options_t *o, uint64_t bytes);

// Sets the same for files of one format; MX_FORMAT_AUTO: for all. NetCDF-4 files are read as HDF5 is.
MX_API mx_status_t mx_options_set_format_chunk_size(mx_options_t *o, mx_format_t format, uint64_t bytes);

// Joins wanted ranges that are nearer than this. Default 64 KiB.
MX_API mx_status_t mx_options_set_merge_gap(mx_options_t *o, uint64_t bytes);

// Reads each file in one piece where on is 0, and not only what is needed of it. Default 1. The document does not change.
// A file over a quarter of the memory limit is read in pieces all the same. Only regular files can be read then, by path:
// mx_feed_chunk() and mx_feed_at() give MX_ERR_STATE.
//
// In a build with the feature "reference" it does change where on is 0: libhdf5 and libnetcdf then read HDF5 and NetCDF
// files, and file.reader says so. They crash on files that were made to crash them, and keep to no memory limit: only for
// files whose writers are trusted.
MX_API mx_status_t mx_options_set_streaming(mx_options_t *o, int32_t on);

// Reads files up to this size in one piece. Default 1 MiB; 0: none.
MX_API mx_status_t mx_options_set_streaming_threshold(mx_options_t *o, uint64_t bytes);

// Has libhdf5 or libnetcdf read a file where our reader ended in an error, where on is not 0. Default 0. A file that was
// made to fail here then reaches C libraries that can be crashed: only for files whose writers are trusted. What was fed
// has no file to go back to: its error stands. Without the feature "reference" mx_open() gives MX_ERR_UNSUPPORTED.
MX_API mx_status_t mx_options_set_fallback(mx_options_t *o, int32_t on);

// Sets the function that hears how far an extraction is. fn NULL: none. user_data is handed to it as it is, and must
// bear use by each thread that extracts with these options. It is called no more often than once in 256 KiB, and when
// nothing more is wanted.
MX_API mx_status_t mx_options_set_progress(mx_options_t *o, mx_progress_fn fn, void *user_data);

// Sets the function that takes each value as soon as it is known; the document then keeps the envelope only. fn NULL:
// none. user_data as in mx_options_set_progress().
MX_API mx_status_t mx_options_set_records(mx_options_t *o, mx_record_fn fn, void *user_data);

// Opens an extractor for one file. o: NULL for the defaults; copied.
//
// MX_ERR_UNSUPPORTED: an option that this build does not have. MX_ERR_LIMIT: a memory limit that is too low for anything.
MX_API mx_status_t mx_open(const mx_options_t *o, mx_extractor_t **out);

// Says how long the stored file is: at any time, once.
MX_API mx_status_t mx_set_length(mx_extractor_t *x, uint64_t length);

// Feeds the bytes after those of the previous mx_feed_chunk(). len 0 does nothing.
MX_API mx_status_t mx_feed_chunk(mx_extractor_t *x, const uint8_t *data, size_t len);

// Feeds bytes that stand at offset, in any order, split or overlap. len 0: no byte at or after offset.
//
// Bytes that nobody wants may be dropped and may be wanted later.
MX_API mx_status_t mx_feed_at(mx_extractor_t *x, uint64_t offset, const uint8_t *data, size_t len);

// Writes up to capacity ranges that are wanted, disjoint, in file order; returns how many exist.
//
// Changes nothing; holds until the next feed. ranges may be NULL where capacity is 0.
MX_API size_t mx_wanted(const mx_extractor_t *x, mx_range_t *ranges, size_t capacity);

// Feeds what is wanted from a file. A pipe or a device is read from its beginning to its end.
MX_API mx_status_t mx_read_file(mx_extractor_t *x, const char *path);

// Makes the document of what has been fed. While nothing returned MX_DONE it means that the input has ended.
//
// After MX_PARTIAL mx_wanted() names what is missing; mx_feed_at() may supply it, and mx_finish() gives a new document.
MX_API mx_status_t mx_finish(mx_extractor_t *x, mx_document_t **out);

// Cancels: feeds then give MX_ERR_CANCELLED, mx_finish() what stands. At any time, from any thread.
MX_API void mx_cancel(const mx_extractor_t *x);

// Tells the latest error of this extractor; status MX_OK and an empty message where no call has failed.
//
// An MX_ERR_STATE does not hide the error that ended the extractor.
MX_API mx_status_t mx_last_error(const mx_extractor_t *x, mx_error_t *out);

// Counts what has been read so far. At any time, from any thread.
MX_API mx_status_t mx_usage(const mx_extractor_t *x, mx_usage_t *out);

// Closes an extractor; its documents live on. Inside a callback of its own it does nothing.
MX_API void mx_close(mx_extractor_t *x);

// Frees a document and the strings that it returned.
MX_API void mx_document_free(mx_document_t *doc);

// Tells the format of the file; 0: not known.
MX_API mx_format_t mx_document_format(const mx_document_t *doc);

// Writes the JSON in pieces, without a second copy of it. MX_ERR_CANCELLED: fn returned other than 0.
MX_API mx_status_t mx_document_write(const mx_document_t *doc, mx_write_fn fn, void *user_data);

// Returns the JSON in one piece, made at the first call; NULL when out of memory.
MX_API const char *mx_document_json(const mx_document_t *doc, size_t *len_or_null);

// Tells the kind of the value at a pointer, and how many members an array or object has (0 for other values).
//
// Here and below pointer is an RFC 6901 pointer into the document; "" is the whole.
MX_API mx_status_t mx_document_kind(const mx_document_t *doc, const char *pointer, mx_kind_t *kind, size_t *count_or_null);

// Returns the key of member index of the object at a pointer, in the document's order.
MX_API mx_status_t mx_document_key_at(const mx_document_t *doc, const char *pointer, size_t index, const char **key);

// Returns the string at a pointer, unescaped. Where it contains U+0000, len_or_null tells its true length.
// MX_ERR_LIMIT: out of memory.
MX_API mx_status_t mx_document_get_string(const mx_document_t *doc, const char *pointer, const char **out, size_t *len_or_null);

// Reads the integer at a pointer. MX_ERR_TYPE: none, or none that fits.
MX_API mx_status_t mx_document_get_int64(const mx_document_t *doc, const char *pointer, int64_t *out);

// Reads the integer at a pointer. MX_ERR_TYPE: none, or none that fits.
MX_API mx_status_t mx_document_get_uint64(const mx_document_t *doc, const char *pointer, uint64_t *out);

// Reads the number at a pointer; "NaN", "Infinity" and "-Infinity" are numbers too.
MX_API mx_status_t mx_document_get_double(const mx_document_t *doc, const char *pointer, double *out);

// Reads the boolean at a pointer: 0 or 1.
MX_API mx_status_t mx_document_get_bool(const mx_document_t *doc, const char *pointer, int32_t *out);

// Returns the JSON text of the value at a pointer. MX_ERR_LIMIT: out of memory.
MX_API mx_status_t mx_document_get_json(const mx_document_t *doc, const char *pointer, const char **out, size_t *len_or_null);

// Extracts a file: mx_open(), mx_read_file(), mx_finish() and mx_close() in one.
//
// error_or_null, its struct_size set, tells what went wrong; status MX_OK and an empty message where nothing did.
MX_API mx_status_t mx_extract_file(const char *path, const mx_options_t *o, mx_document_t **out, mx_error_t *error_or_null);

// Opens a batch: many files on the library's threads, no callbacks. threads_or_0: 0 for as many as fit. o: NULL for the
// defaults; copied. Its memory limit is for all files at once: where that is short, a file waits for those that were added
// before it, and each document is the one that its file has alone.
//
// MX_ERR_ARGUMENT: options with a callback. MX_ERR_UNSUPPORTED: an option that this build does not have.
MX_API mx_status_t mx_batch_open(const mx_options_t *o, uint32_t threads_or_0, mx_batch_t **out);

// Adds a file; blocks while enough work is waiting. tag comes back with its result. path is copied.
//
// Add from one thread, take results on another or the same. Where both are one thread, adding never waits for a result
// to be taken; it does once a call of mx_batch_next() has run beside one of mx_batch_add().
// MX_ERR_STATE: after mx_batch_end(), which also ends an mx_batch_add() that waits.
// Where the system gives no thread, mx_batch_next() reads the files.
MX_API mx_status_t mx_batch_add(mx_batch_t *b, const char *path, uint64_t tag);

// Says that no more paths come. At any time, from any thread; what was added is still read.
MX_API mx_status_t mx_batch_end(mx_batch_t *b);

// Takes a result; waits for one, and before mx_batch_end() for paths too. MX_OK: a result, in the order in which the files
// are finished. MX_DONE: none will come.
//
// error->status is what mx_extract_file() returns for that file: MX_DONE, MX_PARTIAL, or an error; its struct_size is set
// by the caller. doc is NULL where it is < 0; else the caller owns it, and it outlives the batch.
MX_API mx_status_t mx_batch_next(mx_batch_t *b, uint64_t *tag, mx_document_t **doc, mx_error_t *error);

// Closes a batch; cancels what is left, and waits for its threads but not for a pipe that one of them reads. No other
// call may be under way: to stop early from the thread that takes, call mx_batch_end() and wait for the one that adds.
MX_API void mx_batch_close(mx_batch_t *b);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METAEXTRACT_H */
