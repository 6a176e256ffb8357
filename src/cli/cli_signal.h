/* Signals during training. The library sets no handlers; the program does. */
#ifndef MERIT_CLI_SIGNAL_H
#define MERIT_CLI_SIGNAL_H

/* What signals asked for, as merit_train_options wants it. */
typedef struct merit__requests {
    const volatile int *stop;
    const volatile int *save;
} merit__requests;

/* From now on TERM, INT, HUP and XCPU ask training to save and stop (a second one ends
 * the program at once), USR1 asks it to save and go on, and a closed pipe is a write
 * error. A HUP that nohup made ignored stays so. */
merit__requests merit__signals_watch(void);

#endif
