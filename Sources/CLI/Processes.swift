import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPADistributed

#if MPI
  import JEPAMPI
#endif

/// The processes that a launcher, `mpirun` or `srun`, started together.
enum Processes {
  /// Variables by which launchers tell a process its number.
  private static let variables = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]

  /// Runs `body` together with the other processes, or alone where no launcher started this one.
  ///
  /// What all throw, the first tells; what one throws alone, it tells itself, and ends all.
  static func run(_ body: (any Communicator) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    guard let variable = variables.first(where: { environment[$0] != nil }) else {
      return try body(SingleProcess())
    }
    #if MPI
      _ = variable
      let communicator = try MPICommunicator()
      do {
        try body(communicator)
      } catch {
        if communicator.count == 1 { throw error }
        throw try reason(for: error, communicator)
      }
      try communicator.finish()
    #else
      guard environment["OMPI_COMM_WORLD_SIZE"] == "1" else {
        throw CommandError(
          "started by a launcher (\(variable) is set), but built without MPI; build it with make mpi, or "
            + "start it without the launcher")
      }
      try body(SingleProcess())
    #endif
  }

  #if MPI
    /// Leaves the other processes after a failure.
    ///
    /// - Returns: what this process ends with: the error, or success where another tells of it. Where it
    ///   alone has failed, all end here.
    private static func reason(
      for error: any Error, _ communicator: MPICommunicator
    ) throws -> any Error {
      if let joint = error as? JointFailure {
        try communicator.finish()
        return joint.cause ?? ExitCode.success
      }
      if error is TrainingError || error is StoppedRun {
        try communicator.finish()
        return communicator.rank == 0 ? error : ExitCode.success
      }
      let line = JEPACommand.line(for: error, arguments: CommandLine.arguments)
      StandardErrorLog.write(
        "jepa: process \(communicator.rank): " + line.dropFirst("jepa: ".count))
      communicator.abort(status: 1)
      return ExitCode.failure
    }
  #endif
}
