/* banned.h: functions that have no place in this program. Included last by every .c file's header
 * chain (str.h), so that a use does not compile. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNED(name) this_function_is_banned_##name
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#undef system
#undef popen
#undef gets
#undef atoi
#undef alloca
#define strcpy(...) BANNED(strcpy)
#define strcat(...) BANNED(strcat)
#define strncpy(...) BANNED(strncpy)
#define strncat(...) BANNED(strncat)
#define sprintf(...) BANNED(sprintf)
#define vsprintf(...) BANNED(vsprintf)
#define strtok(...) BANNED(strtok)
#define system(...) BANNED(system)
#define popen(...) BANNED(popen)
#define gets(...) BANNED(gets)
#define atoi(...) BANNED(atoi)
#define alloca(...) BANNED(alloca)
