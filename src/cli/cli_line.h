/* A line on standard error that tells how far something is: written over where that can
 * be done, elsewhere a line each time. */
#ifndef MERIT_CLI_LINE_H
#define MERIT_CLI_LINE_H

typedef struct merit__line {
    int in_place; // it may be written over
    int is_open;  // it stands, without its end
} merit__line;

merit__line merit__line_create(void);

/* Writes the line, or over it, as far as it fits. */
void merit__line_write(merit__line *line, const char *text);

/* Ends the line that stands, if one does. */
void merit__line_end(merit__line *line);

/* Takes the line that stands away, so that something else can be written there. */
void merit__line_clear(merit__line *line);

#endif
