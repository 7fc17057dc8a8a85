#ifndef CJEPA_CLONES_H
#define CJEPA_CLONES_H

/* The processor's own vector width, chosen when the program starts, before the thread sanitizer is there. */
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#endif
