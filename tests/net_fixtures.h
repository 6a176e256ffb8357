/* Nets for ten classes. */
#ifndef MERIT_TESTS_NET_FIXTURES_H
#define MERIT_TESTS_NET_FIXTURES_H

#include "net/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_CLASSES = 10 };

static inline merit_net *make_net(const char *spec, int64_t c, int64_t h, int64_t w)
{
    merit_net *net = NULL;
    merit_error err = {0};
    if (merit_net_create(&net, spec, c, h, w, N_CLASSES, &err) != MERIT_OK) {
        fail_msg("%s: %s", spec, err.message);
    }
    return net;
}

#endif
