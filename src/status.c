#include "status.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One message a thread, on the heap because it may list thousands of names; a destructor of the key frees it at the thread's
 * end. `main` threads that return never run it: the message stays reachable until the process ends. */
static pthread_key_t message_key;
static pthread_once_t message_once = PTHREAD_ONCE_INIT;
static int message_key_error;
static _Thread_local const char *message = "";
static const char no_memory[] = "out of memory, and none left to say where";

/* A destructor of the caller's may still come, and ask. */
static void free_message(void *text)
{
    message = "";
    free(text);
}

static void make_message_key(void)
{
    message_key_error = pthread_key_create(&message_key, free_message);
}

static const char *const status_names[] = {
#define STATUS_NAME(value, name, text) [value] = "FANIN_" #name,
    FANIN_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};

static const char *const status_texts[] = {
#define STATUS_TEXT(value, name, text) [value] = text,
    FANIN_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

#define STATUS_COUNT (sizeof status_names / sizeof status_names[0])

bool status_is_known(fanin_status status)
{
    return (size_t)status < STATUS_COUNT && status_names[status];
}

const char *fanin_status_name(fanin_status status)
{
    return status_is_known(status) ? status_names[status] : "FANIN_ERROR_?";
}

const char *fanin_status_text(fanin_status status)
{
    return status_is_known(status) ? status_texts[status] : "a status that this library does not know";
}

const char *fanin_last_error(void)
{
    return message;
}

fanin_status fanin_fail(fanin_status status, const char *format, ...)
{
    const int saved_errno = errno;
    va_list args;
    va_start(args, format);
    char *text = NULL;
    const int length = vasprintf(&text, format, args);
    va_end(args);

    pthread_once(&message_once, make_message_key);
    if (length < 0) {
        text = NULL;
    } else if (message_key_error != 0) {
        free(text);
        text = NULL;
    }
    if (message_key_error == 0) {
        /* After the new text was made: a caller may quote the old one in it. */
        free(pthread_getspecific(message_key));
        if (pthread_setspecific(message_key, text) != 0) {
            free(text);
            text = NULL;
            pthread_setspecific(message_key, NULL);
        }
    }
    message = text ? text : no_memory;
    errno = saved_errno;
    return status;
}

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

const char *fanin_version(void)
{
    return STRING(FANIN_VERSION_MAJOR) "." STRING(FANIN_VERSION_MINOR) "." STRING(FANIN_VERSION_PATCH);
}
