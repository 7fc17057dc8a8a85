import Foundation
import Testing

@testable import JEPACommandLine

/// Processes that a launcher started, in a build without MPI.
@Suite struct LaunchTests {
  @Test(
    arguments: [
      ([:], nil, nil),
      (["SLURM_NTASKS": "4", "SLURM_PROCID": "0"], nil, nil),  // a job's script, or srun --mpi=none
      (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], "OMPI_COMM_WORLD_RANK", 1),
      (
        ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "PMIX_RANK": "1"],
        "OMPI_COMM_WORLD_RANK", 2
      ),
      (["PMI_RANK": "0", "PMI_SIZE": "1"], "PMI_RANK", 1),
      (["PMI_RANK": "0", "PMI_SIZE": "3", "SLURM_NTASKS": "1"], "PMI_RANK", 3),
      (["PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "1", "SLURM_NTASKS": "8"], "PMIX_RANK", 1),
      (["PMIX_RANK": "0", "SLURM_NTASKS": "8"], "PMIX_RANK", 8),
      (["PMIX_RANK": "0"], "PMIX_RANK", nil),
    ] as [([String: String], String?, Int?)])
  func environments(_ environment: [String: String], _ variable: String?, _ processes: Int?) {
    let launch = Launch(environment: environment)
    #expect(launch?.variable == variable && launch?.processes == processes)
  }

  @Test(arguments: [
    "PMI_RANK=0 PMI_SIZE=1", "PMIX_RANK=0 SLURM_STEP_NUM_TASKS=1 SLURM_NTASKS=4",
    "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1",
  ])
  func aStepOfOneTaskTrainsAlone(_ variables: String) throws {
    let place = try Workplace()
    let outcome = try place.train(
      "run", ["optimization.epochs=1", "optimization.warmup=0"],
      shell: "export " + variables)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(place.checkpoints(of: "run").count == 1)
  }

  @Test(arguments: [
    ("PMI_RANK=1 PMI_SIZE=2", "as one of 2 processes (PMI_RANK is set)"),
    ("PMIX_RANK=0 SLURM_NTASKS=3", "as one of 3 processes (PMIX_RANK is set)"),
    ("PMIX_RANK=0", "started by a launcher (PMIX_RANK is set)"),
    ("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2", "as one of 2 processes"),
  ])
  func stepsOfSeveralTasksAreRefused(_ variables: String, _ part: String) throws {
    let place = try Workplace()
    let outcome = try place.train("run", shell: "export " + variables)
    #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(part) && outcome.errors.contains("make mpi"), "\(outcome.errors)")
    #expect(!place.isFolder("run"))
  }
}
