#include "merit/scores.h"

#include "base/alloc.h"

void merit_text_free(char *text)
{
    merit__free(text);
}
