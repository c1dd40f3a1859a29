/* The contract, held against the header: what was agreed stands here a second time, and a header that says otherwise
 * does not compile. Built, never run: cc -std=c99 -Wall -Wextra -Werror -pedantic -Iinclude -c tests/c/contract.c
 */
#include "metaextract.h"
#include "metaextract.h" /* twice, as happens in every larger program */

/* C99 has no _Static_assert. */
#define JOIN(a, b) a##b
#define NAME(line) JOIN(agreed_, line)
#define AGREED(condition) typedef char NAME(__LINE__)[(condition) ? 1 : -1]

AGREED(MX_ABI_VERSION == 1u);
AGREED(MX_OK == 0);
AGREED(MX_DONE == 1);
AGREED(MX_PARTIAL == 2);
AGREED(MX_ERR_ARGUMENT == -1);
AGREED(MX_ERR_STATE == -2);
AGREED(MX_ERR_UNKNOWN_FORMAT == -3);
AGREED(MX_ERR_UNSUPPORTED == -4);
AGREED(MX_ERR_MALFORMED == -5);
AGREED(MX_ERR_LIMIT == -7);
AGREED(MX_ERR_CANCELLED == -9);
AGREED(MX_ERR_IO == -10);
AGREED(MX_ERR_NOT_FOUND == -11);
AGREED(MX_ERR_TYPE == -12);
AGREED(MX_ERR_PANIC == -13);
AGREED(MX_FORMAT_AUTO == 0);
AGREED(MX_FORMAT_DICOM == 1);
AGREED(MX_FORMAT_FITS == 2);
AGREED(MX_FORMAT_HDF5 == 3);
AGREED(MX_FORMAT_NETCDF == 4);
AGREED(MX_KIND_NULL == 0);
AGREED(MX_KIND_BOOL == 1);
AGREED(MX_KIND_NUMBER == 2);
AGREED(MX_KIND_STRING == 3);
AGREED(MX_KIND_ARRAY == 4);
AGREED(MX_KIND_OBJECT == 5);
AGREED(MX_RANGE_HINT == 1u);

/* Sizes and places where pointers have 64 bits; elsewhere only the order of the fields is agreed. */
#if UINTPTR_MAX == UINT64_MAX
AGREED(sizeof(mx_status_t) == 4);
AGREED(sizeof(mx_range_t) == 24);
AGREED(offsetof(mx_range_t, offset) == 0);
AGREED(offsetof(mx_range_t, length) == 8);
AGREED(offsetof(mx_range_t, flags) == 16);
AGREED(offsetof(mx_range_t, reserved) == 20);
AGREED(sizeof(mx_usage_t) == 56);
AGREED(offsetof(mx_usage_t, struct_size) == 0);
AGREED(offsetof(mx_usage_t, memory_now) == 8);
AGREED(offsetof(mx_usage_t, memory_peak) == 16);
AGREED(offsetof(mx_usage_t, bytes_fed) == 24);
AGREED(offsetof(mx_usage_t, bytes_needed) == 32);
AGREED(offsetof(mx_usage_t, requests) == 40);
AGREED(offsetof(mx_usage_t, rounds) == 48);
AGREED(sizeof(mx_error_t) == 264);
AGREED(offsetof(mx_error_t, struct_size) == 0);
AGREED(offsetof(mx_error_t, status) == 8);
AGREED(offsetof(mx_error_t, offset) == 16);
AGREED(offsetof(mx_error_t, message) == 24);
#endif
AGREED(sizeof(((mx_error_t *)0)->message) == 240);

#ifdef __cplusplus
extern "C" {
#endif

/* Declared again: another type is an error (C99 forbids even the same). */
#if defined __cplusplus || __STDC_VERSION__ >= 201112L
typedef enum mx_status_t mx_status_t;
typedef int32_t mx_format_t;
typedef int32_t mx_kind_t;
typedef struct mx_options mx_options_t;
typedef struct mx_extractor mx_extractor_t;
typedef struct mx_document mx_document_t;
typedef struct mx_batch mx_batch_t;
typedef struct mx_range_t mx_range_t;
typedef struct mx_usage_t mx_usage_t;
typedef struct mx_error_t mx_error_t;
typedef int32_t (*mx_progress_fn)(void *user_data, uint64_t done, uint64_t total);
typedef int32_t (*mx_record_fn)(void *user_data, const char *line, size_t len);
typedef int32_t (*mx_write_fn)(void *user_data, const char *data, size_t len);
#endif

const char *mx_version(void);
uint32_t mx_abi_version(void);
const char *mx_status_name(int32_t status);
mx_format_t mx_detect(const uint8_t *data, size_t len);
mx_options_t *mx_options_new(void);
void mx_options_free(mx_options_t *o);
mx_status_t mx_options_set_format(mx_options_t *o, mx_format_t format);
mx_status_t mx_options_set_memory_limit(mx_options_t *o, uint64_t bytes);
mx_status_t mx_options_set_max_value_bytes(mx_options_t *o, uint64_t bytes);
mx_status_t mx_options_set_max_inline_bytes(mx_options_t *o, uint64_t bytes);
mx_status_t mx_options_set_max_depth(mx_options_t *o, uint32_t levels);
mx_status_t mx_options_set_chunk_manifest(mx_options_t *o, int32_t on);
mx_status_t mx_options_set_statistics(mx_options_t *o, int32_t on);
mx_status_t mx_options_set_chunk_size(mx_options_t *o, uint64_t bytes);
mx_status_t mx_options_set_merge_gap(mx_options_t *o, uint64_t bytes);
mx_status_t mx_options_set_progress(mx_options_t *o, mx_progress_fn fn, void *user_data);
mx_status_t mx_options_set_records(mx_options_t *o, mx_record_fn fn, void *user_data);
mx_status_t mx_open(const mx_options_t *o, mx_extractor_t **out);
mx_status_t mx_set_length(mx_extractor_t *x, uint64_t length);
mx_status_t mx_feed_chunk(mx_extractor_t *x, const uint8_t *data, size_t len);
mx_status_t mx_feed_at(mx_extractor_t *x, uint64_t offset, const uint8_t *data, size_t len);
size_t mx_wanted(const mx_extractor_t *x, mx_range_t *ranges, size_t capacity);
mx_status_t mx_read_file(mx_extractor_t *x, const char *path);
mx_status_t mx_finish(mx_extractor_t *x, mx_document_t **out);
void mx_cancel(const mx_extractor_t *x);
mx_status_t mx_last_error(const mx_extractor_t *x, mx_error_t *out);
mx_status_t mx_usage(const mx_extractor_t *x, mx_usage_t *out);
void mx_close(mx_extractor_t *x);
void mx_document_free(mx_document_t *doc);
mx_format_t mx_document_format(const mx_document_t *doc);
mx_status_t mx_document_write(const mx_document_t *doc, mx_write_fn fn, void *user_data);
const char *mx_document_json(const mx_document_t *doc, size_t *len_or_null);
mx_status_t mx_document_kind(const mx_document_t *doc, const char *pointer, mx_kind_t *kind, size_t *count_or_null);
mx_status_t mx_document_key_at(const mx_document_t *doc, const char *pointer, size_t index, const char **key);
mx_status_t mx_document_get_string(const mx_document_t *doc, const char *pointer, const char **out, size_t *len_or_null);
mx_status_t mx_document_get_int64(const mx_document_t *doc, const char *pointer, int64_t *out);
mx_status_t mx_document_get_uint64(const mx_document_t *doc, const char *pointer, uint64_t *out);
mx_status_t mx_document_get_double(const mx_document_t *doc, const char *pointer, double *out);
mx_status_t mx_document_get_bool(const mx_document_t *doc, const char *pointer, int32_t *out);
mx_status_t mx_document_get_json(const mx_document_t *doc, const char *pointer, const char **out, size_t *len_or_null);
mx_status_t mx_extract_file(const char *path, const mx_options_t *o, mx_document_t **out, mx_error_t *error_or_null);
mx_status_t mx_batch_open(const mx_options_t *o, uint32_t threads_or_0, mx_batch_t **out);
mx_status_t mx_batch_add(mx_batch_t *b, const char *path, uint64_t tag);
mx_status_t mx_batch_end(mx_batch_t *b);
mx_status_t mx_batch_next(mx_batch_t *b, uint64_t *tag, mx_document_t **doc, mx_error_t *error);
void mx_batch_close(mx_batch_t *b);

#ifdef __cplusplus
}
#endif

/* The fields by their types, in their order. */
extern const mx_range_t range_of_types;
const mx_range_t range_of_types = {(uint64_t)0, (uint64_t)0, (uint32_t)0, (uint32_t)0};
uint64_t *agreed_usage(mx_usage_t *usage, size_t **size);
uint64_t *agreed_usage(mx_usage_t *usage, size_t **size) {
    *size = &usage->struct_size;
    return &usage->memory_now;
}
uint64_t *agreed_error(mx_error_t *error, size_t **size, int32_t **status, char (**message)[240]);
uint64_t *agreed_error(mx_error_t *error, size_t **size, int32_t **status, char (**message)[240]) {
    *size = &error->struct_size;
    *status = &error->status;
    *message = &error->message;
    return &error->offset;
}
