/* Holds the C ABI to what the header says.   abi FILE.dcm */
#include "check.h"

static const char *path;
static const char *const MODALITY = "/headers/dataset/00080060/Value/0";
static const uint8_t GARBAGE[4096] = {'n', 'o', 't', 'h', 'i', 'n', 'g'};

static int32_t write_nothing(void *user_data, const char *data, size_t len) {
    (void)data, (void)len;
    ++*(int *)user_data;
    return 0;
}

static mx_document_t *whole_document(void) {
    mx_document_t *doc = NULL;
    CHECK_STATUS(mx_extract_file(path, NULL, &doc, NULL), MX_DONE);
    if (!doc) exit(1);
    return doc;
}

static void names(void) {
    CHECK(mx_abi_version() == MX_ABI_VERSION);
    CHECK(mx_version()[0] >= '0' && mx_version()[0] <= '9');
    CHECK(strcmp(mx_status_name(MX_OK), "MX_OK") == 0);
    CHECK(strcmp(mx_status_name(MX_PARTIAL), "MX_PARTIAL") == 0);
    CHECK(strcmp(mx_status_name(MX_ERR_LIMIT), "MX_ERR_LIMIT") == 0);
    CHECK(strcmp(mx_status_name(MX_ERR_PANIC), "MX_ERR_PANIC") == 0);
    for (int32_t none = -6; none >= -8; none -= 2) CHECK(strcmp(mx_status_name(none), "MX_UNKNOWN") == 0);
    CHECK(strcmp(mx_status_name(INT32_MIN), "MX_UNKNOWN") == 0);
    CHECK(strcmp(mx_status_name(INT32_MAX), "MX_UNKNOWN") == 0);
    CHECK(mx_detect(file_bytes, file_size) == MX_FORMAT_DICOM);
    CHECK(mx_detect(file_bytes, 0) == MX_FORMAT_AUTO);
    CHECK(mx_detect(GARBAGE, sizeof GARBAGE) == MX_FORMAT_AUTO);
}

/* NULL for every pointer of every function. */
static void nulls(void) {
    mx_extractor_t *x = NULL;
    mx_document_t *doc = whole_document(), *none = NULL;
    mx_options_t *o = mx_options_new();
    mx_error_t error = {0};
    mx_usage_t usage = {0};
    mx_range_t range;
    mx_kind_t kind;
    const char *text;
    int64_t i64;
    uint64_t u64;
    double number;
    int32_t flag;
    int calls = 0;
    error.struct_size = sizeof error;
    usage.struct_size = sizeof usage;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);

    CHECK(mx_detect(NULL, 0) == MX_FORMAT_AUTO);
    CHECK(mx_detect(NULL, 9) == MX_FORMAT_AUTO);

    mx_options_free(NULL);
    CHECK_STATUS(mx_options_set_format(NULL, MX_FORMAT_DICOM), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_memory_limit(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_max_value_bytes(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_max_inline_bytes(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_max_depth(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_chunk_manifest(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_statistics(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_chunk_size(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_format_chunk_size(NULL, MX_FORMAT_AUTO, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_merge_gap(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_streaming(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_streaming_threshold(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_fallback(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_progress(NULL, NULL, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_records(NULL, NULL, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_progress(o, NULL, NULL), MX_OK); /* no callback */
    CHECK_STATUS(mx_options_set_records(o, NULL, NULL), MX_OK);

    CHECK_STATUS(mx_open(NULL, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_set_length(NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_chunk(NULL, file_bytes, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_chunk(x, NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, SIZE_MAX), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_chunk(x, NULL, 0), MX_OK);
    CHECK_STATUS(mx_feed_at(NULL, 0, file_bytes, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_at(x, 0, NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_feed_at(x, (uint64_t)-1, file_bytes, 2), MX_ERR_ARGUMENT);
    CHECK(mx_wanted(NULL, &range, 1) == 0);
    CHECK(mx_wanted(x, NULL, 1) == 0);
    CHECK(mx_wanted(x, NULL, 0) > 0);
    CHECK_STATUS(mx_read_file(NULL, path), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_read_file(x, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_finish(NULL, &none), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_finish(x, NULL), MX_ERR_ARGUMENT);
    mx_cancel(NULL);
    CHECK_STATUS(mx_last_error(NULL, &error), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_last_error(x, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_usage(NULL, &usage), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_usage(x, NULL), MX_ERR_ARGUMENT);
    mx_close(NULL);

    mx_document_free(NULL);
    CHECK(mx_document_format(NULL) == MX_FORMAT_AUTO);
    CHECK_STATUS(mx_document_write(NULL, write_nothing, &calls), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_write(doc, NULL, NULL), MX_ERR_ARGUMENT);
    CHECK(mx_document_json(NULL, NULL) == NULL);
    CHECK(mx_document_json(doc, NULL) != NULL);
    CHECK_STATUS(mx_document_kind(NULL, "", &kind, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_kind(doc, NULL, &kind, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_kind(doc, "", NULL, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_key_at(NULL, "", 0, &text), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_key_at(doc, NULL, 0, &text), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_key_at(doc, "", 0, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_string(NULL, MODALITY, &text, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_string(doc, NULL, &text, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_string(doc, MODALITY, NULL, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_int64(NULL, "/metaextract", &i64), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_int64(doc, NULL, &i64), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_int64(doc, "/metaextract", NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_uint64(NULL, "/metaextract", &u64), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_uint64(doc, NULL, &u64), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_uint64(doc, "/metaextract", NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_double(NULL, "/metaextract", &number), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_double(doc, NULL, &number), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_double(doc, "/metaextract", NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_bool(NULL, "/file/complete", &flag), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_bool(doc, NULL, &flag), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_bool(doc, "/file/complete", NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_json(NULL, "", &text, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_json(doc, NULL, &text, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_get_json(doc, "", NULL, NULL), MX_ERR_ARGUMENT);

    CHECK_STATUS(mx_extract_file(NULL, NULL, &none, NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_extract_file(path, NULL, NULL, &error), MX_ERR_ARGUMENT);
    CHECK(error.status == MX_ERR_ARGUMENT && strstr(error.message, "out"));

    CHECK(none == NULL && calls == 0); /* outputs are written on success only */
    mx_options_free(o);
    mx_document_free(doc);
    mx_close(x);
}

static int32_t hear(void *user_data, uint64_t done, uint64_t total) {
    (void)user_data;
    return done > total;
}

static void batches(void) {
    mx_options_t *o = mx_options_new();
    mx_batch_t *b = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    uint64_t tag = 5;
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_options_set_progress(o, hear, NULL), MX_OK);
    CHECK_STATUS(mx_batch_open(o, 0, &b), MX_ERR_ARGUMENT); /* no callbacks */
    CHECK_STATUS(mx_options_set_progress(o, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_options_set_statistics(o, 1), MX_OK);
    CHECK_STATUS(mx_batch_open(o, 0, &b), MX_ERR_UNSUPPORTED);
    CHECK_STATUS(mx_batch_open(NULL, 0, NULL), MX_ERR_ARGUMENT);
    CHECK(b == NULL);
    CHECK_STATUS(mx_batch_open(NULL, 0, &b), MX_OK);
    CHECK_STATUS(mx_batch_add(NULL, path, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_add(b, NULL, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_end(NULL), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_next(NULL, &tag, &doc, &error), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_next(b, NULL, &doc, &error), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_next(b, &tag, NULL, &error), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_batch_next(b, &tag, &doc, NULL), MX_ERR_ARGUMENT);
    error.struct_size = 4;
    CHECK_STATUS(mx_batch_next(b, &tag, &doc, &error), MX_ERR_ARGUMENT);
    CHECK(tag == 5 && doc == NULL);
    mx_batch_close(b);
    mx_batch_close(NULL);
    mx_options_free(o);
}

static void options(void) {
    mx_options_t *o = mx_options_new();
    mx_extractor_t *first = NULL, *second = NULL, *third = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    error.struct_size = sizeof error;

    CHECK_STATUS(mx_options_set_format(o, 9), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_format(o, -1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_memory_limit(o, 0), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_max_depth(o, 0), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_chunk_size(o, 0), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_format_chunk_size(o, MX_FORMAT_HDF5, 0), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_format_chunk_size(o, 9, 1), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_options_set_format_chunk_size(o, MX_FORMAT_HDF5, 4096), MX_OK);
    CHECK_STATUS(mx_options_set_streaming_threshold(o, 0), MX_OK);
    CHECK_STATUS(mx_options_set_max_value_bytes(o, 0), MX_OK);
    CHECK_STATUS(mx_options_set_max_inline_bytes(o, UINT64_MAX), MX_OK);
    CHECK_STATUS(mx_options_set_merge_gap(o, 0), MX_OK);
    CHECK_STATUS(mx_options_set_max_value_bytes(o, 65536), MX_OK);
    CHECK_STATUS(mx_options_set_format(o, MX_FORMAT_DICOM), MX_OK);

    /* One handle, many extractors, and none of them needs it afterwards. */
    CHECK_STATUS(mx_open(o, &first), MX_OK);
    CHECK_STATUS(mx_open(o, &second), MX_OK);
    CHECK_STATUS(mx_options_set_statistics(o, 1), MX_OK);
    CHECK_STATUS(mx_open(o, &third), MX_ERR_UNSUPPORTED);
    CHECK(third == NULL);
    CHECK_STATUS(mx_extract_file(path, o, &doc, &error), MX_ERR_UNSUPPORTED);
    CHECK(doc == NULL && error.status == MX_ERR_UNSUPPORTED && strstr(error.message, "statistics"));
    doc = NULL;
    /* In one piece: what is fed has no name. */
    CHECK_STATUS(mx_options_set_statistics(o, 0), MX_OK);
    CHECK_STATUS(mx_options_set_streaming(o, 0), MX_OK);
    CHECK_STATUS(mx_open(o, &third), MX_OK);
    CHECK_STATUS(mx_feed_chunk(third, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_feed_at(third, 0, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_last_error(third, &error), MX_OK);
    CHECK(error.status == MX_ERR_STATE && strstr(error.message, "streaming"));
    CHECK_STATUS(mx_read_file(third, path), MX_DONE);
    mx_close(third);
    CHECK_STATUS(mx_options_set_fallback(o, 1), MX_OK);
    CHECK_STATUS(mx_open(o, &third), MX_ERR_UNSUPPORTED);
    mx_options_free(o);

    CHECK_STATUS(mx_feed_chunk(first, file_bytes, file_size / 2), MX_OK);
    CHECK_STATUS(mx_read_file(second, path), MX_DONE);
    CHECK(mx_feed_chunk(first, file_bytes + file_size / 2, file_size - file_size / 2) >= MX_OK);
    CHECK_STATUS(mx_finish(first, &doc), MX_DONE);
    mx_document_free(doc);
    mx_close(first);
    CHECK_STATUS(mx_finish(second, &doc), MX_DONE);
    mx_close(second);
    CHECK(mx_document_format(doc) == MX_FORMAT_DICOM); /* outlives its extractor */
    mx_document_free(doc);
}

/* Structs with their size in front: no more than that is written, and nothing below what is needed. */
static void sizes(void) {
    struct { mx_usage_t usage; uint64_t beyond; } u;
    struct { mx_error_t error; uint64_t beyond; } e;
    mx_document_t *doc = NULL;
    mx_extractor_t *x = NULL;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);

    memset(&u, 0xAA, sizeof u);
    for (size_t size = 0; size <= sizeof(size_t); size++) {
        u.usage.struct_size = size;
        CHECK_STATUS(mx_usage(x, &u.usage), MX_ERR_ARGUMENT);
    }
    CHECK(u.usage.memory_now == 0xAAAAAAAAAAAAAAAAu);
    u.usage.struct_size = offsetof(mx_usage_t, bytes_fed);
    CHECK_STATUS(mx_usage(x, &u.usage), MX_OK);
    CHECK(u.usage.memory_peak != 0xAAAAAAAAAAAAAAAAu && u.usage.bytes_fed == 0xAAAAAAAAAAAAAAAAu);
    u.usage.struct_size = sizeof u; /* a caller newer than the library */
    CHECK_STATUS(mx_usage(x, &u.usage), MX_OK);
    CHECK(u.usage.bytes_fed == 0 && u.usage.rounds != 0xAAAAAAAAAAAAAAAAu && u.beyond == 0xAAAAAAAAAAAAAAAAu);
    CHECK(u.usage.struct_size == sizeof u);

    memset(&e, 0xAA, sizeof e);
    for (size_t size = 0; size <= offsetof(mx_error_t, message); size++) {
        e.error.struct_size = size;
        CHECK_STATUS(mx_last_error(x, &e.error), MX_ERR_ARGUMENT);
        CHECK_STATUS(mx_extract_file(path, NULL, &doc, &e.error), MX_ERR_ARGUMENT);
    }
    CHECK(doc == NULL && e.error.message[0] == (char)0xAA);
    e.error.struct_size = sizeof e;
    CHECK_STATUS(mx_last_error(x, &e.error), MX_OK); /* asking wrongly is no error of the extractor */
    CHECK(e.error.status == MX_OK && e.error.message[0] == 0 && e.error.offset == UINT64_MAX);
    CHECK(e.beyond == 0xAAAAAAAAAAAAAAAAu);

    CHECK_STATUS(mx_feed_chunk(x, NULL, 1), MX_ERR_ARGUMENT);
    e.error.message[4] = 'x';
    e.error.struct_size = offsetof(mx_error_t, message) + 4; /* room for three letters */
    CHECK_STATUS(mx_last_error(x, &e.error), MX_OK);
    CHECK(e.error.status == MX_ERR_ARGUMENT && strlen(e.error.message) == 3 && e.error.message[4] == 'x');
    mx_close(x);
}

static void flow(void) {
    mx_document_t *whole = whole_document(), *doc = NULL, *again = NULL;
    mx_extractor_t *x = NULL;
    mx_usage_t usage = {0};
    const char *json = mx_document_json(whole, NULL);
    static const size_t chunks[] = {1, 7, 4096, SIZE_MAX};
    usage.struct_size = sizeof usage;

    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        mx_status_t status = MX_OK;
        CHECK_STATUS(mx_open(NULL, &x), MX_OK);
        CHECK_STATUS(mx_set_length(x, file_size), MX_OK);
        CHECK_STATUS(mx_set_length(x, file_size), MX_ERR_STATE); /* once */
        for (size_t at = 0; at < file_size && status == MX_OK;) {
            size_t size = chunks[i] < file_size - at ? chunks[i] : file_size - at;
            status = mx_feed_chunk(x, file_bytes + at, size);
            at += size;
        }
        CHECK_STATUS(status, MX_DONE);
        CHECK_STATUS(mx_feed_chunk(x, GARBAGE, sizeof GARBAGE), MX_DONE); /* ignored */
        CHECK_STATUS(mx_feed_at(x, 0, GARBAGE, sizeof GARBAGE), MX_DONE);
        CHECK(mx_wanted(x, NULL, 0) == 0);
        CHECK_STATUS(mx_finish(x, &doc), MX_DONE);
        CHECK(strcmp(mx_document_json(doc, NULL), json) == 0);
        mx_close(x);
        mx_document_free(doc);
    }

    /* Positions, cut short: the rest is wanted, and completes it. */
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK_STATUS(mx_set_length(x, file_size), MX_OK);
    CHECK_STATUS(mx_feed_at(x, 0, file_bytes, 300), MX_OK);
    CHECK_STATUS(mx_finish(x, &doc), MX_PARTIAL);
    CHECK(strcmp(mx_document_json(doc, NULL), json) != 0);
    CHECK(mx_wanted(x, NULL, 0) > 0);
    CHECK_STATUS(feed_wanted(x, file_size), MX_DONE);
    CHECK_STATUS(mx_finish(x, &again), MX_DONE);
    CHECK(strcmp(mx_document_json(again, NULL), json) == 0);
    CHECK_STATUS(mx_usage(x, &usage), MX_OK);
    CHECK(usage.bytes_fed >= 300 && usage.bytes_needed > 0 && usage.memory_peak >= usage.memory_now);
    CHECK(usage.memory_peak > 0 && usage.rounds > 0);
    mx_document_free(doc);
    mx_document_free(again);
    mx_close(x);
    mx_document_free(whole);
}

/* Two documents of one extractor are the same, or the second is refused: never anything between. */
static void finish_twice(void) {
    mx_document_t *first = NULL, *second = NULL;
    mx_extractor_t *x = NULL;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK_STATUS(mx_read_file(x, path), MX_DONE);
    CHECK_STATUS(mx_finish(x, &first), MX_DONE);
    mx_status_t status = mx_finish(x, &second);
    if (status == MX_DONE)
        CHECK(strcmp(mx_document_json(first, NULL), mx_document_json(second, NULL)) == 0);
    else {
        CHECK_STATUS(status, MX_ERR_STATE);
        CHECK(second == NULL);
    }
    mx_document_free(first);
    mx_document_free(second);
    mx_close(x);
}

static void errors(void) {
    mx_extractor_t *x = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    mx_status_t status;
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    status = mx_feed_chunk(x, GARBAGE, sizeof GARBAGE);
    if (status == MX_OK) status = mx_finish(x, &doc); /* it may look further, up to 16 MiB */
    CHECK_STATUS(status, MX_ERR_UNKNOWN_FORMAT);
    CHECK(doc == NULL);
    CHECK_STATUS(mx_last_error(x, &error), MX_OK);
    CHECK(error.status == MX_ERR_UNKNOWN_FORMAT && error.message[0]);
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, file_size), MX_ERR_STATE); /* it has ended */
    CHECK_STATUS(mx_feed_at(x, 0, file_bytes, file_size), MX_ERR_STATE);
    CHECK(mx_wanted(x, NULL, 0) == 0);
    CHECK_STATUS(mx_last_error(x, &error), MX_OK);
    CHECK(error.status == MX_ERR_UNKNOWN_FORMAT); /* why it has ended */
    mx_close(x);

    CHECK_STATUS(mx_extract_file("/does/not/exist", NULL, &doc, NULL), MX_ERR_IO);
    CHECK_STATUS(mx_extract_file("/does/not/exist", NULL, &doc, &error), MX_ERR_IO);
    CHECK(doc == NULL && error.status == MX_ERR_IO && error.message[0]);
    CHECK_STATUS(mx_extract_file("", NULL, &doc, &error), MX_ERR_IO);
    CHECK_STATUS(mx_extract_file(path, NULL, &doc, &error), MX_DONE);
    CHECK(error.status == MX_OK && error.message[0] == 0);
    mx_document_free(doc);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    load(path = argv[1]);
    names();
    nulls();
    batches();
    options();
    sizes();
    flow();
    finish_twice();
    errors();
    free(file_bytes);
    if (failures == 0) puts("abi: as agreed");
    return failures != 0;
}
