#include "data/alphabet.h"

#include "base/fail.h"

#include <string.h>

/* Proteins: the 20 residues in NCBI's order; B is D or N, J is I or L, Z is E or Q, X
 * any, O pyrrolysine, U selenocysteine (IUPAC-IUBMB, 1984 and later). Nucleotides:
 * IUPAC's codes for several (Cornish-Bowden 1985). */
static const merit__alphabet alphabets[] = {
    {"protein", "ARNDCQEGHILKMFPSTWYV", "BJZXOU",
     "the 20 residues, B, J, O, U, X, Z, gaps and *"},
    {"dna", "ACGT", "NRYSWKMBDHV", "A, C, G, T, IUPAC's codes such as N, gaps and *"},
    {"rna", "ACGU", "NRYSWKMBDHV", "A, C, G, U, IUPAC's codes such as N, gaps and *"},
};
enum { N_ALPHABETS = sizeof alphabets / sizeof *alphabets };

int merit__code_of_byte(unsigned char byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return byte - 'A';
    }
    if (byte >= 'a' && byte <= 'z') {
        return byte - 'a';
    }
    return byte == '*'                  ? MERIT__CODE_STOP
           : byte == '-' || byte == '.' ? MERIT__CODE_GAP
                                        : -1;
}

char merit__byte_of_code(int code)
{
    return code < MERIT__CODE_STOP    ? (char)('A' + code)
           : code == MERIT__CODE_STOP ? '*'
                                      : '-';
}

int merit__code_of_label(unsigned char byte)
{
    return byte >= '0' && byte <= '9' ? MERIT__DIGIT_CODES + byte - '0'
                                      : merit__code_of_byte(byte);
}

merit_status merit__alphabet_find(const merit__alphabet **out, const char *name,
                                  merit_error *err)
{
    char shown[48];
    for (int i = 0; i < N_ALPHABETS; i++) {
        if (strcmp(alphabets[i].name, name) == 0) {
            *out = &alphabets[i];
            return MERIT_OK;
        }
    }
    return merit__fail(err, MERIT_EINVAL,
                       "unknown alphabet \"%s\"; there are protein, dna and rna",
                       merit__printable(shown, sizeof shown, name));
}

static int64_t count_of(const int64_t counts[MERIT__LETTER_CODES], const char *letters)
{
    int64_t n = 0;
    for (; *letters != '\0'; letters++) {
        n += counts[*letters - 'A'];
    }
    return n;
}

const merit__alphabet *merit__alphabet_guess(const int64_t counts[MERIT__LETTER_CODES])
{
    int64_t n = 0, T = counts['T' - 'A'], U = counts['U' - 'A'];
    for (int code = 0; code < MERIT__CODE_STOP; code++) {
        n += counts[code];
    }
    if (count_of(counts, "ACGTUN") * 10 < n * 9) {
        return &alphabets[0];
    }
    return T >= U ? &alphabets[1] : &alphabets[2];
}

int merit__alphabet_class(const merit__alphabet *alphabet, int code)
{
    const char *found = code < MERIT__CODE_STOP
                            ? strchr(alphabet->classes, merit__byte_of_code(code))
                            : NULL;
    return found != NULL ? (int)(found - alphabet->classes) : -1;
}

int merit__alphabet_has(const merit__alphabet *alphabet, int code)
{
    return code >= MERIT__CODE_STOP || merit__alphabet_class(alphabet, code) >= 0 ||
           strchr(alphabet->others, merit__byte_of_code(code)) != NULL;
}
