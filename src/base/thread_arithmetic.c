#include "base/thread_arithmetic.h"

#include <fenv.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

void merit__thread_arithmetic(void)
{
    fesetenv(FE_DFL_ENV);
#if defined(__SSE2__)
    enum { FLUSH_TO_ZERO = 1 << 15, DENORMALS_ARE_ZERO = 1 << 6 };
    _mm_setcsr(_mm_getcsr() | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
#endif
}
