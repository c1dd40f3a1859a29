/* Prints numbers as C's printf writes them, for the test of numbers.rs.   cc make_printf.c -lm -o make && ./make > printf.txt */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Takes the zeros at the end of the figures away. */
static void trim(char *text)
{
    char *end = text + (*text == '-');
    while (isdigit((unsigned char)*end) || *end == '.')
        end++;
    char *last = end;
    while (last[-1] == '0')
        last--;
    memmove(last, end, strlen(end) + 1);
}

static void line(double number, int digits)
{
    uint64_t bits;
    char pointed[64];
    memcpy(&bits, &number, sizeof bits);
    snprintf(pointed, sizeof pointed, "%#.*g", digits, number);
    trim(pointed);
    printf("%016llx %d %.*g %s\n", (unsigned long long)bits, digits, digits, number, pointed);
}

static void both(double number)
{
    if (isfinite((float)number))
        line((float)number, 7);
    line(number, 15);
}

int main(void)
{
    const double chosen[] = {0, -0.0, 0.1, 1, -1, 0.5, 2.5, 100, 1e5, 123456.7, 1234566.5, 1234567.5, 1234568.5, 9999999.5,
                             9.9999995, 0.99999995, 99999995, 0.0001, 0.00001, 0.00012345678, 0.000012345678, 5e-324,
                             1.7976931348623157e308, 3.4028234663852886e38, 1.401298464324817e-45, 999999999999999.5,
                             1e22, 1e23, 3.141592653589793, 200000.04, 0.30000000000000004, 1.0e-10};
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        both(chosen[i]);
    for (int exponent = -320; exponent <= 308; exponent += 7) {
        both(pow(10, exponent));
        both(-1.5 * pow(10, exponent));
    }
    uint64_t state = 1;
    for (int i = 0; i < 60; i++) {
        double number;
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = state >> 32 | state << 32;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number))
            both(number);
        both((double)(int64_t)(state >> 40) / 1000);
    }
    return 0;
}
