/* A locale with a decimal comma, made for the test where the system has its source (Debian's package locales). */
#ifndef FANIN_TESTS_COMMA_LOCALE_H
#define FANIN_TESTS_COMMA_LOCALE_H

#include <ftw.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int comma_locale_remove(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

/* Sets it for the process. false, with a word on why, where it cannot be had. */
static bool comma_locale_set(void)
{
    char folder[] = "/tmp/fanin-locale-XXXXXX", command[256];
    if (!mkdtemp(folder)) {
        puts("skipped: no temporary folder for a locale");
        return false;
    }
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1", folder, folder);
    const bool made = system(command) == 0;
    setenv("LOCPATH", folder, 1);
    const bool set = made && setlocale(LC_ALL, "de_DE.UTF-8") != NULL && strcmp(localeconv()->decimal_point, ",") == 0;
    nftw(folder, comma_locale_remove, 8, FTW_DEPTH | FTW_PHYS);
    unsetenv("LOCPATH");
    if (!set) {
        setlocale(LC_ALL, "C");
        puts("skipped: the locale de_DE, for a decimal comma, cannot be made here");
    }
    return set;
}

#endif
