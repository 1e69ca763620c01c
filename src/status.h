/* Statuses, beyond what the public header says of them. */
#ifndef FANIN_SRC_STATUS_H
#define FANIN_SRC_STATUS_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* Whether it is one of FANIN_STATUS_LIST: functions of the caller's may return any number. */
bool status_is_known(fanin_status status);

#endif
