#include "cli_answers.h"

#include "cli_message.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 7, NAME_BYTES = 256, ID_BYTES = 4096, NUMBER_BYTES = 24 };

// Digits first..first+n of a number that has DIGITS of them.
static char *put_digits(char *out, uint32_t number, int first, int n)
{
    char digits[DIGITS];
    for (int i = DIGITS; i-- > 0; number /= 10) {
        digits[i] = (char)('0' + number % 10);
    }
    memcpy(out, digits + first, (size_t)n);
    return out + n;
}

// number * 10^(exponent - DIGITS + 1), 10^(DIGITS - 1) <= number, without zeros at the
// end.
static char *put_decimal(char *out, uint32_t number, int exponent)
{
    int n = DIGITS;
    uint32_t rest = number;
    while (n > 1 && rest % 10 == 0) {
        rest /= 10;
        n--;
    }
    if (exponent < 0) {
        memcpy(out, "0.0000000", (size_t)(1 - exponent));
        return put_digits(out + 1 - exponent, number, 0, n);
    }
    int n_whole = exponent + 1;
    out = put_digits(out, number, 0, n_whole);
    if (n > n_whole) {
        *out++ = '.';
        out = put_digits(out, number, n_whole, n - n_whole);
    }
    return out;
}

char *merit__print_short(char *out, double value)
{
    // limits[e + 4] is above the numbers with exponent e.
    static const double limits[] = {1e-3, 1e-2, 1e-1, 1e0, 1e1,
                                    1e2,  1e3,  1e4,  1e5, 1e6};
    static const double powers[] = {1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1};
    double size = fabs(value);
    if (size == 0) {
        *out = '0';
        return out + 1;
    }
    if (size >= 1e-4 && size < 1e6) {
        int exponent = -4;
        while (size >= limits[exponent + 4]) {
            exponent++;
        }
        double scaled = size * powers[exponent + 4]; // has DIGITS digits
        double whole = floor(scaled);
        double rest = scaled - whole;
        // Near a tie the product's own rounding decides; so does a full carry.
        if (fabs(rest - 0.5) > 1e-6 && whole >= 1e6 && whole < 9999999) {
            *out = '-';
            return put_decimal(out + (value < 0), (uint32_t)(whole + (rest > 0.5)),
                               exponent);
        }
    }
    return out + snprintf(out, NUMBER_BYTES, "%.*g", DIGITS, value);
}

void merit__answers_header(FILE *stream, const merit_scores *scores, int has_posterior)
{
    char name[NAME_BYTES];
    fprintf(stream, "id\tanswer\texpected_score");
    for (int64_t j = 0; has_posterior && j < merit_scores_n_truths(scores); j++) {
        fprintf(stream, "\tp_%s",
                merit__visible(name, sizeof name, merit_scores_name(scores, j)));
    }
    fputc('\n', stream);
}

void merit__answers_rows(FILE *stream, const merit_scores *scores,
                         const merit_decision_results *results, int64_t n,
                         int64_t first, const char *(*id)(const void *, int64_t),
                         const void *context)
{
    int64_t k = merit_scores_n_truths(scores);
    char shown_id[ID_BYTES];
    char line[NAME_BYTES + 3 * NUMBER_BYTES];
    for (int64_t i = 0; i < n && !ferror(stream); i++) {
        const char *row_id = id != NULL ? id(context, i) : NULL;
        const char *answer = merit_scores_name(scores, results->answers[i]);
        char *at = line;
        if (row_id != NULL) {
            fputs(merit__visible(shown_id, sizeof shown_id, row_id), stream);
        } else {
            at += snprintf(at, NUMBER_BYTES, "%" PRId64, first + i);
        }
        *at++ = '\t';
        merit__visible(at, NAME_BYTES, answer);
        at += strlen(at);
        *at++ = '\t';
        at = merit__print_short(at, results->expected[i]);
        fwrite(line, 1, (size_t)(at - line), stream);
        for (int64_t j = 0; results->posterior != NULL && j < k; j++) {
            line[0] = '\t';
            at = merit__print_short(line + 1, results->posterior[i * k + j]);
            fwrite(line, 1, (size_t)(at - line), stream);
        }
        fputc('\n', stream);
    }
}
