/* term.h: what the terminal can show. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

bool term_is_terminal(int fd);
bool term_has_color(int fd); /* a terminal, no NO_COLOR, TERM not dumb */
size_t term_columns(int fd); /* 80 when unknown */
