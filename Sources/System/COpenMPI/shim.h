#if __has_include(<mpi/mpi.h>)
#include <mpi/mpi.h>
#else
#include <mpi.h>
#endif

/* Open MPI's handles are macros with casts, which Swift does not see. */
static inline MPI_Comm jk_mpi_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Datatype jk_mpi_byte(void) { return MPI_BYTE; }

/* Errors come back as codes, instead of ending the process. */
static inline int jk_mpi_return_errors(void) {
  return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

/* MPI_STATUS_IGNORE. */
static inline int jk_mpi_test(MPI_Request *request, int *is_done) {
  return MPI_Test(request, is_done, MPI_STATUS_IGNORE);
}

/* MPI_IN_PLACE. */
static inline int jk_mpi_gather_in_place(void *values, const int *counts, const int *offsets,
                                         MPI_Request *request) {
  return MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, values, counts, offsets, MPI_BYTE,
                         MPI_COMM_WORLD, request);
}
