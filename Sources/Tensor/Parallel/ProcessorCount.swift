import Foundation

/// How many processors this process may use: the fewest that its affinity, its control groups and its launcher allow.
///
/// More threads than that take turns, and a training step waits for the last of them.
public struct ProcessorCount: Sendable, Equatable {
  public let count: Int
  /// What allows no more, where that is not the affinity: a variable of the environment, or the control group.
  public let limit: String?

  /// Of this process, looked up once.
  public static let available = ProcessorCount(
    online: ProcessInfo.processInfo.activeProcessorCount,
    environment: ProcessInfo.processInfo.environment, root: "/")

  /// - Parameters:
  ///   - online: the machine's processors; the affinity may name some that are not there.
  ///   - environment: of which `OMP_NUM_THREADS` and `SLURM_CPUS_PER_TASK` count.
  ///   - root: the folder that `proc` and `sys` are in.
  init(online: Int, environment: [String: String], root: String) {
    let groups = ControlGroups(root: root)
    var (count, limit): (Int, String?) = (max(1, min(online, groups.affinity ?? online)), nil)
    func allow(_ value: Int?, by name: String) {
      guard let value, value >= 1, value < count else { return }
      (count, limit) = (value, name)
    }
    allow(groups.processors, by: "the control group's processors")
    allow(
      groups.quota.map { max(1, Int(min($0, 1e6).rounded(.up))) }, by: "the control group's quota")
    for name in ["SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"] {
      // OpenMP's variable may list a number for each level of nested loops.
      let first = environment[name]?.split(separator: ",").first
      allow(first.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }, by: name)
    }
    (self.count, self.limit) = (count, limit)
  }
}
