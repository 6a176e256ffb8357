/* The letters of sequences, and the codes that stand for them. */
#ifndef MERIT_DATA_ALPHABET_H
#define MERIT_DATA_ALPHABET_H

#include "merit/error.h"

#include <stdint.h>

/* Letters A to Z have the codes 0 to 25, small ones the same. */
enum {
    MERIT__CODE_STOP = 26,    // *
    MERIT__CODE_GAP = 27,     // - and .
    MERIT__CODE_HIDDEN = 28,  // to be predicted
    MERIT__LETTER_CODES = 28, // codes that stand for what a file may hold
    MERIT__DIGIT_CODES = 28,  // in files of labels: the digit 0, behind it the others
    MERIT__LABEL_CODES = 38   // codes that stand for what a file of labels may hold
};

/* What a sequence may be made of. */
typedef struct merit__alphabet {
    const char *name;    // "protein"
    const char *classes; // the letters that are classes, in label order
    const char *others;  // letters that stand for several classes, or for rare ones
    const char *shown;   // what to say was expected
} merit__alphabet;

/* The code of a byte of a file; -1 when it is no letter of any alphabet. */
int merit__code_of_byte(unsigned char byte);

/* The byte that is shown for a code of a file. */
char merit__byte_of_code(int code);

/* The code of a label of a letter, which may be a digit too; -1 when it is none. */
int merit__code_of_label(unsigned char byte);

/* "protein", "dna" or "rna"; EINVAL names what there is. Static storage. */
merit_status merit__alphabet_find(const merit__alphabet **out, const char *name,
                                  merit_error *err);

/* What sequences with so many letters of each code are: DNA or RNA when nine of ten
 * letters are those of nucleotides, protein otherwise. */
const merit__alphabet *merit__alphabet_guess(const int64_t counts[MERIT__LETTER_CODES]);

/* Whether sequences of this alphabet may have this code; stops and gaps belong to all.
 */
int merit__alphabet_has(const merit__alphabet *alphabet, int code);

/* The class of a code, -1 for those that are no classes. */
int merit__alphabet_class(const merit__alphabet *alphabet, int code);

#endif
