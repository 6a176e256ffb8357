#include "merit/error.h"

const char *merit_version(void)
{
    return MERIT_VERSION;
}
