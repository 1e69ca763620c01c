#include "processors.h"

#include <fcntl.h>
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* Bytes of the list of groups that are read, and of a file with a number or two. */
#define GROUPS_SIZE 8192
#define NUMBER_SIZE 64

/* false: there is no such file. */
static bool read_file(const char *path, char *text, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < size - 1) {
        got = read(fd, text + used, size - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    text[used] = '\0';
    return got >= 0;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* "QUOTA PERIOD" in microseconds; a quota that is no number ("max"), or negative, is none. */
static int processors_of(const char *text)
{
    long long quota = 0, period = 0;
    if (sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0) {
        return INT_MAX;
    }
    const long long whole = (quota - 1) / period + 1;
    return whole < INT_MAX ? (int)whole : INT_MAX;
}

static int limit_at(const char *folder, bool version_2)
{
    char path[PATH_SIZE + 32], text[2 * NUMBER_SIZE], period[NUMBER_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, version_2 ? "cpu.max" : "cpu.cfs_quota_us");
    if (!read_file(path, text, NUMBER_SIZE)) {
        return INT_MAX;
    }
    if (!version_2) {
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        if (!read_file(path, period, NUMBER_SIZE)) {
            return INT_MAX;
        }
        strcat(strcat(text, " "), period);
    }
    return processors_of(text);
}

/* The least of a group and all above it. In a container its own group may be mounted as the root, and its path be one of the
 * host, which is not there: what is not there has no limit. */
static int limit_up(const char *mount, const char *group, bool version_2)
{
    char folder[PATH_SIZE];
    if ((size_t)snprintf(folder, sizeof folder, "%s%s", mount, group) >= sizeof folder) {
        return INT_MAX;
    }
    int limit = limit_at(folder, version_2);
    for (char *end = strrchr(folder, '/'); end != NULL && (size_t)(end - folder) >= strlen(mount); end = strrchr(folder, '/')) {
        *end = '\0';
        limit = least(limit, limit_at(folder, version_2));
    }
    return limit;
}

/* Is "cpu" in a list with commas? */
static bool has_cpu(const char *controllers)
{
    bool found = false;
    while (!found && controllers != NULL) {
        found = strncmp(controllers, "cpu", 3) == 0 && (controllers[3] == ',' || controllers[3] == '\0');
        const char *const comma = strchr(controllers, ',');
        controllers = comma != NULL ? comma + 1 : NULL;
    }
    return found;
}

int processors_of_groups(const char *groups, const char *root)
{
    static const char *const mounts_2[] = {"", "/unified"};
    static const char *const mounts_1[] = {"/cpu", "/cpu,cpuacct", "/cpuacct,cpu"};
    int limit = INT_MAX;
    char line[PATH_SIZE], mount[PATH_SIZE];
    while (*groups != '\0') {
        /* "NUMBER:CONTROLLERS:GROUP"; version 2 has number 0 and no controllers. */
        const size_t length = strcspn(groups, "\n");
        snprintf(line, sizeof line, "%.*s", (int)least((int)length, PATH_SIZE - 1), groups);
        groups += length + (groups[length] == '\n');
        char *const controllers = strchr(line, ':'), *const group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) {
            continue;
        }
        *group = '\0';
        const bool version_2 = controllers[1] == '\0';
        const size_t mounts = version_2 ? sizeof mounts_2 / sizeof *mounts_2 : sizeof mounts_1 / sizeof *mounts_1;
        for (size_t i = 0; i < mounts && (version_2 || has_cpu(controllers + 1)); i++) {
            snprintf(mount, sizeof mount, "%s%s", root, version_2 ? mounts_2[i] : mounts_1[i]);
            limit = least(limit, limit_up(mount, strcmp(group + 1, "/") == 0 ? "" : group + 1, version_2));
        }
    }
    return limit;
}

static pthread_once_t groups_once = PTHREAD_ONCE_INIT;
static int group_limit = INT_MAX;

static void read_groups(void)
{
    char groups[GROUPS_SIZE];
    if (read_file("/proc/self/cgroup", groups, sizeof groups)) {
        group_limit = processors_of_groups(groups, "/sys/fs/cgroup");
    }
}

int processors_allowed(void)
{
    pthread_once(&groups_once, read_groups);
    /* OpenMP may have bound the caller to one of its places (OMP_PROC_BIND); it knows how many it had before. */
    if (omp_get_proc_bind() != omp_proc_bind_false) {
        return least(omp_get_num_procs(), group_limit);
    }
    /* Of more processors than the set holds the call fails. */
    cpu_set_t set;
    const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : INT_MAX;
    return least(allowed, group_limit);
}
