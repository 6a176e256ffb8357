#include "cli_signal.h"

#include <signal.h>
#include <unistd.h>

// Written by the handlers only; sig_atomic_t is int here, as the flags have to be.
static volatile sig_atomic_t stop;
static volatile sig_atomic_t save; // counts up
_Static_assert(_Generic((sig_atomic_t)0, int : 1, default : 0), "the flags are int");

static void handle_stop(int number)
{
    if (stop) {
        _exit(128 + number);
    }
    stop = 1;
}

static void handle_save(int number)
{
    (void)number;
    save = save == 1000000 ? 0 : save + 1;
}

merit__requests merit__signals_watch(void)
{
    static const int stopping[] = {SIGTERM, SIGINT, SIGHUP, SIGXCPU};
    struct sigaction on_stop = {.sa_handler = handle_stop, .sa_flags = SA_RESTART};
    struct sigaction on_save = {.sa_handler = handle_save, .sa_flags = SA_RESTART};
    sigemptyset(&on_stop.sa_mask);
    sigemptyset(&on_save.sa_mask);
    for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++) {
        struct sigaction before;
        int is_nohup = stopping[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
                       before.sa_handler == SIG_IGN;
        if (!is_nohup) {
            sigaction(stopping[i], &on_stop, NULL);
        }
    }
    sigaction(SIGUSR1, &on_save, NULL);
    signal(SIGPIPE, SIG_IGN);
    return (merit__requests){.stop = &stop, .save = &save};
}
