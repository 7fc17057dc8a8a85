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
  /// Runs `body` together with the other processes, or alone where no launcher started this one.
  ///
  /// What all throw, the first tells; what one throws alone, it tells itself, and ends all.
  static func run(_ body: (any Communicator) throws -> Void) throws {
    guard let launch = Launch(environment: ProcessInfo.processInfo.environment),
      launch.processes != 1
    else { return try body(SingleProcess()) }
    #if MPI
      let communicator = try MPICommunicator()
      do {
        try body(communicator)
      } catch {
        if communicator.count == 1 { throw error }
        throw try reason(for: error, communicator)
      }
      try communicator.finish()
    #else
      throw CommandError(
        "started by a launcher"
          + (launch.processes.map { " as one of \($0) processes" } ?? "")
          + " (\(launch.variable) is set), but built without MPI; build it with make mpi, or start it "
          + "without the launcher (with srun: --ntasks=1, or --mpi=none for runs of their own)")
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
