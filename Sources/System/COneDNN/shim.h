#include <dnnl.h>

/* libgomp, which oneDNN runs on: the calling thread's number of OpenMP threads. */
extern void omp_set_num_threads(int count);
