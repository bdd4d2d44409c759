/* Ctrl-C and other signals while the library works: Python runs its handlers only when it is asked to, in the main
 * thread. */
#include "core.h"

void signal_watch_check(signal_watch *watch)
{
    if (watch->cancel) return;
    PyEval_RestoreThread(watch->thread);
    if (PyErr_CheckSignals() < 0) {
        PyErr_Fetch(&watch->error[0], &watch->error[1], &watch->error[2]);
        watch->cancel = 1;
    }
    watch->thread = PyEval_SaveThread();
}

bool signal_watch_raise(signal_watch *watch)
{
    if (!watch->error[0]) return false;
    PyErr_Restore(watch->error[0], watch->error[1], watch->error[2]);
    memset(watch->error, 0, sizeof(watch->error));
    return true;
}
