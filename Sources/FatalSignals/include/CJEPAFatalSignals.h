#ifndef CJEPA_FATAL_SIGNALS_H
#define CJEPA_FATAL_SIGNALS_H

/* Whether the handlers are set, which a constructor does before main(). Calling it keeps that constructor in the
 * program. */
int jk_fatal_signals_are_handled(void);

#endif
