/* How many processors count: control groups as recorded from machines and containers, the thread's affinity, and that a fill
 * without a number of threads uses no more. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpu/parallel.h"
#include "cpu/processors.h"

#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct file {
    const char *path, *text;
};

/* Files under a new folder, whose name `root` gets. */
static void write_files(const struct file *files, size_t count, char root[64])
{
    snprintf(root, 64, "%s", "/tmp/fanin-groups-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < count && files[i].path != NULL; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", root, files[i].path);
        for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            mkdir(path, 0700);
            *slash = '/';
        }
        FILE *const file = fopen(path, "w");
        assert_non_null(file);
        fputs(files[i].text, file);
        fclose(file);
    }
}

static void remove_files(const char *root)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static void recorded_groups(void **state)
{
    (void)state;
    static const struct {
        const char *groups;
        struct file files[4];
        int expected;
    } cases[] = {
        /* Version 2 on a host, in a container of its own name space, and one whose group has none and whose slice has a
         * limit. */
        {"0::/user.slice/user-1000.slice/session-2.scope\n", {{"/user.slice/cpu.max", "max 100000\n"}}, INT_MAX},
        {"0::/\n", {{"/cpu.max", "200000 100000\n"}}, 2},
        {"0::/\n", {{"/cpu.max", "max 100000\n"}}, INT_MAX},
        {"0::/a.slice/b.scope\n", {{"/a.slice/b.scope/cpu.max", "max 100000\n"}, {"/a.slice/cpu.max", "150000 100000\n"}}, 2},
        {"0::/a.slice/b.scope\n", {{"/a.slice/b.scope/cpu.max", "50000 100000\n"}, {"/a.slice/cpu.max", "400000 100000\n"}}, 1},
        /* A path of the host that the container does not see. */
        {"0::/system.slice/docker-0123.scope\n", {{"/cpu.max", "300000 100000\n"}}, 3},
        {"0::/../../kubepods/pod1\n", {{"/cpu.max", "700000 100000\n"}}, 7},
        /* Version 1: Docker without a name space of its own, a host without a limit, controllers in another order. */
        {"12:memory:/docker/01\n5:cpu,cpuacct:/docker/01\n1:name=systemd:/docker/01\n",
         {{"/cpu,cpuacct/cpu.cfs_quota_us", "250000\n"}, {"/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
         3},
        {"5:cpu,cpuacct:/\n0::/\n",
         {{"/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"}, {"/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
         INT_MAX},
        {"3:cpuset:/x\n2:cpuacct:/x\n1:cpu:/x\n0::/\n",
         {{"/cpu/x/cpu.cfs_quota_us", "100000\n"}, {"/cpu/x/cpu.cfs_period_us", "25000\n"}},
         4},
        /* Both: the lower one counts. Neither, and texts that say nothing. */
        {"1:cpu:/\n0::/x\n",
         {{"/cpu/cpu.cfs_quota_us", "800000"}, {"/cpu/cpu.cfs_period_us", "100000"}, {"/unified/x/cpu.max", "500000 100000"}},
         5},
        {"", {{"/cpu.max", "100000 100000\n"}}, INT_MAX},
        {"0\nx:y\n::\n7:cpuset,cpus:/\n", {{"/cpus/cpu.max", "100000 100000\n"}}, INT_MAX},
        {"0::/\n", {{"/cpu.max", "0 100000\n"}}, INT_MAX},
        {"0::/\n", {{"/cpu.max", "100000\n"}}, INT_MAX},
        {"0::/\n", {{"/cpu.max", "9000000000000000000 1\n"}}, INT_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char root[64];
        write_files(cases[i].files, 4, root);
        const int found = processors_of_groups(cases[i].groups, root);
        remove_files(root);
        if (found != cases[i].expected) {
            fail_msg("case %zu, %s: found %d, expected %d", i, cases[i].groups, found, cases[i].expected);
        }
    }
}

static fanin_status note_team(const void *context, int64_t begin, int64_t end)
{
    (void)end;
    if (begin == 0) {
        *(int *)*(int *const *)context = omp_get_num_threads();
    }
    return FANIN_OK;
}

/* The threads that work, of a default of eight, on so many of the processors. */
static int team_on(int processors, int threads)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        cpu_set_t all, few;
        sched_getaffinity(0, sizeof all, &all);
        CPU_ZERO(&few);
        for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&few) < processors; cpu++) {
            if (CPU_ISSET(cpu, &all)) {
                CPU_SET(cpu, &few);
            }
        }
        omp_set_num_threads(8);
        /* LLVM's OpenMP 18 leaves a child's thread one processor when it is first asked. */
        (void)omp_get_max_threads();
        sched_setaffinity(0, sizeof few, &few);
        int size = 0, *const place = &size;
        _exit(parallel_for(100, 1, threads, note_team, &place) == FANIN_OK ? size : 99);
    }
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFEXITED(state));
    return WEXITSTATUS(state);
}

static void affinity(void **state)
{
    (void)state;
    const int most = processors_allowed();
    assert_true(most >= 1);
    assert_int_equal(team_on(1, 0), 1);
    if (most >= 2) {
        assert_int_equal(team_on(2, 0), 2);
    }
    assert_int_equal(team_on(1, 3), 3); /* what a caller asks for stands */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_groups), cmocka_unit_test(affinity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
