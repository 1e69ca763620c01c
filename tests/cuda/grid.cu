#include "grid.c"
