/* The sample, made larger: more than is read in one piece, and something behind its pixels. */
#ifndef LARGE_H
#define LARGE_H
#include "check.h"

/* Makes the sample's pixel data larger, and lets an element follow. */
static inline void enlarge(void) {
    static const uint8_t trailing_padding[] = {0xFC, 0xFF, 0xFC, 0xFF, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 0};
    const uint32_t more = 2u << 20;
    size_t at = file_size - 12;
    while (at > 0 && memcmp(file_bytes + at, "\xE0\x7F\x10\x00OW\0\0", 8) != 0) at--;
    if (at == 0) exit(2);
    file_size = at + 12 + more + sizeof trailing_padding;
    file_bytes = (uint8_t *)realloc(file_bytes, file_size);
    if (!file_bytes) exit(2);
    for (int i = 0; i < 4; i++) file_bytes[at + 8 + (size_t)i] = (uint8_t)(more >> 8 * i);
    memset(file_bytes + at + 12, 0, more);
    memcpy(file_bytes + at + 12 + more, trailing_padding, sizeof trailing_padding);
}

#endif
