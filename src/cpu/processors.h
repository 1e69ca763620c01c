/* How many processors the system lets this thread use. */
#ifndef FANIN_SRC_CPU_PROCESSORS_H
#define FANIN_SRC_CPU_PROCESSORS_H

/* 1 or more: those of the calling thread's affinity, or, where OpenMP binds threads to places, all that it has; and no more than
 * the control groups that the process started in give it time for (a container's limit of CPUs), which are read once. */
int processors_allowed(void);

/* The control groups' limit, rounded up to whole processors; INT_MAX without one. `groups` is the text of /proc/self/cgroup,
 * `root` where the hierarchies are mounted, "/sys/fs/cgroup". Version 2 (cpu.max), alone or beside version 1, and version 1
 * (cpu.cfs_quota_us), each from the process's own group up to the root. */
int processors_of_groups(const char *groups, const char *root);

#endif
