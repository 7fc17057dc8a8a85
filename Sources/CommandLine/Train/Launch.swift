/// What the environment says of the launcher, `mpirun` or `srun`, that started this process together with others.
///
/// Open MPI's `mpirun` sets `OMPI_COMM_WORLD_RANK`, and so has `…_SIZE`; MPICH, Intel MPI and `srun --mpi=pmi2` set
/// `PMI_RANK` and `PMI_SIZE`; `srun --mpi=pmix` sets `PMIX_RANK`, and the number of tasks is Slurm's to say.
struct Launch: Equatable {
  /// The variable that gives the process its number.
  let variable: String
  /// How many processes were started; nil where nothing says so.
  let processes: Int?

  /// - Returns: nil where no launcher started the process.
  init?(environment: [String: String]) {
    // A step's tasks are not its job's: a script of a job of many may start a step of one.
    let slurm = ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"]
    let launchers = [
      ("OMPI_COMM_WORLD_RANK", ["OMPI_COMM_WORLD_SIZE"]),
      ("PMI_RANK", ["PMI_SIZE"] + slurm),
      ("PMIX_RANK", ["OMPI_COMM_WORLD_SIZE", "PMIX_SIZE"] + slurm),
    ]
    guard let (rank, sizes) = launchers.first(where: { environment[$0.0] != nil }) else {
      return nil
    }
    variable = rank
    processes = sizes.lazy.compactMap { environment[$0].flatMap(Int.init) }.first
  }
}
