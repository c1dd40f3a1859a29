/* Asks a document every question of the header.   document FILE.dcm */
#include "check.h"

static const char *const MODALITY = "/headers/dataset/00080060/Value/0";

struct text {
    char *bytes;
    size_t len, room;
    int pieces;
};

static int32_t append(void *user_data, const char *data, size_t len) {
    struct text *text = (struct text *)user_data;
    if (len > text->room - text->len) return 1;
    memcpy(text->bytes + text->len, data, len);
    text->len += len;
    text->pieces++;
    return 0;
}

static int32_t stop(void *user_data, const char *data, size_t len) {
    (void)data, (void)len;
    ++*(int *)user_data;
    return 7;
}

static void whole(const mx_document_t *doc) {
    size_t len = 0, same = 0;
    int calls = 0;
    struct text text = {NULL, 0, 0, 0};
    const char *json = mx_document_json(doc, &len);
    CHECK(json && strlen(json) == len && json[0] == '{' && json[len - 1] == '}');
    CHECK(mx_document_json(doc, &same) == json && same == len); /* made once */

    text.bytes = (char *)malloc(len);
    text.room = len;
    CHECK_STATUS(mx_document_write(doc, append, &text), MX_OK);
    CHECK(text.len == len && memcmp(text.bytes, json, len) == 0 && text.pieces > 0);
    free(text.bytes);
    CHECK_STATUS(mx_document_write(doc, stop, &calls), MX_ERR_CANCELLED);
    CHECK(calls == 1);
}

static void values(const mx_document_t *doc) {
    const char *text = NULL, *again = NULL;
    mx_kind_t kind = -1;
    size_t count = 99, len = 99;
    int64_t i64 = -1;
    uint64_t u64 = 99;
    double number = -1;
    int32_t flag = -1;

    CHECK_STATUS(mx_document_kind(doc, "", &kind, &count), MX_OK);
    CHECK(kind == MX_KIND_OBJECT && count >= 6);
    for (size_t i = 0; i < count; i++) { /* every key leads to a value */
        char pointer[64];
        CHECK_STATUS(mx_document_key_at(doc, "", i, &text), MX_OK);
        snprintf(pointer, sizeof pointer, "/%s", text);
        CHECK_STATUS(mx_document_kind(doc, pointer, &kind, NULL), MX_OK);
    }
    CHECK_STATUS(mx_document_key_at(doc, "", 0, &text), MX_OK);
    CHECK(strcmp(text, "metaextract") == 0);
    CHECK_STATUS(mx_document_key_at(doc, "", 0, &again), MX_OK);
    CHECK(again == text);

    CHECK_STATUS(mx_document_get_string(doc, MODALITY, &text, &len), MX_OK);
    CHECK(strcmp(text, "CT") == 0 && len == 2);
    CHECK_STATUS(mx_document_get_string(doc, MODALITY, &again, NULL), MX_OK);
    CHECK(again == text); /* asking twice takes no memory */
    CHECK_STATUS(mx_document_get_json(doc, MODALITY, &again, &len), MX_OK);
    CHECK(strcmp(again, "\"CT\"") == 0 && len == 4 && strcmp(text, "CT") == 0);
    CHECK_STATUS(mx_document_kind(doc, MODALITY, &kind, &count), MX_OK);
    CHECK(kind == MX_KIND_STRING && count == 0);
    CHECK_STATUS(mx_document_kind(doc, "/headers/dataset/00080060/Value", &kind, &count), MX_OK);
    CHECK(kind == MX_KIND_ARRAY && count == 1);
    CHECK_STATUS(mx_document_get_json(doc, "", &again, NULL), MX_OK);
    CHECK(strcmp(again, mx_document_json(doc, NULL)) == 0);

    CHECK_STATUS(mx_document_get_int64(doc, "/metaextract", &i64), MX_OK);
    CHECK_STATUS(mx_document_get_uint64(doc, "/metaextract", &u64), MX_OK);
    CHECK_STATUS(mx_document_get_double(doc, "/metaextract", &number), MX_OK);
    CHECK_STATUS(mx_document_kind(doc, "/metaextract", &kind, NULL), MX_OK);
    CHECK(i64 == 1 && u64 == 1 && number > 0.99 && number < 1.01 && kind == MX_KIND_NUMBER);
    CHECK_STATUS(mx_document_get_uint64(doc, "/file/size", &u64), MX_OK);
    CHECK(u64 == file_size);
    CHECK_STATUS(mx_document_get_bool(doc, "/file/complete", &flag), MX_OK);
    CHECK_STATUS(mx_document_kind(doc, "/file/complete", &kind, NULL), MX_OK);
    CHECK(flag == 1 && kind == MX_KIND_BOOL);
}

/* What is not there, or is something else: said so, and nothing written. */
static void refusals(const mx_document_t *doc) {
    const char *text = NULL;
    mx_kind_t kind = -1;
    size_t len = 99;
    int64_t i64 = -1;
    uint64_t u64 = 99;
    double number = -1;
    int32_t flag = -1;
    static const char *const nowhere[] = {"/nothing", "/file/size/0", "/properties/arrays/-", "/properties/arrays/99999",
                                          "/properties/arrays/00"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        CHECK_STATUS(mx_document_kind(doc, nowhere[i], &kind, &len), MX_ERR_NOT_FOUND);
        CHECK_STATUS(mx_document_get_json(doc, nowhere[i], &text, &len), MX_ERR_NOT_FOUND);
        CHECK_STATUS(mx_document_get_string(doc, nowhere[i], &text, &len), MX_ERR_NOT_FOUND);
        CHECK_STATUS(mx_document_get_int64(doc, nowhere[i], &i64), MX_ERR_NOT_FOUND);
    }
    CHECK_STATUS(mx_document_key_at(doc, "", 99999, &text), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_document_key_at(doc, "/nothing", 0, &text), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_document_key_at(doc, "/file/size", 0, &text), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_string(doc, "/file/size", &text, &len), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_int64(doc, MODALITY, &i64), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_uint64(doc, MODALITY, &u64), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_double(doc, MODALITY, &number), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_bool(doc, MODALITY, &flag), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_get_bool(doc, "/metaextract", &flag), MX_ERR_TYPE);
    CHECK_STATUS(mx_document_kind(doc, "no slash", &kind, &len), MX_ERR_ARGUMENT);
    CHECK_STATUS(mx_document_kind(doc, "/not\xFFutf8", &kind, &len), MX_ERR_ARGUMENT);
    CHECK(text == NULL && kind == -1 && len == 99 && i64 == -1 && u64 == 99 && number < 0 && flag == -1);
}

int main(int argc, char **argv) {
    mx_document_t *doc = NULL;
    if (argc != 2) return 2;
    load(argv[1]);
    CHECK_STATUS(mx_extract_file(argv[1], NULL, &doc, NULL), MX_DONE);
    if (doc) {
        whole(doc);
        values(doc);
        refusals(doc);
    }
    mx_document_free(doc);
    free(file_bytes);
    if (failures == 0) puts("document: as agreed");
    return failures != 0;
}
