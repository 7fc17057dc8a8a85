import Foundation

/// What Linux allows this process: its affinity, and the limits of the control groups (cgroups, version 1 and 2) by
/// which containers and schedulers share out processors.
struct ControlGroups {
  /// The number of processors that the scheduler may run the process on; nil where `proc` does not say.
  let affinity: Int?
  /// Processors' worth of time per unit of time, such as 2.5; nil without a limit.
  let quota: Double?
  /// The number of processors in the group's set; nil without one.
  let processors: Int?

  /// - Parameter root: the folder that `proc` and `sys` are in.
  init(root: String) {
    let root = root.hasSuffix("/") ? String(root.dropLast()) : root
    func text(_ path: String) -> String? {
      try? String(contentsOfFile: path, encoding: .utf8)
    }
    affinity = (text(root + "/proc/self/status") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("Cpus_allowed_list:") }
      .flatMap { Self.length(String($0.drop { $0 != ":" }.dropFirst())) }
    let mounts = Mount.all(text(root + "/proc/self/mountinfo") ?? "")
    var (quota, processors): (Double?, Int?) = (nil, nil)
    func lower(_ quotas: Double?, _ sets: String?) {
      if let value = quotas, value > 0 { quota = min(quota ?? value, value) }
      if let value = sets.flatMap(Self.length) { processors = min(processors ?? value, value) }
    }
    for line in (text(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy:controllers:path; version 2 is 0::path.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      let isUnified = fields[0] == "0" && controllers.isEmpty
      let hasTime = isUnified || controllers.contains("cpu")
      let hasSet = isUnified || controllers.contains("cpuset")
      guard hasTime || hasSet else { continue }
      let mount =
        mounts.first {
          isUnified
            ? $0.type == "cgroup2"
            : $0.type == "cgroup" && $0.options.contains { controllers.contains($0) }
        }
        ?? Mount(point: isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(fields[1])")
      for folder in mount.folders(ofGroup: String(fields[2])) {
        func file(_ name: String) -> String? { text(root + folder + "/" + name) }
        if hasTime {
          lower(
            isUnified
              ? file("cpu.max").flatMap(Self.ratio)
              : file("cpu.cfs_quota_us").flatMap { quota in
                file("cpu.cfs_period_us").flatMap { Self.ratio(quota + " " + $0) }
              }, nil)
        }
        if hasSet {
          lower(
            nil,
            isUnified
              ? file("cpuset.cpus.effective") ?? file("cpuset.cpus")
              : file("cpuset.effective_cpus") ?? file("cpuset.cpus"))
        }
      }
    }
    (self.quota, self.processors) = (quota, processors)
  }

  /// `QUOTA PERIOD` as processors; nil for `max` and −1, which are no limit.
  private static func ratio(_ text: String) -> Double? {
    let parts = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard parts.count == 2, let quota = parts[0], let period = parts[1], quota > 0, period > 0
    else { return nil }
    return quota / period
  }

  /// The number of processors in a list such as `0-3,8`; nil for an empty one.
  private static func length(_ list: String) -> Int? {
    var count = 0
    for part in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, last >= first,
        ends.count <= 2
      else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  /// A place where control groups are folders.
  private struct Mount {
    /// The group that lies at `point`.
    var group = "/"
    let point: String
    var type = ""
    var options: [Substring] = []

    init(point: String) { self.point = point }

    /// Those in the text of `mountinfo`, whose lines are
    /// `id parent device root point options … - type source options`.
    static func all(_ text: String) -> [Mount] {
      text.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else {
          return nil
        }
        var mount = Mount(point: String(words[4]))
        mount.group = String(words[3])
        mount.type = String(words[dash + 1])
        mount.options = words[dash + 3].split(separator: ",")
        return mount
      }
    }

    /// The group's own folder and those of the groups around it, each of which may have a limit.
    func folders(ofGroup path: String) -> [String] {
      var rest = Substring(path)
      if group != "/" {
        // Where the group is outside of what is mounted, the limits of what is mounted are all that is known.
        rest = path.hasPrefix(group + "/") ? path.dropFirst(group.count) : ""
      }
      var folders = [point]
      for part in rest.split(separator: "/") where part != ".." {
        folders.append(folders[folders.count - 1] + "/" + part)
      }
      return folders
    }
  }
}
